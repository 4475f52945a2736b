"""A work's neighbours as its own page shows them: sequels, prequels and the rest, one hop away.

Reading rule: on A's page "sequel: B" means *B is the sequel of A*. An edge is kept once, in its
canonical direction; read from its other end, its kind and those of its assertions are turned
around, so that what a source asserts reads the same way as the edge it stands under.

Performance: about 3 µs for each neighbour.
"""

from functools import lru_cache
from typing import Final

import msgspec

from kensho.discovery import splicing
from kensho.domain.relations import INVERSE, Assertion
from kensho.read_model.model import ReadModel

_UNKNOWN_YEAR: Final = 9999
"""Works without a year come last."""
_ASSERTIONS: Final = msgspec.json.Decoder(list[Assertion])
_GROUPS: Final = {"sequel": "sequels", "prequel": "prequels"}
_REST: Final = "related"


class _Titled(msgspec.Struct):
    title: str


_TITLE: Final = msgspec.json.Decoder(_Titled)


def title_of(model: ReadModel, node: int) -> str:
    """Return a node's title."""
    return _TITLE.decode(model.summary(node)).title


def assertions_read(model: ReadModel, edge: int, reader: int) -> bytes:
    """Return the assertions of `edge` as read from the page of `reader`, one of its ends."""
    assertions = model.assertions(edge)
    turned = _turned(assertions)
    # Most read the same both ways, which spares the look at the edge.
    return turned if turned != assertions and model.edge(edge).source != reader else assertions


def related_anime(model: ReadModel, node: int) -> bytes:
    """Return `RelatedAnime` as JSON: each group by year and then title."""
    groups: dict[str, list[tuple[int, str, int, bytes]]] = {
        "sequels": [],
        "prequels": [],
        _REST: [],
    }
    years = model.columns.year
    for other, kind, edge in model.neighbours(node):
        summary = model.summary(other)
        entry = b'%b,"kind":"%b","assertions":%b}' % (
            summary[:-1],
            kind.encode(),
            assertions_read(model, edge, node),
        )
        year = years.item(other) or _UNKNOWN_YEAR
        groups[_GROUPS.get(kind, _REST)].append((year, _TITLE.decode(summary).title, other, entry))
    return splicing.assembled(
        **{
            name: splicing.array(entry for *_, entry in sorted(group))
            for name, group in groups.items()
        }
    )


@lru_cache(maxsize=4096)
def _turned(assertions: bytes) -> bytes:
    """Return the assertions read from the other end; 76,000 edges have 72 different lists."""
    read = _ASSERTIONS.decode(assertions)
    turned = [msgspec.structs.replace(a, kind=INVERSE[a.kind]) for a in read]
    return assertions if turned == read else msgspec.json.encode(turned)
