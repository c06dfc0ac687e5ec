"""What can be said of migrations before and beside running them, with the names of published releases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ._arguments import all_explained, explained
from ._errors import PanprotoError, placed
from ._lines import opened
from ._session import LIFT, request, run

if TYPE_CHECKING:
    from ._handles import ProtolensChainHandle
    from ._lens import Lens
    from ._panproto import CompiledMigration, Panproto
    from ._schema import Protocol, Schema
    from ._types import CoverageReport, ExistenceReport, MigrationSpec, OpticKind


@explained
def check_existence(
    src: Schema, tgt: Schema, spec: MigrationSpec, wasm: object = None, *, protocol: Protocol | None = None
) -> ExistenceReport:
    """Whether an explicit migration exists between two schemas, and every reason why not."""
    told = request(
        "migration.existence",
        src,
        tgt,
        old=bytes.fromhex(src.digest),
        new=bytes.fromhex(tgt.digest),
        mapping=mapping_of(spec),
        protocol=None if protocol is None else protocol.name,
    )
    errors: list[Any] = []
    for published, found in zip(told["errors"], told["findings"], strict=True):
        (fields,) = published.values()
        at = f" at `{found['path']}`" if found["path"] else ""
        detail = {name: _plain(value) for name, value in fields.items()}
        about = detail.get("message") or ", ".join(f"{name} `{value}`" for name, value in detail.items())
        errors.append(
            {
                "kind": _kebab(found["kind"]),
                "message": f"{found['code']}{at}" + (f": {about}" if about else ""),
                "detail": detail,
            }
        )
    return {"valid": told["valid"], "errors": errors}


def _plain(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)  # pyright: ignore


def _kebab(name: str) -> str:
    return re.sub(r"(?<=.)(?=[A-Z])", "-", name).lower()


def mapping_of(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A migration of published releases as the engine reads it."""
    return {
        "vertex_map": dict(spec["vertex_map"]),
        "edge_map": [[dict(source), dict(target)] for source, target in spec["edge_map"]],
        "resolver": [[list(pair), dict(edge)] for pair, edge in spec["resolvers"]],
    }


@explained
def compose_migrations(m1: CompiledMigration, m2: CompiledMigration, wasm: object = None) -> CompiledMigration:
    """One compiled migration and then another."""
    from ._panproto import CompiledMigration

    return CompiledMigration(m1.lens.then(m2.lens), composed(m1.spec, m2.spec))


def composed(first: MigrationSpec, second: MigrationSpec) -> MigrationSpec:
    """The maps one after the other; what the second does not map is gone."""
    after = {_key(source): target for source, target in second["edge_map"]}
    return {
        "vertex_map": {
            source: second["vertex_map"][target]
            for source, target in first["vertex_map"].items()
            if target in second["vertex_map"]
        },
        "edge_map": [(source, after[_key(target)]) for source, target in first["edge_map"] if _key(target) in after],
        "resolvers": list(second["resolvers"]),
    }


def _key(edge: Mapping[str, Any]) -> tuple[Any, ...]:
    return (edge["src"], edge["tgt"], edge["kind"], edge.get("name"))


def inverse_of(spec: MigrationSpec, src: Schema) -> MigrationSpec:
    """The maps turned round; an error where they are not one to one or leave something out."""
    from ._errors import MigrationError

    graph = src.graph()
    faults: list[str] = []
    faults += _twice("vertex", spec["vertex_map"].values())
    faults += _twice("edge", (_key(target) for _, target in spec["edge_map"]))
    lost = sorted({row["id"] for row in graph["vertices"]} - spec["vertex_map"].keys())
    if lost:
        faults.append("vertices are dropped: " + ", ".join(f"`{id}`" for id in lost))
    if faults:
        refused = MigrationError("the migration has no inverse: " + "; ".join(faults))
        refused.code = "no-inverse"
        raise refused
    return {
        "vertex_map": {target: source for source, target in spec["vertex_map"].items()},
        "edge_map": [(target, source) for source, target in spec["edge_map"]],
        "resolvers": [],
    }


def _twice(what: str, targets: Iterable[Any]) -> list[str]:
    seen: set[Any] = set()
    doubled: list[str] = []
    for target in targets:
        if target in seen:
            shown = target if isinstance(target, str) else f"{target[0]} -> {target[1]}"
            doubled.append(f"several {what}s become `{shown}`")
        seen.add(target)
    return doubled


class Shortfall(NamedTuple):
    """A record that does not convert, or whose view is not valid."""

    record: int
    line: int | None
    offset: int | None
    path: str | None
    in_view: bool
    code: str
    message: str

    def __str__(self) -> str:
        return f"record {self.record}: {self.message}"


class Coverage(NamedTuple):
    """A dry run over records. At most 1,000 failures are told, all are counted.

    `undecided` are records of which it cannot be said whether their view is valid.
    """

    total: int
    succeeded: int
    failed: int
    undecided: int
    failures: tuple[Shortfall, ...]

    @property
    def ratio(self) -> float:
        """How many of all."""
        return self.succeeded / self.total if self.total else 1.0

    def __bool__(self) -> bool:
        return self.succeeded == self.total


def _dry_run(lens: Lens, records: Iterable[Any] | str | bytes | bytearray | memoryview) -> dict[str, Any]:
    if isinstance(records, str):
        lines = records.encode()
    elif isinstance(records, bytes | bytearray | memoryview):
        lines = bytes(records)
    else:
        lines = b"".join(_line(lens, number, record) for number, record in enumerate(records))
    told: dict[str, Any] = request("migration.coverage", lens, lens=bytes.fromhex(lens.digest), records=lines)
    return told


def _line(lens: Lens, number: int, record: Any) -> bytes:
    try:
        text = opened(record)[0]
        if not text or text.isspace():
            # A blank line would not be counted; a record without content is refused.
            run(lens, LIFT, text)
    except PanprotoError as failure:
        failure.record = number
        placed(failure)
        raise
    return text.replace(b"\n", b" ") + b"\n"


def coverage(lens: Lens, records: Iterable[Any] | str | bytes | bytearray | memoryview) -> Coverage:
    """What `Lens.coverage` does."""
    told = _dry_run(lens, records)
    names = Shortfall._fields
    failures = tuple(Shortfall(**{name: one.get(name) for name in names}) for one in told["failures"])
    return Coverage(told["total"], told["succeeded"], told["failed"], told["undecided"], failures)


@all_explained
class MigrationAnalysis:
    """Looks at migrations without running them on data that matters, with the names of published releases."""

    __slots__ = ()

    def __init__(self, panproto: Panproto) -> None:
        pass

    def dry_run(
        self,
        compiled: CompiledMigration,
        instances: Sequence[Any],
        src_schema: Schema,
        tgt_schema: Schema,
    ) -> CoverageReport:
        """How many records migrate, and why the others do not."""
        report: CoverageReport = _dry_run(compiled.lens, instances)["report"]
        return report

    def optic_kind(self, chain: ProtolensChainHandle, schema: Schema) -> OpticKind:
        """What kind of optic a chain is on a schema."""
        return chain.chain.optic(schema)
