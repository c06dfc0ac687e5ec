"""Arguments of the wrong type: every public call names the one that is wrong, and nothing bare comes out."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, GeneratorType
from typing import Any

import pytest
from conftest import RECORD

import panproto
from panproto import Lens, Migration, PanprotoError, PanprotoInternalError, Protocol, Schema, Theory, chain
from panproto_wasm._arguments import all_explained, explained

pytestmark = pytest.mark.smoke

WRONG: tuple[Any, ...] = (None, 5, 1.5, "x", b"x", [], {}, object(), (1,), {"a": object()}, [object()])
# Their arguments are limits of the whole process, and a thread's.
LEFT_OUT = {"close", "set_limits", "set_hard_time_limit"}


@pytest.fixture(scope="module")
def things(old: Schema, new: Schema, lens: Lens) -> dict[str, Any]:
    """One object of each public class, by its name."""
    pp = panproto.Panproto.load()
    chained = chain.rename_field("", "text", "body")
    diff = old.diff(new)
    made: list[Any] = [
        pp, old, lens, Protocol.load("atproto"), diff, diff.verdict(), chained, Migration.between(old, new),
        pp.lens(old, old), pp.protocol("atproto").schema(), pp.migration(old, new), pp.io(),
        panproto.ProtolensChainHandle(chained), panproto.ConversionGraph(), panproto.SymmetricLens.between(old, new),
        panproto.SchemaEnrichment(old), panproto.Expression("1 + 2"), Theory.builtin("ThGraph"),
        panproto.TheoryBuilder("T"), panproto.Instance.from_json(old, RECORD), old.fields()[0],
    ]  # fmt: skip
    found = {type(one).__name__: one for one in made}
    return {**found, "Schema": old, "BuiltSchema": found.get("BuiltSchema", old)}


def callables(things: dict[str, Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    modules: list[tuple[str, Any, list[str]]] = [("", panproto, panproto.__all__), ("chain.", chain, chain.__all__)]
    for prefix, module, names in modules:
        for name in names:
            found = getattr(module, name)
            if inspect.isfunction(found) and name not in LEFT_OUT:
                yield prefix + name, found
            elif inspect.isclass(found) and not issubclass(found, BaseException | dict):
                yield prefix + name, found
                for method, member in sorted(vars(found).items()):
                    if method.startswith("_") or method in LEFT_OUT or method.endswith("_async"):
                        continue
                    if isinstance(member, classmethod | staticmethod):
                        yield f"{name}.{method}", getattr(found, method)
                    elif isinstance(member, FunctionType) and type(things.get(name)) is found:
                        yield f"{name}.{method}", getattr(things[name], method)


def fitting(parameter: inspect.Parameter, things: dict[str, Any]) -> Any:
    """Something of about the right type."""
    kind = str(parameter.annotation).strip("'").partition(" |")[0].partition("[")[0]
    if kind in things:
        return things[kind]
    values: dict[str, Any] = {"bytes": b"{}", "str": "x", "int": 1, "bool": True, "Mapping": {}, "dict": {}}
    return values.get(kind, [] if kind in ("Iterable", "Sequence", "list", "tuple") else RECORD)


def calls(function: Callable[..., Any], things: dict[str, Any]) -> Iterator[tuple[str, Any, list[Any], dict[str, Any]]]:
    """With one wrong argument each."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:
        return
    wanted = [one for one in parameters if one.default is one.empty]
    positional = [one for one in wanted if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    named = {one.name: fitting(one, things) for one in wanted if one.kind is one.KEYWORD_ONLY}
    for parameter in parameters:
        for value in WRONG:
            given = [fitting(one, things) for one in positional]
            if parameter in positional:
                given[positional.index(parameter)] = value
                yield parameter.name, value, given, named
            elif parameter.kind is parameter.VAR_POSITIONAL:
                yield parameter.name, value, [*given, value], named
            elif parameter.kind is not parameter.VAR_KEYWORD:
                yield parameter.name, value, given, {**named, parameter.name: value}


def test_every_public_call_with_every_wrong_argument(
    things: dict[str, Any], lens: Lens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Some of them write files.
    monkeypatch.chdir(tmp_path)
    bare: list[str] = []
    tried = coded = 0
    for label, function in callables(things):
        for name, value, given, named in calls(function, things):
            tried += 1
            try:
                answer = function(*given, **named)
                if isinstance(answer, GeneratorType):
                    list(answer)
            except PanprotoError as failure:
                coded += 1
                if not failure.code or isinstance(failure, PanprotoInternalError):
                    bare.append(f"{label}({name}={value!r}): {failure!r}")
            except FileNotFoundError:
                # A text is a path.
                pass
            except Exception as failure:
                bare.append(f"{label}({name}={value!r}): {failure!r}")
    assert not bare, "\n".join(bare)
    assert tried > 5000
    assert coded > 2000
    assert lens.lift(RECORD)["body"] == "hello"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda old, lens: chain.rename_field("", "a", "b").lens("schema"), "schema"),
        (lambda old, lens: Schema.parse(5, "{}"), "language"),
        (lambda old, lens: Migration.between(old, old, hints="text"), "hints"),
        (lambda old, lens: Migration.between("old", old), "old"),
        (lambda old, lens: old.diff(None), "new"),
        (lambda old, lens: lens.put({}, 5), "complement"),
        (lambda old, lens: lens.put({}, "text"), "complement"),
        (lambda old, lens: lens.put_ndjson(b"", None), "complements"),
        (lambda old, lens: lens.convert(5), "records"),
        (lambda old, lens: lens.convert([], on_error=[]), "on_error"),
        (lambda old, lens: lens.convert([], errors=5), "errors"),
        (lambda old, lens: lens.convert_async(5), "records"),
        (lambda old, lens: lens.convert_async([], on_error=[]), "on_error"),
        (lambda old, lens: asyncio.run(lens.convert_file_async(5)), "source"),
        (lambda old, lens: asyncio.run(lens.convert_file_async(b"", direction=[])), "direction"),
        (lambda old, lens: lens.then("other"), "other"),
        (lambda old, lens: Migration.load(5), "path"),
        (lambda old, lens: Theory.create({}, registry=["T"]), "registry"),
        (lambda old, lens: panproto.Panproto.load().migration(old, old).map_edge({}, {}), "src_edge"),
    ],
)  # fmt: skip
def test_the_wrong_argument_is_named(old: Schema, lens: Lens, call: Callable[..., Any], path: str) -> None:
    with pytest.raises(PanprotoError) as caught:
        call(old, lens)
    assert (caught.value.code, caught.value.path) == ("wrong-argument", path)
    assert caught.value.help


def test_failures_of_the_callers_own_pass() -> None:
    class Broken(dict[str, Any]):
        def items(self) -> Any:
            raise AttributeError("mine")

        keys = __iter__ = items

    @explained
    def call(values: dict[str, int], names: list[str] | None = None) -> list[Any]:
        return [value.bit_length() for value in dict(values).values()] + [name.upper() for name in names or ()]

    with pytest.raises(AttributeError, match="mine"):
        call(Broken(a=1))
    with pytest.raises(TypeError, match="positional"):
        call()  # type: ignore[call-arg]
    for wrong, path in ((({"a": "b"},), "values"), (({}, [1]), "names"), (({}, 5), "names")):
        with pytest.raises(PanprotoError) as caught:
            call(*wrong)  # type: ignore[arg-type]
        assert caught.value.path == path
    assert call({"a": 5}, ["x"]) == [3, "X"]
    assert inspect.signature(call).parameters.keys() == {"values", "names"}

    @all_explained
    class Kind:
        @classmethod
        def of(cls, text: str) -> str:
            return text.upper()

    with pytest.raises(PanprotoError):
        Kind.of(5)  # type: ignore[arg-type]
    assert Kind.of("a") == "A"
