"""The entry point of published releases, `Panproto`, and the classes that it gives.

They keep their documented names and results; `handle.lens` is the new object behind a legacy one. A `bytes` argument
is JSON text. Fields with two values fail closed: what is not proved safe is breaking.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from . import _engine, _values
from ._analysis import check_existence, compose_migrations, inverse_of, mapping_of
from ._arguments import all_explained, explained
from ._builder import BuiltSchema, ValidationResult, built, check, edge_members
from ._diff import Diff, Verdict
from ._errors import error
from ._handles import ProtolensChainHandle
from ._lens import LawCheckResult, Lens
from ._lines import opened
from ._migration import Migration
from ._missing import DataSetHandle, VcsRepository, refuse
from ._records import Instance, IoRegistry
from ._schema import Document, EdgeRow, Protocol, Schema, define_protocol, protocol_names, protocol_spec
from ._session import closed, request

if TYPE_CHECKING:
    from ._types import (
        BreakingChange,
        CompatReportData,
        DiffReport,
        Edge,
        ExistenceReport,
        GetResult,
        LiftResult,
        MigrationSpec,
        NonBreakingChange,
        ProtocolSpec,
        SchemaChange,
    )


@all_explained
class Panproto:
    """Everything in one object. `with Panproto.load() as pp:` …"""

    __slots__ = ("_closed",)

    def __init__(self, wasm: object = None) -> None:
        self._closed = False

    @classmethod
    def load(cls, wasm_path: str | os.PathLike[str] | None = None) -> Panproto:
        """Loads the module, so that what is wrong with the installation shows here."""
        if wasm_path is not None and not _is_own(wasm_path):
            raise error(
                "usage", "foreign-module", f"`{os.fspath(wasm_path)}` is not the module of this package",
                help="leave the path out: the module is part of the package",
            )  # fmt: skip
        _engine.runtime()
        return cls()

    def _open(self) -> None:
        if self._closed:
            raise closed("`Panproto` object")

    def protocol(self, name: str) -> Protocol:
        """A built-in protocol."""
        self._open()
        return Protocol.load(name)

    def define_protocol(self, spec: ProtocolSpec) -> Protocol:
        """A protocol of one's own."""
        self._open()
        return define_protocol(spec)

    def list_protocols(self) -> list[str]:
        """Names of the built-in protocols."""
        self._open()
        return protocol_names()

    def parse_lexicon(self, lexicon_json: Document | Sequence[Document]) -> BuiltSchema:
        """The schema of ATProto Lexicon documents."""
        self._open()
        made: BuiltSchema = BuiltSchema.from_lexicon("atproto", lexicon_json)  # type: ignore[assignment]  # pyright: ignore
        return made

    def parse_schema(self, language: str, documents: Document | Sequence[Document], **options: Any) -> BuiltSchema:
        """The schema of documents of a language."""
        self._open()
        made: BuiltSchema = BuiltSchema.parse(language, documents, **options)  # type: ignore[assignment]  # pyright: ignore
        return made

    def validate_schema(self, schema: Schema, protocol: Protocol) -> ValidationResult:
        """What a schema breaks of a protocol."""
        self._open()
        return check(schema, protocol)

    def normalize(self, schema: Schema) -> BuiltSchema:
        """The schema itself: built schemas are canonical."""
        self._open()
        return built(schema)

    def migration(self, src: Schema, tgt: Schema) -> MigrationBuilder:
        """A builder of explicit migrations, by vertices and edges."""
        self._open()
        return MigrationBuilder(src, tgt)

    def migrate(self, old: Schema, new: Schema, **options: Any) -> Migration:
        """The migration that names and hints decide; options as `Migration.between`."""
        self._open()
        return Migration.between(old, new, **options)

    def lens(self, from_schema: Schema, to_schema: Schema) -> LensHandle:
        """The lens between two schemas."""
        self._open()
        return LensHandle.auto_generate(from_schema, to_schema)

    def convert(
        self,
        data: Any,
        *,
        from_schema: Schema,
        to_schema: Schema,
        defaults: Mapping[str, Any] | None = None,
        hints: Mapping[str, str | None] | None = None,
    ) -> Any:
        """A record of one schema as a record of another. `bytes` are JSON text; the answer is a value."""
        self._open()
        lens = Migration.between(from_schema, to_schema, defaults=defaults, hints=hints).lens()
        return _lifted(lens, data)

    def check_existence(self, src: Schema, tgt: Schema, builder: MigrationBuilder) -> ExistenceReport:
        """Whether the migration of a builder exists, and every reason why not."""
        self._open()
        return check_existence(src, tgt, builder.to_spec())

    def compose(self, m1: CompiledMigration, m2: CompiledMigration) -> CompiledMigration:
        """One compiled migration and then another."""
        self._open()
        return compose_migrations(m1, m2)

    def compose_lenses(self, l1: LensHandle, l2: LensHandle) -> LensHandle:
        """One lens and then another."""
        self._open()
        return LensHandle(l1.lens.then(l2.lens))

    def protolens_chain(self, from_schema: Schema, to_schema: Schema) -> ProtolensChainHandle:
        """The chain that leads from one schema to another."""
        self._open()
        return ProtolensChainHandle.auto_generate(from_schema, to_schema)

    def parse_json(self, schema: Schema, json_bytes: bytes) -> Instance:
        """The instance of a record."""
        self._open()
        return Instance.from_json(schema, json_bytes)

    def to_json(self, schema: Schema, instance: Instance) -> bytes:
        """The record of an instance."""
        self._open()
        return instance.to_json()

    def io(self) -> IoRegistry:
        """The formats whose documents can be read and written."""
        self._open()
        return IoRegistry()

    def data_set(self, data: object, schema: Schema) -> DataSetHandle:
        """Not available: see `MISSING`."""
        refuse("Panproto.data_set")

    def migrate_data(self, data: DataSetHandle, from_schema: Schema, to_schema: Schema) -> tuple[DataSetHandle, bytes]:
        """Not available: see `MISSING`."""
        refuse("Panproto.migrate_data")

    def init_repo(self, protocol_name: str) -> VcsRepository:
        """Not available: see `MISSING`."""
        refuse("Panproto.init_repo")

    def diff(self, old_schema: Schema, new_schema: Schema) -> DiffReport:
        """What changed, and whether it is compatible."""
        self._open()
        told = _published(old_schema, new_schema)
        verdict = old_schema.diff(new_schema).verdict()
        if verdict.backward.is_safe:
            compatibility: Any = "fully-compatible" if verdict.forward.is_safe else "backward-compatible"
        else:
            compatibility = "breaking"
        return {"compatibility": compatibility, "changes": _changes(told)}

    def diff_full(self, old_schema: Schema, new_schema: Schema) -> FullDiffReport:
        """Every structural change, by ids."""
        self._open()
        return FullDiffReport(old_schema, new_schema)

    def close(self) -> None:
        """Ends the use of this object; what it made lives on. Closing twice is fine."""
        self._closed = True

    def __enter__(self) -> Panproto:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Panproto{' closed' if self._closed else ''}>"


