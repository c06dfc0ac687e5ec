"""Tables of records: Arrow, polars, pandas."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import INTEGER, STRING, lexicon

import panproto
from panproto import Lens, PanprotoError, Schema
from panproto_wasm import _optional, _tables

ROWS = [
    {"text": "a", "n": 1, "tags": ["x"]},
    {"text": "b", "n": None, "tags": []},
    {"text": "c", "n": 2**40, "tags": None},
]
VIEWS = [{"body": row["text"], "n": row["n"], "tags": row["tags"]} for row in ROWS]
TAGS = {"type": "array", "items": STRING}


@pytest.fixture(scope="module")
def rename() -> Lens:
    old = Schema.from_lexicon("atproto", lexicon({"text": STRING, "n": INTEGER, "tags": TAGS}, ["text"]))
    new = Schema.from_lexicon("atproto", lexicon({"body": STRING, "n": INTEGER, "tags": TAGS}, ["body"]))
    return panproto.lens(old, new, hints={"text": "body"})


def same(rows: list[dict[str, Any]]) -> bool:
    return [{"body": row["body"], "n": row["n"], "tags": row["tags"]} for row in rows] == VIEWS


def test_arrow_tables(rename: Lens) -> None:
    arrow = pytest.importorskip("pyarrow")
    table = arrow.Table.from_pylist(ROWS)
    made = rename.convert_table(table)
    assert isinstance(made, arrow.Table)
    assert same(made.to_pylist())
    assert same(rename.convert_table(table.to_batches()[0]).to_pylist())

    class Capsule:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return table.__arrow_c_stream__(requested_schema)

    assert same(rename.convert_table(Capsule()).to_pylist())


def test_many_rows_keep_their_order(rename: Lens) -> None:
    arrow = pytest.importorskip("pyarrow")
    table = arrow.Table.from_pylist([{"text": str(at)} for at in range(10_000)])
    made = rename.convert_table(table)
    assert made.column("body").to_pylist() == [str(at) for at in range(10_000)]


def test_polars_frames(rename: Lens) -> None:
    polars = pytest.importorskip("polars")
    made = rename.convert_table(polars.DataFrame(ROWS))
    assert isinstance(made, polars.DataFrame)
    assert same(made.to_dicts())
    assert same(rename.convert_table(polars.DataFrame(ROWS).lazy()).to_dicts())


def test_pandas_frames(rename: Lens) -> None:
    pandas = pytest.importorskip("pandas")
    made = rename.convert_table(pandas.DataFrame({"text": ["a", "b"], "n": [1, 2]}))
    assert made.to_dict("records") == [{"body": "a", "n": 1}, {"body": "b", "n": 2}]


def test_failing_rows(rename: Lens) -> None:
    arrow = pytest.importorskip("pyarrow")
    table = arrow.Table.from_pylist([{"text": "a"}, {"text": None}])
    with pytest.raises(PanprotoError) as caught:
        rename.convert_table(table)
    assert caught.value.record == 1
    errors: list[PanprotoError] = []
    assert rename.convert_table(table, on_error="collect", errors=errors).num_rows == 1
    assert [error.record for error in errors] == [1]
    assert rename.convert_table(arrow.Table.from_pylist([{"text": "a", "n": None}]), nulls="null").num_rows == 1
    with pytest.raises(PanprotoError):
        rename.convert_table(table, nulls="none")  # type: ignore[arg-type]


def test_what_is_no_table(rename: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tables, "package", lambda name: None)
    with pytest.raises(PanprotoError) as caught:
        rename.convert_table(object())
    assert caught.value.code == "missing-package"
    monkeypatch.undo()
    assert _optional.package("panproto_no_such_package") is None
    if _optional.package("pyarrow") is not None:
        with pytest.raises(PanprotoError) as caught:
            rename.convert_table([{"text": "a"}])
        assert caught.value.code == "wrong-argument"
