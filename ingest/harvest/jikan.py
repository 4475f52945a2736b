"""Walk Jikan v4: `/anime/{id}/full` of every id of its listing `/anime?page=`, or of given ids.

Nothing tells when a page of MyAnimeList changed. So `since` asks for what began on or after a day,
what is airing and what is announced.

Errors come as a status with `{"status": ..., "type": ..., "message": ...}`: 404 is an id that is
gone, 5xx mostly a page that MyAnimeList does not give now. A work that stays broken is left out and
named; five in a row end the walk, for then MyAnimeList itself is down.

Facts: docs.api.jikan.moe (rate limiting): 3 requests a second, 60 a minute.
"""

import datetime as dt
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, cast

import msgspec

from ingest.harvest.walking import Interface, LeftOut, Step, member_of, quoted, shaped
from kensho.errors import UpstreamError, UpstreamUnavailableError
from kensho.platform.api_client import ApiAnswer, ApiClient
from kensho.platform.request_pacing import RateWindow

INTERFACE: Final = Interface(
    "jikan", "https://api.jikan.moe/v4", (RateWindow(60, 60.0), RateWindow(3, 1.0)), "mal_id"
)
_PER_PAGE: Final = 25
_MOST_FAILED: Final = 5
_Query = tuple[tuple[str, str], ...]
_SORTED: Final = (("order_by", "mal_id"), ("sort", "asc"))


class JikanPlace(msgspec.Struct, frozen=True):
    """A page of a listing, the ids of it that are still to be asked, and failures in a row."""

    listing: int = 0
    page: int = 1
    pending: tuple[int, ...] = ()
    has_next: bool = True
    failed: int = 0


class _Pagination(msgspec.Struct, frozen=True):
    has_next_page: bool = False


class _Listing(msgspec.Struct, frozen=True):
    data: tuple[Any, ...]
    pagination: _Pagination = _Pagination()


class JikanWalk:
    """A walk over all anime, over those that may have changed since a day, or over given ids."""

    def __init__(
        self, client: ApiClient, since: dt.date | None = None, ids: Sequence[int] = ()
    ) -> None:
        self.cursor_type = JikanPlace
        self._client = client
        self._ids = tuple(ids)
        self._listings: tuple[_Query, ...] = ((),)
        if since is not None:
            begun = (("start_date", since.isoformat()),)
            self._listings = (begun, (("status", "airing"),), (("status", "upcoming"),))

    def begin(self) -> JikanPlace:
        """Return the first page of the first listing."""
        return JikanPlace()

    def step(self, cursor: msgspec.Struct) -> Step:
        """Ask for one work, or for the next page of the listing."""
        place = cast("JikanPlace", cursor)
        if not place.pending:
            return self._listed(place)
        number = place.pending[0]
        after = msgspec.structs.replace(place, pending=place.pending[1:], failed=0)
        key, path = f"mal:{number}", f"/anime/{number}/full"
        try:
            answer = self._client.get(path, {})
        except UpstreamUnavailableError as error:
            if place.failed + 1 >= _MOST_FAILED:
                raise
            failed = msgspec.structs.replace(after, failed=place.failed + 1)
            return Step((), failed, [LeftOut(key, "record", path, error.message)])
        if answer.status == HTTPStatus.NOT_FOUND:
            return Step((), after, gone=[key])
        data = member_of(answer.document, "data")
        found = member_of(data, "mal_id")
        if found == number:
            return Step([data], after)
        is_work = isinstance(data, dict)
        field, value = ("mal_id", found) if is_work else ("data", answer.document)
        fault = LeftOut(key, field, quoted(value), f"expected the work {number}")
        return Step((), after, [fault])

    def _listed(self, place: JikanPlace) -> Step:
        """Return the place with the ids of the next page."""
        if not place.has_next:
            if place.listing + 1 == len(self._listings):
                return Step((), None)
            place = JikanPlace(place.listing + 1)
        if self._ids:
            end = place.page * _PER_PAGE
            pending, more = self._ids[end - _PER_PAGE : end], end < len(self._ids)
            return Step((), JikanPlace(0, place.page + 1, pending, more, place.failed))
        query = (("page", str(place.page)), *_SORTED, *self._listings[place.listing])
        answer = self._client.get("/anime", dict(query))
        where = f"{self._client.endpoint}/anime?page={place.page}"
        listing = shaped(_sound(answer, where), _Listing, where)
        pending, left_out = _ids_in(listing)
        more = listing.pagination.has_next_page
        following = JikanPlace(place.listing, place.page + 1, pending, more, place.failed)
        return Step((), following, left_out)


def _sound(answer: ApiAnswer, where: str) -> object:
    if answer.status != HTTPStatus.OK:
        raise UpstreamError(f"{where}: answered {answer.status}: {quoted(answer.document)}")
    return answer.document


def _ids_in(listing: _Listing) -> tuple[tuple[int, ...], list[LeftOut]]:
    ids: list[int] = []
    left_out: list[LeftOut] = []
    for item in listing.data:
        number = member_of(item, "mal_id")
        if isinstance(number, int) and number > 0:
            ids.append(number)
        else:
            left_out.append(LeftOut("mal", "mal_id", quoted(number), "expected a number"))
    return tuple(ids), left_out
