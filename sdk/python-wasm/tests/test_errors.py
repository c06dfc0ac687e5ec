"""Errors: a class for each kind, their members, what a traceback shows, and pickles."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from conftest import OLD, RECORD, SOURCE

import panproto
from panproto import (
    ExistenceCheckError,
    Lens,
    MigrationError,
    PanprotoCancelledError,
    PanprotoDataError,
    PanprotoError,
    PanprotoInternalError,
    PanprotoLensError,
    PanprotoLensLawError,
    PanprotoLimitError,
    PanprotoMigrationError,
    PanprotoParseError,
    PanprotoSchemaError,
    PanprotoTypeCheckError,
    PanprotoUsageError,
    Schema,
    SchemaValidationError,
    WasmError,
)
from panproto_wasm import _errors

pytestmark = pytest.mark.smoke

CLASSES = {
    PanprotoParseError: (PanprotoError, ValueError),
    PanprotoSchemaError: (SchemaValidationError, ValueError),
    PanprotoTypeCheckError: (PanprotoError, TypeError),
    PanprotoMigrationError: (MigrationError, ValueError),
    PanprotoLensError: (PanprotoError, ValueError),
    PanprotoLensLawError: (PanprotoLensError,),
    PanprotoDataError: (PanprotoError, ValueError),
    PanprotoLimitError: (PanprotoError,),
    PanprotoCancelledError: (PanprotoError,),
    PanprotoUsageError: (PanprotoError, ValueError),
    PanprotoInternalError: (WasmError, RuntimeError),
    ExistenceCheckError: (PanprotoError,),
}


def test_each_kind_has_its_class() -> None:
    for kind, bases in CLASSES.items():
        assert issubclass(kind, bases)
        assert issubclass(kind, PanprotoError)
        assert kind in _errors.KINDS.values() or kind in (PanprotoLensLawError, ExistenceCheckError)


@pytest.mark.parametrize("kind", sorted(_errors.KINDS))
def test_errors_survive_pickles_and_copies(kind: str) -> None:
    made = _errors.from_wire(
        {"kind": kind, "code": "c", "message": "m", "path": "a.b", "span": [3, 4], "help": "h", "record": 1, "line": 2},
        (b"[1,x]",),
    )
    again = [pickle.loads(pickle.dumps(made, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for other in (*again, copy.copy(made), copy.deepcopy(made)):
        assert type(other) is type(made)
        assert other.__dict__ == made.__dict__
        assert str(other) == str(made)
        assert repr(other) == repr(made)
        assert (other, hash(other)) == (made, hash(made))
        assert other is made or other not in [type(made)("m"), PanprotoError("m")]
    for own in (ExistenceCheckError("m", {"valid": False, "errors": []}), SchemaValidationError("m", ("a",))):
        assert pickle.loads(pickle.dumps(own)).__dict__ == own.__dict__


def test_a_traceback_shows_the_place() -> None:
    text = '{"lexicon": 1,\n  "id": com.example}'
    with pytest.raises(PanprotoParseError) as caught:
        Schema.from_lexicon("atproto", text)
    error = caught.value
    shown = "".join(traceback.format_exception(error))
    assert '2 |   "id": com.example}' in shown
    # Tracebacks have carets of their own: ours stand under the text.
    lines = iter(shown.splitlines())
    source = next(one for one in lines if one.startswith("2 | "))
    line = next(lines)
    assert error.span is not None
    assert source[line.index("^")] == text[error.span[0]]
    assert error.code in shown
    match error:
        case PanprotoError(code="json-syntax", span=(start, _)):
            assert text[start] == "c"


def test_the_snippet_counts_characters_and_tells_which_document() -> None:
    with pytest.raises(PanprotoError) as caught:
        Schema.from_lexicon("atproto", [OLD, '{"é€𝄞": x}'])
    error = caught.value
    assert error.document == 1
    (snippet,) = [note for note in error.__notes__ if "^" in note]
    source, caret = snippet.splitlines()
    assert source[caret.index("^")] == "x"


def test_a_snippet_of_a_long_line_is_cut() -> None:
    with pytest.raises(PanprotoError) as caught:
        Schema.from_lexicon("atproto", '{"a": "' + "x" * 100_000 + '", b}')
    assert max(len(note) for note in caught.value.__notes__) < 1000


def caret_of(text: str | bytes) -> tuple[str, str]:
    """The line that is shown, and what stands under it."""
    with pytest.raises(PanprotoError) as caught:
        Schema.parse("json-schema", text)
    line, caret = caught.value.__notes__[1].split("\n")
    return line, caret


def test_the_caret_stands_under_wide_and_combined_characters() -> None:
    # Two columns each for what is wide, none for an accent that joins a letter.
    assert caret_of('{"日本": x}') == ('1 | {"日本": x}', " " * 4 + " " * 9 + "^")
    assert caret_of('{"a\u0301": x}')[1] == " " * 4 + " " * 6 + "^"
    assert caret_of('{"日" "日"}')[1] == " " * 4 + " " * 6 + "^"


def test_a_snippet_is_cut_between_characters() -> None:
    for size in range(100, 104):
        line, _ = caret_of('{"a": "' + "é" * 10 + "日" * size + '", x}' + "日" * size)
        assert "\ufffd" not in line


def test_a_snippet_does_nothing_to_the_terminal() -> None:
    line, caret = caret_of('{"a\u202e": \x1b[31m x}\u2028')
    assert line == '1 | {"a ":  [31m x} '
    assert caret.index("^") == line.index("[") - 1


def test_a_document_among_several_is_named_and_one_with_a_mark_is_read(lens: Lens) -> None:
    with pytest.raises(PanprotoError) as caught:
        Schema.parse("atproto", [OLD, '{"lexicon": 1,, }'])
    assert caught.value.__notes__[0] == "json-syntax: in document 1"
    marked = ("\ufeff" + json.dumps(OLD)).encode()
    expected = Schema.from_lexicon("atproto", OLD)
    assert Schema.from_lexicon("atproto", marked) == Schema.from_lexicon("atproto", marked.decode()) == expected


def test_an_open_file_is_a_document(tmp_path: Path) -> None:
    place = tmp_path / "post.json"
    place.write_text(json.dumps(OLD, indent=1))
    expected = Schema.from_lexicon("atproto", OLD)
    with place.open() as text, place.open("rb") as binary:
        assert Schema.from_lexicon("atproto", text) == Schema.from_lexicon("atproto", [binary]) == expected

    class Odd:
        def read(self, size: int = -1) -> int:
            return 5

    with pytest.raises(PanprotoUsageError):
        Schema.from_lexicon("atproto", Odd())  # type: ignore[arg-type]


def test_a_code_a_path_and_help(lens: Lens) -> None:
    with pytest.raises(PanprotoError) as caught:
        panproto.Migration.between(lens, lens)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.path) == ("wrong-argument", "old")
    assert caught.value.help
    with pytest.raises(PanprotoDataError) as data:
        lens.lift({**RECORD, "text": {1, 2}})
    assert data.value.path == "text"
    assert "code='not-representable'" in repr(data.value)


def test_an_uncaught_error_prints_its_notes() -> None:
    code = "import panproto; panproto.Schema.parse('json-schema', '{\"type\": }')"
    env = {"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=120)
    assert '1 | {"type": }' in done.stderr
    assert "^" in done.stderr


def test_laws_that_do_not_hold_raise_where_that_is_asked_for(lens: Lens) -> None:
    lens.verify(RECORD)
    broken = panproto.LawCheckResult(False, "GetPut: the record does not come back")
    with pytest.raises(PanprotoLensLawError) as caught:
        broken.verify()
    assert caught.value.code == "law-violated"
    panproto.LawCheckResult(True, None).verify()


def test_notebooks_show_values(old: Schema, new: Schema, lens: Lens) -> None:
    pages = [
        old._repr_html_(), old.diff(new)._repr_html_(), old.diff(old)._repr_html_(),
        old.diff(new).verdict()._repr_html_(), panproto.Migration.between(old, new)._repr_html_(), lens._repr_html_(),
        panproto.chain.rename_field("", "<b>", "c")._repr_html_(),
    ]  # fmt: skip
    assert all(page.startswith("<") and page.endswith(">") for page in pages)
    assert "<td>text</td>" in pages[0]
    assert "breaks" in pages[3]
    assert "&lt;b&gt;" in pages[6]
    evil = Schema.parse("json-schema", {"type": "object", "properties": {"<script>": {"type": "string"}}})
    assert "<script>" not in evil._repr_html_()


def test_values_have_hashes_and_match(old: Schema, new: Schema) -> None:
    verdict = old.diff(new).verdict()
    values = [*old.fields(), *verdict.backward.findings, verdict, verdict.backward, old.diff(new), *old.diff(new),
              panproto.VertexRow("a", "b"), panproto.EdgeRow("a", "b", "c")]  # fmt: skip
    assert len({hash(value) for value in values}) > len(values) // 2
    for value in values:
        assert pickle.loads(pickle.dumps(value)) == value
        assert hash(copy.deepcopy(value)) == hash(value)
        assert value != object()
    match verdict:
        case panproto.Verdict(panproto.Judgement("breaks", findings)):
            assert findings == verdict.backward.findings
    match panproto.EdgeRow("a", "b", "prop", "x"):
        case panproto.EdgeRow(source, target, "prop"):
            assert (source, target) == ("a", "b")
    with pytest.raises(AttributeError):
        old.fields()[0].name = "x"


@pytest.mark.parametrize("name", ["records.json", "/data/records.ndjson", "C:\\data\\Records.JSONL", " a[1].json\n"])
def test_the_name_of_a_file_is_no_record_and_the_error_says_what_is_meant(lens: Lens, name: str) -> None:
    for call in (
        lambda: lens.lift(name),
        lambda: lens.lift(name.encode()),
        lambda: lens.get(name),
        lambda: lens.put(name, lens.get(RECORD).complement),
        lambda: lens.lift_ndjson(name),
        lambda: list(lens.convert([name])),
        lambda: lens.check_laws(name),
    ):
        with pytest.raises(PanprotoParseError) as caught:
            call()
        assert caught.value.code == "json-syntax"
        assert "convert_file" in str(caught.value.help)
        assert any("convert_file" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("text", ["", "x", '{"name": "a.json', '"a.json', "{a.json", "a\nb.json", "x" * 2000 + ".json"])
def test_other_texts_get_no_such_help(lens: Lens, text: str) -> None:
    with pytest.raises(PanprotoParseError) as caught:
        lens.lift(text)
    assert "convert_file" not in str(caught.value.help)
