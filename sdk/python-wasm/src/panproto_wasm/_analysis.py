"""What can be said of migrations before and beside running them, with the names of published releases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ._session import request

if TYPE_CHECKING:
    from ._panproto import CompiledMigration
    from ._schema import Protocol, Schema
    from ._types import ExistenceReport, MigrationSpec


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
        about = ", ".join(f"{name} `{value}`" for name, value in detail.items())
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
        raise MigrationError("the migration has no inverse: " + "; ".join(faults))
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
