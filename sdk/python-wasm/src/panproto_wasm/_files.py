"""Files and other places that records come from and go to."""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import stat
import sys
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Union, cast, runtime_checkable

from ._errors import PanprotoError, error
from ._optional import package
from ._put import PutStream
from ._session import CREATE, GET, LIFT, PUT
from ._streams import KEPT, Framing, OnError, Pace, Stream

if TYPE_CHECKING:
    from ._lens import Lens


@runtime_checkable
class Readable(Protocol):
    """An open file of bytes or text, or whatever reads like one."""

    def read(self, size: int, /) -> bytes | str | None:
        """At most so much; nothing at the end."""


@runtime_checkable
class Writable(Protocol):
    """An open file of bytes, or whatever is written like one."""

    def write(self, data: bytes, /) -> object:
        """Takes some of it, and says how much."""


@runtime_checkable
class WritableText(Protocol):
    """An open file of text."""

    def write(self, data: str, /) -> object:
        """Takes all of it."""


# Where records come from: a file by its path, an open file of bytes or text, or bytes.
Source = Union[str, "os.PathLike[str]", Readable, bytes, bytearray, memoryview]
# Where they go to; nothing stands for `Report.output`.
Target = Union[str, "os.PathLike[str]", Writable, WritableText, bytearray, None]
Direction = Literal["lift", "get", "put", "create"]

_OPERATIONS: dict[str, int] = {"lift": LIFT, "get": GET, "put": PUT, "create": CREATE}
_READ_AHEAD = 64


class Failure(NamedTuple):
    """A record that was left out: which, where it begins, and why."""

    record: int
    line: int | None
    offset: int
    code: str
    message: str
    path: str | None


class Progress(NamedTuple):
    """How far a conversion has come: bytes that are done, of how many (`None` where the size is not known)."""

    done: int
    total: int | None
    records: int
    failures: int


class Report(NamedTuple):
    """What a conversion did.

    `read` counts the bytes of the source. `errors` are the first 1,000 failures; `failures` counts all. `output` is
    what was written where no target was given, `complements` what `get` remembers where no place was given for it.
    """

    records: int
    failures: int
    read: int
    errors: tuple[Failure, ...] = ()
    output: bytes | None = None
    complements: bytes | None = None

    def __str__(self) -> str:
        lines = [f"{self.records} records converted, {self.failures} left out"]
        lines += [
            f"  record {failure.record}{'' if failure.line is None else f', line {failure.line}'}: {failure.message}"
            for failure in self.errors[:10]
        ]
        if self.failures > 10:
            lines.append(f"  … and {self.failures - min(10, len(self.errors))} more")
        return "\n".join(lines)


def convert_file(
    lens: Lens,
    source: Source,
    target: Target,
    *,
    direction: Direction,
    complements: Any,
    framing: Framing | None,
    output: Literal["lines", "array"] | None,
    on_error: OnError,
    errors_to: Target,
    progress: bool | Callable[[Progress], object],
) -> Report:
    """What `Lens.convert_file` does."""
    operation = _OPERATIONS.get(direction)
    if operation is None:
        known = ", ".join(f"`{name}`" for name in _OPERATIONS)
        raise error(
            "usage", "wrong-argument", f"`direction` is `{direction}`", path="direction", help=f"one of {known}"
        )
    if output not in (None, "lines", "array"):
        raise error("usage", "wrong-argument", f"`output` is `{output}`", path="output", help="`lines` or `array`")
    if complements is not None and operation not in (GET, PUT):
        raise error(
            "usage", "wrong-argument", f"`{direction}` neither writes nor reads complements", path="complements",
            help="`direction` is `get`, which writes them, or `put`, which reads them",
        )  # fmt: skip
    sources: list[Any] = [source]
    targets: dict[str, Any] = {"target": target, "errors_to": errors_to}
    if operation == GET:
        targets["complements"] = complements
    elif operation == PUT:
        sources.append(complements)
    _refuse_the_same(sources, targets)
    with contextlib.ExitStack() as stack:
        read, total = stack.enter_context(_reading(source))
        first = read(_READ_AHEAD)
        report = _Failures(stack, errors_to)
        on_failure = report.add if on_error == "collect" or report.writes else None
        stream: Stream | PutStream
        if operation == PUT:
            stream = _put(stack, lens, complements, framing, on_error, on_failure)
            framing = "lines"
        else:
            framing = framing or _guess(source, first)
            stream = Stream(lens, operation, framing, on_error, on_failure)
        output = output or _output_of(target, framing)
        sink = stack.enter_context(_writing(target))
        memory = stack.enter_context(_writing(complements)) if operation == GET else None
        write = _as_array(sink.write) if output == "array" else _as_lines(sink.write)
        shown = stack.enter_context(_shown(progress, total))
        data = first
        while data:
            write(stream.feed(data), False)
            _drain(stream, memory)
            shown(stream)
            data = read(stream.wanted)
        write(stream.finish(), True)
        _drain(stream, memory)
        shown(stream, True)
        sink.commit()
        if memory is not None:
            memory.commit()
        report.commit()
    return Report(
        stream.records,
        stream.failures,
        stream.offset,
        tuple(report.kept),
        sink.content,
        None if memory is None else memory.content,
    )


