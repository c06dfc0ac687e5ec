"""Where no compiled code is kept: quick code answers at once, and optimised code takes its place when it is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import wasmtime
from conftest import PACKAGE, RECORD, SOURCE

import panproto
from panproto import Lens, PanprotoLimitError, Schema
from panproto_wasm import _cache, _compile, _engine, _optimise, _session

POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
# A hang guard.
LONG = 240.0

LENS = """
import os, sys, threading, time
sys.path.insert(0, {tests!r})
from conftest import OLD, NEW, HINTS, DEFAULTS, RECORD
import panproto
from panproto_wasm import _engine, _optimise
old, new = (panproto.Schema.from_lexicon("atproto", side) for side in (OLD, NEW))
l = panproto.lens(old, new, hints=HINTS, defaults=DEFAULTS)
first = l.get(RECORD)
"""


def python(code: str, **environment: str) -> str:
    """What a program prints that says nothing of its own, not even of what it left open."""
    env = {**os.environ, "PYTHONPATH": str(SOURCE), **environment}
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", LENS.format(tests=str(PACKAGE / "tests")) + code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=2 * LONG)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def keys() -> tuple[bytes, bytes]:
    """Under which optimised code is kept, and quick code."""
    code = Path(_engine.MODULE).read_bytes()
    parts = _engine._compiler(), _engine._CONFIGURATION
    return _cache.key(parts, code), _cache.key((*parts, "quick"), code)


def kept(place: Path) -> list[str]:
    """What there is in a cache, under names that tell."""
    optimised, quick = keys()
    names = {_cache._name(optimised): "optimised", _cache._name(quick): "quick", _cache._mark(optimised): "busy"}
    return sorted(names.get(one.name, one.name) for one in place.iterdir())


def until_kept(place: Path, what: list[str]) -> None:
    end = time.monotonic() + LONG
    while kept(place) != what:
        assert time.monotonic() < end, kept(place)
        time.sleep(0.05)


@pytest.fixture(scope="session")
def artefacts() -> tuple[bytes, bytes]:
    """Optimised code, and quick code."""
    optimised = _cache.read(keys()[0])
    assert optimised is not None, "the tests need the cache"
    code = Path(_engine.MODULE).read_bytes()
    quick = _compile._elsewhere(code, epochs=False, quick=True)
    assert quick is not None
    assert quick != optimised
    return optimised, quick


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("PANPROTO_CACHE_DIR", str(folder))
    return folder


class Optimiser:
    """What would compile, in the hands of a test."""

    def __init__(self, artefact: bytes) -> None:
        self._artefact = artefact

    def done(self) -> None:
        """Hands optimised code over."""
        later = _engine.runtime().later
        assert later is not None
        os.write(later._file, self._artefact)
        os.write(later._file, _cache.trailer(keys()[0], self._artefact))
        later._next = 0.0


@pytest.fixture
def optimiser(place: Path, artefacts: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Optimiser]:
    """This process as it is when it has quick code, and waits for what a test gives it."""
    optimised, quick = artefacts
    _cache.write(keys()[1], quick)

    def start(later: _optimise.Later, *_: object, **__: object) -> None:
        later._next, later._end = 0.0, time.monotonic() + LONG

    monkeypatch.setattr(_optimise.Later, "start", start)
    panproto.set_hard_time_limit(None)
    assert not _engine.runtime().is_optimised
    yield Optimiser(optimised)
    monkeypatch.undo()
    panproto.set_hard_time_limit(None)
    assert _engine.runtime().is_optimised


# Programs


def test_an_empty_cache_answers_and_has_optimised_code_later(place: Path) -> None:
    told = python(
        """
assert not _engine.runtime().is_optimised and _engine.generation == 0
calls = 0
while _engine.runtime().later is not None:
    assert l.get(RECORD) == first
    calls += 1
again = panproto.lens(old, new, hints=HINTS, defaults=DEFAULTS)
assert again == l and again.get(RECORD) == l.get(RECORD) == first
threads = len(os.listdir("/proc/self/task")) if os.path.exists("/proc/self/task") else 1
print(calls > 0, _engine.runtime().is_optimised, _engine.generation, len(_optimise._started), threads)
"""
    )
    assert told == "True True 1 0 1"
    assert kept(place) == ["optimised"]
    assert python("print(_engine.runtime().is_optimised, _optimise._started)") == "True []"


def test_without_a_cache(tmp_path: Path) -> None:
    told = python(
        """
def child(work):
    pid = os.fork()
    if pid == 0:
        # It ends as programs do, with what they say then.
        sys.exit(not work())
    return pid
def settles():
    assert not _optimise._started and not _engine.runtime().is_optimised
    return l.get(RECORD) == first and panproto.prepare() and l.get(RECORD) == first
