"""How notebooks show values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._diff import Diff, Verdict
    from ._lens import Spec
    from ._migration import Migration
    from ._schema import Field, Schema
    from .chain import Chain

_MARKS = {"breaks": "✗", "safe": "✓", "unknown": "?"}
_MOST = 200


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; no more rows than a page bears."""
    lines = ["<table><thead><tr>", *(f"<th>{escape(name)}</th>" for name in head), "</tr></thead><tbody>"]
    left = 0
    for at, row in enumerate(rows):
        if at >= _MOST:
            left += 1
            continue
        lines.append("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>")
    if left:
        lines.append(f"<tr><td colspan={len(head)}>… and {left} more</td></tr>")
    return "".join([*lines, "</tbody></table>"])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = str(value)
    return escape(text if len(text) <= 300 else text[:300] + "…")


def schema(value: Schema) -> str:
    """Its fields."""
    rows = (
        (field.name, field.type, "required" if field.required else "", _default(field), field.doc)
        for field in value.fields()
    )
    return f"<p>{escape(repr(value))}</p>" + table(["name", "type", "", "default", "doc"], rows)


def _default(field: Field) -> Any:
    return "null" if field.has_default and field.default is None else field.default


def diff(value: Diff) -> str:
    """Its changes."""
    if not value:
        return "<p>no changes</p>"
    return table(["change", "path", "old", "new"], ((one.kind, one.path, one.old, one.new) for one in value))


def verdict(value: Verdict) -> str:
    """Its answers, and what they rest on."""
    names = ("backward", "forward", "source")
    answers = [(name, getattr(value, name)) for name in names]
    head = table(["question", "answer"], ((name, f"{_MARKS[one.kind]} {one.kind}") for name, one in answers))
    found = [(name, one.kind, one.code, one.path, one.message) for name, each in answers for one in each.findings]
    return head + (table(["direction", "", "code", "path", "finding"], found) if found else "")


def migration(value: Migration) -> str:
    """Its steps, and what it has to ask."""
    steps = ((one.kind, one.from_path, one.to_path, one.why) for one in value.changes)
    parts = [table(["step", "from", "to", "why"], steps)]
    if value.questions:
        asked = (
            (one.path, one.why, ", ".join(f"{each.answer} ({each.score:.2f})" for each in one.candidates))
            for one in value.questions
        )
        parts.append("<p>questions</p>" + table(["path", "why", "candidates"], asked))
    parts.append("<p>lossless</p>" if value.lossless else "<p>the complement keeps what views cannot hold</p>")
    return "".join(parts)


def chain(value: Chain) -> str:
    """Its steps."""
    rows = ((at, step.text, step.optic, step.cost) for at, step in enumerate(value.steps, 1))
    return table(["", "step", "optic", "cost"], rows) + f"<p>{'lossless' if value.lossless else 'not lossless'}</p>"


def spec(value: Spec) -> str:
    """What a lens says of itself."""
    rows = [
        (title, one.path, one.text)
        for title, items in (
            ("may fail", value.partial),
            ("views are fewer", value.view_domain),
            ("needs a default", value.needs_default),
            ("the complement holds", value.complement),
        )
        for one in items
    ]
    return table(["", "path", ""], rows) + f"<p>{'lossless' if value.lossless else 'not lossless by views alone'}</p>"
