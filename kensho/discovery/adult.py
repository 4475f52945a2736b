"""The one filter by which every surface leaves out what is adult, unless it is asked for.

Guarantees: what is kept keeps its order. A work of television or cinema that is found by its exact
title is kept (`kensho.domain.adult`).
"""

from collections.abc import Iterable
from typing import Final, cast

import numpy as np
import numpy.typing as npt

from kensho.domain import ranking
from kensho.domain.adult import is_found_by_title
from kensho.domain.works import AnimeType
from kensho.read_model.columns import ANIME_TYPES
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel
from kensho.search.index import Hits

Nodes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
_PUBLIC: Final = np.array([is_found_by_title(cast("AnimeType", one)) for one in ANIME_TYPES])


def works_shown(model: ReadModel, nodes: Nodes, *, safe: bool) -> Nodes:
    """Return those works that a list shows."""
    return nodes[~model.columns.adult[nodes]] if safe else nodes


def franchises_shown(model: ReadModel, numbers: Iterable[int], *, safe: bool) -> Nodes:
    """Return those franchises that a list shows."""
    found = np.fromiter(numbers, dtype=np.int32)
    return found[~model.franchises.adult[found]] if safe else found


def hits_shown(snapshot: Snapshot, hits: Hits) -> Mask:
    """Tell for each hit, a work or a franchise, whether it may be shown unasked."""
    model = snapshot.model
    is_work = hits.entries < model.works_total
    nodes = np.minimum(hits.entries, max(model.works_total - 1, 0))
    shown = ~model.columns.adult[nodes] | exact_titles(model, hits)
    if not is_work.all():
        entries = hits.entries[~is_work].tolist()
        shown[~is_work] = [is_franchise_shown(snapshot, entry) for entry in entries]
    return shown


def is_franchise_shown(snapshot: Snapshot, entry: int) -> bool:
    """Tell whether the franchise that is this entry of the titles may be shown unasked."""
    franchises = snapshot.model.franchises
    number = franchises.number(snapshot.titles.franchise(entry).slug)
    return number is None or not franchises.adult.item(number)


def exact_titles(model: ReadModel, hits: Hits) -> Mask:
    """Tell for each hit whether it is a work of television or cinema and has the typed title."""
    exact: Mask = (hits.scores > ranking.BEST_INEXACT) & (hits.entries < model.works_total)
    places = exact.nonzero()[0]
    exact[places] = _PUBLIC[model.columns.anime_type[hits.entries[places]]]
    return exact
