"""The asynchronous forms: the same work, in threads, so that an event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ._streams import OnError

if TYPE_CHECKING:
    from ._errors import PanprotoError
    from ._files import Progress, Report
    from ._lens import Lens
    from ._lines import Chunks

R = TypeVar("R")

_CHUNK = 512


def iterate(
    lens: Lens,
    records: AsyncIterable[R] | Iterable[R],
    on_error: OnError,
    errors: list[PanprotoError] | None,
    output: str | None,
) -> AsyncIterator[Any]:
    """Views in order; one chunk is converted at a time, and none before it is asked for."""
    from . import _lines

    # What is wrong with the call is said when it is made.
    source = records if isinstance(records, AsyncIterable) else iter(records)
    return _iterate(_lines.Chunks(lens, on_error, errors, output), _pieces(source))


async def _iterate(convert: Chunks, source: AsyncIterator[Any]) -> AsyncIterator[Any]:
    size = 1
    over = False
    while not over:
        chunk: list[Any] = []
        broken: Exception | None = None
        while len(chunk) < size and not over:
            try:
                chunk.append(await source.__anext__())
            except StopAsyncIteration:
                over = True
            except Exception as failed:
                # What came before is converted first.
                broken, over = failed, True
        if chunk:
            views, failure = await asyncio.to_thread(convert.whole, chunk)
            for view in views:
                yield view
            if failure is not None:
                raise failure
        if broken is not None:
            raise broken
        size = min(2 * size, _CHUNK)


async def _pieces(records: AsyncIterable[R] | Iterator[R]) -> AsyncIterator[R]:
    if isinstance(records, AsyncIterable):
        async for record in records:
            yield record
    else:
        for record in records:
            yield record


class _Cancelled(Exception):
    pass


async def convert_file(
    work: Callable[..., Report], progress: Callable[[Progress], object] | bool, **options: Any
) -> Report:
    """Runs `work` in a thread. Where the task is cancelled, it ends at the next piece, and leaves no file behind."""
    cancelled = False

    def check() -> None:
        if cancelled:
            raise _Cancelled

    from ._files import Watched

    running = asyncio.ensure_future(asyncio.to_thread(partial(work, progress=Watched(check, progress), **options)))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        cancelled = True
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()
        raise
