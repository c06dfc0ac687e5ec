"""Morphisms of theories as plain values, models, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Union

from . import _values
from ._arguments import explained
from ._errors import PanprotoError, from_wire
from ._session import request

if TYPE_CHECKING:
    from ._theory import Theory

# A term as text (`f(x, c())`) or as a plain value.
Term = Union[str, Mapping[str, Any]]
# A morphism (`sort_map`, `op_map`), a transformation or a model: a plain value, or its JSON text.
Plain = Union[str, Mapping[str, Any]]


class Check(NamedTuple):
    """Whether something holds; if not, why."""

    valid: bool
    error: PanprotoError | None

    def __bool__(self) -> bool:
        return self.valid


class TermCheck(NamedTuple):
    """Whether a term is well formed, and of which sort."""

    well_formed: bool
    sort: str | None
    error: PanprotoError | None

    def __bool__(self) -> bool:
        return self.well_formed


class TheoryCheck(NamedTuple):
    """Whether a theory is well typed, and what is known of its rewriting: whether it ends, and in one normal form."""

    valid: bool
    error: PanprotoError | None
    rewriting: Any

    def __bool__(self) -> bool:
        return self.valid


class ModelViolation(NamedTuple):
    """An equation that a model breaks, where, and the two values."""

    equation: str
    assignment: Mapping[str, Any]
    left: Any
    right: Any


class ModelCheck(NamedTuple):
    """Whether a model is well typed (`valid`), and whether it also breaks no equation (`holds`)."""

    valid: bool
    error: PanprotoError | None
    holds: bool
    violations: tuple[ModelViolation, ...]

    def __bool__(self) -> bool:
        return self.holds


class SchemaModel(NamedTuple):
    """A schema as a model of a theory."""

    model: Any
    theory: str
    holds: bool
    violations: tuple[ModelViolation, ...]


class Square(NamedTuple):
    """A square of theories: the fourth corner, and its two morphisms.

    `mediating` is the morphism of another square over the same two, where one was given.
    """

    theory: Theory
    left: Any
    right: Any
    commutes: bool
    mediating: Any


class MorphismRename(NamedTuple):
    """A name that a morphism changes, and what it is the name of."""

    site: str
    old: str
    new: str


class Refinement(NamedTuple):
    """Whether every value of one sort with constraints is one of another; `witness` is a value that is not."""

    verdict: str
    holds: bool | None
    witness: str | None

    def __bool__(self) -> bool:
        return self.holds is True


@explained
def compose_morphisms(first: Plain, second: Plain) -> Any:
    """The morphism that does one and then the other.

    compose_morphisms({"name": "f", "domain": "A", "codomain": "B", "sort_map": {"Doc": "Page"}, "op_map": {}},
                      {"name": "g", "domain": "B", "codomain": "C", "sort_map": {"Page": "Sheet"}, "op_map": {}})
    """
    return read(request("theory.compose", first=text_of(first), second=text_of(second))["json"])


@explained
def morphism_renames(morphism: Plain) -> tuple[MorphismRename, ...]:
    """The names that a morphism changes, as renames of a schema.

    `morphism_renames(m)[0].new`
    """
    return tuple(MorphismRename(one["site"], one["old"], one["new"]) for one in request(
        "theory.renames", morphism=text_of(morphism)
    ))  # fmt: skip


@explained
def check_natural(transformation: Plain, source: Plain, target: Plain, domain: Theory, codomain: Theory) -> Check:
    """Whether a transformation (`{name, source, target, components}`) leads naturally from one morphism to another.

    `check_natural({"name": "a", "source": "f", "target": "f", "components": {"Doc": "x"}}, f, f, docs, pages)`
    """
    told = request(
        "theory.natural",
        transformation=text_of(transformation),
        source=text_of(source),
        target=text_of(target),
        domain=domain.json,
        codomain=codomain.json,
    )
    return check_of(told)


@explained
def compose_natural(first: Plain, second: Plain, *, beside: tuple[Plain, Plain] | None = None) -> Any:
    """One transformation after another; or beside it, with the target of the first and the source of the second.

    `compose_natural(a, b)`, `compose_natural(a, b, beside=(target_of_a, source_of_b))`
    """
    target, source = (None, None) if beside is None else (text_of(beside[0]), text_of(beside[1]))
    told = request("theory.natural_compose", first=text_of(first), second=text_of(second), target=target, source=source)
    return read(told["json"])


@explained
def substitute_term(term: Term, variable: str, replacement: Term) -> str:
    """A term with another in place of a variable, as text.

    `substitute_term("m(x, x)", "x", "e()")` is `m(e(), e())`.
    """
    told = request("theory.substitute", term=text_of(term), variable=variable, replacement=text_of(replacement))
    return str(told["text"])


@explained
def check_refinement(sub: Plain, super: Plain) -> Refinement:
    """Whether every value of `sub` is one of `super`: sorts with constraints.

    check_refinement({"base": "integer", "constraints": [["maximum", "5"]]},
                     {"base": "integer", "constraints": [["maximum", "9"]]}).holds
    """
    told = request("theory.refinement", sub=text_of(sub), super=text_of(super))
    return Refinement(told["verdict"], told["holds"], told["witness"])


def square_arguments(
    left: Theory, right: Theory, f: Plain, g: Plain, over: tuple[Plain, Plain, Theory] | None
) -> dict[str, Any]:
    """The arguments of a pushout or a pullback."""
    made = {"left": left.json, "right": right.json, "f": text_of(f), "g": text_of(g)}
    if over is not None:
        u, v, apex = over
        made |= {"u": text_of(u), "v": text_of(v), "apex": apex.json}
    return made


def square_of(theory: Theory, told: Mapping[str, Any]) -> Square:
    """The square that an answer tells."""
    return Square(theory, read(told["left"]), read(told["right"]), told["commutes"], read(told["mediating"]))


def check_of(told: Mapping[str, Any]) -> Check:
    """What an answer with `valid` and `diagnostic` says."""
    return Check(told["valid"], _error(told["diagnostic"]))


def theory_check(theory: Theory) -> TheoryCheck:
    """What `Theory.check` answers."""
    told = request("theory.check", theory=theory.json)
    return TheoryCheck(*check_of(told), read(told["rewriting"]))


def term_check(theory: Theory, term: Term, context: Mapping[str, str]) -> TermCheck:
    """What `Theory.term` answers."""
    told = request("theory.term", theory=theory.json, term=text_of(term), context=text_of(dict(context)))
    return TermCheck(told["well_formed"], told["output_sort"], _error(told["diagnostic"]))


def model_check(theory: Theory, model: Plain, limit: int | None) -> ModelCheck:
    """What `Theory.check_model` answers."""
    told = request("theory.model_check", theory=theory.json, model=text_of(model), limit=limit)
    return ModelCheck(*check_of(told), told["holds"], violations_of(told["violations"]))


def violations_of(told: Any) -> tuple[ModelViolation, ...]:
    """The broken equations of an answer."""
    return tuple(
        ModelViolation(
            one["equation"],
            {bound["variable"]: read(bound["value"]) for bound in one["assignment"]},
            read(one["left"]),
            read(one["right"]),
        )
        for one in told
    )


Mode = Literal["delta", "sigma", "pi"]


def text_of(value: Any) -> str:
    """A plain value as JSON text; a text as it is."""
    return value if isinstance(value, str) else _values.encode(value).decode()


def read(text: str | None) -> Any:
    """The value of JSON text; of nothing, `None`."""
    return None if text is None else _values.decode_text(text)


def _error(told: Any) -> PanprotoError | None:
    return None if told is None else from_wire(told)
