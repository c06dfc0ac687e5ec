"""Migrations: found between two schemas, or declared; decided, or with questions."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Union, cast

from . import _values
from ._arguments import all_explained
from ._errors import PanprotoError, PanprotoMigrationError, PanprotoTypeCheckError, error, from_wire
from ._optional import package
from ._schema import Schema
from ._session import Object, request

if TYPE_CHECKING:
    from ._lens import Lens
    from ._proposals import Overlap, Proposals, Stringency

Declaration = Union[str, bytes, Mapping[str, Any]]

_FORMAT = "panproto migration 1"


class Candidate(NamedTuple):
    """A possible answer to a question."""

    answer: str
    score: float
    why: str


class Question(NamedTuple):
    """What a migration could not decide."""

    code: str
    path: str
    in_target: bool
    candidates: tuple[Candidate, ...]
    why: str
    help: str

    def __str__(self) -> str:
        options = ", ".join(f"`{candidate.answer}` ({candidate.score:.2f})" for candidate in self.candidates)
        return f"{self.code} `{self.path}`: {self.why}" + (f"; candidates: {options}" if options else "")


class MigrationChange(NamedTuple):
    """One step of a migration."""

    kind: str
    from_path: str | None
    to_path: str | None
    why: str
    score: float | None
    lossless: bool

    def __str__(self) -> str:
        match self.from_path, self.to_path:
            case None, to_path:
                place = f"`{to_path}`"
            case from_path, None:
                place = f"`{from_path}`"
            case from_path, to_path:
                place = f"`{from_path}` → `{to_path}`"
        return f"{self.kind} {place}" + (f" ({self.why})" if self.why else "")


@all_explained
class Migration(Object):
    """How records of one schema become records of another. Immutable, comparable, picklable."""

    __slots__ = ()
    kind = "migration"

    @classmethod
    def between(
        cls,
        old: Schema,
        new: Schema,
        *,
        hints: Mapping[str, str | None] | None = None,
        defaults: Mapping[str, Any] | None = None,
        source_defaults: Mapping[str, Any] | None = None,
        keys: Mapping[str, str] | None = None,
        trust: Sequence[str] | None = None,
        match: str | Sequence[str] | None = None,
        accept: str | float | None = None,
        old_root: str | None = None,
        new_root: str | None = None,
        hint_spec: str | Mapping[str, Any] | None = None,
    ) -> Migration:
        """The migration that names and hints decide, with questions for the rest.

        `hints` maps paths of the old schema to paths of the new one, or to `None` for what is gone; `defaults` gives
        values to new members, `source_defaults` to old ones on the way back; `keys` names the member that tells the
        items of a list apart. `hint_spec` gives the hints of published releases: `anchors`, `constraints`,
        `alias_clusters`, `stringency`.
        """
        request_of = options_of(
            hints=hints, defaults=defaults, source_defaults=source_defaults, keys=keys, trust=trust, match=match,
            accept=accept, old_root=old_root, new_root=new_root, hint_spec=hint_spec,
        )  # fmt: skip
        _expect_schema("old", old)
        _expect_schema("new", new)
        answer = request("migration.between", old, new, old=old._digest, new=new._digest, **request_of)
        made: Migration = cls._made(answer)
        return made

    @classmethod
    def explicit(
        cls,
        old: Schema,
        new: Schema,
        *,
        vertex_map: Mapping[str, str] | None = None,
        edge_map: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]] | None = None,
        mapping: str | Mapping[str, Any] | None = None,
    ) -> Migration:
        """The migration that maps the given vertices and edges, and nothing else.

        `mapping` gives the whole at once, in the shape of published releases: `vertex_map`, `edge_map`, `resolver`, ….
        """
        pairs = None if edge_map is None else [[dict(source), dict(target)] for source, target in edge_map]
        answer = request(
            "migration.explicit",
            old,
            new,
            old=old._digest,
            new=new._digest,
            vertex_map=None if vertex_map is None else dict(vertex_map),
            edge_map=pairs,
            mapping=mapping if mapping is None or isinstance(mapping, str) else _values.encode(dict(mapping)).decode(),
        )
        made: Migration = cls._made(answer)
        return made

    @classmethod
    def candidates(
        cls,
        old: Schema,
        new: Schema,
        *,
        top_n: int | None = None,
        stringency: Stringency | None = None,
        **options: Any,
    ) -> Proposals:
        """Ways to answer what names and hints leave open, best first; none is accepted.

        `options` are those of `between` but `accept`. The hints of a proposal accept it:

            best = Migration.candidates(old, new).candidates[0]
            migration = Migration.between(old, new, hints=best.hints)
        """
        from ._proposals import candidates

        _expect_schema("old", old)
        _expect_schema("new", new)
        return candidates(old, new, {**options_of(**options), "top_n": top_n, "stringency": stringency})

    @classmethod
    def span(
        cls,
        old: Schema,
        new: Schema,
        *,
        hints: Mapping[str, str | None] | None = None,
        hint_spec: str | Mapping[str, Any] | None = None,
    ) -> Overlap:
        """What of the old schema has a counterpart in the new one, by names and hints.

        `Migration.span(old, new).apex.fields()`
        """
        from ._proposals import span

        _expect_schema("old", old)
        _expect_schema("new", new)
        return span(old, new, options_of(hints=hints, hint_spec=hint_spec))

    @classmethod
    def compile(cls, declaration: Declaration) -> Migration:
        """The migration of a declaration: a mapping, or JSON or YAML text.

        `source` and `target` are schemas or documents; `fields` maps paths, or computes: `{"to": path, "expr": …}`;
        `defaults` gives values; further members are `computes`, `conditions`, `coercions`, `keys`, `trust`, `match`,
        `accept` and `roots`. A declaration that does not fit its schemas is a `PanprotoTypeCheckError`.
        """
        members = dict(_declared(declaration))
        language = members.pop("language", None)
        old, new = (_side(members, name, language) for name in ("source", "target"))
        text = _values.encode({name: value for name, value in members.items() if name not in ("source", "target")})
        try:
            told = request(
                "migration.declare",
                old,
                new,
                sources=(text,),
                old=old._digest,
                new=new._digest,
                declaration=text.decode(),
            )
            made: Migration = cls._made(told)
            if made.questions:
                made.lens()
        except PanprotoMigrationError as cause:
            raise _as_type_check(cause) from cause
        return made

    @property
    def decided(self) -> bool:
        """Whether there are no questions."""
        return bool(self._about["decided"])

    @property
    def lossless(self) -> bool:
        """Whether views tell everything that records do."""
        return bool(self._about["lossless"])

    @property
    def questions(self) -> tuple[Question, ...]:
        """What could not be decided; hints answer it."""
        return tuple(question(told) for told in self._about["questions"])

    @property
    def changes(self) -> tuple[MigrationChange, ...]:
        """The steps, renames as such."""
        return tuple(
            MigrationChange(told["kind"], told["from"], told["to"], told["why"], told["score"], told["lossless"])
            for told in self._about["changes"]
        )

    def mapping(self) -> Any:
        """The migration as a map between vertices and edges; `mapping-not-expressible` where it is more than that.

        `migration.mapping()["vertex_map"]`
        """
        return _values.decode_text(request("instance.mapping", self, migration=self._digest)["mapping"])

    def lens(self) -> Lens:
        """The lens. Raises `PanprotoMigrationError` with code `migration-undecided` while there are questions."""
        from ._lens import Lens

        made: Lens = Lens._made(request("lens.build", self, migration=self._digest))  # pyright: ignore[reportPrivateUsage]
        return made

    def then(self, other: Migration) -> Migration:
        """One migration that does what the two do in a row: also `first | second`.

        `migrations-not-fusable` where no single one does exactly that; then compose their lenses.
        """
        told = request("migration.compose", self, other, first=self._digest, second=other._digest)
        made: Migration = Migration._made(told)
        return made

    def __or__(self, other: object) -> Migration:
        if not isinstance(other, Migration):
            return NotImplemented
        return self.then(other)

    def invert(self) -> Migration:
        """The migration that undoes it; an error that names every loss where something is lost."""
        made: Migration = Migration._made(request("migration.invert", self, migration=self._digest))
        return made

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the migration to a file, whole or not at all; `Migration.load` reads it."""
        from ._files import write_file

        about = {name: self._about[name] for name in ("decided", "lossless", "questions", "changes")}
        document = {
            "format": _FORMAT,
            "digest": self.digest,
            **about,
            "bytes": base64.b64encode(self._bytes).decode(),
        }
        write_file(path, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Migration:
        """Reads a migration from a file that `save` wrote."""
        with open(os.fspath(path), "rb") as file:
            text = file.read()
        wrong = "the file holds no migration that this version knows"
        try:
            document: dict[str, Any] = json.loads(text)
            if document["format"] != _FORMAT:
                raise ValueError(wrong)
            content = base64.b64decode(document["bytes"], validate=True)
            about = {name: document[name] for name in ("decided", "lossless", "questions", "changes")}
            digest = bytes.fromhex(document["digest"])
        except (ValueError, KeyError, TypeError, RecursionError) as cause:
            raise error("parse", "migration-file", wrong, help="write it again with `Migration.save`") from cause
        told = request("define", kind="migration", bytes=content)
        if told["digest"] != digest:
            raise error("parse", "migration-file", "the file was damaged: its digest does not fit its content")
        made: Migration = cls._made({**about, "bytes": content, "digest": digest})
        return made

    def __str__(self) -> str:
        lines = [str(change) for change in self.changes] or ["nothing changes"]
        lines += [f"? {question}" for question in self.questions]
        lines.append("lossless" if self.lossless else "the complement keeps what the new schema cannot hold")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from ._html import migration

        return migration(self)

    def __repr__(self) -> str:
        state = "decided" if self.decided else f"{len(self.questions)} questions"
        return f"<Migration: {len(self.changes)} changes, {state}>"


def options_of(
    *,
    hints: Mapping[str, str | None] | None = None,
    defaults: Mapping[str, Any] | None = None,
    source_defaults: Mapping[str, Any] | None = None,
    keys: Mapping[str, str] | None = None,
    trust: Sequence[str] | None = None,
    match: str | Sequence[str] | None = None,
    accept: str | float | None = None,
    old_root: str | None = None,
    new_root: str | None = None,
    hint_spec: str | Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The options of `Migration.between` as the module wants them."""
    return {
        "hints": None if hints is None else dict(hints),
        "defaults": _texts(defaults, "defaults"),
        "source_defaults": _texts(source_defaults, "source_defaults"),
        "keys": None if keys is None else dict(keys),
        "trust": None if trust is None else list(trust),
        "match": match if match is None or isinstance(match, str) else list(match),
        "accept": accept if accept is None or isinstance(accept, str) else float(accept),
        "old_root": old_root,
        "new_root": new_root,
        "hint_spec": hint_spec if hint_spec is None or isinstance(hint_spec, str) else _spec_text(hint_spec),
    }


def question(told: Mapping[str, Any]) -> Question:
    """A question as the module tells it; those of chains come without candidates."""
    candidates = tuple(Candidate(**candidate) for candidate in told.get("candidates", ()))
    in_target = bool(told.get("in_target", True))
    return Question(told["code"], told["path"], in_target, candidates, told["why"], told.get("help", ""))


def _expect_schema(name: str, value: object) -> None:
    if not isinstance(value, Schema):
        raise error(
            "usage", "wrong-argument", f"`{name}` is a `{type(value).__name__}`, not a `Schema`",
            path=name, help="read it with `Schema.from_lexicon`, `Schema.from_json_schema` or `Schema.parse`",
        )  # fmt: skip


def _spec_text(spec: Mapping[str, Any]) -> str:
    return _values.encode(dict(spec)).decode()


def _texts(values: Mapping[str, Any] | None, name: str) -> dict[str, str] | None:
    if values is None:
        return None
    texts: dict[str, str] = {}
    for path, value in values.items():
        try:
            texts[path] = _values.encode(value).decode()
        except PanprotoError as wrong:
            wrong.path = f"{name}.{path}" + (f".{wrong.path}" if wrong.path else "")
            raise
    return texts


def _declared(declaration: Declaration) -> Mapping[str, Any]:
    if isinstance(declaration, Mapping):
        return declaration
    try:
        text = declaration if isinstance(declaration, str) else bytes(declaration).decode()
    except UnicodeDecodeError:
        raise error("parse", "text-encoding", "the declaration is not UTF-8", path="declaration") from None
    members: Any
    try:
        members = _values.decode_text(text)
    except json.JSONDecodeError as not_json:
        reader = package("yaml")
        if reader is None:
            raise _not_declared("JSON", not_json.msg, text, not_json.pos, "for YAML, install `pyyaml`") from None
        try:
            members = reader.safe_load(text)
        except RecursionError:
            raise error("limit", "limit-depth", "the declaration is nested too deeply") from None
        except reader.YAMLError as not_yaml:
            if text.lstrip().startswith("{"):
                raise _not_declared("JSON", not_json.msg, text, not_json.pos) from None
            mark: Any = getattr(not_yaml, "problem_mark", None)
            said: str = getattr(not_yaml, "problem", None) or str(not_yaml)
            raise _not_declared("YAML", said, text, getattr(mark, "index", None)) from None
    if not isinstance(members, Mapping):
        raise error("type-check", "type-mismatch", "a declaration is a mapping")
    return cast("Mapping[str, Any]", members)


def _not_declared(language: str, said: str, text: str, place: int | None, help: str | None = None) -> PanprotoError:
    """The error of a text that is no declaration; the place counts characters."""
    source = text.encode("utf-8", "replace")
    start = None if place is None else len(text[:place].encode("utf-8", "replace"))
    told = {
        "kind": "parse", "code": "declaration-syntax", "message": f"the declaration is not {language}: {said}",
        "help": help, "span": None if start is None else [start, min(start + 1, len(source))],
    }  # fmt: skip
    return from_wire(told, (source,))


def _side(members: Mapping[str, Any], name: str, language: Any) -> Schema:
    side = members.get(name)
    if isinstance(side, Schema):
        return side
    if side is None:
        raise error("type-check", "missing-member", f"the declaration lacks `{name}`", path=name)
    if language is None:
        documents: Any = [side] if isinstance(side, Mapping) else side
        several: Any = documents if isinstance(documents, list) else []  # pyright: ignore[reportUnknownVariableType]
        lexicons = bool(several) and all(
            isinstance(document, Mapping) and "lexicon" in document for document in several
        )
        language = "atproto" if lexicons else "json-schema"
    given: Any = side  # pyright: ignore[reportUnknownVariableType]
    return Schema.parse(str(language), given)


def _as_type_check(cause: PanprotoError) -> PanprotoTypeCheckError:
    made = PanprotoTypeCheckError(cause.message)
    made.__dict__.update(cause.__dict__)
    return made
