"""Many records at once: lines in pieces, values in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from . import _values
from ._arguments import wrong_argument
from ._errors import PanprotoError, error, from_wire, placed
from ._put import PutStream
from ._session import LIFT, LINES, SLICE, run, unpack
from ._streams import COLLECT, KEPT, OnError, Stream, policy

if TYPE_CHECKING:
    from ._lens import Lens

R = TypeVar("R")

# Records of a chunk: fewer than failures that the module tells of one call.
_CHUNK = 512


def octets(value: Any, name: str) -> bytes:
    """The bytes of an argument."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)  # pyright: ignore[reportUnknownArgumentType]
    # A number would become as many zeros.
    raise wrong_argument(name, value, "`bytes`, a `bytearray` or a `memoryview`")


def opened(record: Any) -> tuple[bytes, Callable[[bytes], Any]]:
    """The JSON text of a record, and how to give one back in the same kind."""
    kind: object = type(record)  # pyright: ignore[reportUnknownVariableType]
    if kind is dict:
        return _values.encode(record), _values.decode
    if kind is bytes:
        return record, bytes
    if isinstance(record, str):
        try:
            return record.encode(), bytes.decode
        except UnicodeEncodeError as cause:
            raise error(
                "parse", "text-encoding", f"the text holds a lone surrogate at character {cause.start}",
                help="write it as an escape: `\\ud800`",
            ) from None  # fmt: skip
    if isinstance(record, bytes):
        return bytes(record), bytes
    if isinstance(record, bytearray):
        return bytes(record), bytearray
    if isinstance(record, memoryview):
        return record.tobytes(), memoryview
    return _values.encode(record), _values.decode


def convert(
    lens: Lens, operation: int, data: R, on_error: OnError, errors: list[PanprotoError] | None
) -> tuple[R, bytes]:
    """Lines to lines, and complements where the operation gives them."""
    text, back = _lines_of(data)
    stream = Stream(lens, operation, "lines", *_told(on_error, errors))
    views = stream.finish(text)
    return back(views), b"".join(stream.complements)


def _told(
    on_error: OnError, errors: list[PanprotoError] | None
) -> tuple[OnError, Callable[[PanprotoError], None] | None]:
    """The policy, and where failures are told: a list says that they are collected."""
    policy(on_error)
    if errors is None:
        if on_error == "collect":
            raise error("usage", "missing-argument", "failures are collected in a list", help="give one as `errors`")
        return on_error, None
    if not hasattr(errors, "append"):
        raise wrong_argument("errors", errors, "a list")
    kept = errors

    def add(failure: PanprotoError) -> None:
        if len(kept) < KEPT:
            kept.append(failure)

    return "collect", add


def put(lens: Lens, data: R, complements: bytes, on_error: OnError, errors: list[PanprotoError] | None) -> R:
    """Lines of views and a stream of complements to lines of records."""
    text, back = _lines_of(data)
    records: R = back(PutStream(lens, complements, *_told(on_error, errors)).finish(text))
    return records


def _lines_of(data: Any) -> tuple[bytes, Callable[[bytes], Any]]:
    if not isinstance(data, str | bytes | bytearray | memoryview):
        raise error(
            "usage", "wrong-argument", f"lines are text or bytes, this is a `{type(data).__name__}`",
            help="use `convert` for an iterable of records",
        )  # fmt: skip
    return opened(data)


def iterate(
    lens: Lens, records: Iterable[Any], on_error: OnError, errors: list[PanprotoError] | None, output: str | None
) -> Iterator[Any]:
    """Records to views, chunk by chunk; the first chunks are small, so that the first view comes soon."""
    # What is wrong with the call is said when it is made.
    return _iterate(Chunks(lens, on_error, errors, output), iter(records))


def _iterate(chunks: Chunks, source: Iterator[Any]) -> Iterator[Any]:
    size = 1
    over = False
    while not over:
        over = chunks.take(source, size)
        yield from chunks.convert()
        size = min(2 * size, _CHUNK)


class Chunks:
    """Records that are converted together."""

    def __init__(self, lens: Lens, on_error: OnError, errors: list[PanprotoError] | None, output: str | None) -> None:
        on_error, self._tell = _told(on_error, errors)
        if output not in (None, "value", "text", "bytes"):
            raise error(
                "usage", "wrong-argument", f"`output` is `{output}`", path="output", help="`value`, `text` or `bytes`"
            )
        self._lens = lens
        self._raises = on_error == "raise"
        backs: dict[str, Callable[[bytes], Any]] = {"value": _values.decode, "text": bytes.decode, "bytes": bytes}
        self._back = backs.get(output or "")
        self._lines: list[bytes] = []
        self._backs: list[Callable[[bytes], Any]] = []
        # Which records the lines are, and what is wrong with those that are none.
        self._numbers: list[int] = []
        self._early: list[PanprotoError] = []
        self._taken = 0
        # What the source raised: it is passed on after what came before.
        self._broken: Exception | None = None

    def take(self, source: Iterator[Any], size: int) -> bool:
        """Takes up to so many records; whether that was all."""
        room = SLICE
        while len(self._lines) < size and room > 0:
            try:
                record = next(source)
            except StopIteration:
                return True
            except Exception as failed:
                self._broken = failed
                return True
            if not self._add(record):
                return True
            room -= len(self._lines[-1]) if self._lines else 0
        return False

    def whole(self, records: list[Any]) -> tuple[list[Any], PanprotoError | None]:
        """The views of these records, and the failure that ends them."""
        for record in records:
            if not self._add(record):
                break
        views: list[Any] = []
        try:
            views.extend(self.convert())
        except PanprotoError as failed:
            return views, failed
        return views, None

    def _add(self, record: Any) -> bool:
        number = self._taken
        self._taken += 1
        try:
            text, back = opened(record)
            if not text or text.isspace():
                # A blank line would be skipped; a record without content is refused.
                run(self._lens, LIFT, text)
        except PanprotoError as failure:
            failure.record = number
            failure.line = failure.offset = None
            placed(failure)
            self._early.append(failure)
            return not self._raises
        # Between tokens a line break is white space like any other, and inside of strings JSON has none.
        self._lines.append(text.replace(b"\n", b" ") if b"\n" in text else text)
        self._backs.append(self._back or back)
        self._numbers.append(number)
        return True

    def convert(self) -> Iterator[Any]:
        """The views of what was taken."""
        lines, backs, numbers, early = self._lines, self._backs, self._numbers, self._early
        self._lines, self._backs, self._numbers, self._early = [], [], [], []
        lost: dict[int, PanprotoError] = {}
        first = b""
        if lines:
            # Always collected: the views before a failure are wanted, and which ones failed.
            text = b"\n".join(lines)
            ran = run(self._lens, LIFT, text, LINES | COLLECT)
            first = ran.first
            for told in unpack(ran.third) if ran.failures else ():
                failure = from_wire(told, (text,))
                number = numbers[failure.record or 0]
                lost[failure.record or 0] = failure
                failure.record = number
                failure.line = failure.offset = None
                placed(failure)
        if not self._raises and self._tell is not None:
            for failure in sorted([*early, *lost.values()], key=lambda failure: failure.record or 0):
                self._tell(failure)
        views = iter(first.split(b"\n"))
        for index, back in enumerate(backs):
            failed = lost.get(index)
            if failed is None:
                yield back(next(views))
            elif self._raises:
                raise failed
        if early and self._raises:
            raise early[0]
        if self._broken is not None:
            raise self._broken
