"""The way that a newcomer goes."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from conftest import DEFAULTS, HINTS, RECORD

import panproto
from panproto import Field, Lens, Migration, PanprotoError, PanprotoMigrationError, Protocol, Schema

pytestmark = pytest.mark.smoke


def test_fields_of_a_schema(old: Schema) -> None:
    fields = {field.name: field for field in old.fields()}
    assert list(fields) == ["text", "stats", "sensitive", "items"]
    assert fields["text"].required
    assert not fields["stats"].required
    assert fields["items"].type == "array<object>"
    assert fields["text"].constraints == {"maxBytes": 300}


def test_a_default_of_null_is_a_default() -> None:
    properties = {"a": {"type": ["string", "null"], "default": None}, "b": {"type": "string"}, "c": {"default": 1}}
    schema = Schema.from_json_schema({"type": "object", "properties": properties})
    assert [(field.default, field.has_default) for field in schema] == [(None, True), (None, False), (1, True)]
    assert pickle.loads(pickle.dumps(schema["a"])).has_default
    assert schema["a"] != Field(*schema["a"]._members()[:-1], False)
    assert "<td>null</td>" in schema._repr_html_()


def test_members_by_name(old: Schema) -> None:
    assert old["text"].required
    assert ("text" in old, "nothing" in old, old["text"] in old, 5 in old) == (True, False, True, False)
    with pytest.raises(KeyError):
        old["nothing"]


def test_protocols_load() -> None:
    protocol = Protocol.load("atproto")
    assert protocol.name == "atproto"
    assert protocol == Protocol.load("atproto")
    assert "record" in protocol.spec["obj_kinds"]
    with pytest.raises(PanprotoError) as caught:
        Protocol.load("nothing")
    assert caught.value.code == "unknown-protocol"


def test_a_diff_iterates_changes(old: Schema, new: Schema) -> None:
    diff = old.diff(new)
    kinds = {(change.kind, change.path) for change in diff}
    assert ("field-removed", "text") in kinds
    assert ("field-added", "body") in kinds
    assert diff
    assert not old.diff(old)


def test_questions_come_before_guesses(old: Schema, new: Schema) -> None:
    migration = Migration.between(old, new)
    assert "body" in {question.path for question in migration.questions}
    with pytest.raises(PanprotoMigrationError) as caught:
        migration.lens()
    assert caught.value.code == "migration-undecided"


def test_both_ways(lens: Lens) -> None:
    record = copy.deepcopy(RECORD)
    view, complement = lens.get(record)
    assert view["body"] == "hello"
    assert view["likeCount"] == 3
    assert view["visibility"] == "public"
    assert view["items"] == [{"key": "a", "amount": 1}, {"key": "b", "amount": 2}]
    assert view["langs"] == ["en"]
    assert "sensitive" not in view
    assert record == RECORD
    assert lens.put(view, complement) == RECORD

    view["body"] = "edited"
    view["items"].insert(0, {"key": "c", "amount": 9})
    restored = lens.put(view, complement)
    assert restored["text"] == "edited"
    assert restored["sensitive"] is True
    assert [item["value"] for item in restored["items"]] == [9, 1, 2]
    assert lens.check_laws(RECORD)


def test_a_view_alone_creates_a_record(lens: Lens) -> None:
    created = lens.create({"body": "x", "visibility": "public"})
    assert created == {"text": "x"}


@pytest.mark.parametrize("kind", [str, bytes, bytearray, memoryview])
def test_text_comes_back_in_its_kind(lens: Lens, kind: type) -> None:
    text = json.dumps(RECORD, separators=(",", ":"))
    given = text if kind is str else kind(text.encode())
    lifted = lens.lift(given)
    assert type(lifted) is kind
    view, complement = lens.get(given)
    assert type(view) is kind
    restored = lens.put(view, complement)
    assert type(restored) is kind
    assert (restored if kind is str else bytes(restored).decode()) == text


def test_lens_in_one_step(old: Schema, new: Schema, lens: Lens) -> None:
    assert panproto.lens(old, new, hints=HINTS, defaults=DEFAULTS) == lens
    assert old.lens_to(new, hints=HINTS, defaults=DEFAULTS) == lens


def test_spec_says_what_the_complement_holds(lens: Lens) -> None:
    spec = lens.spec()
    assert "sensitive" in {statement.path for statement in spec.complement}
    assert not spec.lossless
    assert "sensitive" in str(spec)
