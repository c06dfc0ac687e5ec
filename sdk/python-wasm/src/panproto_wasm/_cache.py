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
from collections.abc import Generator

MAGIC = b"panproto compiled module 3\n"
_CLOSED_AND_BINARY = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_DIGEST = 32
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
    content = b""
    with _own(wanted) as file, contextlib.suppress(OSError):
        if file is not None:
            content = file.readall()
    artefact = memoryview(content)[:-_TRAILER]
    if content[-_TRAILER:] != MAGIC + wanted + _digest(wanted, artefact):
        return None
    return bytes(artefact)


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
            return content[-_TRAILER:] == MAGIC + wanted + _digest(wanted, artefact)
    except (OSError, ValueError):
        # Empty, or not to be mapped.
        return False


def write(wanted: bytes, artefact: bytes) -> None:
    """Keeps an artefact. That it could not be kept is no failure."""
    place = folder()
    if place is None:
        return
    with contextlib.suppress(OSError):
        os.makedirs(place, mode=0o700, exist_ok=True)
        if not _is_own(os.stat(place), stat.S_ISDIR):
            return
        temporary = os.path.join(place, f".{os.urandom(8).hex()}.tmp")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | _CLOSED_AND_BINARY
        handle = os.open(temporary, flags, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(artefact)
                file.write(MAGIC + wanted + _digest(wanted, artefact))
            os.replace(temporary, os.path.join(place, _name(wanted)))
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise


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
