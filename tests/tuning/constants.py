"""Which numbers are tuned, which are not, and by which measures each tuned one is felt.

Every numeric constant of ROOMS stands in exactly one of TUNED and NOT_TUNED. A new one is entered
here; a renamed one is renamed here too.
"""

from typing import Final

ROOMS: Final = ("kensho.domain", "kensho.search")

TUNED: Final = {
    "kensho.domain.franchise.clustering": (
        "_FEW _FEW_LINKS _HARD _MORE _MOST _NAME_NEED _OTHERS_NAME _OWN_PART _SECOND _WELL_LINKED"
        " _WHOLE_NEED"
    ),
    "kensho.domain.franchise.duplicates": "CONFIDENCE _LENGTHS _MOST_ALIKE",
    "kensho.domain.franchise.franchises": "_GUEST _LEAST_MASS _MASS",
    "kensho.domain.franchise.graph": "_YEARS_APART",
    "kensho.domain.franchise.inputs": "_BRIEF_S _SHORT_S",
    "kensho.domain.franchise.roles": "_BESIDE _DOUBT _WELL_KNOWN",
    "kensho.domain.franchise.titles": "COMMON _NAMES_ENOUGH _NEARLY_ALL",
    "kensho.domain.inference.features": (
        "_LEAST_LETTERS _MAIN_EPISODES _MONTH_DAYS _MOST_TITLES _RUNS _SINGLES _SYNOPSIS_START"
    ),
    "kensho.domain.inference.measures": "_LEAST_TAGS",
    "kensho.domain.inference.model": "_LEAST_WORTH _MOST_REASONS",
    "kensho.domain.inference.neighbourhood": "_MOST_COMPARED",
    "kensho.domain.inference.title_pairs": "_LEAST_INNER _LEAST_SHARED",
    "kensho.domain.popularity": (
        "_ALONE _BEGINNING _BEST_SCORE _DEEPEST _LATER _LISTED _LOWEST _MOST_SOURCES _MOST_TITLES"
        " _MOST_VOTES _PART _RANKS _TYPE"
    ),
    "kensho.domain.ranking": (
        "AGREES BEST_INEXACT COVERED DIGITS_EXTRA DIGITS_LOST DISAGREES DOUBTFUL EXACT_STEP"
        " INITIALS INNER KIND_STEP LEAST MAX_INEXACT POPULARITY PREFIX REORDERED"
        " SAME_BUT_CASE SAME_LETTERS SAME_MEANING SAME_WORDS SCATTERED SEASON_OF_PREFIX SHORTENED"
        " SPREAD VERBATIM WHOLE_WORDS"
        " _MAX_KIND _POPULARITY_SHARE"
    ),
    "kensho.domain.title_words": "LEAST_RARITY NOTCHES _OTHERS _SHORTEST",
    "kensho.domain.watch_order.optional": (
        "_EPISODES_A_MONTH _FELLOWS _LONG_EPISODES _WELL_KNOWN _YEARS"
    ),
    "kensho.domain.watch_order.rules": "BELONGS CONTINUES CURATED _FINAL _TYPES",
    "kensho.domain.watch_order.storylines": "_CLEARLY",
    "kensho.domain.watch_order.teasers": "_MONTHS",
    "kensho.search.constraints": "_YEARS_OF_SEASON",
    "kensho.search.finder": (
        "_MAX_ACRONYMS _MAX_FIRST_SEASONS _MIN_ABBREVIATED_POPULARITY _MIN_NAME_WEIGHT"
    ),
    "kensho.search.interpretations": "_EXPANDED_BELOW _HANDICAP _SURE",
    "kensho.search.ngrams": "_MAX_LENGTH_RATIO _MIN_LENGTH_RATIO",
    "kensho.search.release_titles": "_MAX_NAMES _MIN_LETTERS _NAMES",
}

FELT_ONE_WAY: Final = {
    "kensho.domain.ranking.BEST_INEXACT": 0.5,
    "kensho.domain.franchise.clustering._FEW": 0.5,
    "kensho.domain.franchise.clustering._MOST": 0.5,
    "kensho.domain.franchise.clustering._NAME_NEED[2]": 0.5,
    "kensho.domain.franchise.clustering._OTHERS_NAME": 1.5,
    "kensho.domain.franchise.clustering._OWN_PART[2]": 0.5,
    "kensho.domain.franchise.clustering._SECOND": 1.5,
    "kensho.domain.inference.features._MOST_TITLES": 1.5,
    "kensho.domain.title_words.NOTCHES": 0.5,
    "kensho.domain.watch_order.rules.CURATED": 0.5,
    "kensho.domain.watch_order.rules._TYPES['movie']": 1.5,
    "kensho.search.finder._MIN_ABBREVIATED_POPULARITY": 1.5,
}
"""Numbers that the examples hold from one side only, and the factor that they feel."""

