"""Chains: changes that do not name a schema, and apply to every schema that has what they speak of.

    from panproto import chain

    c = chain.rename_field("author", "name", "displayName")
    c |= chain.add_field("author", "verified", "boolean", default=False)
    c.applies_to(schema)
    lens = c.lens(schema)

A step finds its object by a focus: a data path from the main record (`author`, `items[]`, nothing for the record
itself), a definition (`#replyRef`), or the id of a vertex.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _values
from ._arguments import all_explained, explained
from ._errors import PanprotoError, error, from_wire
from ._frozen import Frozen
from ._migration import Question, options_of, question
from ._session import request

if TYPE_CHECKING:
    from ._expr import Expression
    from ._lens import Lens
    from ._migration import Migration
    from ._schema import Schema
    from ._types import OpticKind

__all__ = [
    "Applicability",
    "Chain",
    "Derived",
    "Document",
    "Fleet",
    "Step",
    "add_field",
    "apply_expr",
    "between",
    "case",
    "close",
    "coerce",
    "compute_field",
    "conditional",
    "document",
    "drop_constraint",
    "head",
    "hoist_field",
    "keep_fields",
    "list_wrap",
    "map_items",
    "map_references",
    "merge_fields",
    "nest_field",
    "of_migration",
    "parse",
    "remove_field",
    "rename_field",
    "rename_vertex",
    "scoped",
    "set_constraint",
    "set_default",
    "set_optional",
    "set_required",
    "split_field",
    "step",
    "unwrap",
    "wrap",
]

_ABSENT: Any = object()


class Step(NamedTuple):
    """What a chain says of one of its steps."""

    step_type: str
    text: str
    cost: float
    lossless: bool
    optic: str

    def __str__(self) -> str:
        return self.text


class Applicability(Frozen):
    """Whether a chain applies to a schema; if not, `reasons` are the errors that say why."""

    __slots__ = ("applies", "reasons")
    __match_args__ = ("applies", "reasons")

    applies: bool
    reasons: tuple[PanprotoError, ...]

    def __init__(self, applies: bool, reasons: tuple[PanprotoError, ...] = ()) -> None:
        self._fill(applies=applies, reasons=reasons)

    def __bool__(self) -> bool:
        return self.applies

    def __str__(self) -> str:
        return "applies" if self.applies else "; ".join(reason.message for reason in self.reasons)


class Fleet(NamedTuple):
    """To which of many schemas a chain applies, and why not to the others."""

    applied: tuple[str, ...]
    skipped: Mapping[str, tuple[PanprotoError, ...]]


@all_explained
class Chain(Frozen):
    """Steps one after another. Immutable, comparable, picklable; `first | second` is the one and then the other."""

    __slots__ = ("_told", "json")
    __match_args__ = ("json",)

    json: str
    _told: dict[str, Any] | None

    def __init__(self, steps: str | bytes | Iterable[Mapping[str, Any]] = ()) -> None:
        """A chain of its JSON text, or of steps as mappings. Reading it is left to `parse` and to its use."""
        if isinstance(steps, bytes):
            steps = steps.decode()
        text = steps if isinstance(steps, str) else _values.encode([dict(step) for step in steps]).decode()
        self._fill(json=text, _told=None)

    @property
    def _about(self) -> dict[str, Any]:
        told = self._told
        if told is None:
            told = request("chain.parse", sources=(self.json.encode(),), chain=self.json)
            self._fill(_told=told)
        return told

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is done, in order."""
        return tuple(Step(**told) for told in self._about["steps"])

    @property
    def cost(self) -> float:
        """What it costs: nothing for a rename, something for what is added or dropped."""
        return float(self._about["cost"])

    @property
    def lossless(self) -> bool:
        """Whether views tell everything that records do."""
        return bool(self._about["lossless"])

    @property
    def spec(self) -> dict[str, Any]:
        """What it will need and keep, before it runs: `kind`, `forward_defaults`, `captured_data`, `summary`."""
        spec: dict[str, Any] = _values.decode_text(self._about["spec"])
        return spec

    def _repr_html_(self) -> str:
        from ._html import chain

        return chain(self)

    def then(self, other: Chain) -> Chain:
        """One chain and then another."""
        return _told(request("chain.compose", first=self.json, second=other.json))

    def __or__(self, other: object) -> Chain:
        if not isinstance(other, Chain):
            return NotImplemented
        return self.then(other)

    def applies_to(self, schema: Schema) -> Applicability:
        """Whether it applies to a schema, or the reasons of the first step that does not."""
        told = request("chain.check", schema, chain=self.json, schema=bytes.fromhex(schema.digest))
        return Applicability(told["applies"], tuple(from_wire(reason) for reason in told["reasons"]))

    def lens(self, schema: Schema) -> Lens:
        """The lens of this chain on a schema."""
        from ._lens import Lens

        told = request("chain.lens", schema, chain=self.json, schema=bytes.fromhex(schema.digest))
        made: Lens = Lens._made(told)  # pyright: ignore[reportPrivateUsage]
        return made

    def target(self, schema: Schema) -> Schema:
        """The schema that it leads to."""
        from ._schema import Schema

        told = request("chain.target", schema, chain=self.json, schema=bytes.fromhex(schema.digest))
        made: Schema = Schema._made(told)  # pyright: ignore[reportPrivateUsage]
        return made

    def migration(self, schema: Schema) -> Migration:
        """The one migration that does the same on a schema; `migrations-not-fusable` where it takes several."""
        from ._migration import Migration

        told = request("chain.migration", schema, chain=self.json, schema=bytes.fromhex(schema.digest))
        made: Migration = Migration._made(told)  # pyright: ignore[reportPrivateUsage]
        return made

    def optic(self, schema: Schema | None = None) -> OpticKind:
        """What kind of optic it is, on a schema or whatever the schema."""
        if schema is None:
            kind: OpticKind = self._about["optic"]
        else:
            kind = request("chain.optic", schema, chain=self.json, schema=bytes.fromhex(schema.digest))
        return kind

    def inverse(self, schema: Schema) -> Chain:
        """The chain that leads back to a schema; `no-inverse` with the reason where there is none."""
        return _told(request("chain.inverse", schema, chain=self.json, schema=bytes.fromhex(schema.digest)))

    def simplify(self) -> Chain:
        """A shorter chain of the same meaning."""
        return _told(request("chain.simplify", chain=self.json))

    def fuse(self) -> Chain:
        """The same as one step."""
        return _told(request("chain.fuse", chain=self.json))

    def lift(self, morphism: Mapping[str, Any]) -> Chain:
        """The same for schemas of a morphism's codomain: a mapping with `sort_map` and `op_map`."""
        return _told(request("chain.lift", chain=self.json, morphism=_values.encode(dict(morphism)).decode()))

    def fleet(self, schemas: Mapping[str, Schema]) -> Fleet:
        """To which of many schemas it applies."""
        digests = {name: bytes.fromhex(schema.digest) for name, schema in schemas.items()}
        told = request("chain.fleet", *schemas.values(), chain=self.json, schemas=digests)
        skipped = {one["name"]: tuple(from_wire(reason) for reason in one["reasons"]) for one in told["skipped"]}
        return Fleet(tuple(told["applied"]), skipped)

    def to_json(self) -> str:
        """The canonical text: what `parse` reads."""
        text: str = self._about["json"]
        return text

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return str(self._about["listing"]).rstrip("\n")

    def __repr__(self) -> str:
        return f"Chain({self.json})"


