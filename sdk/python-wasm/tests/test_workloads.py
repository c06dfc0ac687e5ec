"""The three workloads: every record becomes the expected value, and comes back token by token."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest

import panproto
from panproto import Lens, Schema

HINTS: dict[str, dict[str, Any]] = {
    "post": {
        "hints": {"text": "body", "createdAt": "publishedAt", "sensitive": None},
        "defaults": {"visibility": "public"},
    },
    "wide": {"hints": {"f00": "g00", "f03": "g03", "f02": None}, "defaults": {"extra": "x"}},
    "deep": {"hints": {"title": "heading", "rev": None, "items[].value": "items[].amount", "items[].flag": None}},
}
COUNTS = {"post": 300, "wide": 100, "deep": 2}


@pytest.fixture(params=["post", "wide", "deep"])
def workload(request: pytest.FixtureRequest, workloads: ModuleType) -> tuple[Lens, list[Any], list[Any]]:
    name = request.param
    schemas = [Schema.from_lexicon("atproto", getattr(workloads, f"{name}_lex")(version)) for version in (1, 2)]
    lens = panproto.lens(*schemas, **HINTS[name])
    rnd = workloads.R()
    records = [getattr(workloads, name)(rnd, at) for at in range(COUNTS[name])]
    return lens, records, [getattr(workloads, f"{name}2")(record) for record in records]


def ndjson(values: list[Any]) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for value in values)


def test_every_record_converts_and_comes_back(workload: tuple[Lens, list[Any], list[Any]]) -> None:
    lens, records, expected = workload
    data = ndjson(records)
    lifted = lens.lift_ndjson(data)
    assert [json.loads(line) for line in lifted.splitlines()] == expected
    views, complements = lens.get_ndjson(data)
    assert views == lifted
    assert lens.put_ndjson(views, complements) == data
    assert list(lens.convert(records)) == expected
    for record, view in zip(records[:5], expected[:5], strict=True):
        got = lens.get(record)
        assert got.view == view
        assert lens.put(got.view, got.complement) == record
        assert lens.check_laws(record)


def test_slices_do_not_show(workload: tuple[Lens, list[Any], list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    from panproto_wasm import _lines

    lens, records, _ = workload
    data = ndjson(records).replace(b"\n", b"\r\n\n", 3).rstrip(b"\n")
    whole = lens.get_ndjson(data)
    restored = lens.put_ndjson(*whole)
    for size in (100, 1000, 5000):
        monkeypatch.setattr(_lines, "SLICE", size)
        assert lens.get_ndjson(data) == whole
        assert lens.put_ndjson(*whole) == restored
