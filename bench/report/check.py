"""Checks results against their schema, that the schema can refuse, and that a report can be written of them.

`check.py RESULTS.json FOLDER`, where FOLDER has `schema.json` and `benchmarks.json`.
"""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

BREAKS: dict[str, Callable[[dict[str, Any], dict[str, Any]], object]] = {
    "no commit": lambda results, _: results.pop("commit"),
    "a tier that nobody knows": lambda results, _: results.update(tier="slow"),
    "a member that nobody knows": lambda results, _: results.update(more=1),
    "no samples": lambda _, one: one.update(samples=[]),
    "a sample without a clock": lambda _, one: one["samples"][0].pop("wall_ns"),
    "a time below nothing": lambda _, one: one["wall_ns"].update(median=-1.0),
    "no spread": lambda _, one: one["wall_ns"].pop("mad"),
    "no peak": lambda _, one: one.pop("peak_bytes"),
    "not run without a reason": lambda results, one: one.update(status="not_run"),
    "a host that does not run, without a reason": lambda results, _: results["hosts"].update(
        x={"what": "", "runs": False}
    ),
}


def expanded(pattern: str) -> list[str]:
    """The ids of a pattern."""
    pieces = re.split(r"\{([^}]*)\}", pattern)
    choices = [piece.split(",") if at % 2 else [piece] for at, piece in enumerate(pieces)]
    return ["".join(parts) for parts in product(*choices)]


def main() -> None:
    results = json.loads(Path(sys.argv[1]).read_bytes())
    folder = Path(sys.argv[2])
    schema = json.loads((folder / "schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    validator.validate(results)

    known = json.loads((folder / "benchmarks.json").read_bytes())
    wanted = [(id, host) for entry in known["benchmarks"] for id in expanded(entry["id"]) for host in entry["hosts"]]
    found = [(one["id"], one["host"]) for one in results["measurements"]]
    assert found == wanted, f"not what is known: {set(found) ^ set(wanted)}"

    for what, damage in BREAKS.items():
        broken = copy.deepcopy(results)
        damage(broken, next(one for one in broken["measurements"] if one["status"] == "measured"))
        assert not validator.is_valid(broken), f"the schema admits results with {what}"

    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "schema.json").write_bytes((folder / "schema.json").read_bytes())
        report = Path(__file__).with_name("report.py")

        def written(tier: str) -> subprocess.CompletedProcess[str]:
            told = Path(place) / "results.json"
            told.write_text(json.dumps({**results, "tier": tier}))
            return subprocess.run(
                [sys.executable, str(report), str(told), place], capture_output=True, text=True, check=False
            )

        assert written("check").returncode != 0, "times of a check become a report"
        done = written("fast")
        assert done.returncode == 0, done.stderr
        text = (Path(place) / "REPORT.md").read_text()
        charts = sorted(path.name for path in (Path(place) / "charts").iterdir())
        assert charts, "there are no charts"
        assert all(f"charts/{name}" in text for name in charts), charts
        for one in results["measurements"]:
            if one["status"] == "measured":
                assert f"| `{one['id']}` |" in text, f"`{one['id']}` is not in the report"
        first = [(Path(place) / "charts" / name).read_bytes() for name in charts]
        written("fast")
        assert first == [(Path(place) / "charts" / name).read_bytes() for name in charts], (
            "charts are not the same again"
        )
    print(
        f"results and report hold: {len(found)} known, {len(BREAKS)} ways to break them are refused, "
        f"{len(charts)} charts"
    )


if __name__ == "__main__":
    main()
