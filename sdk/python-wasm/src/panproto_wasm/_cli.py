"""The command line: `panproto`, or `python -m panproto`."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from . import _reports, _sources, _values
from ._errors import PanprotoError, error
from ._migration import Migration
from ._schema import Schema

FINE, BREAKS, WRONG = 0, 1, 2

_ABOUT = """\
Migrate records between versions of their schemas, in both directions, without losing data.

  panproto diff v1.json v2.json                     what changed, and whom it breaks
  panproto check --against git:main lexicons/       exit code 1 when it breaks: for continuous integration
  panproto lens derive v1.json v2.json              the migration, with what it has to ask
  panproto convert --from v1.json --to v2.json < posts.ndjson > posts-v2.ndjson

A schema is a file, a folder of files that belong together, `git:REF:PATH`, or `-` for standard input. ATProto
Lexicons are told from JSON Schemas by their content."""

_CHECK = """\
Can readers of the new version read the data of the old one (backward), and readers of the old one the data of the new
one (forward)? Each answer is `breaks`, `safe` (that is proved) or `unknown`.

  panproto check v1.json v2.json
  panproto check --against git:main lexicons/
  panproto check --against git:v1.0 --direction both --format github schema.json

JSON Schemas of folders are compared file by file; those that are gone or new are told on standard error.

The exit code is 1 when it breaks, with --strict also when nothing is proved or a file is gone, and 2 when something is
wrong."""

_CONVERT = """\
Records are lines of JSON, one JSON array, or values one after another. They come from files or standard input and
go to a file, which appears whole or not at all, or to standard output.

  panproto convert --from v1.json --to v2.json --hint text=body --default visibility='"public"' p.ndjson -o new.ndjson
  panproto convert --migration m.json --on-error collect --errors-to failed.ndjson < in > out
  panproto convert --from v1.json --to v2.json --direction get --complements memory in.ndjson -o views.ndjson
  panproto convert --from v1.json --to v2.json --direction put --complements memory views.ndjson -o back.ndjson"""

_LENS = """\
  panproto lens derive v1.json v2.json --hint text=body -o m.json    finds the migration and writes it
  panproto lens show m.json                                           its steps, and what may fail
  panproto lens verify m.json --records posts.ndjson                  whether its laws hold on these records

`derive` exits with 1 while there are questions; `--hint OLD=NEW` answers them, `--hint OLD=` says that a member is
gone, and `--default NEW=JSON` what stands in new members."""


_VALIDATE = """\
Reads schemas and tells what is wrong with them; with --records, what is wrong with records of the schema.

  panproto validate lexicons/
  panproto validate v1.json --records posts.ndjson
  panproto validate lexicons/ --root com.example.post --records posts.ndjson"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; its exit code."""
    stderr: Any = sys.stderr
    if stderr is None:
        # Closed by the caller, who wants no complaints.
        sys.stderr = io.StringIO()
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.run is None:
        given.parser.print_help()
        return WRONG
    try:
        code: int = given.run(given)
        stdout: Any = sys.stdout
        if stdout is not None:
            stdout.flush()
        return code
    except PanprotoError as wrong:
        _complain(wrong)
        return WRONG
    except BrokenPipeError:
        # Whoever read has enough; nothing more is written, at exit neither.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except OSError as wrong:
        sys.stderr.write(f"panproto: {wrong}\n")
        return WRONG
    except KeyboardInterrupt:
        return 130


def _complain(wrong: PanprotoError) -> None:
    from ._errors import rendered

    sys.stderr.write(rendered(wrong, sys.stderr) + "\n")


