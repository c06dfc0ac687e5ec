"""Bad input from Python's side: each a coded error, nothing crashed, and the next call fine."""

from __future__ import annotations

import json
import random
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator
from decimal import Decimal

import pytest
from conftest import NEW, OLD, RECORD, lexicon

import panproto
from panproto import Lens, PanprotoError, PanprotoInternalError, PanprotoLensError, PanprotoLimitError, Schema
from panproto_wasm import _session

SMALL = '{"text":"\\u00e9é","n":[-1.5e3,true,null]}'.encode()
CODES = {
    "json-syntax", "json-encoding", "text-encoding", "limit-depth", "duplicate-member", "json-control-character",
    "required-missing", "type-mismatch",
}  # fmt: skip


@pytest.fixture(autouse=True)
def the_next_call_is_fine(lens: Lens) -> Iterator[None]:
    yield
    view, complement = lens.get(RECORD)
    assert lens.put(view, complement) == RECORD


def refused(lens: Lens, record: bytes) -> PanprotoError:
    with pytest.raises(PanprotoError) as caught:
        lens.get(record)
    error = caught.value
    assert not isinstance(error, PanprotoInternalError)
    assert error.code
    assert error.path is not None or error.span is not None, error
    return error


def is_json(record: bytes) -> bool:
    try:
        json.loads(record)
    except ValueError:
        return False
    return True


def test_a_record_cut_at_every_byte(lens: Lens) -> None:
    for end in range(len(SMALL)):
        refused(lens, SMALL[:end])


def test_a_wrong_byte_at_every_place(lens: Lens) -> None:
    for at in range(len(SMALL)):
        for byte in (b"\x00", b"\xff", b"}", b"\\"):
            record = SMALL[:at] + byte + SMALL[at + 1 :]
            # A damaged name is another name, and then the required one is missing.
            if not is_json(record) or b'"text"' not in record:
                refused(lens, record)


@pytest.mark.parametrize(
    "record",
    [
        b'{"text":NaN}',
        b'{"text":"x","n":Infinity}',
        b'{"text":"x","n":-Infinity}',
        b'{"text":"x"}{}',
        b"",
        b"  ",
        b"nul",
    ],
)
def test_what_is_no_json(lens: Lens, record: bytes) -> None:
    assert refused(lens, record).code.startswith("json-")


@pytest.mark.parametrize("record", [b'{"text":"a","text":"b"}', b'{"text":"a","te\\u0078t":"b"}'])
def test_duplicate_keys(lens: Lens, record: bytes) -> None:
    error = refused(lens, record)
    assert error.code == "duplicate-member"
    assert error.path == "text"


def test_numbers_and_keys_that_are_no_errors(lens: Lens) -> None:
    record = (
        b'{"text":"x","a":1e400,"b":18446744073709551616,"c":123456789012345678901234567890,'
        b'"__proto__":1,"constructor":2,"":3,"\\u0000":4,"d":"\\ud800","e":1.0,"f":-0}'
    )
    view, complement = lens.get(record)
    assert lens.put(view, complement) == record


def test_lone_surrogates_as_text(lens: Lens) -> None:
    with pytest.raises(PanprotoError) as caught:
        lens.lift('{"text":"\ud800"}')
    assert caught.value.code == "text-encoding"
    assert refused(lens, b'{"text":"\xed\xa0\x80"}').span is not None
    with pytest.raises(PanprotoError):
        Schema.from_lexicon("atproto", '{"x":"\ud800"}')


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_nesting_of_100000(lens: Lens, opening: bytes) -> None:
    assert refused(lens, b'{"text":"x","deep":' + opening * 100_000).code == "limit-depth"
    with pytest.raises(PanprotoError):
        Schema.from_lexicon("atproto", opening * 100_000)


def test_a_string_of_200_mb(lens: Lens) -> None:
    with pytest.raises(PanprotoLimitError) as caught:
        lens.lift(b'{"text":"' + b"x" * 200_000_000 + b'"}')
    assert caught.value.code == "limit-size"
    with pytest.raises(PanprotoLimitError):
        lens.lift_ndjson(b'{"text":"' + b"x" * 200_000_000 + b'"}')


