"""Examples of single rules, for the numbers that whole franchises and searches seldom turn on.

Each is a pure function without arguments; together they are the measures of this module.
"""

from collections.abc import Callable, Iterable
from itertools import combinations, pairwise
from typing import Any, Final

import numpy as np

from kensho.domain import title_words
from kensho.domain.franchise import graph
from kensho.domain.franchise.clustering import ClusterLink, Clusters
from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.franchise.lines import lines_of
from kensho.domain.franchise.policy import Policy
from kensho.domain.inference import title_pairs
from kensho.domain.inference.features import Pair, PairFacts, Reader, Side, Vocabulary
from kensho.domain.inference.model import UNIT, MeasureTable, RelationModel, Trees, infer
from kensho.domain.inference.neighbourhood import RelatedPairs
from kensho.domain.title_parts import TitleParts
from kensho.domain.title_words import Rarity, TitleWords
from kensho.domain.watch_order.optional import optional_works
from kensho.domain.watch_order.rules import place_of
from kensho.domain.works import Title
from kensho.search import constraints, release_titles
from kensho.search.constraints import TYPES
from tests.support.same_works import same_work_relations
from tests.support.small_franchises import grown, number, relation, work
from tests.support.title_search import Catalogue, Entry, catalogue
from tests.support.title_search import work as entry

Example = Callable[[], Any]

_FORMED: Final = 100.0
"""A link so strong that it joins whatever it is between."""
_READER: Final = Reader(Vocabulary())


def years_of_seasons() -> list[int]:
    """Return the years in which a second season of "Fruits Basket (2019)" may have come."""
    years = np.arange(2015, 2030)
    types = np.full(len(years), TYPES.index("tv"))
    agrees = constraints.agreement(TitleParts(year=2019, season=2), years, types)
    return [int(year) for year in years[agrees == constraints.AGREES]]


def names_in_releases() -> dict[str, Any]:
    """Return the names by which the titles of releases are looked for."""
    titles = (
        "Shingeki no Kyojin (Attack on Titan)",
        "Sousou no Frieren | Frieren: Beyond Journey's End",
        "Fate Stay Night - Unlimited Blade Works",
        "Monogatari (Kon) (Aria) (Air) (Blame)",
        "Naruto | Bleach | Gintama | Clannad | Toradora | Planetes | Aria",
    )
    return {title: release_titles.other_names(title) for title in titles}


def bounded_guesses() -> list[int]:
    """Return how many works of one acronym, and second seasons of one name, are found."""
    spelt = catalogue(*(f"Sora Aoi {first}o{last}" for first in "O" for last in _letters(34)))
    firsts = [entry("Kimi", later_seasons=((2, 14 + place),)) for place in range(14)]
    seasons = [entry(f"Zoku {letter}{letter}bu") for letter in _letters(14)]
    named = Catalogue([*firsts, *seasons])
    found = named.scores("kimi 2")
    return [len(spelt.scores("sao")), sum(name.startswith("Zoku") for name in found)]


def _letters(many: int) -> list[str]:
    return [f"{chr(ord('b') + place % 24)}{'aeiou'[place // 24]}" for place in range(many)]


def short_names() -> dict[str, Any]:
    """Return what names of few letters find with a season, and abbreviations of few readers."""
    titles: tuple[Entry, ...] = (
        entry("Komi-san wa, Komyushou desu.", popularity=0.6, later_seasons=((2, 1),)),
        entry("Zoku Hitomishiri", popularity=0.5),
        entry("Aka Ge no An", popularity=0.6, later_seasons=((2, 3),)),
        entry("Midori no Kirihen", popularity=0.5),
        entry("Dragon Ball Super", "DBS", popularity=0.4),
        entry("Dragon Ball Super Movie: Broly", popularity=0.3),
        entry("Gintama", "GTM", popularity=0.6),
        entry("Gintama Movie: Benizakura", popularity=0.3),
    )
    built = catalogue(*titles)
    return {text: built.scores(text) for text in ("komi 2", "aka 2", "dbs broly", "gtm benizakura")}


def shared_initials() -> dict[str, float]:
    """Return how well initials find names that one, two and three works bear."""
    names = ("Kaze no Uta", "Kumo no Umi", "Kiri no Uchi")
    titles = [
        f"{name}{part}" for many, name in enumerate(names) for part in ("", " 2", " 3")[: many + 1]
    ]
    return {
        title: score for title, score in catalogue(*titles).scores("knu").items() if title in names
    }


