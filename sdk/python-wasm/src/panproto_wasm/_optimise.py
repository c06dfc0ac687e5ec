"""Optimised code, while quick code runs: another process compiles it, with what nobody else needs of the machine.

That process outlives a program that ends before it does, so that the next one finds optimised code in the cache. Its
parent gets the code through a file without a name: it works without a cache, needs nobody to wait for a process, and a
fork of the parent sees it, too.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import time

from . import _cache, _compile

_SCRIPT = """
import os
from importlib.util import module_from_spec, spec_from_file_location
if hasattr(os, "nice"):
    os.nice(10)
place, compiler, configuration, epochs, wanted, quick = sys.argv[2:]
spec = spec_from_file_location("cache", place)
cache = module_from_spec(spec)
spec.loader.exec_module(cache)
wanted, quick, code = bytes.fromhex(wanted), bytes.fromhex(quick), sys.stdin.buffer.read()
try:
    # Of the module that the parent runs.
    if cache.key((compiler, configuration), code) == wanted:
        artefact = bytes(compiled(code, epochs == "1", False))
        if cache.write(wanted, artefact):
            cache.drop(quick)
        sys.stdout.buffer.write(artefact)
        sys.stdout.buffer.write(cache.trailer(wanted, artefact))
finally:
    cache.release(wanted)
"""
# On Windows: no console, not ended by Ctrl-C in the one of the parent, and after everybody else.
_FLAGS = sum(
    getattr(subprocess, name, 0)
    for name in ("CREATE_NO_WINDOW", "CREATE_NEW_PROCESS_GROUP", "BELOW_NORMAL_PRIORITY_CLASS")
)
# How often the parent looks, and for how long.
_PAUSE = 0.02
_PATIENCE = 300.0


class Never(Exception):
    """No optimised code will come."""


class Later:
    """Optimised code that will be there: in a file without a name, or in the cache.

    `seen` is what the cache had before; `quick` the key of the quick code that nobody needs, then.
    """

    def __init__(self, wanted: bytes, seen: object, quick: bytes) -> None:
        self._wanted = wanted
        self._seen = seen
        self._quick = quick
        self._file = _without_name()
        self._next = self._end = 0.0
        self._ended = False
        self.child: subprocess.Popen[bytes] | None = None

    def start(self, module: str, parts: tuple[str, str], *, epochs: bool) -> None:
        """Starts the process, unless another program's is at it: then the cache will have the code."""
        now = time.monotonic()
        self._next, self._end = now + _PAUSE, now + _PATIENCE
        _reap()
        if not _cache.claim(self._wanted):
            return
        arguments = (_cache.__file__, *parts, str(int(epochs)), self._wanted.hex(), self._quick.hex())
        try:
            with open(module, "rb") as code:
                self.child = subprocess.Popen(
                    _compile.command(_SCRIPT, *arguments),
                    stdin=code,
                    stdout=self._file,
                    stderr=subprocess.DEVNULL,
                    creationflags=_FLAGS,
                    # Not ended with the terminal of its parent.
                    start_new_session=True,
                )
        except (OSError, ValueError, subprocess.SubprocessError):
            _cache.release(self._wanted)
            self._ended = True
            return
        _started.append(self)

    def is_due(self) -> bool:
        """Whether it is time to look again."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + _PAUSE
        return True

    def look(self) -> bytes | bool:
        """Whether the code is there: as its bytes, or in the cache. Raises `Never`."""
        # A process that ended has written all that it will, and leaves nothing to wait for.
        _reap()
        if self.child is not None and not self._ended and time.monotonic() < self._end:
            return False
        artefact = _cache.handed(self._file, self._wanted)
        if artefact is not None:
            return artefact
        stamp = _cache.stamp(self._wanted)
        if stamp is not None and stamp != self._seen:
            return True
        if self._ended or time.monotonic() > self._end:
            raise Never
        return False

    def end(self) -> None:
        """Its process has ended."""
        self._ended = True
        # It may have been killed before it did that.
        _cache.release(self._wanted)

    def leave(self, child: subprocess.Popen[bytes]) -> None:
        """Lets its process go on where the cache will have the code."""
        if _cache.is_claimed(self._wanted):
            # Nobody's to wait for: without a code it would be warned of.
            child.returncode = 0
        else:
            child.kill()
            child.wait()

    def close(self) -> None:
        """Waits no longer. The process goes on."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


# Those whose process runs, or has not been asked since.
_started: list[Later] = []


def _without_name() -> int:
    """A file that another process may write, and that nobody else finds. Fails as the system does."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("panproto")
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _reap() -> None:
    for later in list(_started):
        if later.child is None or later.child.poll() is not None:
            with contextlib.suppress(ValueError):
                _started.remove(later)
            later.end()


def _leave() -> None:
    """The program ends before its processes do."""
    for later in _started:
        if later.child is not None and later.child.poll() is None:
            later.leave(later.child)
    _started.clear()


def _after_in_child() -> None:
    """The process is not this one's child. Its file is."""
    for later in _started:
        if later.child is not None:
            later.child.returncode = 0
            later.child = None
    _started.clear()


atexit.register(_leave)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_in_child)
