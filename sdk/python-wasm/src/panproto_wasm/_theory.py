"""Theories: sorts, operations, equations; morphisms between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Union, cast, final

from . import _values
from ._arguments import all_explained, explained
from ._errors import error
from ._frozen import Frozen
from ._models import (
    SchemaModel,
    check_of,
    model_check,
    read,
    square_arguments,
    square_of,
    term_check,
    text_of,
    theory_check,
    violations_of,
)
from ._session import closed, request, unpack

if TYPE_CHECKING:
    from ._models import Check, Mode, ModelCheck, Plain, Square, Term, TermCheck, TheoryCheck
    from ._schema import Schema
    from ._types_theory import (
        EquationSpec,
        GatOperationSpec,
        MorphismCheckResult,
        SortParam,
        SortSpec,
        TheoryMorphismSpec,
        TheorySpec,
    )

ModelValue = Union[str, int, float, bool, None]


class Proof(NamedTuple):
    """Whether two terms are equal in a theory: *proved*, *refuted* or *unknown*, and what shows it."""

    verdict: Literal["proved", "refuted", "unknown"]
    evidence: Any

    def __bool__(self) -> bool:
        return self.verdict == "proved"


@all_explained
class Theory(Frozen):
    """A theory, resolved and well typed. Immutable, comparable, picklable."""

    __slots__ = ("_told", "json")
    __match_args__ = ("json",)

    json: str
    _told: dict[str, Any] | None

    def __init__(self, json: str) -> None:
        """A theory of its JSON text; `create` checks one."""
        self._fill(json=json, _told=None)

    @classmethod
    def create(cls, spec: Mapping[str, Any] | str, registry: Iterable[Theory] = ()) -> Theory:
        """The theory of a specification, checked; it may extend theories of the registry and built-in ones."""
        known = [one.json for one in registry]
        return _theory(request("theory.create", theory=text_of(spec), registry=known or None))

    @classmethod
    def builtin(cls, name: str) -> Theory:
        """A built-in theory: `ThGraph`, `ThWType`, …; `builtin_names` lists them."""
        return _theory(request("theory.builtin", name=name))

    @classmethod
    def builtin_names(cls) -> tuple[str, ...]:
        """The names of the built-in theories."""
        return tuple(request("theory.builtin")["names"])

    @property
    def _about(self) -> dict[str, Any]:
        told = self._told
        if told is None:
            told = request("theory.create", theory=self.json)
            self._fill(_told=told)
        return told

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self._about["name"])

    @property
    def sorts(self) -> tuple[str, ...]:
        """The names of its sorts."""
        return tuple(self._about["sorts"])

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of its operations."""
        return tuple(self._about["ops"])

    @property
    def equations(self) -> tuple[str, ...]:
        """The names of its equations."""
        return tuple(self._about["eqs"])

    def normalize(self, term: Term, *, max_steps: int | None = None) -> str:
        """A term after its directed equations, as text."""
        told = request("theory.normalize", theory=self.json, term=text_of(term), max_steps=max_steps)
        return str(told["text"])

    def prove(self, lhs: Term, rhs: Term) -> Proof:
        """Whether two terms are equal, as far as that is decided."""
        told = request("theory.prove", theory=self.json, lhs=text_of(lhs), rhs=text_of(rhs))
        found: dict[str, Any] = _values.decode_text(told["json"])
        verdict = found.pop("verdict")
        return Proof(verdict, found.get("witness", found.get("refutation")))

    def colimit(self, other: Theory, shared: Theory) -> Theory:
        """Both theories glued along what they share."""
        return _theory(request("theory.colimit", left=self.json, right=other.json, shared=shared.json))

    def check_morphism(self, morphism: Mapping[str, Any], codomain: Theory) -> MorphismCheckResult:
        """Whether a morphism leads from this theory to another: total, typed, every equation to a provable one."""
        told = request("theory.morphism", morphism=text_of(morphism), domain=self.json, codomain=codomain.json)
        return {"valid": told["valid"], "error": told["error"]}

    def check(self) -> TheoryCheck:
        """Whether it is well typed, and whether its directed equations end in one normal form.

        `Theory.builtin("ThGraph").check().valid`
        """
        return theory_check(self)

    def term(self, term: Term, context: Mapping[str, str] | None = None) -> TermCheck:
        """Whether a term is well formed over variables of given sorts.

        `Theory.builtin("ThGraph").term("src(e)", {"e": "Edge"}).sort`
        """
        return term_check(self, term, context or {})

    def check_witness(self, lhs: Term, rhs: Term, witness: Any) -> Check:
        """Checks a proof that `prove` gave.

        `theory.check_witness("a()", "b()", theory.prove("a()", "b()").evidence)`
        """
        told = request("theory.witness", theory=self.json, lhs=text_of(lhs), rhs=text_of(rhs), witness=text_of(witness))
        return check_of(told)

    def pushout(self, other: Theory, f: Plain, g: Plain, *, over: tuple[Plain, Plain, Theory] | None = None) -> Square:
        """Both theories glued along two morphisms out of a third.

        `over` is another square over the same two: its morphisms, and the theory that they lead to.
        `left.pushout(right, f, g).theory.sorts`
        """
        told = request("theory.pushout", **square_arguments(self, other, f, g, over))
        return square_of(_theory(told), told)

    def pullback(self, other: Theory, f: Plain, g: Plain, *, over: tuple[Plain, Plain, Theory] | None = None) -> Square:
        """The pairs of this theory and another that two morphisms into a third send to the same.

        `over` is another square over the same two: its morphisms, and the theory that they come from.
        `left.pullback(right, f, g).theory.sorts`
        """
        told = request("theory.pullback", **square_arguments(self, other, f, g, over))
        return square_of(_theory(told), told)

    def check_model(self, model: Plain, *, limit: int | None = None) -> ModelCheck:
        """Whether a model is one of this theory, and which equations it breaks.

        `limit` bounds the assignments that are tried for one equation.
        `theory.check_model({"sort_interp": {"Page": ["a"]}, "op_interp": {}}).violations`
        """
        return model_check(self, model, limit)

    def evaluate(self, model: Plain, term: Term, variables: Mapping[str, tuple[str, Any]] | None = None) -> Any:
        """The value of a term in a model; variables have a sort and a value.

        `theory.evaluate(model, "main(p)", {"p": ("Page", "a")})`
        """
        given = {name: list(pair) for name, pair in (variables or {}).items()}
        told = request(
            "theory.evaluate",
            theory=self.json, model=text_of(model), term=text_of(term), variables=text_of(given),
        )  # fmt: skip
        return read(told["json"])

    def free_model(self, *, limit: int | None = None) -> Any:
        """The closed terms, up to the equations: a model. `limit` bounds its elements.

        `theory.free_model()["sort_interp"]`
        """
        return read(request("theory.free_model", theory=self.json, limit=limit)["json"])

    def migrate_model(
        self, model: Plain, morphism: Plain, codomain: Theory, *, mode: Mode = "delta", limit: int | None = None
    ) -> Any:
        """A model along a morphism from this theory: `delta` restricts one of the codomain, `sigma` and `pi` extend
        one of this theory.

        `docs.migrate_model(model_of_pages, rename, pages)`
        """
        told = request(
            "theory.migrate_model",
            model=text_of(model), morphism=text_of(morphism), mode=mode,
            domain=self.json, codomain=codomain.json, limit=limit,
        )  # fmt: skip
        return read(told["json"])

    def model_of(self, schema: Schema) -> SchemaModel:
        """A schema as a model of this theory.

        `Theory.builtin("ThATProtoSchema").model_of(post).holds`
        """
        told = request("theory.schema_model", schema, schema=bytes.fromhex(schema.digest), theory=self.json)
        violations = violations_of(told["violations"])
        return SchemaModel(read(told["json"]), told["theory"], told["holds"], violations)

    def apply(self, transform: Any) -> Theory:
        """The theory after a change, or several."""
        return _theory(request("theory.apply", theory=self.json, transform=text_of(transform)))

    def __repr__(self) -> str:
        return f"<Theory {self.name}: {len(self.sorts)} sorts, {len(self.operations)} operations>"


