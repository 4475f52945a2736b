"""The best of many works, and the franchises that they belong to: of a tag, of a studio.

Guarantees: the best are the best scored of those that are well known, since a score of few viewers
says little, and few sources tell how many they were. Works of the year of the snapshot are not
among them: their scores are not settled.
"""

from typing import Final, NamedTuple

import numpy as np

from kensho.discovery.adult import franchises_shown
from kensho.discovery.filters import Nodes
from kensho.domain.popularity import credible
from kensho.read_model.model import ReadModel

_WELL_KNOWN: Final = 0.1
_FEWEST: Final = 3
"""The best are chosen among a tenth, and among three times as many as are wanted at least."""


class FranchiseShare(NamedTuple):
    """A franchise by its number, and how many of its members are among some works."""

    number: int
    works: int
    works_total: int


def best(model: ReadModel, by_popularity: Nodes, most: int) -> Nodes:
    """Return the best works of these, which stand with the best known first; best score first."""
    years = model.columns.year[by_popularity]
    settled = by_popularity[(years > 0) & (years < model.as_of.year)]
    among = settled[: max(_FEWEST * most, round(_WELL_KNOWN * len(settled)))]
    scores = credible(model.columns.score[among])
    scored = ~np.isnan(scores)
    among, scores = among[scored], scores[scored]
    return among[np.argsort(-scores, kind="stable")][:most]


def franchises_with(
    model: ReadModel, nodes: Nodes, *, share: float, safe: bool
) -> list[FranchiseShare]:
    """Return the franchises of which at least this share of members is among works.

    The most popular come first; `safe` leaves adult ones out.
    """
    of_nodes = model.franchises.by_node[nodes]
    counts = np.bincount(of_nodes[of_nodes >= 0], minlength=len(model.franchises))
    listed = franchises_shown(model, model.franchises.listed, safe=safe)
    found = listed[counts[listed] > 0].tolist()
    sized = (
        FranchiseShare(number, int(counts[number]), len(model.franchises.members(number)))
        for number in found
    )
    return [one for one in sized if one.works >= share * one.works_total]
