"""Schemas put together by hand, and schemas with the members of published releases."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from . import _values
from ._arguments import all_explained
from ._errors import SchemaValidationError
from ._schema import EdgeRow, Protocol, Schema, VertexRow
from ._session import request
from ._types import Constraint, Edge, EdgeOptions, SchemaData, SchemaValidationIssue, Vertex, VertexOptions


class Row(dict[str, Any]):
    """A documented plain `dict` whose members are attributes too, and cannot be set as such."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a row is read-only by attribute")

    def __reduce__(self) -> tuple[Any, ...]:
        return Row, (dict(self),)


def edge_members(edge: Edge | EdgeRow | Mapping[str, Any]) -> dict[str, Any]:
    """An edge in any of its forms, as the module wants it."""
    if isinstance(edge, EdgeRow):
        return {"src": edge.src, "tgt": edge.tgt, "kind": edge.kind, "name": edge.name}
    return {"src": edge["src"], "tgt": edge["tgt"], "kind": edge["kind"], "name": edge.get("name")}


@all_explained
class SchemaBuilder:
    """Builds a schema step by step. Every step gives a new builder; the old one stays as it was."""

    __slots__ = ("_protocol", "_steps")

    def __init__(self, protocol_name: str, steps: tuple[dict[str, Any], ...] = ()) -> None:
        self._protocol = protocol_name
        self._steps = steps

    def _with(self, step: dict[str, Any]) -> SchemaBuilder:
        return SchemaBuilder(self._protocol, (*self._steps, step))

    def _has_vertex(self, id: str) -> bool:
        return any(step["op"] == "vertex" and step["id"] == id for step in self._steps)

    def vertex(
        self, id: str, kind: str, options: VertexOptions | None = None, *, nsid: str | None = None
    ) -> SchemaBuilder:
        """Adds a vertex; its NSID is an option or a keyword."""
        if self._has_vertex(id):
            raise _refused("duplicate-vertex", f"vertex `{id}` is declared twice")
        nsid = nsid if nsid is not None else (options or {}).get("nsid")
        return self._with({"op": "vertex", "id": id, "kind": kind, "nsid": nsid})

    def edge(
        self,
        src: str,
        tgt: str,
        kind: str,
        options: EdgeOptions | None = None,
        *,
        name: str | None = None,
        required: bool = False,
    ) -> SchemaBuilder:
        """Adds an edge between two vertices; its name is an option or a keyword."""
        for vertex in (src, tgt):
            if not self._has_vertex(vertex):
                raise _refused("unknown-vertex", f"there is no vertex `{vertex}`")
        name = name if name is not None else (options or {}).get("name")
        return self._with({"op": "edge", "src": src, "tgt": tgt, "kind": kind, "name": name, "required": required})

    def hyper_edge(self, id: str, kind: str, signature: Mapping[str, str], parent_label: str) -> SchemaBuilder:
        """Adds an edge between several vertices, by labels; one of the labels is its parent."""
        step = {"op": "hyper_edge", "id": id, "kind": kind, "signature": dict(signature), "parent": parent_label}
        return self._with(step)

    def constraint(self, vertex_id: str, sort: str, value: Any) -> SchemaBuilder:
        """Adds a constraint. A string is JSON text where it is that (`"300"`), else a string (`"datetime"`)."""
        return self._with({"op": "constraint", "vertex": vertex_id, "sort": sort, "value": _json_text(value)})

    def required(self, vertex_id: str, edges: Sequence[Edge | EdgeRow | str]) -> SchemaBuilder:
        """Makes members of a vertex required, by edge or by name."""
        names = [edge if isinstance(edge, str) else edge_members(edge)["name"] for edge in edges]
        return self._with({"op": "required", "vertex": vertex_id, "edges": names})

    def default(self, vertex_id: str, value: Any) -> SchemaBuilder:
        """Gives a vertex a default value."""
        return self._with({"op": "default", "vertex": vertex_id, "value": _values.encode(value).decode()})

    def nullable(self, vertex_id: str) -> SchemaBuilder:
        """Lets values of a vertex be null."""
        return self._with({"op": "nullable", "vertex": vertex_id})

    def root(self, vertex_id: str, name: str | None = None) -> SchemaBuilder:
        """Makes a vertex an entry point."""
        return self._with({"op": "root", "vertex": vertex_id, "name": name})

    def build(self) -> BuiltSchema:
        """The schema. Raises `SchemaValidationError` where the steps do not make one."""
        steps = [{key: value for key, value in step.items() if value is not None} for step in self._steps]
        made: BuiltSchema = BuiltSchema._made(  # pyright: ignore[reportPrivateUsage]
            request("schema.build", protocol=self._protocol, steps=steps)
        )
        return made

    def __repr__(self) -> str:
        return f"<SchemaBuilder {self._protocol}: {len(self._steps)} steps>"


def _json_text(value: Any) -> str:
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return json.dumps(value)
        return value
    return _values.encode(value).decode()


