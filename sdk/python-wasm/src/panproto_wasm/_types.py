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
    "signature-coherence", "simultaneity", "reachability-risk",
]  # fmt: skip

OpticKind = Literal["iso", "lens", "prism", "affine", "traversal"]


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
    hyper_edges: dict[str, HyperEdge]
    constraints: dict[str, list[Constraint]]
    required: dict[str, list[Edge]]
    variants: dict[str, list[Variant]]
    orderings: dict[str, int]
    recursion_points: dict[str, RecursionPoint]
    usage_modes: dict[str, str]
    spans: dict[str, Span]
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


class HyperEdge(TypedDict):
    """An edge between several vertices, by labels."""

    id: str
    kind: str
    signature: dict[str, str]
    parent_label: str


class Variant(TypedDict):
    """An arm of a union."""

    id: str
    parent_vertex: str
    tag: str | None


class RecursionPoint(TypedDict):
    """Where a schema refers to itself."""

    mu_id: str
    target_vertex: str


class Span(TypedDict):
    """Two vertices that stand for one thing."""

    id: str
    left: str
    right: str


class ConstraintChange(TypedDict):
    """A constraint whose value changed."""

    sort: str
    old_value: str
    new_value: str


class ConstraintDiff(TypedDict):
    """How the constraints of a vertex changed."""

    added: list[Constraint]
    removed: list[Constraint]
    changed: list[ConstraintChange]


class KindChange(TypedDict):
    """A vertex whose kind changed."""

    vertex_id: str
    old_kind: str
    new_kind: str


class FullSchemaDiff(TypedDict):
    """Every structural change, by ids: what `FullDiffReport.data` holds."""

    added_vertices: list[str]
    removed_vertices: list[str]
    kind_changes: list[KindChange]
    added_edges: list[Edge]
    removed_edges: list[Edge]
    modified_constraints: dict[str, ConstraintDiff]
    added_hyper_edges: list[str]
    removed_hyper_edges: list[str]
    modified_hyper_edges: list[dict[str, str | list[str]]]
    added_required: dict[str, list[Edge]]
    removed_required: dict[str, list[Edge]]
    added_nsids: dict[str, str]
    removed_nsids: list[str]
    changed_nsids: list[tuple[str, str, str]]
    added_variants: list[Variant]
    removed_variants: list[Variant]
    modified_variants: list[dict[str, str]]
    order_changes: list[tuple[Edge, int | None, int | None]]
    added_recursion_points: list[RecursionPoint]
    removed_recursion_points: list[RecursionPoint]
    modified_recursion_points: list[dict[str, str]]
    usage_mode_changes: list[tuple[Edge, str, str]]
    added_spans: list[str]
    removed_spans: list[str]
    modified_spans: list[dict[str, str]]
    nominal_changes: list[tuple[str, bool, bool]]


class ExistenceError(TypedDict):
    """One reason why a migration does not exist."""

    kind: ExistenceErrorKind
    message: str
    detail: NotRequired[dict[str, str] | None]


class ExistenceReport(TypedDict):
    """Whether a migration exists, and if not, why."""

    valid: bool
    errors: list[ExistenceError]


class EnrichmentSummary(TypedDict):
    """What a `SchemaEnrichment` holds."""

    defaults: list[dict[str, object]]
    coercions: list[dict[str, object]]
    mergers: list[dict[str, object]]
    policies: list[dict[str, object]]


class PartialReasonConstraintViolation(TypedDict):
    """A record breaks a constraint."""

    type: Literal["constraint_violation"]
    constraint: str
    value: str


class PartialReasonMissingRequiredField(TypedDict):
    """A record lacks a required member."""

    type: Literal["missing_required_field"]
    field: str


class PartialReasonTypeMismatch(TypedDict):
    """A value is of another type."""

    type: Literal["type_mismatch"]
    expected: str
    got: str


class PartialReasonExprEvalFailed(TypedDict):
    """An expression cannot be evaluated on a record."""

    type: Literal["expr_eval_failed"]
    expr_name: str
    error: str


PartialReason = Union[
    PartialReasonConstraintViolation, PartialReasonMissingRequiredField, PartialReasonTypeMismatch,
    PartialReasonExprEvalFailed,
]  # fmt: skip


class PartialFailure(TypedDict):
    """A record that does not migrate, and why."""

    record_id: int
    reason: PartialReason


class CoverageReport(TypedDict):
    """How many records migrate, and which do not."""

    total_records: int
    successful: int
    failed: list[PartialFailure]
    coverage_ratio: float


class VcsLogEntry(TypedDict):
    """A commit of a history."""

    message: str
    author: str
    timestamp: int
    protocol: str


class VcsStatus(TypedDict):
    """Where a repository stands."""

    branch: str | None
    head_commit: str | None


class VcsOpResult(TypedDict):
    """How a repository operation went."""

    success: bool
    message: str


class VcsBlameResult(TypedDict):
    """Which commit made a vertex."""

    commit_id: str
    author: str
    timestamp: int
    message: str
