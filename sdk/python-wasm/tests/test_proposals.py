"""Ways to answer what is open, what two schemas share, and instances along migrations."""

from __future__ import annotations

import pytest
from conftest import DEFAULTS, HINTS, STRING, lexicon

from panproto import Expression, Instance, Migration, PanprotoError, Schema


@pytest.fixture(scope="module")
def pair() -> tuple[Schema, Schema]:
    return (
        Schema.from_lexicon("atproto", lexicon({"text": STRING, "nick": STRING}, ["nick"])),
        Schema.from_lexicon("atproto", lexicon({"text": STRING, "alias": STRING}, ["alias"])),
    )


def test_proposals_hold_the_hints_that_accept_them(pair: tuple[Schema, Schema]) -> None:
    old, new = pair
    spec = {"alias_clusters": [["nick", "alias"]]}
    found = Migration.candidates(old, new, stringency="exploratory", hint_spec=spec)
    best, second = found.candidates[:2]
    assert best.hints == {"nick": "alias"}
    assert second.hints == {"nick": None}
    assert best.score > second.score
    assert {"nick"} <= {step.from_path for step in best.steps}
    assert not Migration.between(old, new).decided
    assert Migration.between(old, new, hints=best.hints).decided
    assert len(Migration.candidates(old, new, stringency="exploratory", hint_spec=spec, top_n=1).candidates) == 1
    with pytest.raises(PanprotoError) as caught:
        Migration.candidates(old, new, stringency="any")  # type: ignore[arg-type]
    assert caught.value.help


def test_proposed_conversions_are_told() -> None:
    old = Schema.from_lexicon("atproto", lexicon({"n": {"type": "integer"}}))
    new = Schema.from_lexicon("atproto", lexicon({"n": STRING}))
    found = Migration.candidates(old, new)
    assert [(one.src, one.tgt) for one in found.coerce_proposals] == [("n", "n")]


def test_hints_of_published_releases(pair: tuple[Schema, Schema]) -> None:
    old, new = pair
    ids = [{edge["name"]: edge["tgt"] for edge in schema.graph()["edges"]} for schema in pair]
    anchors = {"anchors": {ids[0]["nick"]: ids[1]["alias"]}}
    made = Migration.between(old, new, hint_spec=anchors)
    assert made == Migration.between(old, new, hints={"nick": "alias"})
    with pytest.raises(PanprotoError) as caught:
        Migration.between(old, new, hint_spec='{"anchors": {"no": "no"}}')
    assert caught.value.code == "unknown-vertex"


def test_spans(pair: tuple[Schema, Schema]) -> None:
    old, new = pair
    found = Migration.span(old, new)
    assert not found.is_total
    assert [edge["name"] for edge in found.apex_edges if edge["name"]] == ["text"]
    assert [field.name for field in found.apex.fields()] == ["text"]
    assert found.vertex_map.keys() == set(found.apex_vertices)
    itself = Migration.span(old, old)
    assert itself.is_total
    assert itself.quality_bounds == (itself.quality, 1.0)
    assert Migration.span(old, new, hints={"nick": "alias"}).is_total


def test_verdicts_know_what_a_migration_repairs(old: Schema, new: Schema) -> None:
    migration = Migration.between(old, new, hints=HINTS, defaults=DEFAULTS)
    bare, repaired = old.diff(new).verdict(), old.diff(new).verdict(migration=migration)
    assert {finding.repaired_by_migration for finding in bare.backward.findings} == {None}
    assert any(finding.repaired_by_migration for finding in repaired.backward.findings)
    assert old.diff(new).verdict(lens=migration.lens()).backward == repaired.backward


def test_instances_move_along_migrations(pair: tuple[Schema, Schema]) -> None:
    old, new = pair
    migration = Migration.between(old, new, hints={"nick": "alias"})
    record = {"$type": "com.example.post", "text": "a", "nick": "b"}
    instance = Instance.from_json(old, record)
    moved = {"$type": "com.example.post", "text": "a", "alias": "b"}
    assert instance.extend(migration, new).to_value() == moved
    assert instance.pi(migration, new).to_value() == moved
    fibers = instance.fibers(migration)
    assert fibers
    vertex, nodes = next(iter(fibers.items()))
    assert instance.fiber(migration, vertex) == nodes
    assert instance.fiber(migration, vertex, where="1 == 2") == ()
    groups = instance.groups(migration)
    assert groups.keys() == fibers.keys()
    pairs = instance.join(migration, instance)
    assert instance.join(migration, instance, migration.mapping()) == pairs
    assert len(pairs) == sum(len(nodes) ** 2 for nodes in fibers.values())


def test_a_part_and_the_rest_are_the_whole_again() -> None:
    old = Schema.from_lexicon("atproto", lexicon({"text": STRING, "nick": STRING}))
    new = Schema.from_lexicon("atproto", lexicon({"text": STRING}))
    migration = Migration.between(old, new, hints={"nick": None})
    instance = Instance.from_json(old, {"$type": "com.example.post", "text": "a", "nick": "b"})
    kept, rest = instance.restrict_with_complement(migration, new)
    assert kept == instance.restrict(migration, new)
    assert "nick" not in kept.to_value()
    assert rest is not None
    assert kept.section(rest, old) == instance
    with pytest.raises(PanprotoError):
        kept.section("{", old)


def test_mappings_are_instances_of_a_schema_of_maps(pair: tuple[Schema, Schema]) -> None:
    old, new = pair
    mapping = Migration.between(old, new, hints={"nick": "alias"}).mapping()
    assert mapping["vertex_map"]
    curried = Instance.curry(old, new, mapping)
    assert curried.schema.protocol == "hom"
    assert curried.validate()
    assert Instance.curry(old, new, Migration.between(old, new, hints={"nick": "alias"})) == curried
    assert Instance.curry(old, new, curried.eval(old)) == curried


def test_a_text_that_is_no_tree_is_told_how_to_be_read() -> None:
    for use in (str, Expression.check, Expression.eval, lambda one: one.substitute("a", "b")):
        with pytest.raises(PanprotoError) as caught:
            use(Expression("first ++ last"))
        assert caught.value.code == "json-syntax"
        assert caught.value.help == "read a text with `Expression.parse`"
        assert caught.value.__notes__[-1] == f"help: {caught.value.help}"
    with pytest.raises(PanprotoError) as caught:
        Expression.parse("first ++")
    assert caught.value.help != "read a text with `Expression.parse`"