def _put(
    stack: contextlib.ExitStack,
    lens: Lens,
    complements: Any,
    framing: Framing | None,
    on_error: OnError,
    on_failure: Callable[[PanprotoError], None] | None,
) -> PutStream:
    if complements is None:
        raise error("usage", "missing-argument", "`put` needs the complements that `get` gave", path="complements")
    if framing not in (None, "lines"):
        raise error("usage", "wrong-argument", "`put` takes views as lines", path="framing")
    read, _ = stack.enter_context(_reading(complements))
    return PutStream(lens, read, on_error, on_failure)


def _drain(stream: Stream | PutStream, memory: _Sink | None) -> None:
    if isinstance(stream, Stream):
        if memory is not None:
            for part in stream.complements:
                memory.write(part)
        stream.complements.clear()


# Sources


@contextlib.contextmanager
def _reading(source: Any) -> Generator[tuple[Callable[[int], bytes], int | None]]:
    if isinstance(source, str | os.PathLike):
        with open(cast("str", source), "rb") as file:
            yield file.read, _size(file)
    elif isinstance(source, bytes | bytearray | memoryview):
        # One that is not contiguous is copied.
        whole: Any = source  # pyright: ignore[reportUnknownVariableType]
        content = memoryview(whole) if memoryview(whole).contiguous else memoryview(bytes(whole))
        content = content.cast("B")
        at = 0

        def read(size: int) -> bytes:
            nonlocal at
            part = content[at : at + size].tobytes()
            at += len(part)
            return part

        yield read, len(content)
    elif hasattr(source, "read"):
        yield _reader(source), _size(source)
    else:
        raise error(
            "usage", "wrong-argument", f"records cannot be read from a `{type(source).__name__}`", path="source",
            help="give a path, an open file, or bytes",
        )  # fmt: skip


def _reader(file: Any) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        part: object = file.read(size)
        if isinstance(part, str):
            return part.encode("utf-8", "surrogatepass")
        if part is None:
            raise error(
                "usage", "wrong-argument", "the source is not blocking", path="source", help="give a blocking file"
            )
        if isinstance(part, bytes):
            return part
        if isinstance(part, bytearray):
            return bytes(part)
        raise error("usage", "wrong-argument", f"the source gave a `{type(part).__name__}`, not bytes", path="source")

    return read


def _size(file: Any) -> int | None:
    """How many bytes an open file has left. One that decompresses or decodes gives others than the disk holds."""
    opened = getattr(file, "file", file) if type(file).__module__ == "tempfile" else file
    raw = getattr(opened, "raw", opened) if isinstance(opened, io.BufferedIOBase) else opened
    if not isinstance(raw, io.FileIO):
        return None
    try:
        found = os.fstat(raw.fileno())
        return found.st_size - opened.tell() if stat.S_ISREG(found.st_mode) else None
    except (OSError, ValueError):
        return None


def _suffix(place: Any) -> str:
    if isinstance(place, str | os.PathLike):
        return os.path.splitext(os.fspath(cast("str", place)))[1].lower()
    name: object = getattr(place, "name", "")
    return os.path.splitext(name)[1].lower() if isinstance(name, str) else ""


