"""The weights by which search hits are ranked, each with the reason for its value.

A score runs 0..1 and measures above all how well the query matches a title. Small steps break ties:
the kind of title, the popularity of the work, whether year and type agree. The weights were set on
seeded corruptions of real titles; `make bench` counts how many find their work first (hit@1) and
among the first ten (hit@10).

Guarantees: an exact title ranks above every inexact one, and among exact titles the one that needed
the least folding ranks first. So a title typed as it is written never finds another work first. The
formulas accept numbers and arrays of numbers.
"""

from typing import Any, Final, TypeAlias

Number: TypeAlias = Any
"""A float or an array of floats: the formulas only add and multiply."""

# Grades of an equal title, by what had to be folded away. They are farther apart than EXACT_STEP,
# so that popularity never outweighs a fold. SAME_LETTERS is the exception, because many people
# leave long vowels out.
VERBATIM: Final = 1.0
SAME_BUT_CASE: Final = 0.998
CASELESS_LETTERS: Final = 5
"""In names of up to so many letters case says nothing: "opm" is written for One-Punch Man ("OPM"),
though a lesser work lists it in lower case."""
SAME_WORDS: Final = 0.996
SAME_LETTERS: Final = 0.9955
SAME_MEANING: Final = 0.991
"""The query is a title and a season of that work ("aot 3"), or its year or type."""
SEASON_OF_PREFIX: Final = 0.88
"""The query is the beginning of a title and a season of the most popular such work: "komi san
2"."""
SHORTENED: Final = 0.9905
"""The query is a title without its article ("matrix"), or the common name of films ("hobbit 2")."""
EXACT_STEP: Final = 0.0018
"""The lead of the most popular work over the least popular one if both titles are exact."""
_POPULARITY_SHARE: Final = 0.7
"""The share of EXACT_STEP that popularity decides; the rest is for the kind of title: "Attack on
Titan" is the English title of the first season and a synonym of others."""
_MAX_KIND: Final = 3

BEST_INEXACT: Final = 0.985
"""The highest score of an inexact title; every exact title scores more."""
INITIALS: Final = 0.90
"""The query is the initials of a title ("snk"): few letters, which many titles share."""
OF_SEVERAL: Final = 0.02
"""Added if the initials are those of a name that several works bear: "lotr" is The Lord of the
Rings before the one film Last of the Renegades, however well known each is."""
PREFIX: Final = 0.80
"""The title begins with the query; COVERED is added for the share of it that the query covers."""
INNER: Final = 0.70
"""The query begins at a later word of the title ("titan")."""
KNOWN: Final = 3.0
"""Times the step for popularity and the share of the title that is not typed: "stein" is rather
half of the best-known title with it than most of a lesser one."""
KNOWN_WHILE_TYPING: Final = 5.0
"""The same for a text that is still being typed. Of 3,000 beginnings of 4 to 12 letters, of works
drawn by popularity, .83 then find theirs first (with FINISHED .89); with 0 .65, 3 .76, 7 .82."""
FINISHED: Final = 0.005
"""The lead of a title that is typed to its end over those that go on, while a text is being typed:
"naruto" is Naruto, but "fate" Fate/stay night before a lesser work called Fate."""
NAMED: Final = 0.2
"""Times the logarithm of one and how many titles of a work begin with the query as it is written
and are nearly typed: added where it is told which work comes first. Of 4,023 titles that were cut
at a seeded place .927 find their work first so, and .901 without; of 3,977 of the other half of the
works .920 and .892. Who knew how they were cut, and all titles, could expect .93. From 0.12 on it
is a plateau."""
NEARLY_TYPED: Final = 0.6
"""The share of a title that is typed, from which on it counts for its work."""
SCATTERED: Final = 0.70
"""The title has all words of the query, with others between them ("jojo diamond")."""
COVERED: Final = 0.16
"""Times the share of the title that the query covers; with PREFIX and WHOLE_WORDS at most 0.98."""
WHOLE_WORDS: Final = 0.02
"""The query ends at the end of a word: "home" finds Home Sweet Home before Homunculus."""
REORDERED: Final = 0.97
"""The factor for a match whose words are in another order ("titan attack")."""
UNEXPLAINED: Final = 0.05
"""Times the share of the typed letters that a title does not have at all, in any order: of titles
as many edits away, one with a letter more or with two swapped is meant rather than one with another
letter in place of one that was typed."""
WORD_LACKING: Final = 0.05
"""Subtracted if a title is the text without its last word: who types "tokyo babylon v" does not
mean Tokyo Babylon with a letter too many, but what goes on so."""
ERRORS_IN_BEGINNING: Final = 2.0
"""An error counts so many times where the rest of a title is not typed yet: a short text with an
error is rather a whole title than the beginning of another."""
OTHER_SCRIPT: Final = 0.1
"""Subtracted if a text in kana or Hangul is like a title in another script only as it sounds:
"もいざか" is rather "もざいか" than "Nogizaka". Set on one half of 4,500 hard titles."""
LEAST: Final = 0.575
"""Titles that score less are only suggestions: two errors in five letters (0.58) are a hit."""
SPREAD: Final = 0.30
"""Titles that score this much less than the best one are no hits either: beside an exact title, a
match of two thirds is noise."""
DOUBTFUL: Final = 0.75
"""If nothing scores more, other keyboard layouts are tried: "тфкгещ" is naruto."""

POPULARITY: Final = 0.035
"""Added for the most popular work: as much as one error in 28 letters costs. So "naruto" with an
error finds the series before its shorts."""
KIND_STEP: Final = 0.002
"""Subtracted per step from main title to synonym: it decides only between equally popular works."""
MAX_INEXACT: Final = BEST_INEXACT - POPULARITY
"""The highest score of an inexact title before POPULARITY is added."""
DIGITS_LOST: Final = 0.17
"""Subtracted for a digit of the query that the title lacks: "Mob Psycho 100" is not "... II"."""
DIGITS_EXTRA: Final = 0.03
"""Subtracted for a digit of the title that the query lacks: first seasons rank before second
ones."""
AGREES: Final = 0.02
"""Added if the year and type in the query are those of the work."""
DISAGREES: Final = 0.10
"""Subtracted if they are not: as much as the handicap of a bare name in
`kensho.search.interpretations`."""


def phrase(coverage: Number, at_start: Number, whole_words: Number) -> Number:
    """Return the score of a title that contains the query as typed.

    `coverage` is the share of the title that the query covers; the other two are 0 or 1.
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
