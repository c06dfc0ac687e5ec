"""What the package does around the module: threads, processes, signals, traps, cached code."""

from __future__ import annotations

import copy
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import wasmtime
from conftest import PACKAGE, RECORD, SOURCE

import panproto
from panproto import Lens, Migration, PanprotoError, PanprotoInternalError, Protocol, Schema, SchemaValidationError
from panproto_wasm import _call, _engine, _session

POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def lines(count: int, start: int = 0) -> bytes:
    return b"".join(json.dumps({**RECORD, "text": str(start + at)}).encode() + b"\n" for at in range(count))


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(SOURCE), **environment}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=300)


def test_import_loads_neither_wasmtime_nor_the_module() -> None:
    done = python("import sys, panproto; print([n for n in ('wasmtime', 'msgpack', 'ctypes') if n in sys.modules])")
    assert done.stdout.strip() == "[]", done.stderr


def test_threads_give_the_same_results(lens: Lens) -> None:
    chunks = [lines(200, 1000 * at) for at in range(16)]
    expected = [lens.lift_ndjson(chunk) for chunk in chunks]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lens.lift_ndjson, chunks)) == expected
        assert list(pool.map(lambda _: lens.get(RECORD), range(50))) == [lens.get(RECORD)] * 50


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_values_pickle(old: Schema, new: Schema, lens: Lens, protocol: int) -> None:
    migration = Migration.between(old, new)
    values = [old, migration, lens, old.diff(new), Protocol.load("atproto"), migration.questions, old.fields()]
    for value in values:
        again = pickle.loads(pickle.dumps(value, protocol))
        assert again == value
        assert copy.deepcopy(value) == value
    again = pickle.loads(pickle.dumps(lens, protocol))
    assert again.lift(RECORD) == lens.lift(RECORD)
    assert hash(again) == hash(lens)


def test_errors_pickle(lens: Lens) -> None:
    with pytest.raises(PanprotoError) as caught:
        lens.lift({"stats": {}})
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert (again.code, again.path, again.span, str(again)) == (
        caught.value.code,
        caught.value.path,
        caught.value.span,
        str(caught.value),
    )
    own = pickle.loads(pickle.dumps(SchemaValidationError("wrong", ("a", "b"))))
    assert own.errors == ("a", "b")


def test_an_error_shows_the_place(lens: Lens) -> None:
    with pytest.raises(PanprotoError) as caught:
        lens.lift('{"text": "a", "text": "b"}')
    notes = "\n".join(caught.value.__notes__)
    assert '{"text": "a", "text": "b"}' in notes
    assert "^" in notes


def test_objects_are_immutable(old: Schema, lens: Lens) -> None:
    for value in (old, lens):
        with pytest.raises(AttributeError):
            value.anything = 1  # type: ignore[attr-defined]
        with pytest.raises(AttributeError):
            value._bytes = b""


def test_a_trap_ends_one_call_and_not_the_next(lens: Lens) -> None:
    for _ in range(3):
        with pytest.raises(PanprotoInternalError) as caught:
            _session.trap()
        assert caught.value.code == "internal-trap"
        assert "asked to trap" in str(caught.value)
        assert lens.lift(RECORD)["body"] == "hello"


def test_the_fast_call_is_the_one_in_use() -> None:
    assert _engine.runtime().bind is _call.bind_unchecked


