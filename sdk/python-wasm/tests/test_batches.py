"""Many records at once: failures, their places, and what goes on without them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from conftest import RECORD

from panproto import Lens, PanprotoError
from panproto_wasm import _lines

GOOD = json.dumps(RECORD).encode()
BAD = b'{"text":'


def test_a_failure_tells_record_line_and_offset(lens: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\n".join([GOOD, b"", GOOD, BAD, GOOD])
    for size in (_lines.SLICE, 50):
        monkeypatch.setattr(_lines, "SLICE", size)
        with pytest.raises(PanprotoError) as caught:
            lens.lift_ndjson(data)
        error = caught.value
        assert (error.code, error.record, error.line) == ("json-syntax", 2, 4)
        assert error.offset == data.index(BAD + b"\n")
        assert error.span is not None


def test_failures_are_skipped_or_collected(lens: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\n".join([BAD, GOOD, BAD, GOOD, b""])
    expected = lens.lift_ndjson(GOOD + b"\n") * 2
    for size in (_lines.SLICE, 50):
        monkeypatch.setattr(_lines, "SLICE", size)
        assert lens.lift_ndjson(data, on_error="skip") == expected
        errors: list[PanprotoError] = []
        views, complements = lens.get_ndjson(data, errors=errors)
        assert views == expected
        assert [(error.record, error.line) for error in errors] == [(0, 1), (2, 3)]
        assert lens.put_ndjson(views, complements).count(b"\n") == 2


def test_lines_come_back_in_their_kind(lens: Lens) -> None:
    text = GOOD.decode() + "\n"
    for given in (text, text.encode(), bytearray(text.encode()), memoryview(text.encode())):
        lifted = lens.lift_ndjson(given)
        assert type(lifted) is type(given)
    with pytest.raises(PanprotoError):
        lens.lift_ndjson([RECORD])  # type: ignore[type-var]
    with pytest.raises(PanprotoError):
        lens.lift_ndjson(text, on_error="ignore")  # type: ignore[arg-type]


def test_complements_have_to_fit_the_views(lens: Lens) -> None:
    views, complements = lens.get_ndjson((GOOD + b"\n") * 3)
    one = views[: len(views) // 3]
    with pytest.raises(PanprotoError) as caught:
        lens.put_ndjson(one, complements)
    assert caught.value.code == "complement-left-over"
    with pytest.raises(PanprotoError) as caught:
        lens.put_ndjson(views + one, complements)
    assert caught.value.code == "complement-truncated"


def test_convert_is_lazy_and_in_order(lens: Lens) -> None:
    taken = 0

    def records():
        nonlocal taken
        for at in range(10_000):
            taken += 1
            yield {**RECORD, "text": str(at)}

    views = lens.convert(records())
    assert taken == 0
    assert next(views)["body"] == "0"
    assert taken == 1
    assert [view["body"] for view in views] == [str(at) for at in range(1, 10_000)]


def test_convert_gives_what_is_before_a_failure(lens: Lens) -> None:
    records = [RECORD, GOOD, GOOD.decode(), {}, RECORD]
    for wrong in ({}, {"text": {1}}, b"", b" \n ", "{"):
        records[3] = wrong
        views = lens.convert(records)
        given = [next(views) for _ in range(3)]
        with pytest.raises(PanprotoError) as caught:
            next(views)
        assert [type(view) for view in given] == [dict, bytes, str]
        assert caught.value.record == 3
        assert len(list(lens.convert(records, on_error="skip"))) == 4


def test_records_with_line_breaks_convert(lens: Lens) -> None:
    pretty = json.dumps(RECORD, indent=2)
    assert [json.loads(view) for view in lens.convert([pretty])] == [lens.lift(RECORD)]


def test_views_come_before_what_the_source_raises(lens: Lens) -> None:
    def records() -> Iterator[dict[str, str]]:
        for at in range(100):
            yield {"text": str(at)}
        raise KeyError("of the caller")

    async def later() -> AsyncIterator[dict[str, str]]:
        for record in records():
            yield record

    async def gathered(views: list[dict[str, str]]) -> None:
        async for view in lens.convert_async(later()):
            views.append(view)

    for run in (
        lambda views: views.extend(lens.convert(records())),
        lambda views: asyncio.run(gathered(views)),
    ):
        views: list[dict[str, str]] = []
        with pytest.raises(KeyError):
            run(views)
        assert [view["body"] for view in views] == [str(at) for at in range(100)]


def test_notes_tell_the_line_and_the_record_of_the_whole(lens: Lens) -> None:
    data = GOOD + b"\n"
    count = 2 * _lines.SLICE // len(data)
    with pytest.raises(PanprotoError) as caught:
        lens.lift_ndjson(data * count + BAD)
    title, snippet, *_ = caught.value.__notes__
    assert title.endswith(f"record {count}")
    line, caret = snippet.split("\n")
    assert line == f"{count + 1} | " + BAD.decode()
    assert caret.index("^") == len(line)
    with pytest.raises(PanprotoError) as caught:
        list(lens.convert([GOOD, BAD]))
    assert caught.value.__notes__[:2] == ["json-syntax: record 1", '| {"text":\n          ^']
    views, complements = lens.get_ndjson(data * count)
    with pytest.raises(PanprotoError) as caught:
        lens.put_ndjson(views[: views.rindex(b"\n", 0, -1) + 1] + b"{", complements)
    assert caught.value.__notes__[1].startswith(f"{count} | {{")