def _guess(source: Any, first: bytes) -> Framing:
    """What the name says; else a text that begins with `[` is an array."""
    if _suffix(source) in (".ndjson", ".jsonl"):
        return "lines"
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text.startswith(b"["):
        return "array"
    return "values" if _suffix(source) == ".json" else "lines"


def _output_of(target: Any, framing: Framing) -> Literal["lines", "array"]:
    suffix = _suffix(target)
    if suffix in (".ndjson", ".jsonl"):
        return "lines"
    return "array" if framing == "array" else "lines"


# Targets


class _Sink:
    """Where bytes go. Nothing is there before `commit`, where that can be."""

    content: bytes | None = None

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def write(self, data: bytes) -> None:
        """Writes all of it: raw files may take less."""
        if not data:
            return
        written = self._write(data)
        if isinstance(written, int) and not isinstance(written, bool):
            rest = memoryview(data)[written:]
            while len(rest):
                more: Any = self._write(bytes(rest))
                rest = rest[more:]

    def commit(self) -> None:
        """Says that all is written."""


class _Buffer(_Sink):
    def __init__(self) -> None:
        self._parts: list[bytes] = []
        super().__init__(self._parts.append)

    def commit(self) -> None:
        self.content = b"".join(self._parts)


class _File(_Sink):
    """A file that appears whole or not at all."""

    def __init__(self, place: str) -> None:
        # A link stays a link: the file that it names is replaced.
        self._place = os.path.realpath(place)
        self._temporary = os.path.join(
            os.path.dirname(self._place), f".{os.path.basename(self._place)}.{secrets.token_hex(6)}.tmp"
        )
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            self._file = os.fdopen(os.open(self._temporary, flags, 0o666), "wb", buffering=0)
        except OSError as failed:
            # The caller knows of no temporary file.
            failed.filename = place
            raise
        with contextlib.suppress(OSError):
            os.chmod(self._temporary, stat.S_IMODE(os.stat(self._place).st_mode))
        super().__init__(self._file.write)

    def commit(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()
        os.replace(self._temporary, self._place)
        with contextlib.suppress(OSError):
            handle = os.open(os.path.dirname(self._place), os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def close(self) -> None:
        self._file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._temporary)


@contextlib.contextmanager
def _writing(target: Any) -> Generator[_Sink]:
    if target is None:
        yield _Buffer()
    elif isinstance(target, str | os.PathLike):
        place = os.fspath(cast("str", target))
        if os.path.exists(place) and not os.path.isfile(place):
            # A pipe, a terminal: nothing to replace.
            with open(place, "wb", buffering=0) as file:
                yield _Sink(file.write)
            return
        sink = _File(place)
        try:
            yield sink
        finally:
            sink.close()
    elif isinstance(target, bytearray):
        yield _Sink(target.extend)
    elif hasattr(target, "write"):
        yield _Sink(_writer(target))
    else:
        raise error(
            "usage", "wrong-argument", f"records cannot be written to a `{type(target).__name__}`", path="target",
            help="give a path, an open file, a `bytearray`, or nothing",
        )  # fmt: skip


def write_file(place: str | os.PathLike[str], content: bytes) -> None:
    """Writes a file, which appears whole or not at all."""
    target: Any = os.fspath(place)
    with _writing(target) as sink:
        sink.write(content)
        sink.commit()


def _writer(file: Any) -> Callable[[bytes], object]:
    # The mode of some is a number.
    mode: object = getattr(file, "mode", None)
    is_text = isinstance(file, io.TextIOBase) or (isinstance(mode, str) and "b" not in mode)
    if not is_text or isinstance(file, io.RawIOBase | io.BufferedIOBase):
        return cast("Callable[[bytes], object]", file.write)

    def write(data: bytes) -> None:
        # What the module wrote ends at a record: never inside of a character.
        file.write(data.decode())

    return write


def _as_lines(write: Callable[[bytes], None]) -> Callable[[bytes, bool], None]:
    def lines(data: bytes, _: bool) -> None:
        write(data)

    return lines


def _as_array(write: Callable[[bytes], None]) -> Callable[[bytes, bool], None]:
    before = b"[\n"

    def items(data: bytes, last: bool) -> None:
        nonlocal before
        if data:
            write(before + data[:-1].replace(b"\n", b",\n"))
            before = b",\n"
        if last:
            write(b"[]\n" if before == b"[\n" else b"\n]\n")

    return items


def _refuse_the_same(sources: list[Any], targets: dict[str, Any]) -> None:
    """Nothing is written over what is read, and no two things to one place."""
    read = [_identity(source) for source in sources]
    written: dict[tuple[Any, ...], str] = {}
    for name, target in targets.items():
        place = _identity(target)
        if place is None:
            continue
        if place in read:
            raise error(
                "usage", "same-file", f"source and `{name}` are the same file", path=name,
                help="write to another file, and rename it when all went well",
            )  # fmt: skip
        if place in written:
            raise error(
                "usage", "same-file", f"`{written[place]}` and `{name}` are the same place",
                path=name, help="give each a place of its own",
            )  # fmt: skip
        written[place] = name


def _identity(place: Any) -> tuple[Any, ...] | None:
    """What tells a file from others, by whatever name; `None` of what is no place, and of pipes and terminals."""
    if place is None or isinstance(place, bytes | memoryview):
        return None
    try:
        found = os.stat(cast("str", place)) if isinstance(place, str | os.PathLike) else os.fstat(place.fileno())
    except (OSError, AttributeError, TypeError, ValueError):
        # Not there yet, or in memory.
        return (os.path.realpath(cast("str", place)),) if isinstance(place, str | os.PathLike) else (id(place),)
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


# Failures and progress


def _failure(raised: PanprotoError) -> Failure:
    return Failure(raised.record or 0, raised.line, raised.offset or 0, raised.code, raised.message, raised.path)


class _Failures:
    """Keeps the first failures and writes all of them where that is asked for."""

    def __init__(self, stack: contextlib.ExitStack, place: Target) -> None:
        self.kept: list[Failure] = []
        self.writes = place is not None
        self._sink = stack.enter_context(_writing(place)) if self.writes else None

    def add(self, raised: PanprotoError) -> None:
        failure = _failure(raised)
        if len(self.kept) < KEPT:
            self.kept.append(failure)
        if self._sink is not None:
            told: dict[str, Any] = {**failure._asdict(), "span": raised.span, "help": raised.help}
            self._sink.write(json.dumps(told, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")

    def commit(self) -> None:
        if self._sink is not None:
            self._sink.commit()


class Watched:
    """Progress of work that may be ended: `check` is called before each step is shown."""

    def __init__(self, check: Callable[[], object], progress: bool | Callable[[Progress], object]) -> None:
        self.check = check
        self.progress = progress

    def __call__(self, at: Progress) -> None:
        """It is a callback like any other for those who check arguments."""
        self.check()


def _nothing(stream: Stream | PutStream, last: bool = False) -> None:
    pass


@contextlib.contextmanager
def _shown(progress: bool | Callable[[Progress], object], total: int | None) -> Generator[Callable[..., None]]:
    def told(stream: Stream | PutStream) -> Progress:
        return Progress(stream.offset, total, stream.records, stream.failures)

    if isinstance(progress, Watched):
        with _shown(progress.progress, total) as inner:

            def checked(stream: Stream | PutStream, last: bool = False) -> None:
                progress.check()
                inner(stream, last)

            yield checked
    elif not progress:
        yield _nothing
    elif callable(progress):
        call: Callable[[Progress], object] = progress

        def shown(stream: Stream | PutStream, last: bool = False) -> None:
            call(told(stream))

        yield shown
    else:
        tqdm = package("tqdm")
        if tqdm is None:
            yield _on_stderr(told)
            return
        with tqdm.tqdm(total=total, unit="B", unit_scale=True, unit_divisor=1024) as bar:

            def moved(stream: Stream | PutStream, last: bool = False) -> None:
                bar.update(stream.offset - bar.n)
                bar.set_postfix_str(f"{stream.records} records", refresh=False)

            yield moved


def _on_stderr(told: Callable[[Stream | PutStream], Progress]) -> Callable[..., None]:
    pace = Pace(0.2)

    def shown(stream: Stream | PutStream, last: bool = False) -> None:
        if pace() or last:
            at = told(stream)
            part = "" if not at.total else f" {100 * at.done // at.total} %"
            sys.stderr.write(f"\r{at.records} records, {at.done >> 20} MiB{part}{chr(10) if last else ''}")
            sys.stderr.flush()

    return shown
