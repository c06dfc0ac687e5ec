"""wasmtime, once per process: engine, compiled module, and what instances are made from.

Nothing here is loaded by `import panproto`. A forked child forgets what could be half-way through a call in another
thread of its parent: stores are neither used nor freed there.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._errors import WasmError, error

if TYPE_CHECKING:
    import wasmtime

    from ._call import Bind
    from ._instance import Instance
    from ._optimise import Later

ABI = 1
MODULE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "panproto.wasm")
_CONFIGURATION = "speed, no parallel compilation, memory stays"


class Runtime:
    """Engine and module. Shared by all threads; wasmtime's engines, modules and linkers may be."""

    engine: wasmtime.Engine
    prepared: wasmtime.InstancePre
    imports: list[Any]
    bind: Bind
    is_optimised: bool
    # While the code is to be replaced by optimised code.
    later: Later | None

    def __init__(self, hard_limit: float | None = None) -> None:
        from . import _cache

        wasmtime = _wasmtime()
        config = wasmtime.Config()
        self.hard_limit = hard_limit
        # Ticks that a call may take; the tick under way is not a whole one.
        self.deadline = 0 if hard_limit is None else math.ceil(hard_limit / _TICK) + 1
        config.epoch_interruption = hard_limit is not None
        # A thread pool in a forked child hangs, and `fork` warns of threads.
        config.parallel_compilation = False
        # Memory stays where it is when it grows: addresses may be kept.
        config.memory_may_move = False
        self.engine = wasmtime.Engine(config)
        self.is_optimised, self.later = True, None
        self._parts = _compiler(), _CONFIGURATION + ("" if hard_limit is None else ", epochs")
        code = _code()
        self._wanted = _cache.key(self._parts, code)
        try:
            self._link(self._module(code))
            if self.later is not None:
                self.later.start(MODULE, self._parts, epochs=hard_limit is not None)
        except BaseException:
            if self.later is not None:
                self.later.close()
            raise

    def improved(self, artefact: bytes | None) -> Runtime:
        """The same with optimised code, of the cache or as given. Fails as wasmtime does."""
        from copy import copy

        from ._call import deserialize

        module = self._kept(self._wanted) or deserialize(self.engine, artefact or b"")
        made = copy(self)
        made.later, made.is_optimised = None, True
        made._link(module)
        return made

    def _link(self, module: wasmtime.Module) -> None:
        wasmtime = _wasmtime()
        linker = wasmtime.Linker(self.engine)
        self.imports = list(module.imports)
        for needed in self.imports:
            # The initialiser of a table that stays empty; a host without JavaScript gives one that does nothing.
            kind: Any = needed.type
            if not isinstance(kind, wasmtime.FuncType) or kind.params or kind.results or needed.name is None:
                raise error("internal", "unknown-import", f"the module imports `{needed.module}.{needed.name}`")
            linker.define_func(needed.module, needed.name, kind, _nothing)
        self.prepared = linker.instantiate_pre(module)
        self._check()

    def _kept(self, wanted: bytes) -> wasmtime.Module | None:
        """The module of the cache."""
        from . import _cache, _call

        wasmtime = _wasmtime()
        with _cache.mapped(wanted) as place, contextlib.suppress(wasmtime.WasmtimeError):
            if place is not None:
                return wasmtime.Module.deserialize_file(self.engine, place)  # type: ignore[no-any-return]
        artefact = _cache.read(wanted)
        if artefact is not None:
            # Of another build or another processor: compiled again.
            with contextlib.suppress(wasmtime.WasmtimeError):
                return _call.deserialize(self.engine, artefact)
        return None

    def _module(self, code: bytes) -> wasmtime.Module:
        from . import _cache

        seen = _cache.stamp(self._wanted)
        module = self._kept(self._wanted)
        if module is not None:
            return module
        from . import _compile, _optimise

        wasmtime = _wasmtime()
        quick = _cache.key((*self._parts, "quick"), code)
        if _compile.is_shared():
            with contextlib.suppress(OSError):
                self.later = _optimise.Later(self._wanted, seen, quick)
            module = None if self.later is None else self._kept(quick)
            if module is not None:
                self.is_optimised = False
                return module
        try:
            module, artefact, is_quick = _compile.module_of(
                self.engine, code, epochs=self.hard_limit is not None, quick=self.later is not None
            )
        except wasmtime.WasmtimeError as cause:
            raise error(
                "internal", "module-damaged", f"the module cannot be compiled: {str(cause).splitlines()[0]}",
                help="reinstall `panproto-wasm`",
            ) from cause  # fmt: skip
        _cache.write(quick if is_quick else self._wanted, artefact)
        self.is_optimised = not is_quick
        if self.later is not None and not is_quick:
            self.later.close()
            self.later = None
        return module

    def _check(self) -> None:
        from . import _call

        wasmtime = _wasmtime()
        store = wasmtime.Store(self.engine)
        if self.deadline:
            store.set_epoch_deadline(1 << 40)
        exports = self.prepared.instantiate(store).exports(store)
        try:
            abi: Any = exports["pp_abi"]
            found = abi(store)
        except (KeyError, TypeError, wasmtime.WasmtimeError):
            # Another module altogether.
            found = None
        if found != ABI:
            raise error(
                "internal", "abi-mismatch", f"the module has ABI {found}, this package knows ABI {ABI}",
                help="install `panproto-wasm` again: package and module belong together",
            )  # fmt: skip
        self.bind = _call.choose(store, exports)


