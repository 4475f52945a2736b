"""The bodies that operations take, with the bounds that are enforced and documented alike."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from kensho.discovery.field_selection import Fields
from kensho.discovery.filter_values import FilterTexts
from kensho.discovery.resolve import Provider
from kensho.discovery.search import SearchRequest, SearchService
from kensho.discovery.search_batches import MAX_TEXTS
from kensho.domain.work_items import MAX_NAME_CHARS, MAX_REASON_CHARS, ItemAction

MAX_BATCH: Final = 100
MAX_FOUND: Final = 20
"""Results of one text of a batch."""
LOCAL_ID: Final = "^[!-9;-~]{1,200}$"
"""An id at its provider: visible ASCII without a colon, which parts it from the provider's name."""
GIVEN_ID: Final = "^([a-z][a-z-]*:)?[!-9;-~]{1,200}$"
"""An id at its provider, or one that says whose it is."""


Word: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
Words: TypeAlias = Annotated[list[Word], Meta(max_length=MAX_BATCH)]


class BatchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ids of up to 100 works."""

    ids: Annotated[list[UUID], Meta(max_length=MAX_BATCH)]


class ResolveRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 100 ids of one provider."""

    provider: Provider
    ids: Annotated[list[Annotated[str, Meta(pattern=LOCAL_ID)]], Meta(max_length=MAX_BATCH)]


class ItemChangeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do about a work item.

    `wontfix` needs a reason; `assign` without a name takes the item from whoever has it.
    """

    action: ItemAction
    reason: Annotated[str, Meta(max_length=MAX_REASON_CHARS)] = ""
    assignee: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)] | None = None
    version: int | None = None


class SearchBatchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 100 texts to search for, each under the same options as those of `/api/search`."""

    texts: Annotated[list[str], Meta(max_length=MAX_TEXTS)]
    limit: Annotated[int, Meta(ge=1, le=MAX_FOUND)] = 3
    type: Words = []
    status: Words = []
    season: Word | None = None
    year: int | None = None
    tag: Word | None = None
    safe: bool | None = None
    group: Literal["franchise"] | None = None
    explain: bool = False
    strict: bool = False
    facets: bool = False
    fields: Words = []

    def search_request(self, search: SearchService, fields: Fields | None) -> SearchRequest:
        """Return the options as a request for no text.

        Raises:
            InvalidInputError: as `SearchService.filters`.
        """
        texts = FilterTexts(
            type=listed(self.type),
            status=listed(self.status),
            season=self.season,
            year=self.year,
            tag=self.tag,
            safe=search.hides_adult(self.safe),
        )
        return SearchRequest(
            text="",
            filters=search.filters(texts),
            limit=self.limit,
            by_franchise=self.group is not None,
            explain=self.explain,
            strict=self.strict,
            facets=self.facets,
            fields=fields,
        )


def listed(words: Sequence[str]) -> str | None:
    """Return a list as an address spells it; an empty one is not given."""
    return ",".join(words) or None