def _theory(told: dict[str, Any]) -> Theory:
    made = Theory(told["json"])
    made._fill(_told=told)  # pyright: ignore[reportPrivateUsage]
    return made


@final
@dataclass(frozen=True)
class ElementaryStep:
    """One step of a factorised morphism."""

    kind: str
    name: str
    details: dict[str, object]


@all_explained
class TheoryBuilder:
    """Builds a theory step by step. Every step gives a new builder."""

    __slots__ = ("_eqs", "_extends", "_name", "_ops", "_sorts")

    def __init__(self, name: str) -> None:
        self._name = name
        self._extends: tuple[str, ...] = ()
        self._sorts: tuple[SortSpec, ...] = ()
        self._ops: tuple[GatOperationSpec, ...] = ()
        self._eqs: tuple[EquationSpec, ...] = ()

    def _with(self, part: str, one: Any) -> TheoryBuilder:
        made = TheoryBuilder(self._name)
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        setattr(made, part, (*getattr(self, part), one))
        return made

    def extends(self, parent_name: str) -> TheoryBuilder:
        """Takes everything of another theory."""
        return self._with("_extends", parent_name)

    def sort(self, name: str) -> TheoryBuilder:
        """Adds a sort."""
        return self._with("_sorts", {"name": name, "params": []})

    def dependent_sort(self, name: str, params: list[SortParam]) -> TheoryBuilder:
        """Adds a sort that depends on terms."""
        return self._with("_sorts", {"name": name, "params": list(params)})

    def op(self, name: str, inputs: Sequence[tuple[str, str]], output: str) -> TheoryBuilder:
        """Adds an operation: its arguments with their sorts, and the sort of its value."""
        return self._with("_ops", {"name": name, "inputs": [tuple(one) for one in inputs], "output": output})

    def eq(self, name: str, lhs: Any, rhs: Any) -> TheoryBuilder:
        """Adds an equation between two terms."""
        return self._with("_eqs", {"name": name, "lhs": lhs, "rhs": rhs})

    def to_spec(self) -> TheorySpec:
        """The theory as plain values."""
        return {
            "name": self._name,
            "extends": list(self._extends),
            "sorts": list(self._sorts),
            "ops": list(self._ops),
            "eqs": list(self._eqs),
        }

    def build(self, wasm: object = None) -> TheoryHandle:
        """The theory, checked."""
        return create_theory(self.to_spec())

    def __repr__(self) -> str:
        return f"<TheoryBuilder {self._name}: {len(self._sorts)} sorts, {len(self._ops)} operations>"