def _told(told: dict[str, Any]) -> Chain:
    made = Chain(told["json"])
    made._fill(_told=told)  # pyright: ignore[reportPrivateUsage]
    return made


@explained
def parse(text: str | bytes) -> Chain:
    """The chain of a JSON text, checked and in its canonical form."""
    content = text.encode() if isinstance(text, str) else text
    return _told(request("chain.parse", sources=(content,), chain=content.decode("utf-8", "replace")))


class Derived(NamedTuple):
    """A chain that was found: whether it reaches the schema exactly, what steps do not express, and what is open."""

    chain: Chain
    exact: bool
    residue: tuple[str, ...]
    questions: tuple[Question, ...]


@explained
def between(old: Schema, new: Schema, **options: Any) -> Derived:
    """The chain that leads from one schema to another, as far as names and hints decide and steps can say it; options
    as `Migration.between`.
    """
    arguments = options_of(**options)
    return _derived(
        request("chain.between", old, new, old=bytes.fromhex(old.digest), new=bytes.fromhex(new.digest), **arguments)
    )


@explained
def of_migration(migration: Migration) -> Derived:
    """The chain that does what a migration does, as far as steps can say it."""
    return _derived(request("chain.from_migration", migration, migration=bytes.fromhex(migration.digest)))


def _derived(told: dict[str, Any]) -> Derived:
    questions = tuple(question(one) for one in told["questions"])
    return Derived(_told(told), told["exact"], tuple(told["residue"]), questions)


