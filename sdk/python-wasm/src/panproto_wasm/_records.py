"""Records as instances of a schema: trees, tables and graphs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from . import _values
from ._arguments import all_explained
from ._errors import error, from_wire
from ._frozen import Frozen
from ._lines import opened
from ._session import closed, request

if TYPE_CHECKING:
    from ._edits import Edit
    from ._migration import Migration
    from ._schema import Schema

Shape = Literal["wtype", "functor", "graph"]


class Issue(NamedTuple):
    """One thing that is wrong with an instance, or that cannot be told (`validity` is `unknown`)."""

    type: str
    message: str
    path: str | None
    node: int | None
    vertex: str | None
    validity: str = "invalid"

    def __str__(self) -> str:
        return self.message


@all_explained
class InstanceValidationResult(Frozen):
    """Whether an instance is one of its schema, and everything that is wrong.

    What cannot be decided is not valid: its issues have the validity `unknown`.
    """

    __slots__ = ("_errors", "is_valid", "issues")
    __match_args__ = ("is_valid", "errors")

    is_valid: bool
    issues: tuple[Issue, ...]
    _errors: tuple[str, ...]

    def __init__(self, is_valid: bool, errors: list[str], issues: tuple[Issue, ...] = ()) -> None:
        self._fill(is_valid=is_valid, _errors=tuple(errors), issues=issues)

    @property
    def errors(self) -> list[str]:
        """What is wrong, in words."""
        return list(self._errors)

    def __bool__(self) -> bool:
        return self.is_valid


class Restricted(NamedTuple):
    """What a migration keeps of an instance, and what it drops; `None` of tables and graphs."""

    instance: Instance
    complement: str | None


class Match(NamedTuple):
    """A node that a query found."""

    node_id: int
    anchor: str
    value: Any
    fields: Mapping[str, Any]


@all_explained
class Instance(Frozen):
    """A record, or many, as nodes over a schema. Immutable, comparable, picklable."""

    __slots__ = ("json", "schema", "shape")
    __match_args__ = ("json", "schema", "shape")

    json: str
    schema: Schema
    shape: Shape

    def __init__(self, raw_bytes: bytes | str, schema: Schema, wasm: object = None, *, shape: Shape = "wtype") -> None:
        """An instance of its JSON text, in the shape that published releases wrote. `from_json` reads a record."""
        text = raw_bytes if isinstance(raw_bytes, str) else raw_bytes.decode()
        self._fill(json=text, schema=schema, shape=shape)

    @classmethod
    def from_json(cls, schema: Schema, json_bytes: Any, wasm: object = None, *, root: str | None = None) -> Instance:
        """The instance of a record: JSON text, or a value."""
        record = opened(json_bytes)[0]
        told = request(
            "instance.read", schema, sources=(record,), schema=bytes.fromhex(schema.digest), record=record, root=root
        )
        return cls._of(told, schema)

    @classmethod
    def tables(cls, schema: Schema, records: Iterable[Any], *, root: str | None = None) -> Instance:
        """Many records as tables."""
        texts = [opened(record)[0] for record in records]
        told = request("instance.tables", schema, schema=bytes.fromhex(schema.digest), records=texts, root=root)
        return cls._of(told, schema)

    @classmethod
    def _of(cls, told: Mapping[str, Any], schema: Schema) -> Instance:
        return cls(told["instance"], schema, shape=told["shape"])

    def _ask(self, operation: str, **arguments: Any) -> Any:
        return request(
            operation, self.schema, schema=bytes.fromhex(self.schema.digest), instance=self.json, **arguments
        )

    @property
    def raw_bytes(self) -> bytes:
        """The nodes as JSON text."""
        return self.json.encode()

    @property
    def element_count(self) -> int:
        """How many nodes or rows it has."""
        return int(self._ask("instance.count")["elements"])

    def to_json(self) -> bytes:
        """The record."""
        record: Any = self._ask("instance.write")["record"]
        return record if isinstance(record, bytes) else str(record).encode()

    def to_value(self) -> Any:
        """The record as a value."""
        return _values.decode(self.to_json())

    def validate(self) -> InstanceValidationResult:
        """Everything that is wrong with it."""
        told = self._ask("instance.check")
        issues = tuple(
            Issue(one["type"], one["message"], one.get("path"), one.get("node"), one.get("vertex"), one["validity"])
            for one in told["issues"]
        )
        return InstanceValidationResult(told["valid"] and told["decided"], list(told["errors"]), issues)

    def to_shape(self, shape: Shape) -> Instance:
        """The same as a tree (`wtype`), as tables (`functor`) or as a graph."""
        return self._of(self._ask("instance.convert", to=shape), self.schema)

    def edit(self, edit: Edit) -> Instance:
        """The same after an edit, whole or not at all: operations on JSON pointers, `{"op": "replace", "path":
        "/a/b", "value": 1}`, or an edit in its published shape.
        """
        from ._edits import edited

        return edited(self, edit)

    def restrict(self, migration: Migration, target: Schema) -> Instance:
        """What of it a migration keeps, as an instance of the target."""
        return self._of(self._along("instance.restrict", migration), target)

    def restrict_with_complement(self, migration: Migration, target: Schema) -> Restricted:
        """What of it a migration keeps, and the rest, with which `section` makes the whole again.

        `kept, rest = instance.restrict_with_complement(migration, new)`
        """
        told = self._along("instance.restrict", migration)
        return Restricted(self._of(told, target), told["complement"])

    def section(self, complement: str, schema: Schema) -> Instance:
        """The whole again, of a part and what was dropped.

        `kept.section(rest, old) == instance`
        """
        told = request("instance.section", instance=self.json, complement=complement)
        return self._of(told, schema)

    def fibers(self, migration: Migration) -> dict[str, tuple[int, ...]]:
        """Its nodes by the vertex that a migration takes them to.

        `instance.fibers(migration)["com.example.post:main"]`
        """
        told = self._along("instance.fibers", migration)
        return {vertex: tuple(nodes) for vertex, nodes in told.items()}

    def fiber(self, migration: Migration, anchor: str, *, where: str | None = None) -> tuple[int, ...]:
        """Its nodes that a migration takes to one vertex, of which an expression holds.

        `instance.fiber(migration, "com.example.post:main", where="_children_count > 1")`
        """
        return tuple(self._along("instance.fiber", migration, anchor=anchor, predicate=where))

    def groups(self, migration: Migration) -> dict[str, tuple[Any, ...]]:
        """Its parts as plain values, by the vertex that a migration takes them to.

        `instance.groups(migration)["com.example.post:main"][0]`
        """
        told = self._along("instance.groups", migration)
        return {vertex: tuple(_values.decode_text(part) for part in parts) for vertex, parts in told.items()}

    def join(self, along: Migration | Any, other: Instance, other_along: Any = None) -> tuple[tuple[int, int], ...]:
        """Pairs of a node of this instance and one of another that go to one vertex, along two migrations or mappings
        (as `Migration.mapping` gives); one holds for both where the second is left out.

        `left.join(migration, right)`
        """
        sides = ((self, along), (other, along if other_along is None else other_along))
        left, right = ({"instance": one.json, "mapping": _mapping_text(way)} for one, way in sides)
        return tuple((a, b) for a, b in request("instance.join", left=left, right=right))

    @classmethod
    def curry(cls, old: Schema, new: Schema, mapping: Migration | Any) -> Instance:
        """A migration or a mapping between two schemas as an instance of `old.hom(new)`; `eval` is the way back.

        `Instance.curry(old, new, migration).eval(old)`
        """
        told = request("instance.curry", old, schema=bytes.fromhex(old.digest), mapping=_mapping_text(mapping))
        return cls._of(told, old.hom(new))

    def eval(self, old: Schema) -> Any:
        """The mapping out of a schema that an instance of a schema of maps says.

        `Instance.curry(old, new, mapping).eval(old)["vertex_map"]`
        """
        told = request("instance.eval", old, schema=bytes.fromhex(old.digest), instance=self.json)
        return _values.decode_text(told["mapping"])

    def extend(self, migration: Migration, target: Schema) -> Instance:
        """The whole along a migration; `unmapped-vertex` where a node has no place there.

        `instance.extend(migration, new).to_value()`
        """
        return self._of(self._along("instance.extend", migration), target)

    def pi(self, migration: Migration, target: Schema, *, limit: int | None = None) -> Instance:
        """Products along a migration, of at most `limit` rows.

        `instance.pi(migration, new).to_value()`
        """
        return self._of(self._along("instance.pi", migration, limit=limit), target)

    def _along(self, operation: str, migration: Migration, **arguments: Any) -> Any:
        return request(operation, migration, migration=bytes.fromhex(migration.digest), instance=self.json, **arguments)

    def query(
        self,
        anchor: str,
        *,
        where: str | None = None,
        group_by: str | None = None,
        project: Iterable[str] | None = None,
        limit: int | None = None,
        path: Iterable[str] | None = None,
    ) -> tuple[Match, ...]:
        """The nodes at a vertex that an expression holds of, in order."""
        query: dict[str, Any] = {"anchor": anchor, "predicate": where, "group_by": group_by, "limit": limit}
        query["project"] = None if project is None else list(project)
        query["path"] = None if path is None else list(path)
        asked = {name: value for name, value in query.items() if value is not None}
        told = self._ask("query.run", query=_values.encode(asked).decode())
        if told["errors"]:
            raise from_wire(told["errors"][0])
        matches: list[dict[str, Any]] = _values.decode_text(told["matches"])
        return tuple(Match(one["node_id"], one["anchor"], one.get("value"), one.get("fields") or {}) for one in matches)

    def __repr__(self) -> str:
        return f"<Instance: {self.shape} over {self.schema!r}>"


def _mapping_text(along: Any) -> str:
    from ._migration import Migration

    mapping = along.mapping() if isinstance(along, Migration) else along
    return mapping if isinstance(mapping, str) else _values.encode(mapping).decode()


@all_explained
class IoRegistry:
    """The formats whose documents can be read and written as instances."""

    __slots__ = ("_closed",)

    def __init__(self, handle: object = None, wasm: object = None) -> None:
        self._closed = False

    def _open(self) -> None:
        if self._closed:
            raise closed("registry")

    @property
    def protocols(self) -> list[str]:
        """Their names."""
        self._open()
        return list(request("instance.protocols"))

    @property
    def categories(self) -> dict[str, list[str]]:
        """Their names by kind of protocol: those of `PROTOCOL_CATEGORIES` that there are."""
        from ._constants import PROTOCOL_CATEGORIES

        there = {name.replace("-", "_"): name for name in self.protocols}
        found = {
            category: [there[name] for name in names if name in there]
            for category, names in PROTOCOL_CATEGORIES.items()
        }
        return {category: names for category, names in found.items() if names}

    def has_protocol(self, name: str) -> bool:
        """Whether a format is one of them; `_` and `-` are the same."""
        return name.replace("_", "-") in {known.replace("_", "-") for known in self.protocols}

    def parse(self, protocol_name: str, schema: Schema, input: bytes) -> Instance:
        """The instance of a document."""
        self._open()
        told = request(
            "instance.parse",
            schema,
            sources=(input,),
            schema=bytes.fromhex(schema.digest),
            protocol=self._named(protocol_name),
            document=input,
        )
        return Instance._of(told, schema)  # pyright: ignore[reportPrivateUsage]

    def emit(self, protocol_name: str, schema: Schema, instance: Instance) -> bytes:
        """The document of an instance."""
        self._open()
        document: bytes = request(
            "instance.emit",
            schema,
            schema=bytes.fromhex(schema.digest),
            protocol=self._named(protocol_name),
            instance=instance.json,
        )["document"]
        return document

    def _named(self, name: str) -> str:
        for known in self.protocols:
            if known.replace("_", "-") == name.replace("_", "-"):
                return known
        raise error(
            "usage", "unknown-protocol", f"there is no format `{name}`",
            help="known formats: " + ", ".join(f"`{known}`" for known in self.protocols),
        )  # fmt: skip

    def close(self) -> None:
        """Ends the use of this object. Closing twice is fine."""
        self._closed = True

    def __enter__(self) -> IoRegistry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
