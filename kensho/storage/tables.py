"""Read the tables of the graph, each in pages, for the snapshot that is built of them.

Rows come in the order of their ids. The pages by themselves are not a consistent view: the caller
compares `state` before and after.
"""

from typing import Final

from kensho.domain.graphs import last_successor
from kensho.domain.works import WorkKind
from kensho.storage.gateway import Gateway
from kensho.storage.paging import Pages, pages
from kensho.storage.rows import (
    DenialRow,
    EpisodeRow,
    GraphState,
    GuestRow,
    MembershipRow,
    RecommendationRow,
    RedirectRow,
    RelationRow,
    RetiredRow,
    RetiredSlugRow,
    SamePairRow,
    SequelRow,
    StoredFranchise,
    StudiosRow,
    TaggingRow,
    TagRow,
    WorkRow,
)

_WORKS_PER_PAGE: Final = 400
"""Rows of works are much larger than others, for which `ROWS_PER_PAGE` was set. Chosen by hand."""
_DEADLINE_S: Final = 30.0
"""For a whole table at once: thousands of rows, while an ingest may be running."""


async def state(gateway: Gateway) -> GraphState:
    """Return the graph's revision and whether it is composed; raises as any read does."""
    return await gateway.fetch("meta.revision", into=GraphState)


def anime(gateway: Gateway) -> Pages[WorkRow]:
    """Yield pages of series."""
    return pages(gateway, "read_model.anime", list[WorkRow], _WORKS_PER_PAGE)


def movies(gateway: Gateway) -> Pages[WorkRow]:
    """Yield pages of films."""
    return pages(gateway, "read_model.movies", list[WorkRow], _WORKS_PER_PAGE)


def studios(gateway: Gateway, table: WorkKind) -> Pages[StudiosRow]:
    """Yield pages of the studios and producers of works."""
    return pages(gateway, "read_model.studios", list[StudiosRow], table=table)


def tags(gateway: Gateway) -> Pages[TagRow]:
    """Yield pages of tags."""
    return pages(gateway, "read_model.tags", list[TagRow])


def retired(gateway: Gateway) -> Pages[RetiredRow]:
    """Yield pages of ids that are no longer works."""
    return pages(gateway, "read_model.retired", list[RetiredRow])


def taggings(gateway: Gateway) -> Pages[TaggingRow]:
    """Yield pages of tags on works, all of one work's in one page."""
    return pages(gateway, "read_model.taggings", list[TaggingRow])


def episodes(gateway: Gateway) -> Pages[EpisodeRow]:
    """Yield pages of episodes, all of one work's in one page."""
    return pages(gateway, "read_model.episodes", list[EpisodeRow])


def sequels(gateway: Gateway) -> Pages[SequelRow]:
    """Yield pages of sequel edges; those of `is_prequel_of` are their inverse and add nothing."""
    return pages(gateway, "read_model.sequels", list[SequelRow])


def relations(gateway: Gateway) -> Pages[RelationRow]:
    """Yield pages of the relation edges of every other kind."""
    return pages(gateway, "read_model.relations", list[RelationRow])


async def franchises(gateway: Gateway) -> list[StoredFranchise]:
    """Return every franchise, in order of slugs; some thousands."""
    rows = list[StoredFranchise]
    return await gateway.fetch("read_model.franchises", into=rows, deadline_s=_DEADLINE_S)


async def retired_slugs(gateway: Gateway) -> list[RetiredSlugRow]:
    """Return every retired slug and the slug in use that it leads to."""
    rows = list[tuple[str, str | None]]
    found = await gateway.fetch("read_model.retired_slugs", into=rows, deadline_s=_DEADLINE_S)
    following = dict(found)
    return [RetiredSlugRow(slug, last_successor(slug, following)) for slug in following]


def memberships(gateway: Gateway) -> Pages[MembershipRow]:
    """Yield pages of works in franchises."""
    return pages(gateway, "read_model.memberships", list[MembershipRow])


def visits(gateway: Gateway) -> Pages[GuestRow]:
    """Yield pages of guests of franchises, all visits of one work in one page."""
    return pages(gateway, "read_model.visits", list[GuestRow])


def same_as(gateway: Gateway) -> Pages[SamePairRow]:
    """Yield pages of pairs that are one work."""
    return pages(gateway, "read_model.same_as", list[SamePairRow])


def denials(gateway: Gateway) -> Pages[DenialRow]:
    """Yield pages of pairs of works of which curators deny every relation."""
    return pages(gateway, "read_model.denials", list[DenialRow])


def recommendations(gateway: Gateway) -> Pages[RecommendationRow]:
    """Yield pages of recommended pairs."""
    return pages(gateway, "read_model.recommendations", list[RecommendationRow])


def redirects(gateway: Gateway) -> Pages[RedirectRow]:
    """Yield pages of redirected episodes."""
    return pages(gateway, "read_model.redirects", list[RedirectRow])
