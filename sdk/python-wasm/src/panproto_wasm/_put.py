"""Many views back to records: lines cut into pieces, each with the complements that belong to its lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ._errors import PanprotoError, error, from_wire
from ._session import LINES, PUT, SLICE, limit, run, unpack
from ._streams import COLLECT, KEPT, OnError, policy

if TYPE_CHECKING:
    from ._instance import Ran
    from ._lens import Lens

# "PPC", a version, and the fingerprint of the lens.
_HEADER = 36
_CHECKSUM = 4
_LONGEST_LENGTH = 10
# Complements that cross at once: they may be much larger than their views.
_MEMORY = 4 << 20


def joined(complements: bytes, views: bytes) -> bytes:
    """The input of `put`."""
    return b"".join((len(complements).to_bytes(4, "little"), complements, views))


class _Bodies:
    """A stream of complements: its header, and one body after another as they are asked for."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._held = b""
        self._at = 0
        self.header = self._take(_HEADER)

    def next(self) -> bytes:
        """The next body; less than one where the stream ends, or is none: the module says what is wrong with it."""
        self._want(_LONGEST_LENGTH)
        held, at = self._held, self._at
        length = shift = 0
        for byte in held[at : at + _LONGEST_LENGTH]:
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        size = at - self._at
        if length:
            # A length that is a lie must not make a whole file be read.
            size += min(length + _CHECKSUM, 4 * limit("record_bytes"))
        return self._take(size)

    def rest(self) -> bytes:
        """Something of what is left over, if anything is."""
        self._want(1)
        return self._held[self._at :]

    def _take(self, size: int) -> bytes:
        self._want(size)
        part = self._held[self._at : self._at + size]
        self._at += len(part)
        return part

    def _want(self, size: int) -> None:
        if len(self._held) - self._at >= size:
            return
        parts = [self._held[self._at :]]
        missing = size - len(parts[0])
        while missing > 0 and (part := self._read(max(missing, SLICE))):
            parts.append(part)
            missing -= len(part)
        self._held, self._at = b"".join(parts), 0


class PutStream:
    """`put` over a stream of views: `feed` gives the records so far, `finish` the rest. Complements are read when their
    views are there.
    """

    def __init__(
        self,
        lens: Lens,
        read: Callable[[int], bytes],
        on_error: OnError = "raise",
        on_failure: Callable[[PanprotoError], None] | None = None,
    ) -> None:
        self._lens = lens
        self._bodies = _Bodies(read)
        self._flags = LINES | (policy(on_error) if on_failure is None else COLLECT)
        self._on_failure = on_failure
        self._held = b""
        # No line ended: looking again before twice as much is there would take quadratic time.
        self._patience = SLICE
        self.records = 0
        self.failures = 0
        self.offset = 0
        self._line = 0

    @property
    def wanted(self) -> int:
        """How many bytes the next piece had best have."""
        return max(self._patience - len(self._held), SLICE // 16, 1)

    def feed(self, data: bytes) -> bytes:
        """The records of the lines that are complete now."""
        self._held += data
        if len(self._held) < self._patience:
            return b""
        end = self._held.rfind(b"\n") + 1
        if not end:
            self._check_size()
            self._patience = 2 * len(self._held)
            return b""
        self._patience = SLICE
        whole, self._held = self._held[:end], self._held[end:]
        return self._convert(whole, last=False)

    def finish(self, data: bytes = b"") -> bytes:
        """The records of the rest."""
        whole, self._held = self._held + data, b""
        return self._convert(whole, last=True)

    def _check_size(self) -> None:
        largest = limit("record_bytes")
        if len(self._held) > largest + SLICE:
            raised = error(
                "limit", "limit-size", f"a view passes the limit of {largest} bytes",
                help="raise the limit `record_bytes` if the input is trusted",
            )  # fmt: skip
            raised.record, raised.offset, raised.line = self.records + self.failures, self.offset, self._line + 1
            raise raised

    def _convert(self, text: bytes, *, last: bool) -> bytes:
        """Whole lines, in groups whose views and complements are of a size to cross at once."""
        outputs: list[bytes] = []
        lines: list[bytes] = []
        bodies: list[bytes] = []
        size = memory = 0
        for line in text.splitlines(keepends=True) if b"\r" not in text else _lines(text):
            lines.append(line)
            size += len(line)
            if line.strip(b" \t\r\n"):
                body = self._bodies.next()
                bodies.append(body)
                memory += len(body)
            if size >= SLICE or memory >= _MEMORY:
                outputs.append(self._run(lines, bodies))
                lines, bodies = [], []
                size = memory = 0
        if lines or last:
            # What is left over is the module's to refuse.
            if last:
                bodies.append(self._bodies.rest())
            outputs.append(self._run(lines, bodies))
        return outputs[0] if len(outputs) == 1 else b"".join(outputs)

    def _run(self, lines: list[bytes], bodies: list[bytes]) -> bytes:
        views = b"".join(lines)
        try:
            ran = run(self._lens, PUT, joined(self._bodies.header + b"".join(bodies), views), self._flags)
        except PanprotoError as raised:
            self._place(raised)
            raise
        if ran.failures > KEPT and self._on_failure is not None and len(lines) > KEPT:
            # More failures than are told at once: the same again, in smaller groups.
            return self._run_halves(lines, bodies)
        if ran.failures and self._on_failure is not None:
            for told in unpack(ran.third):
                failure = from_wire(told, (views,))
                self._place(failure)
                self._on_failure(failure)
        self._count(ran, lines, len(views))
        return ran.first

    def _run_halves(self, lines: list[bytes], bodies: list[bytes]) -> bytes:
        middle = len(lines) // 2
        filled = sum(1 for line in lines[:middle] if line.strip(b" \t\r\n"))
        return self._run(lines[:middle], bodies[:filled]) + self._run(lines[middle:], bodies[filled:])

    def _count(self, ran: Ran, lines: list[bytes], size: int) -> None:
        self.records += ran.records
        self.failures += ran.failures
        self.offset += size
        self._line += len(lines)

    def _place(self, failure: PanprotoError) -> None:
        if failure.record is not None:
            failure.record += self.records + self.failures
        if failure.line is not None:
            failure.line += self._line
        if failure.offset is not None:
            failure.offset += self.offset


def _lines(text: bytes) -> list[bytes]:
    """Lines as the module sees them: a carriage return is white space."""
    lines = [line + b"\n" for line in text.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
