"""How hits are ranked: what each piece of evidence is worth, as numbers with reasons.

A score runs 0..1 and says first of all how much of what was typed is this title; small steps break
ties: the kind of title, the popularity of the work, whether year and type agree. The weights were
set on seeded corruptions of real titles, of which `make bench` counts how many find their work
first (hit@1) and among the first ten (hit@10).

Guarantees: an exact title comes before every inexact one, and among exact ones the one that needed
the least folding, so a title typed as it is written never finds another work first. The formulas
take numbers and arrays of numbers alike.
"""

from typing import Any, Final, TypeAlias

Number: TypeAlias = Any
"""A float or an array of floats: the formulas only add and multiply."""

# Grades of an equal title, by what had to be folded away. Two are farther apart than EXACT_STEP,
# so that popularity outweighs no fold; except for SAME_LETTERS, because half of the world leaves
# long vowels out.
VERBATIM: Final = 1.0
SAME_BUT_CASE: Final = 0.998
SAME_WORDS: Final = 0.996
SAME_LETTERS: Final = 0.9955
SAME_MEANING: Final = 0.991
"""The season that is asked for of the work whose title it is ("aot 3"), or its year or type."""
SEASON_OF_PREFIX: Final = 0.88
"""The season that is asked for of the most popular work that begins so: "komi san 2"."""
SHORTENED: Final = 0.9905
"""A title without its article ("matrix"), or the common name of films ("hobbit 2")."""
EXACT_STEP: Final = 0.0018
"""What the most popular work gains over the least popular one if both titles are exact."""
_POPULARITY_SHARE: Final = 0.7
"""The rest of the step is for the kind of title: "Attack on Titan" is the English title of the
first season and a synonym of others."""
_MAX_KIND: Final = 3

BEST_INEXACT: Final = 0.985
"""Below every grade of an exact title, by more than the largest step there."""
INITIALS: Final = 0.90
"""The query is the first letters of words ("snk"): few letters, which many titles share."""
PREFIX: Final = 0.80
"""The title begins with the query; COVERED is added for how much of it that is."""
INNER: Final = 0.72
"""The query begins at a later word of the title ("titan")."""
SCATTERED: Final = 0.70
"""The title has all words of the query, with others between them ("jojo diamond")."""
COVERED: Final = 0.16
"""For the part of the title that the query is; with PREFIX and WHOLE_WORDS at most 0.98."""
WHOLE_WORDS: Final = 0.02
"""The query ends where a word of the title does: "home" is Home Sweet Home before Homunculus."""
REORDERED: Final = 0.97
"""Factor for likeness with words in another order ("titan attack")."""
LEAST: Final = 0.59
"""Titles that score less are suggestions: two errors in five letters (0.6) are still a hit."""
SPREAD: Final = 0.30
"""What scores so much less than the best is no hit either: beside an exact title, a likeness of two
thirds is noise."""
DOUBTFUL: Final = 0.75
"""If nothing scores more, the text may be typed on another keyboard layout: "тфкгещ" is naruto."""

POPULARITY: Final = 0.035
"""For the most popular work: as much as one error in 28 letters costs. So "naruto" with an error
finds the series before its shorts."""
KIND_STEP: Final = 0.002
"""For each kind of title from main to synonym: it decides only between works equally popular."""
MAX_INEXACT: Final = BEST_INEXACT - POPULARITY
"""What is left for inexact titles before ties are broken."""
DIGITS_LOST: Final = 0.17
"""For a digit that was typed and is not in the title: "Mob Psycho 100" is not "Mob Psycho II"."""
DIGITS_EXTRA: Final = 0.03
"""For a digit that is in the title and was not typed: a first season comes before the second."""
AGREES: Final = 0.02
"""The year and type that are asked for are those of the work."""
DISAGREES: Final = 0.10
"""They are not: as much as a bare name is handicapped (kensho.search.interpretations)."""


def phrase(coverage: Number, at_start: Number, whole_words: Number) -> Number:
    """Return the score of a title that contains the query as typed.

    `coverage` is the part of the title that the query is; the other two are 0 or 1.
    """
    return INNER + (PREFIX - INNER) * at_start + COVERED * coverage + WHOLE_WORDS * whole_words


def tie_break(kind: Number, popularity: Number) -> Number:
    """Return the step for the kind of a title (0 main .. 3 synonym) and its work's popularity."""
    return POPULARITY * popularity - KIND_STEP * kind


def exact(grade: float, kind: float, popularity: float) -> float:
    """Return the score of an equal title of this grade, by its kind and its work's popularity."""
    return grade - EXACT_STEP * (
        _POPULARITY_SHARE * (1 - popularity) + (1 - _POPULARITY_SHARE) * kind / _MAX_KIND
    )
