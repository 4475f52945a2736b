"""Walk Kitsu's `media-relationships` (JSON:API), 20 a page: every relation of an anime to an anime.

`include` makes the interface tell which media the ends are; their fields are asked for sparsely. A
relationship is written as it comes, without its links. One whose end was removed is passed over.
The interface does not tell when a relationship changed.

Facts: kitsu.docs.apiary.io (pagination, includes, sparse fields). No limit is documented: one
request a second, as other walkers of it ask.
"""

from http import HTTPStatus
from typing import Any, Final, cast

import msgspec

from ingest.harvest.walking import Interface, LeftOut, Step, member_of, quoted, shaped
from kensho.errors import UpstreamError
from kensho.platform.api_client import ApiClient
from kensho.platform.request_pacing import RateWindow

INTERFACE: Final = Interface(
    "kitsu", "https://kitsu.app/api/edge", (RateWindow(1, 1.0), RateWindow(60, 60.0)), "id"
)
_PER_PAGE: Final = 20
_ACCEPT: Final = "application/vnd.api+json"
_ANIME: Final = "anime"
_FIELDS: Final = {
    "include": "source,destination",
    "fields[mediaRelationships]": "role,source,destination",
    "fields[anime]": "slug",
    "fields[manga]": "slug",
    "sort": "id",
}


class KitsuPlace(msgspec.Struct, frozen=True):
    """How many relationships come before the next page."""

    offset: int = 0


class _Links(msgspec.Struct, frozen=True):
    next: str | None = None


class _Document(msgspec.Struct, frozen=True):
    data: tuple[Any, ...]
    links: _Links = _Links()


class _End(msgspec.Struct, frozen=True):
    type: str
    id: str


class _Linkage(msgspec.Struct, frozen=True):
    data: _End | None


class _Ends(msgspec.Struct, frozen=True):
    source: _Linkage
    destination: _Linkage


class _Attributes(msgspec.Struct, frozen=True):
    role: str


class _Relationship(msgspec.Struct, frozen=True):
    id: str
    type: str
    attributes: _Attributes
    relationships: _Ends


class KitsuWalk:
    """A walk over all relationships."""

    def __init__(self, client: ApiClient) -> None:
        self.cursor_type = KitsuPlace
        self._client = client

    def begin(self) -> KitsuPlace:
        """Return the first page."""
        return KitsuPlace()

    def step(self, cursor: msgspec.Struct) -> Step:
        """Ask for a page."""
        offset = cast("KitsuPlace", cursor).offset
        paging = {"page[limit]": str(_PER_PAGE), "page[offset]": str(offset)}
        answer = self._client.get("/media-relationships", {**paging, **_FIELDS}, accept=_ACCEPT)
        where = f"{self._client.endpoint}/media-relationships?page[offset]={offset}"
        if answer.status != HTTPStatus.OK:
            raise UpstreamError(f"{where}: answered {answer.status}: {quoted(answer.document)}")
        document = shaped(answer.document, _Document, where)
        records: list[object] = []
        left_out: list[LeftOut] = []
        for item in document.data:
            try:
                found = shaped(item, _Relationship, _key(item))
            except UpstreamError as error:
                left_out.append(_left_out(item, error))
            else:
                ends = (found.relationships.source.data, found.relationships.destination.data)
                if all(end is not None and end.type == _ANIME for end in ends):
                    records.append(found)
        following = KitsuPlace(offset + _PER_PAGE) if document.links.next is not None else None
        return Step(records, following, left_out)


def _key(item: object) -> str:
    return f"kitsu relationship {member_of(item, 'id')}"


def _left_out(item: object, error: UpstreamError) -> LeftOut:
    key = _key(item)
    field, _, rest = error.message.removeprefix(f"{key}: ").partition(": ")
    value, _, reason = rest.rpartition(": ")
    return LeftOut(key, field, value, reason)
