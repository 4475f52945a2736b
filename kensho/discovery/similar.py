"""Works that are similar to a work, each with why.

Guarantees: works of its own story are left out. Adult works are similar to adult works only. Where
one of each franchise is asked for, it is the most similar of that.

Performance: about 1 ms.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.discovery.related_works import summary_of
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.franchises import NO_FRANCHISE
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel
from kensho.read_model.similar import RankedWork, Similar, why
from kensho.read_model.views import SimilarityReason, SimilarList, SimilarWork, Summary

_PLACES: Final = 4
_CANDIDATES: Final = 8
"""So many times the works that are asked for are looked at to find as many franchises: the eleven
seasons of a long one are alike, and three such come to 33 works for twelve entries."""


def similar(snapshot: Snapshot, node: int, most: int) -> Encoded[SimilarList]:
    """Return the works most similar to a node, the most similar first."""
    ranked = _ranked(snapshot, node, most)
    return _listed(snapshot.model, snapshot.model.likeness.explained(node, ranked))


def similar_franchises(snapshot: Snapshot, node: int, most: int) -> Encoded[SimilarList]:
    """Return the work most similar to a node of each other franchise, the most similar first.

    A work without a franchise stands for itself.
    """
    by_node = snapshot.model.franchises.by_node
    seen = {by_node.item(node)} - {NO_FRANCHISE}
    kept: list[RankedWork] = []
    for one in _ranked(snapshot, node, most * _CANDIDATES):
        number: int = by_node.item(one.node)
        if number in seen:
            continue
        if number != NO_FRANCHISE:
            seen.add(number)
        kept.append(one)
    return _listed(snapshot.model, snapshot.model.likeness.explained(node, kept[:most]))


class SharedFacts(msgspec.Struct, frozen=True):
    """What two works have in common beside relations: reasons, and works recommended with both."""

    reasons: list[SimilarityReason]
    recommended: list[Summary]


def shared(model: ReadModel, one: int, other: int, most: int) -> SharedFacts:
    """Return what two nodes share: rare tags, studios, viewers' votes, and up to `most` works."""
    found = model.likeness.between(one, other)
    nodes = model.likeness.recommended_with_both(one, other, most)
    return SharedFacts(
        why(found, model.tag_names, model.studios),
        [summary_of(model, node).decode() for node in nodes],
    )


def _ranked(snapshot: Snapshot, node: int, most: int) -> list[RankedWork]:
    model = snapshot.model
    adult: npt.NDArray[np.bool_] = model.columns.adult
    hidden = None if adult[node] else adult
    return model.likeness.ranked(node, most, snapshot.titles.groups, hidden)


def _listed(model: ReadModel, found: Iterable[Similar]) -> Encoded[SimilarList]:
    return encoded(
        SimilarList(
            [
                summary_of(model, one.node)
                .extended(
                    SimilarWork,
                    score=round(one.score, _PLACES),
                    why=why(one, model.tag_names, model.studios),
                )
                .as_raw()
                for one in found
            ]
        )
    )