def _code() -> bytes:
    try:
        with open(MODULE, "rb") as file:
            return file.read()
    except OSError as cause:
        raise error(
            "internal", "module-missing", f"the module cannot be read: {cause}",
            help="reinstall `panproto-wasm`; in a checkout, run `cargo xtask build`",
        ) from cause  # fmt: skip


def _compiler() -> str:
    """Which build of wasmtime compiles: its library file tells version, system and processor at once."""
    from wasmtime import _ffi as ffi  # pyright: ignore

    native: Any = ffi
    found = os.stat(native.filename)
    return f"{native.filename} {found.st_size} {found.st_mtime_ns}"


def _nothing() -> None:
    return None


def _wasmtime() -> Any:
    try:
        import wasmtime
    except Exception as cause:
        failed = WasmError(f"wasmtime cannot be loaded here: {cause}")
        failed.code, failed.help = "wasmtime-missing", "install it again: pip install --force-reinstall wasmtime"
        raise failed from cause
    return wasmtime


class _Clock(threading.Thread):
    """Counts the engine's epoch up, while there is a hard limit of time."""

    def __init__(self, engine: wasmtime.Engine) -> None:
        super().__init__(name="panproto clock", daemon=True)
        self._engine = engine
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(_TICK):
            self._engine.increment_epoch()

    def stop(self) -> None:
        self._stopped.set()
        self.join()
        # The engine must go while wasmtime is whole.
        del self._engine


_TICK = 0.01
_lock = threading.RLock()
_runtime: Runtime | None = None
_clock: _Clock | None = None
_hard_limit: float | None = None
# Every instance that lives, so that a fork can keep those of other threads from being freed in the child.
instances: weakref.WeakSet[Instance] = weakref.WeakSet()
_held: list[object] = []
# What drops idle instances, at exit.
_forget: list[Callable[[], None]] = []
_several_threads = False
# Raised when what threads keep is of another time: after a fork, when limits change, when optimised code is there. An
# instance has the one that it was made in, and its complement (`~`) where its code is to be replaced.
generation: int = 0


def runtime() -> Runtime:
    """The runtime of this process."""
    found = _runtime
    if found is None:
        with _lock:
            found = _runtime or _adopt(Runtime(_hard_limit))
    return found


def _adopt(made: Runtime) -> Runtime:
    global _runtime, _clock
    if _runtime is not None:
        # Of a signal handler that converts, and was quicker.
        if made.later is not None:
            made.later.close()
        return _runtime
    if made.deadline:
        _clock = _Clock(made.engine)
        _clock.start()
    _runtime = made
    return made


def look() -> None:
    """Goes over to optimised code if it is there by now."""
    global _runtime
    found = _runtime
    later = None if found is None else found.later
    lock = _lock
    if found is None or later is None or not later.is_due() or not lock.acquire(blocking=False):
        return
    from ._optimise import Never

    try:
        if _runtime is not found or found.later is None:
            return
        try:
            told = later.look()
            if told is False:
                return
            _runtime = found.improved(told if isinstance(told, bytes) else None)
        except (Never, _wasmtime().WasmtimeError):
            # What there is has to do.
            found.later = None
        later.close()
        renew()
    finally:
        lock.release()


def settled() -> bool:
    """Waits until the code that runs is the one that stays; whether that is optimised code."""
    while True:
        # Another thread that goes over is done, then.
        with _lock:
            found = runtime()
            if found.later is None:
                return found.is_optimised
        time.sleep(_TICK)
        look()


def set_hard_time_limit(seconds: float | None) -> None:
    """What `set_hard_time_limit` does."""
    global _runtime, _clock, _hard_limit
    with _lock:
        clock, _clock = _clock, None
        before, _runtime = _runtime, None
        _hard_limit = seconds
    if clock is not None:
        clock.stop()
    if before is not None and before.later is not None:
        before.later.close()
    renew()


def at_exit(forget: Callable[[], None]) -> None:
    """Says how idle instances are dropped."""
    _forget.append(forget)


def renew() -> None:
    """Makes every thread take a new instance at its next call."""
    global generation
    generation += 1


def _before_fork() -> None:
    global _several_threads
    _held.append(list(instances))
    _several_threads = threading.active_count() > 1


def _after_in_parent() -> None:
    _held.pop()


def _after_in_child() -> None:
    """Forgets without freeing: what was taken before the fork stays in `_held` for ever."""
    global _runtime, _lock, _clock, instances
    instances = weakref.WeakSet()
    _lock = threading.RLock()
    if _several_threads or _clock is not None:
        # The clock's thread stayed behind.
        _clock = None
        # Another thread may have been inside of the engine, holding one of its locks.
        _held.append(_runtime)
        if _runtime is not None and _runtime.later is not None:
            _runtime.later.close()
        _runtime = None
    if any(_held):
        import ctypes

        # For ever: when the interpreter ends, too.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(_held))
    renew()


def _at_exit() -> None:
    """Lets go of wasmtime's objects while wasmtime is whole: its finalizers fail when the interpreter takes it
    apart.
    """
    global _runtime, _clock
    for idle in _forget:
        idle()
    if _clock is not None:
        _clock.stop()
    _runtime = _clock = None


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