assert not _engine.runtime().is_optimised
children = [child(settles), child(lambda: l.get(RECORD) == first)] if hasattr(os, "fork") else []
print(panproto.prepare(), l.get(RECORD) == first, [os.waitpid(pid, 0)[1] for pid in children], _optimise._started)
""",
        PANPROTO_NO_CACHE="1",
        XDG_CACHE_HOME=str(tmp_path),
        LOCALAPPDATA=str(tmp_path),
    )
    assert told in ("True True [0, 0] []", "True True [] []")
    assert list(tmp_path.iterdir()) == []


SHOW = "print(_engine.runtime().is_optimised, len(_optimise._started))"


def test_quick_code_that_is_kept_is_used_and_never_trusted_blindly(place: Path, artefacts: tuple[bytes, bytes]) -> None:
    optimised, quick = keys()
    _cache.write(quick, artefacts[1])
    file = place / _cache._name(quick)
    # Another program's optimiser is at it.
    assert _cache.claim(optimised)
    before = file.stat()
    assert python(SHOW) == "False 0"
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert _cache.read(quick) is None
    assert python(SHOW) == "False 0"
    assert _cache.read(quick) is not None
    assert kept(place) == ["busy", "quick"]


def test_a_program_that_ends_at_once_leaves_optimised_code(place: Path, artefacts: tuple[bytes, bytes]) -> None:
    optimised, quick = keys()
    _cache.write(quick, artefacts[1])
    # What has taken too long is not waited for.
    assert _cache.claim(optimised)
    os.utime(place / _cache._mark(optimised), (0, 0))
    assert python(SHOW) == "False 1"
    until_kept(place, ["optimised"])


def test_many_programs_start_one_optimiser_and_replace_what_is_damaged(
    place: Path, artefacts: tuple[bytes, bytes]
) -> None:
    optimised, quick = keys()
    _cache.write(quick, artefacts[1])
    (place / _cache._name(optimised)).write_bytes(b"damaged")
    code = "print(len(_optimise._started), panproto.prepare(), l.get(RECORD) == first)"
    with ThreadPoolExecutor(3) as pool:
        told = sorted(pool.map(lambda _: python(code), range(3)))
    assert told == ["0 True True"] * 2 + ["1 True True"]
    assert kept(place) == ["optimised"]


# As a user would who has no time.
KILL = """
import signal
(later,) = _optimise._started
os.kill(later.child.pid, signal.SIGKILL)
"""


@POSIX
def test_an_optimiser_that_is_killed(place: Path, artefacts: tuple[bytes, bytes]) -> None:
    _cache.write(keys()[1], artefacts[1])
    told = python(KILL + "print(panproto.prepare(), _engine.runtime().later, l.get(RECORD) == first)")
    assert told == "False None True"
    assert kept(place) == ["quick"]


@POSIX
def test_nothing_goes_on_that_nobody_would_have(place: Path, artefacts: tuple[bytes, bytes]) -> None:
    _cache.write(keys()[1], artefacts[1])
    # What others may write to keeps nothing.
    place.chmod(0o777)
    child = int(python("print(_optimise._started[0].child.pid)"))
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert kept(place) == ["quick"]


@POSIX
def test_a_fork_while_another_thread_is_in_a_call(place: Path, artefacts: tuple[bytes, bytes]) -> None:
    optimised, quick = keys()
    _cache.write(quick, artefacts[1])
    assert _cache.claim(optimised)
    told = python(
        """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
data = b'{"text":"x"}\\n' * 20000
stop = []
def busy():
    while not stop:
        l.lift_ndjson(data)
thread = threading.Thread(target=busy)
thread.start()
before = _engine.runtime().later
pid = os.fork()
if pid == 0:
    # It loads the module again, and looks for itself.
    assert before._file == -1 and _engine._runtime is None
    assert l.get(RECORD) == first
    later = _engine.runtime().later
    assert later is not None and later is not before and not _engine.runtime().is_optimised
    sys.exit(0)
code = os.waitpid(pid, 0)[1]
stop.append(1)
thread.join()
print(code, before._file >= 0, l.get(RECORD) == first)
"""
    )
    assert told == "0 True True"


@POSIX
def test_a_signal_handler_may_call_while_the_module_is_loaded(place: Path, artefacts: tuple[bytes, bytes]) -> None:
    _cache.write(keys()[1], artefacts[1])
    code = """
import os, signal, panproto
from panproto_wasm import _cache, _optimise
mapped, asked = _cache.mapped, []
def load():
    return len(panproto.Panproto.load().list_protocols())
