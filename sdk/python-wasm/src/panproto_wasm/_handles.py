"""Chains and symmetric lenses with the documented names and results of published releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from ._arguments import all_explained
from ._errors import error
from ._session import closed
from ._theory import morphism_of
from .chain import Chain, between, parse

if TYPE_CHECKING:
    from ._builder import BuiltSchema
    from ._panproto import LensHandle
    from ._schema import Schema


@final
@dataclass(frozen=True)
class DefaultRequirement:
    """Something that records do not have and views need."""

    element_name: str
    element_kind: str
    description: str
    suggested_default: object | None = None


@final
@dataclass(frozen=True)
class CapturedField:
    """Something that a complement will hold."""

    element_name: str
    element_kind: str
    description: str


@final
@dataclass(frozen=True)
class ComplementSpec:
    """What a chain needs and keeps, before it runs."""

    kind: str
    forward_defaults: list[DefaultRequirement]
    captured_data: list[CapturedField]
    summary: str


@final
@dataclass(frozen=True)
class NaturalityResult:
    """Whether something commutes with every change of schema."""

    passed: bool
    violations: list[str]


def complement_spec(told: dict[str, Any]) -> ComplementSpec:
    """The specification in its published shape."""
    defaults = [
        DefaultRequirement(one["element_name"], one["element_kind"], one["description"], one.get("suggested_default"))
        for one in told["forward_defaults"]
    ]
    captured = [
        CapturedField(one["element_name"], one["element_kind"], one["description"]) for one in told["captured_data"]
    ]
    return ComplementSpec(told["kind"], defaults, captured, told["summary"])


@all_explained
class ProtolensChainHandle:
    """A chain with the documented results of published releases. `handle.chain` is the new object."""

    __slots__ = ("_chain", "_closed")

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._closed = False

    @property
    def chain(self) -> Chain:
        """The new object behind this one."""
        if self._closed:
            raise closed("chain")
        return self._chain

    @classmethod
    def auto_generate(cls, schema1: Schema, schema2: Schema, wasm: object = None) -> ProtolensChainHandle:
        """The chain that leads from one schema to another; an error where steps cannot say all of it."""
        found = between(schema1, schema2)
        if found.questions:
            paths = ", ".join(f"`{question.path}`" for question in found.questions)
            raise error(
                "migration", "migration-undecided", f"the schemas leave questions open: {paths}",
                path=found.questions[0].path, help="answer them with hints: `chain.between(old, new, hints=…)`",
            )  # fmt: skip
        if not found.exact:
            raise error(
                "migration", "chain-inexact", "steps do not express all of it: " + "; ".join(found.residue),
                help="use a lens of both schemas, or `chain.between` for what steps do express",
            )  # fmt: skip
        return cls(found.chain)

    @classmethod
    def from_json(cls, json_str: str, wasm: object = None) -> ProtolensChainHandle:
        """The chain of a JSON text."""
        return cls(parse(json_str))

    def instantiate(self, schema: Schema) -> LensHandle:
        """The lens of this chain on a schema."""
        from ._panproto import LensHandle

        return LensHandle(self.chain.lens(schema))

    def check_applicability(self, schema: BuiltSchema) -> tuple[bool, list[str]]:
        """Whether it applies to a schema, and the reasons why not."""
        found = self.chain.applies_to(schema)
        return found.applies, [reason.message for reason in found.reasons]

    def requirements(self, schema: BuiltSchema) -> ComplementSpec:
        """What it needs and keeps."""
        for reason in self.chain.applies_to(schema).reasons:
            # What is asked for is the answer, not a reason against it.
            if reason.code != "required-without-value":
                raise reason
        return complement_spec(self.chain.spec)

    def compose(self, other: ProtolensChainHandle) -> ProtolensChainHandle:
        """One chain and then another."""
        return ProtolensChainHandle(self.chain | other.chain)

    def fuse(self) -> ProtolensChainHandle:
        """The same as one step."""
        return ProtolensChainHandle(self.chain.fuse())

    def lift(self, morphism_bytes: bytes) -> ProtolensChainHandle:
        """The same along a morphism of theories, given as JSON or MessagePack."""
        return ProtolensChainHandle(self.chain.lift(morphism_of(morphism_bytes)))

    def to_json(self) -> str:
        """The chain as JSON text: what `from_json` reads."""
        return self.chain.to_json()

    def close(self) -> None:
        """Ends the use of this object. Closing twice is fine."""
        self._closed = True

    def __enter__(self) -> ProtolensChainHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ProtolensChainHandle{' closed' if self._closed else ''}>"
