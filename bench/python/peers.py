"""The three workloads by hand, in Python: what somebody writes who needs exactly this migration.

`peers.py json|orjson|msgspec` names the library that reads and writes JSON.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from typing import Any

from serve import Data, Ready, check, serve

Convert = Callable[[bytes], bytes]


def post(record: dict[str, Any]) -> dict[str, Any]:
    """W1, in place."""
    record["body"] = record.pop("text")
    record["publishedAt"] = record.pop("createdAt")
    del record["sensitive"]
    record["visibility"] = "public"
    record["likeCount"] = record.pop("stats")["likeCount"]
    return record


def wide(record: dict[str, Any]) -> dict[str, Any]:
    """W2, in place."""
    record["g00"] = record.pop("f00")
    record["g03"] = record.pop("f03")
    del record["f02"]
    record["extra"] = "x"
    return record


def deep(record: dict[str, Any]) -> dict[str, Any]:
    """W3, in place."""
    record["heading"] = record.pop("title")
    del record["rev"]
    for item in record["items"]:
        item["amount"] = item.pop("value")
        del item["flag"]
    return record


TRANSFORMS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"w1": post, "w2": wide, "w3": deep}


def standard(workload: str) -> Convert:
    """Over the standard library."""
    transform = TRANSFORMS[workload]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return lambda line: encode(transform(json.loads(line))).encode()


def fast(workload: str) -> Convert:
    """Over orjson."""
    import orjson

    transform, loads, dumps = TRANSFORMS[workload], orjson.loads, orjson.dumps
    return lambda line: dumps(transform(loads(line)))


def typed(workload: str) -> Convert:
    """Over msgspec: classes for both versions."""
    import typed as classes

    return classes.CONVERTS[workload]


CODECS = {"json": standard, "orjson": fast, "msgspec": typed}


def opened(codec: str) -> Callable[[Data], Callable[[str], Ready | None]]:
    """Benchmarks over one library."""

    def open_data(data: Data) -> Callable[[str], Ready | None]:
        def prepare(id: str) -> Ready | None:
            workload, operation, how, form, *_ = [*id.split("."), "", "", ""]
            if workload not in TRANSFORMS or operation != "lift":
                return None
            lines, expected = data.lines(workload), data.expected(workload)
            units, size = len(lines), sum(map(len, lines))
            if (how, form) == ("record", "values") and codec == "json":
                transform, values = TRANSFORMS[workload], [json.loads(line) for line in lines]
                check(id, [transform(copy.deepcopy(value)) for value in values], expected)

                def by_values() -> None:
                    for value in values:
                        transform(copy.deepcopy(value))

                return Ready(by_values, units, size)
            if form != "bytes":
                return None
            convert = CODECS[codec](workload)
            check(id, [json.loads(convert(line)) for line in lines], expected)

            def by_bytes() -> None:
                for line in lines:
                    convert(line)

            return Ready(by_bytes, units, size)

        return prepare

    return open_data


def main() -> None:
    codec = sys.argv[1]
    versions = {"python": sys.version.split()[0]}
    if codec != "json":
        versions[codec] = __import__(codec).__version__
    serve(opened(codec), versions)


if __name__ == "__main__":
    main()
