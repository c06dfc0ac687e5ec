"""The hot call: exported functions of integers, called through wasmtime's C API.

`wasmtime.Func.__call__` asks for the function's type and boxes every value at each call, which costs 20 µs; the
unchecked call of the same library costs 0.6 µs. It needs private names of wasmtime-py, hence the narrow version pin,
a self-test when the library is loaded, and the public call as the fallback. The lock of the interpreter is released
while the module runs.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import wasmtime

Call = Callable[..., int]
Bind = Callable[["wasmtime.Store", "wasmtime.Func", int], Call]

# A pointer to an error or nothing, of arguments that are passed as they are made: with types they would be made anew.
_PROTOTYPE = ctypes.CFUNCTYPE(ctypes.c_void_p)
# Each slot of arguments and results is a union of 16 bytes; integers of 32 bits use the first four.
_SLOT = 16


def bind_public(store: wasmtime.Store, function: wasmtime.Func, _: int) -> Call:
    """A function through the public API."""

    def call(*arguments: int) -> int:
        # Values of the module are unsigned; the public API wants and gives signed ones.
        signed = [value - (1 << 32) if value >> 31 else value for value in arguments]
        result = function(store, *signed)
        return (result or 0) & 0xFFFFFFFF

    return call


def bind_unchecked(store: wasmtime.Store, function: wasmtime.Func, arity: int) -> Call:
    """A function of `arity` integers through the C API, without checks of its type."""
    from wasmtime import Trap, WasmtimeError
    from wasmtime import _ffi as ffi  # pyright: ignore

    native: Any = ffi
    cast: Any = ctypes.cast
    unchecked: Any = cast(native.dll.wasmtime_func_call_unchecked, _PROTOTYPE)
    count = max(arity, 1)
    raw = (ctypes.c_uint64 * (_SLOT // 8 * count))()
    trap = ctypes.c_void_p()
    # The same memory: items of a view are read and written twice as fast as those of an array of ctypes.
    words = memoryview(raw).cast("B").cast("I")
    trapped = memoryview(trap).cast("B").cast("Q" if ctypes.sizeof(trap) == 8 else "I")
    pack = struct.Struct("12x".join("I" * arity)).pack_into
    any_store: Any = store
    any_function: Any = function
    # The store owns the context and `kept` owns the function's struct: both live as long as the closure.
    kept: Any = any_function._func
    # What ctypes makes of an argument before it passes it, made once: that is a third of the time of an empty call.
    parameter: Any = ctypes.c_void_p.from_param
    context = parameter(ctypes.addressof(any_store._context().contents))
    address = parameter(ctypes.addressof(kept))
    raw_address, trap_address = parameter(ctypes.addressof(raw)), parameter(ctypes.addressof(trap))
    slots = ctypes.c_size_t.from_param(count)

    def failed(error: int | None) -> Any:
        if error:
            pointer: Any = cast(error, ctypes.POINTER(native.wasmtime_error_t))
            found: Any = WasmtimeError
            return found._from_ptr(pointer)
        taken, trap.value = trap.value, None
        pointer = cast(taken or 0, ctypes.POINTER(native.wasm_trap_t))
        found = Trap
        return found._from_ptr(pointer)

    if arity == 5:

        def call_five(first: int, second: int, third: int, fourth: int, fifth: int) -> int:
            pack(words, 0, first, second, third, fourth, fifth)
            error = unchecked(context, address, raw_address, slots, trap_address)
            if error or trapped[0]:
                raise failed(error)
            return words[0]

        _keep(call_five, store, kept)
        return call_five

    def call(*arguments: int) -> int:
        if arguments:
            pack(words, 0, *arguments)
        error = unchecked(context, address, raw_address, slots, trap_address)
        if error or trapped[0]:
            raise failed(error)
        return words[0]

    _keep(call, store, kept)
    return call


def _keep(call: Any, *owners: object) -> None:
    call.owners = owners


def deserialize(engine: wasmtime.Engine, artefact: bytes) -> wasmtime.Module:
    """Compiled code as a module: what the public call does, which copies it first."""
    import wasmtime
    from wasmtime import _ffi as ffi  # pyright: ignore

    native: Any = ffi
    any_ctypes: Any = ctypes
    found: Any = wasmtime.Module
    any_engine: Any = engine
    try:
        made = any_ctypes.POINTER(native.wasmtime_module_t)()
        content = any_ctypes.cast(ctypes.c_char_p(artefact), ctypes.POINTER(ctypes.c_uint8))
        error = native.wasmtime_module_deserialize(any_engine.ptr(), content, len(artefact), any_ctypes.byref(made))
    except (AttributeError, TypeError, ctypes.ArgumentError):
        return cast("wasmtime.Module", found.deserialize(engine, artefact))
    if error:
        failed: Any = wasmtime.WasmtimeError
        raise failed._from_ptr(error)
    return cast("wasmtime.Module", found._from_ptr(made))


def choose(store: wasmtime.Store, exports: Any) -> Bind:
    """The fast way of calling, if it does here what the public one does."""
    try:
        for name, arity, arguments in (("pp_abi", 0, ()), ("pp_out", 0, ()), ("pp_reserve", 1, (4096,))):
            function: Any = exports[name]
            expected = bind_public(store, function, arity)(*arguments)
            if bind_unchecked(store, function, arity)(*arguments) != expected:
                return bind_public
    except (AttributeError, TypeError, ImportError, ctypes.ArgumentError):
        return bind_public
    return bind_unchecked
