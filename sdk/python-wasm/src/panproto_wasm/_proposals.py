"""Ways to answer what a migration leaves open, and what two schemas share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ._session import request

if TYPE_CHECKING:
    from ._schema import Schema

Stringency = Literal["strict", "balanced", "lenient", "exploratory"]


class ProposedStep(NamedTuple):
    """One step of a proposed migration, and where it comes from."""

    kind: str
    from_path: str | None
    to_path: str | None
    explanation: str
    confidence: float
    strategy: str


class Proposal(NamedTuple):
    """A way to answer what is open: `hints` are those that accept it, `open` the questions that stay."""

    hints: Mapping[str, str | None]
    quality: float
    coverage: float
    score: float
    decided: bool
    open: tuple[tuple[str, str], ...]
    strategies_used: tuple[str, ...]
    steps: tuple[ProposedStep, ...]


class CoerceProposal(NamedTuple):
    """A conversion between types that a proposal makes."""

    src: str
    tgt: str
    witness_name: str
    witness_class: str
    confidence: float
    explanation: str


class Proposals(NamedTuple):
    """Ways to answer what is open, best first, and the conversions that they make."""

    candidates: tuple[Proposal, ...]
    coerce_proposals: tuple[CoerceProposal, ...]


class Overlap(NamedTuple):
    """What of a schema has a counterpart in another: the part as a schema (`apex`), and how good the match is."""

    apex: Schema
    apex_vertices: tuple[str, ...]
    apex_edges: tuple[Mapping[str, Any], ...]
    vertex_map: Mapping[str, str]
    quality: float
    quality_bounds: tuple[float, float]
    apex_coverage: float
    proven_optimal: bool
    is_total: bool


def candidates(old: Schema, new: Schema, arguments: Mapping[str, Any]) -> Proposals:
    """What `Migration.candidates` answers."""
    told = request(
        "migration.candidates", old, new, old=bytes.fromhex(old.digest), new=bytes.fromhex(new.digest), **arguments
    )
    return Proposals(
        tuple(_proposal(one) for one in told["candidates"]),
        tuple(CoerceProposal(**one) for one in told["coerce_proposals"]),
    )


def span(old: Schema, new: Schema, arguments: Mapping[str, Any]) -> Overlap:
    """What `Migration.span` answers."""
    told = request(
        "migration.span", old, new, old=bytes.fromhex(old.digest), new=bytes.fromhex(new.digest), **arguments
    )
    least, most = told["quality_bounds"]
    return Overlap(
        apex=type(old)._made(told["apex"]),  # pyright: ignore[reportPrivateUsage]
        apex_vertices=tuple(told["apex_vertices"]),
        apex_edges=tuple(told["apex_edges"]),
        vertex_map=told["vertex_map"],
        quality=told["quality"],
        quality_bounds=(least, most),
        apex_coverage=told["apex_coverage"],
        proven_optimal=told["proven_optimal"],
        is_total=told["is_total"],
    )


def _proposal(told: Mapping[str, Any]) -> Proposal:
    return Proposal(
        told["hints"],
        told["quality"],
        told["coverage"],
        told["score"],
        told["decided"],
        tuple((one["code"], one["path"]) for one in told["open"]),
        tuple(told["strategies_used"]),
        tuple(
            ProposedStep(one["kind"], one["from"], one["to"], one["explanation"], one["confidence"], one["strategy"])
            for one in told["steps"]
        ),
    )
