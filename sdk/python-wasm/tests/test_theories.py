"""Theories, with the new names and those of published releases."""

from __future__ import annotations

import json
import pickle

import pytest

from panproto import (
    PanprotoError,
    Theory,
    TheoryBuilder,
    check_gat_morphism,
    create_theory,
    factorize_morphism,
    gat_colimit,
    migrate_model,
)


def graph(name: str, *more: str) -> TheoryBuilder:
    builder = TheoryBuilder(name).sort("Vertex").sort("Edge")
    builder = builder.op("src", [("e", "Edge")], "Vertex").op("tgt", [("e", "Edge")], "Vertex")
    for sort in more:
        builder = builder.sort(sort)
    return builder


def test_a_builder_gives_a_new_one_at_each_step() -> None:
    one = TheoryBuilder("T").sort("A")
    two = one.sort("B").dependent_sort("C", [{"name": "a", "sort": "A"}]).op("f", [("x", "A")], "B")
    assert [sort["name"] for sort in one.to_spec()["sorts"]] == ["A"]
    spec = two.to_spec()
    assert [sort["name"] for sort in spec["sorts"]] == ["A", "B", "C"]
    assert spec["ops"] == [{"name": "f", "inputs": [("x", "A")], "output": "B"}]
    with two.build() as handle:
        assert handle.theory.sorts == ("A", "B", "C")
        assert handle.theory.operations == ("f",)
    handle.close()
    with pytest.raises(PanprotoError):
        _ = handle.theory


def test_theories_are_values() -> None:
    theory = graph("G").build().theory
    assert Theory.create(theory.json) == theory
    assert pickle.loads(pickle.dumps(theory)) == theory
    assert "ThGraph" in Theory.builtin_names()
    assert set(Theory.builtin("ThGraph").sorts) == {"Vertex", "Edge"}
    with pytest.raises(PanprotoError) as caught:
        TheoryBuilder("T").op("f", [], "Nothing").build()
    assert caught.value.code
    with pytest.raises(PanprotoError):
        Theory.builtin("ThNothing")


def test_morphisms() -> None:
    small, large = graph("G").build(), graph("H", "Label").build()
    morphism = {
        "name": "m", "domain": "G", "codomain": "H",
        "sort_map": {"Vertex": "Vertex", "Edge": "Edge"}, "op_map": {"src": "src", "tgt": "tgt"},
    }  # fmt: skip
    assert check_gat_morphism(morphism, small, large) == {"valid": True, "error": None}  # type: ignore[arg-type]
    wrong = {**morphism, "op_map": {"src": "src"}}
    found = check_gat_morphism(wrong, small, large)  # type: ignore[arg-type]
    assert not found["valid"]
    assert found["error"]
    steps = factorize_morphism(json.dumps(morphism).encode(), small, large)
    assert [step.kind for step in steps] == ["AddSort"]
    moved = migrate_model({"Vertex": ["a", "b"], "Edge": ["e"], "Label": ["l"]}, morphism)  # type: ignore[arg-type]
    assert moved == {"Vertex": ["a", "b"], "Edge": ["e"]}


def test_colimits() -> None:
    left, right, shared = graph("L", "A").build(), graph("R", "B").build(), graph("S").build()
    glued = gat_colimit(left, right, shared).theory
    assert set(glued.sorts) == {"Vertex", "Edge", "A", "B"}
    assert set(glued.operations) == {"src", "tgt"}


def test_terms_are_normalised_and_proved_equal() -> None:
    spec = {
        "name": "Monoid", "extends": [],
        "sorts": [{"name": "M", "params": []}],
        "ops": [{"name": "unit", "inputs": [], "output": "M"},
                {"name": "mul", "inputs": [["a", "M"], ["b", "M"]], "output": "M"}],
        "eqs": [],
        "directed_eqs": [
            {"name": "left", "lhs": {"App": {"op": "mul", "args": [{"App": {"op": "unit", "args": []}}, {"Var": "x"}]}},
             "rhs": {"Var": "x"}, "impl_term": {"Var": "x"}, "coercion_class": "Iso"},
        ],
        "policies": [],
    }  # fmt: skip
    theory = Theory.create(spec)
    assert theory.normalize("mul(unit(), mul(unit(), y))") == "y"
    assert theory.prove("mul(unit(), y)", "y")
    assert theory.prove("mul(unit(), y)", "y").verdict == "proved"
    assert not theory.prove("mul(y, unit())", "y")
    assert create_theory(spec).theory == theory  # type: ignore[arg-type]
