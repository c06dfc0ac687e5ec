"""The code of the READMEs runs, and prints what its comments say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import PACKAGE

READMES = [PACKAGE / "README.md", PACKAGE.parent.parent / "README.md"]


@pytest.mark.smoke
@pytest.mark.parametrize("readme", READMES, ids=["package", "project"])
def test_code_blocks_run(readme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.S)
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(readme), "exec"), names)
        printed = capsys.readouterr().out
        for promised in re.findall(r"^print\(.*\)  # (.*)$", block, re.M):
            assert promised in printed
