"""Changes as they come: what is told to somebody who follows the graph, from where they left off.

An event is a change, with its id, or the end of a publication, with the identity of its snapshot.
Who follows names the id of the last event that they were told; the next ones follow it, across
publications and servers.

Guarantees: events come in the order of publications, changes before the end of theirs, none twice
and none left out. Where what came after an id is not known any more, an event `lost` says so, and
telling goes on from the current publication.

Performance: as a page of `/api/changes`.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec
import numpy as np

from kensho.discovery.change_points import PublicationView, known_from, place_of
from kensho.discovery.changes import ChangeItem, ChangeService, ChangesRequest, Numbers
from kensho.read_model.history import History, PublicationEntry
from kensho.read_model.identity import is_identity, revision_of

EventKind: TypeAlias = Literal["change", "publication", "lost"]
PART: Final = 100
"""Events that are made at once: some milliseconds, between which other requests have their turn."""


class PublicationEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """The end of a publication: how many of its changes were told here.

    `unknown` says why what changed with it is not known, where it is not.
    """

    snapshot: str
    revision: int
    at: str
    changes: int
    unknown: str | None = None


class LostEvent(msgspec.Struct, frozen=True):
    """What came after the last event told is not known; null where nothing is."""

    known_from: PublicationView | None


class Event(NamedTuple):
    """Something to tell, under the id by which it is resumed after."""

    kind: EventKind
    id: str
    data: ChangeItem | PublicationEvent | LostEvent


class EventPart(NamedTuple):
    """Some events, the id to go on after, and whether there is more to tell now."""

    events: list[Event]
    last: str | None
    more: bool


class _Place(NamedTuple):
    """The publication whose end is told next, and the first change that is not told yet."""

    publication: int
    change: int


class ChangeStream:
    """Tells the changes that a request asks for; `changes` is asked anew for every part."""

    def __init__(self, changes: Callable[[], ChangeService], request: ChangesRequest) -> None:
        """Take who knows the changes now; `limit` and `cursor` of the request are not used.

        Raises:
            InvalidInputError, NotFoundError: as `ChangeService.page`.
        """
        self._changes = changes
        self._request = msgspec.structs.replace(request, cursor=None, limit=1)
        changes().page(self._request)
        self._further = msgspec.structs.replace(self._request, since=None)

    def knows(self, last: str) -> bool:
        """Tell whether an id is one of the snapshot that is served now."""
        service = self._changes()
        history = service.snapshot.history
        if last == service.identity:
            return True
        return history is not None and _after(history, last) is not None

    def part(self, last: str | None) -> EventPart:
        """Return what is to be told after the event of this id; `None` is at the beginning.

        Raises:
            NotFoundError: the franchise is not known any more.
        """
        service = self._changes()
        history = service.snapshot.history
        if history is None:
            return _without_history(service, last)
        place = self._place(history, last)
        if place is None:
            return _lost(history)
        if last is None and place.publication == len(history.entries):
            current = _ended(history.entries[-1], 0)
            return EventPart([current], current.id, more=False)
        numbers = np.sort(service.numbers(history, self._further))
        return _parted(self._following(service, history, numbers, place), history)

    def _following(
        self, service: ChangeService, history: History, numbers: Numbers, place: _Place
    ) -> Iterator[Event]:
        for publication in range(place.publication, len(history.entries)):
            here = numbers[history.publication_of[numbers] == publication]
            for number in here[here >= place.change].tolist():
                item = service.item(history, number, safe=self._request.safe)
                yield Event("change", str(item.id), item)
            yield _ended(history.entries[publication], len(here))

    def _place(self, history: History, last: str | None) -> _Place | None:
        if last is not None:
            return _after(history, last)
        since = self._request.since
        if since is None:
            return _Place(len(history.entries), len(history))
        found = place_of(history, since, "since")
        return _beginning(history, 0 if found is None else found + 1)


def _parted(following: Iterator[Event], history: History) -> EventPart:
    """Return as many events as are made at once."""
    events = list(islice(following, PART))
    last = events[-1].id if events else history.entries[-1].snapshot
    return EventPart(events, last, more=next(following, None) is not None)


def _after(history: History, last: str) -> _Place | None:
    """Return what comes after the event of this id; `None` where that is not known."""
    if is_identity(last):
        entries = history.entries
        found = [n for n, entry in enumerate(entries) if entry.snapshot == last]
        return _beginning(history, found[-1] + 1) if found else None
    try:
        number = history.number(UUID(last))
    except ValueError:
        return None
    if number is None:
        return None
    return _Place(int(history.publication_of[number]), number + 1)


def _beginning(history: History, publication: int) -> _Place:
    """Return the place before all changes of a publication."""
    return _Place(publication, sum(entry.listed for entry in history.entries[:publication]))


def _ended(entry: PublicationEntry, changes: int) -> Event:
    told = PublicationEvent(entry.snapshot, entry.revision, entry.at, changes, entry.gap)
    return Event("publication", entry.snapshot, told)


def _lost(history: History) -> EventPart:
    current = history.entries[-1].snapshot
    return EventPart([Event("lost", current, LostEvent(known_from(history)))], current, more=False)


def _without_history(service: ChangeService, last: str | None) -> EventPart:
    """Return that there is another publication, where nothing is known of what changes."""
    current = service.identity
    if last == current:
        return EventPart([], current, more=False)
    past = service.snapshot.past
    built_at = dt.datetime.fromtimestamp(service.model.built_at_s, dt.UTC).isoformat()
    at = built_at if past is None else past.publications[-1].at
    unknown = None if last is None else "what changes is not kept here"
    told = PublicationEvent(current, revision_of(current), at, 0, unknown)
    return EventPart([Event("publication", current, told)], current, more=False)
