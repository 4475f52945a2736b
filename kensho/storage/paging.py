"""Read a whole table in pages, each a range of ids.

Guarantees: a page is bounded on both sides. The engine's cost for a page that is bounded on one
side and by LIMIT grows with the table (556,000 taggings took 21 s that way, and 3 s this way). Ids
are UUIDv5 and therefore spread evenly, so they are cut into ranges; the width of a range follows
from how many rows the last one held. The next page is read while one is being used.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Final, TypeAlias, TypeVar
from uuid import UUID

from kensho.errors import StorageError
from kensho.storage.gateway import Gateway

Row = TypeVar("Row")
Pages: TypeAlias = AsyncGenerator[list[Row], None]

_END: Final = 1 << 128
_FIRST_WIDTH: Final = _END // 64
"""Before any page has told how dense the table is. Chosen by hand."""
_MOST_CHANGE: Final = 4
"""How much a range may grow or shrink at a time, lest one odd page makes the next one huge.
Chosen by hand."""
_DEADLINE_S: Final = 60.0
"""For one page, while an ingest may be running."""
ROWS_PER_PAGE: Final = 4000
"""A page is decoded on the event loop in one go; this keeps that near 10 ms."""


async def pages(
    gateway: Gateway,
    query: str,
    shape: type[list[Row]],
    wanted: int = ROWS_PER_PAGE,
    **params: object,
) -> Pages[Row]:
    """Yield what `query` answers for each range of ids (`first` to `last`) that holds any rows.

    `wanted` rows are aimed at; `params` go to the query as well. Closing the iterator cancels the
    read ahead.
    """

    def read(first: int, end: int) -> asyncio.Task[list[Row]]:
        bounds = {"first": UUID(int=first), "last": UUID(int=min(end, _END) - 1)}
        return asyncio.create_task(
            gateway.fetch(query, {**bounds, **params}, into=shape, deadline_s=_DEADLINE_S)
        )

    width = _FIRST_WIDTH
    end = width
    upcoming = read(0, end)
    try:
        while True:
            rows = await upcoming
            more = end < _END
            if more:
                width = _adjusted(width, len(rows), wanted)
                upcoming = read(end, end + width)
                end += width
            if rows:
                yield rows
            if not more:
                return
    finally:
        # A reader that stops early leaves a page that is still being read; its outcome is dropped.
        if not upcoming.done():
            upcoming.cancel()
        with contextlib.suppress(asyncio.CancelledError, StorageError):
            await upcoming


def _adjusted(width: int, rows: int, wanted: int) -> int:
    """Return the width that would have held `wanted`, `_MOST_CHANGE` times more or less at most."""
    fitting = width * wanted // max(rows, 1)
    return min(max(fitting, width // _MOST_CHANGE, 1), width * _MOST_CHANGE)
