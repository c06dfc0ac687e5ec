"""Many records at once: lines cut into slices, complements kept in step, values in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from . import _values
from ._errors import PanprotoError, error, from_wire
from ._session import GET, LIFT, LINES, PUT, SLICE, run, unpack

if TYPE_CHECKING:
    from ._instance import Ran
    from ._lens import Lens

R = TypeVar("R")

_RAISE, _SKIP, _COLLECT = 0, 1 << 4, 2 << 4
# Failures that a report keeps.
_KEPT = 1000
# "PPC", a version, and the fingerprint of the lens.
_HEADER = 36
_MAGIC = b"PPC\x01"
_CHECKSUM = 4
_CHUNK = 512


def opened(record: Any) -> tuple[bytes, Callable[[bytes], Any]]:
    """The JSON text of a record, and how to give one back in the same kind."""
    if isinstance(record, str):
        try:
            return record.encode(), bytes.decode
        except UnicodeEncodeError as cause:
            raise error(
                "parse", "text-encoding", f"the text holds a lone surrogate at character {cause.start}",
                help="write it as an escape: `\\ud800`",
            ) from None  # fmt: skip
    if isinstance(record, bytes):
        return bytes(record), bytes
    if isinstance(record, bytearray):
        return bytes(record), bytearray
    if isinstance(record, memoryview):
        return record.tobytes(), memoryview
    return _values.encode(record), _values.decode


def joined(complements: bytes, views: bytes) -> bytes:
    """The input of `put`."""
    return b"".join((len(complements).to_bytes(4, "little"), complements, views))


def slices(data: bytes) -> Iterator[bytes]:
    """Whole lines, about as much as may cross at once."""
    if len(data) <= SLICE:
        yield data
        return
    start = 0
    while start < len(data):
        end = start + SLICE
        if end < len(data):
            newline = data.rfind(b"\n", start, end)
            if newline < 0:
                newline = data.find(b"\n", end)
            end = len(data) if newline < 0 else newline + 1
        yield data[start:end]
        start = end


class _Batch:
    """Counts what earlier slices held, so that errors tell places in the whole."""

    def __init__(self, on_error: str, errors: list[PanprotoError] | None) -> None:
        if on_error not in ("raise", "skip"):
            raise error("usage", "wrong-argument", f"`on_error` is `{on_error}`", help="`raise` or `skip`")
        self.errors = errors
        self.flags = LINES | (_COLLECT if errors is not None else _SKIP if on_error == "skip" else _RAISE)
        self.records = 0
        self.lines = 0
        self.offset = 0

    def run(self, lens: Lens, operation: int, views: bytes, complements: bytes = b"") -> Ran:
        data = joined(complements, views) if operation == PUT else views
        try:
            ran = run(lens, operation, data, self.flags)
        except PanprotoError as raised:
            self._place(raised)
            raise
        if ran.failures and self.errors is not None:
            for told in unpack(ran.third):
                failure = from_wire(told, (views,))
                self._place(failure)
                if len(self.errors) < _KEPT:
                    self.errors.append(failure)
        self.records += ran.records + ran.failures
        self.lines += views.count(b"\n")
        self.offset += len(views)
        return ran

    def _place(self, failure: PanprotoError) -> None:
        if failure.record is not None:
            failure.record += self.records
        if failure.line is not None:
            failure.line += self.lines
        if failure.offset is not None:
            failure.offset += self.offset


def convert(
    lens: Lens, operation: int, data: Any, on_error: str, errors: list[PanprotoError] | None
) -> tuple[Any, bytes]:
    """Lines to lines, and complements where the operation gives them."""
    text, back = _lines_of(data)
    batch = _Batch(on_error, errors)
    views: list[bytes] = []
    complements: list[bytes] = []
    for part in slices(text):
        ran = batch.run(lens, operation, part)
        views.append(ran.first)
        if operation == GET:
            # The header stands once, before all bodies.
            complements.append(ran.second[_HEADER:] if complements else ran.second)
    return back(views[0] if len(views) == 1 else b"".join(views)), b"".join(complements)


def put(lens: Lens, data: Any, complements: bytes, on_error: str, errors: list[PanprotoError] | None) -> Any:
    """Lines of views and a stream of complements to lines of records."""
    text, back = _lines_of(data)
    batch = _Batch(on_error, errors)
    if len(text) <= SLICE:
        return back(batch.run(lens, PUT, text, complements).first)
    header, at = complements[:_HEADER], _HEADER
    records: list[bytes] = []
    parts = list(slices(text))
    for index, part in enumerate(parts):
        start = at
        if index == len(parts) - 1:
            # The rest, so that the module sees what is left over.
            at = len(complements)
        else:
            for line in part.split(b"\n"):
                if line and not line.isspace():
                    at = _next_body(complements, at)
        records.append(batch.run(lens, PUT, part, header + complements[start:at]).first)
    return back(b"".join(records))


def _next_body(complements: bytes, at: int) -> int:
    """Where the body after the one at `at` begins; at the end it stays there, and the module says what is missing."""
    length = shift = 0
    end = len(complements)
    while at < end:
        byte = complements[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return min(end, at + length + _CHECKSUM) if length else at


def _lines_of(data: Any) -> tuple[bytes, Callable[[bytes], Any]]:
    if not isinstance(data, str | bytes | bytearray | memoryview):
        raise error(
            "usage", "wrong-argument", f"lines are text or bytes, this is a `{type(data).__name__}`",
            help="use `convert` for an iterable of records",
        )  # fmt: skip
    return opened(data)


def iterate(lens: Lens, records: Iterable[R], on_error: str) -> Iterator[R]:
    """Records to views, chunk by chunk; the first chunks are small, so that the first view comes soon."""
    skip = on_error == "skip"
    _Batch(on_error, None)
    size, done = 1, 0
    source = iter(records)
    over = False
    while not over:
        lines: list[bytes] = []
        backs: list[Callable[[bytes], Any]] = []
        room = SLICE
        failed: PanprotoError | None = None
        while len(lines) < size and room > 0:
            try:
                record = next(source)
            except StopIteration:
                over = True
                break
            try:
                text, back = opened(record)
                if not text or text.isspace():
                    # A blank line would be skipped; a record without content is refused.
                    run(lens, LIFT, text)
            except PanprotoError as failure:
                if skip:
                    continue
                failure.record = done + len(lines)
                failed = failure
                over = True
                break
            # Between tokens a line break is white space like any other, and inside of strings JSON has none.
            lines.append(text.replace(b"\n", b" ") if b"\n" in text else text)
            backs.append(back)
            room -= len(text)
        if lines:
            yield from _chunk(lens, lines, backs, done, skip)
        if failed is not None:
            raise failed
        done += len(lines)
        size = min(2 * size, _CHUNK)


def _chunk(lens: Lens, lines: list[bytes], backs: list[Callable[[bytes], Any]], done: int, skip: bool) -> Iterator[Any]:
    errors: list[PanprotoError] = []
    # Always collected: the views before a failure are wanted, and which ones failed.
    ran = _Batch("skip", errors).run(lens, LIFT, b"\n".join(lines))
    lost = {failure.record: failure for failure in errors}
    views = iter(ran.first.split(b"\n"))
    for index, back in enumerate(backs):
        failed = lost.get(index)
        if failed is None:
            yield back(next(views))
        elif not skip:
            failed.record = done + index
            raise failed
