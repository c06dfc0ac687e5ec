"""What changed between two schemas, and for whom it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from . import _values
from ._arguments import all_explained
from ._frozen import Frozen
from ._schema import Schema
from ._session import request

if TYPE_CHECKING:
    from ._lens import Lens
    from ._migration import Migration

VerdictKind = Literal["breaks", "safe", "unknown"]


class Change(NamedTuple):
    """One structural change."""

    kind: str
    path: str
    old: str | None
    new: str | None
    structural: bool = True

    def __str__(self) -> str:
        sides = "" if self.old is None and self.new is None else f": {_side(self.old)} → {_side(self.new)}"
        return f"{self.kind} `{self.path}`{sides}"


def _side(text: str | None) -> str:
    return "—" if text is None else text


@all_explained
class Diff:
    """The changes from one schema to another; iterates them."""

    __slots__ = ("_told", "new", "old")

    old: Schema
    new: Schema

    def __init__(self, old: Schema, new: Schema, told: Mapping[str, Any]) -> None:
        self.old = old
        self.new = new
        self._told = dict(told)

    @classmethod
    def between(cls, old: Schema, new: Schema) -> Diff:
        """What changed from `old` to `new`."""
        told = request("diff", old, new, old=old._digest, new=new._digest)  # pyright: ignore[reportPrivateUsage]
        return cls(old, new, told)

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, in order of their paths."""
        return tuple(Change(**change) for change in self._told["changes"])

    @property
    def is_equivalent(self) -> bool:
        """Whether nothing changed that matters to data."""
        return bool(self._told["equivalent"])

    def verdict(
        self,
        *,
        migration: Migration | None = None,
        lens: Lens | None = None,
        reading: Mapping[str, str] | None = None,
    ) -> Verdict:
        """Who can read what: backward, forward and source, under a stated reading.

        With a migration or a lens, `Finding.repaired_by_migration` says whether it repairs one.
        """
        given = [one for one in (migration, lens) if one is not None]
        objects = (self.old, self.new, *given)
        told = request(
            "verdict",
            *objects,
            old=bytes.fromhex(self.old.digest),
            new=bytes.fromhex(self.new.digest),
            migration=None if migration is None else bytes.fromhex(migration.digest),
            lens=None if lens is None else bytes.fromhex(lens.digest),
            reading=None if reading is None else dict(reading),
        )
        return Verdict(told)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self._told["changes"])

    def __bool__(self) -> bool:
        return not self._told["empty"]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Diff) and (self.old, self.new) == (other.old, other.new)

    def __hash__(self) -> int:
        return hash((self.old, self.new))

    def __str__(self) -> str:
        return str(self._told["report"]) or "no changes"

    def _repr_html_(self) -> str:
        from ._html import diff

        return diff(self)

    def __repr__(self) -> str:
        return f"<Diff: {len(self)} changes>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.old, self.new, self._told)


class Finding(Frozen):
    """One reason of a judgement.

    `witness` is a value that one side accepts and the other refuses, where one is known; `repaired_by_migration` says
    whether the migration that the verdict was asked with repairs it.
    """

    __slots__ = ("code", "direction", "kind", "message", "new", "old", "path", "repaired_by_migration", "witness")
    __match_args__ = ("code", "path", "message", "kind", "direction", "old", "new", "witness", "repaired_by_migration")

    code: str
    path: str
    message: str
    kind: VerdictKind
    direction: str
    old: Any
    new: Any
    witness: Any
    repaired_by_migration: bool | None

    def __init__(
        self,
        code: str,
        path: str,
        message: str,
        kind: VerdictKind = "unknown",
        direction: str = "",
        old: Any = None,
        new: Any = None,
        witness: Any = None,
        repaired_by_migration: bool | None = None,
    ) -> None:
        self._fill(
            code=code, path=path, message=message, kind=kind, direction=direction, old=old, new=new, witness=witness,
            repaired_by_migration=repaired_by_migration,
        )  # fmt: skip

    def __str__(self) -> str:
        return self.message


class Judgement(Frozen):
    """The answer to one question: *breaks*, *safe* (proved) or *unknown*, with its findings."""

    __slots__ = ("findings", "kind")
    __match_args__ = ("kind", "findings")

    kind: VerdictKind
    findings: tuple[Finding, ...]

    def __init__(self, kind: VerdictKind, findings: tuple[Finding, ...] = ()) -> None:
        self._fill(kind=kind, findings=findings)

    @property
    def is_safe(self) -> bool:
        """Whether it is proved that nothing breaks."""
        return self.kind == "safe"

    def __bool__(self) -> bool:
        return self.kind == "safe"

    def __repr__(self) -> str:
        return f"<{self.kind}: {len(self.findings)} findings>"


class RootVerdict(NamedTuple):
    """The verdicts of one entry point."""

    name: str
    role: str
    backward: VerdictKind
    forward: VerdictKind


@all_explained
class Verdict:
    """Can a new reader read old data (`backward`), an old reader new data (`forward`), does code still compile
    (`source`)?
    """

    __slots__ = ("_told",)
    __match_args__ = ("backward", "forward", "source")

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = dict(told)

    @property
    def backward(self) -> Judgement:
        """Whether a reader of the new schema reads data of the old one."""
        return _judgement(self._told["backward"])

    @property
    def forward(self) -> Judgement:
        """Whether a reader of the old schema reads data of the new one."""
        return _judgement(self._told["forward"])

    @property
    def source(self) -> Judgement:
        """Whether generated code and queries still compile."""
        return _judgement(self._told["source"])

    @property
    def reading(self) -> dict[str, str]:
        """Under which reading of undeclared names, formats and unknown union members it holds."""
        return dict(self._told["reading"])

    @property
    def per_root(self) -> tuple[RootVerdict, ...]:
        """The same for each entry point of the schema."""
        return tuple(RootVerdict(**root) for root in self._told["per_root"])

    def to_dict(self) -> dict[str, Any]:
        """The whole as plain values."""
        return deepcopy(self._told)

    def to_json(self) -> str:
        """The whole as JSON text."""
        return _values.encode(self._told).decode()

    def to_sarif(self, *, file: str = "") -> str:
        """The findings of all three as a SARIF 2.1.0 log; `file` is where the new schema is kept.

        `verdict.to_sarif(file="lexicons/post.json")`
        """
        from . import _reports

        return _reports.sarif([_reports.Checked("", file, self, {}, ("backward", "forward", "source"))])

    def __str__(self) -> str:
        return str(self._told["report"])

    def _repr_html_(self) -> str:
        from ._html import verdict

        return verdict(self)

    def __repr__(self) -> str:
        kinds = f"backward={self.backward.kind}, forward={self.forward.kind}, source={self.source.kind}"
        return f"<Verdict {kinds}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verdict) and other._told == self._told

    def __hash__(self) -> int:
        return hash(repr(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._told,)


def _judgement(told: Any) -> Judgement:
    return Judgement(told["kind"], tuple(_finding(finding) for finding in told["findings"]))


def _finding(told: Mapping[str, Any]) -> Finding:
    witness = told.get("witness")
    return Finding(
        code=told["code"],
        path=told["path"] or "",
        message=told["message"],
        kind=told["kind"],
        direction=told["direction"],
        old=told.get("old"),
        new=told.get("new"),
        witness=None if witness is None else _values.decode_text(witness),
        repaired_by_migration=told.get("repaired_by_migration"),
    )
