"""Calls into the module: which instance serves, what it needs to be told, what an error becomes.

Each thread has instances of its own. A call takes one and gives it back when it is done; while it runs, a call from
the same thread (of a signal handler, of a callback) finds none and makes a second. Nothing of the caller's runs
between writing input and copying output.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from . import _engine
from ._arguments import explained
from ._errors import PanprotoError, error, from_wire

if TYPE_CHECKING:
    from ._instance import Instance, Ran

T = TypeVar("T")
Kind = TypeVar("Kind", bound="Object")

OK, FAILED, NEED = 0, 1, 2
LIFT, GET, PUT, CREATE = 1, 2, 3, 4
LINES = 1
MSGPACK = 4

# What crosses at once: between slices a signal is seen.
SLICE = 1 << 20
# Idle instances that a thread keeps; more than one only exist after calls within calls.
_IDLE = 2
# Requests whose time does not grow with their arguments stay on the thread that asks.
_SHORT = frozenset({"hello", "ops", "limits.set", "lens.open", "lens.close", "protocols", "schema.fields"})
_TRIES = 4
_DEFAULTS = {"record_bytes": 64 << 20, "memory_bytes": 1 << 30}


class _Threads(threading.local):
    def __init__(self) -> None:
        self.idle: list[Instance] = []


_threads = _Threads()
_limits: dict[str, int] = {}


class Object:
    """Something that the module makes and the host owns: its bytes and their digest. Immutable."""

    __slots__ = ("__weakref__", "_about", "_bytes", "_digest")

    kind = ""
    _bytes: bytes
    _digest: bytes
    _about: dict[str, Any]

    @classmethod
    def _made(cls, answer: Mapping[str, Any]) -> Any:
        """The object that an answer of the module holds."""
        about = dict(answer)
        made = cls.__new__(cls)
        object.__setattr__(made, "_bytes", about.pop("bytes"))
        object.__setattr__(made, "_digest", about.pop("digest"))
        object.__setattr__(made, "_about", about)
        return made

    def _as(self, kind: type[Kind]) -> Kind:
        """The same object with the members of another class."""
        made: Kind = kind._made({**self._about, "bytes": self._bytes, "digest": self._digest})
        return made

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"`{type(self).__name__}` is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"`{type(self).__name__}` is immutable")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Object):
            return NotImplemented
        return self._digest == other._digest and self.kind == other.kind

    def __hash__(self) -> int:
        return hash((self.kind, self._digest))

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (type(self), self._bytes, self._digest, self._about)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: object) -> Any:
        return self

    @property
    def digest(self) -> str:
        """Digest of everything that the object says, in hexadecimal."""
        return self._digest.hex()

    def to_bytes(self) -> bytes:
        """The canonical encoding."""
        return self._bytes


def _unpickle(kind: type[Object], content: bytes, digest: bytes, about: dict[str, Any]) -> Object:
    made: Object = kind._made({**about, "bytes": content, "digest": digest})  # pyright: ignore[reportPrivateUsage]
    return made


def request(operation: str, *objects: Object, sources: tuple[bytes, ...] = (), **arguments: Any) -> Any:
    """Runs a control request; `objects` are those that it names by digest, `sources` the texts that errors point
    into.
    """
    message = pack({"op": operation, **{key: value for key, value in arguments.items() if value is not None}})
    instance = _take()
    long = operation not in _SHORT and _may_be_interrupted()
    if long:
        status, out = _interruptibly(instance, lambda: _ask(instance, message, objects))
    else:
        status, out = _ask(instance, message, objects)
    _give_back(instance, control=True)
    answer = unpack(out)
    if status == FAILED:
        raise from_wire(answer, sources)
    return answer


def run(lens: Object, operation: int, data: bytes | memoryview, flags: int = 0) -> Ran:
    """Runs a record operation. An error is raised as it crosses the boundary; its span counts in `data`."""
    idle = _threads.idle
    if not idle or len(data) > SLICE:
        return _run_any(lens, operation, data, flags)
    # What nearly every call is: short, with an instance that has the lens open.
    instance = idle.pop()
    handle = instance.lenses.get(lens._digest)  # pyright: ignore[reportPrivateUsage]
    if handle is None or instance.generation != _engine.generation:
        idle.append(instance)
        return _run_any(lens, operation, data, flags)
    ran = instance.run(operation, handle[0], handle[1], flags, data)
    if ran.status != OK or len(ran.first) > SLICE:
        if _is_stale(instance, lens, ran):
            ran = _run(instance, lens, operation, data, flags)
        return _settle(instance, operation, data, ran)
    if len(idle) < _IDLE:
        idle.append(instance)
    return ran


def _run_any(lens: Object, operation: int, data: bytes | memoryview, flags: int) -> Ran:
    long = len(data) > SLICE
    if long:
        largest = limit("record_bytes")
        if not flags & 0xF and len(data) > largest and operation != PUT:
            # The module would say the same after a copy.
            raise error(
                "limit", "limit-size", f"a record passes the limit of {largest} bytes",
                help="raise the limit `record_bytes` if the input is trusted",
            )  # fmt: skip
    instance = _take()
    if long and _may_be_interrupted():
        ran = _interruptibly(instance, lambda: _run(instance, lens, operation, data, flags))
    else:
        ran = _run(instance, lens, operation, data, flags)
    return _settle(instance, operation, data, ran)


def _settle(instance: Instance, operation: int, data: bytes | memoryview, ran: Ran) -> Ran:
    """Gives the instance back; what it ran, or its error."""
    _give_back(instance, control=len(data) > SLICE or len(ran.first) > SLICE)
    if ran.status != OK:
        if operation == PUT:
            data = data[4 + int.from_bytes(data[:4], "little") :]
        raise from_wire(unpack(ran.first), (bytes(data),))
    return ran


@explained
def set_limits(**limits: int) -> dict[str, int]:
    """Sets limits for the whole process and answers with those that hold.

    `depth`, `document_bytes`, `documents`, `memory_bytes`, `record_bytes`, `states`, `steps`; see the page on limits
    for what each one counts. Without arguments it only answers.
    """
    global _limits
    wanted: dict[str, Any] = {**_limits, **limits}
    answer: dict[str, int] = request("limits.set", **wanted)
    if limits:
        _limits = {**_limits, **limits}
        _engine.renew()
    return answer


@explained
def set_hard_time_limit(seconds: float | None) -> None:
    """Ends every call into the module that takes longer, from outside; `None`, the default, ends none.

    The module counts its steps and ends by itself at a limit. This is for those who distrust the module: the code is
    compiled with checks of a clock, which costs a quarter of its speed, and a thread counts the time. What takes longer
    is a `PanprotoLimitError` with code `limit-time`; the instance is thrown away.
    """
    if seconds is not None and not seconds > 0:
        raise error(
            "usage", "wrong-argument", f"a limit of {seconds} seconds", path="seconds", help="more than 0, or `None`"
        )
    _engine.set_hard_time_limit(seconds)


@explained
def prepare() -> bool:
    """Loads the module and waits for its optimised code; whether there is any.

    Where no compiled code is kept, the first call compiles code that is there soon and runs at half of the speed, and
    another process compiles the one that takes its place some seconds later. Nobody needs to wait for it but those who
    measure, or who fill the cache of an image.
    """
    return _engine.settled()


def limit(name: str) -> int:
    """A limit that was set, or its default."""
    return _limits.get(name, _DEFAULTS[name])


def trap() -> None:
    """Makes the module panic: for tests that the next call works."""
    _take().trap()


def forget() -> None:
    """Drops the idle instances of this thread."""
    _threads.idle.clear()


_engine.at_exit(forget)


def _take() -> Instance:
    _engine.look()
    idle, now = _threads.idle, _engine.generation
    while idle:
        instance = idle.pop()
        if instance.generation in (now, ~now):
            return instance
    # Loaded here: `import panproto` does without it, and without `ctypes`.
    from ._instance import MEMORY_LIMIT, Instance

    instance = Instance(_limits.get("memory_bytes", MEMORY_LIMIT))
    if _limits:
        status, out = instance.control(pack({"op": "limits.set", **_limits}))
        if status != OK:
            raise from_wire(unpack(out))
    return instance


def _give_back(instance: Instance, *, control: bool) -> None:
    """Keeps an instance whose call ended well. Not reached by a call that was interrupted or that trapped."""
    idle = _threads.idle
    if len(idle) < _IDLE and not (control and instance.grown()):
        idle.append(instance)


def _ask(instance: Instance, message: bytes, objects: tuple[Object, ...]) -> tuple[int, bytes]:
    status, out = instance.control(message)
    for _ in range(_TRIES):
        if status != NEED:
            return status, out
        for digest in unpack(out):
            failed = _define(instance, digest, objects)
            if failed is not None:
                return FAILED, failed
        status, out = instance.control(message)
    raise error("internal", "need-repeated", "the module keeps asking for objects that it was given")


def _define(instance: Instance, digest: bytes, objects: tuple[Object, ...]) -> bytes | None:
    for known in objects:
        if known._digest == digest:  # pyright: ignore[reportPrivateUsage]
            define = {"op": "define", "kind": known.kind, "bytes": known.to_bytes()}
            status, out = instance.control(pack(define))
            if status != OK:
                return out
            if unpack(out)["digest"] != digest:
                raise error(
                    "usage", "object-digest", f"the bytes of a {known.kind} do not have its digest",
                    help="it was damaged, or made by another version: make it again from its sources",
                )  # fmt: skip
            return None
    raise error("internal", "need-unknown", "the module asks for an object that the call does not name")


def _run(instance: Instance, lens: Object, operation: int, data: bytes | memoryview, flags: int) -> Ran:
    digest = lens._digest  # pyright: ignore[reportPrivateUsage]
    for _ in range(_TRIES):
        handle = instance.lenses.get(digest)
        if handle is None:
            status, out = _ask(instance, pack({"op": "lens.open", "lens": digest}), (lens,))
            answer = unpack(out)
            if status != OK:
                from ._instance import Ran

                refused = Ran()
                refused.status, refused.first, refused.second, refused.third = status, out, b"", b""
                refused.records = refused.failures = refused.taken = 0
                return refused
            handle = (answer["slot"], answer["generation"])
            instance.lenses[digest] = handle
        ran = instance.run(operation, handle[0], handle[1], flags, data)
        if not _is_stale(instance, lens, ran):
            return ran
    raise error("internal", "handle-lost", "the module forgets a lens as soon as it is opened")


def _is_stale(instance: Instance, lens: Object, ran: Ran) -> bool:
    """Whether the instance forgot the lens: it keeps a bounded number."""
    if ran.status != FAILED or unpack(ran.first).get("code") != "stale-handle":
        return False
    del instance.lenses[lens._digest]  # pyright: ignore[reportPrivateUsage]
    return True


def _may_be_interrupted() -> bool:
    """Only Python's main thread sees signals."""
    return threading.current_thread() is threading.main_thread()


