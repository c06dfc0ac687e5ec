"""What is said of an argument of the wrong type.

Arguments are not checked before they are used. Where a public call fails as Python fails (`AttributeError`,
`TypeError`, …), its arguments are compared with what the signature says, and one that does not fit is named by the
error `wrong-argument`. Where all of them fit, the failure is passed on as it is: it is one of the caller's own
functions, or of ours.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar, cast

from ._errors import PanprotoError, error

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])

_FAILURES = (AttributeError, IndexError, KeyError, TypeError, ValueError)
# Called once for each record: they look at their arguments themselves.
_HOT = frozenset(("Lens.create", "Lens.get", "Lens.lift", "Lens.put"))
# Items of a collection that are looked at.
_SAMPLE = 100


def explained(function: F) -> F:
    """The same function, whose failures name the argument that is of the wrong type."""

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except _FAILURES as failure:
            if isinstance(failure, PanprotoError):
                raise
            wrong = _wrong(function, arguments, named)
            if wrong is None:
                raise
            raise wrong from failure

    return cast("F", call)


def all_explained(kind: C) -> C:
    """The same class, with all of its public methods explained, and its construction."""
    for name, member in list(vars(kind).items()):
        if f"{kind.__name__}.{name}" in _HOT or (name.startswith("_") and name != "__init__"):
            continue
        if isinstance(member, FunctionType):
            setattr(kind, name, explained(member))
        elif isinstance(member, classmethod | staticmethod):
            inner: Any = member  # pyright: ignore[reportUnknownVariableType]
            setattr(kind, name, type(inner)(explained(inner.__func__)))
    return kind


def wrong_argument(name: str, value: object, wanted: str) -> PanprotoError:
    """The error of an argument that is of another type."""
    return error(
        "usage", "wrong-argument", f"`{name}` is of type `{type(value).__name__}`", path=name, help=f"give {wanted}"
    )


def _wrong(function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> PanprotoError | None:
    import inspect

    try:
        signature = inspect.signature(function)
        bound = signature.bind(*arguments, **named).arguments
    except (TypeError, ValueError):
        # The call itself is wrong, which Python says well.
        return None
    scope = _scope(function)
    for name, value in bound.items():
        parameter = signature.parameters[name]
        if parameter.default is not parameter.empty and value is parameter.default:
            continue
        values: list[Any] = [value]
        if parameter.kind is parameter.VAR_POSITIONAL:
            values = list(value)
        elif parameter.kind is parameter.VAR_KEYWORD:
            values = list(value.values())
        try:
            # The text of our own source, since annotations are postponed.
            hint: Any = eval(str(parameter.annotation), scope)
            wrong = [one for one in values if not _fits(one, hint, scope)]
        except Exception:
            # A hint that only type checkers understand.
            continue
        if wrong:
            return _said(name, wrong[0], hint, str(parameter.annotation))
    return None


def _scope(function: Callable[..., Any]) -> dict[str, Any]:
    """Names that annotations use: those of the function's module, of this package, and what only type checkers load."""
    import collections.abc
    import inspect
    import sys
    import typing

    import panproto_wasm

    modules: tuple[Any, ...] = (typing, collections.abc)
    scope: dict[str, Any] = {name: getattr(module, name) for module in modules for name in module.__all__}
    for name, module in list(sys.modules.items()):
        if name.startswith("panproto_wasm."):
            scope.update(vars(module))
    scope.update({name: getattr(panproto_wasm, name) for name in panproto_wasm.__all__})
    scope.update(getattr(inspect.unwrap(function), "__globals__", {}))
    return scope


def _said(name: str, value: object, hint: Any, text: str) -> PanprotoError:
    wanted = "a value that fits `" + text.replace("'", "").replace('"', "") + "`"
    missing = _missing(value, hint)
    if missing:
        return error("usage", "wrong-argument", f"`{name}` lacks `{missing[0]}`", path=name, help=f"give {wanted}")
    return wrong_argument(name, value, wanted)


def _missing(value: object, hint: Any) -> list[str]:
    """Keys of a `TypedDict` that a dictionary lacks."""
    required: Any = getattr(hint, "__required_keys__", None)
    return sorted(required - value.keys()) if required is not None and isinstance(value, dict) else []


def _fits(value: Any, hint: Any, scope: dict[str, Any]) -> bool:
    """Whether a value is of a type, as far as that can be seen without consuming it."""
    import types
    import typing

    if isinstance(hint, typing.ForwardRef):
        hint = eval(hint.__forward_arg__, scope)
    if hint is None or hint is type(None):
        return value is None
    if isinstance(hint, str) or hint is typing.Any:
        return True
    origin: Any = typing.get_origin(hint)
    parts: tuple[Any, ...] = typing.get_args(hint)
    if origin is typing.Union or origin is types.UnionType:
        return any(_fits(value, part, scope) for part in parts)
    if origin is typing.Literal:
        return value in parts if isinstance(value, str | int | bool) else False
    if hasattr(hint, "__required_keys__"):
        return isinstance(value, dict) and not _missing(cast("object", value), hint)
    if isinstance(origin, type):
        return isinstance(value, origin) and _items_fit(value, origin, parts, scope)
    if hint is float:
        return isinstance(value, int | float)
    return isinstance(value, hint) if isinstance(hint, type) else True


def _items_fit(value: Any, origin: type, parts: tuple[Any, ...], scope: dict[str, Any]) -> bool:
    import itertools
    from collections.abc import Collection, Mapping

    if not isinstance(value, Collection):
        return True
    some: list[Any] = list(itertools.islice(value, _SAMPLE))  # pyright: ignore[reportUnknownArgumentType]
    if issubclass(origin, Mapping):
        members: Any = value  # pyright: ignore[reportUnknownVariableType]
        return len(parts) != 2 or all(
            _fits(key, parts[0], scope) and _fits(members[key], parts[1], scope) for key in some
        )
    if origin is tuple and parts and parts[-1] is not ...:
        return len(some) == len(parts) and all(_fits(item, part, scope) for item, part in zip(some, parts, strict=True))
    if isinstance(value, str | bytes) and parts and parts[0] is not Any:
        # A text is no collection of texts, whatever Python thinks.
        return False
    return not parts or all(_fits(item, parts[0], scope) for item in some)
