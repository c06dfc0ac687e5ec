"""Results as the report reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

WAITING = ("start.", "threads.", "page.")


@dataclass(frozen=True)
class Time:
    """Nanoseconds of a unit: median, quartiles, and whether they are of the processor."""

    median: float
    lower: float
    upper: float
    cpu: bool


class Results:
    """Measurements by id and host."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.all: dict[tuple[str, str], dict[str, Any]] = {
            (one["id"], one["host"]): one for one in told["measurements"]
        }

    def measured(self, id: str, host: str) -> dict[str, Any] | None:
        """What was measured, if it was."""
        found = self.all.get((id, host))
        return found if found is not None and found["status"] == "measured" else None

    def time(self, id: str, host: str, wall: bool = False) -> Time | None:
        """Of the processor where there is one, of the clock where waiting is the point."""
        found = self.measured(id, host)
        if found is None:
            return None
        cpu = found["cpu_ns"] is not None and not wall and not id.startswith(WAITING)
        spread = found["cpu_ns"] if cpu else found["wall_ns"]
        return Time(spread["median"], spread["lower"], spread["upper"], cpu)

    def pair(self, one: tuple[str, str], other: tuple[str, str]) -> tuple[float, float] | None:
        """Medians of two measurements by the same clock."""
        first, second = self.time(*one), self.time(*other)
        if first is None or second is None:
            return None
        if first.cpu != second.cpu:
            first, second = self.time(*one, wall=True), self.time(*other, wall=True)
        return None if first is None or second is None else (first.median, second.median)

    def facts(self, id: str, host: str) -> dict[str, Any]:
        """What else was counted."""
        found = self.measured(id, host)
        facts: dict[str, Any] = {} if found is None else found["facts"]
        return facts

    def hosts(self, id: str) -> list[str]:
        """Hosts that measured it, in the order of the file."""
        return [host for host in self.told["hosts"] if self.measured(id, host) is not None]


def shown(nanoseconds: float) -> str:
    """Nanoseconds as people read them."""
    for limit, scale, unit in ((1e3, 1, "ns"), (1e6, 1e3, "µs"), (1e9, 1e6, "ms")):
        if nanoseconds < limit:
            return f"{nanoseconds / scale:.3g} {unit}"
    return f"{nanoseconds / 1e9:.3g} s"
