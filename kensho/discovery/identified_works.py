"""Works that a query names by an id of a provider: "[tvdb-81797]", "mal:21", a page's address.

Guarantees: a known id outranks whatever the text around it is like. Where it stands for several
works, as a series of TVDB does, the text and its season choose among them.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from kensho.discovery.hit_serializer import chosen_hits, concatenated
from kensho.discovery.resolve import TMDB_KINDS
from kensho.read_model.model import ReadModel
from kensho.search import name_parts
from kensho.search.index import Hits
from kensho.search.name_parts import Identified

_NAMED: Final = np.float32(1.0)
_NO_ROW: Final = -1


def identified(text: str) -> Identified:
    """Return the ids that a query holds, and its text without them."""
    return name_parts.identified(text)


def works_of(model: ReadModel, ids: Sequence[str]) -> list[int]:
    """Return the works that ids stand for, each once, in their order."""
    if not ids:
        return []
    spelt = (
        f"tmdb:{kind}/{local}"
        if provider == "tmdb" and local.isdecimal()
        else f"{provider}:{local}"
        for provider, _, local in (one.partition(":") for one in ids)
        for kind in (TMDB_KINDS if provider == "tmdb" else ("",))
    )
    return list(dict.fromkeys(match.node for one in spelt for match in model.resolve(one)))


def identified_first(hits: Hits, named: Sequence[int]) -> Hits:
    """Return the hits with the works named first: those that the text finds, then the others."""
    if not named:
        return hits
    is_named = np.isin(hits.entries, named)
    found = chosen_hits(hits, is_named)
    missing = [node for node in named if node not in set(found.entries.tolist())]
    others = Hits(
        entries=np.array(missing, dtype=hits.entries.dtype),
        scores=np.full(len(missing), _NAMED, dtype=hits.scores.dtype),
        rows=np.full(len(missing), _NO_ROW, dtype=hits.rows.dtype),
        interpretations=np.zeros(len(missing), dtype=hits.interpretations.dtype),
    )
    first = concatenated(found, others)
    first = first._replace(scores=np.full(len(named), _NAMED, dtype=hits.scores.dtype))
    return concatenated(first, chosen_hits(hits, ~is_named))
