"""The README's code runs."""

from __future__ import annotations

import re

import pytest
from conftest import PACKAGE

BLOCKS = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(encoding="utf-8"), re.S)


@pytest.mark.smoke
def test_code_blocks_run() -> None:
    assert len(BLOCKS) >= 3
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)
