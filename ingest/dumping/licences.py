"""Which sources may be passed on, by the licence that each states.

Guarantees: a source is passed on only under a licence that grants it to everybody. Where none is
stated, or the data is somebody else's than the licence's, nobody has granted it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from ingest import addresses
from ingest.registry import SOURCES
from ingest.source import Source

_GRANTING: Final[Mapping[str, str]] = {
    "Apache-2.0": "name the owners and state changes",
    "MIT": "keep the notice of its owners",
    "CC0-1.0": "no conditions",
    "CC-BY-4.0": "name the owners",
    "CC-BY-NC-SA-4.0": "name the owners, share alike, not for commercial use",
    "ODbL 1.0": "name the owners, share databases made of it alike",
    "GPL-3.0 (data)": "pass on under the same licence",
}
"""Licences that let everybody pass the data on, and under which conditions."""
_WITHHOLDING: Final[Mapping[str, str]] = {
    "none stated": "its owners state no licence",
    "none stated (MyAnimeList's data)": "its owners state no licence",
    "IMDb non-commercial": "IMDb allows personal use, and no copies for others",
    "MIT (data: TMDB)": "the licence is that of a list, the data is TMDB's",
}
"""What licences, or the lack of one, keep others from, in words."""


class Terms(NamedTuple):
    """On which terms a source's data is: its licence, the words its owners ask for, conditions.

    `withheld` says why it may not be passed on; `None` where it may.
    """

    licence: str
    attribution: str
    conditions: str
    withheld: str | None


def terms_of(sources: Iterable[Source]) -> dict[str, Terms]:
    """Return the terms of each source, by its name."""
    words = {one.source: one.attribution for one in addresses.load(SOURCES).address}
    return {
        source.name: Terms(
            source.licence,
            words.get(source.name, f"{source.title}."),
            _GRANTING.get(source.licence, ""),
            None if source.licence in _GRANTING else _why_withheld(source.licence),
        )
        for source in sources
    }


def unknown_licences(sources: Iterable[Source]) -> Sequence[str]:
    """Return the licences of which nothing is known here; their sources are withheld."""
    stated = {source.licence for source in sources}
    return sorted(stated - _GRANTING.keys() - _WITHHOLDING.keys())


def _why_withheld(licence: str) -> str:
    return _WITHHOLDING.get(licence, f"nothing is known of the licence {licence!r}")
