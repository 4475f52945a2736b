"""What was served at another time: the publication that a date or revision names, and its model.

A date means the publication that was current at the end of that day, in UTC; a time, at that
moment; a revision, the last publication of it, or else the one that was current when a later one
came first.

Guarantees: a publication that has been followed by one after the named moment is the answer for
ever (`is_settled`), unless its snapshot goes. What is no longer kept is never answered by what is:
the error says from when on there is something.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from kensho.discovery.change_points import check_point, moment_of
from kensho.errors import NotKeptError, ReadModelError
from kensho.read_model.holder import Snapshot
from kensho.read_model.identity import is_identity
from kensho.read_model.model import ReadModel
from kensho.read_model.past import Past
from kensho.read_model.publications import PublishedSnapshot

FIELD: Final = "as_of"
"""The parameter that names a time."""


class PastModel(NamedTuple):
    """What was published, and its model; `is_settled` tells that another will never be meant."""

    model: ReadModel
    publication: PublishedSnapshot
    is_settled: bool


def as_of(snapshot: Snapshot, text: str) -> PastModel:
    """Return what was served when a revision, the identity of a snapshot, or a date names.

    Raises:
        InvalidInputError: it is none of these.
        NotKeptError: what was served then is not known, or no longer kept.
    """
    check_point(text, FIELD)
    past = snapshot.past
    if past is None:
        raise NotKeptError("what was served earlier is not kept here")
    place = place_of(past.publications, text)
    if place is None:
        raise _not_kept(past, f"what was served as of {text} is not kept")
    try:
        model = past.model(place)
    except ReadModelError as error:
        named = past.publications[place]
        what = f"the snapshot {named.snapshot} of {named.at} can't be read any more"
        raise _not_kept(past, what) from error
    is_last = place == len(past.publications) - 1
    is_settled = is_identity(text) or not (text.isdecimal() or is_last)
    return PastModel(model, past.publications[place], is_settled)


def place_of(publications: Sequence[PublishedSnapshot], text: str) -> int | None:
    """Return the place of what was current then, of publications the oldest first.

    `None` means that it is not among them. A date that lies ahead means the last so far.
    """
    if is_identity(text):
        return _last(publications, lambda one: one.snapshot == text)
    if text.isdecimal():
        revision = int(text)
        exact = _last(publications, lambda one: one.revision == revision)
        return exact if exact is not None else _before(publications, lambda r: r > revision)
    moment = moment_of(text, FIELD)
    later = (n for n, one in enumerate(publications) if dt.datetime.fromisoformat(one.at) > moment)
    place = next(later, len(publications)) - 1
    return place if place >= 0 else None


def _before(
    publications: Sequence[PublishedSnapshot], is_later: Callable[[int], bool]
) -> int | None:
    """Return the place before the first of a later revision."""
    places = (number for number, one in enumerate(publications) if is_later(one.revision))
    place = next(places, len(publications)) - 1
    return place if place >= 0 else None


def _last(
    publications: Sequence[PublishedSnapshot], is_meant: Callable[[PublishedSnapshot], bool]
) -> int | None:
    places = (n for n in range(len(publications) - 1, -1, -1) if is_meant(publications[n]))
    return next(places, None)


def _not_kept(past: Past, what: str) -> NotKeptError:
    first = past.earliest_readable()
    return NotKeptError(
        f"{what}: the earliest that is has revision {first.revision}, published {first.at}",
        kept_from=(first.snapshot, first.revision, first.at),
    )
