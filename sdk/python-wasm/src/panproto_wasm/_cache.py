"""Compiled code on disk.

Compiling the module takes a second or two; reading it back takes milliseconds. A compiled artefact is native code
that wasmtime runs without looking, so a damaged or foreign file must never reach it: the file is opened once, without
following links, its owner and mode are checked on the open descriptor, and only bytes whose digest fits are handed
on. Anything else is compiled again in silence. What this cannot do: withstand somebody who may write as the same
user, and so could change Python itself.

`PANPROTO_CACHE_DIR` moves the cache, `PANPROTO_NO_CACHE=1` turns it off.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys

MAGIC = b"panproto compiled module 2\n"
_CLOSED_AND_BINARY = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_DIGEST = 32
_HEADER = len(MAGIC) + 2 * _DIGEST


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
    place = folder()
    if place is None:
        return None
    try:
        header, artefact = _read_own(os.path.join(place, _name(wanted)))
    except OSError:
        return None
    if header != MAGIC + wanted + _digest(wanted, artefact):
        return None
    return artefact


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
                file.write(MAGIC + wanted + _digest(wanted, artefact))
                file.write(artefact)
            os.replace(temporary, os.path.join(place, _name(wanted)))
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise


def _name(wanted: bytes) -> str:
    return f"{wanted.hex()[:32]}.cwasm"


def _digest(wanted: bytes, artefact: bytes) -> bytes:
    """Processors have instructions for this one; it takes half of the time that BLAKE2b does."""
    state = hashlib.sha256(wanted)
    state.update(artefact)
    return state.digest()


def _read_own(path: str) -> tuple[bytes, bytes]:
    """The header and the artefact of a file; nothing of one that is not to be trusted."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | _CLOSED_AND_BINARY
    handle = os.open(path, flags)
    # Without a buffer, or the artefact would be copied.
    with os.fdopen(handle, "rb", buffering=0) as file:
        if not _is_own(os.fstat(handle), stat.S_ISREG):
            return b"", b""
        return file.read(_HEADER), file.readall()


def _is_own(found: os.stat_result, is_kind: object) -> bool:
    """Of the right kind, this user's, and writable by nobody else."""
    assert callable(is_kind)
    if not is_kind(found.st_mode):
        return False
    if sys.platform == "win32":
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
