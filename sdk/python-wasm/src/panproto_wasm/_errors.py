"""What can go wrong, one class per kind of failure.

Every error is a `PanprotoError` with a stable `code`, a `path` into the data, a `span` of byte offsets into the text
that was given, and `help`. All of them pickle.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ._optional import package

__all__ = [
    "ExistenceCheckError",
    "MigrationError",
    "PanprotoCancelledError",
    "PanprotoDataError",
    "PanprotoError",
    "PanprotoInternalError",
    "PanprotoLensError",
    "PanprotoLensLawError",
    "PanprotoLimitError",
    "PanprotoMigrationError",
    "PanprotoParseError",
    "PanprotoSchemaError",
    "PanprotoTypeCheckError",
    "PanprotoUsageError",
    "SchemaValidationError",
    "WasmError",
]


class PanprotoError(Exception):
    """Base of all errors.

    `code` is stable and documented; `path` and `span` say where (`None` where there is no place); `document` says in
    which of several documents; `record`, `line` and `offset` say in which record of a batch; `help` says what to do.
    """

    message: str
    code: str = ""
    path: str | None = None
    span: tuple[int, int] | None = None
    document: int | None = None
    help: str | None = None
    record: int | None = None
    line: int | None = None
    offset: int | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        if sys.version_info >= (3, 11):
            return self.message
        # 3.10 has no notes in tracebacks: the snippet stands in the text.
        notes: list[str] = self.__dict__.get("__notes__", [])
        return "\n".join([self.message, *notes])

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.args == other.args and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), str(self.args)))

    def __repr__(self) -> str:
        code = f", code={self.code!r}" if self.code else ""
        path = f", path={self.path!r}" if self.path is not None else ""
        return f"{type(self).__name__}({self.message!r}{code}{path})"

    def __rich__(self) -> Any:
        """How rich prints it: the place in colour."""
        text = package("rich.text").Text()
        text.append("error", style="bold red")
        text.append(f": {self.message}", style="bold")
        for note in self.__dict__.get("__notes__", []):
            for line in note.splitlines():
                is_caret = line.strip(" ^") == "" and "^" in line
                style = "bold red" if is_caret else "green" if line.startswith("help: ") else "cyan"
                text.append(f"\n  {line}", style=style)
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, dict(self.__dict__))


def _restore(kind: type[PanprotoError], args: tuple[Any, ...], state: Mapping[str, Any]) -> PanprotoError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class WasmError(PanprotoError):
    """The module could not be loaded or run (a class of published releases)."""


class SchemaValidationError(PanprotoError):
    """A schema breaks the rules of its protocol (a class of published releases)."""

    errors: tuple[str, ...]

    def __init__(self, message: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


class MigrationError(PanprotoError):
    """A migration cannot be made or run (a class of published releases)."""


class ExistenceCheckError(PanprotoError):
    """A migration does not exist between two schemas (a class of published releases)."""

    report: Any

    def __init__(self, message: str, report: Any) -> None:
        super().__init__(message)
        self.report = report


class PanprotoParseError(PanprotoError, ValueError):
    """Text that is not of its language: JSON, MessagePack, a Lexicon, …"""


class PanprotoSchemaError(SchemaValidationError, ValueError):
    """A schema that breaks the rules of its protocol."""


class PanprotoTypeCheckError(PanprotoError, TypeError):
    """A declaration that does not fit its schemas."""


class PanprotoMigrationError(MigrationError, ValueError):
    """A migration that cannot exist, or that has open questions."""


class PanprotoLensError(PanprotoError, ValueError):
    """A view that the source cannot carry, or a complement that does not belong here."""


class PanprotoLensLawError(PanprotoLensError):
    """A lens does not keep its laws on a record."""


class PanprotoDataError(PanprotoError, ValueError):
    """A record that is not what its schema says, or a value that has no counterpart."""


class PanprotoLimitError(PanprotoError):
    """A limit was passed. The defaults are safe; `set_limits` changes them."""


class PanprotoCancelledError(PanprotoError):
    """The operation was cancelled."""


class PanprotoUsageError(PanprotoError, ValueError):
    """The call itself is wrong: an unknown name, a missing argument, a closed object."""


class PanprotoInternalError(WasmError, RuntimeError):
    """A defect of panproto. The next call works: it gets a fresh instance of the module."""


KINDS: dict[str, type[PanprotoError]] = {
    "parse": PanprotoParseError,
    "schema": PanprotoSchemaError,
    "type-check": PanprotoTypeCheckError,
    "migration": PanprotoMigrationError,
    "lens": PanprotoLensError,
    "data": PanprotoDataError,
    "limit": PanprotoLimitError,
    "cancelled": PanprotoCancelledError,
    "usage": PanprotoUsageError,
    "internal": PanprotoInternalError,
}

_CONTEXT = 60


def error(kind: str, code: str, message: str, *, path: str | None = None, help: str | None = None) -> PanprotoError:
    """An error that the host finds by itself."""
    return from_wire({"kind": kind, "code": code, "message": message, "path": path, "help": help})


def law_error(violation: str) -> PanprotoLensLawError:
    """The error of a law that does not hold."""
    made = PanprotoLensLawError(violation)
    made.code = "law-violated"
    made.__dict__["__notes__"] = [made.code]
    return made


def from_wire(told: Mapping[str, Any], sources: tuple[bytes, ...] = ()) -> PanprotoError:
    """The exception of an error as it crosses the boundary; `sources` are the texts that its span counts in."""
    kind = KINDS.get(str(told.get("kind")), PanprotoInternalError)
    message = str(told.get("message", "an error without a message"))
    made = kind(message)
    if isinstance(made, SchemaValidationError):
        made.errors = (message,)
    made.code = str(told.get("code", "unknown"))
    for name in ("path", "help", "document", "record", "line", "offset"):
        value = told.get(name)
        if value is not None:
            setattr(made, name, value)
    span = told.get("span")
    if span is not None:
        made.span = (int(span[0]), int(span[1]))
    if made.help is None and sources and made.code in ("json-syntax", "text-encoding"):
        made.help = _help_of(sources[min(made.document or 0, len(sources) - 1)])
    places = [f"at `{made.path}`"] if made.path else []
    if made.document is not None and len(sources) > 1:
        places.append(f"in document {made.document}")
    notes = [f"{made.code}: {', '.join(places)}" if places else made.code]
    snippet = _snippet(made, sources)
    if snippet:
        notes.append(snippet)
    if made.help:
        notes.append(f"help: {made.help}")
    made.__dict__["__notes__"] = notes
    return made


def _help_of(text: bytes) -> str | None:
    """What is to be done about a text that is no JSON at all."""
    if text.startswith(b"\x1f\x8b"):
        return "this is compressed by gzip: give the file that `gzip.open` opens"
    if _is_name(text):
        return (
            "this looks like the name of a file: give what is in it, or a `pathlib.Path` where a schema is wanted; "
            "`convert_file` converts files of records"
        )
    return None


def _is_name(text: bytes) -> bool:
    """Whether a text that is no JSON looks like the name of a file with some."""
    name = text.strip().lower()
    return len(name) < _LONGEST_NAME and name.endswith((b".json", b".jsonl", b".ndjson")) and not set(name) & _NO_NAME


_LONGEST_NAME = 1024
_NO_NAME = frozenset(b'{}"\r\n')


def with_help(wrong: PanprotoError, help: str) -> PanprotoError:
    """The same error with advice that only the host can give."""
    wrong.help = help
    wrong.__dict__["__notes__"] = [*wrong.__dict__.get("__notes__", []), f"help: {help}"]
    return wrong


def rendered(wrong: PanprotoError, file: Any = None) -> str:
    """The error as a person reads it: in colours where `file` is a terminal and rich is installed."""
    notes: list[str] = wrong.__dict__.get("__notes__", [])
    rich = package("rich.console") if file is not None and file.isatty() else None
    if rich is not None:
        console = rich.Console(file=file, force_terminal=True)
        with console.capture() as captured:
            console.print(wrong)
        return str(captured.get()).rstrip("\n")
    return "\n".join([f"error: {wrong.message}", *(f"  {line}" for note in notes for line in note.splitlines())])


def placed(made: PanprotoError) -> None:
    """Says in its notes which record of many it is, and its line, now that `record` and `line` count in all of them."""
    notes: list[str] = made.__dict__.get("__notes__", [])
    if not notes:
        return
    if made.record is not None:
        notes[0] += f"{',' if ': ' in notes[0] else ':'} record {made.record}"
    for at, note in enumerate(notes):
        number, bar, rest = note.partition(_BAR)
        if bar and number.isdecimal():
            line, _, caret = rest.partition("\n")
            notes[at] = _lined(made.line, line, caret[len(number + bar) :])


_BAR = " | "
# What turns the direction of text around would move the caret away.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _snippet(made: PanprotoError, sources: tuple[bytes, ...]) -> str | None:
    """The line that the span begins in, with a caret under it."""
    at = made.document or 0
    if made.span is None or at >= len(sources):
        return None
    source = sources[at]
    base = made.offset or 0
    start, end = (min(base + place, len(source)) for place in made.span)
    first = max(source.rfind(b"\n", 0, start) + 1, start - _CONTEXT)
    newline = source.find(b"\n", start)
    stop = len(source) if newline < 0 else newline
    last = min(stop, max(end, start) + _CONTEXT, start + 4 * _CONTEXT)
    first, last = _whole(source, first), _whole(source, last)
    middle = min(_whole(source, max(end, start + 1)), last)
    before, inside, after = (
        _printable(source[a:b].decode("utf-8", "replace")) for a, b in ((first, start), (start, middle), (middle, last))
    )
    caret = " " * _width(before) + "^" * max(1, _width(inside))
    return _lined(source.count(b"\n", 0, start) + 1, before + inside + after, caret)


def _lined(number: int | None, line: str, caret: str) -> str:
    gutter = "| " if number is None else f"{number}{_BAR}"
    return f"{gutter}{line}\n{' ' * len(gutter)}{caret}"


def _whole(source: bytes, place: int) -> int:
    """The place, or the next one that is not inside of a character."""
    for at in range(place, min(place + 3, len(source))):
        if source[at] & 0xC0 != 0x80:
            return at
    return min(place + 3, len(source))


def _printable(text: str) -> str:
    """The text without what would move the cursor, or do something to the terminal."""
    from unicodedata import category

    return "".join(" " if each in _TURNING or category(each) in ("Cc", "Zl", "Zp") else each for each in text)


def _width(text: str) -> int:
    """How many columns a terminal gives to a text."""
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(each) in ("Mn", "Me", "Cf") else 2 if east_asian_width(each) in "WF" else 1 for each in text
    )
