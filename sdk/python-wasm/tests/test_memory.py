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
import resource, sys
sys.path.insert(0, {tests!r})
from conftest import OLD, NEW, HINTS, DEFAULTS, RECORD
import panproto
unit = 1 if sys.platform == "darwin" else 1024
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
old, new = (panproto.Schema.from_lexicon("atproto", side) for side in (OLD, NEW))
l = panproto.lens(old, new, hints=HINTS, defaults=DEFAULTS)
l.lift(RECORD)
print(peak())
for name in sys.argv[1:]:
    report = l.convert_file(name, name + ".out", framing="array" if name.endswith(".json") else None)
    print(report.records, peak())
"""


def test_files_convert_in_constant_memory(tmp_path: Path) -> None:
    counts = (100_000, 1_000_000) if FULL else (100_000, 300_000)
    line = json.dumps({**RECORD, "pad": "x" * 440}).encode()
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
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    idle, *runs = done.stdout.splitlines()
    peaks = []
    for run, count in zip(runs, (*counts, 50_000), strict=True):
        records, peak = map(int, run.split())
        assert records == count
        peaks.append(peak)
    mebibyte = 1 << 20
    assert peaks[0] - int(idle) < 64 * mebibyte
    assert peaks[1] - peaks[0] < 5 * mebibyte
    assert peaks[2] - peaks[1] < 5 * mebibyte