@explained
def step(step_type: str, **members: Any) -> Chain:
    """A step by its type and its members; those that are `None` are left out."""
    given = {name: value for name, value in members.items() if value is not None and value is not _ABSENT}
    return Chain([{"step_type": step_type, **given}])


@explained
def rename_field(parent: str, name: str, target: str) -> Chain:
    """Another name for a member."""
    return step("rename_field", parent=parent or None, name=name, target=target)


@explained
def add_field(parent: str, name: str, kind: str, *, default: Any = None, required: bool | None = None) -> Chain:
    """A new member. A default says what old records get."""
    return step("add_field", parent=parent or None, name=name, kind=kind, default=default, required=required)


@explained
def remove_field(parent: str, name: str, *, default: Any = None) -> Chain:
    """A member less; the complement keeps it. The default is for records that are made without one."""
    return step("remove_field", parent=parent or None, name=name, default=default)


@explained
def hoist_field(parent: str, intermediate: str, child: str, *, target: str | None = None) -> Chain:
    """A member of a member, one level up."""
    return step("hoist_field", parent=parent or None, intermediate=intermediate, child=child, target=target)


@explained
def nest_field(parent: str, child: str, intermediate: str, *, target: str | None = None) -> Chain:
    """A member into a member, one level down."""
    return step("nest_field", parent=parent or None, child=child, intermediate=intermediate, target=target)


@explained
def wrap(parent: str, name: str, key: str) -> Chain:
    """A value into an object of one member."""
    return step("wrap", parent=parent or None, name=name, key=key)


@explained
def unwrap(parent: str, name: str, *, key: str | None = None) -> Chain:
    """An object of one member to that member's value."""
    return step("unwrap", parent=parent or None, name=name, key=key)


@explained
def list_wrap(parent: str, name: str) -> Chain:
    """A value into a list of one item."""
    return step("list_wrap", parent=parent or None, name=name)


@explained
def head(parent: str, name: str) -> Chain:
    """A list to its first item; the complement keeps the others."""
    return step("head", parent=parent or None, name=name)


@explained
def coerce(parent: str, name: str, kind: str) -> Chain:
    """A member's value as another kind."""
    return step("coerce", parent=parent or None, name=name, kind=kind)


@explained
def apply_expr(
    parent: str,
    name: str,
    expr: str | Expression,
    *,
    inverse: str | Expression | None = None,
    coercion: str | None = None,
    kind: str | None = None,
) -> Chain:
    """A member's value through an expression, which sees it as `v` or by its name. Without an inverse, an edited value
    is refused; `coercion` says what is known of it: `iso`, `retraction`, `projection` or `opaque`.
    """
    return step(
        "apply_expr", parent=parent or None, name=name, expr=str(expr), inverse=_text(inverse), coercion=coercion,
        kind=kind,
    )  # fmt: skip


@explained
def compute_field(
    parent: str,
    target: str,
    expr: str | Expression,
    *,
    kind: str = "string",
    inputs: Iterable[str] | None = None,
    inverse: str | Expression | None = None,
    coercion: str | None = None,
    required: bool | None = None,
) -> Chain:
    """A new member that others give, which stay: those that the expression names, or `inputs`."""
    return step(
        "compute_field", parent=parent or None, target=target, expr=str(expr), kind=kind,
        inputs=None if inputs is None else list(inputs), inverse=_text(inverse), coercion=coercion, required=required,
    )  # fmt: skip


@explained
def merge_fields(
    parent: str,
    names: Iterable[str],
    target: str,
    expr: str | Expression,
    *,
    kind: str = "string",
    inverse: str | Expression | None = None,
    coercion: str | None = None,
    required: bool | None = None,
) -> Chain:
    """Several members as one; the inverse gives a record of them."""
    return step(
        "merge_fields", parent=parent or None, names=list(names), target=target, expr=str(expr), kind=kind,
        inverse=_text(inverse), coercion=coercion, required=required,
    )  # fmt: skip


@explained
def split_field(
    parent: str,
    name: str,
    targets: Iterable[str | Mapping[str, Any]],
    expr: str | Expression,
    *,
    inverse: str | Expression | None = None,
    coercion: str | None = None,
) -> Chain:
    """A member as several: the expression gives a record of them.

    Targets are names of strings, or mappings with `name`, `kind` and `required`.
    """
    made = [one if isinstance(one, str) else dict(one) for one in targets]
    return step(
        "split_field", parent=parent or None, name=name, targets=made, expr=str(expr), inverse=_text(inverse),
        coercion=coercion,
    )  # fmt: skip


@explained
def conditional(parent: str, name: str, when: str | Expression) -> Chain:
    """A member stays in the view only where a condition over its object holds; else the complement keeps it."""
    return step("conditional", parent=parent or None, name=name, when=str(when))


