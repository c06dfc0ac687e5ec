"""Expressions: text, trees of published releases, types, values."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from panproto import (
    BuiltSchema,
    ExprBuilder,
    Expression,
    PanprotoError,
    PanprotoLimitError,
    PanprotoUsageError,
    SchemaEnrichment,
)


def test_text_becomes_a_value() -> None:
    e = Expression.parse('first ++ " " ++ last')
    assert e.eval({"first": "Ada", "last": "Lovelace"}) == "Ada Lovelace"
    assert sorted(e.free) == ["first", "last"]
    assert Expression.parse(str(e)) == e
    assert pickle.loads(pickle.dumps(e)) == e
    assert hash(Expression.parse(str(e))) == hash(e)
    assert Expression.parse("1 + 2 * 3").eval() == 7
    assert Expression.parse("map (\\x -> x * x) [1..4]").eval() == [1, 4, 9, 16]
    with_name = e.substitute("last", '"King"')
    assert with_name.eval({"first": "Ada"}) == "Ada King"
    assert e.substitute("last", Expression.parse("first")).eval({"first": "a"}) == "a a"
    match e:
        case Expression(ast):
            assert "Concat" in ast


def test_plain_values_of_published_releases() -> None:
    b = ExprBuilder
    x, one = b.var_("x"), b.lit({"type": "int", "value": 1})
    cases = [
        (b.add(x, one), {"x": 2}, 3),
        (b.sub(b.mul(x, x), one), {"x": 3}, 8),
        (b.concat(b.lit({"type": "str", "value": "a"}), x), {"x": "b"}, "ab"),
        (b.let_("y", b.add(x, one), b.mul(b.var_("y"), b.var_("y"))), {"x": 2}, 9),
        (b.app(b.lam("y", b.lam("z", b.sub(b.var_("y"), b.var_("z")))), x, one), {"x": 5}, 4),
        (b.field(b.record({"a": x, "b": one}), "a"), {"x": 7}, 7),
        (b.index(b.list_(x, one), one), {"x": 7}, 1),
        (b.match_(x, [({"type": "lit", "value": {"type": "int", "value": 2}}, b.lit({"type": "bool", "value": True})),
                      ({"type": "wildcard"}, b.lit({"type": "null"}))]), {"x": 2}, True),
        (b.builtin("Upper", x), {"x": "a"}, "A"),
    ]  # fmt: skip
    for expr, env, value in cases:
        assert Expression(expr).eval(env) == value


def test_types_and_errors_have_places() -> None:
    e = Expression.parse("x + 1")
    assert e.check({"x": "Int"})
    assert e.check({"x": "Int"}).type == "Int"
    wrong = e.check({"x": "Str"})
    assert not wrong
    assert wrong.diagnostics[0].code
    with pytest.raises(PanprotoError) as caught:
        Expression.parse("1 + ")
    assert caught.value.span is not None
    assert any("^" in note for note in caught.value.__notes__)
    with pytest.raises(PanprotoError) as caught:
        Expression.parse("1 / x").eval({"x": 0})
    assert caught.value.code == "division-by-zero"
    with pytest.raises(PanprotoError):
        Expression.parse("x").eval()
    with pytest.raises(PanprotoError) as caught:
        Expression.parse("\\x -> x").eval()
    assert caught.value.code == "not-representable"


def test_what_is_no_expression_is_a_coded_error() -> None:
    deep: Any = {"type": "var", "name": "x"}
    for _ in range(5000):
        deep = {"type": "lam", "param": "x", "body": deep}
    wrong: list[Any] = [ExprBuilder.lit("x"), {"type": "lit"}, {"type": "match", "scrutinee": 1}]  # type: ignore[arg-type]
    for expr in wrong:
        with pytest.raises(PanprotoUsageError) as caught:
            Expression(expr)
        assert (caught.value.code, caught.value.path) == ("wrong-argument", "expr")
    with pytest.raises(PanprotoLimitError):
        Expression(deep)
    schema = BuiltSchema.from_json_schema({"type": "object", "properties": {"a": {"type": "string"}}})
    with pytest.raises(PanprotoUsageError):
        SchemaEnrichment(schema).add_default("root", wrong[0]).build()  # type: ignore[arg-type]
