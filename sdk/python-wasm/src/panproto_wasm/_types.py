"""Shapes of plain values: what published releases call `TypedDict`s, and unions of literals."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, Union

if sys.version_info >= (3, 11):
    from typing import NotRequired
else:
    from typing_extensions import NotRequired

JsonValue = Union[None, bool, int, float, str, Sequence["JsonValue"], Mapping[str, "JsonValue"]]

Compatibility = Literal["fully-compatible", "backward-compatible", "breaking"]

SchemaChangeKind = Literal[
    "vertex-added",
    "vertex-removed",
    "edge-added",
    "edge-removed",
    "constraint-added",
    "constraint-removed",
    "constraint-changed",
    "kind-changed",
    "required-added",
    "required-removed",
]

ExistenceErrorKind = Literal[
    "edge-missing", "kind-inconsistency", "label-inconsistency", "required-field-missing",
    "constraint-tightened", "resolver-invalid", "well-formedness",
]  # fmt: skip


class Vertex(TypedDict):
    """A vertex of a schema."""

    id: str
    kind: str
    nsid: str | None


class Edge(TypedDict):
    """An edge of a schema."""

    src: str
    tgt: str
    kind: str
    name: NotRequired[str | None]


class Constraint(TypedDict):
    """A constraint of a vertex: its value is text."""

    sort: str
    value: str


class VertexOptions(TypedDict, total=False):
    """Options of `SchemaBuilder.vertex`."""

    nsid: str


class EdgeOptions(TypedDict, total=False):
    """Options of `SchemaBuilder.edge`."""

    name: str


class EdgeRule(TypedDict):
    """Which kinds an edge may join."""

    edge_kind: str
    src_kinds: list[str]
    tgt_kinds: list[str]


class ProtocolSpec(TypedDict):
    """What a protocol allows."""

    name: str
    schema_theory: str
    instance_theory: str
    edge_rules: list[EdgeRule]
    obj_kinds: list[str]
    constraint_sorts: list[str]


class SchemaData(TypedDict):
    """A schema as plain values."""

    protocol: str
    vertices: dict[str, Vertex]
    edges: list[Edge]
    hyper_edges: dict[str, Any]
    constraints: dict[str, list[Constraint]]
    required: dict[str, list[Edge]]
    variants: dict[str, list[Any]]
    orderings: dict[str, int]
    recursion_points: dict[str, Any]
    usage_modes: dict[str, str]
    spans: dict[str, Any]
    nominal: dict[str, bool]


class GetResult(TypedDict):
    """What `LensHandle.get` and `CompiledMigration.get` give."""

    view: Any
    complement: bytes


class LiftResult(TypedDict):
    """What `lift` and `put` of legacy classes give."""

    data: Any


class SchemaChange(TypedDict):
    """One change of a `DiffReport`."""

    kind: SchemaChangeKind
    path: str
    detail: NotRequired[str | None]


class DiffReport(TypedDict):
    """What `Panproto.diff` gives."""

    compatibility: Compatibility
    changes: list[SchemaChange]


class MigrationSpec(TypedDict):
    """A migration by vertices and edges."""

    vertex_map: dict[str, str]
    edge_map: list[tuple[Edge, Edge]]
    resolvers: list[tuple[tuple[str, str], Edge]]


class BreakingChange(TypedDict):
    """A change that breaks; members beside `type` depend on it."""

    type: str


class NonBreakingChange(TypedDict):
    """A change that does not break; members beside `type` depend on it."""

    type: str


class CompatReportData(TypedDict):
    """A `CompatReport` as plain values."""

    breaking: list[BreakingChange]
    non_breaking: list[NonBreakingChange]
    compatible: bool


class SchemaValidationIssue(TypedDict):
    """What a schema breaks of its protocol; members beside `type` depend on it."""

    type: str
