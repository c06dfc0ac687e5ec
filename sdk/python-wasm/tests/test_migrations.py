"""Migrations as data, and verdicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import DEFAULTS, HINTS, INTEGER, NEW, OLD, RECORD, STRING, lexicon

from panproto import Migration, PanprotoError, PanprotoTypeCheckError, Schema


def test_a_migration_is_saved_and_loaded(tmp_path: Path, old: Schema, new: Schema) -> None:
    migration = Migration.between(old, new, hints=HINTS, defaults=DEFAULTS)
    place = tmp_path / "post.json"
    migration.save(place)
    again = Migration.load(place)
    assert again == migration
    assert again.changes == migration.changes
    assert again.lens().lift(RECORD) == migration.lens().lift(RECORD)
    text = place.read_text()
    document = json.loads(text)
    for wrong in (
        "",
        "{}",
        "[1]",
        text.replace(document["digest"], "00" * 32),
        text.replace("panproto migration 1", "x"),
    ):
        place.write_text(wrong)
        with pytest.raises(PanprotoError) as caught:
            Migration.load(place)
        assert caught.value.code == "migration-file"


def test_a_migration_says_what_it_does(old: Schema, new: Schema) -> None:
    migration = Migration.between(old, new, hints=HINTS, defaults=DEFAULTS)
    assert migration.decided
    assert not migration.lossless
    assert ("rename", "text", "body") in {change[:3] for change in migration.changes}
    assert "rename `text` → `body`" in str(migration)


def test_declarations(old: Schema, new: Schema) -> None:
    declaration = {"source": old, "target": new, "fields": HINTS, "defaults": DEFAULTS}
    migration = Migration.between(old, new, hints=HINTS, defaults=DEFAULTS)
    assert Migration.compile(declaration) == migration
    text = json.dumps({"source": OLD, "target": NEW, "fields": HINTS, "defaults": DEFAULTS})
    assert Migration.compile(text) == migration
    with pytest.raises(PanprotoTypeCheckError) as caught:
        Migration.compile({"source": old, "target": new})
    assert caught.value.code == "migration-undecided"
    assert caught.value.path
    with pytest.raises(PanprotoTypeCheckError) as caught:
        Migration.compile({**declaration, "feilds": {}})
    assert caught.value.path == "feilds"
    with pytest.raises(PanprotoTypeCheckError):
        Migration.compile({"source": old})


def test_wrong_hints_are_errors(old: Schema, new: Schema) -> None:
    with pytest.raises(PanprotoError):
        Migration.between(old, new, hints={"nothing": "body"})
    with pytest.raises(PanprotoError):
        Migration.between(OLD, new)  # type: ignore[arg-type]
    with pytest.raises(PanprotoError) as caught:
        Migration.between(old, new, defaults={"visibility": {1}})
    assert caught.value.path == "defaults.visibility"


def test_verdicts() -> None:
    old = Schema.from_lexicon("atproto", lexicon({"a": STRING}))
    optional = Schema.from_lexicon("atproto", lexicon({"a": STRING, "b": INTEGER}))
    required = Schema.from_lexicon("atproto", lexicon({"a": STRING, "b": INTEGER}, ["b"]))
    verdict = old.diff(optional).verdict()
    assert verdict.backward.kind == "safe"
    assert verdict.backward
    assert verdict.reading["undeclared"] == "reserved"
    verdict = old.diff(required).verdict()
    assert verdict.backward.kind == "breaks"
    finding = verdict.backward.findings[0]
    assert finding.code
    assert "b" in finding.path
    assert "b" not in finding.witness
    assert json.loads(verdict.to_json())["backward"]["kind"] == "breaks"
    assert str(verdict)
    assert old.diff(optional).verdict(reading={"undeclared": "arbitrary"}).backward.kind == "breaks"
