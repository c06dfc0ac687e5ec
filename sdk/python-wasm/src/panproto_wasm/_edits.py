"""Edit lenses: edits of a record as edits of its view and back, without the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from . import _values
from ._arguments import all_explained
from ._frozen import Frozen
from ._records import Instance
from ._session import request

if TYPE_CHECKING:
    from ._lens import Lens
    from ._migration import Migration
    from ._schema import Schema

# Operations on JSON pointers (`{"op": "replace", "path": "/a/b", "value": 1}`), one of them, or an edit in its
# published shape.
Edit = Union[Sequence[Mapping[str, Any]], Mapping[str, Any]]


class Opened(NamedTuple):
    """The view that edits begin with, and what they are translated with."""

    view: Instance
    state: str


class Translated(NamedTuple):
    """An edit of the other side, and what the next one is translated with.

    An edit that the other side does not see is absorbed: it changes the state only.
    """

    edit: Any
    state: str
    absorbed: bool


@all_explained
class EditLens(Frozen):
    """Translates edits along a migration or a lens. Immutable, comparable, picklable."""

    __slots__ = ("migration", "target")
    __match_args__ = ("migration", "target")

    migration: Migration | Lens
    target: Schema

    def __init__(self, migration: Migration | Lens, target: Schema) -> None:
        """The edit lens of a migration, or of a lens of any steps and stages, to `target`."""
        self._fill(migration=migration, target=target)

    def open(self, source: Instance) -> Opened:
        """The view of a source, to be edited."""
        told = request(
            "edit.open",
            self.migration,
            **self._along(),
            instance=source.json,
        )
        return Opened(Instance(told["instance"], self.target, shape=told["shape"]), told["state"])

    def get(self, state: str, edit: Edit) -> Translated:
        """The edit of the view that an edit of the source comes to."""
        return self._translate("edit.get", state, edit)

    def put(self, state: str, edit: Edit) -> Translated:
        """The edit of the source that an edit of the view comes to."""
        return self._translate("edit.put", state, edit)

    def _along(self) -> dict[str, Any]:
        return {self.migration.kind: bytes.fromhex(self.migration.digest)}

    def _translate(self, operation: str, state: str, edit: Edit) -> Translated:
        told = request(
            operation,
            self.migration,
            **self._along(),
            state=state,
            **edit_arguments(edit),
        )
        return Translated(_values.decode_text(told["edit"]), told["state"], told["absorbed"])


def edit_arguments(edit: Edit) -> dict[str, Any]:
    """An edit as the module wants it."""
    if isinstance(edit, Mapping) and "op" in edit:
        # One operation, as a patch of one.
        edit = [edit]
    text = _values.encode(dict(edit) if isinstance(edit, Mapping) else [dict(one) for one in edit]).decode()
    return {"edit" if isinstance(edit, Mapping) else "patch": text}


def edited(instance: Instance, edit: Edit) -> Instance:
    """What `Instance.edit` does."""
    told = request(
        "edit.apply",
        instance.schema,
        schema=bytes.fromhex(instance.schema.digest),
        instance=instance.json,
        **edit_arguments(edit),
    )
    return Instance(told["instance"], instance.schema, shape=told["shape"])
