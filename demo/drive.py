"""The stories in Python: one report a line."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from panproto import Lens, Migration, PanprotoError, Schema, prepare

HERE = Path(__file__).parent


def tell(story: dict[str, Any]) -> dict[str, Any]:
    """Derives, converts, edits, converts back, checks the laws, digests everything that came out."""
    old, new = (Schema.parse(story["language"], read(story[side]).decode().splitlines()) for side in ("old", "new"))
    verdict = old.diff(new).verdict()
    say(
        f"{story['name']}: new readers: {verdict.backward.kind}, old readers: {verdict.forward.kind}, "
        f"code: {verdict.source.kind}"
    )
    records_done = refused = changed = edited = complement_bytes = asked = 0
    seconds = 0.0
    broken: list[str] = []
    digests: list[bytes] = []
    for part in story["parts"]:
        root = part["root"]
        asked += len(Migration.between(old, new, old_root=root, new_root=root).questions)
        migration = Migration.between(
            old,
            new,
            hints={**story.get("hints", {}), **part.get("hints", {})},
            defaults={**story.get("defaults", {}), **part.get("defaults", {})},
            match=part.get("match"),
            old_root=root,
            new_root=root,
        )
        lens = migration.lens()
        everything = read(part["records"])
        errors: list[PanprotoError] = []
        views = complements = b""
        best = float("inf")
        # Twice: what runs first also fills caches.
        for _ in range(2):
            errors.clear()
            started = time.perf_counter()
            views, complements = lens.get_ndjson(everything, errors=errors)
            best = min(best, time.perf_counter() - started)
        seconds += best

        told = "".join(f"{error.record} {error.code} {error.path or ''}\n" for error in errors)
        lost = {error.record for error in errors}
        records = b"".join(line + b"\n" for at, line in enumerate(lines(everything)) if at not in lost)

        restored = lens.put_ndjson(views, complements)
        if restored != records:
            broken.append(f"{root}: put(get(s)) is s")

        text, count = edit(views, part["edits"], records_done)
        saved = lens.put_ndjson(text, complements)
        touched = differing(records, saved)
        if touched != count:
            broken.append(f"{root}: {count} views were edited, and {touched} records are changed by it")
        if lens.lift_ndjson(saved) != text:
            broken.append(f"{root}: get(put(v)) is v")

        for expected in part.get("refused_edits", []):
            error = refusal(lens, records, views, expected)
            if error != f"{expected['code']} {expected['path']}":
                broken.append(f"{root}: an edit is refused with {error}")
            told += f"{error}\n"

        digests += [hashlib.sha256(out).digest() for out in (views, complements, told.encode(), restored, saved)]
        records_done += len(lines(everything))
        refused += len(errors)
        changed += differing(records, views)
        edited += count
        complement_bytes += len(complements)
    say(
        f"{story['name']}: asked {asked} questions, all answered; {records_done} records there and back, "
        f"{edited} of them edited"
    )
    for law in broken:
        say(f"  law broken: {law}")
    return {
        "story": story["name"],
        "host": "python",
        "records": records_done,
        "records_per_second": round(records_done / seconds),
        "digest": hashlib.sha256(b"".join(digests)).hexdigest(),
        "laws": not broken,
        "refused": refused,
        "changed": changed,
        "edited": edited,
        "complement_bytes": complement_bytes,
    }


def refusal(lens: Lens, records: bytes, views: bytes, expected: dict[str, Any]) -> str:
    """What `put_ndjson` says to an edit that no record carries: the first `find` of the first view that has it becomes
    `replace`.
    """
    find, replace = expected["find"].encode(), expected["replace"].encode()
    record = next(record for record, view in zip(lines(records), lines(views), strict=False) if find in view)
    view, complement = lens.get_ndjson(record)
    try:
        lens.put_ndjson(view.replace(find, replace, 1), complement)
    except PanprotoError as error:
        return f"{error.code} {error.path or ''}"
    return "nothing"


def edit(views: bytes, edits: list[dict[str, Any]], first: int) -> tuple[bytes, int]:
    """In every `every`-th line, counted over the story, the first `find` becomes `replace`."""
    out: list[bytes] = []
    count = 0
    for at, line in enumerate(lines(views)):
        after = line
        for step in edits:
            if (first + at) % step["every"] == 0:
                after = after.replace(step["find"].encode(), step["replace"].encode(), 1)
        count += after != line
        out.append(after + b"\n")
    return b"".join(out), count


def lines(text: bytes) -> list[bytes]:
    """Lines without their newlines."""
    return text.removesuffix(b"\n").split(b"\n")


def differing(left: bytes, right: bytes) -> int:
    """Lines that are not the same on both sides."""
    return sum(a != b for a, b in zip(lines(left), lines(right), strict=False))


def read(name: str) -> bytes:
    """A file of the data folder."""
    return (HERE / "data" / name).read_bytes()


def say(line: str) -> None:
    """Tells people."""
    print(f"  python: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    prepare()
    for told in json.loads((HERE / "stories.json").read_bytes())["stories"]:
        print(json.dumps(tell(told)), flush=True)