def nearly_typed() -> dict[str, str]:
    """Return what is found first by a beginning of which one work has a title more than another.

    The titles of the other are nearer to their ends, and it is better known, by steps.
    """
    found: dict[str, str] = {}
    for many in range(5):
        longer = [f"Kaze no Uta {letter}o" for letter in "bdghk"[: many + 1]]
        shorter = [f"Kaze no U{letter}" for letter in "bdghk"[:many]] or ["KAZE NO UB"]
        for popularity in (0.0, 0.5, 1.0):
            built = catalogue(entry(*longer), entry(*shorter, popularity=popularity))
            found[f"{many} {popularity}"] = next(iter(built.scores("Kaze no U")))
    for letters in range(11, 18):
        written, other = "Kaze no Uta wo Kiku"[:letters], "KAZE NO U KIRI"
        built = catalogue(entry(written), entry(other, popularity=1.0))
        found[f"{letters} letters"] = next(iter(built.scores("Kaze no U")))
    return found


def ways_of_reading() -> dict[str, list[str]]:
    """Return as what each text is read: the better it is found as it stands, the less is tried."""
    titles = ("Hunter x Hunter (2011)", "Наруто", "Naruto", "Steins;Gate", "Kono Oto", "Fate/Zero",
              "Gintama.2006.1080p.mkv", "【原神】「いつかその道へ」", "原神")  # fmt: skip
    built = catalogue(*titles)
    texts = (
        "Hunter x Hunter (2011)",
        "[Group] Steins;Gate (Naruto) - 05 [1080p].mkv",
        "Gintama.2006.1080p.mkv",
        "[Group] Fate/Zero - 05 [1080p].mkv",
        "[Group] Naruto | Наруто - 05 [1080p].mkv",
        "[Group] Steins Gate | Kono Oto - 05 [1080p].mkv",
        "[Group] Steins Gate - Kono Otto - 05 [1080p].mkv",
        "[Group] Stein Gatte | Kono Otto - 05 [1080p].mkv",
        *("【原神】「つかその道へ」", "【原神】「つか道」"),
        "Наруто",
        *("Нарутп", "Нартап", "Наратоп", "Наракик", "тфкгещ", "тфкг"),
    )
    return {text: [one.via for one in built.search(text).interpretations] for text in texts}


def likeness() -> dict[str, dict[str, float]]:
    """Return how well titles are found that are like a text in one way each."""
    titles = ("Nogizaka", "モザイカ", "Tokyo Babylon", "Tokyo Babylon: Vision", "Gankutsuou",
              "Boku no Hero Academia")  # fmt: skip
    built = catalogue(*titles)
    texts = ("boku no hero academia (tv)", "モイザカ", "tokyo babylon v", "gankutsoou", "gankus",
             "nogisaka", "nogziaka")  # fmt: skip
    return {text: built.scores(text) for text in texts}


def groups_of_names() -> dict[str, float]:
    """Return how rare a shared word has to be for two groups to become one.

    Each of the groups, of so many works, has a name of its own that tells so much; so many links of
    one strength run between them.
    """
    cases = [
        (size, own, strength, links)
        for size in (1, 2, 3, 32)
        for own in (0.5, 8.0)
        for strength, links in ((-2.0, 1), (-2.0, 400), (0.5, 1), (0.5, 2), (1.0, 1))
    ]
    return {" ".join(map(str, case)): _least_rarity(*case) for case in cases}


def _least_rarity(size: int, own: float, strength: float, links: int) -> float:
    steps = range(1, 400)
    low, high = 0, len(steps)
    while low < high:
        middle = (low + high) // 2
        if _is_one(size, own, steps[middle] / 20, strength, links):
            high = middle
        else:
            low = middle + 1
    return low / 20


def _is_one(size: int, own: float, shared: float, strength: float, links: int) -> bool:
    rarity = Rarity({"gundam": own, "patlabor": own, "mobile": shared})
    names = [TitleWords((name, "mobile"), 1.0, rarity) for name in ("gundam", "patlabor")
             for _ in range(size)]  # fmt: skip
    formed = [ClusterLink(first, first + one, _FORMED) for first in (0, size)
              for one in range(1, size)]  # fmt: skip
    between = [ClusterLink(one % size, size + one % size, strength) for one in range(links)]
    groups = Clusters(names, [*formed, *between])
    groups.grow()
    return groups.group(0) == groups.group(size)


def strong_links() -> list[float]:
    """Return which links join two groups of 512 works that share no name."""
    found: list[float] = []
    for strength in (8.0, 15.0, 20.2):
        names = [TitleWords((), 1.0, Rarity({})) for _ in range(1024)]
        formed = [ClusterLink(first, first + one, _FORMED) for first in (0, 512)
                  for one in range(1, 512)]  # fmt: skip
        groups = Clusters(names, [*formed, ClusterLink(0, 512, strength)])
        groups.grow()
        if groups.group(0) == groups.group(512):
            found.append(strength)
    return found