def _refused(code: str, message: str) -> SchemaValidationError:
    made = SchemaValidationError(message, (message,))
    made.code = code
    return made


@all_explained
class ValidationResult:
    """What a schema breaks of its protocol."""

    __slots__ = ("_issues",)

    def __init__(self, issues: list[SchemaValidationIssue]) -> None:
        self._issues = list(issues)

    @property
    def issues(self) -> list[SchemaValidationIssue]:
        """Every finding, with its `type`."""
        return list(self._issues)

    @property
    def error_count(self) -> int:
        """How many there are."""
        return len(self._issues)

    @property
    def is_valid(self) -> bool:
        """Whether there are none."""
        return not self._issues

    def __bool__(self) -> bool:
        return self.is_valid

    def __repr__(self) -> str:
        return f"ValidationResult(is_valid={self.is_valid}, error_count={self.error_count})"


@all_explained
class BuiltSchema(Schema):
    """A schema with the members that published releases documented."""

    __slots__ = ()

    @property
    def data(self) -> SchemaData:
        """Everything as plain values."""
        graph = self.graph()
        vertices: dict[str, Any] = {row["id"]: _vertex(row) for row in graph["vertices"]}
        constraints: dict[str, list[Constraint]] = {}
        required: dict[str, list[Edge]] = {}
        variants: dict[str, list[Any]] = {}
        edges: list[Edge] = []
        hyper_edges: dict[str, Any] = {
            row["id"]: Row(
                id=row["id"], kind=row["kind"], signature=dict(row["signature"]), parent_label=row["parent_label"]
            )
            for row in graph["hyper_edges"]
        }
        for row in graph["vertices"]:
            if row["constraints"]:
                constraints[row["id"]] = [
                    {"sort": told["sort"], "value": _plain(told["value"])} for told in row["constraints"]
                ]
        for row in graph["edges"]:
            edge: Any = _edge(row)
            edges.append(edge)
            if row["required"]:
                required.setdefault(row["src"], []).append(edge)
            if row["kind"] == "variant":
                variant = Row(id=row["tgt"], parent_vertex=row["src"], tag=row["name"])
                variants.setdefault(row["src"], []).append(variant)
        return {
            "protocol": self.protocol,
            "vertices": vertices,
            "edges": edges,
            "hyper_edges": hyper_edges,
            "constraints": constraints,
            "required": required,
            "variants": variants,
            "orderings": {},
            "recursion_points": {},
            "usage_modes": {},
            "spans": {},
            "nominal": {},
        }

    @property
    def vertices(self) -> Mapping[str, Vertex]:
        """Vertices by id."""
        return {row["id"]: _vertex(row) for row in self.graph()["vertices"]}

    @property
    def edges(self) -> Sequence[Edge]:
        """All edges."""
        return [_edge(row) for row in self.graph()["edges"]]

    def validate(self, protocol: Protocol) -> ValidationResult:
        """What the schema breaks of a protocol."""
        return check(self, protocol)

    def normalize(self) -> BuiltSchema:
        """The schema itself: built schemas are canonical."""
        return self

    def close(self) -> None:
        """Nothing to do: a schema is its bytes. Kept for code written for published releases."""

    def __enter__(self) -> BuiltSchema:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check(schema: Schema, protocol: Protocol) -> ValidationResult:
    """What a schema breaks of a protocol."""
    spec = _values.encode(protocol.spec)
    found = request("schema.check", schema, schema=schema._digest, spec=spec)  # pyright: ignore[reportPrivateUsage]
    issues: list[Any] = [
        Row(type=told["code"], message=told["message"], path=told["path"], help=told["help"]) for told in found
    ]
    return ValidationResult(issues)


def built(schema: Schema) -> BuiltSchema:
    """The same schema with the members of published releases."""
    if isinstance(schema, BuiltSchema):
        return schema
    return schema._as(BuiltSchema)  # pyright: ignore[reportPrivateUsage]


def _vertex(row: Mapping[str, Any]) -> Vertex:
    made: Any = Row(id=row["id"], kind=row["kind"], nsid=row["nsid"])
    return cast("Vertex", made)


def _edge(row: Mapping[str, Any]) -> Edge:
    made: Any = Row(src=row["src"], tgt=row["tgt"], kind=row["kind"], name=row["name"])
    return cast("Edge", made)


def _plain(text: str) -> str:
    """The value of a constraint as published releases wrote it: a string without its quotes, the rest as JSON
    text.
    """
    value = json.loads(text) if text.startswith('"') else text
    return value if isinstance(value, str) else text


def rows(schema: Schema) -> tuple[tuple[VertexRow, ...], tuple[EdgeRow, ...]]:
    """Vertices and edges as frozen rows."""
    graph = schema.graph()
    vertices = tuple(VertexRow(row["id"], row["kind"], row["nsid"]) for row in graph["vertices"])
    edges = tuple(EdgeRow(row["src"], row["tgt"], row["kind"], row["name"]) for row in graph["edges"])
    return vertices, edges
