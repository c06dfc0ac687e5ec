"""Values: what their members say, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar


class Frozen:
    """Base of small values: immutable, comparable, hashable, picklable, usable in `match`.

    `__match_args__` names the members that make the value; `__slots__` may hold more.
    """

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def _fill(self, **members: object) -> None:
        for name, value in members.items():
            object.__setattr__(self, name, value)

    def _members(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"`{type(self).__name__}` is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"`{type(self).__name__}` is immutable")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._members() == other._members()

    def __hash__(self) -> int:
        return hash((type(self).__name__, hashable(self._members())))

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({members})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._members()

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: object) -> Any:
        return self


class FrozenMap(Mapping[str, Any]):
    """A mapping that never changes and that has a hash."""

    __slots__ = ("_members",)

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = dict(members)

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __hash__(self) -> int:
        return hash(hashable(self._members))

    def __repr__(self) -> str:
        return repr(self._members)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._members,)


def hashable(value: Any) -> Any:
    """Something with a hash that is equal where the values are equal."""
    if isinstance(value, Mapping):
        members: Any = value  # pyright: ignore[reportUnknownVariableType]
        return frozenset((key, hashable(member)) for key, member in members.items())
    if isinstance(value, list | tuple):
        items: Any = value  # pyright: ignore[reportUnknownVariableType]
        return tuple(hashable(item) for item in items)
    return value
