"""Which work an episode of another really is: the 30th of one may be the 6th of its sequel.

Guarantees: a work keeps the episodes that it has itself, whatever another catalogue's numbers say.
An episode that another season counts leads there; one that is filed as a special is told of only,
because who names the season means the season.
"""

from typing import NamedTuple

import msgspec

from kensho.discovery.search_views import RedirectedEpisode
from kensho.read_model.columns import ANIME_TYPES
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel


class EpisodeTarget(NamedTuple):
    """Where an episode leads: `is_season` where that is a work of the kind it was asked of."""

    node: int
    told: RedirectedEpisode
    is_season: bool


class _Counted(msgspec.Struct):
    episodes: int | None = None


def episode_target(held: Snapshot, node: int, episode: int) -> EpisodeTarget | None:
    """Return where an episode of `node` leads, or `None`: it is the work's own."""
    found = held.titles.redirected(node, episode)
    model = held.model
    if found is None or found[0] == node or 0 < episode <= _episodes(model, node):
        return None
    other, number = found
    told = RedirectedEpisode(model.id(node), episode, model.id(other), number)
    return EpisodeTarget(other, told, _is_season(_type(model, node), _type(model, other)))


def _is_season(named: str, other: str) -> bool:
    return other in (named, "tv")


def _type(model: ReadModel, node: int) -> str:
    return ANIME_TYPES[int(model.columns.anime_type[node])]


def _episodes(model: ReadModel, node: int) -> int:
    """Return how many episodes a work has as far as is known."""
    return msgspec.json.decode(model.summary(node), type=_Counted).episodes or 0
