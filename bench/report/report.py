"""Writes REPORT.md and charts: `report.py RESULTS.json FOLDER`. Nothing that is not in the results is in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from charts import draw, split
from goals import Goal, goals
from jsonschema import Draft202012Validator
from results import Results, shown

FAMILIES = {
    "call.": "An empty call",
    "copy.": "Copying",
    "w1.": "W1: posts",
    "w2.": "W2: fifty flat members",
    "w3.": "W3: a thousand items",
    "stream.": "Streams",
    "memory.": "Memory that is held",
    "threads.": "Threads",
    "schema.": "Schemas",
    "array.": "Arrays",
    "start.": "Start",
    "size.": "Size",
    "page.": "The playground",
}


def report(results: Results, charts: list[tuple[str, str]], notes: str) -> Iterator[str]:
    """The lines of the report."""
    told = results.told
    yield "# Results of the benchmark\n"
    yield "Written from the results alone; do not edit. [README.md](README.md) says how it is measured.\n"
    yield from setting(results)
    yield "## Goals\n"
    yield "| goal | wanted | found | |\n|---|---|---|---|"
    for goal in goals(results):
        yield f"| {goal.text} | {goal.wanted} | {goal.found or 'not measured'} | {verdict(goal)} |"
    reached = [goal for goal in goals(results) if goal.margin is not None]
    missed = [goal for goal in reached if (goal.margin or 0) < 1]
    yield f"\n{len(reached) - len(missed)} of {len(reached)} that were measured are reached.\n"
    if notes:
        yield notes
    for name, title in charts:
        yield f"## {title}\n\n![{title}](charts/{name}.svg)\n"
        if name == "parts":
            yield from table_of_parts(results)
    yield "## All measurements\n"
    yield "Medians of one unit, half the distance between quartiles; of the processor, where the host knows it.\n"
    for prefix, title in FAMILIES.items():
        yield from family(results, prefix, title)
    yield "## What was not run\n"
    yield "| host | why | benchmarks |\n|---|---|---|"
    reasons: dict[tuple[str, str], int] = {}
    for one in told["measurements"]:
        if one["status"] != "measured":
            key = (one["host"], f"{'failed: ' if one['status'] == 'failed' else ''}{one['reason']}")
            reasons[key] = reasons.get(key, 0) + 1
    for (host, reason), count in sorted(reasons.items()):
        yield f"| {host} | {cell(reason)} | {count} |"


def setting(results: Results) -> Iterator[str]:
    told = results.told
    machine, settings = told["machine"], told["settings"]
    memory = machine["memory_bytes"]
    yield "```sh"
    yield told.get("command", "cargo xtask bench")
    yield "cargo xtask bench report RESULTS.json"
    yield "```\n"
    commit = told["commit"]
    of = f"{commit['id'] or 'unknown'}{' with changes' if commit['dirty'] else ''}"
    yield f"- {told['started']}, {told['tier']} tier, {told['seconds']:.0f} s, commit {of}"
    yield (
        f"- {machine['processor']}, {machine['cores']} cores, {(memory or 0) / 1e9:.0f} GB, {machine['system']}, "
        f"{machine['kernel']}; load {machine['load_before']} before, {machine['load_after']} after"
    )
    yield (
        f"- {settings['rounds']} rounds, samples of at least {settings['sample_ms']} ms "
        f"after {settings['warm_ms']} ms of warm-up"
    )
    if told["module"]:
        yield f"- module: {told['module']['bytes']} bytes, sha256 `{told['module']['sha256']}`"
    for host, about in told["hosts"].items():
        versions = ", ".join(f"{name} {version}" for name, version in about.get("versions", {}).items())
        yield (
            f"- {host}: {about['what']}"
            + (f" ({versions})" if versions else "")
            + ("" if about["runs"] else ": not run")
        )
    yield ""


def verdict(goal: Goal) -> str:
    if goal.margin is None:
        return ""
    return "reached" if goal.margin >= 1 else f"**missed by {(1 / goal.margin - 1) * 100:.0f} %**"


def table_of_parts(results: Results) -> Iterator[str]:
    yield "`rest` is what the parts do not explain: checks of the package, its objects, slower code of the host.\n"
    yield "| workload | host | call | copy | encode | compute | decode | rest | held by a view and its complement |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for workload in ("w1", "w2", "w3"):
        for host in ("node", "chromium", "python", "extension", "published"):
            row = split(results, workload, host)
            held = results.facts(f"memory.held.{workload}", host).get("held_bytes")
            if row is None and held is None:
                continue
            cells = [
                shown(row[part]) if row else "" for part in ("call", "copy", "encode", "compute", "decode", "rest")
            ]
            yield f"| {workload.upper()} | {host} | {' | '.join(cells)} | {f'{held} B' if held is not None else ''} |"
    yield ""


def family(results: Results, prefix: str, title: str) -> Iterator[str]:
    told = [one for one in results.told["measurements"] if one["id"].startswith(prefix) and one["status"] == "measured"]
    if not told:
        return
    names = {one["host"] for one in told}
    hosts = [host for host in results.told["hosts"] if host in names]
    ids = list(dict.fromkeys(one["id"] for one in told))
    yield f"### {title}\n"
    yield f"| | {' | '.join(hosts)} |\n|---|{'---|' * len(hosts)}"
    for id in ids:
        cells: list[str] = []
        for host in hosts:
            time = results.time(id, host)
            if time is None:
                cells.append("")
                continue
            noise = 50 * (time.upper - time.lower) / time.median if time.median else 0
            cells.append(f"{shown(time.median)} ±{noise:.0f} %")
        yield f"| `{id}` | {' | '.join(cells)} |"
    if prefix == "size.":
        facts = results.facts("size.module", "node")
        yield f"\n{facts.get('bytes')} bytes, {facts.get('gzip')} with gzip, {facts.get('brotli')} with brotli."
    if prefix == "page.":
        yield from playground(results)
    yield ""


def playground(results: Results) -> Iterator[str]:
    """What is no time of a sample."""
    tasks = results.facts("page.file.20mb", "page")
    if tasks:
        yield (
            f"\nWhile the file converts, the longest of {tasks['tasks']} tasks of the page's main thread takes "
            f"{tasks['longest_task_ms']} ms by the clock, the one that works most {tasks['longest_task_cpu_ms']} ms "
            f"of the processor; a message waits at most {tasks['waited_ms']} ms; the browser tells of "
            f"{tasks['longtasks']} tasks over 50 ms. The worst of all samples."
        )
    size = results.facts("page.size", "page")
    if size:
        yield (
            f"\nA first visit loads {size['files']} files: {size['page']} bytes of the page, {size['page_brotli']} "
            f"with brotli, and {size['module']} of the module."
        )


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")[:160]


def main() -> None:
    told = json.loads(Path(sys.argv[1]).read_bytes())
    folder = Path(sys.argv[2])
    Draft202012Validator(json.loads((folder / "schema.json").read_bytes())).validate(told)
    if told["tier"] == "check":
        sys.exit("these are the results of a check: their times say nothing")
    results = Results(told)
    charts = draw(results, folder / "charts")
    notes = folder / "report" / "notes.md"
    text = "\n".join(report(results, charts, notes.read_text() if notes.is_file() else ""))
    (folder / "REPORT.md").write_text(text + "\n")
    missed = [goal for goal in goals(results) if goal.margin is not None and goal.margin < 1]
    print(f"{folder / 'REPORT.md'}: {len(missed)} goals are missed")


if __name__ == "__main__":
    main()
