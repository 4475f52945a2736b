"""What Prometheus scrapes: the figures of all workers, whichever of them is asked."""

import asyncio
import functools
import time
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from kensho.http.event_stream import EventStreams
from kensho.http.metrics import Metrics
from kensho.platform.listening import open_connections
from kensho.platform.metrics_board import WRITE_EVERY_S, WorkerSeat
from kensho.read_model.holder import Snapshot
from kensho.read_model.last_ingest import LastIngest

_log: Final = structlog.get_logger("kensho.metrics")


class Exposition:
    """Tells the metrics of one worker, and of the others where there are some."""

    def __init__(
        self,
        metrics: Metrics,
        seat: WorkerSeat | None,
        served: Callable[[], Snapshot | None],
        streams: EventStreams,
    ) -> None:
        """Take the worker's seat, where a supervisor runs it, and what tells what it serves."""
        self._metrics = metrics
        self._seat = seat
        self._served = served
        metrics.follow("kensho_event_streams_open", "Streams of events", lambda: streams.total)
        if seat is not None:
            connections = functools.partial(open_connections, seat.port)
            metrics.follow("kensho_connections_open", "Connections of clients", connections)

    def text(
        self, problems: Mapping[str, str] | None, last_ingest: LastIngest | None = None
    ) -> bytes:
        """Return what is scraped now; `problems` tell why the service is not well, if it runs."""
        self._note_snapshot()
        seat = self._seat
        if problems is not None:
            workers = seat.board.workers(time.monotonic()) if seat is not None else None
            self._metrics.note_conditions(problems, workers, last_ingest)
        if seat is None or seat.metrics.workers == 1:
            return self._metrics.render()
        others = {slot: seat.metrics.read(slot) for slot in range(seat.metrics.workers)}
        told = {str(slot): figures for slot, figures in others.items() if figures is not None}
        return self._metrics.render({**told, str(seat.slot): self._metrics.told()})

    async def tell_for_ever(self) -> None:
        """Let other workers know what this one has counted, if there are others."""
        seat = self._seat
        if seat is None or seat.metrics.workers == 1:
            return
        while True:
            self._note_snapshot()
            figures = await asyncio.to_thread(self._metrics.told)
            if not seat.metrics.write(seat.slot, figures):
                _log.warning("figures_too_large", bytes=len(figures))
            await asyncio.sleep(WRITE_EVERY_S)

    def _note_snapshot(self) -> None:
        served = self._served()
        model = None if served is None else served.model
        revision, built_at_s = (model.revision, model.built_at_s) if model else (None, 0)
        self._metrics.note_snapshot(revision, built_at_s)
