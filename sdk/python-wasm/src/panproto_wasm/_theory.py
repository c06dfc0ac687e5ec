"""Theories: sorts, operations, equations; morphisms between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from ._types_theory import EquationSpec, GatOperationSpec, SortParam, SortSpec, TheorySpec


@final
@dataclass(frozen=True)
class ElementaryStep:
    """One step of a factorised morphism."""

    kind: str
    name: str
    details: dict[str, object]


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

    def __repr__(self) -> str:
        return f"<TheoryBuilder {self._name}: {len(self._sorts)} sorts, {len(self._ops)} operations>"
