"""`/api/search` and `/api/suggest`: works by what their titles read like, and type-ahead."""

import re
from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation, post_operation
from kensho.api.parameters import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    OfSeason,
    OfStatus,
    OfType,
    OfYear,
    Safe,
    TagText,
    listing,
    with_lists,
)
from kensho.api.providers import GivenSearch
from kensho.api.request_bodies import SearchBatchRequest, listed
from kensho.discovery import search_batches, suggestions
from kensho.discovery.field_selection import fields_named
from kensho.discovery.filter_values import FilterTexts
from kensho.discovery.query_interpretation import is_short
from kensho.discovery.search import MAX_OFFSET, SearchRequest, SearchService
from kensho.discovery.search_views import (
    Completions,
    SearchAnswers,
    SearchPage,
    SearchResult,
)
from kensho.discovery.works import DETAIL_FIELDS, is_detailed
from kensho.domain.searches import SearchOutcome, outcome_of
from kensho.http.pooled import pooled_if, pooled_slices
from kensho.http.privacy import PUBLIC
from kensho.http.request_costs import costing
from kensho.http.responses import (
    PreparedResponse,
    ResponseMeta,
    SlicedResponse,
    UncachedResponse,
)
from kensho.http.shortcuts import Shortcut, with_shortcut
from kensho.read_model.encoded import Encoded
from kensho.search.name_readings import MAX_CHARS

_FIELDS: Final = tuple(dict.fromkeys((*SearchResult.__struct_fields__, *DETAIL_FIELDS)))
_DEFAULT_SUGGESTIONS: Final = 8
_NOTHING: Final = b'{"results":[],"franchises":[],"total":0,"hidden":{"adult":0}'
"""How the answer of a search begins that finds nothing, not even what is hidden."""
_MANY: Final = 40
"""Results that are made within 3 ms."""
_CONTROL: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029"
TYPED: Final = rf"^[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*$"
"""What `hostile` lets through, and something that can be seen in it."""
_TYPED: Final = re.compile(TYPED)