def test_schemas_that_are_none() -> None:
    for document in ("", "{", "[]", "1", '{"lexicon":1}', '{"lexicon":1,"id":"x","defs":{}}', b"\xff\xfe"):
        with pytest.raises(PanprotoError) as caught:
            Schema.from_lexicon("atproto", document)
        assert not isinstance(caught.value, PanprotoInternalError)
    cycle = lexicon({"a": {"type": "ref", "ref": "#b"}}, b={"type": "ref", "ref": "#b"})
    with pytest.raises(PanprotoError) as caught:
        Schema.from_lexicon("atproto", cycle)
    assert caught.value.code == "reference-cycle"
    with pytest.raises(PanprotoError) as caught:
        Schema.from_lexicon("atproto", lexicon({"a": {"type": "ref", "ref": "#missing"}}))
    assert caught.value.code == "missing-definition"
    outside = Schema.from_lexicon("atproto", lexicon({"a": {"type": "ref", "ref": "com.example.other"}}))
    assert [note.code for note in outside.diagnostics] == ["external-not-loaded"]


def test_a_lexicon_5000_levels_deep() -> None:
    deep = '{"type":"object","properties":{"a":' * 5000 + '{"type":"string"}' + "}}" * 5000
    text = json.dumps(lexicon({"x": {}})).replace('"x": {}', f'"x": {deep}')
    with pytest.raises(PanprotoError) as caught:
        Schema.from_lexicon("atproto", text)
    assert caught.value.code == "limit-depth"


def test_random_and_cut_messages_to_the_control_entry_point() -> None:
    rnd = random.Random(7)
    request = _session.pack({"op": "schema.parse", "language": "atproto", "documents": [json.dumps(OLD)]})
    messages = [request[:end] for end in range(0, len(request), 7)]
    for _ in range(500):
        messages.append(rnd.randbytes(rnd.randrange(60)))
        broken = bytearray(request)
        broken[rnd.randrange(len(broken))] = rnd.randrange(256)
        messages.append(bytes(broken))
    for message in messages:
        try:
            _session.raw_control(message)
        except PanprotoError as error:
            assert not isinstance(error, PanprotoInternalError), (message, error)


def test_stale_and_foreign_handles(lens: Lens) -> None:
    lens.lift(b'{"text":"x"}')
    instance = _session._take()
    for handle in ((0, 99), (99, 0), (2**32 - 1, 2**32 - 1)):
        ran = instance.run(_session.LIFT, *handle, 0, b'{"text":"x"}')
        assert ran.status == _session.FAILED
        assert _session.unpack(ran.first)["code"] == "stale-handle"
    _session._give_back(instance, control=True)


def test_complements_that_do_not_belong(old: Schema, new: Schema, lens: Lens) -> None:
    view, complement = lens.get(RECORD)
    other = panproto.lens(Schema.from_lexicon("atproto", NEW), Schema.from_lexicon("atproto", NEW))
    foreign = other.get({"body": "x", "visibility": "public"}).complement
    codes = {}
    for name, wrong in {
        "foreign": foreign,
        "nothing": b"",
        "another language": b"\x00" * 64,
        "left over": complement + complement[36:],
    }.items():
        with pytest.raises(PanprotoLensError) as caught:
            lens.put(view, wrong)
        codes[name] = caught.value.code
    assert codes["foreign"] == "complement-foreign"
    for end in range(len(complement)):
        with pytest.raises(PanprotoLensError):
            lens.put(view, complement[:end])
    for at in range(len(complement)):
        for bit in (1, 16, 128):
            broken = bytearray(complement)
            broken[at] ^= bit
            with pytest.raises(PanprotoLensError) as caught:
                lens.put(view, broken)
            assert caught.value.code.startswith("complement-")


def test_a_complement_of_another_record(lens: Lens) -> None:
    other = {"text": "other", "items": [{"key": "z", "value": 9}], "sensitive": False}
    view = lens.get(RECORD).view
    record = lens.put(view, lens.get(other).complement)
    assert lens.lift(record) == view


def test_a_complement_of_another_record_is_told() -> None:
    def items(**more: object) -> Schema:
        item = {"type": "object", "properties": {"id": {"type": "integer"}, **more}}
        return Schema.parse(
            "json-schema", {"type": "object", "properties": {"items": {"type": "array", "items": item}}}
        )

    drop = panproto.lens(items(flag={"type": "boolean"}), items())
    mine, other = ({"items": [{"id": at, "flag": True} for at in ids]} for ids in ([1], [2, 3]))
    notes: list[panproto.PutNote] = []
    view = drop.get(mine).view
    record = drop.put(view, drop.get(other).complement, notes=notes)
    assert drop.lift(record) == view
    assert [(note.code, note.path) for note in notes] == [
        ("item-identity-unclear", "items"),
        ("items-unpaired", "items"),
    ]
    notes.clear()
    assert drop.put(view, drop.get(mine).complement, notes=notes) == mine
    assert notes == []