def _parser() -> argparse.ArgumentParser:
    def formatter(prog: str) -> argparse.HelpFormatter:
        return argparse.RawDescriptionHelpFormatter(prog, max_help_position=34)

    parser = argparse.ArgumentParser(prog="panproto", description=_ABOUT, formatter_class=formatter)
    from . import __version__

    parser.add_argument("--version", action="version", version=f"panproto-wasm {__version__}")
    parser.set_defaults(run=None, parser=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, help: str, about: str, run: Callable[[Any], int] | None, into: Any = commands) -> Any:
        made = into.add_parser(name, help=help, description=about, formatter_class=formatter)
        made.set_defaults(run=run, parser=made)
        return made

    def language(made: Any) -> None:
        made.add_argument(
            "--language", choices=["atproto", "json-schema"], help="the schema language (default: told from content)"
        )

    def hints(made: Any) -> None:
        made.add_argument(
            "--hint", action="append", default=[], metavar="OLD=NEW",
            help="a member's new path, or nothing where it is gone; may be repeated",
        )  # fmt: skip
        made.add_argument(
            "--default",
            action="append",
            default=[],
            metavar="NEW=JSON",
            help="a value for a new member; may be repeated",
        )
        made.add_argument("--accept", metavar="SCORE", help="accept candidates from this score on, or `likely`")
        made.add_argument(
            "--root", metavar="NAME",
            help="what the records are, where there are several definitions: an NSID, `#name`; OLD=NEW if it changes",
        )  # fmt: skip

    diff = command(
        "diff", "what changed, and whom it breaks", "What changed between two versions, and whom it breaks.", _diff
    )
    diff.add_argument("old")
    diff.add_argument("new")
    diff.add_argument("--format", choices=["text", "json"], default="text")
    diff.add_argument("--exit-code", action="store_true", help="exit with 1 if there are changes")
    language(diff)

    check = command("check", "whether a change breaks", _CHECK, _check)
    check.add_argument("schemas", nargs="+", metavar="SCHEMA", help="two versions, or with --against the new ones")
    check.add_argument(
        "--against", metavar="git:REF", help="compare with what git has there (or with a file or folder)"
    )
    check.add_argument("--direction", choices=["backward", "forward", "both", "source"], default="backward")
    check.add_argument("--strict", action="store_true", help="fail also where nothing is proved")
    check.add_argument("--format", choices=["text", "json", "github", "sarif"], default="text")
    language(check)

    convert = command("convert", "records of one version to another", _CONVERT, _convert)
    convert.add_argument("source", nargs="?", default="-", metavar="IN", help="a file; `-` or nothing: standard input")
    convert.add_argument("-o", "--output", default="-", metavar="OUT", help="a file; `-` or nothing: standard output")
    convert.add_argument("--from", dest="old", metavar="SCHEMA", help="the version that the records have")
    convert.add_argument("--to", dest="new", metavar="SCHEMA", help="the version that they get")
    convert.add_argument("--migration", metavar="FILE", help="instead of both: what `lens derive -o` wrote")
    convert.add_argument("--direction", choices=["lift", "get", "put", "create"], default="lift")
    convert.add_argument(
        "--complements", metavar="FILE", help="where `get` writes what it remembers, and `put` reads it"
    )
    convert.add_argument("--framing", choices=["lines", "array", "values"], help="how records follow one another")
    convert.add_argument("--on-error", choices=["raise", "skip", "collect"], default="raise")
    convert.add_argument("--errors-to", metavar="FILE", help="where failures are written, as lines of JSON")
    convert.add_argument("--progress", action="store_true", help="show how far it is")
    hints(convert)
    language(convert)

    lens = command("lens", "find, show and verify migrations", _LENS, None)
    kinds = lens.add_subparsers(title="commands", metavar="COMMAND")
    derive = command("derive", "find the migration", "Finds the migration between two versions.", _derive, kinds)
    derive.add_argument("old")
    derive.add_argument("new")
    derive.add_argument("-o", "--output", metavar="FILE", help="write it there")
    derive.add_argument("--format", choices=["text", "json"], default="text")
    hints(derive)
    language(derive)
    show = command("show", "its steps, and what may fail", "The steps of a migration, and what may fail.", _show, kinds)
    show.add_argument("migration", metavar="FILE")
    verify = command("verify", "whether its laws hold", "Whether its laws hold on records.", _verify, kinds)
    verify.add_argument("migration", metavar="FILE")
    verify.add_argument("--records", default="-", metavar="FILE", help="lines of JSON; nothing: standard input")

    validate = command("validate", "whether schemas are well made, and records theirs", _VALIDATE, _validate)
    validate.add_argument("schemas", nargs="+", metavar="SCHEMA")
    validate.add_argument("--records", metavar="FILE", help="lines of JSON: records of the schema")
    validate.add_argument("--root", metavar="NAME", help="what the records are, where a schema has several definitions")
    validate.add_argument("--format", choices=["text", "json"], default="text")
    language(validate)
    return parser


# Commands


