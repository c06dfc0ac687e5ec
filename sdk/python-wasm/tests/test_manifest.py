"""Every name, signature, key and value of published releases is there; what differs is listed with its reason."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import legacy_api
import pytest
from conftest import shared

import panproto
import panproto_wasm
from panproto import MISSING, PanprotoError

HERE = Path(__file__).parent
EXPECTED: dict[str, dict[str, str]] = json.loads((HERE / "legacy_api.json").read_text(encoding="utf-8"))
REASONS: dict[str, str] = json.loads((HERE / "legacy_differences.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.smoke


def test_what_differs_is_listed_and_nothing_else() -> None:
    found = legacy_api.differences(EXPECTED, legacy_api.lines_of(panproto, EXPECTED))
    unlisted = {name: f"{wanted!r} is {ours!r}" for name, (wanted, ours) in found.items() if name not in REASONS}
    assert not unlisted
    assert not REASONS.keys() - found.keys(), "no longer different"
    assert all(len(reason) > 20 for reason in REASONS.values())


def test_all_121_names_are_exported() -> None:
    assert len(EXPECTED) == 121
    missing = [name for name in EXPECTED if name not in panproto.__all__]
    assert missing == []


def test_the_list_is_what_the_manifest_says() -> None:
    manifest = shared("reference/legacy_python_api.json")
    if manifest is None:
        pytest.skip("SKIPPED: ../shared/reference is not here")
    exports = json.loads(manifest.read_text(encoding="utf-8"))["exports"]
    assert legacy_api.lines_of_manifest(exports) == EXPECTED


def test_the_comparison_sees_what_differs() -> None:
    expected = {"A": {"()": "a, b=1"}, "B": {"keys": "x, y"}, "C": {"m()": "a", "p": "property"}}
    good = {"A": {"()": "a, b=1, *, c=2"}, "B": {"keys": "x, y"}, "C": {"m()": "a, wasm=None", "p": "property"}}
    assert legacy_api.differences(expected, good) == {}
    for name, aspect, text in (("A", "()", "b=1, a"), ("A", "()", "a, b=2"), ("A", "()", "a, b=1, c"),
                               ("B", "keys", "x"), ("C", "m()", "b")):  # fmt: skip
        wrong = {key: dict(lines) for key, lines in good.items()}
        wrong[name][aspect] = text
        assert list(legacy_api.differences(expected, wrong)) == [f"{name}.{aspect}"]
    assert list(legacy_api.differences(expected, {"A": {}, "B": good["B"]})) == ["A.()", "C"]


def test_what_is_not_available_says_so() -> None:
    pp = panproto.Panproto.load()
    for name in MISSING:
        home, _, method = name.partition(".")
        if home == "StalenessResult":
            # What a data set would answer with.
            continue
        use, arguments = getattr(panproto, home), 0
        if method:
            use, arguments = getattr(pp, method), len(EXPECTED[home][f"{method}()"].split(", "))
        with pytest.raises(PanprotoError) as caught:
            use(*[None] * arguments)
        assert caught.value.code == "not-available"
        assert caught.value.help


def test_the_tables_of_the_package_agree() -> None:
    source = Path(panproto_wasm.__file__).read_text(encoding="utf-8")
    imported: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            imported[node.module] = {alias.name for alias in node.names}
    assert {module: set(names.split()) for module, names in panproto_wasm._MODULES.items()} == imported
    every = {name for names in imported.values() for name in names} | {"chain", "__version__"}
    assert set(panproto_wasm.__all__) == every
    for name in panproto_wasm.__all__:
        assert getattr(panproto, name) is getattr(panproto_wasm, name)
    assert set(dir(panproto)) >= every
    with pytest.raises(AttributeError):
        panproto.nothing  # noqa: B018