@all_explained
class TheoryHandle:
    """A theory with the name of published releases. `handle.theory` is the new object."""

    __slots__ = ("_closed", "_theory")

    def __init__(self, theory: Theory) -> None:
        self._theory = theory
        self._closed = False

    @property
    def theory(self) -> Theory:
        """The new object behind this one."""
        if self._closed:
            raise closed("theory")
        return self._theory

    def close(self) -> None:
        """Ends the use of this object. Closing twice is fine."""
        self._closed = True

    def __enter__(self) -> TheoryHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<TheoryHandle closed>" if self._closed else f"<TheoryHandle {self._theory.name}>"


@explained
def create_theory(spec: TheorySpec, wasm: object = None) -> TheoryHandle:
    """The theory of a specification, checked."""
    return TheoryHandle(Theory.create(spec))


@explained
def check_gat_morphism(
    morphism: TheoryMorphismSpec, domain: TheoryHandle, codomain: TheoryHandle, wasm: object = None
) -> MorphismCheckResult:
    """Whether a morphism is total, typed, and takes every equation to a provable one."""
    return domain.theory.check_morphism(morphism, codomain.theory)


@explained
def gat_colimit(t1: TheoryHandle, t2: TheoryHandle, shared: TheoryHandle, wasm: object = None) -> TheoryHandle:
    """Two theories glued along what they share."""
    return TheoryHandle(t1.theory.colimit(t2.theory, shared.theory))


@explained
def factorize_morphism(
    morphism_bytes: bytes, domain: TheoryHandle, codomain: TheoryHandle, wasm: object = None
) -> list[ElementaryStep]:
    """The elementary changes that make the codomain of the domain."""
    told = request(
        "theory.factorize",
        morphism=text_of(morphism_of(morphism_bytes)),
        domain=domain.theory.json,
        codomain=codomain.theory.json,
    )
    return [_step(one) for one in told]


def _step(told: Mapping[str, Any]) -> ElementaryStep:
    """A change in the shape of published releases: its kind is the name of its variant."""
    change: Any = _values.decode_text(told["json"])
    if isinstance(change, dict) and "transform" in change:
        change = cast("dict[str, Any]", change)["transform"]
    if not isinstance(change, dict):
        return ElementaryStep(str(change), told["name"], {})
    ((kind, details),) = cast("dict[str, Any]", change).items()
    members = cast("dict[str, object]", details) if isinstance(details, dict) else {"value": details}
    return ElementaryStep(kind, told["name"], members)


@explained
def migrate_model(
    sort_interp: dict[str, list[ModelValue]], morphism: TheoryMorphismSpec, wasm: object = None
) -> dict[str, list[ModelValue]]:
    """The sets of a model, along a morphism: each sort of the domain has those of its image."""
    told = request("theory.migrate_model", model=text_of(sort_interp), morphism=text_of(morphism))
    moved: dict[str, list[ModelValue]] = _values.decode_text(told["json"])
    return moved


def morphism_of(content: bytes) -> dict[str, Any]:
    """A morphism as JSON text or as MessagePack."""
    found: Any
    try:
        found = _values.decode(content)
    except ValueError:
        found = unpack(content)
    if not isinstance(found, dict):
        raise error("type-check", "type-mismatch", "a morphism is an object with `sort_map` and `op_map`")
    value: dict[str, Any] = _values.decode(_values.encode(found))
    return value
