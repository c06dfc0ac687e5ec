"""The wheel, installed clean."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import PACKAGE

pytestmark = pytest.mark.packaging

TRY = """
import panproto, panproto_wasm
from panproto import Panproto
with Panproto.load() as pp:
    schema = pp.parse_schema("json-schema", {"type": "object", "properties": {"a": {"type": "string"}}})
    assert schema.lens_to(schema).lift(b'{"a":"x"}') == b'{"a":"x"}'
assert panproto.Schema is panproto_wasm.Schema
print(panproto.__file__)
"""


def run(*command: object, cwd: Path | None = None) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_works_where_nothing_else_is(tmp_path: Path) -> None:
    # The build tool of the test environment: nothing is downloaded.
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=PACKAGE)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        module = archive.read("panproto_wasm/panproto.wasm")
        assert {"panproto/py.typed", "panproto_wasm/py.typed", "panproto/__init__.py"} <= names
        assert not [name for name in names if name.startswith("tests") or name.endswith(".pyc")]
    assert module == (PACKAGE / "src/panproto_wasm/panproto.wasm").read_bytes()

    venv.create(tmp_path / "clean", with_pip=False, symlinks=os.name != "nt")
    python = tmp_path / "clean" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # Its dependencies come from the test environment.
    for name in ("wasmtime", "msgpack", "typing_extensions.py"):
        for place in map(Path, sys.path):
            if (place / name).exists():
                (site / name).symlink_to(place / name)
                break
    assert str(site) in run(python, "-c", TRY, cwd=tmp_path)
