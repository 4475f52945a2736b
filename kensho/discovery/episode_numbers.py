"""Where the episode leads that a query names: to which work, under which number.

Guarantees: an episode number within the work's own count is never redirected, whatever other
catalogues say. An episode that belongs to another season leads to that season. One that is filed as
a special is only mentioned, because a user who names a season means the season. Where no catalogue
tells, a number beyond the work's count is counted from the beginning of its line, if it is in the
work so ("2nd Season - 13" after twelve episodes), else on along its sequels of the same type.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
import numpy as np

from kensho.discovery.hit_serializer import chosen_hits, concatenated
from kensho.discovery.related_works import summary_of
from kensho.discovery.search_views import RedirectedEpisode
from kensho.domain.relations import Kind
from kensho.domain.title_parts import TitleParts
from kensho.read_model.columns import ANIME_TYPES
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel
from kensho.search.index import Hits, TitleMatches

_ALIKE: Final = 0.01
"""Hits so close to the best one bear the same title; of them the one is meant that has the episode.
The grades of exact titles (`ranking`) are within 0.0045, and ties of inexact ones within 0.035."""
_LOOKED_AT: Final = 6
_NO_YEAR: Final = 9999
_LONGEST_LINE: Final = 40
"""The longest line of seasons known has 14 works."""


class _Counted(msgspec.Struct):
    episodes: int | None = None


_COUNTED: Final = msgspec.json.Decoder(_Counted)
"""All that is read of a summary here, in a third of the time of the whole."""


class EpisodeAsked(NamedTuple):
    """What is known of the episode that was asked for, and whether an id named the work."""

    redirect: RedirectedEpisode | None = None
    is_beyond: bool = False
    by_id: bool = False


class EpisodeTarget(NamedTuple):
    """Where an episode leads: `is_season` where that is a work of the kind it was asked of."""

    node: int
    redirect: RedirectedEpisode
    is_season: bool


def with_episode_first(
    snapshot: Snapshot, found: TitleMatches, works: Hits
) -> tuple[Hits, EpisodeAsked]:
    """Return the hits, with the work first that has the episode asked for."""
    if not len(works.entries):
        return works, EpisodeAsked()
    wanted = found.interpretations[int(works.interpretations[0])].title_parts
    episode = wanted.episode
    if episode is None:
        return works, EpisodeAsked()
    works = _possible_first(snapshot, works, episode, wanted)
    best = int(works.entries[0])
    target = episode_target(snapshot, best, episode, counted_on=wanted.part is None)
    if target is None:
        return works, EpisodeAsked(is_beyond=not _has(snapshot.model, best, episode))
    if not target.is_season:
        return works, EpisodeAsked(target.redirect)
    return _moved_first(works, target.node), EpisodeAsked(target.redirect)


def episode_target(
    snapshot: Snapshot, node: int, episode: int, *, counted_on: bool = True
) -> EpisodeTarget | None:
    """Return where an episode of `node` leads, or `None` if the work itself has it, or nobody."""
    model = snapshot.model
    if 0 < episode <= _episodes(model, node):
        return None
    stated = snapshot.titles.redirected(node, episode)
    found = stated or (_counted(model, node, episode) if counted_on else None)
    if found is None:
        return None
    other, number = found
    redirect = RedirectedEpisode(
        model.id(node), episode, model.id(other), number, inferred=stated is None
    )
    return EpisodeTarget(other, redirect, _is_season(_type(model, node), _type(model, other)))


def _possible_first(snapshot: Snapshot, works: Hits, episode: int, wanted: TitleParts) -> Hits:
    """Return the hits, with the first of those alike to the best that has the episode."""
    model = snapshot.model
    alike = works.scores[:_LOOKED_AT] >= works.scores[0] - _ALIKE
    for node in works.entries[:_LOOKED_AT][alike].tolist():
        if _has(model, node, episode) or episode_target(
            snapshot, node, episode, counted_on=wanted.part is None
        ):
            return works if node == works.entries[0] else _moved_first(works, node)
    return works


def _counted(model: ReadModel, node: int, episode: int) -> tuple[int, int] | None:
    """Return the work and the number in it that an episode beyond the count of `node` is."""
    number = episode - _episodes_before(model, node)
    if 0 < number <= _episodes(model, node):
        return node, number
    found = _along_sequels(model, node, episode)
    return None if found is None or found[0] == node else found


def _episodes_before(model: ReadModel, node: int) -> int:
    """Return how many episodes the works of its type have that `node` continues, or 0."""
    kind = _type(model, node)
    earlier = [one for one in line_of(model, node, "prequel") if one != node]
    return sum(_episodes(model, one) for one in earlier if _type(model, one) == kind)


def _along_sequels(model: ReadModel, node: int, episode: int) -> tuple[int, int] | None:
    """Return the sequel and the number in it that an episode beyond the count of `node` is."""
    kind, left = _type(model, node), episode
    for one in line_of(model, node):
        if _type(model, one) != kind:
            continue  # a film between two seasons
        count = _episodes(model, one)
        if left <= count or count == 0:  # a count of 0 is not known yet: the work is running
            return one, left
        left -= count
    return None


def line_of(model: ReadModel, node: int, onward: Kind = "sequel") -> Iterator[int]:
    """Yield a work and what continues it, or what it continues, one after the other.

    Of several, one that others continue in turn comes first, then seasons before films, then the
    earlier one.
    """
    kind, seen = _type(model, node), set[int]()
    current: int | None = node
    while current is not None and current not in seen and len(seen) < _LONGEST_LINE:
        seen.add(current)
        yield current
        following = _next_to(model, current, onward)
        if len(following) > 1:
            following = _nearest(model, following, onward) or following
        current = min(
            following,
            key=lambda other: (_type(model, other) != kind, _date(model, other), other),
            default=None,
        )


def _next_to(model: ReadModel, node: int, onward: Kind) -> list[int]:
    return model.neighbours_by(node, onward)


def _nearest(model: ReadModel, works: list[int], onward: Kind) -> list[int]:
    """Return those of some works that none of the others leads to."""
    led_to: set[int] = set()
    for work in works:
        reached, todo = {work}, [work]
        while todo and len(reached) < _LONGEST_LINE:
            found = [one for one in _next_to(model, todo.pop(), onward) if one not in reached]
            reached.update(found)
            todo += found
        led_to |= reached - {work}
    return [work for work in works if work not in led_to]


def _moved_first(works: Hits, node: int) -> Hits:
    """Return the hits with a work first, with the best score; it may be none of them so far."""
    first = chosen_hits(works, works.entries == node)
    if not len(first.entries):  # by no title of its own
        first = chosen_hits(works, np.array([0]))._replace(
            entries=np.array([node], dtype=works.entries.dtype),
            rows=np.array([-1], dtype=works.rows.dtype),
        )
    first = first._replace(scores=works.scores[:1])
    return concatenated(first, chosen_hits(works, works.entries != node))


def _has(model: ReadModel, node: int, episode: int) -> bool:
    count = _episodes(model, node)
    return count == 0 or episode <= count


def _is_season(named: str, other: str) -> bool:
    return other in (named, "tv")


def _type(model: ReadModel, node: int) -> str:
    return ANIME_TYPES[int(model.columns.anime_type[node])]


def _date(model: ReadModel, node: int) -> tuple[int, int]:
    """Return the year and season of a work; unknown ones come last."""
    columns = model.columns
    return int(columns.year[node]) or _NO_YEAR, int(columns.season[node])


def _episodes(model: ReadModel, node: int) -> int:
    """Return the number of episodes of a work, as far as it is known."""
    return _COUNTED.decode(summary_of(model, node).bytes).episodes or 0