def test_the_public_call_gives_the_same(lens: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = lens.get_ndjson(lines(20))
    monkeypatch.setattr(_engine.runtime(), "bind", _call.bind_public)
    _engine.renew()
    assert lens.get_ndjson(lines(20)) == expected
    with pytest.raises(PanprotoInternalError):
        _session.trap()
    monkeypatch.undo()
    _engine.renew()


def test_many_lenses_share_an_instance(old: Schema) -> None:
    # More than an instance keeps open: the oldest are opened again.
    lenses = []
    for at in range(70):
        new = Schema.from_lexicon(
            "atproto",
            {"lexicon": 1, "id": "com.example.post", "defs": {"main": {"type": "record", "key": "tid", "record": {
                "type": "object", "properties": {"text": {"type": "string"}, f"n{at}": {"type": "integer"}}}}}},
        )  # fmt: skip
        lenses.append(panproto.lens(new, new))
    for _ in range(2):
        for lens in lenses:
            assert lens.lift(b'{"text":"x"}') == b'{"text":"x"}'


def test_a_call_within_a_call_gets_an_instance_of_its_own(lens: Lens) -> None:
    instance = _session._take()
    assert lens.lift(RECORD)["body"] == "hello"
    _session._give_back(instance, control=True)
    assert lens.lift(RECORD)["body"] == "hello"


@POSIX
def test_a_signal_handler_may_call(lens: Lens) -> None:
    seen: list[object] = []
    before = signal.signal(signal.SIGALRM, lambda *_: seen.append(lens.lift(RECORD)))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        expected = lens.lift_ndjson(lines(100))
        for _ in range(300):
            assert lens.lift_ndjson(lines(100)) == expected
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen
    assert all(view == lens.lift(RECORD) for view in seen)


@POSIX
def test_an_interrupt_ends_a_long_call_and_not_the_next(lens: Lens) -> None:
    # One record of some tens of megabytes crosses at once: it is cancelled from inside.
    big = b'{"text":"x","n":[' + b"1," * 15_000_000 + b"1]}"

    def interrupt() -> None:
        time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    # A process that was started in the background ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer = threading.Thread(target=interrupt)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            lens.lift_ndjson((big + b"\n") * 20)
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert lens.lift(RECORD)["body"] == "hello"


def test_limits_are_set_for_all_threads(lens: Lens) -> None:
    before = panproto.set_limits()
    try:
        assert panproto.set_limits(depth=3)["depth"] == 3
        with ThreadPoolExecutor(1) as pool, pytest.raises(PanprotoError) as caught:
            pool.submit(lens.lift, b'{"text":"x","a":[[[[1]]]]}').result()
        assert caught.value.code == "limit-depth"
    finally:
        panproto.set_limits(**before)
    assert lens.lift(b'{"text":"x","a":[[[[1]]]]}')


# Processes


def lifted(lens: Lens) -> object:
    return lens.lift(RECORD)


@POSIX
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_take_lenses(lens: Lens, method: str) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context(method)) as pool:
        assert list(pool.map(lifted, [lens] * 4)) == [lens.lift(RECORD)] * 4


FORK = """
import os, sys, threading, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, {tests!r})
from conftest import OLD, NEW, HINTS, DEFAULTS, RECORD
import panproto
def lens():
    old, new = (panproto.Schema.from_lexicon("atproto", side) for side in (OLD, NEW))
    return panproto.lens(old, new, hints=HINTS, defaults=DEFAULTS)
def child(work):
    pid = os.fork()
    if pid == 0:
        ok = False
        try:
            ok = work()
        finally:
            os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
# Before the module is loaded: the child compiles, without a process of its own.
os.environ["PANPROTO_NO_CACHE"] = "1"
program, sys.executable = sys.executable, ""
child(lambda: lens().lift(RECORD)["body"] == "hello")
sys.executable = program
del os.environ["PANPROTO_NO_CACHE"]
l = lens()
expected = l.lift(RECORD)
# After it is loaded.
child(lambda: l.lift(RECORD) == expected)
# While another thread is in a call: the child loads the module again, and its compiler works.
data = ('{{"text":"x"}}\\n' * 20000).encode()
stop = []
def busy():
    while not stop: l.lift_ndjson(data)
def compiles():
    import wasmtime
    from panproto_wasm import _engine
    return wasmtime.Module(_engine.runtime().engine, "(module (func (export \\"f\\")))").exports[0].name == "f"
t = threading.Thread(target=busy); t.start()
for _ in range(8): child(lambda: l.lift(RECORD) == expected and lens().lift(RECORD) == expected and compiles())
stop.append(1); t.join()
assert l.lift(RECORD) == expected
print("ok")
"""


