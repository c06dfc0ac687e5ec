"""Python values to JSON text and back, exactly.

Integers are exact. A number with a point or an exponent is a `float` where the float prints back to the same number,
else a `decimal.Decimal`. What JSON cannot hold is refused with its path, never turned into something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from ._errors import error

# A nesting that no build of the module accepts; it also ends cycles that the ancestors would find later.
_DEEPEST = 4096
_LONGEST_INTEGER = 1000
_LONG_INTEGER = re.compile(rb"[0-9]{%d}" % (_LONGEST_INTEGER + 1))
_PLAIN = re.compile(r"[^\s.\[\]/\"\\\x00-\x1f\x7f]+\Z")

_encode_fast: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def encode(value: Any) -> bytes:
    """The JSON text of a value."""
    try:
        _check_keys(value)
        text = _encode_fast(value)
    except (TypeError, ValueError, RecursionError):
        # The exact encoder takes what the fast one does not (`Decimal`), or says where the value is wrong.
        text = "".join(_encode_exact(value))
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Lone surrogates stay as escapes; `backslashreplace` writes the escape of JSON.
        return text.encode("utf-8", "backslashreplace")


def _check_keys(value: Any) -> None:
    """Fails with `TypeError` on a key that is no string: the standard encoder would turn it into one in silence."""
    kind: object = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is str or kind is int:
        return
    if isinstance(value, dict):
        "".join(value)  # pyright: ignore
        for member in value.values():  # pyright: ignore
            if type(member) is not str:  # pyright: ignore
                _check_keys(member)
    elif isinstance(value, list | tuple):
        for item in value:  # pyright: ignore
            if type(item) is not str:  # pyright: ignore
                _check_keys(item)


def decode(text: bytes) -> Any:
    """The value of a JSON text that the module wrote."""
    return decode_text(text.decode())


def decode_text(text: str) -> Any:
    """The value of a JSON text."""
    decoder = _decoder
    if len(text) > _LONGEST_INTEGER and _LONG_INTEGER.search(text.encode("utf-8", "surrogatepass")):
        decoder = _decoder_of_long_integers
    try:
        return decoder.decode(text)
    except RecursionError:
        raise error(
            "limit", "limit-depth", "the value is nested too deeply for Python objects",
            help="pass text or bytes instead of values",
        ) from None  # fmt: skip


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
        return int(text)
    from decimal import Decimal

    return Decimal(text)


_decoder = json.JSONDecoder(parse_float=_parse_float)
_decoder_of_long_integers = json.JSONDecoder(parse_float=_parse_float, parse_int=_parse_int)


def _encode_exact(root: Any) -> Iterator[str]:
    """Pieces of JSON text. Keeps its own stack, so depth is a coded error and not a `RecursionError`."""
    # A frame: members or items that are left, what closes it, whether one was written, its identity.
    stack: list[tuple[Iterator[Any], str, list[bool], int]] = []
    ancestors: set[int] = set()
    trail: list[str | int] = []

    def refuse(code: str, message: str, help: str | None = None, *, kind: str = "data") -> Exception:
        return error(kind, code, message, path=join(trail), help=help)

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
