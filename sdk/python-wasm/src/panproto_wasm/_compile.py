"""Compiling the module, where no compiled code is kept: by all processors, in a process of its own.

wasmtime compiles with as many threads as there are processors if it may, and keeps them; a process that has them is no
longer safe to fork. So a second Python does it, takes the module through a pipe and gives the artefact back. Where
there can be none, the module is compiled here, by one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import wasmtime

# What the other process runs: the folder of wasmtime, and whether code looks at a clock.
_SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import wasmtime
config = wasmtime.Config()
config.epoch_interruption = sys.argv[2] == "1"
config.memory_may_move = False
config.parallel_compilation = True
artefact = wasmtime.Module(wasmtime.Engine(config), sys.stdin.buffer.read()).serialize()
sys.stdout.buffer.write(artefact)
"""
# A machine that takes longer does not have the processors to spare.
_PATIENCE = 120.0


def module_of(engine: wasmtime.Engine, code: bytes, *, epochs: bool) -> tuple[wasmtime.Module, bytes]:
    """The module, and its artefact. Fails as wasmtime does."""
    import wasmtime

    from ._call import deserialize

    artefact = _elsewhere(code, epochs=epochs)
    if artefact is not None:
        try:
            return deserialize(engine, artefact), artefact
        except wasmtime.WasmtimeError:
            pass
    module = wasmtime.Module(engine, code)
    return module, bytes(module.serialize())


def _elsewhere(code: bytes, *, epochs: bool) -> bytes | None:
    import wasmtime

    if _processors() < 2 or not _is_python(sys.executable):
        return None
    folder = os.path.dirname(os.path.dirname(os.path.abspath(wasmtime.__file__)))
    command = [sys.executable, "-I", "-S", "-c", _SCRIPT, folder, "1" if epochs else "0"]
    try:
        done = subprocess.run(
            command,
            input=code,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
            # On Windows a program without a console would show one.
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 and done.stdout else None


def _processors() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_python(program: str | None) -> bool:
    """Whether a program is an interpreter: programs with one inside name themselves instead, and would begin again."""
    name = os.path.basename(program or "").lower()
    return not getattr(sys, "frozen", False) and name.startswith(("python", "pypy")) and os.path.isfile(program or "")
