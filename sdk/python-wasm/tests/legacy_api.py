"""The interface of published releases as short lines: names, signatures, keys, members, values.

`lines_of_manifest` reads them from the manifest that was made by looking at 0.13.0, `lines_of` from a package; both
give `{name: {aspect: text}}`. `legacy_api.json` is what the former gives.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import typing
from types import ModuleType
from typing import Any

# What a class of any kind has, and what the module behind published releases was wrapped in.
_COMMON = {
    "__init__", "__enter__", "__exit__", "__eq__", "__hash__", "__repr__", "__setstate__", "wasm_handle", "wasm_module",
}  # fmt: skip
_MARKS = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}


def lines_of_manifest(exports: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The lines of a manifest."""
    return {name: _of_entry(entry) for name, entry in sorted(exports.items())}


def _of_entry(entry: dict[str, Any]) -> dict[str, str]:
    kind = entry["kind"]
    if kind == "constant":
        return {"value": repr(ast.literal_eval(entry["value"]))}
    if kind == "type_alias":
        return {"alias": _alias(entry["value"])}
    if kind == "typed_dict":
        return {"keys": ", ".join(sorted(entry["fields"]))}
    if kind == "function":
        return {"()": _signature(entry["params"])}
    lines = {"()": _signature(entry["init"]["params"])}
    if "dataclass" in entry:
        lines["fields"] = ", ".join(field["name"] for field in entry["dataclass"]["fields"])
        lines["match"] = ", ".join(field["name"] for field in entry["dataclass"]["fields"])
    if kind == "exception":
        lines["bases"] = ", ".join(base.rpartition(".")[2] for base in entry["bases"])
        lines["attributes"] = ", ".join(sorted(entry["slots"]))
    for name, method in entry["methods"].items():
        if name not in _COMMON:
            lines[f"{name}()"] = _signature(method["params"])
        elif name in ("__enter__", "__exit__"):
            lines[name] = "context manager"
    for name in entry["properties"]:
        if name not in _COMMON:
            lines[name] = "property"
    return lines


def _signature(parameters: list[dict[str, Any]]) -> str:
    shown: list[str] = []
    is_keyword = False
    for parameter in parameters:
        if parameter["name"] in ("self", "cls"):
            continue
        if parameter["kind"] == "KEYWORD_ONLY" and not is_keyword:
            shown.append("*")
            is_keyword = True
        default = f"={parameter['default']}" if parameter["has_default"] else ""
        shown.append(f"{_MARKS.get(parameter['kind'], '')}{parameter['name']}{default}")
    return ", ".join(shown)


def _alias(text: str) -> str:
    """Literals by their values, unions by their names."""
    if text.startswith("typing.Literal["):
        return ", ".join(ast.literal_eval(text.removeprefix("typing.Literal")))
    return ", ".join(sorted(part.strip().partition("[")[0].rpartition(".")[2] for part in text.split(" | ")))


def lines_of(package: ModuleType, expected: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """The same lines of a package, as far as they are expected."""
    found: dict[str, dict[str, str]] = {}
    for name, lines in expected.items():
        value = getattr(package, name, None)
        if name in package.__all__ and value is not None:
            found[name] = {aspect: text for aspect in lines if (text := _look(value, aspect)) is not None}
    return found


def _look(value: Any, aspect: str) -> str | None:
    if aspect == "value":
        return repr(value)
    if aspect == "alias":
        return _members(value)
    if aspect == "keys":
        return ", ".join(sorted(typing.get_type_hints(value)))
    if aspect == "()":
        return _found_signature(value.__init__ if inspect.isclass(value) else value)
    if aspect == "fields":
        return ", ".join(field.name for field in dataclasses.fields(value)) if dataclasses.is_dataclass(value) else None
    if aspect == "match":
        return ", ".join(value.__match_args__)
    if aspect == "bases":
        return ", ".join(base.__name__ for base in value.__bases__)
    if aspect == "attributes":
        return ", ".join(sorted(inspect.get_annotations(value).keys() & {"message", "errors", "report"}))
    if aspect in ("__enter__", "__exit__"):
        return "context manager" if hasattr(value, aspect) else None
    member = inspect.getattr_static(value, aspect.removesuffix("()"), None)
    if member is None:
        return None
    if aspect.endswith("()"):
        return _found_signature(getattr(value, aspect.removesuffix("()")))
    return "property" if isinstance(member, property) or inspect.isdatadescriptor(member) else None


def _members(alias: Any) -> str:
    arguments = typing.get_args(alias)
    if typing.get_origin(alias) is typing.Literal:
        return ", ".join(arguments)
    return ", ".join(sorted("None" if one is type(None) else getattr(one, "__name__", repr(one)) for one in arguments))


def _found_signature(function: Any) -> str:
    parameters = [
        {
            "name": parameter.name,
            "kind": parameter.kind.name,
            "has_default": parameter.default is not parameter.empty,
            "default": repr(parameter.default),
        }
        for parameter in inspect.signature(function).parameters.values()
    ]
    return _signature(parameters)


def differences(expected: dict[str, dict[str, str]], found: dict[str, dict[str, str]]) -> dict[str, tuple[str, str]]:
    """Where the lines differ; more parameters behind the expected ones, if they may be left out, are no difference."""
    told: dict[str, tuple[str, str]] = {}
    for name, lines in expected.items():
        if name not in found:
            told[name] = ("exported", "missing")
            continue
        for aspect, text in lines.items():
            ours = found[name].get(aspect)
            if ours is None:
                told[f"{name}.{aspect}"] = (text, "missing")
            elif ours != text and not (aspect.endswith("()") and _extends(text, ours)):
                told[f"{name}.{aspect}"] = (text, ours)
    return told


def _extends(text: str, ours: str) -> bool:
    """Whether calls that fit `text` fit `ours`, where `wasm` is optional and ignored."""
    wanted, given = ([part for part in side.split(", ") if part] for side in (text, ours))
    given = ["wasm" if part == "wasm=None" else part for part in given]
    same = [part if "=" in want else part.partition("=")[0] for part, want in zip(given, wanted, strict=False)]
    if same != wanted:
        return False
    more = given[len(wanted) :]
    at_keywords = False
    for part in more:
        at_keywords = at_keywords or part == "*"
        if part not in ("*", "wasm") and "=" not in part and not part.startswith("*"):
            return False
    return True
