"""The tour's code for Python runs as it stands, on schemas and records that fit it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import NEW, OLD, RECORD, STRING, lexicon, shared

import panproto
from panproto import Lens, PanprotoError, PanprotoTypeCheckError, Schema

TAGS = {"type": "array", "items": STRING}


def with_tags(document: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(document))
    made["defs"]["main"]["record"]["properties"]["tags"] = TAGS
    return made


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the code takes for granted."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "post-v1.json").write_text(json.dumps(with_tags(OLD)))
    (tmp_path / "post-v2.json").write_text(json.dumps(with_tags(NEW)))
    record = {**RECORD, "tags": ["old"]}
    lines = (json.dumps(record) + "\n").encode()
    (tmp_path / "posts.ndjson").write_bytes(lines * 10)
    author = {"type": "object", "properties": {"name": STRING}}
    schema = Schema.from_lexicon("atproto", lexicon({"author": author}))
    post = panproto.Panproto.load().protocol("atproto").schema()
    post = post.vertex("post", "record", {"nsid": "app.bsky.feed.post"}).vertex("post:body", "object")
    post = post.edge("post", "post:body", "record-schema")
    text = post.vertex("post:body.text", "string").edge("post:body", "post:body.text", "prop", {"name": "text"})
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

    return {
        "record": record,
        "records": [record] * 3,
        "data": lines * 10,
        "chunks": [lines * 5] * 3,
        "schema": schema,
        "schemas": [schema],
        "newer": text.build(),
        "ThreadPoolExecutor": ThreadPoolExecutor,
        "ProcessPoolExecutor": ProcessPoolExecutor,
    }


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_the_tour_runs(names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    tour = shared("TOUR.md")
    if tour is None:
        pytest.skip("SKIPPED: ../shared/TOUR.md is not here")
    (block,) = re.findall(r"```python\n(.*?)```", tour.read_text(encoding="utf-8"), re.S)
    exec(compile(block, str(tour), "exec"), names)
    printed = capsys.readouterr().out
    assert "text string required" in printed
    assert names["verdict"].backward.kind == "breaks"
    assert names["view"]["tags"] == ["new", "old"]
    assert names["restored"] == {**names["record"], "tags": ["new", "old"]}
    assert names["report"].records == 10
    assert names["c"].applies_to(names["schemas"][0])
    assert names["converted"] == names["record"]


# The three listings of the native package's documentation.


def test_load_a_lexicon_and_print_its_fields(old: Schema, capsys: pytest.CaptureFixture[str]) -> None:
    protocol = panproto.Protocol.load("atproto")
    schema = Schema.from_lexicon(protocol, json.dumps(OLD))
    for field in schema.fields():
        print(field.name, field.type)
    assert capsys.readouterr().out.splitlines() == [
        "text string", "stats object", "sensitive boolean", "items array<object>",
    ]  # fmt: skip
    (count,) = schema.fields()[1].fields
    assert (count.name, count.type) == ("likeCount", "integer")
    assert [item.name for item in schema.fields()[3]] == ["key", "value"]
    match schema.fields()[0]:
        case panproto.Field("text", "string", required):
            assert required


def test_compile_a_declaration_and_catch_the_specific_and_the_general_exception(old: Schema, new: Schema) -> None:
    caught: list[type[PanprotoError]] = []
    try:
        panproto.Migration.compile({"source": old, "target": new, "fields": {"text": "nowhere"}})
    except PanprotoTypeCheckError as error:
        caught.append(type(error))
        assert (error.path, bool(error.help)) != (None, False)
    try:
        panproto.Migration.compile("{")
    except PanprotoError as error:
        caught.append(type(error))
    assert caught == [PanprotoTypeCheckError, panproto.PanprotoParseError]


def test_a_lazy_migration_of_many_records(lens: Lens) -> None:
    taken = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal taken
        for at in range(1_000_000):
            taken += 1
            yield {"text": str(at)}

    views = lens.convert(records())
    for at in range(5000):
        assert next(views)["body"] == str(at)
    assert taken < 7000
