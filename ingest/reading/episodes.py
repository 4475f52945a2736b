"""Episodes of dumps: gathered into one record per work, and mapped from one catalogue to another.

Guarantees: a work has each number once; the second of two is rejected, and so is a number below 1.

Performance: all episodes of a file are held until it has been read, at some 1 KB each; the limits
`max_records` (of a file) and `max_members` (of a work) bound them. Runs take one sort.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ingest.reading.bounds import beyond, over_limit
from ingest.reading.decoding import MAX_INT, RecordSpot
from ingest.reading.files import SourceFile
from kensho.domain.records import EpisodeFacts, Record, RecordFacts


class EpisodeLists:
    """Episodes by the work that has them, in the order in which they were added."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._episodes = 0
        self._by_key: dict[str, dict[int, EpisodeFacts]] = {}

    def add(self, key: str, episode: EpisodeFacts, spot: RecordSpot) -> None:
        """Keep one episode of the work `key`, or reject it.

        Raises:
            SourceFileError: the file has more episodes than are held.
        """
        limits = self._file.limits
        self._episodes += 1
        if self._episodes > limits.max_records:
            raise over_limit(self._file.path, "the number of its episodes", "max_records", limits)
        episodes = self._by_key.setdefault(key, {})
        if not 0 < episode.number <= MAX_INT:
            spot.refuse("number", episode.number, "episodes count from 1")
        elif episode.number in episodes:
            spot.refuse("number", episode.number, "the work already has an episode of this number")
        elif len(episodes) >= limits.max_members:
            what = "the number of the work's episodes"
            spot.refuse("number", episode.number, beyond(what, "max_members", limits))
        else:
            episodes[episode.number] = episode

    def records(self) -> Iterator[Record]:
        """Yield one record per work with episodes."""
        for key, episodes in self._by_key.items():
            if episodes:
                yield Record(key, (key,), facts=RecordFacts(episodes=tuple(episodes.values())))


class EpisodePair(NamedTuple):
    """Episode `own` of the work is episode `there` at the provider."""

    own: int
    there: int


class EpisodeRun(NamedTuple):
    """Episodes `first..last` of the work, each plus `offset`, are the provider's."""

    first: int
    last: int
    offset: int


def episode_runs(pairs: Iterable[EpisodePair]) -> list[EpisodeRun]:
    """Return the longest runs of one offset, by first episode, then offset; a pair counts once."""
    found: list[EpisodeRun] = []
    for offset, own in sorted({(pair.there - pair.own, pair.own) for pair in pairs}):
        previous = found[-1] if found else None
        if previous is not None and previous.offset == offset and previous.last == own - 1:
            found[-1] = previous._replace(last=own)
        else:
            found.append(EpisodeRun(own, own, offset))
    return sorted(found)
