"""Files, failures, progress, asynchronous code and chains, as strict type checkers accept them."""

from __future__ import annotations

import asyncio
import gzip
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from panproto import ConversionGraph, Failure, Lens, Progress, Report, Schema, chain


def schema(*names: str) -> Schema:
    """A schema of strings, the first of them required."""
    properties: dict[str, Any] = {name: {"type": "string"} for name in names}
    return Schema.from_json_schema({"type": "object", "required": [names[0]], "properties": properties})


def lines(count: int) -> Iterator[dict[str, Any]]:
    """Records."""
    for at in range(count):
        yield {"name": str(at)}


async def asynchronous(lens: Lens) -> int:
    """The same in an event loop."""
    views: list[dict[str, Any]] = [view async for view in lens.convert_async(lines(5))]
    texts: list[str] = [text async for text in lens.convert_async(lines(1), output="text")]
    return len(views) + len(texts)


def main() -> None:
    """Runs it."""
    old = schema("name")
    rename: chain.Chain = chain.rename_field("", "name", "title")
    lens = rename.lens(old)
    seen: list[int] = []

    def shown(at: Progress) -> None:
        seen.append(at.done)

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.ndjson", Path(folder) / "out.ndjson"
        source.write_text('{"name": "a"}\n{}\n', encoding="utf-8")
        report: Report = lens.convert_file(source, target, on_error="collect", progress=shown)
        failures: tuple[Failure, ...] = report.errors
        assert (report.records, failures[0].code) == (1, "required-missing")
        assert target.read_bytes() == b'{"title":"a"}\n'
        with gzip.open(Path(folder) / "out.gz", "wb") as compressed:
            lens.convert_file(io.BytesIO(b'{"name": "a"}'), compressed)
        with gzip.open(Path(folder) / "out.gz") as compressed:
            assert lens.convert_file(compressed, direction="create").output == b'{"name":"a"}\n'
    assert seen
    assert asyncio.run(asynchronous(lens)) == 6

    new = rename.target(old)
    graph = ConversionGraph().add("v1", "v2", rename).add("v2", "v3", chain.rename_field("", "title", "label"))
    assert graph.path("v1", "v3").edges == (0, 1)
    assert [field.name for field in new] == ["title"]


if __name__ == "__main__":
    main()
