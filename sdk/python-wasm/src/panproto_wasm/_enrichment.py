"""Expressions that a schema carries: defaults, coercions, mergers, policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._arguments import all_explained
from ._expr import strategy_to_wire, wire_of
from ._session import request

if TYPE_CHECKING:
    from ._builder import BuiltSchema
    from ._types import EnrichmentSummary
    from ._types_expr import ConflictStrategy, Expr


@all_explained
class SchemaEnrichment:
    """Collects what a schema shall carry. Every step gives a new object; the schema stays as it was."""

    __slots__ = ("_coercions", "_defaults", "_mergers", "_policies", "_schema")

    def __init__(
        self,
        schema: BuiltSchema,
        defaults: Sequence[tuple[str, Expr]] | None = None,
        coercions: Sequence[tuple[str, str, Expr]] | None = None,
        mergers: Sequence[tuple[str, Expr]] | None = None,
        policies: Sequence[tuple[str, ConflictStrategy]] | None = None,
    ) -> None:
        self._schema = schema
        self._defaults = tuple(defaults or ())
        self._coercions = tuple(coercions or ())
        self._mergers = tuple(mergers or ())
        self._policies = tuple(policies or ())

    def _with(self, **changed: Any) -> SchemaEnrichment:
        parts: dict[str, Any] = {
            "defaults": self._defaults,
            "coercions": self._coercions,
            "mergers": self._mergers,
            "policies": self._policies,
            **changed,
        }
        return SchemaEnrichment(self._schema, **parts)

    def add_default(self, vertex: str, expr: Expr) -> SchemaEnrichment:
        """Gives a vertex a default value."""
        return self._with(defaults=(*self._defaults, (vertex, expr)))

    def add_coercion(self, from_kind: str, to_kind: str, expr: Expr) -> SchemaEnrichment:
        """Says how values of one kind become values of another."""
        return self._with(coercions=(*self._coercions, (from_kind, to_kind, expr)))

    def add_merger(self, vertex: str, expr: Expr) -> SchemaEnrichment:
        """Says how several values become one."""
        return self._with(mergers=(*self._mergers, (vertex, expr)))

    def add_policy(self, vertex: str, strategy: ConflictStrategy) -> SchemaEnrichment:
        """Says which of two values holds."""
        return self._with(policies=(*self._policies, (vertex, strategy)))

    def remove_default(self, vertex: str) -> SchemaEnrichment:
        """Without the defaults of a vertex."""
        return self._with(defaults=tuple(one for one in self._defaults if one[0] != vertex))

    def remove_coercion(self, from_kind: str, to_kind: str) -> SchemaEnrichment:
        """Without the coercions between two kinds."""
        return self._with(coercions=tuple(one for one in self._coercions if one[:2] != (from_kind, to_kind)))

    def list_enrichments(self) -> EnrichmentSummary:
        """What was collected."""
        return {
            "defaults": [{"vertex": vertex, "expr": expr} for vertex, expr in self._defaults],
            "coercions": [
                {"from": from_kind, "to": to_kind, "expr": expr} for from_kind, to_kind, expr in self._coercions
            ],
            "mergers": [{"vertex": vertex, "expr": expr} for vertex, expr in self._mergers],
            "policies": [{"vertex": vertex, "strategy": strategy} for vertex, strategy in self._policies],
        }

    def build(self) -> BuiltSchema:
        """The schema with what was collected: migrations between schemas use it."""
        from ._builder import BuiltSchema

        told = request(
            "schema.enrich",
            self._schema,
            schema=bytes.fromhex(self._schema.digest),
            defaults={vertex: wire_of(expr) for vertex, expr in self._defaults} or None,
            mergers={vertex: wire_of(expr) for vertex, expr in self._mergers} or None,
            policies={vertex: strategy_to_wire(strategy) for vertex, strategy in self._policies} or None,
            coercions=[
                {"from": from_kind, "to": to_kind, "forward": wire_of(expr)}
                for from_kind, to_kind, expr in self._coercions
            ]
            or None,
        )
        made: BuiltSchema = BuiltSchema._made(told)  # pyright: ignore[reportPrivateUsage]
        return made

    def __repr__(self) -> str:
        counts = (len(self._defaults), len(self._coercions), len(self._mergers), len(self._policies))
        return "<SchemaEnrichment: {} defaults, {} coercions, {} mergers, {} policies>".format(*counts)
