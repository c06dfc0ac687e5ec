"""Work in processes of its own: starts, and memory, which a process that has done something else does not tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from serve import Data


def process(arguments: list[str], **environment: str) -> Callable[[], object]:
    """A new process; it fails where the script does."""

    def run() -> None:
        every = {**os.environ, **environment}
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=every)

    return run


def fresh(script: str, data: Data, workload: str) -> dict[str, Any]:
    """What `script hold REQUEST WORKLOAD` says of the memory that it needs."""
    request = json.dumps({"data": str(data.folder), "records": data.records, "stream": data.stream})
    command = [sys.executable, script, "hold", request, workload]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    facts: dict[str, Any] = json.loads(told.stdout)
    return facts
