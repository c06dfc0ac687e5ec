"""Morphisms of theories, transformations, squares and models."""

from __future__ import annotations

import pytest

from panproto import (
    PanprotoError,
    Schema,
    Theory,
    check_natural,
    check_refinement,
    compose_morphisms,
    compose_natural,
    morphism_renames,
    substitute_term,
)


def tagged(name: str, sort: str, op: str) -> Theory:
    return Theory.create({
        "name": name,
        "sorts": [sort, "Tag"],
        "ops": [{"name": op, "inputs": [["d", sort]], "output": "Tag"}],
    })  # fmt: skip


DOCS, PAGES = tagged("ThA", "Doc", "primary"), tagged("ThB", "Page", "main")
RENAME = {
    "name": "f", "domain": "ThA", "codomain": "ThB",
    "sort_map": {"Doc": "Page", "Tag": "Tag"}, "op_map": {"primary": "main"},
}  # fmt: skip
BACK = {
    "name": "g", "domain": "ThB", "codomain": "ThA",
    "sort_map": {"Page": "Doc", "Tag": "Tag"}, "op_map": {"main": "primary"},
}  # fmt: skip
SAME = {"name": "a", "source": "f", "target": "f", "components": {"Doc": "x", "Tag": "x"}}
MODEL = {"sort_interp": {"Page": ["a", "b"], "Tag": [1]}, "op_interp": {"main": [[["a"], 1], [["b"], 1]]}}


def test_morphisms_compose_and_tell_their_renames() -> None:
    both = compose_morphisms(RENAME, BACK)
    assert both["sort_map"] == {"Doc": "Doc", "Tag": "Tag"}
    assert both["op_map"] == {"primary": "primary"}
    with pytest.raises(PanprotoError):
        compose_morphisms(RENAME, RENAME)
    renames = morphism_renames(RENAME)
    assert ("Doc", "Page") in {(one.old, one.new) for one in renames}
    assert renames[0].site == "VertexKind"


def test_transformations_are_checked_and_composed() -> None:
    assert check_natural(SAME, RENAME, RENAME, DOCS, PAGES)
    wrong = {**SAME, "components": {"Doc": "main(x)", "Tag": "x"}}
    found = check_natural(wrong, RENAME, RENAME, DOCS, PAGES)
    assert not found
    assert found.error is not None
    assert found.error.code
    assert compose_natural(SAME, SAME)["components"]["Doc"] == {"Var": "x"}
    identity = {
        "name": "i", "domain": "ThB", "codomain": "ThB",
        "sort_map": {"Page": "Page", "Tag": "Tag"}, "op_map": {"main": "main"},
    }  # fmt: skip
    other = {"name": "b", "source": "i", "target": "i", "components": {"Page": "x", "Tag": "x"}}
    beside = compose_natural(SAME, other, beside=(RENAME, identity))
    assert beside["components"]["Doc"] == {"Var": "x"}
    assert (beside["source"], beside["target"]) == ("f; i", "f; i")


def test_terms() -> None:
    assert substitute_term("m(x, x)", "x", "e()") == "m(e(), e())"
    assert DOCS.term("primary(d)", {"d": "Doc"}).sort == "Tag"
    wrong = DOCS.term("primary(d)", {"d": "Tag"})
    assert not wrong
    assert wrong.error is not None
    assert DOCS.check().valid
    assert DOCS.check().rewriting


def test_proofs_are_checked() -> None:
    theory = Theory.create({
        "name": "Two",
        "sorts": ["S"],
        "ops": [{"name": name, "inputs": [], "output": "S"} for name in ("a", "b", "c")],
        "eqs": [{"name": "same", "lhs": "a()", "rhs": "b()"}],
    })  # fmt: skip
    proof = theory.prove("a()", "b()")
    assert proof
    assert theory.check_witness("a()", "b()", proof.evidence)
    assert not theory.check_witness("a()", "c()", proof.evidence)


def test_squares() -> None:
    f = {"name": "f", "domain": "S", "codomain": "ThA", "sort_map": {"Tag": "Tag"}, "op_map": {}}
    g = {"name": "g", "domain": "S", "codomain": "ThB", "sort_map": {"Tag": "Tag"}, "op_map": {}}
    one = Theory.create({
        "name": "X", "sorts": ["P"], "ops": [{"name": "s", "inputs": [["p", "P"]], "output": "P"}],
    })  # fmt: skip
    u = {
        "name": "u", "domain": "ThA", "codomain": "X", "sort_map": {"Doc": "P", "Tag": "P"}, "op_map": {"primary": "s"}
    }  # fmt: skip
    v = {
        "name": "v", "domain": "ThB", "codomain": "X", "sort_map": {"Page": "P", "Tag": "P"}, "op_map": {"main": "s"}
    }  # fmt: skip
    glued = DOCS.pushout(PAGES, f, g, over=(u, v, one))
    assert glued.commutes
    assert len(glued.theory.sorts) == 3
    assert glued.mediating["sort_map"]["Page"] == "P"
    assert glued.left["sort_map"].keys() == {"Doc", "Tag"}
    assert DOCS.pushout(PAGES, f, g).mediating is None
    pairs = DOCS.pullback(PAGES, u, v)
    assert pairs.commutes
    assert len(pairs.theory.sorts) == 4


def test_models() -> None:
    assert PAGES.check_model(MODEL)
    missing = PAGES.check_model({"sort_interp": {}})
    assert not missing.valid
    assert missing.error is not None
    assert missing.error.code == "model-carrier"
    theory = Theory.create({
        "name": "C",
        "sorts": ["S"],
        "ops": [{"name": "f", "inputs": [["x", "S"]], "output": "S"}],
        "eqs": [{"name": "fix", "lhs": "f(x)", "rhs": "x"}],
    })  # fmt: skip
    broken = theory.check_model({"sort_interp": {"S": [1, 2]}, "op_interp": {"f": [[[1], 1], [[2], 1]]}})
    assert broken.valid
    assert not broken.holds
    violation = broken.violations[0]
    assert (violation.equation, violation.assignment, violation.left, violation.right) == ("fix", {"x": 2}, 1, 2)
    assert PAGES.evaluate(MODEL, "main(p)", {"p": ("Page", "a")}) == 1
    moved = DOCS.migrate_model(MODEL, RENAME, PAGES)
    assert moved["op_interp"]["primary"] == MODEL["op_interp"]["main"]
    docs = {"sort_interp": {"Doc": ["a"], "Tag": [1]}, "op_interp": {"primary": [[["a"], 1]]}}
    assert DOCS.migrate_model(docs, RENAME, PAGES, mode="sigma")["op_interp"]["main"] == [[["a"], 1]]
    constant = Theory.create({"name": "E", "sorts": ["M"], "ops": [{"name": "e", "inputs": [], "output": "M"}]})
    assert constant.free_model()["sort_interp"] == {"M": ["e()"]}


def test_schemas_are_models(old: Schema) -> None:
    found = Theory.builtin("ThATProtoSchema").model_of(old)
    assert found.holds
    assert not found.violations
    assert found.theory == "ThATProtoSchema"
    assert found.model["sort_interp"]


def test_refinements() -> None:
    def most(value: int) -> dict[str, object]:
        return {"base": "integer", "constraints": [["maximum", str(value)]]}

    assert check_refinement(most(5), most(9))
    wider = check_refinement(most(9), most(5))
    assert not wider
    assert (wider.holds, wider.witness) == (False, "9")
