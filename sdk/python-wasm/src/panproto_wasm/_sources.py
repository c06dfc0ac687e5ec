"""Schemas as people keep them: files, folders of files, and what git has of both."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, NamedTuple

from . import _values
from ._errors import PanprotoError, error
from ._schema import Schema

SUFFIXES = (".json",)


class Text(NamedTuple):
    """A document: what it is called in reports, and its bytes."""

    name: str
    content: bytes


def read(place: str) -> list[Text]:
    """The documents of a file, of a folder (in order of their paths), of `git:REF:PATH`, or of standard input (`-`)."""
    if place == "-":
        return [Text(place, standard("stdin").buffer.read())]
    if place.startswith("git:"):
        ref, _, path = place[4:].partition(":")
        return read_git(ref, path or ".")
    if not os.path.isdir(place):
        with open(place, "rb") as file:
            return [Text(place, file.read())]
    found: list[Text] = []
    for folder, folders, files in os.walk(place):
        folders.sort()
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in sorted(files):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found.append(Text(path, file.read()))
    if not found:
        raise error(
            "usage", "no-documents", f"there are no documents in `{place}`", help="name files that end in .json"
        )
    return found


def standard(name: str) -> Any:
    """`sys.stdin` or `sys.stdout`, which are nothing where the caller closed them."""
    stream: Any = getattr(sys, name)
    if stream is None:
        raise error("usage", "closed", f"`{name}` is closed", help="name a file")
    return stream


def read_git(ref: str, place: str) -> list[Text]:
    """The documents of a file or folder as a commit has them; none where it does not have it."""
    # The commit first: what begins with a dash must not be an option.
    commit = _git(place, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").decode().strip()
    folder, name = _split(place)
    listed = _git(place, "ls-tree", "-r", "-z", "--name-only", commit, "--", f"./{name}")
    found: list[Text] = []
    for entry in listed.split(b"\0"):
        path = os.fsdecode(entry)
        if path and (path == name or path.endswith(SUFFIXES)):
            content = _git(place, "cat-file", "blob", f"{commit}:./{path}")
            found.append(Text(os.path.normpath(os.path.join(folder, path)), content))
    return sorted(found)


def _split(place: str) -> tuple[str, str]:
    if os.path.isdir(place):
        return place, "."
    return os.path.dirname(place) or ".", os.path.basename(place)


def _git(place: str, *arguments: str) -> bytes:
    folder, _ = _split(place)
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        missing = "git" if os.path.isdir(folder) else folder
        raise error("usage", "git-failed", f"`{missing}` is not there") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip() or f"it knows no `{arguments[-1]}`"
        raise error("usage", "git-failed", f"git: {said}")
    return done.stdout


def language_of(texts: list[Text]) -> str:
    """`atproto` where every document is a Lexicon, `json-schema` where none is."""
    others = [text.name for text in texts if not _id_of(text)]
    if others and len(others) < len(texts):
        # Read as JSON Schemas, Lexicons would say nothing.
        raise error(
            "usage", "mixed-languages", f"`{others[0]}` is no Lexicon, and others are", path=others[0],
            help="name the folder or the files of one language, or say which with --language",
        )  # fmt: skip
    return "atproto" if texts and not others else "json-schema"


def _id_of(text: Text) -> str | None:
    """The NSID of a Lexicon."""
    try:
        value: Any = _values.decode(text.content.removeprefix(b"\xef\xbb\xbf"))
    except (PanprotoError, ValueError):
        return None
    if isinstance(value, dict) and "lexicon" in value:
        id: object = value.get("id")  # pyright: ignore
        return id if isinstance(id, str) else None
    return None


class Bundle:
    """Documents that are read together, and which of them a path belongs to."""

    def __init__(self, texts: list[Text], language: str | None, name: str | None = None) -> None:
        self.language = language or language_of(texts)
        self.name = name or texts[0].name
        self.texts = texts
        self._ids = {id: text.name for text in texts if (id := _id_of(text))} if self.language == "atproto" else {}

    def schema(self) -> Schema:
        """The schema of all of them. An error says in which document it is."""
        try:
            return Schema.parse(self.language, [text.content for text in self.texts])
        except PanprotoError as wrong:
            at = wrong.document if wrong.document is not None else 0
            if at < len(self.texts):
                notes: list[str] = wrong.__dict__.setdefault("__notes__", [])
                notes.insert(0, f"in {self.texts[at].name}")
            raise

    def main(self, other: Bundle) -> str:
        """The document that paths without an id lie in when the two are compared: the main one of the other bundle
        where this one has it, else its own.
        """
        return self._ids.get(next(iter(other._ids), ""), self.texts[0].name)

    def file_of(self, path: str, main: str) -> str:
        """The document that a path of a finding belongs to."""
        id = path.partition("#")[0]
        while id:
            if id in self._ids:
                return self._ids[id]
            id = id.rpartition(".")[0]
        return main


def bundle(place: str, language: str | None) -> Bundle:
    """The documents of a place, as one bundle."""
    return Bundle(read(place), language)


def load(place: str, language: str | None) -> Schema:
    """The schema of a place."""
    return bundle(place, language).schema()


class Pair(NamedTuple):
    """Two versions that are compared with each other."""

    old: Bundle
    new: Bundle


class Compared(NamedTuple):
    """The pairs, and the names of what stands on one side only."""

    pairs: list[Pair]
    gone: list[str]
    come: list[str]


def compared(old: list[Text], new: list[Text], names: tuple[str, str], language: str | None) -> Compared:
    """Lexicons are one bundle, since they refer to each other; other documents are compared file by file."""
    kind = language or language_of([*old, *new])
    if not old or not new:
        return Compared([], [text.name for text in old], [text.name for text in new])
    if kind == "atproto" or (len(old) == 1 and len(new) == 1):
        return Compared([Pair(Bundle(old, kind, names[0]), Bundle(new, kind, names[1]))], [], [])
    roots = [_root(name) for name in names]
    before = {os.path.relpath(text.name, roots[0]): text for text in old}
    after = {os.path.relpath(text.name, roots[1]): text for text in new}
    both = sorted(before.keys() & after.keys())
    if not both:
        # Silence would say that nothing breaks.
        raise error(
            "usage", "nothing-to-compare", f"`{names[0]}` and `{names[1]}` have no document of one name",
            help="compare two files, or two folders whose documents have the same names",
        )  # fmt: skip
    return Compared(
        [Pair(Bundle([before[name]], kind), Bundle([after[name]], kind)) for name in both],
        [before[name].name for name in sorted(before.keys() - after.keys())],
        [after[name].name for name in sorted(after.keys() - before.keys())],
    )


def _root(place: str) -> str:
    """The folder that the names of documents are told from."""
    if place.startswith("git:"):
        return place[4:].partition(":")[2] or "."
    return place
