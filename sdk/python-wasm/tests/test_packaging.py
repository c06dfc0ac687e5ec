"""Wheel and source distribution, installed clean by pip, and the tests run against what was installed.

`PANPROTO_PYTHONS` names the interpreters, with `os.pathsep` between them; without it, this one is the only one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import PACKAGE, REPOSITORY

pytestmark = pytest.mark.packaging

PYTHONS = [path for path in os.environ.get("PANPROTO_PYTHONS", "").split(os.pathsep) if path] or [sys.executable]
FULL = bool(os.environ.get("PANPROTO_FULL"))
# What tests need beside the package.
TOOLS = ("pytest", "hypothesis")


def run(*command: object, cwd: Path | None = None, **environment: str) -> str:
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    parts = [str(part) for part in command]
    done = subprocess.run(parts, cwd=cwd, env={**env, **environment}, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    place = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", place, cwd=PACKAGE)
    return place


def test_what_the_wheel_holds(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        module = archive.read("panproto_wasm/panproto.wasm")
        entry = next(name for name in names if name.endswith("entry_points.txt"))
        assert "panproto = panproto_wasm._cli:main" in archive.read(entry).decode()
    assert {"panproto/py.typed", "panproto_wasm/py.typed", "panproto/__init__.py"} <= names
    assert not [name for name in names if name.startswith("tests") or name.endswith(".pyc")]
    assert module == (PACKAGE / "src/panproto_wasm/panproto.wasm").read_bytes()
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    assert {"src/panproto_wasm/panproto.wasm", "tests/conftest.py", "README.md", "pyproject.toml"} <= files


def old_code() -> str:
    page = (REPOSITORY / "docs/python-migration.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", page, re.S)[0]


def first_example() -> str:
    page = (PACKAGE / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", page, re.S)[0]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_works_where_nothing_else_is(built: Path, kind: str, python: str, tmp_path: Path) -> None:
    (file,) = built.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    run(python, "-m", "venv", tmp_path / "clean")
    scripts = tmp_path / "clean" / ("Scripts" if os.name == "nt" else "bin")
    inside = scripts / ("python.exe" if os.name == "nt" else "python")
    pip = (inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
    run(*pip, file)
    where = run(inside, "-c", "import panproto, panproto_wasm; print(panproto.__file__, panproto_wasm.__file__)")
    assert where.count(str(tmp_path)) == 2
    # A new user: the README's first example, a page of old code, the command.
    for code in (first_example(), old_code()):
        run(inside, "-c", code, cwd=tmp_path)
    assert run(scripts / "panproto", "--version").startswith("panproto-wasm ")

    # The tests, where no sources are.
    run(*pip, *TOOLS)
    copy = tmp_path / "repository" / "sdk" / "python-wasm"
    shutil.copytree(PACKAGE / "tests", copy / "tests")
    shutil.copytree(PACKAGE / "samples", copy / "samples")
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(PACKAGE / name, copy / name)
    for name in ("docs", "tests"):
        shutil.copytree(REPOSITORY / name, tmp_path / "repository" / name)
    shutil.copy(REPOSITORY / "README.md", tmp_path / "repository" / "README.md")
    part = "not packaging" if FULL and kind == "wheel" else "smoke"
    said = run(inside, "-m", "pytest", "-q", "-m", part, "-o", "pythonpath=", cwd=copy)
    assert re.search(r"\d+ passed", said), said
