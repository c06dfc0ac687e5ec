"""What the engine must reach, and whether the results show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from results import Results, shown

WORKLOADS = ("w1", "w2", "w3")


@dataclass(frozen=True)
class Goal:
    """One goal: what was found, and by how much it is missed; nothing where it was not measured."""

    text: str
    wanted: str
    found: str | None
    # Above 1: reached with that much to spare.
    margin: float | None


def goals(results: Results) -> list[Goal]:
    """All of them, in the order of the issue."""
    found: list[Goal] = []
    for rule in (records, values, complement, module, calls, streams, weight, page, search, arrays, algebra):
        found.extend(rule(results))
    return found


def at_least(results: Results, text: str, factor: float, slow: tuple[str, str], fast: tuple[str, str]) -> Goal:
    """`fast` takes at most a `factor`-th of the time of `slow`."""
    pair = results.pair(slow, fast)
    wanted = f"at least {factor:g} times as fast"
    if pair is None:
        return Goal(text, wanted, None, None)
    ratio = pair[0] / pair[1]
    return Goal(text, wanted, f"{ratio:.2f} times ({shown(pair[1])} against {shown(pair[0])})", ratio / factor)


def at_most(results: Results, text: str, factor: float, one: tuple[str, str], of: tuple[str, str]) -> Goal:
    """`one` takes at most `factor` times the time of `of`."""
    pair = results.pair(one, of)
    wanted = f"at most {factor:g} times"
    if pair is None:
        return Goal(text, wanted, None, None)
    ratio = pair[0] / pair[1]
    return Goal(text, wanted, f"{ratio:.2f} times ({shown(pair[0])} against {shown(pair[1])})", factor / ratio)


def below(text: str, limit: float, found: float | None, show: Callable[[float], str]) -> Goal:
    """A number under a limit."""
    margin = None if found is None else limit / max(found, 1e-9)
    return Goal(text, f"under {show(limit)}", None if found is None else show(found), margin)


def records(results: Results) -> Iterator[Goal]:
    for workload, factor in zip(WORKLOADS, (5, 4, 4), strict=True):
        id = f"{workload}.lift.batch.bytes"
        text = f"{workload.upper()}, batches, Node against JavaScript by hand"
        yield at_least(results, text, factor, (id, "js"), (id, "node"))
    for workload, factor in zip(WORKLOADS, (4, 3, 3), strict=True):
        id = f"{workload}.lift.batch.bytes"
        text = f"{workload.upper()}, batches, Python against orjson by hand"
        yield at_least(results, text, factor, (id, "python-orjson"), (id, "python"))
    for workload, factor in zip(WORKLOADS, (30, 30, 150), strict=True):
        id = f"{workload}.lift.batch.bytes"
        text = f"{workload.upper()}, batches, Python against the published wheel"
        yield at_least(results, text, factor, (id, "published"), (id, "python"))


def values(results: Results) -> Iterator[Goal]:
    for workload in WORKLOADS:
        id = f"{workload}.lift.record.values"
        text = f"{workload.upper()}, values, one call each, Node against JavaScript by hand over a clone"
        yield at_most(results, text, 3, (id, "node"), (id, "js"))
    for workload in WORKLOADS:
        id = f"{workload}.lift.record.values"
        text = f"{workload.upper()}, values, one call each, Python against the published wheel"
        yield at_least(results, text, 1, (id, "published"), (id, "python"))


def complement(results: Results) -> Iterator[Goal]:
    """Per byte handled: source, view and complement."""
    for host in ("native", "node", "python"):
        for workload in WORKLOADS:
            lift = handled(results, workload, "lift", host)
            for operation in ("get", "put"):
                text = f"{workload.upper()}, `{operation}` against `lift`, per byte handled, {host}"
                found = handled(results, workload, operation, host)
                if lift is None or found is None:
                    yield Goal(text, "at most 1.5 times", None, None)
                    continue
                ratio = found / lift
                yield Goal(
                    text, "at most 1.5 times", f"{ratio:.2f} times ({found:.2f} against {lift:.2f} ns/B)", 1.5 / ratio
                )


def handled(results: Results, workload: str, operation: str, host: str) -> float | None:
    """Nanoseconds for each byte of record, view and complement."""
    id = f"{workload}.{operation}.batch.bytes"
    measured, time = results.measured(id, host), results.time(id, host)
    if measured is None or time is None:
        return None
    size = measured.get("bytes", 0) + (measured.get("output_bytes") or 0)
    if operation == "get":
        size += measured["facts"].get("complement_bytes", 0)
    return time.median * measured["units"] / size if size else None


def module(results: Results) -> Iterator[Goal]:
    for host, factor in (("python", 1.6), ("node", 1.8), ("chromium", 1.8)):
        for workload in WORKLOADS:
            id = f"{workload}.lift.batch.bytes"
            text = f"{workload.upper()}, batches, the module in {host} against the native engine"
            yield at_most(results, text, factor, (id, host), (id, "native"))


def calls(results: Results) -> Iterator[Goal]:
    for host, limit in (("node", 300.0), ("python", 2000.0)):
        time = results.time("call.empty", host)
        yield below(f"an empty call through the data plane, {host}", limit, time and time.median, shown)


def streams(results: Results) -> Iterator[Goal]:
    for host in ("native", "node", "python"):
        text = f"a stream against the batch in memory, per record, {host}"
        yield at_most(results, text, 1.2, ("stream.w1.lift", host), ("w1.lift.batch.bytes", host))
    for host in ("node", "python"):
        steps = [step for step in results.facts("stream.w1.lift", host).get("memory", []) if step["resident"]]
        text = f"a million records: memory from the first 100,000 to the last, {host}"
        if not steps or steps[-1]["records"] < 1_000_000:
            yield Goal(text, "flat (within 5 %)", None, None)
            continue
        first = next(step for step in steps if step["records"] >= 100_000)["resident"]
        most = max(step["resident"] for step in steps if step["records"] >= 100_000)
        grown = most / first
        yield Goal(text, "flat (within 5 %)", f"{first / 1e6:.0f} MB, at most {most / 1e6:.0f} MB", 1.05 / grown)


def weight(results: Results) -> Iterator[Goal]:
    facts = results.facts("size.module", "node")
    yield below("the module, brotli", 400e3, facts.get("brotli"), lambda size: f"{size / 1e3:.0f} kB")
    for text, id, host, limit in (
        ("compiled by wasmtime on one core", "start.compile", "python", 1.5e9),
        ("loaded from its cache by wasmtime", "start.load", "python", 10e6),
        ("compiled and instantiated in Node", "start.compile", "node", 20e6),
    ):
        time = results.time(id, host, wall=True)
        yield below(text, limit, time and time.median, shown)


def page(results: Results) -> Iterator[Goal]:
    """Of the playground. What a first visit loads is the page and the module, each packed once."""
    time = results.time("page.interactive", "page", wall=True)
    yield below(
        "the playground, from a local server to the first example converted", 1.5e9, time and time.median, shown
    )
    longest = results.facts("page.file.20mb", "page").get("longest_task_ms")
    text = "the playground, the longest task of its main thread while a file of 20 MB converts"
    yield below(text, 50e6, None if longest is None else longest * 1e6, shown)
    own, whole = (
        results.facts("page.size", "page").get("page_brotli"),
        results.facts("size.module", "node").get("brotli"),
    )
    first = None if own is None or whole is None else own + whole
    yield below(
        "the playground, all that a first visit loads, brotli", 700e3, first, lambda size: f"{size / 1e3:.0f} kB"
    )


def search(results: Results) -> Iterator[Goal]:
    for host in ("native", "node", "python"):
        for name, limit in (("1000", 20e6), ("bundle", 300e6)):
            what = "1,000 members" if name == "1000" else "the bundle of `@atproto/api`"
            time = results.time(f"schema.migrate.{name}", host)
            yield below(f"automatic migration, {what}, {host}", limit, time and time.median, shown)
        text = f"automatic migration, 10,000 members against 1,000, {host}"
        pair = results.pair(("schema.migrate.10000", host), ("schema.migrate.1000", host))
        if pair is None:
            yield Goal(text, "at most 20 times", None, None)
        else:
            yield Goal(text, "at most 20 times", f"{pair[0] / pair[1]:.1f} times", 20 * pair[1] / pair[0])


def arrays(results: Results) -> Iterator[Goal]:
    """A short array pays the call too, which is no cost of an item: 1,000 items are the measure."""
    for host in ("native", "node", "python"):
        for operation in ("lift", "get", "put"):
            text = f"`{operation}` of an item, arrays of 100,000 against 1,000, {host}"
            yield at_most(results, text, 1.25, (f"array.100000.{operation}", host), (f"array.1000.{operation}", host))


THEORY = (
    "parse",
    "check",
    "rewriting",
    "morphism",
    "composition",
    "colimit",
    "pushout",
    "pullback",
    "factorization",
    "application",
)


def algebra(results: Results) -> Iterator[Goal]:
    for operation in ("lift", "put"):
        text = f"`{operation}` of a chain of fifty steps against one migration that was stated as one, native"
        yield at_most(results, text, 1.3, (f"chain.lens.{operation}", "native"), (f"chain.hand.{operation}", "native"))
    for operation in THEORY:
        time = results.time(f"theory.1000.{operation}", "native")
        yield below(f"{operation}, theories of 1,000 sorts, native", 50e6, time and time.median, shown)
