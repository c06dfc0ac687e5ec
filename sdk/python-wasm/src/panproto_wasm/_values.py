"""Python values to JSON text and back, exactly.

Integers are exact. A number with a point or an exponent is a `float` where the float prints back to the same number,
else a `decimal.Decimal`. What JSON cannot hold is refused with its path, never turned into something else.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ._errors import error

# A nesting that no build of the module accepts; it also ends cycles that the ancestors would find later.
_DEEPEST = 4096
# As many digits as Python reads if nobody says otherwise.
_LONGEST_INTEGER = 4300
_LONG_INTEGER = re.compile(f"[0-9]{{{_LONGEST_INTEGER + 1}}}")
_PLAIN = re.compile(r"[^\s.\[\]/\"\\\x00-\x1f\x7f]+\Z")

_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _fast_encoder() -> Callable[[Any], str]:
    """What encodes plain values. `JSONEncoder.encode` makes its function in C anew at each call, which takes a
    third of the time of an ordinary record. This one does not look for cycles; `_check_keys` has done that.
    """
    inner: Any = json.encoder
    value: list[Any] = [{"a": "é\n"}, 1, -2.5, None, True]
    try:
        make: Any = inner.c_make_encoder
        parts: Any = make(None, _encoder.default, inner.encode_basestring, None, ":", ",", False, False, False)
        if "".join(parts(value, 0)) == _encoder.encode(value):
            return lambda value: "".join(parts(value, 0))
    except (AttributeError, TypeError):
        pass
    return _encoder.encode


_encode_fast = _fast_encoder()


def encode(value: Any) -> bytes:
    """The JSON text of a value."""
    try:
        if type(value) is dict:
            _check_keys(value)  # pyright: ignore[reportUnknownArgumentType]
        else:
            _check_items((value,))
        text = _encode_fast(value)
    except (TypeError, ValueError, RecursionError):
        # The exact encoder takes what the fast one does not (`Decimal`), or says where the value is wrong.
        text = "".join(_encode_exact(value))
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Lone surrogates stay as escapes; `backslashreplace` writes the escape of JSON.
        return text.encode("utf-8", "backslashreplace")


def _check_keys(value: dict[Any, Any]) -> None:
    """Fails with `TypeError` on a key that is no string, which the standard encoder would turn into one in silence, and
    with `RecursionError` on a value that contains itself.
    """
    for key, member in value.items():
        if not isinstance(key, str):
            raise TypeError
        kind: object = type(member)  # pyright: ignore[reportUnknownVariableType]
        if kind is str or kind is int or kind in _SCALARS:
            continue
        if kind is dict:
            _check_keys(member)
        elif kind is list:
            _check_items(member)
        elif isinstance(member, _CONTAINERS):
            _check_items((member,))  # pyright: ignore[reportUnknownArgumentType]


_CONTAINERS = (dict, list, tuple)
# What the test of the two most frequent ones leaves: looking a type up is faster than asking what it is derived from.
_SCALARS: frozenset[object] = frozenset((float, bool, type(None)))


def _check_items(items: Iterable[Any]) -> None:
    for item in items:
        kind: object = type(item)  # pyright: ignore[reportUnknownVariableType]
        if kind is str or kind is int or kind in _SCALARS:
            continue
        if kind is dict:
            _check_keys(item)
        elif isinstance(item, dict):
            # What its own methods give, as for the encoder.
            _check_keys(dict(item.items()))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        elif isinstance(item, list | tuple):
            _check_items(item)  # pyright: ignore[reportUnknownArgumentType]


def decode(text: bytes) -> Any:
    """The value of a JSON text that the module wrote."""
    return decode_text(text.decode())


def decode_text(text: str) -> Any:
    """The value of a JSON text."""
    decoder = _scan
    if len(text) > _LONGEST_INTEGER and not _python_limits_integers() and _LONG_INTEGER.search(text):
        decoder = _scan_long_integers
    try:
        try:
            value, end = decoder(text, 0)
            if end == len(text):
                return value
        except StopIteration:
            pass
        # White space around it, or a text that is none.
        return _decoder.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # An integer that is longer than Python reads.
        return _decoder_of_long_integers.decode(text)
    except RecursionError:
        raise error(
            "limit", "limit-depth", "the value is nested too deeply for Python objects",
            help="pass text or bytes instead of values",
        ) from None  # fmt: skip


def _python_limits_integers() -> bool:
    """Whether Python refuses integers whose digits would take quadratic time to read; old ones do not."""
    limit: Callable[[], int] | None = getattr(sys, "get_int_max_str_digits", None)
    return limit is not None and 0 < limit() <= _LONGEST_INTEGER


def _parse_float(text: str) -> Any:
    number = float(text)
    if repr(number) == text:
        return number
    from decimal import Decimal, InvalidOperation

    try:
        exact = Decimal(text)
        if number - number == 0 and Decimal(repr(number)) == exact:
            return number
    except InvalidOperation:
        raise error(
            "data", "not-representable", f"the number `{text[:40]}` is beyond what Python's `Decimal` holds",
            help="pass text or bytes instead of values",
        ) from None  # fmt: skip
    return exact


def _parse_int(text: str) -> Any:
    if len(text.lstrip("-")) <= _LONGEST_INTEGER:
        # Whoever lowers the limit of Python gets a number nevertheless.
        with contextlib.suppress(ValueError):
            return int(text)
    from decimal import Decimal

    return Decimal(text)


_decoder = json.JSONDecoder(parse_float=_parse_float)
_decoder_of_long_integers = json.JSONDecoder(parse_float=_parse_float, parse_int=_parse_int)
# What decoders do after they have looked for white space; all versions of Python have it.
_scan: Callable[[str, int], tuple[Any, int]] = getattr(_decoder, "scan_once")  # noqa: B009
_scan_long_integers: Callable[[str, int], tuple[Any, int]] = getattr(_decoder_of_long_integers, "scan_once")  # noqa: B009


def _encode_exact(root: Any) -> Iterator[str]:
    """Pieces of JSON text. Keeps its own stack, so depth is a coded error and not a `RecursionError`."""
    # A frame: members or items that are left, what closes it, whether one was written, its identity.
    stack: list[tuple[Iterator[Any], str, list[bool], int]] = []
    ancestors: set[int] = set()
    trail: list[str | int] = []

    def refuse(code: str, message: str, help: str | None = None, *, kind: str = "data") -> Exception:
        # The path of a limit would be as long as the limit.
        return error(kind, code, message, path=None if kind == "limit" else join(trail), help=help)

    pending: list[Any] = [root]
    while True:
        if pending:
            value = pending.pop()
            if isinstance(value, dict | list | tuple):
                if id(value) in ancestors:  # pyright: ignore
                    raise refuse("not-representable", "the value contains itself")
                if len(stack) >= _DEEPEST:
                    raise refuse("limit-depth", f"nesting passes {_DEEPEST} levels", "flatten the value", kind="limit")
                ancestors.add(id(value))  # pyright: ignore
                if isinstance(value, dict):
                    yield "{"
                    stack.append((iter(list(value.items())), "}", [False], id(value)))  # pyright: ignore
                else:
                    yield "["
                    stack.append((enumerate(list(value)), "]", [False], id(value)))  # pyright: ignore
                trail.append("")
            else:
                yield _scalar(value, refuse)
        if not stack:
            return
        left, close, written, identity = stack[-1]
        for key, member in left:
            if close == "}":
                if not isinstance(key, str):
                    trail.pop()
                    raise refuse("not-representable", f"a key is of type `{type(key).__name__}`", "make it a string")
                trail[-1] = key
                yield ("," if written[0] else "") + json.dumps(key, ensure_ascii=False) + ":"
            else:
                trail[-1] = key
                if written[0]:
                    yield ","
            written[0] = True
            pending.append(member)
            break
        else:
            yield close
            stack.pop()
            trail.pop()
            ancestors.discard(identity)


def _scalar(value: Any, refuse: Callable[..., Exception]) -> str:
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        try:
            return int.__repr__(value)
        except ValueError:
            # Python refuses to print integers of more than 4,300 digits; `Decimal` prints them.
            from decimal import Decimal

            return str(Decimal(value))
    if isinstance(value, float):
        if value - value != 0:
            raise refuse("not-representable", f"`{value}` has no counterpart in JSON", "use `None` or a string")
        return float.__repr__(value)
    from decimal import Decimal

    if isinstance(value, Decimal):
        if not value.is_finite():
            raise refuse("not-representable", f"`{value}` has no counterpart in JSON", "use `None` or a string")
        return str(value)
    raise refuse(
        "not-representable", f"a value of type `{type(value).__name__}` has no counterpart in JSON",
        "records hold dict, list, str, int, float, Decimal, bool and None",
    )  # fmt: skip


def join(trail: list[str | int]) -> str:
    """A path as the module prints it: `author.names[3]["a.b"]`."""
    text = ""
    for step in trail:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.match(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text
