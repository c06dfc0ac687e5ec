"""Python values through JSON: exact, or refused with a path."""

from __future__ import annotations

import math
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panproto import Lens, PanprotoDataError, PanprotoLimitError
from panproto_wasm._values import decode, encode, join

pytestmark = pytest.mark.smoke

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def same(left: Any, right: Any) -> bool:
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float | Decimal):
        return Decimal(str(left)) == Decimal(str(right))
    return type(left) is type(right) and left == right


@given(JSON)
def test_values_come_back(value: Any) -> None:
    assert same(value, decode(encode(value)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("18446744073709551616", 2**64),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("1.0", 1.0),
        ("-0.0", -0.0),
        ("1e400", Decimal("1e400")),
        ("0.1", 0.1),
        ("0.1000000000000000055511151231257827", Decimal("0.1000000000000000055511151231257827")),
        ("1e22", 1e22),
        ("1E5", 100000.0),
        ("1e-500", Decimal("1e-500")),
        ("0e5", 0.0),
    ],
)
def test_numbers_are_exact(text: str, value: Any) -> None:
    decoded = decode(text.encode())
    assert type(decoded) is type(value)
    assert decoded == value
    assert math.copysign(1, decoded) == math.copysign(1, value)
    assert decode(encode(decoded)) == value


def test_long_integers_are_decimals() -> None:
    assert decode(b"9" * 4300) == int("9" * 4300)
    long = decode(b"9" * 5000)
    assert isinstance(long, Decimal)
    assert encode(long) == b"9" * 5000
    assert encode(10**5000) == b"1" + b"0" * 5000
    assert decode(b"[1," + b"9" * 5000 + b"]")[0] == 1


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="this Python has no limit")
def test_limits_of_python_itself_change_no_value() -> None:
    before = sys.get_int_max_str_digits()
    try:
        for digits in (640, 0):
            sys.set_int_max_str_digits(digits)
            for text in (b"9" * 600, b"9" * 700, b"9" * 5000):
                assert encode(decode(text)) == text
    finally:
        sys.set_int_max_str_digits(before)


def test_lone_surrogates_stay_escapes() -> None:
    assert encode({"a": "\ud800"}) == b'{"a":"\\ud800"}'
    assert decode(b'{"a":"\\ud800"}') == {"a": "\ud800"}


class Odd(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (math.nan, ""),
        ({"a": [1, math.inf]}, "a[1]"),
        ({"a": {"b": -math.inf}}, "a.b"),
        ({"a": Decimal("NaN")}, "a"),
        ({"a": {1, 2}}, "a"),
        ({"a": [b"bytes"]}, "a[0]"),
        ({"a.b": object()}, '["a.b"]'),
        ({1: "x"}, ""),
        ({"a": {None: "x"}}, "a"),
        ({"a": [{"b": {True: 1}}]}, "a[0].b"),
    ],
)
def test_what_json_lacks_is_refused_with_its_path(value: Any, path: str) -> None:
    with pytest.raises(PanprotoDataError) as caught:
        encode(value)
    assert caught.value.code == "not-representable"
    assert caught.value.path == path


def test_a_cycle_is_refused() -> None:
    value: dict[str, Any] = {"a": []}
    value["a"].append(value)
    with pytest.raises(PanprotoDataError) as caught:
        encode(value)
    assert caught.value.path == "a[0]"


def test_depth_is_a_coded_error(lens: Lens) -> None:
    for depth, code in ((3000, "limit-depth"), (100_000, "limit-depth")):
        value: Any = "x"
        for _ in range(depth):
            value = [value]
        with pytest.raises(PanprotoLimitError) as caught:
            lens.lift({"text": "x", "deep": value})
        assert caught.value.code == code
        # Deep lists are freed level by level, or the interpreter's own stack would overflow.
        while isinstance(value, list):
            value = value.pop()


def test_subclasses_of_json_types_are_taken() -> None:
    assert encode({Odd("k"): (Odd("v"), True)}) == b'{"k":["v",true]}'


def test_paths_are_printed_as_the_module_does() -> None:
    assert join(["a", 0, "b c", "x.y", "z"]) == 'a[0]["b c"]["x.y"].z'


def test_exact_numbers_through_a_lens(lens: Lens) -> None:
    record = {"text": "x", "n": [2**64, 10**30, Decimal("1e400"), 1.0, 0.1], "__proto__": 1, "": 2, "\0": 3}
    view, complement = lens.get(record)
    assert view["n"] == record["n"]
    assert [type(number) for number in view["n"]] == [int, int, Decimal, float, float]
    assert lens.put(view, complement) == record
