"""Records as instances of a schema: trees, tables and graphs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from . import _values
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
    """One thing that is wrong with an instance."""

    type: str
    message: str
    path: str | None
    node: int | None
    vertex: str | None

    def __str__(self) -> str:
        return self.message


class InstanceValidationResult(Frozen):
    """Whether an instance is one of its schema, and everything that is wrong."""

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


class Match(NamedTuple):
    """A node that a query found."""

    node_id: int
    anchor: str
    value: Any
    fields: Mapping[str, Any]


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
            Issue(one["type"], one["message"], one.get("path"), one.get("node"), one.get("vertex"))
            for one in told["issues"]
        )
        return InstanceValidationResult(told["valid"], list(told["errors"]), issues)

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
        told = request(
            "instance.restrict",
            self.schema,
            migration,
            schema=bytes.fromhex(self.schema.digest),
            instance=self.json,
            migration=bytes.fromhex(migration.digest),
        )
        return self._of(told, target)

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