def _is_own(path: str | os.PathLike[str]) -> bool:
    try:
        return os.path.samefile(path, _engine.MODULE)
    except OSError:
        return False


def _lifted(lens: Lens, record: Any) -> Any:
    data, _ = opened(record)
    return _values.decode(lens.lift(data))


def _published(old: Schema, new: Schema) -> dict[str, Any]:
    told: dict[str, Any] = request(
        "diff.published", old, new, old=bytes.fromhex(old.digest), new=bytes.fromhex(new.digest)
    )
    return told


def _changes(told: Mapping[str, Any]) -> list[SchemaChange]:
    changes: list[SchemaChange] = []

    def add(kind: Any, path: str, detail: str | None = None) -> None:
        changes.append({"kind": kind, "path": path, "detail": detail})

    def edge_path(edge: Mapping[str, Any]) -> str:
        return f"{edge['src']} -> {edge['tgt']}" + (f" ({edge['name']})" if edge["name"] else "")

    for id in told["added_vertices"]:
        add("vertex-added", id)
    for id in told["removed_vertices"]:
        add("vertex-removed", id)
    for row in told["kind_changes"]:
        add("kind-changed", row["vertex_id"], f"{row['old_kind']} -> {row['new_kind']}")
    for edge in told["added_edges"]:
        add("edge-added", edge_path(edge), edge["kind"])
    for edge in told["removed_edges"]:
        add("edge-removed", edge_path(edge), edge["kind"])
    for id, found in told["modified_constraints"].items():
        for row in found["added"]:
            add("constraint-added", id, f"{row['sort']} = {row['value']}")
        for row in found["removed"]:
            add("constraint-removed", id, f"{row['sort']} = {row['value']}")
        for row in found["changed"]:
            add("constraint-changed", id, f"{row['sort']}: {row['old_value']} -> {row['new_value']}")
    for kind in ("added", "removed"):
        for id, edges in told[f"{kind}_required"].items():
            for edge in edges:
                add(f"required-{kind}", id, edge["name"])
    return changes


