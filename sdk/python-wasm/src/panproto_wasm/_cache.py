"""Compiled code on disk.

Compiling the module takes a second or two; reading it back takes milliseconds. A compiled artefact is native code
that wasmtime runs without looking, so a damaged or foreign file must never reach it: the file is opened once, without
following links, its owner and mode are checked on the open descriptor, and only bytes whose digest fits are handed
on. Anything else is compiled again in silence. What this cannot do: withstand somebody who may write as the same
user, and so could change Python itself.

Where it is safe, wasmtime maps the file that was checked, by the same descriptor, instead of copying its bytes. A file
of the cache is never changed, only replaced, which leaves what is mapped as it is: on disks of this machine. On shared
ones another machine may take a file away: there, and wherever mapping is refused, bytes are copied.

`PANPROTO_CACHE_DIR` moves the cache, `PANPROTO_NO_CACHE=1` turns it off.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import sys
import time
from collections.abc import Generator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmap import mmap

MAGIC = b"panproto compiled module 3\n"
_CLOSED_AND_BINARY = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_DIGEST = 32
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | _CLOSED_AND_BINARY
# A claim that is older was left by a process that was killed.
_PATIENCE = 300.0
# What stands behind the artefact, which has to begin where the file does to be mapped.
_TRAILER = len(MAGIC) + 2 * _DIGEST


def folder() -> str | None:
    """Where compiled code is kept, or `None` where it is not."""
    if os.environ.get("PANPROTO_NO_CACHE", "") not in ("", "0"):
        return None
    moved = os.environ.get("PANPROTO_CACHE_DIR")
    if moved:
        return moved
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    # A home that is not known stays `~`.
    return os.path.join(base, "panproto") if base and os.path.isabs(base) else None


def key(parts: tuple[str, ...], module: bytes) -> bytes:
    """What an artefact was made from: the module, the compiler, the machine, the configuration."""
    state = hashlib.blake2b(digest_size=_DIGEST, person=b"panproto aot")
    for part in (*(part.encode() for part in parts), hashlib.sha256(module).digest()):
        state.update(len(part).to_bytes(8, "little"))
        state.update(part)
    return state.digest()


def read(wanted: bytes) -> bytes | None:
    """The artefact of a key, if there is one that can be trusted."""
    with _own(wanted) as file, contextlib.suppress(OSError):
        if file is not None:
            return _whole(file.readall(), wanted)
    return None


def handed(file: int, wanted: bytes) -> bytes | None:
    """The artefact of a key from a file without a name that another process writes, when all of it is there."""
    import mmap

    # Mapped, for both processes share the place where they would read and write.
    with contextlib.suppress(OSError, ValueError), mmap.mmap(file, 0, access=mmap.ACCESS_READ) as content:
        return _whole(content, wanted)
    return None


def trailer(wanted: bytes, artefact: bytes | memoryview) -> bytes:
    """What stands behind an artefact, and shows that it is whole."""
    return MAGIC + wanted + _digest(wanted, artefact)


def _whole(content: bytes | mmap, wanted: bytes) -> bytes | None:
    if content[-_TRAILER:-_DIGEST] != MAGIC + wanted:
        return None
    with memoryview(content) as whole, whole[:-_TRAILER] as artefact:
        return bytes(artefact) if content[-_DIGEST:] == _digest(wanted, artefact) else None


@contextlib.contextmanager
def mapped(wanted: bytes) -> Generator[str | None]:
    """A path of the artefact of a key, valid inside of the context, if there is one that can be trusted and mapped."""
    with _own(wanted) as file:
        yield f"/proc/self/fd/{file.fileno()}" if file is not None and _is_whole(file, wanted) else None


def _is_whole(file: io.FileIO, wanted: bytes) -> bool:
    """Whether a file may be mapped, and its digest fits."""
    # Shared disks, and those in memory or in layers, have no device.
    if sys.platform != "linux" or not os.major(os.fstat(file.fileno()).st_dev):
        return False
    import mmap

    try:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        with content, memoryview(content) as whole, whole[:-_TRAILER] as artefact:
            return content[-_TRAILER:] == trailer(wanted, artefact)
    except (OSError, ValueError):
        # Empty, or not to be mapped.
        return False


def stamp(wanted: bytes) -> object:
    """What changes when the artefact of a key is replaced, trusted or not; nothing where there is none."""
    place = folder()
    with contextlib.suppress(OSError):
        if place is not None:
            found = os.lstat(os.path.join(place, _name(wanted)))
            return found.st_ino, found.st_mtime_ns
    return None


def write(wanted: bytes, artefact: bytes) -> bool:
    """Keeps an artefact. That it could not be kept is no failure."""
    with contextlib.suppress(OSError):
        place = _own_folder()
        if place is None:
            return False
        temporary = os.path.join(place, f".{os.urandom(8).hex()}.tmp")
        handle = os.open(temporary, _NEW, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(artefact)
                file.write(trailer(wanted, artefact))
            os.replace(temporary, os.path.join(place, _name(wanted)))
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        return True
    return False


def drop(wanted: bytes) -> None:
    """Keeps the artefact of a key no longer."""
    _unlink(_name(wanted))


def claim(wanted: bytes) -> bool:
    """Whether the artefact of a key is this process's to make: not while another one is about to keep it."""
    with contextlib.suppress(OSError):
        place = _own_folder()
        if place is None:
            return True
        mark = os.path.join(place, _mark(wanted))
        with contextlib.suppress(FileNotFoundError):
            if abs(time.time() - os.lstat(mark).st_mtime) < _PATIENCE:
                return False
            os.unlink(mark)
        try:
            os.close(os.open(mark, _NEW, 0o600))
        except FileExistsError:
            return False
    return True


