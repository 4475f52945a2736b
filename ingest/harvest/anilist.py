"""Walk AniList's GraphQL interface: all anime by ranges of ids, or those that changed lately.

A page has 50 media, and pages past the 5,000th medium are not given (page * perPage <= 5,000); no
filter asks for ids above a number. So a walk over all asks for blocks of ids (`id_in`), from 1 to
the highest, each in pages. A block grows where ids are sparse, as manga have numbers of the same
row, and shrinks where the interface refuses so many ids. What changed is asked for by the time of
change, latest first; where more than 5,000 media changed, the walk goes over all and keeps the
changed ones.

Errors come as a status or inside a 200 (`{"errors": [...], "data": ...}`). A page without data is
asked for again where the error may pass; a medium that bears an error is left out and named.

Facts: docs.anilist.co (rate limiting, pagination). The documented limit is 90 requests a minute, 30
while the interface is degraded; a walk begins with 30 and follows what `X-RateLimit-Limit` tells.
"""

from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final, cast

import msgspec

from ingest.harvest.walking import Interface, LeftOut, Step, member_of, quoted, shaped
from kensho.errors import UpstreamError
from kensho.platform.api_client import ApiClient
from kensho.platform.request_pacing import RateWindow

INTERFACE: Final = Interface(
    "anilist", "https://graphql.anilist.co", (RateWindow(30, 60.0),), "id", most=90
)
_PER_PAGE: Final = 50
_LAST_PAGE: Final = 100
"""5,000 media."""
_FIRST_BLOCK: Final = 500
_LARGEST_BLOCK: Final = 2000
"""Ids in a block. The numbers up to 22,000 are half anime, those from 97,000 on a tenth: blocks of
500 and of 2,000 fill 4 or 5 pages, so that few pages are not full."""
_SPARSE: Final = 100
_DENSE: Final = 400
"""A block of fewer media is doubled, of more is halved."""

_NUMBER: Final = 2
"""Where the path of an error names the medium: `["Page", "media", 3, "relations"]`."""


class AniListPlace(msgspec.Struct, frozen=True):
    """A page of a block of ids up to `last`; a block of no ids is the list of what changed.

    A block has at most `most` ids; `found` are the media of its pages before.
    """

    first: int
    size: int
    last: int
    page: int = 1
    found: int = 0
    most: int = _LARGEST_BLOCK


class _Error(msgspec.Struct, frozen=True):
    message: str = ""
    status: int | None = None
    path: tuple[str | int, ...] = ()


class _PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    has_next_page: bool


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    media: tuple[Any, ...]
    page_info: _PageInfo | None = None


class _Data(msgspec.Struct, frozen=True):
    page: _Page = msgspec.field(name="Page")


class _Medium(msgspec.Struct, frozen=True, rename="camel"):
    id: int
    updated_at: int | None = None


class _RefusedError(UpstreamError):
    """The interface does not take the query."""