def interrupted(wanted):
    if not asked:
        asked.append(0)
        signal.raise_signal(signal.SIGUSR1)
    return mapped(wanted)
_cache.mapped = interrupted
signal.signal(signal.SIGUSR1, lambda *_: asked.append(load()))
print(load() == asked[1] > 1)
"""
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run([sys.executable, "-c", code + KILL], env=env, capture_output=True, text=True, timeout=LONG)
    assert (done.stdout.strip(), done.stderr) == ("True", "")


# This process


def test_what_was_made_before_works_after(optimiser: Optimiser, old: Schema, lens: Lens) -> None:
    view, complement = lens.get(RECORD)
    stream = lens.convert({"text": str(n)} for n in range(5000))
    begun = [next(stream)]
    (idle,) = _session._threads.idle
    assert idle.generation == ~_engine.generation
    optimiser.done()
    # A call within a call: the outer one ends with what it has.
    outer = _session._take()
    assert _engine.runtime().is_optimised
    assert outer is not idle
    _session._give_back(outer, control=True)
    assert lens.put(view, complement) == RECORD
    assert lens.get(RECORD) == (view, complement)
    assert old.diff(old) == old.diff(old)
    assert [one["body"] for one in [*begun, *stream]] == [str(n) for n in range(5000)]
    (idle,) = _session._threads.idle
    assert idle.generation == _engine.generation


def test_an_instance_that_is_busy_ends_its_call(optimiser: Optimiser, lens: Lens) -> None:
    expected = lens.lift(RECORD)
    busy = _session._take()
    optimiser.done()
    assert lens.lift(RECORD) == expected
    assert _engine.runtime().is_optimised
    ran = _session._run(busy, lens, _session.LIFT, json.dumps(RECORD).encode(), 0)
    assert json.loads(ran.first) == expected
    _session._give_back(busy, control=True)
    assert lens.lift(RECORD) == expected
    assert busy not in _session._threads.idle


def test_files_have_the_same_bytes(optimiser: Optimiser, lens: Lens) -> None:
    data = b"".join(json.dumps({**RECORD, "text": str(n)}).encode() + b"\n" for n in range(40_000))
    seen: list[bool] = []

    def progress(_: object) -> None:
        if len(seen) == 3:
            optimiser.done()
        seen.append(_engine.runtime().is_optimised)

    across = lens.convert_file(data, progress=progress).output
    assert seen[0] is False
    assert seen[-1] is True
    assert across == lens.convert_file(data).output == lens.lift_ndjson(data)


def test_several_threads_go_over(optimiser: Optimiser, lens: Lens) -> None:
    expected = lens.get(RECORD)
    given = threading.Event()
    begun = threading.Barrier(5)

    def work() -> int:
        assert lens.get(RECORD) == expected
        begun.wait()
        late = 0
        while late < 200:
            assert lens.get(RECORD) == expected
            late += given.is_set()
        (idle,) = _session._threads.idle
        return idle.generation

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(work) for _ in range(4)]
        begun.wait()
        optimiser.done()
        assert _engine.settled()
        given.set()
        assert {one.result() for one in asked} == {_engine.generation}


def test_half_of_the_code_is_not_taken(
    optimiser: Optimiser, lens: Lens, artefacts: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = _engine.runtime().later
    assert later is not None
    expected = lens.lift(RECORD)
    optimised, wanted = artefacts[0], keys()[0]
    whole = optimised + _cache.trailer(wanted, optimised)
    wrong = bytearray(whole)
    wrong[1000] ^= 1
    for content in (b"", whole[:100], whole[:-1], bytes(wrong), whole[1:]):
        os.ftruncate(later._file, 0)
        os.pwrite(later._file, content, 0)
        later._next = 0.0
        assert lens.lift(RECORD) == expected
        assert _engine.runtime().later is later
    # Of another build: what there is has to do.
    other = b"no code"
    os.ftruncate(later._file, 0)
    os.pwrite(later._file, other + _cache.trailer(wanted, other), 0)
    later._next = 0.0
    assert lens.lift(RECORD) == expected
    assert _engine.runtime().later is None
    assert not _engine.settled()
    (idle,) = _session._threads.idle
    assert lens.lift(RECORD) == expected
    assert idle.generation == _engine.generation


def test_nobody_waits_for_ever(optimiser: Optimiser, lens: Lens) -> None:
    later = _engine.runtime().later
    assert later is not None
    later._end = 0.0
    assert lens.lift(RECORD)["body"] == "hello"
    assert _engine.runtime().later is None
    assert later._file == -1
    assert not panproto.prepare()


def test_a_hard_limit_of_time_holds_before_and_after(place: Path, lens: Lens) -> None:
    slow = b'{"text":"x","n":[' + b"1," * 10_000_000 + b"1]}"

    def ends() -> None:
        with pytest.raises(PanprotoLimitError) as caught:
            lens.lift(slow)
        assert caught.value.code == "limit-time"
        assert lens.lift(RECORD)["body"] == "hello"

    try:
        panproto.set_hard_time_limit(0.02)
        assert lens.lift(RECORD)["body"] == "hello"
        assert not _engine.runtime().is_optimised
        ends()
        clock = _engine._clock
        assert panproto.prepare()
        assert _engine._clock is clock
        ends()
    finally:
        panproto.set_hard_time_limit(None)


@POSIX
def test_limits_that_change_leave_what_is_on_its_way(
    place: Path, lens: Lens, artefacts: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    _cache.write(keys()[1], artefacts[1])
    panproto.set_hard_time_limit(None)
    assert lens.lift(RECORD)["body"] == "hello"
    later = _engine.runtime().later
    assert later is not None
    assert later.child is not None
    panproto.set_hard_time_limit(None)
    assert later._file == -1
    # The process goes on, and this one finds in the cache what it makes.
    assert lens.lift(RECORD)["body"] == "hello"
    again = _engine.runtime().later
    assert again is not None
    assert (again.child, _optimise._started) == (None, [later])
    later.child.kill()
    _cache.write(keys()[0], artefacts[0])
    assert panproto.prepare()
    assert lens.lift(RECORD)["body"] == "hello"
    later.child.wait()
    _optimise._reap()
    assert _optimise._started == []
    assert kept(place) == ["optimised", "quick"]
    monkeypatch.undo()
    panproto.set_hard_time_limit(None)


def test_where_no_process_can_be_started(
    place: Path, lens: Lens, artefacts: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    _cache.write(keys()[1], artefacts[1])

    def refused(*_: object, **__: object) -> object:
        raise OSError("no more processes")

    with monkeypatch.context() as without:
        without.setattr(subprocess, "Popen", refused)
        panproto.set_hard_time_limit(None)
        assert lens.lift(RECORD)["body"] == "hello"
        assert not panproto.prepare()
        assert kept(place) == ["quick"]
        # Nor a file without a name: as where there is one processor.
        without.setattr(_optimise, "_without_name", refused)
        without.setattr(_compile, "_elsewhere", lambda *_, **__: artefacts[0])
        panproto.set_hard_time_limit(None)
        assert lens.lift(RECORD)["body"] == "hello"
        assert panproto.prepare()
        assert kept(place) == ["optimised", "quick"]
    monkeypatch.undo()
    panproto.set_hard_time_limit(None)


def test_with_one_processor_code_is_optimised_at_once(
    place: Path, lens: Lens, artefacts: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def compiled(engine: wasmtime.Engine, _: bytes, *, epochs: bool, quick: bool) -> object:
        asked.append(quick)
        return wasmtime.Module.deserialize(engine, artefacts[0]), artefacts[0], False

    monkeypatch.setattr(_compile, "_processors", lambda: 1)
    monkeypatch.setattr(_compile, "module_of", compiled)
    panproto.set_hard_time_limit(None)
    assert lens.lift(RECORD)["body"] == "hello"
    assert asked == [False]
    assert panproto.prepare()
    assert kept(place) == ["optimised"]
    monkeypatch.undo()
    panproto.set_hard_time_limit(None)


def test_claims(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = bytes(32)
    assert _cache.claim(wanted)
    assert not _cache.claim(wanted)
    _cache.release(wanted)
    assert _cache.claim(wanted)
    mark = place / _cache._mark(wanted)
    for at in (0, time.time() + 100_000):
        os.utime(mark, (at, at))
        assert _cache.claim(wanted)
        assert not _cache.claim(wanted)
    _cache.release(wanted)
    _cache.release(wanted)
    assert list(place.iterdir()) == []
    # Where nothing is kept, nobody else will make it.
    monkeypatch.setenv("PANPROTO_NO_CACHE", "1")
    assert [_cache.claim(wanted), _cache.claim(wanted)] == [True, True]
    monkeypatch.delenv("PANPROTO_NO_CACHE")
    if sys.platform != "win32":
        place.chmod(0o777)
        assert [_cache.claim(wanted), _cache.claim(wanted)] == [True, True]


def test_files_without_a_name_without_memfd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    file = _optimise._without_name()
    try:
        assert _cache.handed(file, bytes(32)) is None
        os.write(file, b"code" + _cache.trailer(bytes(32), b"code"))
        assert _cache.handed(file, bytes(32)) == b"code"
        assert _cache.handed(file, bytes(31) + b"1") is None
    finally:
        os.close(file)
    assert _cache.handed(-1, bytes(32)) is None
