"""Many views back to records: at once where they are few, else cut where lines end, each piece with the complements of
its lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ._errors import PanprotoError, error, from_wire, placed
from ._session import LINES, PUT, SLICE, limit, run, unpack
from ._streams import COLLECT, KEPT, OnError, policy

if TYPE_CHECKING:
    from ._lens import Lens

# "PPC", a version, and the fingerprint of the lens.
_HEADER = 36
_CHECKSUM = 4
_LONGEST_LENGTH = 10
# Complements that cross at once: they may be much larger than their views.
_MEMORY = 4 << 20
# No piece of this size holds more failures than the module tells of one call.
_SURELY_TOLD = 2 * KEPT


def joined(complements: bytes, views: bytes) -> bytes:
    """The input of `put`."""
    return b"".join((len(complements).to_bytes(4, "little"), complements, views))


class _Bodies:
    """A stream of complements: its header, and one body after another as they are asked for."""

    def __init__(self, source: bytes | Callable[[int], bytes]) -> None:
        self._read: Callable[[int], bytes] = _nothing if isinstance(source, bytes) else source
        self.held = source if isinstance(source, bytes) else b""
        self.at = 0
        self.header = self._take(_HEADER)

    def next(self) -> bytes:
        """The next body; less than one where the stream ends, or is none: the module says what is wrong with it."""
        self._want(_LONGEST_LENGTH)
        length, size = _length_at(self.held, self.at)
        if length:
            # A length that is a lie must not make a whole file be read.
            size += min(length + _CHECKSUM, 4 * limit("record_bytes"))
        return self._take(size)

    def whole(self, most: int) -> bytes | None:
        """All that are left, if they are no more."""
        self._want(most + 1)
        return None if len(self.held) - self.at > most else self._take(most)

    def rest(self) -> bytes:
        """Something of what is left over, if anything is."""
        self._want(1)
        return self.held[self.at :]

    def _take(self, size: int) -> bytes:
        self._want(size)
        part = self.held[self.at : self.at + size]
        self.at += len(part)
        return part

    def _want(self, size: int) -> None:
        if len(self.held) - self.at >= size:
            return
        parts = [self.held[self.at :]]
        missing = size - len(parts[0])
        while missing > 0 and (part := self._read(max(missing, SLICE))):
            parts.append(part)
            missing -= len(part)
        self.held, self.at = b"".join(parts), 0


def _nothing(_: int) -> bytes:
    return b""


def _length_at(held: bytes, start: int) -> tuple[int, int]:
    """What the number at a place says, and how many bytes it takes."""
    length = shift = 0
    at = start
    for byte in held[start : start + _LONGEST_LENGTH]:
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return length, at - start


class _Group(NamedTuple):
    """Lines that cross at once: where they end, how many they are, and the bodies of those that are not blank."""

    end: int
    lines: int
    bodies: bytes


def _group(text: bytes, start: int, stop: int, source: _Bodies, most: int) -> _Group:
    """The lines that begin before `stop`, or fewer: until their bodies are of a size."""
    find = text.find
    at = start
    lines = memory = 0
    parts: list[bytes] = []
    held, begin = source.held, source.at
    body = begin
    # A body that begins later may not lie whole in what is held.
    surely = len(held) - _LONGEST_LENGTH
    while at < stop and memory + body - begin < most:
        line = at
        at = find(b"\n", at) + 1 or len(text)
        lines += 1
        if text[line] <= 32 and not text[line:at].strip(b" \t\r\n"):
            continue
        if body <= surely:
            length = held[body]
            if length < 0x80:
                after = body + 1
            elif (second := held[body + 1]) < 0x80:
                length += (second << 7) - 0x80
                after = body + 2
            else:
                length, size = _length_at(held, body)
                after = body + size
            if length:
                after += length + _CHECKSUM
            if after <= len(held):
                body = after
                continue
        source.at = body
        parts += (held[begin:body], source.next())
        memory += body - begin + len(parts[-1])
        held, begin = source.held, source.at
        body = begin
        surely = len(held) - _LONGEST_LENGTH
    source.at = body
    parts.append(held[begin:body])
    return _Group(at, lines, b"".join(parts))


class PutStream:
    """`put` over a stream of views: `feed` gives the records so far, `finish` the rest. Complements are read when their
    views are there.
    """

    def __init__(
        self,
        lens: Lens,
        complements: bytes | Callable[[int], bytes],
        on_error: OnError = "raise",
        on_failure: Callable[[PanprotoError], None] | None = None,
    ) -> None:
        self._lens = lens
        self._bodies = _Bodies(complements)
        self._flags = LINES | policy(on_error)
        if on_failure is not None and on_error == "skip":
            self._flags = LINES | COLLECT
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
            self._check_size(len(self._held))
            self._patience = 2 * len(self._held)
            return b""
        self._patience = SLICE
        whole, self._held = self._held[:end], self._held[end:]
        return self._convert(whole, last=False)

    def finish(self, data: bytes = b"") -> bytes:
        """The records of the rest."""
        whole, self._held = self._held + data, b""
        return self._convert(whole, last=True)

    def _check_size(self, size: int) -> None:
        largest = limit("record_bytes")
        if size > largest + SLICE:
            raised = error(
                "limit", "limit-size", f"a view passes the limit of {largest} bytes",
                help="raise the limit `record_bytes` if the input is trusted",
            )  # fmt: skip
            raised.record, raised.offset, raised.line = self.records + self.failures, self.offset, self._line + 1
            placed(raised)
            raise raised

    def _convert(self, text: bytes, *, last: bool) -> bytes:
        """Whole lines, in groups whose views and complements are of a size to cross at once."""
        outputs: list[bytes] = []
        at, size = 0, len(text)
        while at < size or last:
            end = min(size, at + SLICE)
            rest = self._bodies.whole(_MEMORY) if last and end == size else None
            if rest is not None:
                # As they are: the module counts them, and refuses what is missing or left over.
                outputs.append(self._run(text[at:], rest, 0))
                break
            # The last line that begins before the end of the slice is too much, unless it is the only one.
            end = text.rfind(b"\n", at, end) + 1 or end
            group = _group(text, at, end, self._bodies, _MEMORY)
            self._check_size(group.end - at)
            bodies = group.bodies
            if last and group.end == size:
                last = False
                bodies += self._bodies.rest()
            outputs.append(self._run(text[at : group.end], bodies, group.lines))
            at = group.end
        return outputs[0] if len(outputs) == 1 else b"".join(outputs)

    def _run(self, views: bytes, bodies: bytes, lines: int) -> bytes:
        header = self._bodies.header
        size = (len(header) + len(bodies)).to_bytes(4, "little")
        try:
            ran = run(self._lens, PUT, b"".join((size, header, bodies, views)), self._flags)
        except PanprotoError as raised:
            self._place(raised)
            raise
        if ran.failures > KEPT and self._on_failure is not None and len(views) > _SURELY_TOLD:
            # More failures than are told at once: the same again, in smaller groups.
            return self._run_halves(views, bodies)
        if ran.failures and self._on_failure is not None:
            for told in unpack(ran.third):
                failure = from_wire(told, (views,))
                self._place(failure)
                self._on_failure(failure)
        self.records += ran.records
        self.failures += ran.failures
        self.offset += len(views)
        self._line += lines
        return ran.first

    def _run_halves(self, views: bytes, bodies: bytes) -> bytes:
        middle = len(views) // 2
        middle = views.rfind(b"\n", 0, middle) + 1 or views.find(b"\n", middle) + 1
        source = _Bodies(self._bodies.header + bodies)
        half = _group(views, 0, middle, source, len(bodies) + 1)
        first = self._run(views[: half.end], half.bodies, half.lines)
        rest = views[half.end :]
        return first + self._run(rest, source.rest(), rest.count(b"\n"))

    def _place(self, failure: PanprotoError) -> None:
        if failure.record is not None:
            failure.record += self.records + self.failures
        if failure.line is not None:
            failure.line += self._line
        if failure.offset is not None:
            failure.offset += self.offset
        placed(failure)
