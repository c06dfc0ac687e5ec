"""What tests share: the two schemas of workload W1, and where the project's other folders are."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

import panproto
from panproto import Lens, Schema
from panproto_wasm import _engine

PACKAGE = Path(__file__).resolve().parents[1]
REPOSITORY = PACKAGE.parents[1]
# What is tested: these sources, or what was installed.
SOURCE = Path(panproto.__file__).resolve().parents[1]


def lexicon(properties: dict, required: list[str] = [], id: str = "com.example.post", **defs) -> dict:  # noqa: B006
    record = {"type": "object", "required": required, "properties": properties}
    main = {"type": "record", "key": "tid", "record": record}
    return {"lexicon": 1, "id": id, "defs": {"main": main, **defs}}


STRING, INTEGER, BOOLEAN = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
OLD = lexicon(
    {
        "text": {"type": "string", "maxLength": 300},
        "stats": {"type": "object", "properties": {"likeCount": INTEGER}},
        "sensitive": BOOLEAN,
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"key": STRING, "value": INTEGER}},
        },
    },
    ["text"],
)
NEW = lexicon(
    {
        "body": {"type": "string", "maxLength": 300},
        "likeCount": INTEGER,
        "visibility": STRING,
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"key": STRING, "amount": INTEGER}},
        },
    },
    ["body", "visibility"],
)
HINTS = {"text": "body", "items[].value": "items[].amount", "sensitive": None}
DEFAULTS = {"visibility": "public"}
RECORD = {
    "$type": "com.example.post",
    "text": "hello",
    "stats": {"likeCount": 3},
    "sensitive": True,
    "items": [{"key": "a", "value": 1}, {"key": "b", "value": 2}],
    "langs": ["en"],
}


@pytest.fixture(scope="session", autouse=True)
def settled() -> None:
    """Tests run optimised code, and find it in the cache; `test_start.py` has those of what comes before."""
    assert _engine.settled()


@pytest.fixture(scope="session")
def old() -> Schema:
    return Schema.from_lexicon("atproto", OLD)


@pytest.fixture(scope="session")
def new() -> Schema:
    return Schema.from_lexicon("atproto", NEW)


@pytest.fixture(scope="session")
def lens(old: Schema, new: Schema) -> Lens:
    return panproto.lens(old, new, hints=HINTS, defaults=DEFAULTS)


def shared(name: str) -> Path | None:
    """A folder of the shared material, if it is there."""
    corpus = os.environ.get("PANPROTO_CORPUS")
    places = [REPOSITORY / "../shared", REPOSITORY / "../../shared"]
    if corpus:
        places.insert(0, Path(corpus).parent)
    for place in places:
        if (place / name).exists():
            return (place / name).resolve()
    return None


@pytest.fixture(scope="session")
def workloads() -> ModuleType:
    """The generator of the three workloads."""
    script = shared("workloads/generate.py")
    if script is None:
        pytest.skip("SKIPPED: ../shared/workloads is not here")
    spec = importlib.util.spec_from_file_location("workloads_generate", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["workloads_generate"] = module
    spec.loader.exec_module(module)
    return module
