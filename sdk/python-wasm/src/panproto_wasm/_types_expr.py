"""Shapes of plain values around expressions, as published releases documented them."""

from __future__ import annotations

import sys
from typing import Literal, TypedDict, Union

if sys.version_info >= (3, 11):
    from typing import NotRequired
else:
    from typing_extensions import NotRequired

ValueKind = Literal["bool", "int", "float", "str", "bytes", "token", "null", "any"]

BuiltinOp = Literal[
    "Add", "Sub", "Mul", "Div", "Mod", "Neg", "Abs", "Floor", "Ceil",
    "Eq", "Neq", "Lt", "Lte", "Gt", "Gte", "And", "Or", "Not",
    "Concat", "Len", "Slice", "Upper", "Lower", "Trim", "Split", "Join", "Replace", "Contains",
    "Map", "Filter", "Fold", "Append", "Head", "Tail", "Reverse", "FlatMap", "Length",
    "MergeRecords", "Keys", "Values", "HasField",
    "IntToFloat", "FloatToInt", "IntToStr", "FloatToStr", "StrToInt", "StrToFloat",
    "TypeOf", "IsNull", "IsList",
]  # fmt: skip


class LitBool(TypedDict):
    """A literal truth value."""

    type: Literal["bool"]
    value: bool


class LitInt(TypedDict):
    """A literal integer."""

    type: Literal["int"]
    value: int


class LitFloat(TypedDict):
    """A literal number with a point."""

    type: Literal["float"]
    value: float


class LitStr(TypedDict):
    """A literal string."""

    type: Literal["str"]
    value: str


class LitBytes(TypedDict):
    """Literal bytes."""

    type: Literal["bytes"]
    value: bytes


class LitNull(TypedDict):
    """The literal null."""

    type: Literal["null"]


class LitRecord(TypedDict):
    """A literal record."""

    type: Literal["record"]
    fields: list[tuple[str, LiteralValue]]


class LitList(TypedDict):
    """A literal list."""

    type: Literal["list"]
    items: list[LiteralValue]


class PatWildcard(TypedDict):
    """Fits anything."""

    type: Literal["wildcard"]


class PatVar(TypedDict):
    """Fits anything and names it."""

    type: Literal["var"]
    name: str


class PatLit(TypedDict):
    """Fits a literal."""

    type: Literal["lit"]
    value: LiteralValue


class PatRecord(TypedDict):
    """Fits a record, member by member."""

    type: Literal["record"]
    fields: list[tuple[str, Pattern]]


class PatList(TypedDict):
    """Fits a list, item by item."""

    type: Literal["list"]
    items: list[Pattern]


class ExprVar(TypedDict):
    """A variable."""

    type: Literal["var"]
    name: str


class ExprLam(TypedDict):
    """A function of one parameter."""

    type: Literal["lam"]
    param: str
    body: Expr


class ExprApp(TypedDict):
    """A function applied to an argument."""

    type: Literal["app"]
    func: Expr
    arg: Expr


class ExprLit(TypedDict):
    """A literal value."""

    type: Literal["lit"]
    value: LiteralValue


class ExprRecord(TypedDict):
    """A record of named expressions."""

    type: Literal["record"]
    fields: list[tuple[str, Expr]]


class ExprList(TypedDict):
    """A list of expressions."""

    type: Literal["list"]
    items: list[Expr]


class ExprField(TypedDict):
    """A member of a record."""

    type: Literal["field"]
    expr: Expr
    name: str


class ExprIndex(TypedDict):
    """An item of a list."""

    type: Literal["index"]
    expr: Expr
    index: Expr


class ExprMatch(TypedDict):
    """The first arm whose pattern fits."""

    type: Literal["match"]
    scrutinee: Expr
    arms: list[tuple[Pattern, Expr]]


class ExprLet(TypedDict):
    """A name for a value."""

    type: Literal["let"]
    name: str
    value: Expr
    body: Expr


class ExprBuiltin(TypedDict):
    """A built-in operation."""

    type: Literal["builtin"]
    op: BuiltinOp
    args: list[Expr]


class ConflictKeepLeft(TypedDict):
    """Of two values, the left one."""

    type: Literal["keep_left"]


class ConflictKeepRight(TypedDict):
    """Of two values, the right one."""

    type: Literal["keep_right"]


class ConflictFail(TypedDict):
    """Two values are an error."""

    type: Literal["fail"]


class ConflictCustom(TypedDict):
    """An expression decides between two values."""

    type: Literal["custom"]
    expr: Expr


class ConflictPolicy(TypedDict):
    """What decides between two values of a kind."""

    name: str
    value_kind: ValueKind
    strategy: ConflictStrategy


class SortKindStructural(TypedDict):
    """A sort of structure."""

    type: Literal["structural"]


class SortKindVal(TypedDict):
    """A sort of values."""

    type: Literal["val"]
    kind: ValueKind


class SortKindCoercion(TypedDict):
    """A sort of coercions."""

    type: Literal["coercion"]
    from_: ValueKind
    to: ValueKind


class SortKindMerger(TypedDict):
    """A sort of mergers."""

    type: Literal["merger"]
    kind: ValueKind


class DirectedEquation(TypedDict):
    """An equation that is computed from left to right."""

    name: str
    lhs: dict[str, object]
    rhs: dict[str, object]
    impl_term: Expr
    inverse: NotRequired[Expr | None]


LiteralValue = Union[LitBool, LitInt, LitFloat, LitStr, LitBytes, LitNull, LitRecord, LitList]

Pattern = Union[PatWildcard, PatVar, PatLit, PatRecord, PatList]

Expr = Union[
    ExprVar, ExprLam, ExprApp, ExprLit, ExprRecord, ExprList, ExprField, ExprIndex, ExprMatch, ExprLet, ExprBuiltin
]

ConflictStrategy = Union[ConflictKeepLeft, ConflictKeepRight, ConflictFail, ConflictCustom]

SortKind = Union[SortKindStructural, SortKindVal, SortKindCoercion, SortKindMerger]