NOT_FELT: Final = {
    "kensho.domain.franchise.clustering._HARD": "a scale of two steps: ranks keep their order",
    "kensho.domain.franchise.clustering._OWN_PART[1]": "no example lies so near",
    "kensho.domain.franchise.duplicates._MOST_ALIKE": "a bound of the work; no title is so common",
    "kensho.domain.franchise.graph._YEARS_APART": "no example lies so near",
    "kensho.domain.inference.model._LEAST_WORTH": "chooses among reasons, not kinds",
    "kensho.domain.inference.neighbourhood._MOST_COMPARED": "a bound of the work",
    "kensho.domain.inference.title_pairs._LEAST_INNER": "no example lies so near",
    "kensho.domain.inference.title_pairs._LEAST_SHARED": "no example lies so near",
    "kensho.domain.ranking.DOUBTFUL": "the wrong keyboard finds nothing or the right title",
    "kensho.domain.watch_order.optional._FELLOWS": "no example lies so near",
    "kensho.domain.watch_order.optional._YEARS": "no example lies so near",
    "kensho.domain.watch_order.rules.BELONGS": "a rank: 0 and 2 are below and above the same ones",
    "kensho.domain.watch_order.rules._FINAL": "above every number of a season, halved as well",
    "kensho.search.constraints._YEARS_OF_SEASON": "no example lies so near",
    "kensho.search.finder._MAX_ACRONYMS": "a bound of the work",
    "kensho.search.finder._MAX_FIRST_SEASONS": "a bound of the work",
    "kensho.search.finder._MIN_NAME_WEIGHT": "no example lies so near",
    "kensho.search.interpretations._SURE": "saves a search; the answer is the same",
    "kensho.search.release_titles._MAX_NAMES": "a bound of the work",
    "kensho.search.release_titles._MIN_LETTERS": "no example lies so near",
    "kensho.search.release_titles._NAMES[0][1]": "no example has two names",
    "kensho.search.release_titles._NAMES[1][1]": "no example has two names",
    "kensho.search.release_titles._NAMES[2][1]": "no example has two names",
}
"""Tuned numbers that no example holds yet, with the reason: an example takes them out of here."""

NOT_TUNED: Final = {
    "kensho.domain.franchise.duplicates._YEAR_CHARS": "YYYY",
    "kensho.domain.franchise.graph._YEAR_CHARS": "YYYY",
    "kensho.domain.inference.features._UNDATED": "stands for no date",
    "kensho.domain.inference.measures._MINUTE_S": "seconds of a minute",
    "kensho.domain.inference.measures._UNDATED": "stands for no date",
    "kensho.domain.inference.measures._UNKNOWN": "stands for nothing measured",
    "kensho.domain.inference.measures._UNMEASURED": "stands for nothing measured",
    "kensho.domain.inference.measures._WEEK_DAYS": "days of a week",
    "kensho.domain.inference.neighbourhood._UNKNOWN": "stands for nothing measured",
    "kensho.domain.relations": "ranks, and the table of kinds: tests/unit/test_relation_kinds.py",
    "kensho.domain.release_dates": "the form of dates",
    "kensho.domain.slugs": "a bound of input",
    "kensho.domain.title_parts": "what words for numbers mean: tests/unit/test_title_parts.py",
    "kensho.domain.titles": "code points of scripts",
    "kensho.domain.watch_order.optional._MONTH_CHARS": "YYYY-MM",
    "kensho.domain.watch_order.rules._MONTH_CHARS": "YYYY-MM",
    "kensho.domain.watch_order.rules._YEAR_CHARS": "YYYY",
    "kensho.domain.works": "bounds of input",
    "kensho.search.acronyms": "the form of the index",
    "kensho.search.code_points": "code points of scripts",
    "kensho.search.constraints.AGREES": "a name",
    "kensho.search.constraints.CONFLICTS": "a name",
    "kensho.search.finder._MAX_PREFIXED": "a bound of the work",
    "kensho.search.finder._MAX_TITLES_WITH_ABBREVIATION": "a bound of the work",
    "kensho.search.highlights": "what is marked in a title: tests/unit/test_highlights.py",
    "kensho.search.interpretations.MAX_CHARS": "a bound of input",
    "kensho.search.kernel": "bounds of the work and forms; both kernels are compared by property",
    "kensho.search.keyboard_layouts": "keys of keyboards",
    "kensho.search.keys": "the form of the index",
    "kensho.search.ngrams.BUDGET": "a bound of the work",
    "kensho.search.ngrams.CANDIDATES": "a bound of the work",
    "kensho.search.ngrams.LENGTH_BOUNDS": "the form of the index",
    "kensho.search.ngrams._ROWS_AT_BUDGET": "a bound of the work",
    "kensho.search.ngrams._ROWS_AT_ONCE": "a bound of the work",
    "kensho.search.phrases": "the form of the index",
    "kensho.search.prefixes": "the form of the index",
    "kensho.search.release_names": "bounds of input",
    "kensho.search.release_titles._HAN_NUMBERS": "what Han numbers mean",
    "kensho.search.rows": "the form of the index",
    "kensho.search.scripts": "the size of a cache",
    "kensho.search.season_index": "the form of the index",
    "kensho.search.strings": "the form of the index",
    "kensho.search.symspell": "the form of the index, compared with a slow oracle by property",
    "kensho.search.words": "the form of the index",
}
"""Constants, and modules all of whose numbers decide no result or are what they are: the reason."""


def tuned() -> frozenset[str]:
    """Return the full name of every tuned constant."""
    return frozenset(
        f"{module}.{name}" for module, names in TUNED.items() for name in names.split()
    )


def is_not_tuned(constant: str) -> bool:
    """Tell whether a constant, or its module or package, is listed as not tuned."""
    parts = constant.split(".")
    return any(".".join(parts[:end]) in NOT_TUNED for end in range(1, len(parts) + 1))


def measures_of(constant: str) -> tuple[str, ...]:
    """Return the measures that may feel a constant, the quickest first."""
    if constant.startswith(("kensho.domain.ranking", "kensho.search")):
        return ("search",)
    if constant.startswith("kensho.domain.popularity"):
        return ("popularity",)
    if constant.startswith("kensho.domain.inference"):
        return ("inference",)
    return ("drawn", "orders" if "watch_order" in constant else "franchises")
