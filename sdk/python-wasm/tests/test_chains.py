"""Chains: the same change over many schemas, and the handles of published releases over them."""

from __future__ import annotations

import json
import pickle

import pytest
from conftest import STRING, lexicon

from panproto import Expression, LensHandle, Panproto, PanprotoError, ProtolensChainHandle, Schema, chain

AUTHOR = {"type": "object", "required": ["name"], "properties": {"name": STRING, "mail": STRING}}
RENAME = chain.rename_field("author", "name", "displayName")
ADD = chain.add_field("author", "verified", "boolean", default=False)


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.from_lexicon("atproto", lexicon({"author": AUTHOR, "text": STRING}, ["author"]))


@pytest.fixture(scope="module")
def other() -> Schema:
    return Schema.from_lexicon("atproto", lexicon({"text": STRING}))


def test_steps_apply_to_what_they_speak_of(schema: Schema, other: Schema) -> None:
    both = RENAME | ADD
    assert both.applies_to(schema)
    lens = both.lens(schema)
    record = {"author": {"name": "a", "mail": "m"}, "text": "x"}
    view, complement = lens.get(record)
    assert view == {"author": {"displayName": "a", "mail": "m", "verified": False}, "text": "x"}
    view["author"]["displayName"] = "b"
    assert lens.put(view, complement) == {"author": {"name": "b", "mail": "m"}, "text": "x"}
    assert [field.name for field in both.target(schema).fields()[0].fields] == ["displayName", "mail", "verified"]

    found = both.applies_to(other)
    assert not found
    assert found.reasons[0].code
    assert "author" in str(found)
    with pytest.raises(PanprotoError):
        both.lens(other)
    fleet = both.fleet({"one": schema, "two": other})
    assert fleet.applied == ("one",)
    assert list(fleet.skipped) == ["two"]


def test_chains_are_values(schema: Schema) -> None:
    both = RENAME | ADD
    assert chain.parse(both.to_json()) == both
    assert hash(chain.parse(both.to_json())) == hash(both)
    assert pickle.loads(pickle.dumps(both)) == both
    assert len(both) == 2
    assert [step.step_type for step in both] == ["rename_field", "add_field"]
    assert "displayName" in str(both)
    assert json.loads(both.to_json())[0]["step_type"] == "rename_field"
    match RENAME:
        case chain.Chain(text):
            assert text == RENAME.json


def test_what_a_chain_says_before_it_runs(schema: Schema) -> None:
    assert RENAME.lossless
    assert str(RENAME.cost) == "0.0"
    assert RENAME.optic() == "iso"
    drop = chain.remove_field("author", "mail")
    assert not drop.lossless
    assert drop.cost > RENAME.cost
    assert drop.spec["captured_data"]
    assert drop.optic(schema) in ("lens", "affine")
    assert (RENAME | chain.rename_field("author", "displayName", "name")).simplify().steps == ()
    assert len((RENAME | ADD).fuse()) == 1
    back = RENAME.inverse(schema)
    assert back.lens(RENAME.target(schema)).lift({"author": {"displayName": "a"}}) == {"author": {"name": "a"}}


def test_wrong_chains_say_where() -> None:
    with pytest.raises(PanprotoError) as caught:
        chain.parse('[{"step_type": "rename_field", "nmae": "x"}]')
    assert caught.value.path
    assert caught.value.span
    for text in ("", "{", "[1]", '[{"step_type":"nothing"}]'):
        with pytest.raises(PanprotoError):
            chain.parse(text)


def test_inner_steps_are_a_chain() -> None:
    with pytest.raises(PanprotoError) as caught:
        chain.map_items("tags", "rename")  # type: ignore[arg-type]
    assert caught.value.code == "wrong-argument"


def test_lenses_compose(schema: Schema) -> None:
    first = RENAME.lens(schema)
    second = ADD.lens(RENAME.target(schema))
    record = {"author": {"name": "a"}, "text": "x"}
    view, complement = (first | second).get(record)
    assert view == (RENAME | ADD).lens(schema).lift(record)
    assert (first | second).put(view, complement) == record
    with pytest.raises(PanprotoError):
        second.then(first)