def attached_songs() -> dict[str, list[int]]:
    """Return how many songs go with a work: as one group by one link or by all, and each alone."""
    counts = range(1, 20)
    return {
        "one link": [songs for songs in counts if _is_attached(songs, 1, is_group=True)],
        "all linked": [songs for songs in counts if _is_attached(songs, songs, is_group=True)],
        "alone": [songs for songs in counts if _is_attached(songs, songs, is_group=False)],
    }


def _is_attached(songs: int, links: int, *, is_group: bool) -> bool:
    names = [TitleWords((), 1.0, Rarity({})) for _ in range(songs + 1)]
    formed = [ClusterLink(*pair, _FORMED) for pair in pairwise(range(1, songs + 1))]
    links_of = [ClusterLink(0, one, 0.0) for one in range(1, links + 1)]
    groups = Clusters(names, [*(formed if is_group else ()), *links_of])
    groups.grow()
    groups.attach(range(1, songs + 1))
    return groups.group(songs) == groups.group(0)


def rare_words() -> list[float]:
    """Return how much words tell that so many of 43,000 works bear."""
    return [title_words.rareness(bearers, 43_000) for bearers in (1, 2, 3, 7, 20, 160, 1000)]


def records_of_one_title() -> list[int]:
    """Return with how many others of its title and year a pair is still told for one work."""
    found: list[int] = []
    for others in range(1, 24):
        pair = [_song(place, "tv") for place in (1, 2)]
        more = [_song(place, "movie") for place in range(3, 3 + others)]
        works = [*pair, *more]
        told = [Relation(number(1), one.id, "related") for one in works[1:]]
        said = same_work_relations(works, told)
        if any({one.source, one.target} == {number(1), number(2)} for one in said):
            found.append(others)
    return found


def _song(key: int, type_: str) -> FranchiseWork:
    sources = (f"catalogue{key}:1",) if type_ == "tv" else ("mal:1",)
    return work(key, "Ai no Uta", type=type_, sources=sources)


def records_years_apart() -> list[int]:
    """Return how many years may lie between two records of one work whose titles differ."""
    return [
        years
        for years in range(8)
        if len(_records(work("a", "Kimi no Na wa"), f"{2010 + years}-01-01").works) == 1
    ]


def _records(one: FranchiseWork, date: str) -> graph.FranchiseGraph:
    works = [one, work("b", "Your Name", date)]
    return graph.franchise_graph(works, [relation("ab", "same_work")], Policy({}))


def films_beside() -> dict[str, list[int]]:
    """Return how many side films, and how many years from them, make another film one.

    And of how many episodes a series is, during which a film is one by itself.
    """
    return {
        "episodes": [many for many in range(10, 40, 5) if _is_beside(0, "2000-12-16", many)],
        "fellows": [many for many in range(6) if _is_beside(many, "2005-01-01")],
        "years": [year for year in range(1995, 2016) if _is_beside(5, f"{year}-01-01")],
    }


def _is_beside(fellows: int, date: str, episodes: int = 12) -> bool:
    series = work("a", "Inuyasha", "2000-10-16", episodes=episodes, sources=("mal:1",))
    dates = [*(["2005-01-01"] * fellows), date]
    films = [
        work(place, f"Inuyasha Movie {place}", day, type="movie", episodes=1, duration_s=6000)
        for place, day in enumerate(dates, start=1)
    ]
    members = [Member(series.id, "main", ())]
    members += [Member(film.id, "film", (relation("ab"),)) for film in films]
    works = {one.id: one for one in (series, *films)}
    sides = {film.id for film in films[:-1]}
    return films[-1].id in optional_works(members, works, (), lines_of(members, works, ()), sides)


def types_of_one_day() -> list[str]:
    """Return in which order works of one day come: by type, then the brief ones."""
    types = ("tv", "movie", "ova", "ona", "special", "tv", "movie")
    works = [
        work(key, chr(ord("z") - key), type=type_, duration_s=120 if key > 5 else 1440)
        for key, type_ in enumerate(types, 1)
    ]
    return [f"{one.type} {one.duration_s}" for one in sorted(works, key=place_of)]


def names_of_franchises() -> list[str]:
    """Return what franchises are called of which some works have a second word in common.

    Each is of five works that have both words, some that have the first only, and some with none.
    """
    return [_called(*some) for some in ((1, 3), (4, 0))]


def _called(with_one: int, with_none: int) -> str:
    both = [f"Gundam Seed {name}" for name in ("Red", "Blue", "Pink", "Gray", "Teal")]
    one = [f"Gundam {name}" for name in ("Able", "Bold", "Calm", "Dire")][:with_one]
    none = ["Hana", "Ito", "Kaze"][:with_none]
    works = [work(key, title, f"{2000 + key}") for key, title in enumerate((*both, *one, *none))]
    sequels = [Relation(one.id, other.id, "sequel") for one, other in pairwise(works)]
    (found,) = grown(works, sequels)
    return found.title


