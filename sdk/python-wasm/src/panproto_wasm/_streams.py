"""Streams in pieces: what the module did not take is kept and put before the next piece.

Nothing of a stream stays inside of the module, so an instance may be replaced between two pieces.
"""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Literal

from ._errors import PanprotoError, error, from_wire, placed
from ._session import GET, LINES, SLICE, limit, run, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._lens import Lens

Framing = Literal["lines", "array", "values"]
OnError = Literal["raise", "skip", "collect"]

_FRAMINGS = {"lines": LINES, "array": 2, "values": 3}
SKIP, COLLECT = 1 << 4, 2 << 4
_POLICIES = {"raise": 0, "skip": SKIP, "collect": COLLECT}
_MORE, _CONTINUED = 1 << 8, 1 << 9
# Failures that a report keeps, and that the module tells of one call.
KEPT = 1000
# No piece of this size holds more failures than the module tells.
_SURELY_TOLD = 2 * KEPT
_HEADER = 36


def policy(on_error: str) -> int:
    """The flags of a policy."""
    found = _POLICIES.get(str(on_error))
    if found is None:
        raise error(
            "usage", "wrong-argument", f"`on_error` is `{on_error}`", path="on_error",
            help="`raise`, `skip` or `collect`",
        )  # fmt: skip
    return found


class Stream:
    """One operation of a lens over a stream: `feed` gives the output so far, `finish` the rest.

    The output is lines. `complements` grows with those of `get`; a failure that is not raised goes to `on_failure`.
    """

    def __init__(
        self,
        lens: Lens,
        operation: int,
        framing: Framing,
        on_error: OnError = "raise",
        on_failure: Callable[[PanprotoError], None] | None = None,
    ) -> None:
        if framing not in _FRAMINGS:
            raise error(
                "usage",
                "wrong-argument",
                f"`framing` is `{framing}`",
                path="framing",
                help="`lines`, `array` or `values`",
            )
        self._lens = lens
        self._operation = operation
        self._lines = framing == "lines"
        self._flags = _FRAMINGS[framing] | policy(on_error)
        self._on_failure = on_failure
        if on_failure is not None and on_error == "skip":
            self._flags = _FRAMINGS[framing] | COLLECT
        # What was given and not taken begins at `_at`.
        self._held = b""
        self._at = 0
        # Lines of it are counted up to here.
        self._counted = 0
        # Nothing was taken: asking again before twice as much is there would take quadratic time.
        self._patience = 0
        self._begun = False
        self._headed = False
        self.complements: list[bytes] = []
        self.records = 0
        self.failures = 0
        self.offset = 0
        self._line = 0

    @property
    def wanted(self) -> int:
        """How many bytes the next piece had best have."""
        left = len(self._held) - self._at
        return max(SLICE - left, SLICE // 16, self._patience - left)

    def feed(self, data: bytes) -> bytes:
        """The output of what is complete now."""
        self._hold(data)
        if len(self._held) - self._at < self._patience:
            return b""
        return self._advance(more=True)

    def finish(self, data: bytes = b"") -> bytes:
        """The output of the rest."""
        self._hold(data)
        out = self._advance(more=False)
        self._held, self._at, self._counted = b"", 0, 0
        return out

    def _hold(self, data: bytes) -> None:
        self._count()
        self._counted = 0
        # Nothing is copied where nothing is left.
        self._held = self._held[self._at :] + data if self._at < len(self._held) else data
        self._at = 0

    def _advance(self, *, more: bool) -> bytes:
        first = b""
        # The output of several pieces grows in place, and is given up without a copy.
        joined = io.BytesIO()
        size = SLICE
        held = memoryview(self._held)
        while self._at < len(held) or not more:
            piece = held[self._at : self._at + max(size, self._patience)]
            last = not more and self._at + len(piece) == len(held)
            flags = self._flags | (0 if last else _MORE) | (_CONTINUED if self._begun else 0)
            try:
                ran = run(self._lens, self._operation, piece, flags)
            except PanprotoError as raised:
                self._place(raised)
                raise
            told = ran.failures > KEPT and self._on_failure is not None
            if told and len(piece) > _SURELY_TOLD:
                # More failures than are told at once: the same again, in smaller pieces.
                size, self._patience = max(len(piece) // 2, _SURELY_TOLD), 0
                continue
            if ran.failures and self._on_failure is not None:
                for failure in unpack(ran.third):
                    made = from_wire(failure, (bytes(piece),))
                    self._place(made)
                    self._on_failure(made)
            if not first:
                first = ran.first
            elif ran.first:
                if not joined.tell():
                    joined.write(first)
                joined.write(ran.first)
            if self._operation == GET and ran.second:
                # The header stands once, before all bodies.
                self.complements.append(ran.second[_HEADER:] if self._headed else ran.second)
                self._headed = True
            self.records += ran.records
            self.failures += ran.failures
            self.offset += ran.taken
            self._begun = self._begun or ran.taken > 0
            self._at += ran.taken
            if last:
                break
            left = len(held) - self._at
            if ran.taken:
                self._patience = 0
            elif len(piece) == left:
                self._wait(len(piece))
                if more:
                    break
            else:
                self._patience = 2 * len(piece)
            if more and left < SLICE // 2:
                break
        return joined.getvalue() or first

    def _count(self) -> None:
        """Counts the lines that were taken. Only failures tell them, so it is done as late as can be."""
        if self._lines:
            self._line += self._held.count(b"\n", self._counted, self._at)
            self._counted = self._at

    def _wait(self, size: int) -> None:
        largest = limit("record_bytes")
        if size > largest + SLICE:
            raised = error(
                "limit", "limit-size", f"a record passes the limit of {largest} bytes",
                help="raise the limit `record_bytes` if the input is trusted",
            )  # fmt: skip
            raised.record, raised.offset = 0, 0
            self._place(raised)
            raise raised
        self._patience = 2 * size

    def _place(self, failure: PanprotoError) -> None:
        if failure.record is not None:
            failure.record += self.records + self.failures
        if failure.line is not None:
            self._count()
            failure.line += self._line
        if failure.offset is not None:
            failure.offset += self.offset
        placed(failure)


class Pace:
    """Lets something happen at most every so often."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def __call__(self) -> bool:
        """Whether it is time again."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
