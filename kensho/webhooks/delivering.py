"""Delivers messages to webhooks: one process at a time, each message until it is taken.

Guarantees: a message is taken only by an answer of 2xx, and is tried again, under the same id, for
24 hours at growing pauses; then, or upon 410, its webhook is disabled, which log and `kensho
webhooks list` say. Messages of one webhook go out one after another, in their order. What is due is
known from disk, so that a restart loses nothing; an attempt that a restart cuts is made again.
Webhooks don't wait for one another.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import IO, Final

import msgspec
import structlog

from kensho.discovery.change_stream import ChangeStream
from kensho.discovery.changes import LISTED_KINDS, ChangeService, ChangesRequest, kinds_of
from kensho.errors import InvalidInputError, KenshoError, NotFoundError, UpstreamError
from kensho.platform import private_files
from kensho.platform.http_client import retry_after_s
from kensho.platform.safe_fetch import FetchedAnswer, RequestBounds, SafeFetcher
from kensho.platform.secret_values import masked
from kensho.platform.settings import WebhookSettings
from kensho.webhooks import messages
from kensho.webhooks.signing import headers_of
from kensho.webhooks.store import Delivery, Webhook, WebhookStore

PAUSES_S: Final = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400)
"""Before the second attempt, the third, and so on; the last one again and again. As the
specification of Standard Webhooks suggests: soon at first, for a restart, then for a day."""
LONGEST_S: Final = 86_400
_JITTER: Final = 0.1
_LONGEST_ANSWER: Final = 200
_AT_ONCE: Final = 4
"""Requests under way at once: each waits for another's server."""
_GONE: Final = 410
_SUCCESS: Final = range(200, 300)
_LOST_AFTER_S: Final = 60.0
"""So long after it was published a snapshot is served by every process, or will never be."""
_LOCK: Final = ".delivering"
_log = structlog.get_logger("kensho.webhooks")

Clock = Callable[[], float]
"""Seconds since 1970."""


def fetcher_of(settings: WebhookSettings) -> SafeFetcher:
    """Return what sends requests, within the bounds that the environment sets."""
    return SafeFetcher(RequestBounds(settings.timeout_s, loopback_allowed=settings.loopback))


class Sender:
    """Sends messages to webhooks, signed."""

    def __init__(self, fetcher: SafeFetcher, clock: Clock = time.time) -> None:
        self._fetcher = fetcher
        self._clock = clock

    async def send(self, url: str, secret: str, message: str, body: bytes) -> FetchedAnswer:
        """Send a message; raises as `SafeFetcher.post`."""
        signed = headers_of(secret, message, int(self._clock()), body)
        headers = {"Content-Type": "application/json", **signed}
        return await self._fetcher.post(url, body, headers)