def names_read() -> list[int]:
    """Return how many of a work's titles are read."""
    words = ("Naruto", "Bleach", "Gintama", "Clannad", "Toradora", "Planetes", "Monster", "Aria",
             "Kaiba", "Trigun", "Berserk", "Nana", "Mushishi", "Baccano")  # fmt: skip
    return [len(_profile(*words[:many]).cores) for many in range(1, len(words) + 1)]


def _profile(*titles: str, key: str = "a", date: str = "2010") -> Any:
    said = tuple(Title(text, "ja-Latn", "main") for text in titles)
    return _READER.profile(PairFacts(key, said, "tv", date, 12, 1440))


def names_of_pairs() -> dict[str, str]:
    """Return how the names of some works stand to one another, by the letters that they share."""
    long = "Eiga Naruto Bleach Aria Monster Planetes Gintama Kon Baccano Clannad Ga"
    inner = ("Kon", "Aria", "Monster", "Planetes", "Baccano", "Gintama", "Ga", "Naruto")
    pairs = [(one, long) for one in inner]
    pairs += [(f"{'Toradorable'[:n]}ku Hime Kagebi", f"{'Toradorable'[:n]}mi Sute Zenkou")
              for n in range(2, 12)]  # fmt: skip
    return {f"{a}, {b}": title_pairs.names(_profile(a), _profile(b)) for a, b in pairs}


def large_circle() -> list[float]:
    """Return how closely works around one are knit, where these are many."""
    profiles = [_profile(f"W{n}", key=f"w{n}", date=f"{1920 + n}") for n in range(90)]
    keys = [one.facts.key for one in profiles]
    edges = [(keys[0], key) for key in keys[1:]]
    edges += [*combinations(keys[1:12], 2), *pairwise(keys[1:])]
    pair = RelatedPairs(profiles, edges).pair(keys[0], keys[1])
    return [value for name, value in sorted(pair.around.items()) if name.endswith("knit")]


def small_reasons() -> list[str]:
    """Return which reasons are told, by how much each moved the sum."""
    return [_because(worth) for worth in (0.004, 0.0075, 0.0125, 0.02)]


def many_reasons() -> list[str]:
    """Return which reasons are told where several moved the sum."""
    return [_because(*[0.1] * many) for many in range(1, len(_SIZES) + 1)]


_SIZES: Final = ("length", "weight", "width", "height", "depth", "volume")


def _because(*worths: float) -> str:
    """Return the reasons where each of some measures moved the sum by so much, and age decides."""
    many = len(worths) + 1
    leaves = [leaf for worth in worths for leaf in (0, round(worth / UNIT))]
    trees = Trees(
        kinds=(1,) * many,
        branches=(1,) * many,
        measures=tuple(range(many)),
        limits=(-1.0,) * many,
        first=(0,) * many,
        below=(1,) * many,
        above=(1,) * many,
        means=(*[0] * len(worths), 10_000),
        leaves=(*leaves, 10_000, 10_000),
    )
    measures = (*_SIZES[: len(worths)], "age")
    table = MeasureTable(("related", "sequel"), measures, trees, thresholds={"sequel": 0.0})
    phrases = {size: f"their {size}" for size in _SIZES}
    model = RelationModel(phrases=phrases, among=table, alone=table)
    said = infer(model, Pair(Side(_profile("Nana")), Side(_profile("Kaiba", key="b"))))
    return said.because if said else ""


def results(examples: Iterable[Example]) -> dict[str, Any]:
    """Return what each example gives, by its name."""
    return {example.__name__: example() for example in examples}


def search_rules(_given: object) -> dict[str, Any]:
    """Return the examples of search."""
    return results(
        (
            *(years_of_seasons, names_in_releases, bounded_guesses),
            *(short_names, shared_initials, nearly_typed, ways_of_reading, likeness),
        )
    )


def inference_rules(_given: object) -> dict[str, Any]:
    """Return the examples of inferred kinds."""
    return results((names_read, names_of_pairs, large_circle, small_reasons, many_reasons))


def cluster_rules(_given: object) -> dict[str, Any]:
    """Return the examples of where franchises end."""
    return results((groups_of_names, strong_links, attached_songs))


def franchise_rules(_given: object) -> dict[str, Any]:
    """Return the other examples of franchises, and those of watch orders."""
    return results(
        (
            *(rare_words, records_of_one_title, records_years_apart, films_beside),
            *(types_of_one_day, names_of_franchises),
        )
    )
