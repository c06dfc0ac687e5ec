"""Files there and back: framings, sources, targets, failures, and what is left where something ends them."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import os
import stat
import sys
from pathlib import Path

import pytest
from conftest import RECORD

from panproto import Lens, PanprotoError, PanprotoLimitError, Progress
from panproto_wasm import _put, _streams

GOOD = json.dumps(RECORD, separators=(",", ":")).encode()
BAD = b'{"likes":1}'


def records(count: int) -> list[dict]:
    return [{**RECORD, "text": f"é{at}"} for at in range(count)]


def ndjson(count: int) -> bytes:
    return b"".join(json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in records(count))


@pytest.fixture(params=[1 << 20, 700], ids=["whole", "slices"])
def slices(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(_streams, "SLICE", request.param)
    monkeypatch.setattr(_put, "SLICE", request.param)
    return request.param


def test_lines_from_file_to_file(lens: Lens, tmp_path: Path, slices: int) -> None:
    source, target = tmp_path / "posts.ndjson", tmp_path / "posts-v2.ndjson"
    source.write_bytes(ndjson(50))
    report = lens.convert_file(source, target)
    assert (report.records, report.failures, report.read) == (50, 0, source.stat().st_size)
    assert target.read_bytes() == lens.lift_ndjson(source.read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["posts-v2.ndjson", "posts.ndjson"]
    assert lens.convert_file(str(source), str(target)).records == 50


def test_an_array_gives_an_array(lens: Lens, tmp_path: Path, slices: int) -> None:
    source, target = tmp_path / "posts.json", tmp_path / "new.json"
    for text in (json.dumps(records(20)), json.dumps(records(20), indent=2), "\ufeff[]", "[ ]\n"):
        source.write_text(text, encoding="utf-8")
        lens.convert_file(source, target)
        expected = [lens.lift(record) for record in json.loads(text.removeprefix("\ufeff"))]
        assert json.loads(target.read_bytes()) == expected
        lens.convert_file(source, tmp_path / "new.ndjson")
        assert [json.loads(line) for line in (tmp_path / "new.ndjson").read_bytes().splitlines()] == expected
    source.write_text("".join(json.dumps(record, indent=1) for record in records(20)), encoding="utf-8")
    report = lens.convert_file(source)
    assert [json.loads(line) for line in (report.output or b"").splitlines()] == [
        lens.lift(record) for record in records(20)
    ]
    assert json.loads(lens.convert_file(source, output="array").output or b"") == [
        lens.lift(record) for record in records(20)
    ]


def test_every_kind_of_source_and_target(lens: Lens, tmp_path: Path) -> None:
    data = ndjson(30)
    expected = lens.lift_ndjson(data)
    source = tmp_path / "in"
    source.write_bytes(data)
    for given in (data, bytearray(data), memoryview(data), memoryview(data + data)[:: 1][: len(data)],
                  io.BytesIO(data), io.StringIO(data.decode())):  # fmt: skip
        assert lens.convert_file(given).output == expected
    with source.open("rb") as raw, source.open(encoding="utf-8") as text, source.open("rb", buffering=0) as unbuffered:
        for file in (raw, text, unbuffered):
            assert lens.convert_file(file).output == expected
    into, binary, text = bytearray(), io.BytesIO(), io.StringIO()
    for target in (into, binary, text):
        assert lens.convert_file(data, target).output is None
    assert bytes(into) == binary.getvalue() == text.getvalue().encode() == expected
    with (tmp_path / "out").open("wb", buffering=0) as target:
        lens.convert_file(data, target)
    assert (tmp_path / "out").read_bytes() == expected
    for wrong in (1, None, object()):
        with pytest.raises(PanprotoError):
            lens.convert_file(wrong)  # type: ignore[arg-type]
    with pytest.raises(PanprotoError):
        lens.convert_file(data, 1)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        lens.convert_file(tmp_path / "nothing")


def test_there_and_back_through_files(lens: Lens, tmp_path: Path, slices: int) -> None:
    data = ndjson(40)
    views, memory, back = (tmp_path / name for name in ("views", "memory", "back"))
    lens.convert_file(data, views, direction="get", complements=memory)
    assert (views.read_bytes(), memory.read_bytes()) == lens.get_ndjson(data)
    lens.convert_file(views, back, direction="put", complements=memory)
    assert back.read_bytes() == data
    report = lens.convert_file(data, direction="get")
    assert report.complements == memory.read_bytes()
    assert lens.convert_file(views, direction="create").output == lens.create_ndjson(views.read_bytes())
    with pytest.raises(PanprotoError) as caught:
        lens.convert_file(views, direction="put")
    assert caught.value.code == "missing-argument"
    with pytest.raises(PanprotoError):
        lens.convert_file(views, direction="sideways")  # type: ignore[arg-type]


def test_failures_are_reported_with_their_places(lens: Lens, tmp_path: Path, slices: int) -> None:
    data = b"\n".join([GOOD, BAD, b"", GOOD, b"{", GOOD]) + b"\n"
    target, log = tmp_path / "out", tmp_path / "log"
    report = lens.convert_file(data, target, on_error="collect", errors_to=log)
    assert (report.records, report.failures) == (3, 2)
    assert [(failure.record, failure.line, failure.code) for failure in report.errors] == [
        (1, 2, "required-missing"), (4 - 1, 5, "json-syntax"),
    ]  # fmt: skip
    assert [data[failure.offset : failure.offset + 1] for failure in report.errors] == [b"{", b"{"]
    assert report.errors[0].path == "body"
    assert [json.loads(line)["record"] for line in log.read_bytes().splitlines()] == [1, 3]
    assert target.read_bytes() == lens.lift_ndjson(GOOD + b"\n") * 3
    assert "2 left out" in str(report)
    skipped = lens.convert_file(data, on_error="skip")
    assert (skipped.records, skipped.failures, skipped.errors) == (3, 2, ())

    target.write_text("before")
    with pytest.raises(PanprotoError) as caught:
        lens.convert_file(data, target)
    assert (caught.value.record, caught.value.line, caught.value.offset) == (1, 2, len(GOOD) + 1)
    assert target.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "out"]
    with pytest.raises(PanprotoError):
        lens.convert_file(data, on_error="ignore")  # type: ignore[arg-type]


def test_all_failures_are_written_even_where_there_are_very_many(lens: Lens) -> None:
    log = bytearray()
    data = (b"1\n" * 5000 + GOOD + b"\n") * 2
    report = lens.convert_file(data, on_error="skip", errors_to=log)
    assert (report.records, report.failures) == (2, 10_000)
    told = [json.loads(line)["record"] for line in log.splitlines()]
    assert told == [*range(5000), *range(5001, 10_001)]
    assert len(report.errors) == 1000


def test_an_array_that_is_none_is_refused_whatever_failures_do(lens: Lens, slices: int) -> None:
    for text, code in ((b"[" + GOOD + b" " + GOOD + b"]", "json-syntax"), (b"[" + GOOD, "json-syntax"),
                       (b"[" + GOOD + b"] x", "json-syntax"), (b"", "json-syntax")):  # fmt: skip
        with pytest.raises(PanprotoError) as caught:
            lens.convert_file(text, framing="array", on_error="skip")
        assert caught.value.code == code


def test_a_record_beyond_the_limit_ends_a_stream(lens: Lens) -> None:
    for framing, opening in (("lines", b""), ("array", b"["), ("values", b" ")):
        with pytest.raises(PanprotoLimitError) as caught:
            lens.convert_file(opening + b'{"text":"' + b"x" * 70_000_000 + b'"}', framing=framing)  # type: ignore[arg-type]
        assert caught.value.code == "limit-size"


def test_the_same_file_is_refused(lens: Lens, tmp_path: Path) -> None:
    source = tmp_path / "posts.ndjson"
    source.write_bytes(ndjson(1))
    os.link(source, tmp_path / "link")
    for target in (source, tmp_path / "link", str(source)):
        with pytest.raises(PanprotoError) as caught:
            lens.convert_file(source, target)
        assert caught.value.code == "same-file"
    assert source.read_bytes() == ndjson(1)


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
def test_a_file_keeps_its_mode_and_a_link_stays_one(lens: Lens, tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("before")
    target.chmod(0o640)
    link.symlink_to(target)
    lens.convert_file(ndjson(1), link)
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.read_bytes() == lens.lift_ndjson(ndjson(1))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_an_os_error(lens: Lens, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"[Nn]o space"):
        lens.convert_file(ndjson(2000), "/dev/full")
    assert lens.lift(GOOD)


def test_progress_is_told(lens: Lens, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_streams, "SLICE", 700)
    seen: list[Progress] = []

    def shown(at: Progress) -> None:
        seen.append(at)
        # A callback may convert: it gets an instance of its own.
        assert lens.lift(GOOD)

    data = ndjson(20)
    lens.convert_file(data, progress=shown)
    assert seen[-1] == Progress(len(data), len(data), 20, 0)
    assert [at.done for at in seen] == sorted(at.done for at in seen)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    lens.convert_file(data, progress=True)
    assert "20 records" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        lens.convert_file(data, progress=lambda _: 1 // 0)


def test_a_source_may_convert_while_it_is_read(lens: Lens) -> None:
    class Busy(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert lens.lift(GOOD)
            return super().read(size)

    assert lens.convert_file(Busy(ndjson(10))).output == lens.lift_ndjson(ndjson(10))


def test_asynchronous_forms(lens: Lens, tmp_path: Path) -> None:
    async def source():
        for record in records(1200):
            yield record

    async def both() -> None:
        views = [view async for view in lens.convert_async(source())]
        assert views == list(lens.convert(records(1200)))
        assert [view async for view in lens.convert_async(records(3), output="bytes")] == list(
            lens.convert(records(3), output="bytes")
        )
        views = lens.convert_async([RECORD, {}, RECORD])
        assert await views.__anext__() == lens.lift(RECORD)
        with pytest.raises(PanprotoError) as caught:
            await views.__anext__()
        assert caught.value.record == 1
        target = tmp_path / "out"
        report = await lens.convert_file_async(ndjson(30), target)
        assert report.records == 30
        assert target.read_bytes() == lens.lift_ndjson(ndjson(30))

    asyncio.run(both())


@pytest.mark.parametrize("bar", [False, True])
def test_a_cancelled_task_leaves_no_file(lens: Lens, tmp_path: Path, bar: bool) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return GOOD + b"\n"

    async def cancelled() -> None:
        task = asyncio.ensure_future(lens.convert_file_async(Endless(), tmp_path / "out", progress=bar))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert list(tmp_path.iterdir()) == []


def test_no_place_is_used_twice(lens: Lens, tmp_path: Path) -> None:
    source, log = tmp_path / "in", tmp_path / "log"
    source.write_bytes(GOOD + b"\n")
    (tmp_path / "link").symlink_to(source)
    calls = [
        lambda: lens.convert_file(source, tmp_path / "out", errors_to=source),
        lambda: lens.convert_file(source, tmp_path / "out", errors_to=tmp_path / "link"),
        lambda: lens.convert_file(source, log, errors_to=log),
        lambda: lens.convert_file(source, tmp_path / "out", direction="get", complements=log, errors_to=str(log)),
        lambda: lens.convert_file(b"", tmp_path / "out", direction="put", complements=source, errors_to=source),
    ]
    into = bytearray()
    calls.append(lambda: lens.convert_file(source, into, errors_to=into))
    with source.open("rb") as opened, source.open("ab") as appended:
        calls += [
            lambda: lens.convert_file(opened, source),
            lambda: lens.convert_file(opened, appended),
            lambda: lens.convert_file(source, appended),
        ]
        for call in calls:
            with pytest.raises(PanprotoError) as caught:
                call()
            assert caught.value.code == "same-file"
    assert source.read_bytes() == GOOD + b"\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "link"]
    if os.path.exists(os.devnull):
        assert lens.convert_file(source, os.devnull, errors_to=os.devnull).records == 1


def test_an_error_of_the_place_names_the_place(lens: Lens, tmp_path: Path) -> None:
    place = tmp_path / "nowhere" / "out"
    with pytest.raises(FileNotFoundError) as caught:
        lens.convert_file(GOOD, place)
    assert caught.value.filename == str(place)


def test_put_raises_where_failures_are_written_too(lens: Lens) -> None:
    views, complements = lens.get_ndjson((GOOD + b"\n") * 3)
    broken = views.replace(b'"body"', b'"body":"x","body"', 1)
    for data, more in ((GOOD + b"\n" + BAD, {}), (broken, {"direction": "put", "complements": complements})):
        with pytest.raises(PanprotoError) as caught:
            lens.convert_file(data, errors_to=bytearray(), **more)  # type: ignore[arg-type]
        assert caught.value.record is not None
    log = bytearray()
    report = lens.convert_file(broken, direction="put", complements=complements, on_error="skip", errors_to=log)
    assert (report.records, report.failures, log.count(b"\n")) == (2, 1, 1)


def test_options_that_mean_nothing_here_are_refused(lens: Lens) -> None:
    for options, path in (({"output": "table"}, "output"), ({"complements": bytearray()}, "complements"),
                          ({"direction": "create", "complements": "memory"}, "complements")):  # fmt: skip
        with pytest.raises(PanprotoError) as caught:
            lens.convert_file(GOOD, **options)  # type: ignore[arg-type]
        assert (caught.value.code, caught.value.path) == ("wrong-argument", path)


def test_compressed_files(lens: Lens, tmp_path: Path) -> None:
    place, target = tmp_path / "in.ndjson.gz", tmp_path / "out.gz"
    with gzip.open(place, "wb") as file:
        file.write(ndjson(3000))
    seen: list[Progress] = []
    with gzip.open(place) as source, gzip.open(target, "wb") as into:
        assert lens.convert_file(source, into, progress=seen.append).records == 3000
    # What the disk holds says nothing of what comes out of it.
    assert {at.total for at in seen} == {None}
    assert gzip.decompress(target.read_bytes()) == lens.lift_ndjson(ndjson(3000))
    with gzip.open(place, "rt", encoding="utf-8") as source, gzip.open(target, "wt", encoding="utf-8") as text:
        lens.convert_file(source, text)
    assert gzip.decompress(target.read_bytes()) == lens.lift_ndjson(ndjson(3000))
    with pytest.raises(PanprotoError) as caught:
        lens.convert_file(place)
    assert "gzip.open" in (caught.value.help or "")


def test_what_others_raise_is_not_blamed_on_an_argument(lens: Lens, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(GOOD)

    def broken(at: Progress) -> None:
        raise ValueError("of the caller")

    with source.open("rb") as file, pytest.raises(ValueError, match="of the caller"):
        lens.convert_file(file, progress=broken)
    with pytest.raises(ValueError, match="closed file"):
        lens.convert_file(file)


def test_messagepack_there_and_back(lens: Lens) -> None:
    import msgpack

    packed = b"".join(msgpack.packb(record) for record in records(5))
    views, complements = lens.get_msgpack(packed)
    assert list(msgpack.Unpacker(io.BytesIO(views))) == [lens.lift(record) for record in records(5)]
    assert lens.lift_msgpack(packed) == views
    again = lens.put_msgpack(views, complements)
    assert list(msgpack.Unpacker(io.BytesIO(again))) == records(5)
    with pytest.raises(PanprotoError) as caught:
        lens.lift_msgpack(packed + b"\xc1")
    assert caught.value.record == 5