def _diff(given: Any) -> int:
    diff = _sources.load(given.old, given.language).diff(_sources.load(given.new, given.language))
    verdict = diff.verdict()
    if given.format == "json":
        changes = [change._asdict() for change in diff]
        _out(json.dumps({"changes": changes, "verdict": verdict.to_dict()}, indent=1, ensure_ascii=False) + "\n")
    else:
        _out(f"{str(diff).rstrip()}\n\n{str(verdict).rstrip()}\n")
    return BREAKS if given.exit_code and diff else FINE


def _check(given: Any) -> int:
    checked: list[_reports.Checked] = []
    asked = ("backward", "forward") if given.direction == "both" else (given.direction,)
    places = _compared(given)
    for pair in places.pairs:
        old, new = pair.old.schema(), pair.new.schema()
        verdict = old.diff(new).verdict()
        found = [finding for name in asked for finding in getattr(verdict, name).findings]
        main = pair.new.main(pair.old)
        files = {finding.path: pair.new.file_of(finding.path, main) for finding in found}
        checked.append(_reports.Checked(pair.old.name, pair.new.name, verdict, files, asked))
    if given.format == "json":
        _out(_reports.as_json(checked))
    elif given.format == "github":
        _out(_reports.github(checked))
    elif given.format == "sarif":
        _out(_reports.sarif(checked))
    else:
        _out(_reports.text(checked))
    for what, names in (("is gone", places.gone), ("is new", places.come)):
        sys.stderr.writelines(f"not compared: `{name}` {what}\n" for name in names)
    kinds = {getattr(one.verdict, name).kind for one in checked for name in asked}
    unproved = "unknown" in kinds or bool(places.gone)
    return BREAKS if "breaks" in kinds or (given.strict and unproved) else FINE


def _compared(given: Any) -> _sources.Compared:
    if given.against is None:
        if len(given.schemas) != 2:
            raise error("usage", "wrong-argument", "two versions are needed", help="or --against git:REF and one")
        old, new = given.schemas
        return _sources.compared(_sources.read(old), _sources.read(new), (old, new), given.language)
    found = _sources.Compared([], [], [])
    for place in given.schemas:
        against: str = given.against
        if against.startswith("git:") and ":" not in against[4:]:
            old, root = _sources.read_git(against[4:], place), place
        else:
            old, root = _sources.read(against), against
        one = _sources.compared(old, _sources.read(place), (root, place), given.language)
        found = _sources.Compared(found.pairs + one.pairs, found.gone + one.gone, found.come + one.come)
    return found


def _convert(given: Any) -> int:
    if given.migration is not None:
        for name, value in (("from", given.old), ("to", given.new), ("hint", given.hint), ("default", given.default),
                            ("accept", given.accept), ("root", given.root)):  # fmt: skip
            if value:
                raise error(
                    "usage", "wrong-argument", f"--migration says what --{name} would say", path=name,
                    help="leave one of them out",
                )  # fmt: skip
        lens = Migration.load(given.migration).lens()
    elif given.old is None or given.new is None:
        raise error("usage", "missing-argument", "`convert` needs --from and --to, or --migration")
    else:
        lens = _migration(given).lens()
    source: Any = _sources.standard("stdin").buffer if given.source == "-" else given.source
    target: Any = _sources.standard("stdout").buffer if given.output == "-" else given.output
    report = lens.convert_file(
        source,
        target,
        direction=given.direction,
        complements=given.complements,
        framing=given.framing,
        on_error=given.on_error,
        errors_to=given.errors_to,
        progress=given.progress,
    )
    if report.failures or given.progress:
        sys.stderr.write(f"{report}\n")
    return BREAKS if report.failures else FINE


def _migration(given: Any) -> Migration:
    old, new = (_sources.load(place, given.language) for place in (given.old, given.new))
    hints: dict[str, str | None] = {}
    for hint in given.hint:
        name, sign, path = hint.partition("=")
        if not sign:
            raise error("usage", "wrong-argument", f"`--hint {hint}` has no `=`", help="--hint OLD=NEW, or --hint OLD=")
        hints[name] = path or None
    defaults: dict[str, Any] = {}
    for default in given.default:
        name, _, text = default.partition("=")
        try:
            defaults[name] = _values.decode_text(text)
        except ValueError as wrong:
            raise error(
                "usage", "wrong-argument", f"`--default {default}` is not JSON: {wrong}",
                help="a string is in quotes: --default 'visibility=\"public\"'",
            ) from None  # fmt: skip
    accept = given.accept
    if accept is not None and accept != "likely":
        try:
            accept = float(accept)
        except ValueError:
            raise error("usage", "wrong-argument", f"`--accept {accept}` is neither a number nor `likely`") from None
    before, sign, after = (given.root or "").partition("=")
    return Migration.between(
        old,
        new,
        hints=hints or None,
        defaults=defaults or None,
        accept=accept,
        old_root=before or None,
        new_root=(after if sign else before) or None,
    )


