"""Two versions of a schema, a lens between them, and records both ways. Strict type checkers accept it as it stands."""

from __future__ import annotations

from typing import Any

import panproto
from panproto import Lens, Migration, PanprotoError, PanprotoTypeCheckError, Schema, Verdict

OLD: dict[str, Any] = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}, "likes": {"type": "integer"}},
}
NEW: dict[str, Any] = {
    "type": "object",
    "required": ["body"],
    "properties": {"body": {"type": "string"}, "likes": {"type": "integer"}},
}


def names(schema: Schema) -> list[str]:
    """The names of a schema's fields."""
    return [field.name for field in schema.fields()]


def explained(verdict: Verdict) -> str:
    """A verdict in a word."""
    match verdict.backward.kind:
        case "breaks":
            return verdict.backward.findings[0].code
        case "safe":
            return "safe"
        case "unknown":
            return "unknown"


def main() -> None:
    """Runs it."""
    old, new = Schema.from_json_schema(OLD), Schema.from_json_schema(NEW)
    assert names(old) == ["text", "likes"]
    assert explained(old.diff(new).verdict()) == "required-added"

    lens: Lens = Migration.between(old, new, hints={"text": "body"}).lens()
    view, complement = lens.get({"text": "hello", "likes": 3, "more": [1]})
    view["body"] = "edited"
    restored: dict[str, Any] = lens.put(view, complement)
    assert restored == {"text": "edited", "likes": 3, "more": [1]}

    text: str = lens.lift('{"text": "a"}')
    data: bytes = lens.lift_ndjson(b'{"text": "a"}\n')
    assert (text, data) == ('{"body":"a"}', b'{"body":"a"}\n')
    for view_bytes in lens.convert([{"text": "a"}], output="bytes"):
        assert view_bytes.startswith(b"{")

    try:
        Migration.compile({"source": old, "target": new, "fields": {"text": "nowhere"}})
    except PanprotoTypeCheckError as error:
        print(error.code, error.path, error.help)
    except PanprotoError as error:
        raise AssertionError from error
    print(panproto.__version__, lens.spec().lossless)


if __name__ == "__main__":
    main()
