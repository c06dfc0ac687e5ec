"""Tables of records: pyarrow, polars, pandas, and whatever else speaks the Arrow C stream interface.

None of them is needed by this package. A row is a record; a null of an optional member that may not be null is a member
that is absent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from . import _values
from ._errors import PanprotoError, error
from ._optional import package
from ._session import LIFT
from ._streams import OnError, Stream

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
    batches, back = _opened(library, table, schema)
    views: list[Any] = []
    stream = Stream(lens, LIFT, "lines", on_error, None if errors is None else errors.append)
    clean = _without_nulls if nulls == "absent" else _same
    for rows in batches:
        lines = b"".join(_values.encode(clean(row)) + b"\n" for row in rows)
        views.extend(_values.decode(line) for line in stream.feed(lines).splitlines())
    views.extend(_values.decode(line) for line in stream.finish().splitlines())
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
    return (ArithmeticError, TypeError, ValueError, *own)


def _opened(library: str, table: Any, schema: Any) -> tuple[Any, Callable[[list[Any]], Any]]:
    pl = package("polars") if library == "polars" else None
    if pl is not None:
        frame = table.collect() if hasattr(table, "collect") else table
        parts = (part.to_dicts() for part in frame.iter_slices(_ROWS))
        return (
            parts,
            lambda views: (
                pl.from_dicts(views, schema=schema, infer_schema_length=None) if views else pl.DataFrame(schema=schema)
            ),
        )
    arrow = _pyarrow(library)
    if library == "pandas":
        frame = arrow.Table.from_pandas(table, preserve_index=False)
        if schema is None or isinstance(schema, arrow.Schema):
            return _batches(frame), lambda views: _table(arrow, views, schema, frame.schema).to_pandas()
        return _batches(frame), lambda views: _table(arrow, views, None, frame.schema).to_pandas().astype(schema)
    if hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__"):
        frame = arrow.table(table) if not isinstance(table, arrow.RecordBatch) else arrow.Table.from_batches([table])
        return _batches(frame), lambda views: _table(arrow, views, schema, frame.schema)
    raise error(
        "usage", "wrong-argument", f"a `{type(table).__name__}` is no table", path="table",
        help="give a data frame, an Arrow table, or anything with `__arrow_c_stream__`; for others, `convert`",
    )  # fmt: skip


def _table(arrow: Any, views: list[Any], schema: Any, old: Any) -> Any:
    """A table of records: of a schema, or with every member that any of them has, and the types that columns of that
    name had where the values still fit them.
    """
    if schema is not None:
        return arrow.Table.from_pylist(views, schema=schema)
    names = dict.fromkeys(name for view in views for name in view)
    return arrow.table({name: _column(arrow, [view.get(name) for view in views], name, old) for name in names})


def _column(arrow: Any, values: list[Any], name: str, old: Any) -> Any:
    if name in old.names:
        try:
            return arrow.array(values, type=old.field(name).type)
        except (arrow.ArrowException, OverflowError):
            pass
    return arrow.array(values)


def _pyarrow(library: str) -> Any:
    found = package("pyarrow")
    if found is None:
        raise error("usage", "missing-package", f"tables of `{library}` need pyarrow", help="pip install pyarrow")
    return found


def _batches(table: Any) -> Any:
    return (batch.to_pylist() for batch in table.to_batches(max_chunksize=_ROWS))


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