@POSIX
def test_forks() -> None:
    done = python(FORK.format(tests=str(PACKAGE / "tests")))
    assert done.stdout.strip() == "ok", done.stderr
    assert done.stderr == ""


# Compiling


def test_the_module_is_compiled_by_another_process_or_here(monkeypatch: pytest.MonkeyPatch) -> None:
    import wasmtime

    from panproto_wasm import _compile

    code = bytes(wasmtime.wat2wasm('(module (func (export "f")))'))
    engine = _engine.runtime().engine
    told: list[int] = []
    run = subprocess.run

    def seen(*arguments: object, **named: object) -> object:
        done = run(*arguments, **named)  # type: ignore[call-overload]
        told.append(done.returncode)
        return done

    monkeypatch.setattr(subprocess, "run", seen)
    monkeypatch.setattr(_compile, "_processors", lambda: 2)
    made = [_compile.module_of(engine, code, epochs=False, quick=quick) for quick in (False, True)]
    assert told == [0, 0]
    # Of another configuration: not taken.
    made.append(_compile.module_of(engine, code, epochs=True, quick=True))
    assert told == [0, 0, 0]
    for program in (None, "", "/bin/false", "/usr/bin/uwsgi", "/nowhere/python3"):
        monkeypatch.setattr(sys, "executable", program)
        made.append(_compile.module_of(engine, code, epochs=False, quick=True))
    monkeypatch.undo()
    monkeypatch.setattr(_compile, "_processors", lambda: 1)
    made.append(_compile.module_of(engine, code, epochs=False, quick=True))
    monkeypatch.undo()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    made.append(_compile.module_of(engine, code, epochs=False, quick=True))
    assert told == [0, 0, 0]
    for module, artefact, _ in made:
        assert [one.name for one in module.exports] == ["f"]
        assert wasmtime.Module.deserialize(engine, artefact).exports[0].name == "f"
    # Quick code is only made where there are processors for what replaces it.
    assert [quick for _, _, quick in made] == [False, True] + [False] * 8
    monkeypatch.undo()
    for quick in (False, True):
        with pytest.raises(wasmtime.WasmtimeError):
            _compile.module_of(engine, b"no module", epochs=False, quick=quick)


# Cached code

LIFT = """
import sys
sys.path.insert(0, {tests!r})
from conftest import OLD, NEW, HINTS, DEFAULTS, RECORD
import panproto
old, new = (panproto.Schema.from_lexicon("atproto", side) for side in (OLD, NEW))
l = panproto.lens(old, new, hints=HINTS, defaults=DEFAULTS)
assert l.lift(RECORD)["body"] == "hello"
print("ok")
"""


