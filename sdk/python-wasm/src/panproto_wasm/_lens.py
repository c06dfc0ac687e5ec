"""Lenses: records there and back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from . import _lines, _values
from ._errors import PanprotoError
from ._migration import Migration
from ._session import CREATE, GET, LIFT, PUT, Object, request, run, unpack

if sys.version_info >= (3, 11):
    from typing import NamedTuple
else:
    # The one of 3.10 cannot be generic.
    from typing_extensions import NamedTuple

if TYPE_CHECKING:
    from ._schema import Schema

R = TypeVar("R")
B = TypeVar("B", str, bytes, bytearray, memoryview)

OnError = Literal["raise", "skip"]


class Got(NamedTuple, Generic[R]):
    """A view, and what it cannot tell of its record."""

    view: R
    complement: bytes


class PutNote(NamedTuple):
    """What `put` noticed: memories that pair with nothing, items whose identity is unclear, a superseded memory."""

    code: str
    path: str


class LawCheckResult:
    """Whether the laws of a lens hold on a record."""

    __slots__ = ("_holds", "_violation")

    def __init__(self, holds: bool, violation: str | None) -> None:
        self._holds = holds
        self._violation = violation

    @property
    def holds(self) -> bool:
        """Whether they hold."""
        return self._holds

    @property
    def violation(self) -> str | None:
        """Which one does not, and how."""
        return self._violation

    def __bool__(self) -> bool:
        return self._holds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LawCheckResult) and (self.holds, self.violation) == (
            other.holds,
            other.violation,
        )

    def __hash__(self) -> int:
        return hash((self._holds, self._violation))

    def __repr__(self) -> str:
        return f"LawCheckResult(holds={self._holds!r}, violation={self._violation!r})"


class Statement(NamedTuple):
    """One thing that a lens says of itself."""

    code: str
    path: str
    text: str


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
        lines = [f"{title}: `{item.path}` {item.text}" for title, items in sections for item in items]
        return "\n".join([*lines, "lossless" if self.lossless else "not lossless without the complement"])


class Lens(Object):
    """Converts records both ways. Immutable, picklable, and free to share between threads.

    A record is a value (`dict`, `list`, …), or JSON text as `str`, `bytes`, `bytearray` or `memoryview`; what comes
    back is of the same kind.
    """

    __slots__ = ()
    kind = "lens"

    def lift(self, record: R) -> R:
        """The record in the new shape."""
        data, back = _opened(record)
        return back(run(self, LIFT, data).first)

    def get(self, record: R) -> Got[R]:
        """The record in the new shape, and the complement that `put` needs to give everything back."""
        data, back = _opened(record)
        ran = run(self, GET, data)
        return Got(back(ran.first), ran.second)

    def put(self, view: R, complement: bytes | bytearray | memoryview, *, notes: list[PutNote] | None = None) -> R:
        """The record in the old shape: the edits of the view, and everything else as it was.

        Where `notes` is a list, what was noticed on the way is told there: a complement of another record, say.
        """
        data, back = _opened(view)
        ran = run(self, PUT, _lines.joined(bytes(complement), data))
        if notes is not None and ran.second:
            notes.extend(PutNote(note["code"], note["path"]) for note in unpack(ran.second))
        return back(ran.first)

    def create(self, view: R) -> R:
        """A record in the old shape of a view alone: defaults stand for what it cannot tell."""
        data, back = _opened(view)
        return back(run(self, CREATE, data).first)

    def lift_ndjson(self, data: B, *, on_error: OnError = "raise", errors: list[PanprotoError] | None = None) -> B:
        """Lines of records to lines of views.

        A record that fails raises; with `on_error="skip"` it is left out, and where `errors` is a list, told there.
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
        return _lines.put(self, views, bytes(complements), on_error, errors)

    def create_ndjson(self, views: B, *, on_error: OnError = "raise", errors: list[PanprotoError] | None = None) -> B:
        """Lines of views to lines of records, without complements."""
        return _lines.convert(self, CREATE, views, on_error, errors)[0]

    def convert(self, records: Iterable[R], *, on_error: OnError = "raise") -> Iterator[R]:
        """The records in the new shape: lazy, in chunks, in order.

        A record that fails raises after those before it were given; with `on_error="skip"` it is left out.
        """
        return _lines.iterate(self, records, on_error)

    def check_laws(self, record: Any) -> LawCheckResult:
        """Whether `put` gives the record back and views survive, on this record."""
        data, _ = _opened(record)
        told = request("lens.check", self, sources=(data,), lens=self._digest, record=data)
        return LawCheckResult(told["holds"], told["violation"])

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

    def __repr__(self) -> str:
        return f"<Lens {self.digest[:12]}>"


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


def _opened(record: Any) -> tuple[bytes, Callable[[bytes], Any]]:
    """The JSON text of a record, and how to give one back in the same kind."""
    kind: object = type(record)  # pyright: ignore[reportUnknownVariableType]
    if kind is dict:
        return _values.encode(record), _values.decode
    if kind is bytes:
        return record, _same
    return _lines.opened(record)


def _same(text: bytes) -> bytes:
    return text