@all_explained
class FullDiffReport:
    """Every structural change, by ids."""

    __slots__ = ("_data", "_diff")

    def __init__(self, old: Schema, new: Schema) -> None:
        self._diff = Diff.between(old, new)
        self._data = _published(old, new)

    @property
    def data(self) -> dict[str, Any]:
        """The changes as plain values."""
        return self._data

    @property
    def has_changes(self) -> bool:
        """Whether there are any."""
        return any(bool(rows) for rows in self._data.values())

    @property
    def diff(self) -> Diff:
        """The new object behind it."""
        return self._diff

    def classify(self, protocol: Protocol) -> CompatReport:
        """Which changes break readers of the new schema, under the rules of a protocol."""
        if protocol.name != self._diff.new.protocol:
            raise error(
                "usage", "wrong-protocol",
                f"the schemas are of protocol `{self._diff.new.protocol}`, not `{protocol.name}`",
            )  # fmt: skip
        return CompatReport(self._diff, self._diff.verdict())

    def __repr__(self) -> str:
        return f"<FullDiffReport: {len(self._diff)} changes>"


@all_explained
class CompatReport:
    """Which changes break. What is not proved safe counts as breaking."""

    __slots__ = ("_data", "_verdict")

    def __init__(self, diff: Diff, verdict: Verdict) -> None:
        self._verdict = verdict
        told = request(
            "classify", diff.old, diff.new, old=bytes.fromhex(diff.old.digest), new=bytes.fromhex(diff.new.digest)
        )
        self._data: CompatReportData = _values.decode_text(told["json"])

    @property
    def verdict(self) -> Verdict:
        """The new object behind it."""
        return self._verdict

    @property
    def data(self) -> CompatReportData:
        """The report as plain values."""
        return self._data

    @property
    def breaking_changes(self) -> list[BreakingChange]:
        """What breaks."""
        return self._data["breaking"]

    @property
    def non_breaking_changes(self) -> list[NonBreakingChange]:
        """What does not."""
        return self._data["non_breaking"]

    @property
    def is_breaking(self) -> bool:
        """Whether something breaks, or nothing is proved."""
        return not self._data["compatible"]

    @property
    def is_compatible(self) -> bool:
        """Whether it is proved that nothing breaks."""
        return self._data["compatible"]

    @property
    def is_backward_compatible(self) -> bool:
        """The same: the report is about new readers of old data."""
        return self._data["compatible"]

    def to_text(self) -> str:
        """The report in words."""
        return str(self._verdict)

    def to_json(self) -> str:
        """The report as JSON text."""
        return _values.encode(self._data).decode()

    def __repr__(self) -> str:
        return f"<CompatReport: {'compatible' if self.is_compatible else 'breaking'}>"


@all_explained
class LensHandle:
    """A lens with the documented results of published releases. `handle.lens` is the new one."""

    __slots__ = ("_closed", "_lens")

    def __init__(self, lens: Lens) -> None:
        self._lens = lens
        self._closed = False

    @classmethod
    def auto_generate(cls, schema1: Schema, schema2: Schema, wasm: object = None) -> LensHandle:
        """The lens between two schemas."""
        return cls(Migration.between(schema1, schema2).lens())

    @classmethod
    def from_chain(cls, chain: ProtolensChainHandle, schema: Schema, wasm: object = None) -> LensHandle:
        """The lens of a chain on a schema."""
        return cls(chain.chain.lens(schema))

    @property
    def lens(self) -> Lens:
        """The new object behind this one."""
        if self._closed:
            raise closed("lens")
        return self._lens

    def get(self, record: Any) -> GetResult:
        """The view and its complement."""
        return _get(self.lens, record)

    def put(self, view: Any, complement: bytes) -> LiftResult:
        """The record of a view and its complement, as `data`."""
        return _put(self.lens, view, complement)

    def check_laws(self, instance: Any) -> LawCheckResult:
        """Whether both laws hold on a record."""
        return self.lens.check_laws(instance)

    def check_get_put(self, instance: Any) -> LawCheckResult:
        """Whether an unedited view puts the record back."""
        return _only("GetPut", self.lens.check_laws(instance))

    def check_put_get(self, instance: Any) -> LawCheckResult:
        """Whether what was put is got again."""
        return _only("PutGet", self.lens.check_laws(instance))

    def close(self) -> None:
        """Ends the use of this object. Closing twice is fine."""
        self._closed = True

    def __enter__(self) -> LensHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<LensHandle{' closed' if self._closed else ''}>"


def _only(law: str, found: LawCheckResult) -> LawCheckResult:
    """The result for one law: a violation of another is none of this."""
    if found.violation is not None and not found.violation.startswith(law):
        # The laws are checked in order; a later violation means that the earlier laws hold.
        order = ("GetPut", "PutGet", "CreateGet")
        named = next((name for name in order if found.violation.startswith(name)), law)
        if order.index(named) > order.index(law):
            return LawCheckResult(True, None)
    return found