def test_cached_code_is_used_and_never_trusted_blindly(
    lens: Lens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from panproto_wasm import _cache

    # The code that this process runs: compiling it once, below, is enough.
    place = tmp_path / "cache"
    assert lens.lift(RECORD)
    wanted = _cache.key((_engine._compiler(), _engine._CONFIGURATION), Path(_engine.MODULE).read_bytes())
    artefact = _cache.read(wanted)
    assert artefact is not None, "the tests need the cache"
    monkeypatch.setenv("PANPROTO_CACHE_DIR", str(place))
    _cache.write(wanted, artefact)
    (file,) = place.iterdir()
    content, before = file.read_bytes(), file.stat()
    done = python(LIFT.format(tests=str(PACKAGE / "tests")), PANPROTO_CACHE_DIR=str(place))
    assert (done.stdout.strip(), done.stderr) == ("ok", "")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert _cache.read(wanted) is not None

    for at in [*range(0, len(_cache.MAGIC) + 80, 3), *range(100, len(content), len(content) // 12)]:
        broken = bytearray(content)
        broken[at] ^= 1 << (at % 8)
        file.write_bytes(broken)
        assert _cache.read(wanted) is None, at
        with _cache.mapped(wanted) as mapped:
            assert mapped is None, at
    for end in (0, 10, 60, 91, 92, len(content) - 1):
        file.write_bytes(content[:end])
        assert _cache.read(wanted) is None, end
        with _cache.mapped(wanted) as mapped:
            assert mapped is None, end

    # A broken file is replaced in silence, and at the end it is the only one.
    code = LIFT.format(tests=str(PACKAGE / "tests")) + "assert panproto.prepare()"
    done = python(code, PANPROTO_CACHE_DIR=str(place))
    assert (done.stdout.strip(), done.stderr) == ("ok", "")
    assert _cache.read(wanted) is not None
    assert list(place.iterdir()) == [file]


@pytest.mark.skipif(sys.platform != "linux", reason="SKIPPED: only Linux maps the file")
def test_code_is_mapped_where_it_may_be_and_copied_elsewhere(
    lens: Lens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from panproto_wasm import _cache

    assert lens.lift(RECORD)
    wanted = _cache.key((_engine._compiler(), _engine._CONFIGURATION), Path(_engine.MODULE).read_bytes())
    artefact = _cache.read(wanted)
    assert artefact is not None, "the tests need the cache"
    monkeypatch.setenv("PANPROTO_CACHE_DIR", str(tmp_path))
    os.chmod(tmp_path, 0o700)
    _cache.write(wanted, artefact)
    (file,) = tmp_path.iterdir()
    copied: list[int] = []

    def deserialize(engine: wasmtime.Engine, content: bytes) -> wasmtime.Module:
        copied.append(len(content))
        return wasmtime.Module.deserialize(engine, content)

    def works(made: _engine.Runtime) -> bool:
        monkeypatch.setattr(_engine, "_runtime", made)
        _engine.renew()
        return lens.lift(RECORD)["body"] == "hello"

    monkeypatch.setattr(_call, "deserialize", deserialize)
    # A disk without a device is shared, or in memory, or in layers.
    for device in (1 << 8, 0):
        copied.clear()
        with monkeypatch.context() as pretended:
            pretended.setattr(os, "major", lambda _, device=device: device)
            made = _engine.Runtime()
        assert copied == ([] if device else [len(artefact)])
        # What is mapped stays when the file is replaced, and when it goes.
        _cache.write(wanted, artefact)
        file.unlink()
        assert works(made)
        _cache.write(wanted, artefact)
    refused = wasmtime.WasmtimeError("refused")
    monkeypatch.setattr(wasmtime.Module, "deserialize_file", lambda *_: (_ for _ in ()).throw(refused))
    copied.clear()
    assert works(_engine.Runtime())
    assert copied == [len(artefact)]
    monkeypatch.undo()
    _engine.renew()


@POSIX
def test_cached_code_of_others_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from panproto_wasm import _cache

    monkeypatch.setenv("PANPROTO_CACHE_DIR", str(tmp_path))
    os.chmod(tmp_path, 0o700)
    wanted = bytes(32)
    _cache.write(wanted, b"code")
    assert _cache.read(wanted) == b"code"
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    os.chmod(file, 0o666)
    assert _cache.read(wanted) is None
    os.chmod(file, 0o600)
    moved = tmp_path / "moved"
    file.rename(moved)
    file.symlink_to(moved)
    assert _cache.read(wanted) is None
    file.unlink()
    os.mkfifo(file, 0o600)
    assert _cache.read(wanted) is None
    file.unlink()
    os.chmod(tmp_path, 0o777)
    _cache.write(wanted, b"code")
    assert not file.exists()
    monkeypatch.setenv("PANPROTO_NO_CACHE", "1")
    assert _cache.folder() is None


def test_the_native_package_beside_this_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "panproto").mkdir()
    source = (SOURCE / "panproto" / "__init__.py").read_text()
    (tmp_path / "panproto" / "__init__.py").write_text(source)
    (tmp_path / "panproto" / "_native.abi3.so").write_text("")
    code = "import panproto_wasm\ntry:\n import panproto\nexcept ImportError as e: print(e)"
    done = python(code, PYTHONPATH=os.pathsep.join([str(tmp_path), str(SOURCE)]))
    assert "pip uninstall" in done.stdout, done.stderr