def test_handles_of_published_releases(schema: Schema, other: Schema) -> None:
    handle = ProtolensChainHandle.from_json(RENAME.to_json())
    assert handle.check_applicability(schema) == (True, [])  # type: ignore[arg-type]
    applies, reasons = handle.check_applicability(other)  # type: ignore[arg-type]
    assert not applies
    assert all(isinstance(reason, str) for reason in reasons)
    two = handle.compose(ProtolensChainHandle.from_json(ADD.to_json()))
    assert two.chain == RENAME | ADD
    with two.instantiate(schema) as lens:
        got = lens.get(b'{"author":{"name":"a"}}')
        assert got["view"] == {"author": {"displayName": "a", "verified": False}}
    needs = two.requirements(schema)  # type: ignore[arg-type]
    assert [one.element_name for one in needs.forward_defaults] == ["author.verified"]
    assert isinstance(LensHandle.from_chain(two, schema), LensHandle)
    assert len(two.fuse().chain) == 1
    kinds = two.lift(json.dumps({"sort_map": {}, "op_map": {"name": "title"}}).encode())
    assert '"title"' in kinds.to_json()
    with Panproto.load() as pp:
        composed = pp.compose_lenses(handle.instantiate(schema), LensHandle(ADD.lens(RENAME.target(schema))))
        assert composed.get({"author": {"name": "a"}})["view"]["author"]["verified"] is False
    two.close()
    with pytest.raises(PanprotoError):
        two.to_json()


def test_steps_that_compute() -> None:
    person = Schema.from_json_schema(
        {
            "type": "object",
            "required": ["first", "last"],
            "properties": {"first": STRING, "last": STRING, "age": {"type": "integer"}},
        }
    )
    record = {"first": "Ada", "last": "Lovelace", "age": 36}
    parts = 'let p = split name " " in {first = p[0], last = p[1]}'
    merge = chain.merge_fields("", ["first", "last"], "name", 'first ++ " " ++ last', inverse=parts)
    lens = merge.lens(person)
    view, complement = lens.get(record)
    assert view == {"name": "Ada Lovelace", "age": 36}
    assert lens.put({**view, "name": "Grace Hopper"}, complement) == {**record, "first": "Grace", "last": "Hopper"}
    split = chain.split_field("", "name", ["first", {"name": "last", "kind": "string"}], parts)
    assert split.lens(merge.target(person)).lift(view) == record
    assert chain.compute_field("", "adult", "age >= 18", kind="boolean").lens(person).lift(record)["adult"] is True
    older = Expression.parse("v + 1")
    assert chain.apply_expr("", "age", older, inverse="v - 1", coercion="iso").lens(person).lift(record)["age"] == 37
    assert chain.map_references("", "first", {"Ada": "A."}).lens(person).lift(record)["first"] == "A."
    assert "age" not in chain.conditional("", "age", "age > 99").lens(person).lift(record)
    assert chain.close().lens(person).lift({**record, "more": 1}) == record
    named = chain.case(
        [('first == "Ada"', chain.rename_field("", "first", "name") | chain.remove_field("", "last", default=""))],
        chain.rename_field("", "first", "name") | chain.remove_field("", "last", default="?"),
    )
    assert named.lens(person).lift(record) == {"name": "Ada", "age": 36}
    with pytest.raises(PanprotoError) as caught:
        merge.inverse(person)
    assert caught.value.code == "no-inverse"


def test_lens_documents(schema: Schema, other: Schema) -> None:
    found = chain.document("id: one\nextensions: {by: me}\nsteps:\n- rename_field: {old: text, new: body}\n")
    assert (found.id, found.invertible, found.extensions) == ("one", False, {"by": "me"})
    assert found.chain == chain.rename_field("", "text", "body")
    assert chain.document('{"steps": [{"remove_field": "text"}]}').chain == chain.remove_field("", "text")
    both = chain.document("compose: {mode: vertical, lenses: [one, {steps: [{remove_field: body}]}]}", documents=[
        "id: one\nsteps: [{rename_field: {old: text, new: body}}]",
    ])  # fmt: skip
    assert len(both.chain) == 2
    assert chain.document("auto: true", old=other, new=other).chain.steps == ()
    with pytest.raises(PanprotoError) as caught:
        chain.document("auto: true")
    assert caught.value.code == "document-needs-schemas"


def test_questions_of_a_chain_that_is_found() -> None:
    other = Schema.from_json_schema({"type": "object", "properties": {"text": STRING}})
    renamed = chain.rename_field("", "text", "body").target(other)
    open_ = chain.between(other, renamed)
    assert [candidate.answer for candidate in open_.questions[0].candidates] == ["body"]
    found = chain.between(other, renamed, hints={"text": "body"})
    assert found.questions == ()
    assert found.chain == chain.rename_field("", "text", "body")
