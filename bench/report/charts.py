"""Charts, as SVG: the same bytes for the same results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from results import Results

plt.switch_backend("svg")
plt.rcParams.update(
    {"svg.hashsalt": "panproto", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3, "svg.fonttype": "none"}
)

COLOURS = {
    "native": "#333333",
    "node": "#2e7d32",
    "chromium": "#1565c0",
    "page": "#64b5f6",
    "python": "#ef6c00",
    "extension": "#6a1b9a",
    "js": "#81c784",
    "rust": "#999999",
    "python-json": "#ffcc80",
    "python-orjson": "#ffb74d",
    "python-msgspec": "#ffa726",
    "published": "#c62828",
}
SIZES = (0, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
ITEMS = (10, 100, 1_000, 10_000, 100_000)
MEMBERS = (10, 100, 1_000, 10_000)
LABEL = {"w1": "W1 (624 B)", "w2": "W2 (761 B)", "w3": "W3 (69 kB)"}


def draw(results: Results, folder: Path) -> list[tuple[str, str]]:
    """Draws all that was measured; names and titles."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn: list[tuple[str, str]] = []
    for name, title, chart in (
        ("records", "Records in batches, bytes to bytes: time of a record", records),
        ("overhead", "What the module costs over the native engine, by size of the record", overhead),
        ("copy", "Bytes into the engine and out of it, with the call", copies),
        ("parts", "One record as values, one call: where the time goes", parts),
        ("stream", "A stream: memory as records pass", stream),
        ("schemas", "Finding the migration between two schemas", schemas),
        ("arrays", "Time of an item by length of the array", arrays),
        ("size", "The module: bytes of code by part", size),
    ):
        figure = plt.figure(figsize=(9, 4))
        if chart(results, figure):
            figure.tight_layout()
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
            drawn.append((name, title))
        plt.close(figure)
    return drawn


def curve(axes: Any, results: Results, host: str, points: list[tuple[float, str]], scale: float) -> bool:
    """Medians with quartiles over what they depend on."""
    found = [(at, time) for at, id in points if (time := results.time(id, host)) is not None]
    if not found:
        return False
    middle = [time.median / scale for _, time in found]
    low = [max(0.0, (time.median - time.lower) / scale) for _, time in found]
    high = [max(0.0, (time.upper - time.median) / scale) for _, time in found]
    axes.errorbar(
        [at for at, _ in found], middle, yerr=[low, high], label=host, color=COLOURS[host], marker="o", markersize=3
    )
    return True


def records(results: Results, figure: Any) -> bool:
    axes = figure.subplots(1, 3)
    some = False
    for place, workload in zip(axes, LABEL, strict=True):
        id = f"{workload}.lift.batch.bytes"
        times = [(host, time) for host in COLOURS if (time := results.time(id, host)) is not None]
        some = some or bool(times)
        place.barh(
            [host for host, _ in times],
            [time.median / 1e3 for _, time in times],
            color=[COLOURS[host] for host, _ in times],
        )
        for at, (_, time) in enumerate(times):
            micros = time.median / 1e3
            label = f" {micros:,.0f}" if micros >= 100 else f" {micros:.3g}"
            place.text(micros, at, label, va="center", fontsize=7)
        place.set_xscale("log")
        place.margins(x=0.25)
        place.set_title(f"{LABEL[workload]}, µs")
        place.invert_yaxis()
    return some


def overhead(results: Results, figure: Any) -> bool:
    axes = figure.subplots(1, 3, sharey=True)
    some = False
    for place, operation in zip(axes, ("lift", "get", "put"), strict=True):
        for host in ("node", "chromium", "python", "extension"):
            ratios: list[tuple[float, float]] = []
            for items in ITEMS:
                id = f"array.{items}.{operation}"
                measured, pair = results.measured(id, host), results.pair((id, host), (id, "native"))
                if measured is not None and pair is not None:
                    ratios.append((measured["bytes"], pair[0] / pair[1]))
            if ratios:
                some = True
                place.plot(*zip(*ratios, strict=True), label=host, color=COLOURS[host], marker="o", markersize=3)
        place.axhline(1, color="#333333", linewidth=0.8)
        place.set_xscale("log")
        place.set_yscale("log")
        place.set_xlabel("bytes of the record")
        place.set_title(f"`{operation}`: times native")
    axes[0].legend() if some else None
    return some


def copies(results: Results, figure: Any) -> bool:
    axes = figure.subplots(1, 2, sharey=True)
    some = False
    for place, direction in zip(axes, ("in", "out"), strict=True):
        for host in ("native", "extension", "node", "chromium", "python"):
            points: list[tuple[float, str]] = [(max(size, 10), f"copy.{direction}.{size}") for size in SIZES]
            some = curve(place, results, host, points, 1e3) or some
        place.set_xscale("log")
        place.set_yscale("log")
        place.set_xlabel("bytes (10 stands for none)")
        place.set_title(f"{direction}, µs")
    axes[0].legend() if some else None
    return some


