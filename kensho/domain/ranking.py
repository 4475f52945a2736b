"""Which hit comes first: what each piece of evidence is worth, as numbers with reasons.

Guarantees: a score runs 0..1 and is first of all how much of what was typed is this title; small
steps break ties (kind of title, how well known the work is, whether year and type agree). An exact
title comes before every inexact one, and among exact ones that which needed the least folding, so
that a title typed as it is written never finds another work first. The formulas take numbers and
arrays of numbers alike. The weights were set on seeded corruptions of real titles; `make bench`
checks them.
"""

from typing import Any, Final, TypeAlias

Number: TypeAlias = Any
"""A float, or an array of floats: the formulas only add and multiply."""

# An equal title, by what had to be folded away: from nothing to everything.
VERBATIM: Final = 1.0
SAME_BUT_CASE: Final = 0.998
SAME_WORDS: Final = 0.996
SAME_LETTERS: Final = 0.9955
SAME_MEANING: Final = 0.991
"""The season that is asked for of the work whose title it is ("aot 3"), or its year or type."""
SEASON_OF_PREFIX: Final = 0.88
"""The season that is asked for of the best known work whose title begins so: "komi san 2"."""
SHORTENED: Final = 0.9905
"""A title without its article, or the name that a film's story has in common."""
EXACT_STEP: Final = 0.0018
"""What the better known of two works gains where both are exact: less than a fold of case or words.
Whether long vowels were folded as well counts less, because half of the world leaves them out."""
_BY_FAME: Final = 0.7
_MOST_KIND: Final = 3

BEST_INEXACT: Final = 0.985
INITIALS: Final = 0.90
"""First letters of words are few letters shared by many titles."""
PREFIX: Final = 0.80
"""A title that begins with the query, before it is known how much of it that is."""
INNER: Final = 0.72
"""The same where the query begins at a later word."""
SCATTERED: Final = 0.70
"""All words are in the title, with others between them."""
COVERED: Final = 0.16
WHOLE_WORDS: Final = 0.02
"""The query ends where a word of the title does: "home" is Home Sweet Home before Homunculus."""
REORDERED: Final = 0.97
"""The same words in another order."""
LEAST: Final = 0.59
"""Below this a title is no hit, only a suggestion: two errors in five letters still are."""
SPREAD: Final = 0.30
"""What scores so much less than the best is no hit either: beside an exact title a likeness of two
thirds is noise."""
DOUBTFUL: Final = 0.75
"""Where nothing scores more, the text may have been meant otherwise: on another keyboard, say."""

KNOWN: Final = 0.035
KIND_STEP: Final = 0.002
DIGITS_LOST: Final = 0.17
"""A digit that was typed and is not in the title: "Mob Psycho 100" is not "Mob Psycho II"."""
DIGITS_EXTRA: Final = 0.03
"""A digit that is in the title and was not typed: the first season comes before the second."""
AGREES: Final = 0.02
DISAGREES: Final = 0.10
"""Year and type are asked for, and are the work's, or others."""


def phrase(coverage: Number, at_start: Number, whole_words: Number) -> Number:
    """Return the worth of a title in which the query stands as typed.

    `coverage` is the part of the title that it is; the other two are 0 or 1.
    """
    return INNER + (PREFIX - INNER) * at_start + COVERED * coverage + WHOLE_WORDS * whole_words


def tie_break(kind: Number, known: Number) -> Number:
    """Return the step for a title's kind (0 main .. 3 synonym) and how well known its work is."""
    return KNOWN * known - KIND_STEP * kind


def exact(grade: float, kind: float, known: float) -> float:
    """Return the score of an equal title of this grade.

    Kind counts beside fame here: "Attack on Titan" is the English title of the first season and
    a synonym of others.
    """
    return grade - EXACT_STEP * (_BY_FAME * (1 - known) + (1 - _BY_FAME) * kind / _MOST_KIND)
