"""The parameters that several operations share, bounded as enforced."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter

from kensho.discovery.change_points import POINT
from kensho.discovery.cursors import MAX_CHARS
from kensho.discovery.tags import TAGGED_FIELDS
from kensho.discovery.time_travel import PastModel
from kensho.discovery.works import DETAIL_FIELDS, SUMMARY_FIELDS
from kensho.domain.relations import KINDS
from kensho.domain.works import SEASONS
from kensho.http.response_cache import PLAIN, ResponseMeta
from kensho.http.targets import LISTS
from kensho.read_model.columns import ANIME_TYPES, STATUSES

MAX_LIMIT: Final = 100
DEFAULT_LIMIT: Final = 20
MAX_PAGE: Final = 10_000
EXAMPLE_ID: Final = "0f0b1f8e-3c0a-5d53-9f53-1d3a5d1c8a11"


def listing(words: tuple[str, ...]) -> str:
    """Return the pattern of a comma-separated list of these words.

    It documents what the use case checks: that names the word which is not known, and a pattern
    could not.
    """
    word = f"({'|'.join(words)})"
    return f"^{word}(,{word}){{0,{len(words) - 1}}}$"


def any_case(words: Sequence[str]) -> str:
    """Return the pattern of one of these words in any case: JSON Schema's have no flag for that."""
    spelt = ("".join(f"[{c.upper()}{c}]" for c in word) for word in words)
    return f"({'|'.join(spelt)})"


def any_case_listing(words: Sequence[str]) -> str:
    """Return the pattern of a comma-separated list of these words in any case."""
    return f"^{any_case(words)}(,{any_case(words)}){{0,{len(words) - 1}}}$"


WorkId: TypeAlias = Annotated[
    UUID,
    PathParameter(
        description="The work's id: a UUID that survives re-ingestion.",
        examples=[Example(value=EXAMPLE_ID)],
    ),
]
Limit: TypeAlias = Annotated[
    int,
    QueryParameter(
        ge=1, le=MAX_LIMIT, description="How many to answer at most.", examples=[Example(value=20)]
    ),
]
PageNumber: TypeAlias = Annotated[
    int,
    QueryParameter(
        ge=1, le=MAX_PAGE, description="Which page, from 1.", examples=[Example(value=1)]
    ),
]
Cursor: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=MAX_CHARS,
        description="Where to go on: the `next_cursor` of the page before, with the same filters.",
    ),
]
DetailFields: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        schema_extra={"pattern": listing(DETAIL_FIELDS)},
        description=f"Fields to answer with, by commas: {', '.join(DETAIL_FIELDS)}.",
        examples=[Example(value="title,episodes,tags")],
    ),
]
SummaryFields: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        schema_extra={"pattern": listing(SUMMARY_FIELDS)},
        description=f"Fields of each work, by commas: {', '.join(SUMMARY_FIELDS)}.",
        examples=[Example(value="id,title")],
    ),
]
TaggedFields: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        schema_extra={"pattern": listing(TAGGED_FIELDS)},
        description=f"Fields of each work, by commas: {', '.join(TAGGED_FIELDS)}.",
        examples=[Example(value="id,title,relevance")],
    ),
]
Kinds: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        schema_extra={"pattern": listing(KINDS)},
        description="Follow only these kinds, by commas, as read from the work walked from.",
        examples=[Example(value="sequel,prequel")],
    ),
]
TagText: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=50,
        description="Works with this tag, by name or id.",
        examples=[Example(value="drama")],
    ),
]
StudioName: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=200,
        description="Works by this studio, by its name in any case.",
        examples=[Example(value="Sunrise")],
    ),
]
OfType: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        schema_extra={"pattern": any_case_listing(ANIME_TYPES)},
        description=f"Works of these types, in any case: {', '.join(ANIME_TYPES)}. Several by "
        "commas, or by giving it again.",
        examples=[Example(value="tv")],
    ),
]
OfStatus: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        schema_extra={"pattern": any_case_listing(STATUSES)},
        description=f"Works in one of these statuses, in any case: {', '.join(STATUSES)}. Several "
        "by commas, or by giving it again.",
        examples=[Example(value="finished")],
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
        schema_extra={"pattern": f"^{any_case(SEASONS)}$"},
        description=f"Works of this season, in any case: {', '.join(SEASONS)}.",
        examples=[Example(value="spring")],
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


AsOf: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        schema_extra={"pattern": POINT},
        max_length=40,
        description="What was served then: a date means the end of that day (UTC), a revision its "
        "last publication; also a time, or the identity of a snapshot. What is no longer kept is "
        "a problem `not_kept`, whose `kept_from` is the earliest there is.",
        examples=[Example(value="2026-11-22")],
    ),
]


def is_past(*, as_of: str | None = None, **_: object) -> bool:
    """Tell whether a request asks for another time, so that a snapshot may have to be opened."""
    return as_of is not None


def then(past: PastModel | None, meta: ResponseMeta = PLAIN) -> ResponseMeta:
    """Return what an answer of an earlier time says besides: when that was, and that it stays."""
    if past is None:
        return meta
    named = (b"x-kensho-as-of", past.publication.at.encode())
    return meta._replace(headers=(*meta.headers, named), is_settled=past.is_settled)


def with_lists(opt: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a handler's `opt` by which `type` and `status` may be given again."""
    return {**opt, LISTS: frozenset(("type", "status"))}
