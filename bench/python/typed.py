"""The three workloads over msgspec: classes for both versions, as its documentation recommends for speed."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Author(msgspec.Struct):
    did: str
    handle: str
    displayName: str


class Facet(msgspec.Struct):
    byteStart: int
    byteEnd: int
    uri: str


class Image(msgspec.Struct):
    alt: str
    cid: str
    mimeType: str
    width: int
    height: int


class Stats(msgspec.Struct):
    likeCount: int


class Post1(msgspec.Struct):
    type: str = msgspec.field(name="$type")
    text: str
    createdAt: str
    langs: list[str]
    tags: list[str]
    stats: Stats
    sensitive: bool
    author: Author
    facets: list[Facet]
    images: list[Image]


class Post2(msgspec.Struct):
    type: str = msgspec.field(name="$type")
    langs: list[str]
    tags: list[str]
    author: Author
    facets: list[Facet]
    images: list[Image]
    body: str
    publishedAt: str
    visibility: str
    likeCount: int


class Item1(msgspec.Struct):
    key: str
    value: int
    flag: bool
    note: str


class Item2(msgspec.Struct):
    key: str
    note: str
    amount: int


class Deep1(msgspec.Struct):
    title: str
    rev: int
    items: list[Item1]


class Deep2(msgspec.Struct):
    heading: str
    items: list[Item2]


_KINDS = (str, int, bool)
_FIELDS = {f"f{k:02}": _KINDS[k % 3] for k in range(50)}
_RENAMED = {"f00": "g00", "f03": "g03"}
Wide1 = msgspec.defstruct("Wide1", list(_FIELDS.items()))
_LATER = {_RENAMED.get(name, name): kind for name, kind in _FIELDS.items() if name != "f02"}
Wide2 = msgspec.defstruct("Wide2", [*_LATER.items(), ("extra", str)])


def _post() -> Callable[[bytes], bytes]:
    decode, encode = msgspec.json.Decoder(Post1).decode, msgspec.json.Encoder().encode

    def convert(line: bytes) -> bytes:
        old = decode(line)
        return encode(
            Post2(
                type=old.type,
                langs=old.langs,
                tags=old.tags,
                author=old.author,
                facets=old.facets,
                images=old.images,
                body=old.text,
                publishedAt=old.createdAt,
                visibility="public",
                likeCount=old.stats.likeCount,
            )
        )

    return convert


def _wide() -> Callable[[bytes], bytes]:
    decode, encode = msgspec.json.Decoder(Wide1).decode, msgspec.json.Encoder().encode
    names = [name for name in _FIELDS if name != "f02"]

    def convert(line: bytes) -> bytes:
        old = decode(line)
        return encode(Wide2(*[getattr(old, name) for name in names], "x"))

    return convert


def _deep() -> Callable[[bytes], bytes]:
    decode, encode = msgspec.json.Decoder(Deep1).decode, msgspec.json.Encoder().encode

    def convert(line: bytes) -> bytes:
        old = decode(line)
        return encode(Deep2(old.title, [Item2(item.key, item.note, item.value) for item in old.items]))

    return convert


CONVERTS: dict[str, Callable[[bytes], bytes]] = {"w1": _post(), "w2": _wide(), "w3": _deep()}