class AniListWalk:
    """A walk over all anime, or over those that changed at or after `since` (a time stamp)."""

    def __init__(self, client: ApiClient, since: int | None = None) -> None:
        self.cursor_type = AniListPlace
        self._client = client
        self._since = since
        self._query = (files("ingest.harvest") / "anilist.graphql").read_text("utf-8")

    def begin(self) -> AniListPlace:
        """Return the first block, or the first page of what changed; asks for the highest id."""
        if self._since is not None:
            return AniListPlace(0, 0, 0)
        return self._all()

    def _all(self) -> AniListPlace:
        page, _ = self._ask({"page": 1, "perPage": 1, "sort": ["ID_DESC"]})
        highest = shaped(page.media, tuple[_Medium, ...], "media")
        return AniListPlace(1, _FIRST_BLOCK, highest[0].id if highest else 0)

    def step(self, cursor: msgspec.Struct) -> Step:
        """Ask for a page."""
        place = cast("AniListPlace", cursor)
        if place.size == 0:
            return self._changed(place)
        if place.first > place.last:
            return Step((), None)
        ids = list(range(place.first, min(place.first + place.size, place.last + 1)))
        wanted = {"page": place.page, "perPage": _PER_PAGE, "ids": ids, "sort": ["ID"]}
        try:
            page, errors = self._ask(wanted)
        except _RefusedError:
            if place.size <= _PER_PAGE or place.page > 1:
                raise
            half = max(place.size // 2, _PER_PAGE)
            return Step((), msgspec.structs.replace(place, size=half, most=half))
        step = self._read(page, errors)
        found = place.found + len(page.media)
        if _has_next(page):
            following = msgspec.structs.replace(place, page=place.page + 1, found=found)
        else:
            following = AniListPlace(
                place.first + place.size,
                min(place.most, _size(place.size, found)),
                place.last,
                most=place.most,
            )
        is_last = following.first > following.last
        return msgspec.structs.replace(step, cursor=None if is_last else following)

    def _changed(self, place: AniListPlace) -> Step:
        """Ask for a page of what changed, the latest first."""
        wanted = {"page": place.page, "perPage": _PER_PAGE, "sort": ["UPDATED_AT_DESC"]}
        page, errors = self._ask(wanted)
        step = self._read(page, errors)
        if not _has_next(page) or any(map(self._is_older, page.media)):
            return step
        if place.page == _LAST_PAGE:
            return msgspec.structs.replace(step, cursor=self._all())
        following = msgspec.structs.replace(place, page=place.page + 1)
        return msgspec.structs.replace(step, cursor=following)

    def _is_older(self, medium: object) -> bool:
        found = _decoded(medium)
        return found is not None and (found.updated_at or 0) < (self._since or 0)

    def _ask(self, variables: Mapping[str, object]) -> tuple[_Page, list[_Error]]:
        answer = self._client.post({"query": self._query, "variables": variables}, _passing)
        errors = _errors(answer.document)
        data = _data(answer.document)
        if data is None:
            told = "; ".join(error.message for error in errors) or f"status {answer.status}"
            raise _RefusedError(f"{self._client.endpoint}: refuses the query: {told}")
        return shaped(data, _Data, f"{self._client.endpoint}: data").page, errors

    def _read(self, page: _Page, errors: list[_Error]) -> Step:
        faulty = {error.path[_NUMBER]: error for error in errors if len(error.path) > _NUMBER}
        records: list[object] = []
        left_out: list[LeftOut] = []
        for number, medium in enumerate(page.media):
            error = faulty.get(number)
            if error is not None:
                field = ".".join(str(part) for part in error.path[_NUMBER + 1 :]) or "record"
                left_out.append(LeftOut(_key(medium), field, quoted(medium), error.message))
            elif medium is None:
                continue  # it was removed while the page was put together
            elif (found := _decoded(medium)) is None:
                value = quoted(member_of(medium, "id"))
                left_out.append(LeftOut(_key(medium), "id", value, "expected a medium with an id"))
            elif self._since is None or (found.updated_at or 0) >= self._since:
                records.append(medium)
        return Step(records, None, left_out)


def _size(size: int, found: int) -> int:
    if found < _SPARSE:
        return min(2 * size, _LARGEST_BLOCK)
    return max(size // 2, _PER_PAGE) if found > _DENSE else size


def _has_next(page: _Page) -> bool:
    return page.page_info is not None and page.page_info.has_next_page


def _errors(document: object) -> list[_Error]:
    given = member_of(document, "errors")
    try:
        return msgspec.convert(given or [], list[_Error])
    except msgspec.ValidationError:
        return [_Error(quoted(given))]


def _data(document: object) -> object:
    """Return the data; `None` where there is no page in it."""
    data = member_of(document, "data")
    return None if member_of(data, "Page") is None else data


def _passing(document: object) -> str | None:
    """Tell why a document without data may come with some when it is asked for again."""
    if _data(document) is not None:
        return None
    for error in _errors(document):
        if error.status is None or error.status >= HTTPStatus.TOO_MANY_REQUESTS:
            return f"the server answers with the error {error.message!r}"
    return None if isinstance(document, dict) else f"no GraphQL answer: {quoted(document)}"


def _decoded(medium: object) -> _Medium | None:
    try:
        return msgspec.convert(medium, _Medium)
    except msgspec.ValidationError:
        return None


def _key(medium: object) -> str:
    return f"anilist:{member_of(medium, 'id')}"