def parts(results: Results, figure: Any) -> bool:
    """Call, copies, encoding, decoding are measured each for itself; computing is what the native engine needs."""
    axes = figure.subplots(1, 3)
    colours = {
        "call": "#90a4ae",
        "copy": "#b0bec5",
        "encode": "#ffb74d",
        "decode": "#4fc3f7",
        "compute": "#66bb6a",
        "rest": "#e57373",
    }
    some = False
    for place, workload in zip(axes, LABEL, strict=True):
        rows = {host: split(results, workload, host) for host in ("node", "chromium", "python", "extension")}
        rows = {host: row for host, row in rows.items() if row is not None}
        some = some or bool(rows)
        left = dict.fromkeys(rows, 0.0)
        for part, colour in colours.items():
            widths = [(row or {}).get(part, 0.0) / 1e3 for row in rows.values()]
            place.barh(list(rows), widths, left=list(left.values()), color=colour, label=part)
            left = {host: left[host] + width for host, width in zip(rows, widths, strict=True)}
        place.set_title(f"{LABEL[workload]}, µs")
        place.invert_yaxis()
    axes[0].legend(fontsize=7) if some else None
    return some


def split(results: Results, workload: str, host: str) -> dict[str, float] | None:
    """The time of one record as a value, by part."""
    form = "live" if host == "extension" else "json"
    whole = results.time(f"{workload}.lift.record.values", host)
    encode = results.time(f"{workload}.encode.{form}", host)
    decode = results.time(f"{workload}.decode.{form}", host)
    compute = results.time(f"{workload}.lift.record.bytes", "native")
    call = results.time("call.empty", host)
    size = 100_000 if workload == "w3" else 1_000
    moved = [results.time(f"copy.{direction}.{size}", host) for direction in ("in", "out")]
    if whole is None or encode is None or decode is None or compute is None or call is None or None in moved:
        return None
    inwards, outwards = (time.median for time in moved if time is not None)
    # The way in of `copy.in` has a call in it.
    copy = max(0.0, inwards - call.median) + outwards
    told = {
        "call": call.median,
        "copy": copy,
        "encode": encode.median,
        "decode": decode.median,
        "compute": compute.median,
    }
    told["rest"] = max(0.0, whole.median - sum(told.values()))
    return told


def stream(results: Results, figure: Any) -> bool:
    axes = figure.subplots()
    some = False
    for host in ("node", "chromium", "python"):
        steps = [step for step in results.facts("stream.w1.lift", host).get("memory", []) if step["resident"]]
        if steps:
            some = True
            label = f"{host} (heap)" if host == "chromium" else host
            axes.plot(
                [step["records"] for step in steps],
                [step["resident"] / 1e6 for step in steps],
                label=label,
                color=COLOURS[host],
            )
    axes.set_ylim(bottom=0)
    axes.set_xlabel("records")
    axes.set_title("resident memory, MB")
    axes.legend() if some else None
    return some


def schemas(results: Results, figure: Any) -> bool:
    axes = figure.subplots()
    some = False
    for host in ("native", "node", "python", "extension", "published"):
        points: list[tuple[float, str]] = [(members, f"schema.migrate.{members}") for members in MEMBERS]
        some = curve(axes, results, host, points, 1e6) or some
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("members")
    axes.set_title("ms")
    axes.legend() if some else None
    return some


def arrays(results: Results, figure: Any) -> bool:
    axes = figure.subplots(1, 3, sharey=True)
    some = False
    for place, operation in zip(axes, ("lift", "get", "put"), strict=True):
        for host in ("native", "node", "chromium", "python", "extension", "published"):
            points: list[tuple[float, str]] = [(items, f"array.{items}.{operation}") for items in ITEMS]
            some = curve(place, results, host, points, 1) or some
        place.set_xscale("log")
        place.set_yscale("log")
        place.set_xlabel("items")
        place.set_title(f"`{operation}`, ns")
    axes[0].legend(fontsize=7) if some else None
    return some


def size(results: Results, figure: Any) -> bool:
    parts: dict[str, int] = results.facts("size.module", "node").get("parts", {}).get("by_part", {})
    if not parts:
        return False
    most = sorted(parts.items(), key=lambda part: -part[1])[:18]
    axes = figure.subplots()
    axes.barh([name for name, _ in most], [bytes_ / 1e3 for _, bytes_ in most], color="#546e7a")
    axes.set_xlabel("kB")
    axes.invert_yaxis()
    return True
