"""One instance of the module: memory, buffers, calls.

An instance belongs to one call at a time. Whatever interrupts a call (a trap, an exception of a signal handler) makes
its caller drop the instance; objects are their bytes, so nothing is lost.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any

from . import _engine
from ._errors import PanprotoError, error

# What a memory may hold and still be kept for the next call.
KEPT_MEMORY = 64 << 20
MEMORY_LIMIT = 1 << 30
_PAGE_SLACK = 16 << 20
_SMALLEST_INPUT = 64 << 10


_nine = struct.Struct("9I").unpack_from


class Ran:
    """What a record operation left behind. (Of the ways to hold so much, the one that is made fastest.)"""

    __slots__ = ("failures", "first", "records", "second", "status", "taken", "third")

    status: int
    first: bytes
    second: bytes
    third: bytes
    records: int
    failures: int
    taken: int


class Instance:
    """An instance of the module in a store of its own."""

    __slots__ = (
        "__weakref__",
        "_base",
        "_bytes",
        "_call",
        "_cancel",
        "_capacity",
        "_deadline",
        "_input",
        "_memory",
        "_memory_limit",
        "_panic",
        "_reserve",
        "_run",
        "_store",
        "_trap",
        "_words",
        "generation",
        "lenses",
    )

    def __init__(self, memory_limit: int = MEMORY_LIMIT) -> None:
        import wasmtime

        # In this order: what changes in between makes the instance an old one.
        generation = _engine.generation
        runtime = _engine.runtime()
        self.generation = generation if runtime.later is None else ~generation
        # Open lenses: digest → (slot, generation) of the module's table.
        self.lenses: dict[bytes, tuple[int, int]] = {}
        store = wasmtime.Store(runtime.engine)
        self._deadline: int = runtime.deadline
        self._memory_limit = memory_limit
        if self._deadline:
            store.set_epoch_deadline(self._deadline)
        store.set_limits(memory_size=memory_limit + _PAGE_SLACK, instances=1, memories=1, tables=4)
        try:
            exports: Any = runtime.prepared.instantiate(store).exports(store)
        except wasmtime.WasmtimeError as cause:
            raise error("internal", "instance-refused", f"no instance of the module can be made: {cause}") from cause
        self._store = store
        self._memory: Any = exports["memory"]
        bind = runtime.bind
        bind(store, exports["pp_init"], 0)()
        self._reserve = bind(store, exports["pp_reserve"], 1)
        self._call = bind(store, exports["pp_call"], 1)
        self._run = bind(store, exports["pp_run"], 5)
        self._trap = bind(store, exports["pp_trap"], 0)
        out = bind(store, exports["pp_out"], 0)()
        panic = bind(store, exports["pp_panic"], 0)()
        cancel = bind(store, exports["pp_cancel"], 0)()
        self._base: int = ctypes.addressof(self._memory.data_ptr(store).contents)
        # INVARIANT: memory does not move (`memory_may_move` is off), so this and what follows stay valid as long as the
        # store; what a memory has gained is beyond the end of the view until somebody looks.
        self._bytes = memoryview(b"")
        self._look()
        for place, length in ((out, 36), (panic, 8), (cancel, 1)):
            self._check(place, length)
        self._words = memoryview((ctypes.c_uint32 * 9).from_address(self._base + out)).cast("B").cast("I")
        self._panic = (ctypes.c_uint32 * 2).from_address(self._base + panic)
        self._cancel = ctypes.c_uint8.from_address(self._base + cancel)
        self._capacity = 0
        self._input = 0
        _engine.instances.add(self)

    def control(self, message: bytes) -> tuple[int, bytes]:
        """Runs a control request: its status and its output."""
        try:
            self._begin()
            self._write(message)
            status = self._call(len(message))
        except Exception as cause:
            raise self.failure(cause) from None
        place, length = self._words[:2]
        return status, self._read(place, length)

    def run(self, op: int, slot: int, generation: int, flags: int, data: bytes | memoryview) -> Ran:
        """Runs a record operation of an open lens."""
        length = len(data)
        try:
            if self._deadline:
                self._begin()
            if length > self._capacity:
                self._widen(length)
            if length:
                at = self._input
                self._bytes[at : at + length] = data
            status = self._run(op, slot, generation, flags, length)
        except Exception as cause:
            raise self.failure(cause) from None
        at, length, at2, length2, records, failures, at3, length3, taken = _nine(self._words)
        ran = Ran()
        ran.status = status
        if length:
            # As `_read` does, without the call.
            end = at + length
            if end > len(self._bytes):
                self._check(at, length)
            ran.first = self._bytes[at:end].tobytes()
        else:
            ran.first = b""
        ran.second = self._read(at2, length2) if length2 else b""
        ran.third = self._read(at3, length3) if length3 else b""
        ran.records = records
        ran.failures = failures
        ran.taken = taken
        return ran

    def _look(self) -> int:
        """How large the memory is now."""
        size: int = self._memory.data_len(self._store)
        if size != len(self._bytes):
            self._bytes = memoryview((ctypes.c_uint8 * size).from_address(self._base)).cast("B")
        return size

    def _is_full(self) -> bool:
        """Whether so much of its memory is used that more of it was refused: what is asked for at once is large."""
        return self._look() > min(KEPT_MEMORY, self._memory_limit // 4)

    def _begin(self) -> None:
        if self._deadline:
            self._store.set_epoch_deadline(self._deadline)

    def cancel(self) -> None:
        """Ends the running operation at its next look; may be called from any thread."""
        self._cancel.value = 1

    def trap(self) -> None:
        """Panics inside of the module (for tests)."""
        try:
            self._trap()
        except Exception as cause:
            raise self.failure(cause) from None

    def grown(self) -> bool:
        """Whether its memory passed what is kept between calls; it never shrinks."""
        return self._look() > KEPT_MEMORY

    def failure(self, cause: Exception) -> Exception:
        """The error of a call that trapped. The instance is of no further use."""
        import wasmtime

        if not isinstance(cause, wasmtime.Trap | wasmtime.WasmtimeError):
            return cause
        text = self._panic_text()
        code = getattr(cause, "trap_code", None)
        name = getattr(code, "name", "") or "trap"
        made: PanprotoError
        if name == "INTERRUPT":
            made = error(
                "limit", "limit-time", f"the call took longer than {_engine.runtime().hard_limit} seconds",
                help="raise the limit with `set_hard_time_limit`, or convert less at once",
            )  # fmt: skip
        elif text == "limit-memory":
            made = error(
                "limit", text, "the call needs more memory than the limit grants",
                help="convert fewer or smaller records at once, or raise the limit `memory_bytes`",
            )  # fmt: skip
        elif not text and name == "UNREACHABLE" and self._is_full():
            made = error(
                "limit", "resource-exhausted", f"the module ran out of memory at {self._look() >> 20} MiB",
                help="convert fewer or smaller records at once, or raise the limit `memory_bytes`",
            )  # fmt: skip
        else:
            said = text or name.lower().replace("_", " ")
            made = error(
                "internal", "internal-trap", f"the module stopped: {said}",
                help="this is a defect of panproto: please report it; the next call gets a fresh instance",
            )  # fmt: skip
        return made

    def _panic_text(self) -> str:
        place, length = self._panic
        if not length or length > 1 << 16 or place + length > self._look():
            return ""
        return self._read(place, length).decode("utf-8", "replace")

    def _write(self, data: bytes) -> None:
        length = len(data)
        if length > self._capacity:
            self._widen(length)
        self._bytes[self._input : self._input + length] = data

    def _widen(self, length: int) -> None:
        """Reserves a larger input."""
        # A refused reservation leaves no buffer at all.
        self._capacity = 0
        wanted = max(length, _SMALLEST_INPUT)
        place = self._reserve(wanted) if wanted < 1 << 32 else 0
        if not place:
            raise error(
                "limit", "limit-size", f"an input of {length} bytes passes what the module takes",
                help="raise the limit `memory_bytes` if the input is trusted, or convert it in parts",
            )  # fmt: skip
        self._check(place, wanted)
        self._input, self._capacity = place, wanted

    def _read(self, place: int, length: int) -> bytes:
        end = place + length
        if end > len(self._bytes):
            self._check(place, length)
        return self._bytes[place:end].tobytes()

    def _check(self, place: int, length: int) -> None:
        """Whether a range that the module named lies within its memory: nothing outside is ever touched."""
        if place + length > self._look():
            raise error("internal", "outside-memory", "the module named a range outside of its memory")
