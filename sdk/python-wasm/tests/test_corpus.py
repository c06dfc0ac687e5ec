"""Real records through the own JSON of this host: the same value comes back, whatever its spelling was."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from conftest import shared

import panproto
from panproto import Schema

POST = "app.bsky.feed.post"


def test_real_posts_survive_the_hosts_own_json() -> None:
    corpus = shared("corpus/atproto/pairs/index.json")
    if corpus is None:
        pytest.skip("SKIPPED: ../shared/corpus is not here")
    pairs = corpus.parent
    lines = (pairs.parent / "real-records.jsonl").read_bytes().splitlines()
    ways = 0
    for entry in json.loads(corpus.read_bytes()):
        if entry["nsid"] != POST:
            continue
        old, new = (Schema.from_lexicon("atproto", (pairs / entry[side]).read_text("utf-8")) for side in ("old", "new"))
        for lens in (panproto.lens(old, new), panproto.lens(new, old)):
            ways += 1
            for line in lines:
                view, complement = lens.get(line)
                again = json.dumps(json.loads(view, parse_float=Decimal), default=str, indent=1).encode()
                assert json.loads(lens.put(again, complement)) == json.loads(line)
                value, memory = lens.get(json.loads(line))
                assert lens.put(json.loads(json.dumps(value)), memory) == json.loads(line)
    assert ways == 10