def _derive(given: Any) -> int:
    migration = _migration(given)
    if given.output is not None:
        migration.save(given.output)
    if given.format == "json":
        told = {
            "decided": migration.decided,
            "lossless": migration.lossless,
            "changes": [change._asdict() for change in migration.changes],
            "questions": [
                {**question._asdict(), "candidates": [candidate._asdict() for candidate in question.candidates]}
                for question in migration.questions
            ],
        }
        _out(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    else:
        _out(f"{migration}\n")
        for question in migration.questions:
            if question.help:
                sys.stderr.write(f"{question.path}: {question.help}\n")
    return FINE if migration.decided else BREAKS


def _show(given: Any) -> int:
    migration = Migration.load(given.migration)
    _out(f"{migration}\n")
    if not migration.decided:
        return BREAKS
    _out(f"\n{migration.lens().spec()}\n")
    return FINE


def _verify(given: Any) -> int:
    lens = Migration.load(given.migration).lens()
    checked = broken = 0
    for number, line in _lines(given.records):
        checked += 1
        try:
            found = lens.check_laws(line)
        except PanprotoError as wrong:
            broken += 1
            _out(f"line {number}: {wrong.message}\n")
            continue
        if not found:
            broken += 1
            _out(f"line {number}: {found.violation}\n")
    _out(f"{checked} records: {checked - broken} keep the laws, {broken} do not\n")
    return BREAKS if broken else FINE


def _validate(given: Any) -> int:
    told: list[dict[str, Any]] = []
    for place in given.schemas:
        bundle = _sources.bundle(place, given.language)
        try:
            schema: Schema = bundle.schema()
        except PanprotoError as wrong:
            if given.format == "text":
                _complain(wrong)
            told.append(
                {"schema": place, "valid": False, "code": wrong.code, "message": wrong.message, "path": wrong.path}
            )
            continue
        notes = [note._asdict() for note in schema.diagnostics]
        told.append({"schema": place, "valid": True, "language": bundle.language, "notes": notes})
        if given.format == "text":
            _out(f"{place}: {bundle.language}, {len(schema)} vertices, {len(schema.roots)} entry points\n")
            for note in schema.diagnostics:
                at = "" if note.path is None else f" at `{note.path}`"
                _out(f"  {note.severity} {note.code}{at}: {note.message}\n")
        if given.records is not None:
            told += _invalid(schema, given.records, given.root, given.format == "text")
    if given.format == "json":
        _out(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return FINE if all(one["valid"] for one in told) else BREAKS


def _invalid(schema: Schema, place: str, root: str | None, shown: bool) -> list[dict[str, Any]]:
    """What is wrong with the records of a file, line by line."""
    from ._records import Instance

    told: list[dict[str, Any]] = []
    count = 0
    for number, line in _lines(place):
        count += 1
        try:
            found = Instance.from_json(schema, line, root=root).validate()
            issues = [{"code": issue.type, "path": issue.path, "message": issue.message} for issue in found.issues]
        except PanprotoError as wrong:
            issues = [{"code": wrong.code, "path": wrong.path, "message": wrong.message}]
        told += [{"valid": False, "line": number, **issue} for issue in issues]
    if shown:
        for one in told:
            at = f" at `{one['path']}`" if one["path"] else ""
            _out(f"line {one['line']}: {one['code']}{at}: {one['message']}\n")
        wrong_ones = len({one["line"] for one in told})
        _out(f"{count} records: {count - wrong_ones} valid, {wrong_ones} not\n")
    return told


def _lines(place: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that hold something, with their numbers."""
    with contextlib.ExitStack() as stack:
        file = _sources.standard("stdin").buffer if place == "-" else stack.enter_context(open(place, "rb"))
        for number, line in enumerate(file, 1):
            line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if line and not line.isspace():
                yield number, line


def _out(text: str) -> None:
    # Names may hold what the terminal's encoding lacks.
    stdout = _sources.standard("stdout")
    try:
        stdout.write(text)
    except UnicodeEncodeError:
        stdout.write(text.encode(stdout.encoding, "backslashreplace").decode(stdout.encoding))
