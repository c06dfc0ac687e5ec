"""Prints what this host makes of `tests/conformance/cases.json`: see the README beside it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
CASES = PACKAGE.parents[1] / "tests" / "conformance" / "cases.json"

if __name__ == "__main__":
    sys.path.insert(0, str(PACKAGE / "src"))

from panproto_wasm import Lens, Migration, PanprotoError, Schema, chain, prepare  # noqa: E402


def told(error: PanprotoError, *more: str) -> dict[str, Any]:
    span = None if error.span is None else list(error.span)
    return {"code": error.code, "path": error.path, "span": span} | {name: getattr(error, name) for name in more}


def one_record(lens: Lens, record: bytes) -> tuple[dict[str, Any], bytes | None]:
    try:
        view, complement = lens.get(record)
        lifted = lens.lift(record)
        restored = lens.put(view, complement)
    except PanprotoError as error:
        return {"error": told(error)}, None
    made = {
        "lift": lifted.decode(),
        "view": view.decode(),
        "complement": complement.hex(),
        "restored": restored.decode(),
    }
    return made, complement


def one_put(lens: Lens, put: dict[str, Any], complements: list[bytes | None]) -> dict[str, Any]:
    view = put["view"].encode()
    try:
        if "complement" in put:
            made = lens.put(view, bytes.fromhex(put["complement"]))
        elif put["complement_of"] is None:
            made = lens.create(view)
        else:
            made = lens.put(view, complements[put["complement_of"]] or b"")
    except PanprotoError as error:
        return {"error": told(error)}
    return {"record": made.decode()}


def lines(lens: Lens, records: list[str]) -> dict[str, Any]:
    data = "".join(f"{record}\n" for record in records if "\n" not in record and "\r" not in record).encode()
    failures: list[PanprotoError] = []
    view, complement = lens.get_ndjson(data, errors=failures)
    shown = [told(failure, "record", "line", "offset") for failure in failures]
    return {"views": view.decode(), "complements": complement.hex(), "failures": shown}


def run(case: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"name": case["name"]}
    stage = "old"
    try:
        old = Schema.parse(case["language"], case["old"])
        if "chain" in case:
            stage = "chain"
            steps = chain.Chain(json.dumps(case["chain"], ensure_ascii=False, separators=(",", ":")))
            result |= {"old": old.digest, "target": steps.target(old).digest}
            stage = "lens"
            return converted(case, result, steps.lens(old))
        stage = "new"
        new = Schema.parse(case["language"], case["new"])
        stage = "migration"
        migration = Migration.between(old, new, hints=case.get("hints"), defaults=case.get("defaults"))
        result |= {"old": old.digest, "new": new.digest, "migration": migration.digest}
        result["changes"] = [[change.kind, change.path] for change in old.diff(new)]
        result["questions"] = [[question.code, question.path] for question in migration.questions]
        stage = "lens"
        lens = migration.lens()
    except PanprotoError as error:
        return result | {"error": told(error), "stage": stage}
    return converted(case, result, lens)


def converted(case: dict[str, Any], result: dict[str, Any], lens: Lens) -> dict[str, Any]:
    results = [one_record(lens, record.encode("utf-8", "surrogatepass")) for record in case["records"]]
    complements = [complement for _, complement in results]
    result["lens"] = lens.digest
    result["records"] = [made for made, _ in results]
    result["puts"] = [one_put(lens, put, complements) for put in case["puts"]]
    result["lines"] = lines(lens, case["records"])
    return result


def main() -> None:
    prepare()
    cases = json.loads((Path(sys.argv[1]) if len(sys.argv) > 1 else CASES).read_text(encoding="utf-8"))
    for case in cases:
        line = json.dumps(run(case), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        sys.stdout.buffer.write(line.encode() + b"\n")


if __name__ == "__main__":
    main()
