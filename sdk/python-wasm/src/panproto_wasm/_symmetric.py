"""Symmetric lenses: two schemas, each of which knows things that the other does not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._arguments import all_explained
from ._frozen import Frozen
from ._lens import Lens
from ._lines import opened
from ._migration import options_of
from ._schema import Schema
from ._session import closed, request
from ._values import decode

if sys.version_info >= (3, 11):
    from typing import NamedTuple
else:
    # The one of 3.10 cannot be generic.
    from typing_extensions import NamedTuple

if TYPE_CHECKING:
    from ._types import GetResult

R = TypeVar("R")


class Synced(NamedTuple, Generic[R]):
    """The other side's record, and what both sides have to remember."""

    record: R
    state: bytes


@all_explained
class SymmetricLens(Frozen):
    """Two schemas as two lenses onto what they share. Immutable, picklable.

    `to_right` takes a left record and gives the right one that agrees with it, and keeps what only the right one has;
    `to_left` the other way. The state that one gives goes into the next.
    """

    __slots__ = ("left", "overlap", "right", "unshared_left", "unshared_right")
    __match_args__ = ("left", "right", "overlap", "unshared_left", "unshared_right")

    left: Lens
    right: Lens
    overlap: Schema
    unshared_left: tuple[str, ...]
    unshared_right: tuple[str, ...]

    def __init__(
        self,
        left: Lens,
        right: Lens,
        overlap: Schema,
        unshared_left: tuple[str, ...] = (),
        unshared_right: tuple[str, ...] = (),
    ) -> None:
        self._fill(left=left, right=right, overlap=overlap, unshared_left=unshared_left, unshared_right=unshared_right)

    @classmethod
    def between(cls, left: Schema, right: Schema, **options: Any) -> SymmetricLens:
        """The symmetric lens of two schemas: names and hints say what they share; options as `Migration.between`."""
        arguments = options_of(**options)
        arguments["left_root"], arguments["right_root"] = arguments.pop("old_root"), arguments.pop("new_root")
        told = request(
            "symmetric.lens",
            left,
            right,
            left=bytes.fromhex(left.digest),
            right=bytes.fromhex(right.digest),
            **arguments,
        )
        return cls(
            Lens._made(told["left"]),  # pyright: ignore[reportPrivateUsage]
            Lens._made(told["right"]),  # pyright: ignore[reportPrivateUsage]
            Schema._made(told["overlap"]),  # pyright: ignore[reportPrivateUsage]
            tuple(told["unshared"]["left"]),
            tuple(told["unshared"]["right"]),
        )

    def to_right(self, record: R, *, other: Any = None, state: bytes | None = None) -> Synced[R]:
        """The right record of a left one; `other` is the right record as it is."""
        return self._sync("left-to-right", record, other, state)

    def to_left(self, record: R, *, other: Any = None, state: bytes | None = None) -> Synced[R]:
        """The left record of a right one; `other` is the left record as it is."""
        return self._sync("right-to-left", record, other, state)

    def _sync(self, direction: str, record: Any, other: Any, state: bytes | None) -> Synced[Any]:
        data, back = opened(record)
        told = request(
            "symmetric.sync",
            self.left,
            self.right,
            sources=(data,),
            left=bytes.fromhex(self.left.digest),
            right=bytes.fromhex(self.right.digest),
            direction=direction,
            record=data,
            other=None if other is None else opened(other)[0],
            state=state or None,
        )
        made: Any = told["record"]
        return Synced(back(made if isinstance(made, bytes) else made.encode()), told["state"])

    def __repr__(self) -> str:
        return f"<SymmetricLens onto {self.overlap!r}>"


@all_explained
class SymmetricLensHandle:
    """A symmetric lens with the documented results of published releases. `handle.symmetric` is the new object."""

    __slots__ = ("_closed", "_symmetric")

    def __init__(self, symmetric: SymmetricLens) -> None:
        self._symmetric = symmetric
        self._closed = False

    @classmethod
    def from_schemas(cls, schema1: Schema, schema2: Schema, wasm: object = None) -> SymmetricLensHandle:
        """The symmetric lens of two schemas."""
        return cls(SymmetricLens.between(schema1, schema2))

    @property
    def symmetric(self) -> SymmetricLens:
        """The new object behind this one."""
        if self._closed:
            raise closed("symmetric lens")
        return self._symmetric

    def sync_left_to_right(self, left_view: bytes, left_complement: bytes) -> GetResult:
        """The right record of a left one; the complement is what the last call gave, at first nothing."""
        return _result(self.symmetric.to_right(opened(left_view)[0], state=left_complement))

    def sync_right_to_left(self, right_view: bytes, right_complement: bytes) -> GetResult:
        """The left record of a right one; the complement is what the last call gave, at first nothing."""
        return _result(self.symmetric.to_left(opened(right_view)[0], state=right_complement))

    def close(self) -> None:
        """Ends the use of this object. Closing twice is fine."""
        self._closed = True

    def __enter__(self) -> SymmetricLensHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<SymmetricLensHandle{' closed' if self._closed else ''}>"


def _result(synced: Synced[bytes]) -> GetResult:
    return {"view": decode(synced.record), "complement": synced.state}
