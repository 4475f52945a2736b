"""Write composed works in the background, while the rest are composed and the graph is derived.

Batches that wait are packed: all works of a first load take 350 MB as JSON, and a tenth of it so.
Each batch is one transaction with its tags and episodes, two of them side by side, so that a kill
leaves whole works only.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

import msgspec
import zstandard

from ingest.pipeline.background_writer import BackgroundWriter
from ingest.pipeline.record_store import DEADLINE_S, as_json
from kensho.domain.works import WorkKind
from kensho.storage.gateway import Gateway

RETIRED_A_BATCH: Final = 250
_UNFLUSHED: Final = 0.5
"""The share of what the engine may hold in memory until it flushes: claims and titles are held
beside it. With all of it an ingest of everything came to 1,520 MB, its helper counted."""
_LEVEL: Final = 1
"""Of zstd: what is packed is unpacked some seconds later."""
RetiredRow: TypeAlias = tuple[WorkKind, UUID, WorkKind | None, UUID | None, tuple[str, ...]]
"""Table and id of a work that goes, those of its successor, and the source ids that it had."""


class _Batch(NamedTuple):
    """Rows of some works, packed; `refiled` are those that change their table."""

    refiled: Sequence[RetiredRow]
    packed: bytes
    works: int


class WorkWriter:
    """Writes batches of works, of which none is in two; `advance` is told of how many."""

    def __init__(self, gateway: Gateway, advance: Callable[[int], None]) -> None:
        self._gateway = gateway
        self._advance = advance
        self._waiting: asyncio.Queue[_Batch | None] = asyncio.Queue()

    def add(self, params: Mapping[str, object], refiled: Sequence[RetiredRow], works: int) -> None:
        """Have a batch written: the parameters of `put_works`, but for the lane."""
        plain = msgspec.msgpack.encode(params)
        packed = zstandard.ZstdCompressor(level=_LEVEL).compress(plain)
        self._waiting.put_nowait(_Batch(refiled, packed, works))

    def pass_over(self, works: int) -> None:
        """Count works that stand as they are composed."""
        self._advance(works)

    def end(self) -> None:
        """Tell that no more batches come."""
        self._waiting.put_nowait(None)

    async def write(self) -> None:
        """Write what comes until the end is told."""
        async with BackgroundWriter() as writer:
            while (batch := await self._waiting.get()) is not None:
                await writer.write_beside(partial(self._put, batch))
                await writer.checkpoint(self._gateway, _UNFLUSHED)

    async def retire(self, rows: Sequence[RetiredRow]) -> None:
        """Take works out of the graph, with all that hangs on them."""
        for start in range(0, len(rows), RETIRED_A_BATCH):
            chunk = rows[start : start + RETIRED_A_BATCH]
            await self._gateway.execute(
                "ingest.retire_works", {"works": as_json(chunk)}, deadline_s=DEADLINE_S
            )

    async def _put(self, batch: _Batch, lane: int) -> None:
        await self.retire(batch.refiled)
        plain = zstandard.ZstdDecompressor().decompress(batch.packed)
        params = msgspec.msgpack.decode(plain, type=dict[str, str])
        await self._gateway.execute(
            "ingest.put_works", {**params, "lane": lane}, deadline_s=DEADLINE_S
        )
        self._advance(batch.works)
