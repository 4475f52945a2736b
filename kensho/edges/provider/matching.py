"""Looks for the works of the graph at the provider, and proposes links."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
import numpy as np

from kensho.edges.provider.inference import (
    SeasonFacts,
    SeasonJudgement,
    WorkFacts,
    judged,
    proposed,
)
from kensho.edges.provider.links import Link
from kensho.edges.provider.protocol import ProviderProtocol
from kensho.errors import EpisodeNotFoundError
from kensho.read_model.model import ReadModel
from kensho.read_model.views import StoredDetail

_MOST_TITLES: Final = 3
"""Titles of a work that are searched for: the main one and two others; more find the same."""
_MOST_SERIES: Final = 4
"""Series of one search that are looked at: the right one is among the first."""
_AT_ONCE: Final = 4


class LinkFinding(NamedTuple):
    """What was found for a work: a link, where one is sure, and what came nearest."""

    work: WorkFacts
    link: Link | None
    nearest: SeasonJudgement | None


def work_facts(model: ReadModel, node: int) -> WorkFacts:
    """Return what is compared of a work."""
    detail = msgspec.json.decode(model.detail(node), type=StoredDetail)
    return WorkFacts(detail.id, (detail.title, *detail.synonyms), detail.episodes)


def best_known(model: ReadModel, most: int) -> list[UUID]:
    """Return the works that most people have rated, at most so many."""
    order = np.argsort(-model.columns.imdb_votes.astype(np.int64), kind="stable")
    return [model.id(int(node)) for node in order[:most]]


class Matcher:
    """Asks the provider's catalogue as the client alone, each series once."""

    def __init__(self, protocol: ProviderProtocol) -> None:
        self._protocol = protocol
        self._access: str | None = None
        self._series: dict[str, list[SeasonFacts]] = {}

    async def findings(self, model: ReadModel, works: Sequence[UUID]) -> AsyncIterator[LinkFinding]:
        """Yield what is found for each work, in their order.

        Raises:
            ProviderMisconfiguredError, ProviderBlockedError, ProviderUnavailableError: see them.
        """
        for first in range(0, len(works), _AT_ONCE):
            nodes = (model.node(work) for work in works[first : first + _AT_ONCE])
            facts = [work_facts(model, node) for node in nodes if node is not None]
            for finding in await asyncio.gather(*map(self.finding, facts)):
                yield finding

    async def finding(self, work: WorkFacts) -> LinkFinding:
        """Return what is found for a work; raises as `findings`."""
        seasons: dict[str, SeasonFacts] = {}
        for title in dict.fromkeys(work.titles[:_MOST_TITLES]):
            for season in await self._seasons_of(title):
                seasons[season.season_id] = season
        ranked = judged(work, seasons.values())
        return LinkFinding(work, proposed(work, seasons.values()), ranked[0] if ranked else None)

    async def _seasons_of(self, title: str) -> list[SeasonFacts]:
        access = await self._token()
        found: list[SeasonFacts] = []
        for series in (await self._protocol.search(access, title))[:_MOST_SERIES]:
            known = self._series.get(series.id)
            if known is None:
                known = self._series[series.id] = await self._read(access, series.id, series.title)
            found += known
        return found

    async def _read(self, access: str, series_id: str, title: str) -> list[SeasonFacts]:
        try:
            seasons = await self._protocol.seasons(access, series_id)
        except EpisodeNotFoundError:
            return []
        return [
            SeasonFacts(
                series_id, one.id, title, one.title, one.season_number, one.number_of_episodes
            )
            for one in seasons
        ]

    async def _token(self) -> str:
        if self._access is None:
            self._access = (await self._protocol.of_client()).access_token
        return self._access
