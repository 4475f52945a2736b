"""What webhooks are sent: one message for each publication that changed what they ask for.

A message is a JSON object of `type`, `timestamp` and `data`, as Standard Webhooks recommends. A
long list of changes is cut: `total` counts them, and `/api/changes` has them all.
"""

import datetime as dt
import secrets
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from kensho.discovery.change_stream import ChangeStream, LostEvent, PublicationEvent
from kensho.discovery.changes import ChangeItem

MessageType: TypeAlias = Literal["changes.published", "changes.lost", "test"]
MOST_CHANGES: Final = 50
_MOST_MESSAGES: Final = 100
"""Made at once; what follows comes with the next look."""
_ID_BYTES: Final = 18


class ChangesData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The changes of a publication, at most 50 of `total`.

    `unknown` says why what changed is not known.
    """

    snapshot: str
    revision: int
    at: str
    total: int
    changes: list[ChangeItem]
    unknown: str | None = None


class WebhookMessage(msgspec.Struct, frozen=True):
    """A message: what it is of, when it was made, and what it says."""

    type: MessageType
    timestamp: str
    data: "ChangesData | LostEvent | AboutTest"


class AboutTest(msgspec.Struct, frozen=True):
    """What a test message says."""

    text: str


class Composed(NamedTuple):
    """Bodies of messages, and the id of the last event that they tell of."""

    bodies: list[bytes]
    told: str


def new_id() -> str:
    """Return the id of a new message: the same for all attempts to deliver it."""
    return f"msg_{secrets.token_urlsafe(_ID_BYTES)}"


def composed(stream: ChangeStream, told: str, now_s: float) -> Composed:
    """Return the messages of what came after the event of this id; none where nothing did.

    Raises:
        NotFoundError: the franchise that they are of is not known any more.
    """
    bodies: list[bytes] = []
    for body, last in _messages(stream, told, now_s):
        told = last
        if body is not None:
            bodies.append(body)
        if len(bodies) == _MOST_MESSAGES:
            break
    return Composed(bodies, told)


def of_test(now_s: float) -> bytes:
    """Return the body of a message by which a receiver is tried."""
    text = "This is a test of Kenshō: nothing has changed."
    return msgspec.json.encode(WebhookMessage("test", _time(now_s), AboutTest(text)))


def _messages(stream: ChangeStream, told: str, now_s: float) -> Iterator[tuple[bytes | None, str]]:
    """Yield for each publication its message, if there is anything to tell, and its id."""
    changes: list[ChangeItem] = []
    last: str | None = told
    more = True
    while more:
        part = stream.part(last)
        last, more = part.last, part.more
        for event in part.events:
            data = event.data
            if isinstance(data, ChangeItem):
                if len(changes) < MOST_CHANGES:
                    changes.append(data)
            elif isinstance(data, LostEvent):
                yield _encoded("changes.lost", data, now_s), event.id
            else:
                yield _of_publication(data, changes, now_s), event.id
                changes = []


def _of_publication(end: PublicationEvent, changes: list[ChangeItem], now_s: float) -> bytes | None:
    if not changes and end.unknown is None:
        return None
    data = ChangesData(
        snapshot=end.snapshot,
        revision=end.revision,
        at=end.at,
        total=end.changes,
        changes=changes,
        unknown=end.unknown,
    )
    return _encoded("changes.published", data, now_s)


def _encoded(kind: MessageType, data: ChangesData | LostEvent, now_s: float) -> bytes:
    return msgspec.json.encode(WebhookMessage(kind, _time(now_s), data))


def _time(now_s: float) -> str:
    return dt.datetime.fromtimestamp(now_s, dt.UTC).isoformat(timespec="seconds")
