"""Expressions: the plain values of published releases, and the new object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast, final

from . import _values
from ._arguments import all_explained
from ._errors import PanprotoError, error, from_wire, with_help
from ._frozen import Frozen
from ._session import request

if TYPE_CHECKING:
    from ._types_expr import (
        BuiltinOp,
        Expr,
        ExprBuiltin,
        ExprField,
        ExprIndex,
        ExprLam,
        ExprLet,
        ExprList,
        ExprLit,
        ExprMatch,
        ExprRecord,
        ExprVar,
        LiteralValue,
        Pattern,
    )


class Checked(NamedTuple):
    """Whether an expression is well typed, its type, and what is wrong with it."""

    well_typed: bool
    type: str | None
    diagnostics: tuple[PanprotoError, ...]

    def __bool__(self) -> bool:
        return self.well_typed


@all_explained
class Expression(Frozen):
    """An expression. Immutable, comparable, picklable.

        e = Expression.parse('first ++ last')
    e.eval({"first": "Ada", "last": "Lovelace"})
    """

    __slots__ = ("_told", "ast")
    __match_args__ = ("ast",)

    ast: str
    _told: dict[str, Any] | None

    def __init__(self, expr: Expr | Mapping[str, Any] | str) -> None:
        """An expression of its tree: as the engine writes it (a mapping, or its JSON text), or as published releases
        did. Its text is what `parse` reads.
        """
        ast = expr if isinstance(expr, str) else _values.encode(wire_of(expr)).decode()
        self._fill(ast=ast, _told=None)

    @classmethod
    def parse(cls, text: str) -> Expression:
        """The expression of a text. An error shows the place."""
        return _expression(request("expr.parse", sources=(text.encode("utf-8", "replace"),), expr=text))

    @property
    def _about(self) -> dict[str, Any]:
        told = self._told
        if told is None:
            told = self._ask("expr.parse")
            self._fill(_told=told)
        return told

    def _ask(self, operation: str, **arguments: Any) -> Any:
        try:
            return request(operation, sources=(self.ast.encode("utf-8", "replace"),), ast=self.ast, **arguments)
        except PanprotoError as wrong:
            if wrong.code == "json-syntax" and not wrong.help:
                raise with_help(wrong, "read a text with `Expression.parse`") from None
            raise

    @property
    def free(self) -> tuple[str, ...]:
        """The names that it needs values for."""
        return tuple(self._about["free"])

    @property
    def type(self) -> str | None:
        """Its type as far as that is known without the types of its names."""
        found: str | None = self._about["type"]
        return found

    def check(self, types: Mapping[str, str] | None = None, *, open: bool = False) -> Checked:
        """Whether it is well typed where names have these types: `Int`, `Str`, `[Int]`, `{a: Str, ..}`, ….

        With `open`, it may use other names.
        """
        told = self._ask("expr.check", types=None if types is None else dict(types), open=open or None)
        return Checked(told["well_typed"], told["type"], tuple(from_wire(one) for one in told["diagnostics"]))

    def eval(self, env: Mapping[str, Any] | None = None) -> Any:
        """Its value where names have these values."""
        told = self._ask("expr.eval", env=_values.encode(dict(env or {})).decode())
        if told["json"] is None:
            raise from_wire({
                "kind": "data", "code": "not-representable", "message": f"a value of type `{told['type']}` is no JSON",
                "help": "apply it, or take it apart",
            })  # fmt: skip
        return _values.decode_text(told["json"])

    def substitute(self, name: str, replacement: Expression | str) -> Expression:
        """The same with an expression in place of a name."""
        by = {"replacement": replacement} if isinstance(replacement, str) else {"replacement_ast": replacement.ast}
        return _expression(self._ask("expr.substitute", name=name, **by))

    def to_dict(self) -> dict[str, Any]:
        """The tree as the engine writes it."""
        tree: dict[str, Any] = _values.decode_text(self.ast)
        return tree

    def __str__(self) -> str:
        return str(self._about["text"])

    def __repr__(self) -> str:
        return f"Expression({self.ast})"


def _expression(told: dict[str, Any]) -> Expression:
    return Expression(told["ast"])


@final
@all_explained
class ExprBuilder:
    """Builds expressions as plain values, with the names of published releases."""

    __slots__ = ()

    @staticmethod
    def var_(name: str) -> ExprVar:
        """A variable."""
        return {"type": "var", "name": name}

    @staticmethod
    def lam(param: str, body: Expr) -> ExprLam:
        """A function of one parameter."""
        return {"type": "lam", "param": param, "body": body}

    @staticmethod
    def app(func: Expr, *args: Expr) -> Expr:
        """A function applied to arguments, one after another."""
        made = func
        for arg in args:
            made = cast("Expr", {"type": "app", "func": made, "arg": arg})
        return made

    @staticmethod
    def lit(value: LiteralValue) -> ExprLit:
        """A literal."""
        return {"type": "lit", "value": value}

    @staticmethod
    def record(fields: Mapping[str, Expr]) -> ExprRecord:
        """A record."""
        return {"type": "record", "fields": list(fields.items())}

    @staticmethod
    def list_(*items: Expr) -> ExprList:
        """A list."""
        return {"type": "list", "items": list(items)}

    @staticmethod
    def field(expr: Expr, name: str) -> ExprField:
        """A member of a record."""
        return {"type": "field", "expr": expr, "name": name}

    @staticmethod
    def index(expr: Expr, idx: Expr) -> ExprIndex:
        """An item of a list."""
        return {"type": "index", "expr": expr, "index": idx}

    @staticmethod
    def match_(scrutinee: Expr, arms: list[tuple[Pattern, Expr]]) -> ExprMatch:
        """The first arm whose pattern fits."""
        return {"type": "match", "scrutinee": scrutinee, "arms": list(arms)}

    @staticmethod
    def let_(name: str, value: Expr, body: Expr) -> ExprLet:
        """A name for a value."""
        return {"type": "let", "name": name, "value": value, "body": body}

    @staticmethod
    def builtin(op: BuiltinOp, *args: Expr) -> ExprBuiltin:
        """A built-in operation."""
        return {"type": "builtin", "op": op, "args": list(args)}

    @staticmethod
    def add(a: Expr, b: Expr) -> ExprBuiltin:
        """The sum of two numbers."""
        return ExprBuilder.builtin("Add", a, b)

    @staticmethod
    def sub(a: Expr, b: Expr) -> ExprBuiltin:
        """The difference of two numbers."""
        return ExprBuilder.builtin("Sub", a, b)

    @staticmethod
    def mul(a: Expr, b: Expr) -> ExprBuiltin:
        """The product of two numbers."""
        return ExprBuilder.builtin("Mul", a, b)

    @staticmethod
    def concat(a: Expr, b: Expr) -> ExprBuiltin:
        """Two strings or lists as one."""
        return ExprBuilder.builtin("Concat", a, b)


def wire_of(expr: Any) -> Any:
    """What `to_wire` gives; an error where the value is none of those that published releases made."""
    try:
        return to_wire(expr)
    except RecursionError:
        raise error(
            "limit", "limit-depth", "the expression is nested too deeply", help="compute parts of it apart"
        ) from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as cause:
        said = f"a part of it lacks {cause}" if isinstance(cause, KeyError) else str(cause)
        raise error(
            "usage", "wrong-argument", f"this is no expression: {said}", path="expr",
            help='make it with `ExprBuilder`; a literal is a dict: `ExprBuilder.lit({"type": "str", "value": "x"})`',
        ) from cause  # fmt: skip


def to_wire(expr: Any) -> Any:
    """A plain value of published releases as the engine writes expressions: `{"Var": "x"}`, … . Others stay."""
    if isinstance(expr, Expression):
        return expr.to_dict()
    if not isinstance(expr, Mapping) or "type" not in expr:
        return expr  # pyright: ignore[reportUnknownVariableType]
    told: Mapping[str, Any] = expr  # pyright: ignore[reportUnknownVariableType]
    match told["type"]:
        case "var":
            return {"Var": told["name"]}
        case "lam":
            return {"Lam": [told["param"], to_wire(told["body"])]}
        case "app":
            return {"App": [to_wire(told["func"]), to_wire(told["arg"])]}
        case "lit":
            return {"Lit": literal_to_wire(told["value"])}
        case "record":
            return {"Record": [[name, to_wire(value)] for name, value in told["fields"]]}
        case "list":
            return {"List": [to_wire(item) for item in told["items"]]}
        case "field":
            return {"Field": [to_wire(told["expr"]), told["name"]]}
        case "index":
            return {"Index": [to_wire(told["expr"]), to_wire(told["index"])]}
        case "match":
            arms = [[_pattern_to_wire(pattern), to_wire(body)] for pattern, body in told["arms"]]
            return {"Match": {"scrutinee": to_wire(told["scrutinee"]), "arms": arms}}
        case "let":
            return {"Let": {"name": told["name"], "value": to_wire(told["value"]), "body": to_wire(told["body"])}}
        case "builtin":
            return {"Builtin": [told["op"], [to_wire(arg) for arg in told["args"]]]}
        case _:
            return dict(told)


def strategy_to_wire(strategy: Any) -> Any:
    """What decides between two values, as the engine writes it: `KeepLeft`, `{"Custom": …}`, … ."""
    if not isinstance(strategy, Mapping) or "type" not in strategy:
        return strategy  # pyright: ignore[reportUnknownVariableType]
    told: Mapping[str, Any] = strategy  # pyright: ignore[reportUnknownVariableType]
    names = {"keep_left": "KeepLeft", "keep_right": "KeepRight", "fail": "Fail"}
    return {"Custom": to_wire(told["expr"])} if told["type"] == "custom" else names.get(told["type"], told["type"])


def literal_to_wire(value: Any) -> Any:
    """A literal as the engine writes it."""
    if not isinstance(value, Mapping):
        raise TypeError(f"a literal is of type `{type(value).__name__}`")
    told: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
    match told["type"]:
        case "bool":
            return {"Bool": told["value"]}
        case "int":
            return {"Int": told["value"]}
        case "float":
            return {"Float": told["value"]}
        case "str":
            return {"Str": told["value"]}
        case "bytes":
            return {"Bytes": list(told["value"])}
        case "null":
            return "Null"
        case "record":
            return {"Record": [[name, literal_to_wire(member)] for name, member in told["fields"]]}
        case "list":
            return {"List": [literal_to_wire(item) for item in told["items"]]}
        case _:
            return dict(told)


def _pattern_to_wire(pattern: Any) -> Any:
    match pattern["type"]:
        case "wildcard":
            return "Wildcard"
        case "var":
            return {"Var": pattern["name"]}
        case "lit":
            return {"Lit": literal_to_wire(pattern["value"])}
        case "record":
            return {"Record": [[name, _pattern_to_wire(inner)] for name, inner in pattern["fields"]]}
        case "list":
            return {"List": [_pattern_to_wire(item) for item in pattern["items"]]}
        case _:
            return dict(pattern)
