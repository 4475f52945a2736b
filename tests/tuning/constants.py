"""Which numbers are tuned, which are not, and by which measures each tuned one is felt.

Every numeric constant of ROOMS stands in exactly one of TUNED and NOT_TUNED. A new one is entered
here; a renamed one is renamed here too.
"""

from typing import Final

ROOMS: Final = ("kensho.domain", "kensho.search", "kensho.read_model", "kensho.discovery")

TUNED: Final = {
    "kensho.domain.franchise.clustering": (
        "_FEW _FEW_LINKS _HARD _MORE _MOST _NAME_NEED _OTHERS_NAME _OWN_PART _SECOND _WELL_LINKED"
        " _WHOLE_NEED"
    ),
    "kensho.domain.franchise.strangers": "NAMED",
    "kensho.domain.franchise.graph": "_YEARS_APART",
    "kensho.domain.franchise.inputs": "_BRIEF_S _SHORT_S",
    "kensho.domain.franchise.lines": "_CLEARLY _REMADE _SHARED _TELLINGS _WORDS",
    "kensho.domain.franchise.roles": "PROMOTION_S _BESIDE _DOUBT _NO_SERIES _WELL_KNOWN",
    "kensho.domain.franchise.titles": "COMMON _NAMES_ENOUGH _NEARLY_ALL",
    "kensho.domain.franchise.work_groups": "_LEAST_MASS _MASS",
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
        " ERRORS_IN_BEGINNING FINISHED INITIALS INNER KIND_STEP KNOWN KNOWN_WHILE_TYPING LEAST"
        " MAX_INEXACT NAMED NEARLY_TYPED OF_SEVERAL OTHER_SCRIPT"
        " POPULARITY"
        " PREFIX REORDERED"
        " SAME_BUT_CASE SAME_LETTERS SAME_MEANING SAME_WORDS SCATTERED SEASON_OF_PREFIX SHORTENED"
        " SPREAD UNEXPLAINED VERBATIM WHOLE_WORDS WORD_LACKING"
        " _MAX_KIND _POPULARITY_SHARE"
    ),
    "kensho.domain.relations": "KIND_FACTS",
    "kensho.domain.same_works.groups": (
        "LIKELY _MOST_BEARERS _MOST_YEARS_APART _MOST_YEARS_STATED _POSSIBLE _RIVAL_ODDS"
    ),
    "kensho.domain.same_works.likeness": "_BIAS _FAR_LONGER _SAME_LENGTH _SIGNS",
    "kensho.domain.same_works.records": "_NATIVE_LETTERS",
    "kensho.domain.title_words": "LEAST_RARITY STEPS_PER_UNIT _OTHERS _SHORTEST",
    "kensho.domain.watch_order.optional": (
        "_EPISODES_A_MONTH _FELLOWS _LISTED _LONG_EPISODES _RIVALS _WELL_KNOWN _YEARS"
    ),
    "kensho.domain.watch_order.rules": "CONTINUES _TYPES",
    "kensho.domain.watch_order.teasers": "_MONTHS",
    "kensho.read_model.building.franchise_documents": "_LEAST_BEARERS _LEAST_SHARE _MOST_TAGS",
    "kensho.read_model.building.franchises": "_NAMED _SIZE_COUNTS",
    "kensho.read_model.building.numbered_works": "_FEWEST",
    "kensho.read_model.building.titles": "_FRANCHISE_POPULARITY",
    "kensho.read_model.similar": (
        "COMMON_TAG TAGS_NAMED _HALF_OF_VOTES _STUDIO_PART _TAGS_PART _UNKNOWN_TAGS _VOTES_PART"
    ),
    "kensho.search.constraints": "_YEARS_OF_SEASON",
    "kensho.search.finder": (
        "_MAX_ACRONYMS _MAX_FIRST_SEASONS _MIN_ABBREVIATED_POPULARITY _MIN_NAME_WEIGHT _SEVERAL"
    ),
    "kensho.search.interpretations": "_BESIDE _EXPANDED_BELOW _HANDICAP _NEARLY _SURE",
    "kensho.search.ngrams": "_MAX_LENGTH_RATIO _MIN_LENGTH_RATIO",
    "kensho.search.release_titles": "_MAX_NAMES _MIN_LETTERS _NAMES",
}