class Deliverer:
    """Makes messages of what is published, and delivers what is due."""

    def __init__(
        self,
        store: WebhookStore,
        sender: Sender,
        clock: Clock = time.time,
        random: Random | None = None,
    ) -> None:
        self._unknown_since_s: dict[str, float] = {}
        self._store = store
        self._sender = sender
        self._clock = clock
        self._random = random or Random()  # noqa: S311 -- spreads attempts, and guards nothing

    def note_changes(self, changes: Callable[[], ChangeService]) -> int:
        """Make the messages of what was published since; return how many."""
        made = 0
        for webhook in self._store.webhooks():
            now_s = self._clock()
            try:
                stream = stream_of(webhook, changes)
                if self._is_behind(webhook, stream, now_s):
                    continue
                found = messages.composed(stream, webhook.told, now_s)
            except NotFoundError as error:
                _log.warning("webhook_not_told", webhook=webhook.id, reason=error.message)
                continue
            if found.told == webhook.told:
                continue
            new = [
                Delivery(
                    id=messages.new_id(),
                    webhook=webhook.id,
                    body=body,
                    created_s=now_s,
                    due_s=now_s,
                )
                for body in found.bodies
            ]
            if self._store.note_told(webhook.id, webhook.told, found.told, new):
                made += len(new)
        return made

    def _is_behind(self, webhook: Webhook, stream: ChangeStream, now_s: float) -> bool:
        """Tell whether what was told last may be of a snapshot that is not served here yet."""
        if stream.knows(webhook.told):
            self._unknown_since_s.pop(webhook.id, None)
            return False
        return now_s - self._unknown_since_s.setdefault(webhook.id, now_s) < _LOST_AFTER_S

    async def deliver_due(self) -> int:
        """Try what is due, the next of each webhook; return how many were tried."""
        due = [one for one in await self._next() if one.due_s <= self._clock()]
        if not due:
            return 0
        webhooks = {one.id: one for one in await asyncio.to_thread(self._store.webhooks)}
        turns = asyncio.Semaphore(_AT_ONCE)

        async def tried(delivery: Delivery) -> None:
            webhook = webhooks.get(delivery.webhook)
            if webhook is not None:
                async with turns:
                    await self._try(webhook, delivery)

        await asyncio.gather(*(tried(one) for one in due))
        return len(due)

    async def _next(self) -> list[Delivery]:
        return await asyncio.to_thread(self._store.next_of_each)

    async def _try(self, webhook: Webhook, delivery: Delivery) -> None:
        began_s = self._clock()
        answer: FetchedAnswer | None = None
        try:
            answer = await self._sender.send(
                webhook.url, webhook.secret, delivery.id, delivery.body
            )
            told = f"answered {answer.status}"
        except (UpstreamError, InvalidInputError) as error:
            told = error.message[:_LONGEST_ANSWER]
        noted, disabled = self._noted(delivery, answer, told, began_s)
        await asyncio.to_thread(self._store.note_attempt, noted, disabled=disabled)
        if disabled is not None:
            _log.warning(
                "webhook_disabled", webhook=webhook.id, url=masked(webhook.url), reason=disabled
            )
        elif noted.state != "delivered":
            _log.info("webhook_not_taken", webhook=webhook.id, answer=told, attempts=noted.attempts)

    def _noted(
        self, delivery: Delivery, answer: FetchedAnswer | None, told: str, began_s: float
    ) -> tuple[Delivery, str | None]:
        """Return what is known of a delivery after an attempt, and why its webhook is disabled."""
        attempts = delivery.attempts + 1
        noted = msgspec.structs.replace(
            delivery,
            attempts=attempts,
            first_s=delivery.first_s or began_s,
            last_s=began_s,
            answer=told,
        )
        if answer is not None and answer.status in _SUCCESS:
            return msgspec.structs.replace(noted, state="delivered"), None
        if answer is not None and answer.status == _GONE:
            failed = msgspec.structs.replace(noted, state="failed")
            return failed, "the receiver answered 410: it wants no more"
        due_s = self._clock() + self._pause_s(attempts, answer)
        last_s = (noted.first_s or began_s) + LONGEST_S
        if self._clock() >= last_s:
            failed = msgspec.structs.replace(noted, state="failed")
            return failed, f"nothing was taken for 24 hours; last: {told}"
        return msgspec.structs.replace(noted, due_s=min(due_s, last_s)), None

    def _pause_s(self, attempts: int, answer: FetchedAnswer | None) -> float:
        """Return how long to wait after so many attempts, or longer where the receiver asks so."""
        own_s = float(PAUSES_S[min(attempts, len(PAUSES_S)) - 1])
        asked_s = None if answer is None else retry_after_s(answer.headers.get("retry-after"))
        pause_s = max(own_s, min(asked_s or 0.0, float(PAUSES_S[-1])))
        return pause_s * (1 + self._random.uniform(0, _JITTER))


def stream_of(webhook: Webhook, changes: Callable[[], ChangeService]) -> ChangeStream:
    """Return what a webhook is told of.

    Raises:
        NotFoundError: there is no such franchise.
        InvalidInputError: there is no such kind of changes.
    """
    request = ChangesRequest(
        franchise=webhook.franchise,
        kinds=kinds_of(webhook.kind, LISTED_KINDS),
        limit=1,
        safe=webhook.safe,
    )
    return ChangeStream(changes, request)


async def deliver_for_ever(
    settings: WebhookSettings, changes: Callable[[], ChangeService], every_s: float
) -> None:
    """Deliver while no other process of the machine does, looked for `every_s`."""
    store = WebhookStore(settings.dir)
    while True:
        lock = await asyncio.to_thread(_alone, settings.dir) if store.exists else None
        if lock is not None:
            with lock:
                await _deliver(Deliverer(store, Sender(fetcher_of(settings))), changes, every_s)
        await asyncio.sleep(every_s)


async def _deliver(
    deliverer: Deliverer, changes: Callable[[], ChangeService], every_s: float
) -> None:
    while True:
        try:
            await asyncio.to_thread(deliverer.note_changes, changes)
            while await deliverer.deliver_due():
                pass
        except KenshoError as error:
            _log.warning("webhooks_not_delivered", reason=error.message)
        except Exception:  # noqa: BLE001 -- the next look may go well, and requests go on
            _log.exception("webhooks_failed")
        await asyncio.sleep(every_s)


def _alone(folder: Path) -> IO[bytes] | None:
    """Return the lock of who delivers; `None` while another process holds it."""
    try:
        return private_files.locked_file(folder / _LOCK)
    except OSError:
        return None
