"""How sure it is that the best hit of a search is the work that was meant: a probability.

Two logistic models, one for titles that equal the text and one for those that are only like it,
over few measures. `benchmarks/train_confidence.py` makes their numbers and prints how reliable they
are.

Guarantees: a confidence is within 0..1; it never falls where more of the text is explained, the
title is more alike, longer or more popular, or the next story scores less, and never rises with the
number of works that may be meant as well.
"""

import math
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

Match: TypeAlias = Literal["id", "equal", "instalment", "redirected", "prefix", "fuzzy"]
INEXACT: Final[frozenset[Match]] = frozenset(("prefix", "fuzzy"))
_SURE_LETTERS: Final = 12
"""Titles of more letters are no words of everyday language: more say no more."""
_WIDE_GAP: Final = 0.2
_EXACT: Final = 0.99
_MUCH_LESS: Final = 0.1
"""An equal title scores 0.99; words dropped, or a year that disagrees, cost 0.1 (`ranking`)."""
_PLACES: Final = 3
_CLEAR_LEAD: Final = 0.4
"""Fruits Basket of 2001 and of 2019 are 0.1 apart, a series and a short of its name 0.5."""
_MOST_IN_DOUBT: Final = 0.9
"""What contradicts the text, or is one of several works of a name, is never sure: of such answers
to the examples at most nine in ten are right."""
_BY_ID: Final = 0.99
"""An id is a statement; what may be wrong is only the id itself."""


class Measures(NamedTuple):
    """What is measured of the best hit.

    `likeness` is its score; `gap` what the best hit of another story scores less; `letters` the
    weight of the title that was read; `rivals` how many other works may be meant by it, and `lead`
    how much more popular the best one is than they; `is_possible` whether it agrees with the year,
    season and episode that the text states.
    """

    match: Match
    explained: float
    likeness: float
    gap: float
    letters: int
    rivals: int
    popularity: float
    lead: float
    is_possible: bool
    is_guess: bool


EXACT: Final[Mapping[str, float]] = {
    "explained": 2.12, "inexact": -0.49, "gap": 0.51, "letters": 1.26, "short_unknown": -3.22,
    "nameless": -1.73, "rivals": -1.42, "popularity": 0.89, "lead": 2.12, "impossible": -1.3,
    "instalment": 0.11, "redirected": -2.0, "_": -1.41,
}  # fmt: skip
"""The weights for titles that equal the text, its season or episode apart; "_" is the constant."""
ALIKE: Final[Mapping[str, float]] = {
    "explained": 5.9, "inexact": -2.39, "likeness": 4.77, "gap": 1.57, "nameless": -2.59,
    "popularity": 0.78, "impossible": -2.55, "prefix": -0.54, "_": -8.37,
}  # fmt: skip
"""The weights for titles that begin with the text or are only like it."""
SIGNS: Final[Mapping[str, int]] = {
    "explained": 1, "inexact": -1, "likeness": 1, "gap": 1, "letters": 1, "short_unknown": -1,
    "nameless": -1, "rivals": -1, "popularity": 1, "lead": 1, "impossible": -1, "guess": -1,
    "instalment": 0, "redirected": 0, "prefix": 0,
}  # fmt: skip
"""The directions in which measures may move a confidence; 0 for either."""


def features(one: Measures) -> dict[str, float]:
    """Return the measures as the models weigh them, each 0..1."""
    letters = min(one.letters, _SURE_LETTERS) / _SURE_LETTERS
    return {
        "explained": one.explained,
        "inexact": max(0.0, min(1.0, (_EXACT - one.likeness) / _MUCH_LESS)),
        "likeness": one.likeness,
        "gap": max(0.0, min(one.gap, _WIDE_GAP)) / _WIDE_GAP,
        "letters": letters,
        "short_unknown": (1 - letters) * (1 - one.popularity),
        "nameless": float(one.letters == 0),
        "rivals": min(1.0, one.rivals / 4),
        "popularity": one.popularity,
        "lead": max(0.0, min(1.0, one.lead)),
        "impossible": float(not one.is_possible),
        "guess": float(one.is_guess),
        "instalment": float(one.match == "instalment"),
        "redirected": float(one.match == "redirected"),
        "prefix": float(one.match == "prefix"),
    }


def confidence(one: Measures) -> float:
    """Return the probability that the best hit is meant."""
    if one.match == "id":
        return _BY_ID
    weights = ALIKE if one.match in INEXACT else EXACT
    found = features(one)
    total = weights["_"] + sum([w * found[name] for name, w in weights.items() if name != "_"])
    sure = 1 / (1 + math.exp(-total))
    if not one.is_possible or (one.rivals and one.lead < _CLEAR_LEAD):
        sure = min(sure, _MOST_IN_DOUBT)
    return round(sure, _PLACES)
