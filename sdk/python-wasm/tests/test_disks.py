"""Folders that cannot be written, disks that are full: the cache does without, and no target holds half of a file."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import PACKAGE, SOURCE

from panproto_wasm import _cache

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

LENS = """
import os, resource, signal, sys
sys.path.insert(0, {tests!r})
from conftest import OLD, NEW, HINTS, DEFAULTS, RECORD
import panproto
from panproto_wasm import _cache, _engine
old, new = (panproto.Schema.from_lexicon("atproto", side) for side in (OLD, NEW))
l = panproto.lens(old, new, hints=HINTS, defaults=DEFAULTS)
l.lift(RECORD)
"""


def run(code: str, **environment: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(SOURCE), **environment}
    script = LENS.format(tests=str(PACKAGE / "tests")) + code
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def unprivileged(work: Callable[[], bool]) -> bool:
    """What `work` says in a process that may not write everywhere."""
    child = os.fork()
    if child == 0:
        done = False
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            done = work()
        finally:
            os._exit(0 if done else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder whose parents everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="panproto-disks-"))
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    try:
        yield folder
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_folder_that_cannot_be_written(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANPROTO_CACHE_DIR", str(place / "cache"))

    def works() -> bool:
        _cache.write(bytes(32), b"code")
        return _cache.read(bytes(32)) == b"code"

    def writes_nothing() -> bool:
        _cache.write(bytes(32), b"code")
        return _cache.read(bytes(32)) is None

    place.chmod(0o500)
    assert unprivileged(writes_nothing)
    place.chmod(0o700)
    assert unprivileged(works)
    # What is there is read, and nothing more can be written.
    (place / "cache").chmod(0o500)
    assert unprivileged(works)
    assert len(list((place / "cache").iterdir())) == 1


def test_a_full_disk_costs_the_cache_and_nothing_else(tmp_path: Path) -> None:
    said = run(
        """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
os.environ["PANPROTO_CACHE_DIR"] = os.environ["PLACE"]
_cache.write(bytes(32), bytes(200_000))
print(os.listdir(os.environ["PLACE"]), _cache.read(bytes(32)), l.lift(RECORD)["body"])
""",
        PLACE=str(tmp_path),
    )
    assert said == "[] None hello"


def test_a_full_disk_leaves_no_half_of_a_file(tmp_path: Path) -> None:
    target = tmp_path / "out.ndjson"
    target.write_bytes(b"before")
    said = run(
        """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
data = b'{"text":"x"}\\n' * 100_000
for direction, more in (("lift", {}), ("get", {"complements": os.environ["PLACE"] + "/memory"})):
    try:
        l.convert_file(data, os.environ["PLACE"] + "/out.ndjson", direction=direction, **more)
    except OSError as failure:
        print(failure.errno, sorted(os.listdir(os.environ["PLACE"])), end=" ")
print(l.lift(RECORD)["body"])
""",
        PLACE=str(tmp_path),
    )
    assert said == f"{errno.EFBIG} ['out.ndjson'] {errno.EFBIG} ['out.ndjson'] hello"
    assert target.read_bytes() == b"before"
