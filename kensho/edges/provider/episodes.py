"""Which version of which episode of the provider an episode of a work is.

Lists of episodes are kept for `_FRESH_S`, and for `_LONGEST_S` where the provider can't be asked:
they change when an episode appears. They differ by country, and by nothing else of who asks.
"""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, NamedTuple

from cachetools import LRUCache

from kensho.edges.provider.answers import Episode, Version
from kensho.edges.provider.links import Link
from kensho.edges.provider.protocol import ProviderProtocol
from kensho.edges.provider.tokens import ProviderTokens, TokenHolder, TokenKeeper
from kensho.errors import EpisodeNotFoundError, UpstreamUnavailableError

_FRESH_S: Final = 900.0
_LONGEST_S: Final = 21_600.0
_MOST: Final = 2_000
"""Seasons that are kept; one takes some 10 KB."""


class AudioTrack(NamedTuple):
    """A language in which an episode is offered, and what is played for it."""

    language: str
    version: str
    is_original: bool


class ProviderEpisodeLists:
    """The episodes of seasons, in the process's memory."""

    def __init__(
        self,
        protocol: ProviderProtocol,
        keeper: TokenKeeper,
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._protocol = protocol
        self._keeper = keeper
        self._clock_s = clock_s
        self._kept: LRUCache[tuple[str, str], tuple[float, list[Episode]]] = LRUCache(_MOST)

    async def tracks(self, link: Link, number: int, holder: TokenHolder) -> Sequence[AudioTrack]:
        """Return the languages of an episode, the original one first.

        Raises:
            EpisodeNotFoundError: the season has no episode of this number.
            ProviderUnavailableError, UnauthorizedError: as `TokenKeeper.with_access`.
        """
        listed = await self._listed(link.season, holder)
        regular = [one for one in listed if one.is_regular]
        at = link.first_episode + number - 2
        if not 0 <= at < len(regular):
            raise EpisodeNotFoundError(
                f"the provider has no episode {number} of this work", code="episode_not_found"
            )
        return _tracks(regular[at])

    async def _listed(self, season: str, holder: TokenHolder) -> list[Episode]:
        key = (season, holder.tokens.country)
        read_at, kept = self._kept.get(key, (float("-inf"), []))
        age_s = self._clock_s() - read_at
        if age_s < _FRESH_S:
            return kept

        async def read(tokens: ProviderTokens) -> list[Episode]:
            return await self._protocol.episodes(tokens.access, season)

        try:
            listed = await self._keeper.with_access(holder, read)
        except UpstreamUnavailableError:
            if age_s < _LONGEST_S:
                return kept
            raise
        self._kept[key] = (self._clock_s(), listed)
        return listed


def chosen_track(tracks: Sequence[AudioTrack], wanted: str | None) -> AudioTrack:
    """Return the track of a language; of the same language elsewhere, else the original one."""
    if wanted:
        asked = wanted.lower()
        exact = [one for one in tracks if one.language.lower() == asked]
        near = [one for one in tracks if _primary(one.language) == _primary(wanted)]
        for one in (*exact, *near):
            return one
    return tracks[0]


def _tracks(episode: Episode) -> Sequence[AudioTrack]:
    versions = episode.versions or [Version(guid=episode.id, original=True)]
    ordered = sorted(versions, key=lambda one: not one.original)
    return [AudioTrack(one.audio_locale or "und", one.guid, one.original) for one in ordered]


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()