def is_claimed(wanted: bytes) -> bool:
    """Whether somebody is about to keep the artefact of a key."""
    place = folder()
    return place is not None and os.path.lexists(os.path.join(place, _mark(wanted)))


def release(wanted: bytes) -> None:
    """Takes back a claim."""
    _unlink(_mark(wanted))


def _unlink(name: str) -> None:
    place = folder()
    if place is not None:
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(place, name))


def _mark(wanted: bytes) -> str:
    return f".{wanted.hex()[:32]}.busy"


def _own_folder() -> str | None:
    """The folder, made where it is not there; nothing where it is not to be trusted."""
    place = folder()
    if place is None:
        return None
    os.makedirs(place, mode=0o700, exist_ok=True)
    return place if _is_own(os.stat(place), stat.S_ISDIR) else None


def _name(wanted: bytes) -> str:
    return f"{wanted.hex()[:32]}.cwasm"


def _digest(wanted: bytes, artefact: bytes | memoryview) -> bytes:
    """Processors have instructions for this one; it takes half of the time that BLAKE2b does."""
    state = hashlib.sha256(wanted)
    state.update(artefact)
    return state.digest()


@contextlib.contextmanager
def _own(wanted: bytes) -> Generator[io.FileIO | None]:
    """The file of a key, open; nothing of one that is not to be trusted, or cannot be read."""
    place = folder()
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | _CLOSED_AND_BINARY
    try:
        handle = -1 if place is None else os.open(os.path.join(place, _name(wanted)), flags)
    except OSError:
        handle = -1
    if handle < 0:
        yield None
        return
    # Without a buffer, or the artefact would be copied.
    with os.fdopen(handle, "rb", buffering=0) as file:
        yield file if _is_own(os.fstat(handle), stat.S_ISREG) else None


def _is_own(found: os.stat_result, is_kind: object) -> bool:
    """Of the right kind, this user's, and writable by nobody else."""
    assert callable(is_kind)
    if not is_kind(found.st_mode):
        return False
    if sys.platform == "win32":
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
