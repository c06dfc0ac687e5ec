"""The code of the READMEs and of the guide runs, and prints what its comments say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import PACKAGE

REPOSITORY = PACKAGE.parent.parent
PAGES = [
    PACKAGE / "README.md",
    REPOSITORY / "README.md",
    REPOSITORY / "docs/python.md",
    REPOSITORY / "docs/python-migration.md",
    REPOSITORY / "docs/python-sandbox.md",
    *sorted(REPOSITORY.glob("docs/guide/*.md")),
]


def promises(block: str) -> list[str]:
    """What a block says that it prints: behind a `print`, and on the lines of nothing but comment under one."""
    made: list[str] = []
    printing = False
    for line in block.splitlines():
        behind = re.match(r" *print\(.*\)(?:  # (.*))?$", line)
        below = re.match(r" *# (.*)$", line)
        printing = bool(behind or (printing and below))
        found = (behind and behind[1]) or (printing and below and below[1])
        if found:
            made.append(found)
    return made


@pytest.mark.smoke
@pytest.mark.parametrize("readme", PAGES, ids=lambda page: page.relative_to(REPOSITORY).with_suffix("").as_posix())
def test_code_blocks_run(
    readme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.S)
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(readme), "exec"), names)
        printed = capsys.readouterr().out
        at = 0
        for promised in promises(block):
            for part in promised.split("…"):
                found = printed.find(part.strip(), at)
                assert found >= 0, f"`{part}` is not printed after {at}:\n{printed}"
                at = found + len(part.strip())
