"""The command line."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import NEW, OLD, RECORD, SOURCE, STRING, lexicon

from panproto import Migration
from panproto_wasm import _cli

HINTS = ["--hint", "text=body", "--hint", "items[].value=items[].amount", "--hint", "sensitive="]
DEFAULTS = ["--default", 'visibility="public"']


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two versions, a folder of lexicons, and records."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v1.json").write_text(json.dumps(OLD))
    (tmp_path / "v2.json").write_text(json.dumps(NEW))
    (tmp_path / "lexicons").mkdir()
    (tmp_path / "lexicons" / "post.json").write_text(json.dumps(OLD))
    (tmp_path / "lexicons" / "other.json").write_text(json.dumps(lexicon({"a": STRING}, id="com.example.other")))
    (tmp_path / "posts.ndjson").write_text((json.dumps(RECORD) + "\n") * 3)
    return tmp_path


@pytest.fixture
def repository(place: Path) -> Path:
    """The same under git, with the new version of one lexicon in the working tree."""
    if shutil.which("git") is None:
        pytest.skip("SKIPPED: there is no git")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=place, check=True)
    (place / "lexicons" / "post.json").write_text(json.dumps(NEW))
    return place


def test_diff(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["diff", "v1.json", "v2.json"]) == 0
    assert "field-removed text" in capsys.readouterr().out
    assert _cli.main(["diff", "v1.json", "v2.json", "--format", "json", "--exit-code"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"]["backward"]["kind"] == "breaks"
    assert {"kind", "path", "old", "new", "structural"} == told["changes"][0].keys()
    assert _cli.main(["diff", "v1.json", "v1.json", "--exit-code"]) == 0


def test_check_tells_by_its_exit_code(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["check", "v1.json", "v2.json"]) == 1
    assert _cli.main(["check", "v1.json", "v1.json"]) == 0
    assert _cli.main(["check", "v1.json"]) == 2
    assert _cli.main(["check", "v1.json", "nothing.json"]) == 2
    (place / "more.json").write_text(json.dumps(lexicon({**OLD["defs"]["main"]["record"]["properties"], "z": STRING},
                                                        ["text"])))  # fmt: skip
    for direction in ("backward", "forward", "both", "source"):
        assert _cli.main(["check", "v1.json", "more.json", "--strict", "--direction", direction]) == 0
    assert "nothing.json" in capsys.readouterr().err


def test_check_against_git(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["check", "--against", "git:main", "lexicons"]) == 1
    assert "required-added com.example.post.body" in capsys.readouterr().out
    assert _cli.main(["check", "--against", "git:HEAD", "lexicons/other.json"]) == 0
    capsys.readouterr()

    assert _cli.main(["check", "--against", "git:main", "--format", "github", "lexicons/"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.startswith(f"::error file={os.path.join('lexicons', 'post.json')},line=1,") for line in lines)

    assert _cli.main(["check", "--against", "git:main", "--format", "sarif", "--direction", "both", "lexicons"]) == 1
    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert {result["ruleId"] for result in run["results"]} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "lexicons/post.json"

    assert _cli.main(["check", "--against", "git:main", "--format", "json", "lexicons"]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert told["backward"]["kind"] == "breaks"
    for wrong in ("git:nothing", "git:--help", "git:"):
        assert _cli.main(["check", "--against", wrong, "lexicons"]) == 2
    assert _cli.main(["diff", "git:main:lexicons/post.json", "lexicons/post.json", "--exit-code"]) == 1


@pytest.fixture
def folders(place: Path) -> Path:
    """Two folders of JSON Schemas: one file breaks, one goes, one comes."""
    texts = {"a.json": '{"properties": {"a": {"type": "string"}}}', "sub/b.json": '{"type": "string"}'}
    for folder in ("old", "new"):
        (place / folder / "sub").mkdir(parents=True)
        for name, text in texts.items():
            (place / folder / name).write_text(text)
    (place / "new" / "a.json").write_text('{"properties": {"a": {"type": "number"}}}')
    (place / "old" / "gone.json").write_text("{}")
    (place / "new" / "come.json").write_text("{}")
    return place


def test_folders_of_json_schemas_are_compared_file_by_file(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["check", "old", "new"]) == 1
    captured = capsys.readouterr()
    assert [line for line in captured.out.splitlines() if " → " in line] == [
        f"{os.path.join('old', name)} → {os.path.join('new', name)}"
        for name in ("a.json", os.path.join("sub", "b.json"))
    ]
    assert "gone.json` is gone" in captured.err
    assert "come.json` is new" in captured.err
    shutil.copy(folders / "old" / "a.json", folders / "new" / "a.json")
    assert _cli.main(["check", "old", "new"]) == 0
    # What is gone proves nothing.
    assert _cli.main(["check", "old", "new", "--strict"]) == 1
    assert _cli.main(["check", "new", "new", "--strict"]) == 0


def test_what_has_nothing_to_compare_is_no_success(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["old/a.json", "new"], ["--against", "old/sub", "new"]):
        assert _cli.main(["check", *arguments]) == 2
        assert "nothing-to-compare" in capsys.readouterr().err
    (folders / "lexicons" / "package.json").write_text("{}")
    assert _cli.main(["check", "lexicons", "lexicons"]) == 2
    error = capsys.readouterr().err
    assert "mixed-languages" in error
    assert "package.json" in error


def test_a_folder_of_a_commit_is_compared_as_the_folder(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("git") is None:
        pytest.skip("SKIPPED: there is no git")
    shutil.rmtree(folders / "lexicons")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=folders, check=True)
    shutil.copy(folders / "new" / "a.json", folders / "old" / "a.json")
    for arguments in (["git:main:old", "old"], ["--against", "git:main:old", "old"], ["--against", "git:main", "old"]):
        assert _cli.main(["check", *arguments]) == 1
        assert "type-narrowed a" in capsys.readouterr().out


def test_a_document_before_the_others_hides_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(place / "lexicons", place / "new")
    first = lexicon({"z": STRING}, id="com.example.aaa")
    (place / "new" / "aaa.json").write_text(json.dumps(first))
    assert _cli.main(["check", "lexicons", "new", "--direction", "source"]) == 0
    shutil.copy(place / "v2.json", place / "new" / "post.json")
    assert _cli.main(["check", "lexicons", "new"]) == 1
    assert "required-added com.example.post.body" in capsys.readouterr().out
    # The main document of the old version is where its paths lie.
    shutil.copy(place / "lexicons" / "post.json", place / "new" / "post.json")
    other = lexicon({"a": STRING}, ["a"], id="com.example.other")
    (place / "new" / "other.json").write_text(json.dumps(other))
    assert _cli.main(["check", "lexicons", "new", "--format", "github"]) == 1
    assert f"file={os.path.join('new', 'other.json')}," in capsys.readouterr().out


def test_a_schema_comes_from_standard_input(place: Path) -> None:
    done = panproto("validate", "-", input=(place / "v1.json").read_bytes())
    assert (done.returncode, done.stdout.startswith(b"-: atproto")) == (0, True)


def test_places_in_sarif_are_uris(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "lexicons" / "post.json").rename(place / "lexicons" / "é 1.json")
    (place / "new").mkdir()
    new = place / "new" / "é 1.json"
    new.write_text(json.dumps(NEW))
    (place / "new" / "other.json").write_text((place / "lexicons" / "other.json").read_text())
    for given, uri in (("new", "new/%C3%A9%201.json"), (str(place / "new"), new.as_uri())):
        assert _cli.main(["check", "lexicons", given, "--format", "sarif"]) == 1
        (run,) = json.loads(capsys.readouterr().out)["runs"]
        location = run["results"][0]["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"] == uri


def test_records_and_schemas_may_begin_with_a_mark(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mark = b"\xef\xbb\xbf"
    for name in ("v1.json", "posts.ndjson"):
        (place / name).write_bytes(mark + (place / name).read_bytes())
    assert _cli.main(["validate", "v1.json", "--records", "posts.ndjson"]) == 0
    assert _cli.main(["lens", "derive", "v1.json", "v2.json", *HINTS, *DEFAULTS, "-o", "m.json"]) == 0
    assert _cli.main(["lens", "verify", "m.json", "--records", "posts.ndjson"]) == 0
    assert _cli.main(["convert", "--migration", "m.json", "posts.ndjson", "-o", "out"]) == 0
    assert "3 records: 3 keep the laws" in capsys.readouterr().out


def test_convert_files(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    between = ["--from", "v1.json", "--to", "v2.json", *HINTS, *DEFAULTS]
    assert _cli.main(["convert", *between, "posts.ndjson", "-o", "out.ndjson"]) == 0
    views = [json.loads(line) for line in (place / "out.ndjson").read_bytes().splitlines()]
    assert [view["body"] for view in views] == ["hello"] * 3
    get = ["--direction", "get", "--complements", "memory", "posts.ndjson", "-o", "views"]
    assert _cli.main(["convert", *between, *get]) == 0
    put = ["--direction", "put", "--complements", "memory", "views", "-o", "back"]
    assert _cli.main(["convert", *between, *put]) == 0
    assert [json.loads(line) for line in (place / "back").read_bytes().splitlines()] == [RECORD] * 3

    (place / "bad.ndjson").write_text('{"text":"a"}\n{}\n')
    assert _cli.main(["convert", *between, "bad.ndjson", "-o", "out"]) == 2
    assert not (place / "out").exists()
    assert "required-missing" in capsys.readouterr().err
    collect = ["--on-error", "collect", "--errors-to", "failed", "bad.ndjson", "-o", "out"]
    assert _cli.main(["convert", *between, *collect]) == 1
    assert json.loads((place / "failed").read_text())["line"] == 2
    for wrong in (["--from", "v1.json"], ["--from", "v1.json", "--to", "v2.json"], [*between, "--default", "x=y"],
                  [*between, "--hint", "x"], [*between, "--accept", "x"]):  # fmt: skip
        assert _cli.main(["convert", *wrong, "posts.ndjson"]) == 2


def test_lens_derive_show_verify(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["lens", "derive", "v1.json", "v2.json"]) == 1
    said = capsys.readouterr()
    assert "`body`" in said.out
    assert "hint" in said.err
    assert _cli.main(["lens", "derive", "v1.json", "v2.json", *HINTS, *DEFAULTS, "-o", "m.json"]) == 0
    assert Migration.load(place / "m.json").decided
    assert _cli.main(["lens", "derive", "v1.json", "v2.json", "--format", "json"]) == 1
    capsys.readouterr()
    assert _cli.main(["lens", "show", "m.json"]) == 0
    assert "the complement holds: `sensitive`" in capsys.readouterr().out
    assert _cli.main(["lens", "verify", "m.json", "--records", "posts.ndjson"]) == 0
    assert "3 records: 3 keep the laws" in capsys.readouterr().out
    (place / "bad.ndjson").write_text("\n{}\n")
    assert _cli.main(["lens", "verify", "m.json", "--records", "bad.ndjson"]) == 1
    assert "line 2:" in capsys.readouterr().out


def test_validate(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["validate", "lexicons", "v1.json"]) == 0
    (place / "bad.json").write_text('{"lexicon": 1,\n "id": }')
    assert _cli.main(["validate", "bad.json", "v1.json"]) == 1
    said = capsys.readouterr()
    assert "in bad.json" in said.err
    assert "^" in said.err
    assert _cli.main(["validate", "bad.json", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)[0]["code"] == "json-syntax"
    (place / "some.ndjson").write_text(json.dumps(RECORD) + '\n{"text": 1}\n{\n')
    assert _cli.main(["validate", "v1.json", "--records", "posts.ndjson"]) == 0
    assert "3 records: 3 valid, 0 not" in capsys.readouterr().out
    assert _cli.main(["validate", "v1.json", "--records", "some.ndjson"]) == 1
    said = capsys.readouterr().out
    assert "line 2: " in said
    assert "line 3: json-syntax" in said
    (place / "schema.json").write_text('{"type": "object", "properties": {"a": {"type": "string"}}}')
    assert _cli.main(["validate", "schema.json"]) == 0
    assert "json-schema" in capsys.readouterr().out


def test_records_of_one_of_several_lexicons(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(place / "lexicons", place / "new")
    shutil.copy(place / "v2.json", place / "new" / "post.json")
    between = ["--from", "lexicons", "--to", "new", "--root", "com.example.post", *HINTS, *DEFAULTS]
    assert _cli.main(["convert", *between, "posts.ndjson", "-o", "out.ndjson"]) == 0
    assert json.loads((place / "out.ndjson").read_bytes().splitlines()[0])["body"] == RECORD["text"]
    renamed = [*between[:5], "com.example.post=com.example.post", *between[6:]]
    assert _cli.main(["convert", *renamed, "posts.ndjson", "-o", "again.ndjson"]) == 0
    assert (place / "again.ndjson").read_bytes() == (place / "out.ndjson").read_bytes()
    assert _cli.main(["lens", "derive", "lexicons", "new", "--root", "nothing"]) == 2
    assert "unknown-root" in capsys.readouterr().err
    for root, code in (("com.example.post", 0), ("com.example.other", 1)):
        assert _cli.main(["validate", "lexicons", "--root", root, "--records", "posts.ndjson"]) == code
    assert _cli.main(["validate", "new", "--root", "com.example.post", "--records", "posts.ndjson"]) == 1


def test_a_migration_says_all(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["lens", "derive", "v1.json", "v2.json", *HINTS, *DEFAULTS, "-o", "m.json"]) == 0
    for more in (["--from", "v1.json"], ["--to", "v2.json"], HINTS, DEFAULTS, ["--accept", "1"], ["--root", "main"]):
        assert _cli.main(["convert", "--migration", "m.json", *more, "posts.ndjson"]) == 2
        assert "wrong-argument" in capsys.readouterr().err


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main([]) == 2
    assert "panproto check --against git:main" in capsys.readouterr().out
    for command in ("diff", "check", "convert", "lens", "validate"):
        with pytest.raises(SystemExit) as left:
            _cli.main([command, "--help"])
        assert left.value.code == 0
        assert f"usage: panproto {command}" in capsys.readouterr().out


def panproto(*arguments: str, module: str = "panproto", **more: object) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=env, capture_output=True, timeout=120, **more)  # type: ignore[call-overload,no-any-return]


@pytest.mark.smoke
def test_pipes(place: Path) -> None:
    between = ["--from", "v1.json", "--to", "v2.json", *HINTS, *DEFAULTS]
    for module in ("panproto", "panproto_wasm"):
        done = panproto("convert", *between, module=module, input=(place / "posts.ndjson").read_bytes())
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[0])["body"] == "hello"
    array = panproto("convert", *between, input=json.dumps([RECORD] * 2).encode())
    assert len(json.loads(array.stdout)) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_reader_that_leaves_is_no_error(place: Path) -> None:
    (place / "many.ndjson").write_text((json.dumps(RECORD) + "\n") * 20_000)
    between = "--from v1.json --to v2.json --hint text=body --hint 'items[].value=items[].amount' --hint sensitive="
    line = f"'{sys.executable}' -m panproto convert {between} --default 'visibility=\"x\"' many.ndjson | head -n 1"
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(line, shell=True, env=env, capture_output=True, timeout=120)
    assert (done.stderr, done.stdout.count(b"\n")) == (b"", 1)


@pytest.mark.skipif(sys.platform == "win32", reason="shells of POSIX")
def test_closed_streams_are_told(place: Path) -> None:
    program = f"'{sys.executable}' -m panproto"
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    for command, code, said in (
        ("validate v1.json >&-", 2, b"`stdout` is closed"),
        ("validate - <&-", 2, b"`stdin` is closed"),
        ("lens show nothing 2>&-", 2, b""),
        ("lens derive v1.json v1.json -o same.json >&-", 2, b"`stdout` is closed"),
        ("convert --from v1.json --to v1.json posts.ndjson -o out.ndjson >&-", 0, b""),
    ):
        done = subprocess.run(f"{program} {command}", shell=True, env=env, capture_output=True, timeout=120)
        assert done.returncode == code
        assert said in done.stderr
        assert b"Traceback" not in done.stderr


def test_errors_have_colours_where_rich_is(monkeypatch: pytest.MonkeyPatch) -> None:
    rich = pytest.importorskip("rich")
    assert rich

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    from panproto import PanprotoError, Schema
    from panproto_wasm._errors import rendered

    with pytest.raises(PanprotoError) as caught:
        Schema.from_lexicon("atproto", '{"lexicon": 1,\n "id": }')
    text = rendered(caught.value, Terminal())
    assert "\x1b[" in text
    assert "^" in text
    assert "\x1b[" not in rendered(caught.value, io.StringIO())
