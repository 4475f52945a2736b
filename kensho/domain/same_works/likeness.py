"""How likely two records are one work, from titles, dates, forms, lengths and studios.

A logistic model of named signs, whose weights are fitted to pairs that were read one by one
(`benchmarks/labelled/same_works.jsonl`; `benchmarks.train_same_works` prints them).

Guarantees: pure and symmetric; a likelihood runs 0..1. Records more than a year apart, those that
one catalogue lists both, and those of which a source states how they are related, are not compared
here: the caller keeps them apart.
"""

from collections.abc import Mapping
from math import exp, log, log1p
from typing import Final

from kensho.domain.same_works.records import CatalogueRecord, TitleKeys, is_native, length
from kensho.domain.works import AnimeType

_YEAR_CHARS: Final = 4
_SIMILAR_TYPES: Final[tuple[frozenset[AnimeType], ...]] = (
    frozenset(("ova", "special", "ona", "unknown")),
    frozenset(("tv", "ona")),
    frozenset(("tv", "unknown")),
    frozenset(("movie", "ova")),
    frozenset(("movie", "special")),
    frozenset(("movie", "ona")),
    frozenset(("movie", "unknown")),
)
"""Types that catalogues confuse: what one calls an OVA, another calls a special or a short film. A
series and the OVA of its name are two works."""
_SAME_LENGTH: Final = 1.3
"""The factor within which running times agree: one catalogue counts the slot with its
advertisements (30 minutes), another the film (24)."""
_FAR_LONGER: Final = 4.0
"""The factor from which lengths of an episode tell two works apart. Series of two minutes that a
catalogue lists with its slot of five are one work; Thor and its parody of two minutes are not."""
_SIGNS: Final[Mapping[str, float]] = {
    "episodes apart": -2.31,
    "episodes missing": -0.67,
    "length of title": 0.78,
    "names": 0.11,
    "names of more": 0.72,
    "native name": 1.22,
    "native title": 0.52,
    "next year": -1.2,
    "other episodes": -2.25,
    "other type": -2.6,
    "rivals": -0.98,
    "same episodes": 1.33,
    "same season": 0.78,
    "same type": 0.62,
    "same year": 1.76,
    "similar type": 0.61,
}
_BIAS: Final = -1.79


def likelihood(one: CatalogueRecord, other: CatalogueRecord, rivals: int) -> float:
    """Return how likely two records are one work; `rivals` bear the rarest name that both have."""
    by_sources = sorted((one, other), key=lambda record: len(record.sources))
    if _is_part(*by_sources) or (_last_otherwise(one, other) and not run_as_long(one, other)):
        return 0.0
    found = signs(one, other, rivals)
    total = _BIAS + sum(weight * found[name] for name, weight in _SIGNS.items())
    return 1 / (1 + exp(-total))


def signs(one: CatalogueRecord, other: CatalogueRecord, rivals: int) -> dict[str, float]:
    """Return the signs by which two records are compared, each 0 where it says nothing."""
    return {
        **_title_signs(one.keys, other.keys, rivals),
        **_time_signs(one, other),
        **_form_signs(one, other),
    }


def _last_otherwise(one: CatalogueRecord, other: CatalogueRecord) -> bool:
    """Tell whether one record lasts far longer than the other, as a film does than its parody."""
    lengths = [record.duration_s for record in (one, other) if record.duration_s]
    return len(lengths) > 1 and max(lengths) > _FAR_LONGER * min(lengths)


def _is_part(less: CatalogueRecord, more: CatalogueRecord) -> bool:
    """Tell whether a record is one of several that a catalogue lists as one, under another name."""
    counted, known = less.episodes, more.episodes
    has_fewer = counted is not None and known is not None and counted < known
    return has_fewer and more.keys.main not in less.keys.names and not run_as_long(less, more)


def _title_signs(one: TitleKeys, other: TitleKeys, rivals: int) -> dict[str, float]:
    less, more = sorted((len(one.names), len(other.names)))
    whole, names = one.whole & other.whole, one.names & other.names
    return {
        "names": len(names) / less,
        "names of more": len(names) / more,
        "native title": float(any(map(is_native, whole))),
        "native name": float(any(map(is_native, names))),
        "length of title": max(map(length, names), default=0.0),
        "rivals": log1p(rivals),
    }


def _time_signs(one: CatalogueRecord, other: CatalogueRecord) -> dict[str, float]:
    years = [date[:_YEAR_CHARS] for date in (one.date, other.date) if date]
    is_same = len(years) > 1 and years[0] == years[1]
    return {
        "same year": float(is_same),
        "next year": float(len(years) > 1 and not is_same),
        "same season": float(is_same and one.season is not None and one.season == other.season),
    }


def _form_signs(one: CatalogueRecord, other: CatalogueRecord) -> dict[str, float]:
    types = frozenset((one.type, other.type))
    return {
        "same type": float(len(types) == 1),
        "similar type": float(len(types) > 1 and _are_similar(types)),
        "other type": float(len(types) > 1 and not _are_similar(types)),
        **_length_signs(*sorted((one, other), key=lambda record: len(record.sources))),
    }


def _length_signs(less: CatalogueRecord, more: CatalogueRecord) -> dict[str, float]:
    """Return the signs of how long records are, given the one that fewer catalogues list first."""
    counted, known = _episodes(less), _episodes(more)
    ratio = log(counted / known) if counted and known else 0.0
    if run_as_long(less, more):
        ratio = 0.0  # Two halves of an episode may be counted as two.
    is_behind = ratio < 0 and len(less.providers) == 1
    return {
        "same episodes": float(counted is not None and counted == known and counted > 1),
        "other episodes": float(ratio != 0 and not is_behind),
        "episodes apart": 0.0 if is_behind else abs(ratio),
        "episodes missing": -ratio if is_behind else 0.0,
    }


def run_as_long(one: CatalogueRecord, other: CatalogueRecord) -> bool:
    """Tell whether all episodes of two records take as long, however they are counted."""
    totals = [
        record.episodes * record.duration_s
        for record in (one, other)
        if record.episodes and record.duration_s
    ]
    return len(totals) > 1 and max(totals) <= _SAME_LENGTH * min(totals)


def _are_similar(types: frozenset[AnimeType]) -> bool:
    return any(types <= some for some in _SIMILAR_TYPES)


def _episodes(record: CatalogueRecord) -> int | None:
    """Return the number of episodes; one of a series is how catalogues write that none is known."""
    if record.type == "movie":
        return record.episodes or 1
    return None if record.type == "tv" and record.episodes == 1 else record.episodes
