"""Verdicts for people and for machines: text, JSON, annotations of GitHub, SARIF."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ._diff import Finding, Verdict

_LEVELS = {"breaks": "error", "unknown": "warning", "safe": "note"}


class Checked(NamedTuple):
    """The verdict on two versions, the files that its paths lie in, and the kinds that were asked about."""

    old: str
    new: str
    verdict: Verdict
    files: dict[str, str]
    asked: tuple[str, ...]

    def findings(self) -> list[Finding]:
        """What was found in the directions that were asked about."""
        return [found for name in self.asked for found in getattr(self.verdict, name).findings]


def text(checked: list[Checked]) -> str:
    """The reports one after another."""
    parts: list[str] = []
    for one in checked:
        parts.append(f"{one.old} → {one.new}\n{str(one.verdict).rstrip()}")
    return "\n\n".join(parts) + "\n" if parts else "nothing to compare\n"


def as_json(checked: list[Checked]) -> str:
    """Everything, as one array."""
    told = [{"old": one.old, "new": one.new, **one.verdict.to_dict()} for one in checked]
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def github(checked: list[Checked]) -> str:
    """Workflow commands: annotations of the files in question."""
    lines: list[str] = []
    for one in checked:
        for found in one.findings():
            level = {"error": "error", "warning": "warning"}.get(_LEVELS[found.kind], "notice")
            title = f"{found.direction}: {found.code}"
            place = one.files.get(found.path, one.new)
            lines.append(f"::{level} file={_property(place)},line=1,title={_property(title)}::{_data(found.message)}\n")
    return "".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _uri(place: str) -> str:
    """A path as a URI: relative ones stay so, and what URIs do not hold is escaped."""
    from pathlib import Path
    from urllib.parse import quote

    path = Path(place)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def sarif(checked: list[Checked]) -> str:
    """The findings as a SARIF 2.1.0 log. A version without a name has no physical locations."""
    from . import __version__

    results: list[dict[str, Any]] = []
    rules: dict[str, dict[str, Any]] = {}
    for one in checked:
        for found in one.findings():
            rules.setdefault(found.code, {"id": found.code})
            location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": found.path, "kind": "member"}]}
            place = one.files.get(found.path, one.new)
            if place:
                location["physicalLocation"] = {
                    "artifactLocation": {"uri": _uri(place)}, "region": {"startLine": 1},
                }  # fmt: skip
            results.append(
                {
                    "ruleId": found.code,
                    "level": _LEVELS[found.kind],
                    "message": {"text": found.message},
                    "locations": [location],
                    "properties": {"direction": found.direction, "kind": found.kind, "witness": found.witness},
                }
            )
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": "panproto", "version": __version__, "rules": [rules[id] for id in sorted(rules)]}
                },
                "results": results,
            }
        ],
    }
    return json.dumps(log, indent=1, ensure_ascii=False, default=str) + "\n"
