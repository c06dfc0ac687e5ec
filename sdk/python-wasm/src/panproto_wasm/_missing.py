"""What published releases had and the engine lacks: version control and data sets.

The names are here so that code and type checkers find them, and every use is refused with the code `not-available`.
`MISSING` lists them with the reason; nothing is pretended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn, final

from ._errors import error

if TYPE_CHECKING:
    from ._builder import BuiltSchema
    from ._types import VcsBlameResult, VcsLogEntry, VcsOpResult, VcsStatus

_VERSIONS = "version control of schemas is not part of the engine yet"
_SETS = "data sets are not part of the engine yet"

MISSING: Mapping[str, str] = MappingProxyType(
    {
        "DataSetHandle": _SETS,
        "Panproto.data_set": _SETS,
        "Panproto.migrate_data": _SETS,
        "StalenessResult": _SETS,
        "Panproto.init_repo": _VERSIONS,
        "VcsRepository": _VERSIONS,
    }
)
"""What is not available, and why."""

_INSTEAD = {
    _SETS: "convert records with a lens: `lens.convert`, `lens.convert_file`, `lens.get_ndjson` and `put_ndjson`",
    _VERSIONS: "keep schemas in git; `panproto check --against git:REF` compares with it",
}


def refuse(name: str) -> NoReturn:
    """Raises the error of a name of `MISSING`."""
    why = MISSING[name]
    raise error("usage", "not-available", f"`{name}` is not available: {why}", help=_INSTEAD[why])


@final
@dataclass(frozen=True)
class StalenessResult:
    """Whether data is of an older schema."""

    stale: bool
    data_schema_id: str
    target_schema_id: str


@final
class DataSetHandle:
    """Records with the schema that they have. Not available: see `MISSING`."""

    __slots__ = ()

    def __init__(self, handle: int = 0, wasm: object = None) -> None:
        refuse("DataSetHandle")

    @classmethod
    def from_data(cls, data: object, schema: BuiltSchema, wasm: object = None) -> DataSetHandle:
        """Not available."""
        refuse("DataSetHandle")

    def get_data(self) -> object:
        """Not available."""
        refuse("DataSetHandle")

    def is_stale(self, schema: BuiltSchema) -> StalenessResult:
        """Not available."""
        refuse("DataSetHandle")

    def migrate_forward(self, src_schema: BuiltSchema, tgt_schema: BuiltSchema) -> tuple[DataSetHandle, bytes]:
        """Not available."""
        refuse("DataSetHandle")

    def migrate_backward(self, complement: bytes, src_schema: BuiltSchema, tgt_schema: BuiltSchema) -> DataSetHandle:
        """Not available."""
        refuse("DataSetHandle")

    def close(self) -> None:
        """Nothing to do."""

    def __enter__(self) -> DataSetHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@final
class VcsRepository:
    """A history of schemas. Not available: see `MISSING`."""

    __slots__ = ()

    def __init__(self, handle: object = None, protocol_name: str = "", wasm: object = None) -> None:
        refuse("VcsRepository")

    @classmethod
    def init(cls, protocol_name: str, wasm: object = None) -> VcsRepository:
        """Not available."""
        refuse("VcsRepository")

    @property
    def protocol_name(self) -> str:
        """Not available."""
        refuse("VcsRepository")

    def add(self, schema: BuiltSchema) -> dict[str, str]:
        """Not available."""
        refuse("VcsRepository")

    def commit(self, message: str, author: str) -> bytes:
        """Not available."""
        refuse("VcsRepository")

    def log(self, count: int = 50) -> list[VcsLogEntry]:
        """Not available."""
        refuse("VcsRepository")

    def status(self) -> VcsStatus:
        """Not available."""
        refuse("VcsRepository")

    def diff(self) -> dict[str, list[dict[str, str]]]:
        """Not available."""
        refuse("VcsRepository")

    def branch(self, name: str) -> VcsOpResult:
        """Not available."""
        refuse("VcsRepository")

    def checkout(self, target: str) -> VcsOpResult:
        """Not available."""
        refuse("VcsRepository")

    def merge(self, branch_name: str) -> VcsOpResult:
        """Not available."""
        refuse("VcsRepository")

    def stash(self) -> VcsOpResult:
        """Not available."""
        refuse("VcsRepository")

    def stash_pop(self) -> VcsOpResult:
        """Not available."""
        refuse("VcsRepository")

    def blame(self, vertex_id: str) -> VcsBlameResult:
        """Not available."""
        refuse("VcsRepository")

    def close(self) -> None:
        """Nothing to do."""

    def __enter__(self) -> VcsRepository:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
