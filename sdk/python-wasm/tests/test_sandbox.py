"""What the page on the sandbox promises."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
import time
from array import array
from pathlib import Path

import pytest
from conftest import RECORD, SOURCE

import panproto
from panproto import Lens, PanprotoError, PanprotoInternalError, PanprotoLimitError, Schema, WasmError
from panproto_wasm import _cache, _engine, _session

POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def python(code: str, source: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(source or SOURCE), **environment}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=300)


def test_the_module_gets_one_function_that_does_nothing() -> None:
    import wasmtime

    (needed,) = _engine.runtime().imports
    kind = needed.type
    assert isinstance(kind, wasmtime.FuncType)
    assert (list(kind.params), list(kind.results)) == ([], [])
    assert _engine._nothing() is None


def test_memory_has_a_limit_and_passing_it_is_a_limit_error(lens: Lens) -> None:
    before = panproto.set_limits()
    record = b'{"text":"' + b"x" * 30_000_000 + b'"}'
    try:
        panproto.set_limits(memory_bytes=32 << 20)
        with pytest.raises(PanprotoLimitError) as caught:
            lens.get(record)
        assert caught.value.code in ("limit-size", "limit-memory", "resource-exhausted")
        assert lens.lift(RECORD)["body"] == "hello"
    finally:
        panproto.set_limits(**before)
    assert lens.lift(record)


def test_memory_that_an_operation_needs_counts_too(lens: Lens) -> None:
    before = panproto.set_limits()
    properties = {f"field_{number}": {"type": "string", "maxLength": number} for number in range(20_000)}
    document = {"type": "object", "properties": properties}
    try:
        panproto.set_limits(memory_bytes=4 << 20)
        with pytest.raises(PanprotoLimitError) as caught:
            Schema.parse("json-schema", document)
        assert caught.value.code == "limit-memory"
        assert "memory_bytes" in (caught.value.help or "")
        # The least that there is lets a record through, and another limit be set.
        panproto.set_limits(memory_bytes=0)
        assert lens.lift(RECORD)["body"] == "hello"
    finally:
        panproto.set_limits(**before)
    assert len(list(Schema.parse("json-schema", document).fields())) == 20_000


def test_what_the_module_names_outside_of_its_memory_is_never_touched(lens: Lens) -> None:
    lens.lift(RECORD)
    instance = _session._take()
    size = len(instance._bytes)
    handle = instance.lenses[bytes.fromhex(lens.digest)]
    for named in ((size - 1, 2), (size, 1), (0, size + 1), (2**32 - 1, 2**32 - 1)):
        for at in (0, 2, 6):
            words = [0] * 9
            words[at : at + 2] = named
            instance._words = memoryview(array("I", words))
            with pytest.raises(PanprotoInternalError) as caught:
                instance.run(_session.LIFT, *handle, 0, b"{}")
            assert caught.value.code == "outside-memory"
    assert lens.lift(RECORD)["body"] == "hello"


def test_steps_have_a_limit_that_leaves_the_instance_healthy(lens: Lens) -> None:
    before = panproto.set_limits()
    try:
        panproto.set_limits(steps=1000)
        _session.forget()
        assert lens.lift(b'{"text":"x"}')
        (instance,) = _session._threads.idle
        with pytest.raises(PanprotoLimitError) as caught:
            lens.lift(b'{"text":"x","n":[' + b"1," * 100_000 + b"1]}")
        assert caught.value.code == "limit-steps"
        assert _session._threads.idle == [instance]
        assert lens.lift(b'{"text":"x"}')
    finally:
        panproto.set_limits(**before)


def test_an_instance_that_grew_is_not_kept(lens: Lens) -> None:
    _session.forget()
    lens.lift(b'{"text":"' + b"x" * 40_000_000 + b'"}')
    assert _session._threads.idle == []
    lens.lift(b'{"text":"x"}')
    assert len(_session._threads.idle) == 1


def slow() -> bytes:
    return b'{"text":"x","n":[' + b"1," * 10_000_000 + b"1]}"


def test_a_hard_limit_of_time_ends_a_call_from_outside(lens: Lens) -> None:
    lens.lift(RECORD)
    record = slow()
    try:
        panproto.set_hard_time_limit(0.02)
        assert lens.lift(RECORD)["body"] == "hello"
        begun = time.monotonic()
        with pytest.raises(PanprotoLimitError) as caught:
            lens.lift(record)
        assert caught.value.code == "limit-time"
        assert time.monotonic() - begun < 5
        assert lens.lift(RECORD)["body"] == "hello"
        with pytest.raises(PanprotoError):
            panproto.set_hard_time_limit(0)
    finally:
        panproto.set_hard_time_limit(None)
    assert lens.lift(record)
    assert "panproto clock" not in {thread.name for thread in threading.enumerate()}


def test_a_process_with_a_hard_limit_ends_in_silence() -> None:
    code = (
        "import panproto; panproto.set_hard_time_limit(30); print(len(panproto.Panproto.load().list_protocols()) > 1)"
    )
    done = python(code)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "True", "")


def lifted(lens: Lens, results: object) -> None:
    results.put(lens.lift(RECORD))  # type: ignore[attr-defined]


@POSIX
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_the_hard_limit_too(lens: Lens) -> None:
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    try:
        panproto.set_hard_time_limit(30)
        expected = lens.lift(RECORD)
        child = context.Process(target=lifted, args=(lens, results))
        child.start()
        assert results.get() == expected
        child.join()
        assert child.exitcode == 0
    finally:
        panproto.set_hard_time_limit(None)


@POSIX
def test_a_fork_in_the_middle_of_a_batch(lens: Lens) -> None:
    done = []

    def records():
        for at in range(2000):
            if at == 700:
                pid = os.fork()
                if pid == 0:
                    ok = lens.lift({"text": "child"})["body"] == "child"
                    os._exit(0 if ok else 1)
                done.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            yield {"text": str(at)}

    assert [view["body"] for view in lens.convert(records())] == [str(at) for at in range(2000)]
    assert done == [0]


def test_a_process_has_no_thread_of_ours() -> None:
    code = """