Typed: TypeAlias = Annotated[
    str,
    QueryParameter(
        min_length=1,
        max_length=MAX_CHARS,
        schema_extra={"pattern": TYPED},
        description="A title in any spelling or script, the beginning of one, first letters of its "
        "words; the name, path or address of a release; an id. 1 to 1,000 characters, not only "
        "spaces.",
        examples=[Example(value="cowboy")],
    ),
]
Offset: TypeAlias = Annotated[
    int | None,
    QueryParameter(
        ge=0,
        le=MAX_OFFSET,
        schema_extra={"minimum": 0},  # which Litestar takes for none
        description="How many results to skip; not together with `cursor`.",
        examples=[Example(value=0)],
    ),
]
GroupedBy: TypeAlias = Annotated[
    Literal["franchise"] | None,
    QueryParameter(
        description="One result for each franchise or story: its best hit, with the others.",
        examples=[Example(value="franchise")],
    ),
]
Explained: TypeAlias = Annotated[
    bool,
    QueryParameter(
        description="Whether to say why each result scores what it scores.",
        examples=[Example(value=True)],
    ),
]
Strict: TypeAlias = Annotated[
    bool,
    QueryParameter(
        description="Whether to answer only the one work that an id names, or whose title the text "
        "is but for season and episode; else nothing, and `reason` says why.",
        examples=[Example(value=True)],
    ),
]
Faceted: TypeAlias = Annotated[
    bool,
    QueryParameter(
        description="Whether to count the hits of each type, status, season, year and tag.",
        examples=[Example(value=False)],
    ),
]
FoundFields: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        schema_extra={"pattern": listing(_FIELDS)},
        description=f"Fields of each result, by commas: {', '.join(_FIELDS)}.",
        examples=[Example(value="id,title,matched_title,score")],
    ),
]
MostSuggestions: TypeAlias = Annotated[
    int,
    QueryParameter(
        ge=1,
        le=suggestions.MOST,
        description="How many to answer at most.",
        examples=[Example(value=8)],
    ),
]


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for, and which part of the answer is wanted."""

    q: Typed
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = None
    offset: Offset = None
    type: OfType = None
    year: OfYear = None
    season: OfSeason = None
    status: OfStatus = None
    tag: TagText = None
    group: GroupedBy = None
    explain: Explained = False
    strict: Strict = False
    safe: Safe = None
    facets: Faceted = True
    fields: FoundFields = None


def _is_costly(query: SearchQuery, **_: object) -> bool:
    fields = fields_named(query.fields, _FIELDS) or ()
    return query.explain or query.limit > _MANY or is_short(query.q) or is_detailed(fields)


def _is_short(q: str, **_: object) -> bool:
    return is_short(q)


def _outcome(query: SearchQuery, found: Encoded[SearchPage]) -> SearchOutcome | None:
    """Return what a search found, if its text alone decided that."""
    filters = (query.type, query.year, query.season, query.status, query.tag)
    if query.strict or query.cursor or query.offset or any(filters):
        return None
    return outcome_of(query.q, found=not found.bytes.startswith(_NOTHING))


def _found(search: SearchService, query: SearchQuery) -> PreparedResponse[SearchPage]:
    """Return a page of hits as an answer."""
    request = SearchRequest(
        text=query.q,
        filters=search.filters(
            FilterTexts(
                type=query.type,
                status=query.status,
                season=query.season,
                year=query.year,
                tag=query.tag,
                safe=search.hides_adult(query.safe),
            )
        ),
        limit=query.limit,
        cursor=query.cursor,
        offset=query.offset,
        by_franchise=query.group is not None,
        explain=query.explain,
        facets=query.facets,
        strict=query.strict,
        fields=fields_named(query.fields, _FIELDS),
    )
    found = search.page(request)
    meta = ResponseMeta(outcome=_outcome(query, found))
    return PreparedResponse(found, search.identity, meta=meta)


def _plainly(search: SearchService, text: str) -> PreparedResponse[SearchPage] | None:
    """Return the answer to a text by itself, unless it is to be refused or takes long."""
    query = SearchQuery(q=text)
    is_sound = 0 < len(text) <= MAX_CHARS and _TYPED.search(text) is not None
    return _found(search, query) if is_sound and not _is_costly(query) else None


class SearchController(Controller):
    """Titles."""

    path = "/api"
    opt = PUBLIC
    tags: Sequence[str] | None = ("search",)

    @get_operation(
        "/search",
        Documented("Search by title", "A page of hits."),
        examples.FOUND,
        opt=with_shortcut(
            with_lists(costing(2, explain=4, fields=2)), Shortcut("q", "search", _plainly)
        ),
    )
    @pooled_if(_is_costly)
    def search(self, search: GivenSearch, query: SearchQuery) -> PreparedResponse[SearchPage]:
        """Return the works that a text may mean, best first.

        Letters, not spellings, are compared: case, width, accents, punctuation, spaces, kana and
        long vowels don't count, and from four letters on two errors are forgiven. Facets count all
        pages, each under every filter but its own.
        """
        return _found(search, query)

    @post_operation(
        "/search/batch",
        Documented("Search for many titles", "The answers."),
        examples.ANSWERS,
        opt=costing(100),
    )
    @pooled_slices
    def search_many(
        self,
        search: GivenSearch,
        data: Annotated[SearchBatchRequest, Body(description="What to search for.")],
    ) -> SlicedResponse[SearchAnswers]:
        """Return what each of up to 100 texts may mean: names of files, paths, titles, ids.

        One answer each, in the order of the texts, the same that `/api/search` answers under the
        same options. A text that can't be searched for has an `error` in place of what was
        `found`. Of paths as much of the end is read as a search takes.
        """
        request = data.search_request(search, fields_named(listed(data.fields), _FIELDS))
        slices = search_batches.slices(search.page, data.texts, request)
        return SlicedResponse(slices, lambda parts: UncachedResponse(search_batches.joined(parts)))

    @get_operation(
        "/suggest",
        Documented("Complete a title", "What the text may become."),
        examples.COMPLETIONS,
    )
    @pooled_if(_is_short)
    def suggest(
        self,
        search: GivenSearch,
        q: Typed,
        limit: MostSuggestions = _DEFAULT_SUGGESTIONS,
        safe: Safe = None,
    ) -> PreparedResponse[Completions]:
        """Return what a half-typed title may become: titles that begin with it first, then best."""
        found = search.suggestions(q, limit, safe=search.hides_adult(safe))
        return PreparedResponse(found, search.identity)
