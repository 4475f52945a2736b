"""Runs of episodes: pairs "episode here, episode there" gathered into ranges with one offset.

Pure; used by the sources that map the episodes of one catalogue to another's.

Performance: one sort.
"""

from collections.abc import Iterable
from typing import NamedTuple


class EpisodePair(NamedTuple):
    """Episode `own` of the work is episode `there` at the provider."""

    own: int
    there: int


class EpisodeRun(NamedTuple):
    """Episodes `first..last` of the work, each plus `offset`, are the provider's."""

    first: int
    last: int
    offset: int


def runs(pairs: Iterable[EpisodePair]) -> list[EpisodeRun]:
    """Return the longest runs of one offset, by first episode, then offset; a pair counts once."""
    found: list[EpisodeRun] = []
    for offset, own in sorted({(pair.there - pair.own, pair.own) for pair in pairs}):
        previous = found[-1] if found else None
        if previous is not None and previous.offset == offset and previous.last == own - 1:
            found[-1] = previous._replace(last=own)
        else:
            found.append(EpisodeRun(own, own, offset))
    return sorted(found)