def _interruptibly(instance: Instance, work: Callable[[], T]) -> T:
    """Runs `work` on a helper thread while this one waits for it or for a signal, which then cancels it."""
    results: list[T] = []
    failures: list[BaseException] = []
    done = threading.Lock()
    done.acquire()

    def body() -> None:
        try:
            results.append(work())
        except BaseException as failure:
            failures.append(failure)
        finally:
            done.release()

    helper = threading.Thread(target=body, name="panproto", daemon=True)
    helper.start()
    # On Windows a wait without an end does not see signals.
    patience = 0.1 if sys.platform == "win32" else -1
    try:
        while not done.acquire(timeout=patience):
            pass
    except BaseException:
        instance.cancel()
        _join(helper)
        raise
    _join(helper)
    if failures:
        raise failures[0]
    return results[0]


def _join(helper: threading.Thread) -> None:
    while True:
        try:
            helper.join()
        except KeyboardInterrupt:
            continue
        return


def pack(message: dict[str, Any]) -> bytes:
    import msgpack  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

    packer: Any = msgpack
    try:
        packed: bytes = packer.packb(message, use_bin_type=True)
    except UnicodeEncodeError:
        raise error(
            "parse", "text-encoding", "a text holds lone surrogates, which have no encoding",
            help="write them as escapes",
        ) from None  # fmt: skip
    except (TypeError, ValueError, OverflowError, RecursionError) as cause:
        raise error(
            "usage", "wrong-argument", f"an argument cannot be sent: {cause}", path=_unsendable(packer, message),
            help="give text, numbers, bytes, lists and maps",
        ) from None  # fmt: skip
    return packed


def _unsendable(packer: Any, message: dict[str, Any]) -> str | None:
    for name, value in message.items():
        try:
            packer.packb(value)
        except (TypeError, ValueError, OverflowError, RecursionError):
            return name
    return None


def unpack(out: bytes) -> Any:
    import msgpack  # pyright: ignore[reportMissingTypeStubs]

    unpacker: Any = msgpack
    return unpacker.unpackb(out, raw=False)


def raw_control(message: bytes) -> Any:
    """Sends bytes as they are to the control entry point (for tests of bad input)."""
    instance = _take()
    status, out = instance.control(message)
    _give_back(instance, control=True)
    if status != OK:
        answer = unpack(out)
        raise from_wire(answer if status == FAILED else {"code": "need", "message": "objects are missing"})
    return unpack(out)


def closed(what: str) -> PanprotoError:
    """The error of an object that was closed."""
    return error("usage", "closed", f"the {what} was closed", help="make it again, or do not close it")
