"""`/api/search` and `/api/suggest`: works by what their titles read like, and type-ahead."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias, cast

from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from kensho.api import examples
from kensho.api.browse import ANY_CASE, OfStatus, OfType
from kensho.api.operations import Documented, get_operation
from kensho.api.parameters import DEFAULT_LIMIT, Cursor, Limit, TagText, listing
from kensho.api.services import GivenServices
from kensho.discovery import splicing, suggestions
from kensho.discovery.facets import Filters
from kensho.discovery.search import MAX_OFFSET, SearchRequest
from kensho.discovery.search_views import Completions, SearchPage, SearchResult
from kensho.domain.works import Season
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.search.interpretations import MAX_CHARS

_FIELDS: Final = SearchResult.__struct_fields__
_DEFAULT_SUGGESTIONS: Final = 8
_VISIBLE: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f\u2028\u2029]"
TYPED: Final = rf"{_VISIBLE}[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
"""What `hostile` lets through, and something that can be seen in it."""

Typed: TypeAlias = Annotated[
    str,
    QueryParameter(
        min_length=1,
        max_length=MAX_CHARS,
        schema_extra={"pattern": TYPED},
        description="A title in any spelling or script, the beginning of one, first letters of its "
        "words, or the name of a release; 1 to 300 characters, not only spaces.",
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
OfYear: TypeAlias = Annotated[
    int | None,
    QueryParameter(
        description="Works of this year: 1900 up to five ahead.", examples=[Example(value=1998)]
    ),
]
OfSeason: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        pattern=ANY_CASE,
        description="Works of this season: winter, spring, summer or fall, in any case.",
        examples=[Example(value="spring")],
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
Safe: TypeAlias = Annotated[
    bool | None,
    QueryParameter(
        description="Whether to hide adult works; by default as `KENSHO_SEARCH_SAFE` says, which "
        "is to hide them.",
        examples=[Example(value=True)],
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


class SearchController(Controller):
    """Titles."""

    path = "/api"
    opt = PUBLIC
    tags: Sequence[str] | None = ("search",)

    @get_operation("/search", Documented("Search by title", "A page of hits."), examples.FOUND)
    async def search(  # noqa: PLR0913, PLR0917 -- Litestar declares one parameter by one argument
        self,
        desk: GivenServices,
        q: Typed,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        offset: Offset = None,
        type: OfType = None,  # noqa: A002 -- the parameter's public name
        year: OfYear = None,
        season: OfSeason = None,
        status: OfStatus = None,
        tag: TagText = None,
        group: GroupedBy = None,
        explain: Explained = False,
        safe: Safe = None,
        fields: FoundFields = None,
    ) -> PreparedResponse[SearchPage]:
        """Return the works that a text may mean, best first.

        Letters, not spellings, are compared: case, width, accents, punctuation, spaces, kana and
        long vowels don't count, and from four letters on two errors are forgiven. Facets count all
        pages, each under every filter but its own.
        """
        if year is not None:
            desk.calendar.check(year)
        name = None if season is None else cast("Season", season.lower())
        hides = desk.searching.safe if safe is None else safe
        asked = SearchRequest(
            text=q,
            filters=Filters(type=type, status=status, season=name, year=year, tag=tag, safe=hides),
            limit=limit,
            cursor=cursor,
            offset=offset,
            by_franchise=group is not None,
            explain=explain,
            fields=splicing.chosen(fields, _FIELDS),
        )
        held = desk.catalogue.held
        return PreparedResponse(await desk.searching.answer(held, asked), held.model.identity)

    @get_operation(
        "/suggest",
        Documented("Complete a title", "What the text may become."),
        examples.COMPLETIONS,
    )
    async def suggest(
        self,
        desk: GivenServices,
        q: Typed,
        limit: MostSuggestions = _DEFAULT_SUGGESTIONS,
        safe: Safe = None,
    ) -> PreparedResponse[Completions]:
        """Return what a half-typed title may become: titles that begin with it first, then best."""
        held = desk.catalogue.held
        body = await suggestions.answer(
            held, q, limit, safe=desk.searching.safe if safe is None else safe
        )
        return PreparedResponse(body, held.model.identity)
