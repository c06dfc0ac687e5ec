"""Shapes of plain values around theories, as published releases documented them."""

from __future__ import annotations

from typing import TypedDict


class SortParam(TypedDict):
    """A parameter of a dependent sort."""

    name: str
    sort: str


class SortSpec(TypedDict):
    """A sort of a theory."""

    name: str
    params: list[SortParam]


class GatOperationSpec(TypedDict):
    """An operation of a theory."""

    name: str
    inputs: list[tuple[str, str]]
    output: str


class EquationSpec(TypedDict):
    """An equation of a theory."""

    name: str
    lhs: dict[str, str | list[dict[str, str | list[dict[str, str]]]]]
    rhs: dict[str, str | list[dict[str, str | list[dict[str, str]]]]]


class TheorySpec(TypedDict):
    """A theory: sorts, operations and equations."""

    name: str
    extends: list[str]
    sorts: list[SortSpec]
    ops: list[GatOperationSpec]
    eqs: list[EquationSpec]


class TheoryMorphismSpec(TypedDict):
    """A morphism between two theories, by names."""

    name: str
    domain: str
    codomain: str
    sort_map: dict[str, str]
    op_map: dict[str, str]


class TheoryMorphism(TypedDict):
    """A morphism between two theories, by names."""

    name: str
    domain: str
    codomain: str
    sort_map: dict[str, str]
    op_map: dict[str, str]


class MorphismCheckResult(TypedDict):
    """Whether a morphism is one, and if not, why."""

    valid: bool
    error: str | None


class GatSortParam(TypedDict):
    """A parameter of a dependent sort."""

    name: str
    sort: str


class GatSort(TypedDict):
    """A sort of a theory."""

    name: str
    params: list[GatSortParam]


class GatOperation(TypedDict):
    """An operation of a theory."""

    name: str
    inputs: list[tuple[str, str]]
    output: str