@explained
def case(
    branches: Iterable[tuple[str | Expression, Chain]], otherwise: Chain | None = None, *, focus: str = ""
) -> Chain:
    """Steps by the value of the object at a focus: those of the first condition that holds, else `otherwise`.

    All lead to the same schema.
    """
    made = [{"when": str(when), "steps": _steps(inner)} for when, inner in branches]
    return step("case", focus=focus or None, branches=made, otherwise=None if otherwise is None else _steps(otherwise))


@explained
def map_references(parent: str, name: str, rename_map: Mapping[str, str | None]) -> Chain:
    """Other strings for these, in a member or in each item of its list; `None` takes one away."""
    return step("map_references", parent=parent or None, name=name, rename_map=dict(rename_map))


@explained
def close(focus: str = "") -> Chain:
    """Members that the schema does not declare go to the complement: of one object, or everywhere."""
    return step("close", focus=focus or None)


@explained
def keep_fields(parent: str, *names: str) -> Chain:
    """These members and no others."""
    return step("keep_fields", parent=parent or None, fields=list(names))


@explained
def set_required(parent: str, name: str, *, default: Any = None) -> Chain:
    """A member that has to be there; the default is for records without it."""
    return step("set_required", parent=parent or None, name=name, default=default)


@explained
def set_optional(parent: str, name: str, *, default: Any = None) -> Chain:
    """A member that may be missing."""
    return step("set_optional", parent=parent or None, name=name, default=default)


@explained
def set_default(parent: str, name: str, default: Any) -> Chain:
    """A default of the schema."""
    return step("set_default", parent=parent or None, name=name, default=default)


@explained
def set_constraint(focus: str, sort: str, value: Any) -> Chain:
    """A constraint of the values at a place."""
    return step("set_constraint", focus=focus or None, sort=sort, value=value)


@explained
def drop_constraint(focus: str, sort: str) -> Chain:
    """A constraint less."""
    return step("drop_constraint", focus=focus or None, sort=sort)


@explained
def rename_vertex(focus: str, target: str) -> Chain:
    """Another id for a vertex, or for a definition."""
    return step("rename_vertex", focus=focus, target=target)


@explained
def scoped(focus: str, inner: Chain) -> Chain:
    """Steps at a place: their foci count from there."""
    return step("scoped", focus=focus, inner=_steps(inner))


@explained
def map_items(focus: str, inner: Chain) -> Chain:
    """Steps on every item of a list."""
    return step("map_items", focus=focus, inner=_steps(inner))


class Document(NamedTuple):
    """What a lens document says: its chain, and what its author says about it."""

    chain: Chain
    id: str
    description: str
    source: str
    target: str
    invertible: bool
    extensions: Any


@explained
def document(
    text: str | bytes,
    *,
    format: str | None = None,
    documents: Iterable[str] = (),
    old: Schema | None = None,
    new: Schema | None = None,
) -> Document:
    """The chain of a lens document: text in JSON or YAML, as `format` says or its first character tells.

    `documents` are those that it refers to by id. One that leaves its steps to names and hints (`auto`) needs
    the schemas.
    """
    content = text.encode() if isinstance(text, str) else text
    schemas = {name: schema for name, schema in (("old", old), ("new", new)) if schema is not None}
    told = request(
        "document.chain",
        *schemas.values(),
        sources=(content,),
        document=content.decode("utf-8", "replace"),
        format=format or ("json" if content.lstrip()[:1] == b"{" else "yaml"),
        documents=list(documents) or None,
        **{name: bytes.fromhex(schema.digest) for name, schema in schemas.items()},
    )
    extensions: Any = None if told["extensions"] is None else _values.decode_text(told["extensions"])
    about = (told["id"], told["description"], told["source"], told["target"], told["invertible"])
    return Document(_told(told), *about, extensions)


def _text(expr: str | Expression | None) -> str | None:
    return None if expr is None else str(expr)


def _steps(chain: Chain) -> Any:
    if not isinstance(chain, Chain):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise error(
            "usage", "wrong-argument", f"the inner steps are a `{type(chain).__name__}`, not a `Chain`",
            help='make one: `chain.rename_field("", "old", "new")`, `chain.parse(text)`, `Chain([…])`',
        )  # fmt: skip
    steps: Any = _values.decode_text(chain.json)
    if not isinstance(steps, list):
        raise error("usage", "wrong-argument", "the inner chain is not a list of steps")
    return steps  # pyright: ignore[reportUnknownVariableType]