FELT_ONE_WAY: Final[dict[str, float]] = {
    "kensho.domain.franchise.roles._WELL_KNOWN": 0.5,  # a share: half as much again would be over 1
}
"""Numbers that the examples hold from one side only, and the factor that they feel."""

NOT_FELT: Final[dict[str, str]] = {}
"""Tuned numbers that no example holds yet, with the reason: an example takes them out of here."""

NOT_TUNED: Final = {
    "kensho.domain.franchise.decided._LEAST": "fewer than two works can't be joined",
    "kensho.domain.franchise.doubles": "docs/decisions/0044: pairs of the catalogue, read",
    "kensho.domain.franchise.whole_runs": "docs/decisions/0049: wholes of the catalogue, read",
    "kensho.domain.franchise.franchises._LEAST_WORKS": "what a franchise is: two works and more",
    "kensho.domain.franchise.inputs._YEAR_CHARS": "YYYY",
    "kensho.domain.inference.features._UNDATED": "stands for no date",
    "kensho.domain.inference.measures._MINUTE_S": "seconds of a minute",
    "kensho.domain.inference.measures._UNDATED": "stands for no date",
    "kensho.domain.inference.measures._UNKNOWN": "stands for nothing measured",
    "kensho.domain.inference.measures._UNMEASURED": "stands for nothing measured",
    "kensho.domain.inference.measures._WEEK_DAYS": "days of a week",
    "kensho.domain.inference.neighbourhood._UNKNOWN": "stands for nothing measured",
    **{
        f"kensho.domain.relations.{name}": "part of KIND_FACTS, where its costs are moved"
        for name in (
            *(
                "_LOOSE",
                "_UNTOLD",
                "_SEQUEL",
                "_SIDE_STORY",
                "_SUMMARY",
                "_SPIN_OFF",
                "_ADAPTATION",
            ),
            *("_COMPILATION", "_MUSIC_VIDEO"),
        )
    },
    "kensho.domain.relations.METHOD_RANK": "ranks: tests/unit/test_relations.py",
    "kensho.domain.release_dates": "the form of dates",
    "kensho.domain.inference.model.UNIT": "the form of the model: what its whole numbers count",
    "kensho.domain.same_works.groups._SUREST": "stands for no doubt at all",
    "kensho.domain.same_works.groups._DAY_CHARS": "YYYY-MM-DD",
    "kensho.domain.same_works.groups._YEAR_CHARS": "YYYY",
    "kensho.domain.same_works.likeness._YEAR_CHARS": "YYYY",
    "kensho.domain.franchise.reasons": "stands for no date; months of a year",
    "kensho.domain.franchise.titles._CLOSE": "tests/unit/test_franchise_names.py",
    "kensho.domain.franchise.titles._LEAST_WEIGHT": "stands for unknown popularity",
    "kensho.domain.franchise.titles._MINOR": "bench_franchises: names that the best known bear",
    "kensho.domain.franchise.titles._MOST_ANCHORS": "a bound of the work",
    "kensho.domain.franchise.titles._SPELT_KEPT": "a bound of the memory",
    "kensho.domain.title_parts._READ_KEPT": "a bound of the memory",
    "kensho.domain.franchise.titles._OWN_NAME": "tests/unit/test_franchise_names.py",
    "kensho.domain.franchise.roles._SONG_S": "docs/decisions/0044: 50 works of the catalogue, read",
    "kensho.domain.franchise.roles.PROMOTION_RUN_S": "docs/decisions/0050: 16 works, read",
    "kensho.domain.franchise.roles._SEVERAL_CATALOGUES": "docs/decisions/0050: 16 works, read",
    "kensho.domain.franchise.roles._FEW_CATALOGUES": "docs/decisions/0050: 56 works, read",
    "kensho.domain.franchise.roles._FAR_LONGER_S": "docs/decisions/0051: 103 works, read",
    "kensho.domain.franchise.roles._MINUTES_S": "docs/decisions/0051: 103 works, read",
    "kensho.domain.franchise.roles._SONGS": "docs/decisions/0051: 14 works, read",
    "kensho.domain.franchise.roles._WHOLE_SONG_S": "docs/decisions/0051: 14 works, read",
    "kensho.domain.franchise.lines._LARGE_SHARE": "docs/decisions/0051: 82 lines, read",
    "kensho.domain.franchise.strangers._BEGINNING": "docs/decisions/0044: 65 works, read",
    "kensho.domain.franchise.strangers._FULL_S": "docs/decisions/0044: 65 works, read",
    "kensho.domain.franchise.strangers._KNOWN": "docs/decisions/0044: 65 works, read",
    "kensho.domain.franchise.strangers._LINKS_A_YEAR": "docs/decisions/0044: 65 works, read",
    "kensho.domain.franchise.strangers._MOST_HANGING": "docs/decisions/0044: 65 works, read",
    "kensho.domain.franchise.strangers._MOST_LINKS": "docs/decisions/0044: 65 works, read",
    "kensho.domain.franchise.strangers._UNNAMED": "docs/decisions/0044: 65 works, read",
    "kensho.domain.franchise.roles._BY_MINOR": "bench_franchises: reasons of members",
    "kensho.domain.same_works.records._KEY_BYTES": "the form of keys",
    "kensho.domain.same_works.records._LENGTH_BITS": "the form of keys",
    "kensho.domain.same_works.records._LONGEST": "the form of keys",
    "kensho.domain.same_works.records._NATIVE_BIT": "the form of keys",
    "kensho.domain.same_works.records._TAG_MASK": "the form of keys",
    "kensho.domain.searches": "bounds of input",
    "kensho.domain.slugs": "a bound of input",
    "kensho.domain.stated_dates._YEARS_APART": "what the check calls possible: test_compose.py",
    "kensho.domain.stated_dates._YEAR_CHARS": "YYYY",
    "kensho.domain.studios": "what initials look like: tests/unit/test_studios.py",
    "kensho.domain.title_parts": "what words for numbers mean: tests/unit/test_title_parts.py",
    "kensho.domain.titles": "code points of scripts",
    "kensho.domain.watch_order.optional._MONTH_CHARS": "YYYY-MM",
    "kensho.discovery.queue_following": "bounds of waiting and of the work",
    "kensho.read_model.building.publishing_process": "the unit of the system; when is tried again",
    "kensho.read_model.franchise_views._HOUR_S": "an hour",
    "kensho.domain.watch_order.rules.BELONGS": "a rank below CONTINUES",
    "kensho.domain.watch_order.rules.CURATED": "a rank above CONTINUES",
    "kensho.domain.watch_order.rules._FINAL": "stands for the last season: above every number",
    "kensho.domain.watch_order.rules._MONTH_CHARS": "YYYY-MM",
    "kensho.domain.watch_order.rules._YEAR_CHARS": "YYYY",
    "kensho.domain.work_items": "bounds of input, and the form of ids",
    "kensho.domain.works": "bounds of input",
    "kensho.domain.ranking.CASELESS_LETTERS": "letters: tests/unit/test_search_index.py",
    "kensho.discovery.best_hits": "bounds of the work; what strict answers need: its unit test",
    "kensho.discovery.confidence": "fitted by benchmarks/train_confidence.py",
    "kensho.discovery.change_points": "a bound of input",
    "kensho.discovery.change_stream": "how much is made at once",
    "kensho.discovery.changes": "a bound of the work",
    "kensho.discovery.comparisons": "how many answers are kept",
    "kensho.discovery.conditions": "how the state of the machine is told",
    "kensho.discovery.curation": "how many acts are made at once, and how long they may take",
    "kensho.discovery.cursors": "a bound of input",
    "kensho.discovery.episode_numbers": "alike hits: tests/integration/test_api_search.py",
    "kensho.discovery.explanations": "code points of scripts",
    "kensho.discovery.exports": "the size of what is sent at once",
    "kensho.discovery.facets._FEW": "a choice of the quicker way",
    "kensho.discovery.facets._FEW_NUMBERS": "a choice of the quicker way",
    "kensho.discovery.facets._MANY_SHARE": "a choice of the quicker way",
    "kensho.discovery.best_works": "what pages show first, chosen by hand",
    "kensho.discovery.facets.LOWEST_SCORES": "the choices of a filter",
    "kensho.discovery.facets._DECADE": "a unit",
    "kensho.discovery.facets._MOST_TAGS": "a bound of the answer",
    "kensho.discovery.filters.LENGTH_ENDS_S": "the choices of a filter",
    "kensho.discovery.franchise_lists": "the choices of a filter",
    "kensho.discovery.list_columns": "codes of words",
    "kensho.discovery.listed_works": "a bound of the answer",
    "kensho.domain.popularity._COMMON_SCORE": "the order of lists on pages, chosen by hand",
    "kensho.domain.popularity._GOOD_SCORES": "the order of lists on pages, chosen by hand",
    "kensho.domain.popularity._HIGHEST_SCORE": "the order of lists on pages, chosen by hand",
    "kensho.domain.popularity._SCORED": "the order of lists on pages, chosen by hand",
    "kensho.read_model.model._MOST_SECONDS": "a bound of a type",
    "kensho.discovery.field_selection": "the form of what is said of errors",
    "kensho.discovery.filter_values": "the form of what is said of errors",
    "kensho.discovery.hit_serializer": "the form of the answer",
    "kensho.discovery.identified_works": "stands for no row",
    "kensho.discovery.neighbourhood": "bounds of the answer",
    "kensho.discovery.paths": "a bound of the answer",
    "kensho.discovery.query_interpretation": "what runs on a thread",
    "kensho.discovery.queue_items": "which doubts are shown to curators: they decide what is so",
    "kensho.discovery.related_works": "stands for no year",
    "kensho.discovery.reports": "bounds of input, and how often somebody may report",
    "kensho.discovery.resolve": "the form of what is said of errors",
    "kensho.storage.runs": "bounds of input and of the answer",
    "kensho.discovery.search": "bounds of the answer",
    "kensho.discovery.search_counting": "how often is written",
    "kensho.discovery.search_batches": "bounds of input, and what runs in one turn",
    "kensho.discovery.similar": "the form of the answer",
    "kensho.discovery.suggestions": "bounds of the work and of the answer",
    "kensho.discovery.tags": "the form of the answer",
    "kensho.discovery.viewing_guide": "the form of the answer, and of a date",
    "kensho.read_model.adjacency": "codes of kinds",
    "kensho.read_model.blobs": "the form of the snapshot",
    "kensho.read_model.building.builder": "a bound of the work",
    "kensho.read_model.building.fetching": "bounds of the work",
    "kensho.read_model.building.franchise_documents._SHARE_PLACES": "the form of the answer",
    "kensho.read_model.building.history_writing": "the form of a name",
    "kensho.read_model.building.numbered_works._ROMAN": "what Roman numbers mean",
    "kensho.read_model.building.publishing": "how snapshots are published and kept",
    "kensho.read_model.building.pushing": "bounds of input",
    "kensho.read_model.building.subgraphs": "bounds of the answer",
    "kensho.read_model.building.titles._NO_REDIRECT_END": "stands for no end",
    "kensho.read_model.change_wording": "the form of what is said",
    "kensho.read_model.columns": "stands for no season",
    "kensho.read_model.comparison": "the form of what is compared",
    "kensho.read_model.franchise_changes": "more than half: tests/unit/test_franchise_changes.py",
    "kensho.read_model.franchises": "the form of the snapshot",
    "kensho.read_model.history": "the form of the history, and its bound",
    "kensho.read_model.holder": "when a snapshot is tried again, collected or unmapped",
    "kensho.read_model.identity": "the form of the snapshot",
    "kensho.read_model.paths.MAX_PATHS": "a bound of the answer",
    "kensho.read_model.paths.PATIENCE": "decides the time of a search, not its answer",
    "kensho.read_model.paths._FAR": "stands for no way",
    "kensho.read_model.paths._HOP": "a unit",
    "kensho.read_model.paths._NEVER": "stands for a blocked work",
    "kensho.read_model.paths._SLACK": "decides the time of a search, not its answer",
    "kensho.read_model.paths._WINDOW": "decides the time of a search, not its answer",
    "kensho.read_model.similar.NO_GROUP": "a name",
    "kensho.read_model.snapshot_folder": "how files are checked",
    "kensho.read_model.soundness": "how arrays are checked",
    "kensho.read_model.source_ids": "stands for no number",
    "kensho.read_model.titles": "the form of the snapshot",
    "kensho.read_model.version": "a name",
    "kensho.read_model.wording": "the form of dates",
    "kensho.search.acronyms": "the form of the index",
    "kensho.search.array_checks": "bits of UTF-8",
    "kensho.search.code_points": "code points of scripts",
    "kensho.search.constraints.AGREES": "a name",
    "kensho.search.constraints.CONFLICTS": "a name",
    "kensho.search.explained_text": "the size of a cache",
    "kensho.search.finder._AFTER": "any step of the score that is one",
    "kensho.search.finder._KEPT": "the size of a cache",
    "kensho.search.finder._LEAST_BEGUN": "texts of 8 to 14 letters decide nothing of 13,000",
    "kensho.search.finder._MAX_NAMES": "a bound of the work",
    "kensho.search.finder._MAX_PREFIXED": "a bound of the work",
    "kensho.search.finder._MAX_TITLES_WITH_ABBREVIATION": "a bound of the work",
    "kensho.search.index": "bounds of the work, and where it pays to leave out what is found twice",
    "kensho.search.highlights": "what is marked in a title: tests/unit/test_highlights.py",
    "kensho.search.interpretations.MAX_CHARS": "a bound of input",
    "kensho.search.interpretations._FEWEST": "tests/unit/test_search_interpretations.py",
    "kensho.search.interpretations._FEWEST_LETTERS": "tests/unit/test_search_interpretations.py",
    "kensho.search.interpretations._GUESS": "tests/unit/test_search_interpretations.py",
    "kensho.search.interpretations._LEAST_BEGUN": "shorter texts are names with an episode",
    "kensho.search.interpretations._WORDS_BEHIND": "what a mark is: one word and its number",
    "kensho.search.interpretations._BY_CHANCE": "tests/unit/test_search_interpretations.py",
    "kensho.search.interpretations._YEAR_LETTERS": "one more than the digits of a year",
    "kensho.search.interpretations._MAX_INEXACT_READINGS": "a bound of the work",
    "kensho.search.kernel": "bounds of the work and forms; both kernels are compared by property",
    "kensho.search.keyboard_layouts": "keys of keyboards",
    "kensho.search.keys": "the form of the index",
    "kensho.search.name_marks": "what numbers are written as: tests/unit/test_name_readings.py",
    "kensho.search.name_parts": "how names are written: tests/unit/test_name_readings.py",
    "kensho.search.name_readings": "bounds of input and of the work",
    "kensho.search.name_vocabulary.NUMBER_WORDS": "numbers as they are spelt",
    "kensho.search.name_words": "how names are written: tests/unit/test_name_readings.py",
    "kensho.search.new_rows": "the form of the index",
    "kensho.search.page_addresses._KEPT_TEXTS": "a bound of memory",
    "kensho.search.ngrams.BUDGET": "a bound of the work",
    "kensho.search.ngrams.CANDIDATES": "a bound of the work",
    "kensho.search.ngrams.LENGTH_BOUNDS": "the form of the index",
    "kensho.search.ngrams._ROWS_AT_BUDGET": "a bound of the work",
    "kensho.search.phrases": "the form of the index",
    "kensho.search.prefixes": "the form of the index",
    "kensho.search.release_names": "bounds of input",
    "kensho.search.release_titles._HAN_NUMBERS": "what Han numbers mean",
    "kensho.search.rows": "the form of the index",
    "kensho.search.scripts": "the size of a cache",
    "kensho.search.season_index": "the form of the index",
    "kensho.search.sorting": "bounds of the work",
    "kensho.search.strings": "the form of the index",
    "kensho.search.symspell": "the form of the index, compared with a slow oracle by property",
    "kensho.search.titles_within": "what is talk: tests/property/test_titles_within.py",
    "kensho.search.words": "the form of the index",
}
"""Constants, and modules all of whose numbers decide no result or are what they are: the reason."""


_MEASURES: Final = {
    "kensho.domain.ranking": ("search", "search rules", "typed"),
    "kensho.search": ("search rules", "search"),
    "kensho.domain.popularity": ("popularity",),
    "kensho.domain.inference": ("inference rules", "inference"),
    "kensho.domain.relations": ("kind rules",),
    "kensho.domain.same_works": ("same work rules",),
    "kensho.domain.franchise.clustering": ("cluster rules", "drawn", "franchises"),
    "kensho.domain.franchise.lines": ("line rules",),
    "kensho.domain.watch_order": ("line rules", "franchise rules", "drawn", "orders"),
    "kensho.domain": ("line rules", "franchise rules", "drawn", "franchises"),
    "kensho.read_model": ("read model rules",),
}
"""The measures of constants, by how their names begin; the first that fits counts."""


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
    return next(names for prefix, names in _MEASURES.items() if constant.startswith(prefix))
