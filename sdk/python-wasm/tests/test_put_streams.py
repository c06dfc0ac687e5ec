"""Views back to records in pieces: complements are read as their views come, and memory does not grow with either."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from conftest import RECORD, STRING, lexicon

import panproto
from panproto import Lens, PanprotoError, PanprotoLensError, Progress, Schema
from panproto_wasm import _put


def ndjson(count: int, start: int = 0) -> bytes:
    records = ({**RECORD, "text": f"é{at}"} for at in range(start, start + count))
    return b"".join(
        json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for record in records
    )


@pytest.fixture(params=[1, 300, 1 << 20], ids=["lines", "pieces", "whole"])
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(_put, "SLICE", request.param)
    monkeypatch.setattr(_put, "_MEMORY", 2 * request.param)
    return request.param


class Counted(io.BytesIO):
    """A file that knows how far it was read, and how much at once."""

    largest = 0

    def read(self, size: int | None = -1) -> bytes:
        part = super().read(size)
        self.largest = max(self.largest, len(part))
        return part


def test_pieces_do_not_show(lens: Lens, pieces: int) -> None:
    data = ndjson(30).replace(b"\n", b"\r\n\n \t\n", 3).rstrip(b"\n")
    views, complements = lens.get_ndjson(data)
    said: list[Progress] = []
    report = lens.convert_file(views, direction="put", complements=complements, progress=said.append)
    assert report.output == lens.put_ndjson(views, complements)
    assert [json.loads(line) for line in (report.output or b"").splitlines()] == [
        json.loads(line) for line in data.splitlines() if line.strip()
    ]
    assert (report.records, report.failures, report.read) == (30, 0, len(views))
    assert (said[-1].done, said[-1].records) == (len(views), 30)
    array = lens.convert_file(views, direction="put", complements=complements, output="array").output
    assert json.loads(array or b"") == [json.loads(line) for line in (report.output or b"").splitlines()]


def test_complements_are_read_with_their_views(lens: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_put, "SLICE", 2000)
    views, complements = map(Counted, lens.get_ndjson(ndjson(400)))
    seen: list[tuple[int, int]] = []
    lens.convert_file(
        views, bytearray(), direction="put", complements=complements,
        progress=lambda _: seen.append((views.tell(), complements.tell())),
    )  # fmt: skip
    whole = len(complements.getvalue())
    assert len(seen) > 20
    assert all(memory < whole * view / len(views.getvalue()) + 5000 for view, memory in seen)
    assert max(views.largest, complements.largest) <= 2100
    assert seen[-1][1] == whole


def test_failures_have_their_places(lens: Lens, tmp_path: Path, pieces: int) -> None:
    views, complements = lens.get_ndjson(ndjson(5))
    lines = views.splitlines(keepends=True)
    broken = b"".join([lines[0], b"\n", b'["a","bb"]\n', lines[2], b"{\n", lines[4]])
    with pytest.raises(PanprotoError) as caught:
        lens.put_ndjson(broken, complements)
    assert (caught.value.record, caught.value.line, caught.value.offset) == (1, 3, len(lines[0]) + 1)
    log = tmp_path / "log"
    for policy in ("collect", "skip"):
        report = lens.convert_file(
            broken, direction="put", complements=complements, on_error=policy,
            errors_to=log if policy == "collect" else None,
        )  # fmt: skip
        assert (report.records, report.failures) == (3, 2)
        kept = [json.loads(line)["text"] for line in (report.output or b"").splitlines()]
        assert kept == ["é0", "é2", "é4"]
        told = [(one.record, one.line, one.offset) for one in report.errors]
        second = len(lines[0]) + 1 + 11 + len(lines[2])
        assert told == ([(1, 3, len(lines[0]) + 1), (3, 5, second)] if policy == "collect" else [])
    assert [json.loads(line)["record"] for line in log.read_bytes().splitlines()] == [1, 3]


def test_all_of_very_many_failures_are_told(lens: Lens) -> None:
    _, complements = lens.get_ndjson(ndjson(2500))
    log = bytearray()
    report = lens.convert_file(
        b"1\n" * 2500, direction="put", complements=complements, on_error="collect", errors_to=log
    )
    assert (report.records, report.failures, len(report.errors)) == (0, 2500, 1000)
    assert [json.loads(line)["record"] for line in log.splitlines()] == list(range(2500))


def test_complements_that_do_not_fit(lens: Lens, pieces: int) -> None:
    views, complements = lens.get_ndjson(ndjson(6))
    _, more = lens.get_ndjson(ndjson(8))
    lie = complements[:36] + b"\xff\xff\xff\xff\xff\xff\x7f" + complements[36:]
    for wrong, code in (
        (more, "complement-left-over"),
        (complements[:-5], "complement-truncated"),
        (b"", "complement-truncated"),
        (complements[:20], "complement-truncated"),
        (lie, "complement-truncated"),
    ):
        for source in (wrong, io.BytesIO(wrong)):
            target = bytearray()
            with pytest.raises(PanprotoLensError) as caught:
                lens.convert_file(views, target, direction="put", complements=source)
            assert caught.value.code == code
        with pytest.raises(PanprotoLensError) as caught:
            lens.put_ndjson(views, wrong)
        assert caught.value.code == code
    assert lens.put_ndjson(b"", complements[:36]) == b""


def test_places_that_would_be_lost(lens: Lens, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(ndjson(2))
    for arguments in (
        {"source": one, "target": other, "complements": other, "direction": "get"},
        {"source": one, "target": other, "complements": one, "direction": "get"},
        {"source": other, "target": one, "complements": one, "direction": "put"},
    ):
        other.write_bytes(b"before")
        with pytest.raises(PanprotoError) as caught:
            lens.convert_file(**arguments)
        assert caught.value.code == "same-file"
        assert (one.read_bytes(), other.read_bytes()) == (ndjson(2), b"before")
    with pytest.raises(PanprotoError) as caught:
        lens.convert_file(b"[]", direction="put", complements=b"", framing="array")
    assert caught.value.path == "framing"


@pytest.fixture(scope="module")
def dropping() -> Lens:
    """Whose complements are as long as what it drops."""
    old, new = (
        Schema.from_lexicon("atproto", lexicon(members))
        for members in ({"text": STRING, "gone": STRING}, {"text": STRING})
    )
    return panproto.lens(old, new, hints={"gone": None})


@pytest.mark.parametrize("size", [1, 50, 1000, 30_000, 1 << 20], ids=str)
@pytest.mark.parametrize("most", [1, 200, 40_000, 4 << 20], ids=str)
def test_groups_do_not_show(dropping: Lens, size: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Lengths of bodies take one, two and three bytes; some bodies are empty.
    gone = [None, 0, 5, 100, 126, 127, 128, 200, 16_382, 16_383, 16_384, 70_000, None, 1, 40_000, 3, None]
    records = [
        {"text": f"é{at}"} if length is None else {"text": f"é{at}", "gone": "x" * length}
        for at, length in enumerate(gone * 3)
    ]
    data = b"".join(
        json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for record in records
    )
    views, complements = dropping.get_ndjson(data)
    odd = views.replace(b"\n", b"\r\n \t\n\n", 7).rstrip(b"\n")
    monkeypatch.setattr(_put, "SLICE", size)
    monkeypatch.setattr(_put, "_MEMORY", most)
    expected = [json.loads(line) for line in data.splitlines()]
    assert dropping.put_ndjson(views, complements) == data
    for given in (complements, Trickle(complements)):
        output = dropping.convert_file(odd, direction="put", complements=given).output or b""
        assert [json.loads(line) for line in output.splitlines()] == expected
    _, one = dropping.get_ndjson(b'{"text":"a","gone":"b"}\n')
    for wrong, code in ((complements + one[36:], "complement-left-over"), (complements[:-1], "complement-truncated")):
        for given in (wrong, Trickle(wrong)):
            with pytest.raises(PanprotoLensError) as caught:
                dropping.convert_file(views, direction="put", complements=given)
            assert caught.value.code == code


class Trickle(io.BytesIO):
    """Gives less than it is asked for, as pipes do."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size, 7_000) if size is not None and size > 0 else size)


@pytest.mark.parametrize("place", [0, 1500, 3000], ids=["before", "amid", "after"])
def test_failures_beside_a_long_line_are_told(dropping: Lens, place: int) -> None:
    lines = [b"1\n"] * 3000
    lines[place:place] = [b'{"text":"' + b"x" * 50_000 + b'"}\n', b"\n"]
    records = b"".join(b'{"text":"a","gone":"%d"}\n' % at for at in range(3001))
    _, complements = dropping.get_ndjson(records)
    log = bytearray()
    report = dropping.convert_file(
        b"".join(lines), direction="put", complements=complements, on_error="collect", errors_to=log
    )
    assert (report.records, report.failures) == (1, 3000)
    told = [json.loads(line) for line in log.splitlines()]
    assert [one["record"] for one in told] == [at for at in range(3001) if at != place]
    assert [one["line"] for one in told] == [at + 1 for at in range(3002) if at not in (place, place + 1)]
    assert json.loads(report.output or b"")["gone"] == str(place)
