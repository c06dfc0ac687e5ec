"""Compiling the module, where no compiled code is kept: by all processors, in a process of its own.

wasmtime compiles with as many threads as there are processors if it may, and keeps them; a process that has them is no
longer safe to fork. So a second Python does it, takes the module through a pipe and gives the artefact back. Where
there can be none, the module is compiled here, by one.

Quick code is made in half of the time, and takes more than twice as long to run: a start for what `_optimise` replaces.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import wasmtime

# What other processes begin with; their first argument is the folder of wasmtime. The configuration is the one of
# `_engine`, but for how long compiling takes.
COMPILED = """
import sys
sys.path.insert(0, sys.argv[1])
def compiled(code, epochs, quick):
    import wasmtime
    config = wasmtime.Config()
    config.epoch_interruption = epochs
    config.memory_may_move = False
    config.parallel_compilation = True
    if quick:
        config.cranelift_opt_level = "none"
        config.cranelift_flag_set("regalloc_algorithm", "single_pass")
    return wasmtime.Module(wasmtime.Engine(config), code).serialize()
"""
_SCRIPT = """
epochs, quick = (one == "1" for one in sys.argv[2:])
sys.stdout.buffer.write(compiled(sys.stdin.buffer.read(), epochs, quick))
sys.stdout.buffer.flush()
# Somebody waits: what there is goes with the process.
import os
os._exit(0)
"""
# A machine that takes longer does not have the processors to spare.
_PATIENCE = 120.0


def is_shared() -> bool:
    """Whether there is another Python and another processor to compile with."""
    return _processors() > 1 and _is_python(sys.executable)


def module_of(
    engine: wasmtime.Engine, code: bytes, *, epochs: bool, quick: bool
) -> tuple[wasmtime.Module, bytes, bool]:
    """The module, its artefact, and whether it is quick code: none is made here. Fails as wasmtime does."""
    import wasmtime

    from ._call import deserialize

    artefact = _elsewhere(code, epochs=epochs, quick=quick) if is_shared() else None
    if artefact is not None:
        try:
            return deserialize(engine, artefact), artefact, quick
        except wasmtime.WasmtimeError:
            pass
    module = wasmtime.Module(engine, code)
    return module, bytes(module.serialize()), False


def command(script: str, *arguments: str) -> list[str]:
    """How another Python runs `COMPILED` and a script."""
    import wasmtime

    folder = os.path.dirname(os.path.dirname(os.path.abspath(wasmtime.__file__)))
    return [sys.executable, "-I", "-S", "-c", COMPILED + script, folder, *arguments]


def _elsewhere(code: bytes, *, epochs: bool, quick: bool) -> bytes | None:
    try:
        done = subprocess.run(
            command(_SCRIPT, str(int(epochs)), str(int(quick))),
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
