"""Memory does not grow with the file: measured from outside, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PACKAGE, RECORD, SOURCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs `resource`")

FULL = bool(os.environ.get("PANPROTO_FULL"))

MEASURE = """
import os, resource, sys
sys.path.insert(0, {tests!r})
from conftest import OLD, NEW, HINTS, DEFAULTS, RECORD
import panproto
def resident():
    # The peak of loading the module would hide what comes after it.
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
old, new = (panproto.Schema.from_lexicon("atproto", side) for side in (OLD, NEW))
l = panproto.lens(old, new, hints=HINTS, defaults=DEFAULTS)
l.lift(RECORD)
panproto.prepare()
l.lift(RECORD)
idle = resident()
def run(source, target, **more):
    top = 0
    def look(_):
        nonlocal top
        top = max(top, resident())
    report = l.convert_file(source, target, progress=look, **more)
    print(report.records, max(top, resident()) - idle)
for name in sys.argv[1:]:
    if name.endswith(".json"):
        run(name, name + ".out", framing="array")
    else:
        run(name, name + ".out")
        run(name, name + ".out", direction="get", complements=name + ".memory")
        run(name + ".out", name + ".back", direction="put", complements=name + ".memory")
"""


def test_files_convert_in_constant_memory(tmp_path: Path) -> None:
    counts = (100_000, 1_000_000) if FULL else (30_000, 100_000)
    line = json.dumps({**RECORD, "pad": "x" * 440}, separators=(",", ":")).encode()
    assert 590 < len(line) < 680
    names = []
    for count in counts:
        name = tmp_path / f"{count}.ndjson"
        with name.open("wb") as file:
            for _ in range(count // 1000):
                file.write((line + b"\n") * 1000)
        names.append(name)
    array = tmp_path / "array.json"
    array.write_bytes(b"[" + b",\n".join([line] * 50_000) + b"]")
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", MEASURE.format(tests=str(PACKAGE / "tests")), *map(str, names), str(array)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    runs = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert [records for records, _ in runs] == [counts[0]] * 3 + [counts[1]] * 3 + [50_000]
    grown = [more for _, more in runs]
    mebibyte = 1 << 20
    assert max(grown) < 64 * mebibyte, grown
    # Lift, get, put: ten times as many records take no more.
    for at in range(3):
        assert grown[at + 3] - max(grown[: at + 3]) < 5 * mebibyte, grown
    assert grown[6] - max(grown[:6]) < 5 * mebibyte, grown
    back = [Path(f"{name}.back") for name in names]
    assert [one.stat().st_size for one in back] == [name.stat().st_size for name in names]
    assert back[0].read_bytes() == names[0].read_bytes()
