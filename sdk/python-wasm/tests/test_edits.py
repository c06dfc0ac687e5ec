"""Edits of records and of their views, translated without the record."""

from __future__ import annotations

import pickle

import pytest
from conftest import INTEGER, STRING, lexicon

import panproto
from panproto import EditLens, Instance, Migration, PanprotoError, Schema

TAGS = {"type": "array", "items": STRING}


@pytest.fixture(scope="module")
def both() -> tuple[Schema, Schema, EditLens]:
    old = Schema.from_lexicon("atproto", lexicon({"text": STRING, "n": INTEGER, "tags": TAGS}))
    new = Schema.from_lexicon("atproto", lexicon({"body": STRING, "tags": TAGS}))
    migration = Migration.between(old, new, hints={"text": "body", "n": None})
    return old, new, EditLens(migration, new)


def test_instances_are_edited_by_paths(both: tuple[Schema, Schema, EditLens]) -> None:
    instance = Instance.from_json(both[0], {"text": "a", "n": 1, "tags": ["x"]})
    changed = instance.edit([{"op": "replace", "path": "/text", "value": "b"}, {"op": "remove", "path": "/n"}])
    assert changed.to_value() == {"text": "b", "tags": ["x"]}
    assert instance.to_value() == {"text": "a", "n": 1, "tags": ["x"]}
    with pytest.raises(PanprotoError) as caught:
        instance.edit([{"op": "replace", "path": "/nothing", "value": 1}])
    assert instance.edit({"op": "replace", "path": "/text", "value": "c"}).to_value()["text"] == "c"
    assert caught.value.path


def test_edits_go_both_ways_without_the_record(both: tuple[Schema, Schema, EditLens]) -> None:
    old, _, lens = both
    source = Instance.from_json(old, {"text": "a", "n": 1, "tags": ["x"]})
    view, state = lens.open(source)
    assert view.to_value() == {"body": "a", "tags": ["x"]}
    edit, state, absorbed = lens.put(state, [{"op": "replace", "path": "/body", "value": "b"}])
    assert not absorbed
    assert source.edit(edit).to_value() == {"text": "b", "n": 1, "tags": ["x"]}
    there = lens.get(state, [{"op": "replace", "path": "/text", "value": "c"}])
    assert view.edit(there.edit).to_value()["body"] == "c"
    hidden = lens.get(there.state, [{"op": "replace", "path": "/n", "value": 2}])
    assert hidden.absorbed
    assert pickle.loads(pickle.dumps(lens)) == lens


def test_edits_go_along_the_lens_of_a_chain() -> None:
    schema = Schema.from_lexicon("atproto", lexicon({"first": STRING, "last": STRING, "n": INTEGER}))
    chain = panproto.chain.rename_field("", "n", "count") | panproto.chain.merge_fields(
        "", ["first", "last"], "name", 'concat first (concat " " last)'
    )
    lens = EditLens(chain.lens(schema), chain.target(schema))
    source = Instance.from_json(schema, {"first": "Ada", "last": "Lovelace", "n": 1})
    view, state = lens.open(source)
    assert view.to_value() == {"count": 1, "name": "Ada Lovelace"}
    there = lens.get(state, [{"op": "replace", "path": "/first", "value": "Augusta"}])
    assert view.edit(there.edit).to_value() == {"count": 1, "name": "Augusta Lovelace"}
    back = lens.put(there.state, [{"op": "replace", "path": "/count", "value": 2}])
    assert source.edit(back.edit).to_value() == {"first": "Ada", "last": "Lovelace", "n": 2}
    assert pickle.loads(pickle.dumps(lens)) == lens
