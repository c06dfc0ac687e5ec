"""The samples run; strict type checkers look at them with the package."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from conftest import PACKAGE

SAMPLES = sorted((PACKAGE / "samples").glob("*.py"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_runs(sample: Path) -> None:
    runpy.run_path(str(sample), run_name="__main__")


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 3
