"""Schemas, their fields, and the languages that they are read from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from . import _values
from ._arguments import all_explained, explained, wrong_argument
from ._errors import error
from ._frozen import Frozen, FrozenMap
from ._session import Object, request

if TYPE_CHECKING:
    from ._builder import SchemaBuilder
    from ._diff import Diff
    from ._files import Readable
    from ._lens import Lens
    from ._types import ProtocolSpec

# A document of a schema language: its text, its bytes, a file by its path or open, or the value that its JSON stands
# for.
Document = Union[str, bytes, bytearray, memoryview, "os.PathLike[str]", "Readable", Mapping[str, Any]]


@all_explained
class Field(Frozen):
    """A declared member of an object.

    `type` is a kind, `array<…>`, or the name of a definition behind a reference; `fields` are the members of the
    object, of the items of the array, or of the definition. `has_default` tells a default of `None` from none.
    """

    __slots__ = (
        "_schema", "constraints", "default", "doc", "has_default", "name", "nullable", "required", "type", "vertex",
    )  # fmt: skip
    __match_args__ = ("name", "type", "required", "nullable", "default", "doc", "vertex", "constraints", "has_default")

    name: str
    type: str
    required: bool
    nullable: bool
    default: Any
    doc: str | None
    vertex: str
    constraints: Mapping[str, Any]
    has_default: bool
    _schema: Schema | None

    def __init__(
        self,
        name: str,
        type: str,
        required: bool = False,
        nullable: bool = False,
        default: Any = None,
        doc: str | None = None,
        vertex: str = "",
        constraints: Mapping[str, Any] | None = None,
        has_default: bool | None = None,
        *,
        schema: Schema | None = None,
    ) -> None:
        self._fill(
            name=name, type=type, required=required, nullable=nullable, default=default, doc=doc, vertex=vertex,
            constraints=FrozenMap(constraints or {}), _schema=schema,
            has_default=default is not None if has_default is None else has_default,
        )  # fmt: skip

    @property
    def fields(self) -> tuple[Field, ...]:
        """The members below this one; asked for when wanted, since definitions may contain themselves."""
        return () if self._schema is None else self._schema.fields(self.vertex)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __reduce__(self) -> tuple[Any, ...]:
        return _field_again, (self._members(), self._schema)

    def __str__(self) -> str:
        return f"{self.name}: {self.type}{'' if self.required else '?'}{' | null' if self.nullable else ''}"


def _field_again(members: tuple[Any, ...], schema: Schema | None) -> Field:
    return Field(*members, schema=schema)


class Diagnostic(NamedTuple):
    """A note or a warning of a parser."""

    severity: str
    code: str
    message: str
    path: str | None
    document: int | None


class _Row(Frozen):
    """A frozen row whose members answer as attributes and as items."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        if name not in self.__match_args__:
            raise KeyError(name)
        return getattr(self, name)


class VertexRow(_Row):
    """A vertex of a schema: attributes, and `row["kind"]` answers too. Frozen and hashable."""

    __slots__ = ("id", "kind", "nsid")
    __match_args__ = ("id", "kind", "nsid")

    id: str
    kind: str
    nsid: str | None

    def __init__(self, id: str, kind: str, nsid: str | None = None) -> None:
        self._fill(id=id, kind=kind, nsid=nsid)


class EdgeRow(_Row):
    """An edge of a schema: attributes, and `row["src"]` answers too. Frozen and hashable."""

    __slots__ = ("kind", "name", "src", "tgt")
    __match_args__ = ("src", "tgt", "kind", "name")

    src: str
    tgt: str
    kind: str
    name: str | None

    def __init__(self, src: str, tgt: str, kind: str, name: str | None = None) -> None:
        self._fill(src=src, tgt=tgt, kind=kind, name=name)


