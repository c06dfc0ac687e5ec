"""Tables of records: pyarrow, polars, pandas, and whatever else speaks the Arrow C stream interface.

None of them is needed by this package. A row is a record; a null of an optional member that may not be null is a member
that is absent. What a library would change to make a column of it (a long integer to a float) is refused.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from ._arguments import wrong_argument
from ._errors import PanprotoError, error
from ._lines import iterate
from ._optional import package
from ._streams import OnError

if TYPE_CHECKING:
    from ._lens import Lens

Nulls = Literal["absent", "null"]

_ROWS = 2048


def convert(
    lens: Lens, table: Any, on_error: OnError, errors: list[PanprotoError] | None, nulls: Nulls, schema: Any
) -> Any:
    """What `Lens.convert_table` does."""
    if nulls not in ("absent", "null"):
        raise error("usage", "wrong-argument", f"`nulls` is `{nulls}`", path="nulls", help="`absent` or `null`")
    library = type(table).__module__.partition(".")[0]
    rows, back = _opened(library, table, schema)
    clean = _without_nulls if nulls == "absent" else _same
    views = list(iterate(lens, (clean(row) for row in rows), on_error, errors, None))
    try:
        return back(views)
    except PanprotoError:
        raise
    except _errors_of(library) as cause:
        raise error(
            "data", "not-representable", f"the views do not fit into one table: {cause}",
            help="say its types with `schema`, or convert records with `convert`",
        ) from cause  # fmt: skip


def _errors_of(library: str) -> tuple[type[Exception], ...]:
    """What a library says of values that do not fit together."""
    pl = package("polars") if library == "polars" else None
    own: tuple[type[Exception], ...] = () if pl is None else (pl.exceptions.PolarsError,)
    return (ArithmeticError, RuntimeError, TypeError, ValueError, *own)


def _opened(library: str, table: Any, schema: Any) -> tuple[Iterator[Any], Callable[[list[Any]], Any]]:
    """The rows, and how to make a table of views."""
    pl = package("polars") if library == "polars" else None
    if pl is not None:
        frame = table.collect() if hasattr(table, "collect") else table
        rows = chain.from_iterable(part.to_dicts() for part in frame.iter_slices(_ROWS))
        return rows, lambda views: _frame(pl, views, schema, frame.schema)
    if library != "pandas" and not hasattr(table, "__arrow_c_stream__") and not hasattr(table, "__arrow_c_array__"):
        raise wrong_argument(
            "table", table, "a data frame, an Arrow table, or anything with `__arrow_c_stream__`; for others, `convert`"
        )
    arrow = _pyarrow(library)
    if library == "pandas":
        frame = _from_pandas(arrow, table)
        if schema is None or isinstance(schema, arrow.Schema):
            return _rows(frame), lambda views: _to_pandas(_table(arrow, views, schema, frame.schema), frame, table)
        return _rows(frame), lambda views: _to_pandas(_table(arrow, views, None, frame.schema), frame, None).astype(
            schema
        )
    frame = arrow.table(table) if not isinstance(table, arrow.RecordBatch) else arrow.Table.from_batches([table])
    _refuse_twice(frame.column_names)
    return _rows(frame), lambda views: _table(arrow, views, schema, frame.schema)


def _pyarrow(library: str) -> Any:
    found = package("pyarrow")
    if found is None:
        raise error("usage", "missing-package", f"tables of `{library}` need pyarrow", help="pip install pyarrow")
    return found


def _rows(table: Any) -> Iterator[Any]:
    return chain.from_iterable(batch.to_pylist() for batch in table.to_batches(max_chunksize=_ROWS))


def _refuse_twice(names: Any) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise error(
                "data", "duplicate-member", f"there are two columns `{name}`", path=str(name),
                help="rename one: a record has each member once",
            )  # fmt: skip
        seen.add(name)


def _from_pandas(arrow: Any, table: Any) -> Any:
    _refuse_twice(table.columns)
    try:
        return arrow.Table.from_pandas(table, preserve_index=False)
    except (arrow.ArrowException, TypeError, ValueError) as cause:
        raise error(
            "data", "not-representable", f"the frame is no table of Arrow: {cause}",
            help='convert its records: `lens.convert(frame.to_dict("records"))`',
        ) from cause  # fmt: skip


def _to_pandas(made: Any, old: Any, table: Any) -> Any:
    """A frame; columns that kept their type keep that of the old frame too, where it is one that knows nulls."""
    # Integers among nulls would become floats.
    views = made.to_pandas(integer_object_nulls=True)
    if table is None:
        return views
    kinds = {str(name): kind for name, kind in zip(table.columns, table.dtypes, strict=True)}
    for name in made.column_names:
        if name not in old.column_names or made.schema.field(name).type != old.schema.field(name).type:
            continue
        kind = kinds[name]
        if (
            kind != views.dtypes[name]
            and getattr(kind, "na_value", None) is not None
            and not hasattr(kind, "categories")
        ):
            with contextlib.suppress(*_errors_of("pandas")):
                views[name] = views[name].astype(kind)
    return views


def _table(arrow: Any, views: list[Any], schema: Any, old: Any) -> Any:
    """A table of records: of a schema, or with every member that any of them has, and the types that columns of that
    name had where the values still fit them.
    """
    if schema is not None:
        return arrow.Table.from_pylist(views, schema=schema)

    def column(name: str, values: list[Any]) -> Any:
        ways: list[Callable[[], Any]] = [lambda: arrow.array(_even(values))]
        if name in old.names:
            kind = old.field(name).type
            given = _decimals(values) if arrow.types.is_decimal(kind) else values
            ways.insert(0, lambda: arrow.array(given, type=kind))
        return _exactly(name, values, ways, lambda made: made.to_pylist(), "")

    return arrow.table({name: column(name, values) for name, values in _columns(views)})


def _frame(pl: Any, views: list[Any], schema: Any, old: Any) -> Any:
    """The same for polars, which would round numbers, and make texts of numbers among texts."""
    if not views:
        return pl.DataFrame(schema=schema)
    if schema is not None:
        return pl.from_dicts(views, schema=schema, infer_schema_length=None)

    def column(name: str, values: list[Any]) -> Any:
        ways: list[Callable[[], Any]] = [
            lambda: pl.Series(name, _even(values), strict=True),
            lambda: pl.from_dicts([{name: value} for value in values], infer_schema_length=None).to_series(),
        ]
        if name in old:
            kind = old[name]
            given = _decimals(values) if kind.is_decimal() else values
            ways.insert(0, lambda: pl.Series(name, given, dtype=kind, strict=True))
        return _exactly(name, values, ways, lambda made: made.to_list(), "polars")

    made = [column(name, values) for name, values in _columns(views)]
    # Rows without members are rows.
    return pl.DataFrame(made) if made else pl.from_dicts(views)


def _columns(views: list[Any]) -> list[tuple[str, list[Any]]]:
    names = dict.fromkeys(name for view in views for name in view)
    return [(name, [view.get(name) for view in views]) for name in names]


def _exactly(
    name: str, values: list[Any], ways: list[Callable[[], Any]], back: Callable[[Any], list[Any]], library: str
) -> Any:
    """The column that the first way makes which changes no value."""
    failed: Exception | None = None
    for way in ways:
        try:
            made = way()
        except _errors_of(library) as cause:
            failed = cause
            continue
        found = back(made)
        if _alike(found, values) if _has_more(found) or _has_more(values) else found == values:
            return made
    why = "its values would be changed" if failed is None else str(failed).partition("\n")[0]
    raise error(
        "data", "not-representable", f"the views do not fit into one table: column `{name}`: {why}", path=name,
        help="say its types with `schema`, or convert records with `convert`",
    ) from failed  # fmt: skip


_PLAIN: frozenset[object] = frozenset((str, int, float, type(None)))


def _has_more(values: list[Any]) -> bool:
    """Whether there are values that Python compares otherwise than it is meant here."""
    return not _PLAIN.issuperset(map(type, values))


def _even(values: list[Any]) -> list[Any]:
    """Numbers of one type, where they are of several: floats where these are exact, else decimals."""
    kinds: set[object] = {type(value) for value in values if value is not None}
    if len(kinds) < 2 or not kinds <= {int, float, Decimal}:
        return values
    if Decimal not in kinds and all(float(value) == value for value in values if type(value) is int):
        return [float(value) if type(value) is int else value for value in values]
    return _decimals(values)


def _decimals(values: list[Any]) -> list[Any]:
    """The same, with every number as a decimal."""
    return [_decimal(value) if type(value) in (int, float) else value for value in values]


def _decimal(number: Any) -> Decimal:
    """The number that is printed, not the binary one beside it."""
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def _alike(found: Any, wanted: Any) -> bool:
    """Whether a value came back as it was: numbers by their value, and a null of a struct is an absent member."""
    if isinstance(wanted, dict):
        members: dict[str, Any] = wanted  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(found, dict):
            return False
        given: dict[str, Any] = found  # pyright: ignore[reportUnknownVariableType]
        return all(_alike(given.get(name), members.get(name)) for name in {*given, *members})
    if isinstance(wanted, list):
        items: list[Any] = wanted  # pyright: ignore[reportUnknownVariableType]
        return (
            isinstance(found, list | tuple)
            and len(found) == len(items)  # pyright: ignore[reportUnknownArgumentType]
            and all(map(_alike, found, items))  # pyright: ignore[reportUnknownArgumentType]
        )
    if isinstance(wanted, bool) or isinstance(found, bool):
        return found is wanted
    if isinstance(wanted, Decimal) or isinstance(found, Decimal):
        numbers = (int, float, Decimal)
        return isinstance(found, numbers) and isinstance(wanted, numbers) and _decimal(found) == _decimal(wanted)
    return bool(found == wanted)


def _same(value: Any) -> Any:
    return value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        members: Any = value  # pyright: ignore[reportUnknownVariableType]
        return {name: _without_nulls(member) for name, member in members.items() if member is not None}
    if isinstance(value, list):
        items: Any = value  # pyright: ignore[reportUnknownVariableType]
        return [_without_nulls(item) for item in items]
    return value
