"""Lenses: records there and back."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from . import _lines
from ._arguments import all_explained, explained
from ._errors import PanprotoError, law_error
from ._frozen import Frozen
from ._lines import octets, opened
from ._migration import Migration
from ._put import joined
from ._session import CREATE, GET, LIFT, MSGPACK, PUT, Object, request, run, unpack
from ._streams import Framing, OnError

if sys.version_info >= (3, 11):
    from typing import NamedTuple
else:
    # The one of 3.10 cannot be generic.
    from typing_extensions import NamedTuple

if TYPE_CHECKING:
    from ._analysis import Coverage
    from ._files import Direction, Progress, Report, Source, Target
    from ._schema import Schema
    from ._tables import Nulls

R = TypeVar("R")
B = TypeVar("B", str, bytes, bytearray, memoryview)

Output = Literal["value", "text", "bytes"]


class Got(NamedTuple, Generic[R]):
    """A view, and what it cannot tell of its record."""

    view: R
    complement: bytes


class PutNote(NamedTuple):
    """What `put` noticed: memories that pair with nothing, items whose identity is unclear, a superseded memory."""

    code: str
    path: str


class LawCheckResult(Frozen):
    """Whether the laws of a lens hold on a record."""

    __slots__ = ("holds", "violation")
    __match_args__ = ("holds", "violation")

    holds: bool
    violation: str | None

    def __init__(self, holds: bool, violation: str | None) -> None:
        self._fill(holds=holds, violation=violation)

    def verify(self) -> None:
        """Raises `PanprotoLensLawError` where they do not hold."""
        if not self.holds:
            raise law_error(self.violation or "a law does not hold")

    def __bool__(self) -> bool:
        return self.holds


class Statement(NamedTuple):
    """One thing that a lens says of itself."""

    code: str
    path: str
    text: str


class Obstruction(NamedTuple):
    """One reason why a lens is no isomorphism."""

    kind: str
    code: str
    path: str
    in_target: bool
    why: str

    def __str__(self) -> str:
        return self.why


class Spec(NamedTuple):
    """What may fail, and what needs a default, before anything runs.

    `partial`: where `get` may refuse a record; `view_domain`: where views are fewer than the new schema's;
    `needs_default`: old members that inserted items and `create` need a default for; `complement`: what complements
    will hold.
    """

    partial: tuple[Statement, ...]
    view_domain: tuple[Statement, ...]
    needs_default: tuple[Statement, ...]
    complement: tuple[Statement, ...]
    lossless: bool

    def __str__(self) -> str:
        sections = (
            ("may fail", self.partial),
            ("views are fewer", self.view_domain),
            ("needs a default", self.needs_default),
            ("the complement holds", self.complement),
        )
        lines = [
            f"{title}: {f'`{item.path}`' if item.path else 'the record:'} {item.text}"
            for title, items in sections
            for item in items
        ]
        return "\n".join([*lines, "lossless" if self.lossless else "not lossless without the complement"])


@all_explained
class Lens(Object):
    """Converts records both ways. Immutable, picklable, and free to share between threads.

    A record is a value (`dict`, `list`, …), or JSON text as `str`, `bytes`, `bytearray` or `memoryview`; what comes
    back is of the same kind.
    """

    __slots__ = ()
    kind = "lens"

    def then(self, other: Lens) -> Lens:
        """One lens and then another: also `first | second`."""
        told = request("lens.compose", self, other, first=self._digest, second=other._digest)
        made: Lens = Lens._made(told)
        return made

    def fuse(self) -> Lens:
        """The same in as few stages as give the same values and refusals.

        Members that are made stand where the last schema declares them.
        """
        made: Lens = Lens._made(request("lens.fuse", self, lens=self._digest))
        return made

    def obstruction(self) -> tuple[Obstruction, ...]:
        """Why it is no isomorphism; nothing where it is one."""
        told = request("lens.obstruction", self, lens=self._digest)
        names = Obstruction._fields
        return tuple(Obstruction(**{name: one.get(name) for name in names}) for one in told["reasons"])

    @property
    def stages(self) -> int:
        """How many migrations it runs one after another."""
        return int(self._about.get("stages", 1))

    def coverage(self, records: Iterable[Any] | str | bytes | bytearray | memoryview) -> Coverage:
        """A dry run: how many of these records convert into valid views, and which do not.

        Records are lines of JSON, or any iterable of records.
        """
        from ._analysis import coverage

        return coverage(self, records)

    def __or__(self, other: object) -> Lens:
        if not isinstance(other, Lens):
            return NotImplemented
        return self.then(other)

    def lift(self, record: R) -> R:
        """The record in the new shape."""
        data, back = opened(record)
        view: R = back(run(self, LIFT, data).first)
        return view

    def get(self, record: R) -> Got[R]:
        """The record in the new shape, and the complement that `put` needs to give everything back."""
        data, back = opened(record)
        ran = run(self, GET, data)
        return Got(back(ran.first), ran.second)

    def put(self, view: R, complement: bytes | bytearray | memoryview, *, notes: list[PutNote] | None = None) -> R:
        """The record in the old shape: the edits of the view, and everything else as it was.

        Where `notes` is a list, what was noticed on the way is told there: a complement of another record, say.
        """
        data, back = opened(view)
        ran = run(self, PUT, joined(octets(complement, "complement"), data))
        if notes is not None and ran.second:
            notes.extend(PutNote(note["code"], note["path"]) for note in unpack(ran.second))
        record: R = back(ran.first)
        return record

    def create(self, view: R) -> R:
        """A record in the old shape of a view alone: defaults stand for what it cannot tell."""
        data, back = opened(view)
        record: R = back(run(self, CREATE, data).first)
        return record

    def lift_ndjson(self, data: B, *, on_error: OnError = "raise", errors: list[PanprotoError] | None = None) -> B:
        """Lines of records to lines of views.

        A record that fails raises; with `on_error="skip"` it is left out; where `errors` is a list, it is left out and
        told there (the first 1,000 are).
        """
        return _lines.convert(self, LIFT, data, on_error, errors)[0]

    def get_ndjson(self, data: B, *, on_error: OnError = "raise", errors: list[PanprotoError] | None = None) -> Got[B]:
        """Lines of records to lines of views and a stream of complements in step with them."""
        return Got(*_lines.convert(self, GET, data, on_error, errors))

    def put_ndjson(
        self,
        views: B,
        complements: bytes | bytearray | memoryview,
        *,
        on_error: OnError = "raise",
        errors: list[PanprotoError] | None = None,
    ) -> B:
        """Lines of views and their complements to lines of records."""
        return _lines.put(self, views, octets(complements, "complements"), on_error, errors)

    def create_ndjson(self, views: B, *, on_error: OnError = "raise", errors: list[PanprotoError] | None = None) -> B:
        """Lines of views to lines of records, without complements."""
        return _lines.convert(self, CREATE, views, on_error, errors)[0]

    @overload
    def convert(
        self, records: Iterable[R], *, on_error: OnError = ..., errors: list[PanprotoError] | None = ...
    ) -> Iterator[R]: ...

    @overload
    def convert(
        self,
        records: Iterable[Any],
        *,
        output: Literal["bytes"],
        on_error: OnError = ...,
        errors: list[PanprotoError] | None = ...,
    ) -> Iterator[bytes]: ...

    @overload
    def convert(
        self,
        records: Iterable[Any],
        *,
        output: Literal["text"],
        on_error: OnError = ...,
        errors: list[PanprotoError] | None = ...,
    ) -> Iterator[str]: ...

    @overload
    def convert(
        self,
        records: Iterable[Any],
        *,
        output: Output | None = ...,
        on_error: OnError = ...,
        errors: list[PanprotoError] | None = ...,
    ) -> Iterator[Any]: ...

    def convert(
        self,
        records: Iterable[Any],
        *,
        output: Output | None = None,
        on_error: OnError = "raise",
        errors: list[PanprotoError] | None = None,
    ) -> Iterator[Any]:
        """The records in the new shape: lazy, in chunks, in order.

        A view comes back in the kind of its record, or as `output` says. A record that fails raises after those before
        it were given; with `on_error="skip"` it is left out, and with `"collect"` told in `errors`.
        """
        return _lines.iterate(self, records, on_error, errors, output)

    @overload
    def convert_async(
        self,
        records: AsyncIterable[R] | Iterable[R],
        *,
        on_error: OnError = ...,
        errors: list[PanprotoError] | None = ...,
    ) -> AsyncIterator[R]: ...

    @overload
    def convert_async(
        self,
        records: AsyncIterable[Any] | Iterable[Any],
        *,
        output: Literal["bytes"],
        on_error: OnError = ...,
        errors: list[PanprotoError] | None = ...,
    ) -> AsyncIterator[bytes]: ...

    @overload
    def convert_async(
        self,
        records: AsyncIterable[Any] | Iterable[Any],
        *,
        output: Literal["text"],
        on_error: OnError = ...,
        errors: list[PanprotoError] | None = ...,
    ) -> AsyncIterator[str]: ...

    @overload
    def convert_async(
        self,
        records: AsyncIterable[Any] | Iterable[Any],
        *,
        output: Output | None = ...,
        on_error: OnError = ...,
        errors: list[PanprotoError] | None = ...,
    ) -> AsyncIterator[Any]: ...

    def convert_async(
        self,
        records: AsyncIterable[Any] | Iterable[Any],
        *,
        output: Output | None = None,
        on_error: OnError = "raise",
        errors: list[PanprotoError] | None = None,
    ) -> AsyncIterator[Any]:
        """The same for `async for`: records of either kind of iterable, converted in threads."""
        from . import _async

        return _async.iterate(self, records, on_error, errors, output)

    def convert_file(
        self,
        source: Source,
        target: Target = None,
        *,
        direction: Direction = "lift",
        complements: Source | Target = None,
        framing: Framing | None = None,
        output: Literal["lines", "array"] | None = None,
        on_error: OnError = "raise",
        errors_to: Target = None,
        progress: bool | Callable[[Progress], object] = False,
    ) -> Report:
        """Converts records from one place to another in constant memory.

        `source` is a path, an open file, or bytes; `target` a path, an open file, a `bytearray`, or nothing for
        `Report.output`. A file appears whole or not at all. `framing` is `lines`, `array` (one JSON array) or
        `values`; without it, the name of the source and its first byte tell.

        A failing record raises; with `on_error="skip"` it is left out, with `"collect"` reported too, and written to
        `errors_to`, if that is a place, as a line of JSON. `progress` is called with a `Progress` from time to time;
        `True` shows a bar (of tqdm where it is installed).

        `direction` is `lift`, `create`, `get`, which writes what it remembers to `complements`, or `put`, which reads
        it there; views that `put` takes are lines.
        """
        from ._files import convert_file

        return convert_file(
            self,
            source,
            target,
            direction=direction,
            complements=complements,
            framing=framing,
            output=output,
            on_error=on_error,
            errors_to=errors_to,
            progress=progress,
        )

    async def convert_file_async(
        self,
        source: Source,
        target: Target = None,
        *,
        direction: Direction = "lift",
        complements: Source | Target = None,
        framing: Framing | None = None,
        output: Literal["lines", "array"] | None = None,
        on_error: OnError = "raise",
        errors_to: Target = None,
        progress: bool | Callable[[Progress], object] = False,
    ) -> Report:
        """`convert_file` in a thread. A task that is cancelled leaves no file behind."""
        from . import _async

        return await _async.convert_file(
            self.convert_file,
            progress,
            source=source,
            target=target,
            direction=direction,
            complements=complements,
            framing=framing,
            output=output,
            on_error=on_error,
            errors_to=errors_to,
        )

    def convert_table(
        self,
        table: Any,
        *,
        on_error: OnError = "raise",
        errors: list[PanprotoError] | None = None,
        nulls: Nulls = "absent",
        schema: Any = None,
    ) -> Any:
        """A table of records in the new shape: a data frame of polars or pandas, or anything that speaks the Arrow C
        stream interface, which gives a table of pyarrow.

        Tables have no absent members, only nulls: these are left out of the records, unless `nulls` is `"null"`.

        `schema` says the columns and their types, as the library has it (a `pyarrow.Schema`, what `polars.DataFrame`
        takes, what `astype` of pandas takes). Without it a column keeps the type that one of its name had where the
        values fit, and other types are those of the values.
        """
        from . import _tables

        return _tables.convert(self, table, on_error, errors, nulls, schema)

    def lift_msgpack(self, data: bytes | bytearray | memoryview) -> bytes:
        """Records as MessagePack, one after another, to views as MessagePack.

        Integers beyond 64 bits and numbers that no double holds are refused, as is what JSON lacks.
        """
        return run(self, LIFT, octets(data, "data"), MSGPACK).first

    def get_msgpack(self, data: bytes | bytearray | memoryview) -> Got[bytes]:
        """Records as MessagePack to views as MessagePack, and a stream of complements in step with them."""
        ran = run(self, GET, octets(data, "data"), MSGPACK)
        return Got(ran.first, ran.second)

    def put_msgpack(self, views: bytes | bytearray | memoryview, complements: bytes | bytearray | memoryview) -> bytes:
        """Views as MessagePack and their complements to records as MessagePack."""
        return run(self, PUT, joined(octets(complements, "complements"), octets(views, "views")), MSGPACK).first

    def check_laws(self, record: Any) -> LawCheckResult:
        """Whether `put` gives the record back and views survive, on this record."""
        data, _ = opened(record)
        told = request("lens.check", self, sources=(data,), lens=self._digest, record=data)
        return LawCheckResult(told["holds"], told["violation"])

    def verify(self, record: Any) -> None:
        """Raises `PanprotoLensLawError` where a law does not hold on this record."""
        self.check_laws(record).verify()

    def spec(self) -> Spec:
        """What may fail, and what needs a default, before anything runs."""
        told = self._about.get("spec") or request("lens.spec", self, lens=self._digest)

        def statements(name: str) -> tuple[Statement, ...]:
            return tuple(Statement(**item) for item in told[name])

        return Spec(
            partial=statements("partial"),
            view_domain=statements("view_domain"),
            needs_default=statements("needs_default"),
            complement=statements("complement"),
            lossless=told["lossless"],
        )

    @property
    def fingerprint(self) -> str:
        """What its complements are bound to, in hexadecimal."""
        fingerprint: bytes = self._about["fingerprint"]
        return fingerprint.hex()

    def _repr_html_(self) -> str:
        from ._html import spec

        return spec(self.spec())

    def __repr__(self) -> str:
        return f"<Lens {self.digest[:12]}>"


@explained
def lens(
    old: Schema,
    new: Schema,
    *,
    hints: Mapping[str, str | None] | None = None,
    defaults: Mapping[str, Any] | None = None,
    **options: Any,
) -> Lens:
    """The lens between two schemas; options as `Migration.between`.

    Raises `PanprotoMigrationError` with code `migration-undecided` where names and hints do not decide.
    """
    return Migration.between(old, new, hints=hints, defaults=defaults, **options).lens()