@all_explained
class Protocol:
    """A schema language: its name, and what it allows.

    `Protocol.load("atproto")` gives a built-in one.
    """

    __slots__ = ("_spec",)
    __match_args__ = ("name", "spec")

    def __init__(self, spec: ProtocolSpec) -> None:
        object.__setattr__(self, "_spec", spec)

    @classmethod
    def load(cls, name: str) -> Protocol:
        """A built-in protocol: `atproto`, `json-schema`."""
        spec = protocol_spec(name)
        if spec is None:
            raise error(
                "usage", "unknown-protocol", f"there is no built-in protocol `{name}`",
                help="known protocols: " + ", ".join(f"`{known}`" for known in protocol_names()),
            )  # fmt: skip
        return cls(spec)

    @property
    def name(self) -> str:
        """What it is called."""
        spec: ProtocolSpec = object.__getattribute__(self, "_spec")
        return spec["name"]

    @property
    def spec(self) -> ProtocolSpec:
        """What it allows, in the shape of published releases."""
        spec: ProtocolSpec = object.__getattribute__(self, "_spec")
        return spec

    def schema(self) -> SchemaBuilder:
        """A builder of schemas of this protocol."""
        from ._builder import SchemaBuilder

        return SchemaBuilder(self.name)

    def close(self) -> None:
        """Nothing to do: kept for code written for published releases."""

    def __enter__(self) -> Protocol:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("`Protocol` is immutable")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Protocol) and other.spec == self.spec

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Protocol({self.name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.spec,)


def protocols() -> list[dict[str, Any]]:
    """The built-in protocols as the module tells them."""
    told: list[dict[str, Any]] = request("protocols")
    return told


def protocol_names() -> list[str]:
    """Names of the built-in protocols."""
    return [told["name"] for told in protocols()]


def protocol_spec(name: str) -> ProtocolSpec | None:
    """The built-in protocol of that name; `_` and `-` are the same."""
    wanted = name.replace("_", "-")
    for told in protocols():
        if told["name"] == wanted:
            spec: ProtocolSpec = _values.decode_text(told["spec"])
            return spec
    return None


@explained
def define_protocol(spec: ProtocolSpec, wasm: object = None) -> Protocol:
    """A protocol of one's own."""
    told = request("protocol.define", spec=_values.encode(spec))
    return Protocol(_values.decode_text(told["spec"]))


@all_explained
class Schema(Object):
    """A schema: immutable, comparable, hashable, picklable."""

    __slots__ = ()
    kind = "schema"

    @classmethod
    def parse(
        cls,
        language: str,
        documents: Document | Sequence[Document],
        *,
        dialect: str | None = None,
        assert_format: bool = False,
        root: str | None = None,
    ) -> Schema:
        """The schema of one document, or of several that refer to each other.

        `language` is `atproto` or `json-schema`. `dialect` and `assert_format` matter to JSON Schema; `root` names
        the main definition of a bundle.
        """
        texts = document_texts(documents)
        answer = request(
            "schema.parse",
            sources=tuple(texts),
            language=language.replace("_", "-"),
            documents=texts,
            dialect=dialect,
            assert_format=assert_format or None,
            root=root,
        )
        made: Schema = cls._made(answer)
        return made

    @classmethod
    def from_lexicon(cls, protocol: Protocol | str, documents: Document | Sequence[Document]) -> Schema:
        """The schema of ATProto Lexicon documents."""
        name = protocol if isinstance(protocol, str) else protocol.name
        if name != "atproto":
            raise error("usage", "wrong-protocol", f"a lexicon is of protocol `atproto`, this is `{name}`")
        return cls.parse("atproto", documents)

    @classmethod
    def from_json_schema(
        cls,
        documents: Document | Sequence[Document],
        *,
        dialect: str | None = None,
        assert_format: bool = False,
    ) -> Schema:
        """The schema of JSON Schema documents: draft-07 or 2020-12, as `$schema` or `dialect` says."""
        return cls.parse("json-schema", documents, dialect=dialect, assert_format=assert_format)

    @property
    def protocol(self) -> str:
        """Name of its protocol."""
        return str(self._about["protocol"])

    @property
    def dialect(self) -> str:
        """Dialect of its language."""
        return str(self._about["dialect"])

    @property
    def shape_digest(self) -> str:
        """Digest of what can change data or a verdict, in hexadecimal."""
        digest: bytes = self._about["shape_digest"]
        return digest.hex()

    @property
    def roots(self) -> tuple[str, ...]:
        """Names of its entry points."""
        return tuple(root["name"] for root in self._about.get("roots", []))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Notes and warnings of the parser."""
        return tuple(
            Diagnostic(told["severity"], told["code"], told["message"], told.get("path"), told.get("document"))
            for told in self._about.get("diagnostics", [])
        )

    def fields(self, root: str | None = None) -> tuple[Field, ...]:
        """The declared members of the main definition, or of another: `#replyRef`, `replyRef` or its whole name."""
        told = request("schema.fields", self, schema=self._digest, root=root)
        return tuple(_field(field, self) for field in told)

    def documents(self) -> tuple[str, ...]:
        """The schema printed in its language."""
        return tuple(request("schema.print", self, schema=self._digest)["documents"])

    def graph(self) -> dict[str, Any]:
        """Vertices and edges as rows of plain values."""
        graph: dict[str, Any] = request("schema.graph", self, schema=self._digest)
        return graph

    def diff(self, new: Schema) -> Diff:
        """What changed from this schema to a newer one."""
        from ._diff import Diff

        return Diff.between(self, new)

    def hom(self, new: Schema) -> Schema:
        """The schema of maps from this schema to another; `Instance.curry` makes its instances.

        `old.hom(new).protocol`
        """
        told = request("instance.hom", self, new, old=self._digest, new=new._digest)
        made: Schema = Schema._made(told)
        return made

    def lens_to(
        self,
        new: Schema,
        *,
        hints: Mapping[str, str | None] | None = None,
        defaults: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Lens:
        """The lens from this schema to a newer one; options as `Migration.between`."""
        from ._migration import Migration

        return Migration.between(self, new, hints=hints, defaults=defaults, **options).lens()

    def __len__(self) -> int:
        return int(self._about.get("vertices", 0))

    def _repr_html_(self) -> str:
        from ._html import schema

        return schema(self)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields())

    def __getitem__(self, name: str) -> Field:
        """The declared member of that name."""
        for field in self.fields():
            if field.name == name:
                return field
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(name in (field.name, field) for field in self.fields())

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        roots = ", ".join(self.roots[:3]) + (", …" if len(self.roots) > 3 else "")
        return f"<{type(self).__name__} {self.protocol} {roots or self.digest[:12]}: {len(self)} vertices>"


def _field(told: Mapping[str, Any], schema: Schema) -> Field:
    constraints = {row["sort"]: _values.decode_text(row["value"]) for row in told.get("constraints", [])}
    default = told.get("default")
    return Field(
        name=told["name"],
        type=told["type"],
        required=told["required"],
        nullable=told["nullable"],
        default=None if default is None else _values.decode_text(default),
        doc=told.get("doc"),
        vertex=told["vertex"],
        constraints=constraints,
        has_default=default is not None,
        schema=schema,
    )


def document_texts(documents: Document | Sequence[Document] | Iterable[Document]) -> list[bytes]:
    """The bytes of documents, each given in any of its forms."""
    # An open file is one document, although it iterates over lines.
    if isinstance(documents, str | bytes | bytearray | memoryview | os.PathLike | Mapping) or hasattr(
        documents, "read"
    ):
        one: Any = documents  # pyright: ignore[reportUnknownVariableType]
        return [_document_text(one)]
    several: Any = documents
    if not isinstance(several, Iterable):  # whatever the hints say
        raise error(
            "usage", "wrong-argument", f"`documents` are no schema: {type(several).__name__}", path="documents",
            help="give text, bytes, a dict, a path, an open file, or a list of these",
        )  # fmt: skip
    return [_document_text(one) for one in several]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _document_text(document: Document) -> bytes:
    if isinstance(document, os.PathLike):
        with open(document, "rb") as file:
            return _without_mark(file.read())
    if hasattr(document, "read"):
        opened: Any = document  # pyright: ignore[reportUnknownVariableType]
        content: Any = opened.read()
        if not isinstance(content, str | bytes | bytearray):
            raise wrong_argument("documents", content, "a file of text or bytes")
        document = content
    if isinstance(document, str):
        try:
            return _without_mark(document.encode())
        except UnicodeEncodeError as cause:
            raise error(
                "parse", "text-encoding", f"the text holds a lone surrogate at character {cause.start}",
                help="write it as an escape: `\\ud800`",
            ) from None  # fmt: skip
    if isinstance(document, bytes | bytearray | memoryview):
        return _without_mark(bytes(document))
    return _values.encode(document)


def _without_mark(text: bytes) -> bytes:
    """The text without the byte-order mark that some editors write."""
    return text.removeprefix(b"\xef\xbb\xbf")
