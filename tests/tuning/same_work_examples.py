"""Records of which one fact differs at a time, and which of them are one work."""

import itertools
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import msgspec

from kensho.domain.same_works import likeness
from kensho.domain.same_works.groups import same_works
from kensho.domain.same_works.records import CatalogueRecord, title_keys
from tests.support.catalogue import RealCatalogue

_PLACES: Final = 4
_TITLES: Final = ("Yuki no Hana", "雪の花", "The Flower of Snow")
_MOST: Final = 30
_FACTS: Final[dict[str, tuple[Any, ...]]] = {
    "titles": (_TITLES, _TITLES[1:2], ("雪", "Yuki no Hana"), ("Yuki no Hana Movie",)),
    "date": ("2012-05-01", "2013", ""),
    "season": ("spring", None),
    "type": ("tv", "ona", "ova"),
    "episodes": (12, 24, 6, None),
    "duration_s": (1440, 700, 500, 6000),
}


def same_work_rules(_catalogue: RealCatalogue) -> dict[str, list[Any]]:
    """Return likelihoods of pairs, and which records are one work."""
    known = record(1, "mal", "anilist")
    others = list(_others(2, "ann"))
    return {
        "likelihoods": [
            f"{likeness.likelihood(known, other, place % 7):.{_PLACES}f}"
            for place, other in enumerate(others)
        ],
        "joined": [len(same_works([known, other])) for other in others],
        "doubtful": [
            len(same_works([known, record(3, "ann"), _with_source(other, "mal")]))
            for other in others
        ],
        "three": [
            len(same_works([known, record(3, "ann", titles=_TITLES[1:]), _with_source(o, "anidb")]))
            for o in others
        ],
        "bearers": [len(same_works(record(n, f"site{n}") for n in range(m))) for m in range(_MOST)],
        "years": [len(same_works([known, record(2, "ann", date=f"{2012 + d}")])) for d in range(5)],
        "stated": [
            len(same_works([known, record(2, "imdb", titles=("Snow",), date=f"{2012 + d}")], _SAID))
            for d in range(6)
        ],
    }


_SAID: Final = [(UUID(int=2), UUID(int=1))]


def record(number: int, *sites: str, **facts: Any) -> CatalogueRecord:
    """Return a record of one work, some facts of which are others."""
    titles = facts.pop("titles", _TITLES)
    given = {name: values[0] for name, values in _FACTS.items() if name != "titles"} | facts
    sources = tuple(f"{site}:{number}" for site in sites)
    return CatalogueRecord(UUID(int=number), title_keys(titles), sources, **given)


def _others(number: int, *sites: str) -> Iterator[CatalogueRecord]:
    """Yield records of which up to two facts differ from those of the work."""
    for first, second in itertools.combinations_with_replacement(_FACTS, 2):
        for one, two in itertools.product(_FACTS[first], _FACTS[second]):
            yield record(number, *sites, **{first: one, second: two})


def _with_source(one: CatalogueRecord, site: str) -> CatalogueRecord:
    return msgspec.structs.replace(one, id=UUID(int=4), sources=(f"{site}:4",))
