"""The driver that is compared with other hosts: what it prints is lawful here, too."""

from __future__ import annotations

import json

import conformance
import pytest


@pytest.mark.parametrize(
    "case", json.loads(conformance.CASES.read_text(encoding="utf-8")), ids=lambda case: case["name"]
)
def test_what_converts_comes_back(case: dict) -> None:
    result = conformance.run(case)
    json.dumps(result, sort_keys=True).encode()
    if "error" in result:
        assert result["error"]["code"]
        return
    assert len(result["records"]) == len(case["records"])
    for record, made in zip(case["records"], result["records"], strict=True):
        if "error" in made:
            assert made["error"]["code"] not in ("record-undecided", "internal-trap")
        else:
            assert made["lift"] == made["view"]
            assert json.loads(made["restored"]) == json.loads(record)
    for made in result["puts"]:
        assert made.get("error", {}).get("code") not in ("record-undecided", "internal-trap")