def _get(lens: Lens, record: Any) -> GetResult:
    data, _ = opened(record)
    got = lens.get(data)
    return {"view": _values.decode(got.view), "complement": got.complement}


def _put(lens: Lens, view: Any, complement: bytes) -> LiftResult:
    data, _ = opened(view)
    return {"data": _values.decode(lens.put(data, complement))}


@all_explained
class MigrationBuilder:
    """Builds an explicit migration, by vertices and edges. Every step gives a new builder."""

    __slots__ = ("_edge_map", "_resolvers", "_src", "_tgt", "_vertex_map")

    def __init__(
        self,
        src: Schema,
        tgt: Schema,
        wasm: object = None,
        vertex_map: Mapping[str, str] | None = None,
        edge_map: Sequence[tuple[Any, Any]] | None = None,
        resolvers: Sequence[tuple[tuple[str, str], Any]] | None = None,
    ) -> None:
        self._src = src
        self._tgt = tgt
        self._vertex_map = dict(vertex_map or {})
        self._edge_map = tuple(edge_map or ())
        self._resolvers = tuple(resolvers or ())

    def _with(self, **changed: Any) -> MigrationBuilder:
        parts: dict[str, Any] = {
            "vertex_map": self._vertex_map,
            "edge_map": self._edge_map,
            "resolvers": self._resolvers,
            **changed,
        }
        return MigrationBuilder(self._src, self._tgt, None, **parts)

    def map(self, src_vertex: str, tgt_vertex: str) -> MigrationBuilder:
        """Maps a vertex."""
        return self._with(vertex_map={**self._vertex_map, src_vertex: tgt_vertex})

    def map_edge(self, src_edge: Edge | EdgeRow, tgt_edge: Edge | EdgeRow) -> MigrationBuilder:
        """Maps an edge."""
        return self._with(edge_map=(*self._edge_map, (edge_members(src_edge), edge_members(tgt_edge))))

    def resolve(self, src_kind: str, tgt_kind: str, resolved_edge: Edge | EdgeRow) -> MigrationBuilder:
        """Says which edge of the target stands between two of its vertices when those between are dropped."""
        resolver = ((src_kind, tgt_kind), edge_members(resolved_edge))
        return self._with(resolvers=(*self._resolvers, resolver))

    def to_spec(self) -> MigrationSpec:
        """The migration as plain values."""
        spec: Any = {
            "vertex_map": dict(self._vertex_map),
            "edge_map": [(dict(source), dict(target)) for source, target in self._edge_map],
            "resolvers": [(kinds, dict(edge)) for kinds, edge in self._resolvers],
        }
        return cast("MigrationSpec", spec)

    def invert(self) -> MigrationSpec:
        """The migration back. Raises `MigrationError` where vertices and edges are not mapped one to one."""
        return inverse_of(self.to_spec(), self._src)

    def compile(self) -> CompiledMigration:
        """The compiled migration. Raises `MigrationError` where there is none."""
        spec = self.to_spec()
        migration = Migration.explicit(self._src, self._tgt, mapping=mapping_of(spec))
        return CompiledMigration(migration.lens(), spec)

    def __repr__(self) -> str:
        return f"<MigrationBuilder: {len(self._vertex_map)} vertices, {len(self._edge_map)} edges>"


@all_explained
class CompiledMigration:
    """A migration that records run through, with the documented results of published releases."""

    __slots__ = ("_closed", "_lens", "_spec")

    def __init__(self, lens: Lens, spec: MigrationSpec) -> None:
        self._lens = lens
        self._spec = spec
        self._closed = False

    @property
    def spec(self) -> MigrationSpec:
        """What it was compiled from."""
        return self._spec

    @property
    def lens(self) -> Lens:
        """The new object behind this one."""
        if self._closed:
            raise closed("migration")
        return self._lens

    def lift(self, record: Any) -> LiftResult:
        """The record in the new shape, as `data`."""
        return {"data": _lifted(self.lens, record)}

    def get(self, record: Any) -> GetResult:
        """The view and its complement."""
        return _get(self.lens, record)

    def put(self, view: Any, complement: bytes) -> LiftResult:
        """The record of a view and its complement, as `data`."""
        return _put(self.lens, view, complement)

    def close(self) -> None:
        """Ends the use of this object. Closing twice is fine."""
        self._closed = True

    def __enter__(self) -> CompiledMigration:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@explained
def get_builtin_protocol(name: str, wasm: object = None) -> ProtocolSpec | None:
    """What a built-in protocol allows, or `None` where there is none of that name."""
    return protocol_spec(name)


def get_protocol_names(wasm: object = None) -> list[str]:
    """Names of the built-in protocols."""
    return protocol_names()
