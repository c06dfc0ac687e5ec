"""Ways between versions: the cheapest route through the conversions that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Union

from ._arguments import all_explained
from ._session import Object, request
from .chain import Chain

if TYPE_CHECKING:
    from ._lens import Lens
    from ._migration import Migration

Conversion = Union["Lens", "Migration", Chain]


class Route(NamedTuple):
    """What a route costs, the versions that it passes, and which conversions it takes."""

    cost: float
    steps: tuple[str, ...]
    edges: tuple[int, ...]


@all_explained
class ConversionGraph:
    """Versions by name, and the conversions between them. Immutable: `add` gives a new one."""

    __slots__ = ("_edges",)

    def __init__(self, edges: tuple[tuple[dict[str, Any], Conversion | None], ...] = ()) -> None:
        self._edges = edges

    def add(
        self,
        source: str,
        target: str,
        conversion: Conversion | None = None,
        *,
        name: str | None = None,
        cost: float | None = None,
    ) -> ConversionGraph:
        """With a conversion from one version to another; its cost is its own, or the given one."""
        edge = {"source": source, "target": target, "name": name, "cost": cost}
        told: dict[str, Any] = {key: value for key, value in edge.items() if value is not None}
        if isinstance(conversion, Chain):
            told["chain"] = conversion.json
        elif conversion is not None:
            told[conversion.kind] = bytes.fromhex(conversion.digest)
        return ConversionGraph((*self._edges, (told, conversion)))

    def _ask(self, operation: str, source: str, target: str) -> Any:
        objects = [used for _, used in self._edges if isinstance(used, Object)]
        edges = [told for told, _ in self._edges]
        return request(operation, *objects, edges=edges, source=source, target=target)  # pyright: ignore

    def path(self, source: str, target: str) -> Route:
        """The cheapest route; `no-conversion-path` where there is none."""
        told = self._ask("graph.path", source, target)
        return Route(told["cost"], tuple(told["steps"]), tuple(told["edges"]))

    def distance(self, source: str, target: str) -> float:
        """What the cheapest route costs: infinite where none leads there."""
        return float(self._ask("graph.distance", source, target)["distance"])

    def lens(self, source: str, target: str) -> Lens:
        """The lens of the cheapest route."""
        from ._lens import Lens

        made: Lens = Lens._made(self._ask("graph.lens", source, target))  # pyright: ignore[reportPrivateUsage]
        return made

    def __len__(self) -> int:
        return len(self._edges)

    def __repr__(self) -> str:
        return f"<ConversionGraph: {len(self)} conversions>"
