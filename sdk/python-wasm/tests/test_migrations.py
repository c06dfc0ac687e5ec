"""Migrations as data, and verdicts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from conftest import DEFAULTS, HINTS, INTEGER, NEW, OLD, RECORD, STRING, lexicon

from panproto import Migration, PanprotoError, PanprotoParseError, PanprotoTypeCheckError, Schema


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


def test_a_migration_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, old: Schema, new: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = Migration.between(old, new, hints=HINTS, defaults=DEFAULTS)
    place = tmp_path / "m.json"
    migration.save(place)

    def full(handle: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        migration.save(place)
    assert Migration.load(place) == migration
    assert [path.name for path in tmp_path.iterdir()] == ["m.json"]


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


def test_a_declaration_that_is_no_text_of_one_shows_the_place() -> None:
    for text, message, span in (
        ('{"a": 1,, }', "JSON", (8, 9)),
        ('{"é": x', "JSON", (7, 8)),
        ("a: [", "YAML", (4, 4)),
        ("{", "JSON", (1, 1)),
    ):
        if message == "YAML":
            pytest.importorskip("yaml")
        with pytest.raises(PanprotoParseError) as caught:
            Migration.compile(text)
        assert (caught.value.code, caught.value.span) == ("declaration-syntax", span)
        assert message in caught.value.message
        assert "^" in caught.value.__notes__[1]
    with pytest.raises(PanprotoParseError) as caught:
        Migration.compile(b"\xff")
    assert caught.value.code == "text-encoding"


def test_a_file_that_holds_no_migration_is_a_coded_error(tmp_path: Path) -> None:
    place = tmp_path / "m.json"
    for content in (bytes(range(256)), b"[" * 100_000, b"[]", b"", b"{}", b"\xff\xfe"):
        place.write_bytes(content)
        with pytest.raises(PanprotoParseError) as caught:
            Migration.load(place)
        assert caught.value.code == "migration-file"


def test_a_verdict_is_a_log_for_code_scanning(old: Schema, new: Schema) -> None:
    verdict = old.diff(new).verdict()
    (run,) = json.loads(verdict.to_sarif())["runs"]
    found = [found for each in (verdict.backward, verdict.forward, verdict.source) for found in each.findings]
    assert [result["ruleId"] for result in run["results"]] == [each.code for each in found]
    assert "physicalLocation" not in run["results"][0]["locations"][0]
    (run,) = json.loads(verdict.to_sarif(file="a b.json"))["runs"]
    location = run["results"][0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.json"
    assert location["logicalLocations"][0]["fullyQualifiedName"] == found[0].path
    # A value: what is taken out of it is no part of it.
    verdict.to_dict()["backward"]["findings"].clear()
    assert verdict.backward.findings == old.diff(new).verdict().backward.findings


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