import threading, panproto
panproto.Panproto.load().list_protocols()
print([t.name for t in threading.enumerate()], open("/proc/self/status").read().split("Threads:")[1].split()[0])
"""
    if not os.path.exists("/proc/self/status"):
        pytest.skip("SKIPPED: needs /proc")
    done = python(code)
    assert done.stdout.split() == ["['MainThread']", "1"], done.stderr


def test_every_thousandth_bit_of_a_cached_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Of a piece: reading it goes the same way, and the whole would be read for an hour.
    monkeypatch.setenv("PANPROTO_CACHE_DIR", str(tmp_path))
    os.chmod(tmp_path, 0o700)
    wanted = bytes(range(32))
    _cache.write(wanted, Path(_engine.MODULE).read_bytes()[:200_000])
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    flipped = 0
    with file.open("r+b") as handle:
        for bit in range(0, 8 * len(content), 1000):
            at, mask = bit // 8, 1 << (bit % 8)
            handle.seek(at)
            handle.write(bytes([content[at] ^ mask]))
            handle.flush()
            assert _cache.read(wanted) is None, bit
            handle.seek(at)
            handle.write(content[at : at + 1])
            flipped += 1
        handle.flush()
    assert flipped > 1600
    assert _cache.read(wanted) == content[:200_000]


@pytest.mark.parametrize("place", ["/proc/nothing", "/dev/null/cache", "/dev/full"])
def test_a_cache_that_cannot_be_is_no_failure(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANPROTO_CACHE_DIR", place)
    _cache.write(bytes(32), b"code")
    assert _cache.read(bytes(32)) is None


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package, elsewhere."""
    for name in ("panproto", "panproto_wasm"):
        shutil.copytree(SOURCE / name, tmp_path / "src" / name)
    return tmp_path / "src"


TRY = """
import panproto
try:
    panproto.Panproto.load()
except panproto.WasmError as error:
    print(type(error).__name__, error.code)
"""


def test_a_module_that_was_cut_or_is_missing(copy: Path) -> None:
    module = copy / "panproto_wasm" / "panproto.wasm"
    content = module.read_bytes()
    for end in (0, 4, 1000, len(content) - 1):
        module.write_bytes(content[:end])
        done = python(TRY, copy, PANPROTO_NO_CACHE="1")
        assert done.stdout.split() == ["PanprotoInternalError", "module-damaged"], done.stderr
    module.unlink()
    assert python(TRY, copy).stdout.split() == ["PanprotoInternalError", "module-missing"]


def test_another_module_is_refused(copy: Path) -> None:
    import wasmtime

    for text, code in (
        ('(module (import "wasi" "exit" (func (param i32))))', "unknown-import"),
        ("(module)", "abi-mismatch"),
        ('(module (memory (export "pp_abi") 1))', "abi-mismatch"),
    ):
        (copy / "panproto_wasm" / "panproto.wasm").write_bytes(wasmtime.wat2wasm(text))
        done = python(TRY, copy, PANPROTO_NO_CACHE="1")
        assert done.stdout.split() == ["PanprotoInternalError", code], done.stderr


def test_errors_of_the_sandbox_are_of_the_published_class() -> None:
    assert issubclass(PanprotoInternalError, WasmError)
    with pytest.raises(WasmError) as caught:
        _session.trap()
    assert json.dumps(caught.value.code) == '"internal-trap"'