def test_closed_objects_say_so(old: Schema) -> None:
    with panproto.Panproto.load() as pp:
        handle = pp.lens(old, old)
        handle.close()
        handle.close()
        with pytest.raises(PanprotoError) as caught:
            handle.get(b"{}")
        assert caught.value.code == "closed"
    with pytest.raises(PanprotoError) as caught:
        pp.list_protocols()
    assert caught.value.code == "closed"


# What runs in the middle of a call may call.


def test_a_generator_that_converts(lens: Lens) -> None:
    def records() -> Iterator[dict]:
        for at in range(600):
            assert lens.lift({"text": "inner"})["body"] == "inner"
            yield {"text": str(at)}

    assert [view["body"] for view in lens.convert(records())] == [str(at) for at in range(600)]


def test_values_whose_methods_convert(lens: Lens) -> None:
    class Busy(dict):
        def items(self):
            assert lens.lift({"text": "inner"})["body"] == "inner"
            return super().items()

        def __getitem__(self, key):
            assert lens.lift({"text": "inner"})["body"] == "inner"
            return super().__getitem__(key)

        def __iter__(self):
            assert lens.lift({"text": "inner"})["body"] == "inner"
            return super().__iter__()

    class Sequence(list):
        def __iter__(self):
            assert lens.lift({"text": "inner"})["body"] == "inner"
            return super().__iter__()

    record = Busy(text="outer", n=Sequence([Busy(a=1)]))
    assert lens.lift(record) == {"body": "outer", "n": [{"a": 1}], "visibility": "public"}
    assert next(iter(lens.convert([record])))["body"] == "outer"


def test_a_progress_callback_that_converts(lens: Lens) -> None:
    data = b'{"text":"outer"}\n' * 200_000
    expected = lens.lift_ndjson(data)
    inner = []
    report = lens.convert_file(data, progress=lambda at: inner.append(lens.lift({"text": str(at.records)})["body"]))
    assert report.output == expected
    assert len(inner) > 2
    assert inner[-1] == "200000"


def test_texts_and_numbers_of_other_classes(lens: Lens) -> None:
    class Text(str):
        def __str__(self) -> str:
            return "not this"

        def __repr__(self) -> str:
            return "nor this"

        def __iter__(self) -> Iterator[str]:
            raise RuntimeError

    class Number(int):
        def __repr__(self) -> str:
            return "1, 2"

    class Point(float):
        def __repr__(self) -> str:
            return "NaN"

    record = {Text("text"): Text("x"), "n": [Number(7), Point(1.5), True]}
    assert lens.lift(record) == {"body": "x", "n": [7, 1.5, True], "visibility": "public"}
    assert lens.lift(Text('{"text":"x"}')) == '{"body":"x","visibility":"public"}'
    for order in (OrderedDict, defaultdict, Counter):
        given = order()
        given["text"] = "x"
        assert lens.lift(given)["body"] == "x"


def test_integers_of_any_size(lens: Lens) -> None:
    for digits in (19, 40, 1000, 4299, 4300):
        number = int("9" * digits)
        view, complement = lens.get({"text": "x", "n": number, "m": -number})
        assert (view["n"], view["m"], type(view["n"])) == (number, -number, int)
        assert lens.put(view, complement)["n"] == number
    view = lens.lift({"text": "x", "n": 10**5000})
    assert view["n"] == Decimal("1e5000")
    assert lens.lift(view | {"text": "y"})["n"] == view["n"]


def test_objects_that_are_not_json(lens: Lens) -> None:
    for value in ({1, 2}, object(), float("nan"), float("inf"), b"bytes", 1j, {1: 2}, {"a": {None: 1}}, range(3)):
        with pytest.raises(panproto.PanprotoDataError) as caught:
            lens.lift({"text": "x", "bad": [value]})
        assert caught.value.code == "not-representable"
        assert caught.value.path is not None
        assert caught.value.path.startswith("bad[0]")


def test_records_of_the_wrong_type_altogether(lens: Lens) -> None:
    for value in (None, 1, True, "", [], [RECORD], "text"):
        with pytest.raises(PanprotoError) as caught:
            lens.lift(value)
        assert not isinstance(caught.value, PanprotoInternalError)
    for records in (1, None):
        with pytest.raises(PanprotoError) as caught:
            lens.convert(records)  # type: ignore[call-overload]
        assert (caught.value.code, caught.value.path) == ("wrong-argument", "records")


def test_a_document_that_is_none() -> None:
    with pytest.raises(PanprotoError) as caught:
        Schema.parse("json-schema", 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert (caught.value.code, caught.value.path) == ("wrong-argument", "documents")
