"""Warm-up, calibration, samples; requests and answers, one JSON object a line (`bench/README.md` has the protocol)."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Ready:
    """A benchmark that is ready to run: `run` is one iteration; `after` follows each one, and is not measured."""

    run: Callable[[], object]
    units: int
    bytes: int = 0
    output_bytes: int | None = None
    facts: dict[str, Any] | None = field(default=None)
    after: Callable[[], object] | None = None


class TooLong(Exception):
    """The host knows the benchmark and takes too long for it: the result says `not_run`, and why."""


class Data:
    """Records and schemas of the run."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.folder = Path(request["data"])
        self.records: dict[str, int] = request["records"]
        self.stream: int = request["stream"]
        self._lines: dict[str, list[bytes]] = {}
        self._expected: dict[str, list[Any]] = {}

    def read(self, name: str) -> bytes:
        """A file."""
        return (self.folder / name).read_bytes()

    def schemas(self, name: str) -> dict[str, Any]:
        """`{old, new, hints}` of a name."""
        found: dict[str, Any] = json.loads(self.read(f"{name}.json"))
        return found

    def lines(self, workload: str) -> list[bytes]:
        """The first records of a workload."""
        found = self._lines.get(workload)
        if found is None:
            found = self._lines[workload] = self.read(f"{workload}.ndjson").split(b"\n")[: self.records[workload]]
        return found

    def values(self, workload: str) -> list[Any]:
        """The same as values of their own."""
        return [json.loads(line) for line in self.lines(workload)]

    def expected(self, workload: str) -> list[Any]:
        """What their views have to be. Not to be changed."""
        found = self._expected.get(workload)
        if found is None:
            lines = self.read(f"{workload}.expected.ndjson").split(b"\n")[: self.records[workload]]
            found = self._expected[workload] = [json.loads(line) for line in lines]
        return found


def check(what: str, found: list[Any], expected: list[Any]) -> None:
    """Fails unless both are the same values."""
    if found != expected:
        at = next((at for at, pair in enumerate(zip(found, expected, strict=False)) if pair[0] != pair[1]), None)
        if at is None:
            raise AssertionError(f"{what}: {len(found)} records instead of {len(expected)}")
        raise AssertionError(f"{what}: record {at} is {found[at]} instead of {expected[at]}")


def held() -> int:
    """Resident memory without what the allocator keeps of freed memory, where it can be told to let go."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    return resident()


def resident() -> int:
    """Resident memory of this process."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def timed(ready: Ready, iterations: int) -> dict[str, int]:
    """One sample."""
    if ready.after is not None and iterations > 1:
        every = [timed(ready, 1) for _ in range(iterations)]
        return {name: sum(one[name] for one in every) for name in every[0]}
    run = ready.run
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    for _ in range(iterations):
        run()
    took = {"wall_ns": time.perf_counter_ns() - wall, "cpu_ns": time.process_time_ns() - cpu}
    if ready.after is not None:
        ready.after()
    return took


def calibrate(ready: Ready, warm: float, sample: float) -> int:
    """Runs for the time of the warm-up, and says how many iterations fill a sample."""
    started = time.perf_counter()
    iterations = 1
    while True:
        wall = timed(ready, iterations)["wall_ns"] / 1e6
        if (time.perf_counter() - started) * 1000 >= warm:
            return max(1, -int(-sample // max(wall / iterations, 1e-6)))
        if wall < warm / 8:
            iterations *= 2


def serve(opened: Callable[[Data], Callable[[str], Ready | None]], versions: dict[str, str]) -> None:
    """Answers until the input ends. `opened` is told what the run says at first, and gives what prepares by id."""
    prepare: Callable[[str], Ready | None] | None = None
    ready: Ready | None = None
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, Any]
        try:
            match request["do"]:
                case "hello":
                    prepare = opened(Data(request))
                    answer = {"pid": os.getpid(), "versions": versions}
                case "prepare" if prepare is not None:
                    ready = None
                    ready = prepare(request["id"])
                    if ready is None:
                        answer = {"skip": "this host has no such benchmark"}
                    else:
                        iterations = calibrate(ready, request["warm_ms"], request["sample_ms"])
                        answer = {
                            "units": ready.units,
                            "bytes": ready.bytes,
                            "output_bytes": ready.output_bytes,
                            "iterations": iterations,
                            "facts": ready.facts,
                        }
                case "sample" if ready is not None:
                    answer = dict(timed(ready, request["iterations"]))
                case "end":
                    answer = {"facts": None if ready is None else ready.facts}
                    ready = None
                case other:
                    answer = {"error": f"`{other}` comes too early, or there is no such request"}
        except TooLong as why:
            answer = {"skip": str(why)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
        print(json.dumps(answer), flush=True)
