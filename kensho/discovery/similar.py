"""Works that are similar to a work, each with why.

Guarantees: works of its own story are left out. Adult works are similar to adult works only.

Performance: about 1 ms.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from kensho.discovery.related_works import summary_of
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.holder import Snapshot
from kensho.read_model.similar import why
from kensho.read_model.views import SimilarList, SimilarWork

_PLACES: Final = 4


def similar(snapshot: Snapshot, node: int, most: int) -> Encoded[SimilarList]:
    """Return the works most similar to a node, the most similar first."""
    model = snapshot.model
    adult: npt.NDArray[np.bool_] = model.columns.adult
    hidden = None if adult[node] else adult
    found = model.likeness.similar(node, most, snapshot.titles.groups, hidden)
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
