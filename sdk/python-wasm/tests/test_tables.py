"""Tables of records: Arrow, polars, pandas."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
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


def test_members_that_only_later_rows_have_are_columns(rename: Lens) -> None:
    arrow = pytest.importorskip("pyarrow")
    rows = [{"text": "a", "n": None, "more": None}, {"text": "b", "n": 1, "more": {"x": 1}}, {"text": "c"}]
    table = arrow.Table.from_pylist(rows)
    made = rename.convert_table(table)
    assert sorted(made.column_names) == ["body", "more", "n"]
    assert made.column("n").to_pylist() == [None, 1, None]
    assert made.column("more").to_pylist() == [None, {"x": 1}, None]
    polars = pytest.importorskip("polars")
    assert sorted(rename.convert_table(polars.from_arrow(table)).columns) == ["body", "more", "n"]
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["a", "b"], "n": [None, 1]}).astype({"n": "Int64"})
    assert rename.convert_table(frame).to_dict("list")["body"] == ["a", "b"]
    assert "n" in rename.convert_table(frame).columns


def test_types_of_columns(rename: Lens) -> None:
    arrow = pytest.importorskip("pyarrow")
    small = arrow.schema([("text", arrow.large_string()), ("n", arrow.int16()), ("tags", arrow.list_(arrow.string()))])
    table = arrow.Table.from_pylist([{"text": "a", "n": 1, "tags": []}], schema=small)
    made = rename.convert_table(table)
    assert (made.schema.field("n").type, made.schema.field("tags").type) == (arrow.int16(), arrow.list_(arrow.string()))
    wanted = arrow.schema([("n", arrow.float64()), ("body", arrow.large_string()), ("other", arrow.bool_())])
    assert rename.convert_table(table, schema=wanted).schema == wanted
    assert rename.convert_table(table.slice(0, 0), schema=wanted).schema == wanted
    with pytest.raises(PanprotoError) as caught:
        rename.convert_table(table, schema=arrow.schema([("body", arrow.int64())]))
    assert caught.value.code == "not-representable"
    # What does not fit the old type gets one of its own.
    grow = panproto.chain.apply_expr("", "n", "v + 100000").lens(
        Schema.from_lexicon("atproto", lexicon({"text": STRING, "n": INTEGER}, ["text"]))
    )
    assert grow.convert_table(table.drop_columns(["tags"])).column("n").to_pylist() == [100001]


def test_types_of_data_frames(rename: Lens) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"text": ["a"], "n": [1]})
    wanted = {"body": polars.String, "n": polars.Int8}
    assert dict(rename.convert_table(frame, schema=wanted).schema) == wanted
    assert dict(rename.convert_table(frame.clear(), schema=wanted).schema) == wanted
    with pytest.raises(PanprotoError) as caught:
        rename.convert_table(polars.DataFrame({"text": ["a"], "n": [1000]}), schema=wanted)
    assert caught.value.code == "not-representable"
    pandas = pytest.importorskip("pandas")
    made = rename.convert_table(pandas.DataFrame({"text": ["a"], "n": [1]}), schema={"n": "float64"})
    assert str(made["n"].dtype) == "float64"


@pytest.fixture(scope="module")
def anything() -> Lens:
    """What takes every record and gives it back."""
    schema = Schema.from_json_schema({"type": "object"})
    return panproto.lens(schema, schema)


def test_no_number_is_rounded(anything: Lens) -> None:
    long = 2**53 + 1
    pandas = pytest.importorskip("pandas")
    arrow = pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"n": pandas.array([long, None], dtype="Int64")})
    made = anything.convert_table(frame)
    assert str(made["n"].dtype) == "Int64"
    assert int(made["n"][0]) == long
    table = arrow.table({"n": arrow.array([long, None]), "s": [{"x": long}, {"x": None}]})
    made = anything.convert_table(table.to_pandas(integer_object_nulls=True))
    assert made.to_dict("records")[0] == {"n": long, "s": {"x": long}}
    price = {"price": [Decimal("1.10"), Decimal("12345678901234567890.25")]}
    assert anything.convert_table(arrow.table(price)).schema == arrow.table(price).schema
    polars = pytest.importorskip("polars")
    for given in (
        polars.DataFrame(price),
        polars.DataFrame({"n": [2**64 - 1, None]}, schema={"n": polars.UInt64}),
        polars.DataFrame({"f": [1.1]}, schema={"f": polars.Float32}),
    ):
        assert anything.convert_table(given).equals(given)


@pytest.mark.parametrize("values", [[1, "a"], [True, 1], [[1], ["a"]], [{"x": 1}, {"x": "a"}], [2**53 + 1, 1.5, "a"]])
def test_values_that_are_no_column_are_refused(values: list[Any]) -> None:
    polars = pytest.importorskip("polars")
    arrow = pytest.importorskip("pyarrow")
    views = [{"v": value} for value in values]
    for make in (
        lambda: _tables._frame(polars, views, None, polars.Schema()),
        lambda: _tables._table(arrow, views, None, arrow.schema([])),
    ):
        with pytest.raises(PanprotoError) as caught:
            make()
        assert (caught.value.code, caught.value.path) == ("not-representable", "v")
        assert "\n" not in caught.value.message


def test_two_columns_of_one_name_are_refused(anything: Lens) -> None:
    arrow = pytest.importorskip("pyarrow")
    pandas = pytest.importorskip("pandas")
    for table in (
        arrow.Table.from_arrays([arrow.array(["a"]), arrow.array(["b"])], names=["x", "x"]),
        pandas.DataFrame([["a", "b"]], columns=["x", "x"]),
    ):
        with pytest.raises(PanprotoError) as caught:
            anything.convert_table(table)
        assert (caught.value.code, caught.value.path) == ("duplicate-member", "x")
    assert anything.convert_table(pandas.DataFrame({0: ["a"]})).to_dict("records") == [{"0": "a"}]


def test_rows_that_are_no_records_are_failures_like_others(anything: Lens) -> None:
    arrow = pytest.importorskip("pyarrow")
    table = arrow.table({"n": [1, 2, 3], "at": [None, datetime(2020, 1, 1), None]})
    with pytest.raises(PanprotoError) as caught:
        anything.convert_table(table)
    assert (caught.value.code, caught.value.record, caught.value.path) == ("not-representable", 1, "at")
    assert anything.convert_table(table, on_error="skip").to_pylist() == [{"n": 1}, {"n": 3}]
    errors: list[PanprotoError] = []
    assert anything.convert_table(table, errors=errors).num_rows == 2
    assert [error.record for error in errors] == [1]
    with pytest.raises(PanprotoError) as caught:
        anything.convert_table(table, on_error="collect")
    assert caught.value.code == "missing-argument"


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

    class Capsule:
        __arrow_c_stream__ = None

    for given, code in ((Capsule(), "missing-package"), ([{"text": "a"}], "wrong-argument")):
        with pytest.raises(PanprotoError) as caught:
            rename.convert_table(given)
        assert caught.value.code == code
    monkeypatch.undo()
    assert _optional.package("panproto_no_such_package") is None
    if _optional.package("pyarrow") is not None:
        with pytest.raises(PanprotoError) as caught:
            rename.convert_table([{"text": "a"}])
        assert caught.value.code == "wrong-argument"
