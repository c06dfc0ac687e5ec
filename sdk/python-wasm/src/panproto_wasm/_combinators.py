"""Combinators, as the first published releases (to 0.5) named them: changes of the main object, as values.

    from panproto import from_combinators, pipeline, remove_field, rename_field

    handle = from_combinators(schema, protocol, pipeline([rename_field("text", "body"), remove_field("tags")]))

New code says the same, of any object, with `panproto.chain`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Union, cast, final

from . import _values, chain
from ._arguments import explained
from ._errors import error

if TYPE_CHECKING:
    from ._panproto import LensHandle
    from ._schema import Protocol, Schema
    from .chain import Chain


@final
@dataclass(frozen=True)
class RenameField:
    """Another name for a member."""

    old: str
    new: str


@final
@dataclass(frozen=True)
class AddField:
    """A new member, and what old records get for it."""

    name: str
    vertex_kind: str
    default: Any


@final
@dataclass(frozen=True)
class RemoveField:
    """A member less."""

    name: str


@final
@dataclass(frozen=True)
class HoistField:
    """A member of a member, one level up."""

    host: str
    field: str


@final
@dataclass(frozen=True)
class Compose:
    """One combinator and then another."""

    first: Combinator
    second: Combinator


Combinator = Union[RenameField, AddField, RemoveField, HoistField, Compose]


@explained
def rename_field(old_name: str, new_name: str) -> RenameField:
    """Another name for a member."""
    return RenameField(old_name, new_name)


@explained
def add_field(name: str, vertex_kind: str, default_value: Any) -> AddField:
    """A new member, and what old records get for it."""
    return AddField(name, vertex_kind, default_value)


@explained
def remove_field(name: str) -> RemoveField:
    """A member less."""
    return RemoveField(name)


@explained
def hoist_field(host: str, field: str) -> HoistField:
    """A member of a member, one level up."""
    return HoistField(host, field)


@explained
def compose(first: Combinator, second: Combinator) -> Compose:
    """One combinator and then another."""
    return Compose(first, second)


@explained
def pipeline(combinators: Sequence[Combinator]) -> Combinator:
    """Combinators one after another."""
    if not combinators:
        raise error("usage", "wrong-argument", "a pipeline of no combinators", path="combinators", help="give one")
    return reduce(Compose, combinators)


@explained
def from_combinators(schema: Schema, protocol: Protocol, *combinators: Combinator | None) -> LensHandle:
    """The lens of combinators on a schema. The module that published releases wanted here is left out, or ignored."""
    from ._panproto import LensHandle

    steps: list[Any] = []
    for one in _given(combinators):
        for step in _steps(one):
            steps += _values.decode_text(step.json)
    return LensHandle(chain.Chain(steps).lens(schema))


def _given(combinators: tuple[object, ...]) -> Iterator[object]:
    kinds = (RenameField, AddField, RemoveField, HoistField, Compose)
    for at, one in enumerate(combinators):
        if isinstance(one, kinds):
            yield one
        elif at > 0:
            raise error(
                "usage", "wrong-argument", f"a `{type(one).__name__}` is no combinator", path="combinators",
                help="give those that `rename_field`, `add_field`, `remove_field`, `hoist_field` and `compose` make",
            )  # fmt: skip


def _steps(root: object) -> Iterator[Chain]:
    """The steps in order; a work list, since pipelines nest as deeply as they are long."""
    left = [root]
    while left:
        one = left.pop()
        if isinstance(one, Compose):
            left += [cast("object", one.second), cast("object", one.first)]
        elif isinstance(one, RenameField):
            yield chain.rename_field("", one.old, one.new)
        elif isinstance(one, AddField):
            yield chain.add_field("", one.name, one.vertex_kind, default=one.default)
        elif isinstance(one, RemoveField):
            yield chain.remove_field("", one.name)
        elif isinstance(one, HoistField):
            yield chain.hoist_field("", one.host, one.field)
        else:
            raise error(
                "usage", "wrong-argument", f"a `{type(one).__name__}` is no combinator", path="combinators",
                help="`compose` and `pipeline` take combinators only",
            )  # fmt: skip
