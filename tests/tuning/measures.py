"""Small measures of everything that tuned constants decide, as plain values.

Each measure is a pure function of inputs that are made once. Its results are pinned in pins.json;
a constant that no measure feels is not held by any test.
"""

import random
from collections.abc import Callable, Mapping
from functools import cache
from itertools import combinations
from typing import Any, Final, cast, get_args
from uuid import UUID

from ingest.pipeline.franchises import rules
from kensho.domain import popularity
from kensho.domain.franchise import franchises
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.inference.features import PairFacts, Reader
from kensho.domain.inference.measures import measured
from kensho.domain.inference.model import infer
from kensho.domain.inference.neighbourhood import RelatedPairs
from kensho.domain.popularity import PopularityFacts
from kensho.domain.relations import Method, RelationKind
from kensho.domain.watch_order.order import Order, watch_order
from kensho.domain.works import AnimeType, Title
from tests.support.catalogue import RealCatalogue
from tests.support.same_works import same_work_relations
from tests.support.title_search import Entry, catalogue, work
from tests.tuning import examples, line_examples, read_model_examples, same_work_examples

Measure = Callable[[RealCatalogue], Any]

ROOTS: Final = (
    *(534, 486, 121, 30, 20, 1575, 43, 4654, 1088, 530, 918, 223, 356, 2252, 232, 2335, 1412),
    *(21, 16498, 185, 31964, 37430),
)
"""A work of each franchise that is measured: those that go wrong most easily, and small ones."""
ORDERS: Final[tuple[Order, ...]] = ("release", "story", "essential")

SYLLABLES: Final = ("ka", "ri", "mo", "su", "te", "no", "ha", "yu", "zo")
STORIES: Final = 110
BETWEEN: Final = 0.35
ENDS: Final = ("", "", " II", " III", " movie", " special", " gaiden", " 2nd season")
EXTRAS: Final = ("no uta", "tabi", "the first", "saga", "hikari", "yume", "kaze", "sora")
INSIDE: Final[tuple[RelationKind, ...]] = (
    *("sequel", "sequel", "side_story", "summary", "spin_off", "alternative_version"),
    *("related", "related", "related", "character"),
)
OUTSIDE: Final[tuple[RelationKind, ...]] = (
    "related",
    "related",
    "related",
    "character",
    "crossover",
    "spin_off",
    "other",
)

TITLES: Final = (
    work("Steins;Gate", "Stein's Gate", "シュタインズ・ゲート", popularity=0.8, year=2011),
    work("Steins;Gate 0", popularity=0.6, year=2018),
    work("Steins;Gate Movie", popularity=0.5, year=2013, type="movie"),
    work("Shingeki no Kyojin", "AoT", official=("Attack on Titan",), popularity=0.9, year=2013,
         later_seasons=((2, 4), (3, 5))),
    work("Shingeki no Kyojin Season 2", official=("Attack on Titan Season 2",), popularity=0.7),
    work("Shingeki no Kyojin Season 3", official=("Attack on Titan Season 3",), popularity=0.7),
    work("The Garden of Words", "Kotonoha no Niwa", popularity=0.6, type="movie", year=2013),
    work("Garden", popularity=0.1),
    work("Mob Psycho 100", popularity=0.8, year=2016),
    work("Mob Psycho II", popularity=0.6, year=2019),
    work("Home Sweet Home", popularity=0.2),
    work("Homunculus", popularity=0.4),
    work("Fullmetal Alchemist", "Hagane no Renkinjutsushi", "FMA", popularity=0.8, year=2003),
    work("Fullmetal Alchemist: Brotherhood", "FMAB", popularity=0.85, year=2009),
    work("Naruto", "NARUTO", popularity=0.9, year=2002),
    work("Naruto: Shippuuden", "Naruto Hurricane Chronicles", popularity=0.7, year=2007),
    work("Toradora!", popularity=0.7, year=2008),
    work("Ōkami to Kōshinryō", official=("Spice and Wolf",), popularity=0.7, year=2008),
    work("Komi-san wa, Komyushou desu.", popularity=0.6, year=2021, later_seasons=((2, 19),)),
    work("Komi-san wa, Komyushou desu. 2nd Season", popularity=0.5, year=2022),
    work("Kimi no Na wa.", official=("Your Name.",), popularity=0.8, type="movie", year=2016),
    work("Neon Genesis Evangelion", "Evangelion", "NGE", popularity=0.85, year=1995),
    work("Clannad", popularity=0.7, year=2007), work("Clannad: After Story", popularity=0.6),
    work("Legend of the Galactic Heroes", "LoGH", popularity=0.6, type="ova", year=1988),
    work("Dungeon ni Deai wo Motomeru no wa Machigatteiru Darou ka", "DanMachi", popularity=0.7),
    work("Bleach", popularity=0.8, year=2004), work("Bleach Movie", popularity=0.3, type="movie"),
    work("Planetes", popularity=0.6), work("Planet With", popularity=0.4),
    work("Girls und Panzer", "GuP", popularity=0.6), work("Panzer World Galient", popularity=0.2),
    work("Death Note", popularity=0.9), work("Death Parade", popularity=0.6),
    work("K-On!", popularity=0.7, later_seasons=((2, 36),)), work("Kon", popularity=0.05),
    work("K-On!!", popularity=0.6), work("Aria the Animation", "Aria", popularity=0.5),
    work("Aria the Natural", popularity=0.4), work("Ghost in the Shell", popularity=0.7),
)  # fmt: skip
QUERIES: Final = (
    *("steins gate", "Steins;Gate", "stiens gate", "gate steins", "steins", "gate 0", "aot 3"),
    *("attack on titan 2", "shingeki no kyojin", "kyojin no shingeki", "mob psycho 100"),
    *("mob psycho", "mob psycho 2", "home", "hom", "garden of words", "words garden", "the garden"),
    *("fma", "fmab", "fullmetal", "alchemist brotherhood", "fullmetal alchemist 2009", "naruto"),
    *("NARUTO", "naruto shippuden", "naruto 2007", "toradora", "tordora", "tradroa", "ookami to"),
    *("okami to koshinryo", "spice wolf", "spice & wolf", "komi san 2", "komi", "your name"),
    *("kimi no na wa movie", "your name 2016", "your name 1990", "nge", "evangelion tv"),
    *("clannad after story", "clannad 2", "logh", "danmachi", "danmachi 2", "bleach movie"),
    *("planets", "planete", "gup", "girls panzer", "death", "death nite", "k-on", "k on 2", "aria"),
    *("aria natural", "gits", "ghost shell", "ghostin the shell", "фыгтер", "tordora movie"),
    *("[Group] Steins Gate - 05 [1080p].mkv", "[Group] Naruto Shippuuden 221 (720p)"),
    *(
        "Fullmetal Alchemist (2003)",
        "Bleach (TV)",
        "steins gate 2011",
        "steins gate movie",
        "gate movie 2013",
    ),
    *("evangelion 2nd season", "dungeon machigatteiru", "kotonoha", "legend galactic"),
    *("тщвке", "ыеуштып пфеу", "stein", "panzr", "galaxy heroes", "title that is not there"),
)

SERIES: Final = tuple(
    PopularityFacts(
        cast("AnimeType", type_),
        date,
        titles,
        sources,
        score,
        frozenset(names),
        marked,
        part,
        votes,
    )
    for type_, date, titles, sources, score, names, marked, part, votes in (
        ("tv", "2002-10", 40, 9, 8.0, ("naruto",), False, False, 900),
        ("tv", "2007-02", 30, 9, 8.2, ("naruto", "naruto shippuuden"), False, False, 700),
        ("movie", "2004-08", 12, 7, 7.1, ("naruto the movie",), True, False, 20),
        ("ova", "2003-12", 5, 5, 6.5, ("naruto finding clover",), False, False, 2),
        ("ona", "2017-04", 5, 1, None, ("naruto next",), False, True, 0),
        ("special", "2010-07", 2, 1, 6.0, ("naruto",), False, False, 0),
        ("tv", "2009-01", 50, 10, 7.7, ("story 2",), True, False, 100),
        ("tv", "2010-01", 50, 10, 7.7, ("story 3",), True, True, 100),
        ("tv", "2011-01", 50, 10, 7.7, ("story 4",), True, False, 100),
        ("tv", "2012-01", 50, 10, 7.7, ("story 5",), True, False, 100),
        ("tv", "2013-01", 50, 10, 7.7, ("story 6",), True, False, 100),
        ("tv", "2014-01", 50, 10, 7.7, ("story 7",), True, False, 100),
        ("tv", "2015-01", 50, 10, 7.7, ("story 8",), True, False, 100),
        ("tv", "2016-01", 50, 10, 7.7, ("story 9",), True, False, 100),
        ("special", "2016-02", 3, 3, 5.0, ("story 9 special",), False, False, 0),
        ("movie", "2016-02-15", 3, 3, 5.0, ("naruto",), False, False, 0),
    )
)
FOLLOWS: Final[tuple[popularity.KindEdge, ...]] = (
    (0, 1, "sequel"),
    (0, 2, "side_story"),
    (0, 3, "side_story"),
    (5, 4, "sequel"),
    *((number, number + 1, "sequel") for number in range(6, 13)),
    (13, 14, "side_story"),
    (14, 15, "side_story"),
)


def search(_catalogue: RealCatalogue) -> dict[str, list[str]]:
    """Return what is found for each query, with its score; what is near comes after a bar."""
    built = catalogue(*TITLES)
    return {text: _hits(TITLES, built.search(text)) for text in QUERIES}


def typed(_catalogue: RealCatalogue) -> dict[str, list[str]]:
    """Return what each query may become while it is typed, with its score."""
    built = catalogue(*TITLES)
    return {text: _hits(TITLES, built.index.search(text, is_typing=True)) for text in QUERIES}


def _hits(entries: tuple[Entry, ...], found: Any) -> list[str]:
    lists = [
        [
            f"{entries[entry].name} {score:.5f}"
            for entry, score in zip(hits.entries.tolist(), hits.scores.tolist(), strict=True)
        ]
        for hits in (found.hits, found.near_misses)
    ]
    return [*lists[0], "|", *lists[1][:4]]


def known(_catalogue: RealCatalogue) -> list[float]:
    """Return how well known some works are."""
    return [round(value, 5) for value in popularity.popularity_of(SERIES, FOLLOWS)]


def grown(given: RealCatalogue) -> dict[str, Any]:
    """Return the franchises of some works, with their roles, paths and guests."""
    works, relations = _part(given)
    more = same_work_relations(works.values(), relations)
    policy = _rules().policy
    found = franchises.franchises(works.values(), [*relations, *more], policy)
    name = {work: given.number.get(work, str(work)[:8]) for work in works}
    return {
        f"{one.title} {name[one.root]}": {
            "members": " ".join(
                f"{name[m.work]}:{m.role}:{len(m.because)}" + "+" * len(m.also) for m in one.members
            ),
            "guests": " ".join(str(name[guest.work]) for guest in one.guests),
        }
        for one in found
    } | {"duplicates": [f"{name[t.source]} {name[t.target]} {t.confidence:.3f}" for t in more]}


def ordered(given: RealCatalogue) -> dict[str, dict[str, str]]:
    """Return the watch orders of some franchises."""
    works, relations = _part(given)
    name = {work: given.number.get(work, str(work)[:8]) for work in works}
    roots = {given.slugs[given.stored[given.work(number)].slug] for number in ROOTS}
    chosen = (one for one in given.franchises if one.root in roots)
    return {
        one.title: {order: _steps(one, works, relations, order, name) for order in ORDERS}
        for one in chosen
    }


def _steps(
    one: franchises.Franchise,
    works: Mapping[UUID, Any],
    relations: list[Any],
    order: Order,
    name: Mapping[UUID, object],
) -> str:
    home = {id_ for member in one.members for id_ in (member.work, *member.also)}
    inside = [tie for tie in relations if tie.source in home and tie.target in home]
    found = watch_order(one.members, works, inside, order, one.timelines)
    return " ".join(f"{name[step.work]}{'?' * step.optional}" for step in found.steps)


@cache
def _rules() -> rules.FranchiseRules:
    return rules.load()


_PARTS: Final[dict[int, tuple[dict[UUID, Any], list[Any]]]] = {}


def _part(given: RealCatalogue) -> tuple[dict[UUID, Any], list[Any]]:
    """Return the works that are measured, and the relations between them."""
    if id(given) not in _PARTS:
        roots = {given.stored[given.work(number)].slug for number in ROOTS}
        chosen = {work for work, row in given.stored.items() if row.slug in roots}
        some = [one for one in given.franchises if one.root in {given.slugs[s] for s in roots}]
        chosen |= {guest.work for one in some for guest in one.guests}
        chosen |= {bridge.beyond for one in some for bridge in one.bridges}
        works = {id_: given.graph.works[id_] for id_ in sorted(chosen)}
        inside = [t for t in given.relations if t.source in works and t.target in works]
        _PARTS[id(given)] = works, inside
    return _PARTS[id(given)]


def drawn(_catalogue: RealCatalogue) -> dict[str, Any]:
    """Return franchises and orders of works that are drawn at random: every rule has its case."""
    works, relations = _drawn_works()
    policy = _rules().policy
    more = same_work_relations(works.values(), relations)
    found = franchises.franchises(works.values(), [*relations, *more], policy)
    name: dict[UUID, object] = {work: work.int for work in works}
    told = {
        f"{one.title} {name[one.root]}": [
            " ".join(f"{name[m.work]}:{m.role}:{len(m.because)}" for m in one.members),
            " ".join(str(name[guest.work]) for guest in one.guests),
            *(_steps(one, works, relations, order, name) for order in ORDERS),
        ]
        for one in found
    }
    pairs = [f"{name[t.source]} {name[t.target]} {t.confidence:.4f}" for t in more]
    return {**told, "duplicates": pairs}


@cache
def _drawn_works() -> tuple[dict[UUID, FranchiseWork], list[Relation]]:
    """Return works of stories whose names share words, and relations within and between them."""
    chance = random.Random(11)
    words = [a + b for a in SYLLABLES for b in SYLLABLES]
    stories = [" ".join(chance.sample(words, chance.choice((1, 2, 2, 3)))) for _ in range(STORIES)]
    works: dict[UUID, FranchiseWork] = {}
    story_of: dict[UUID, int] = {}
    for number, story in enumerate(s for s in range(STORIES) for _ in range(chance.randint(1, 9))):
        one = _drawn_work(UUID(int=number), stories[story], chance)
        works[one.id], story_of[one.id] = one, story
    relations: dict[tuple[UUID, UUID], Relation] = {}
    for source, story in story_of.items():
        own = [work for work in works if story_of[work] == story and work != source]
        near = [work for work in works if abs(story_of[work] - story) == 1]
        targets = chance.sample(own, min(2, len(own)))
        targets += chance.sample(near, 1) if chance.random() < BETWEEN else []
        for target in targets:
            kind = chance.choice(INSIDE if target in own else OUTSIDE)
            method = chance.choice(get_args(Method))
            relation = Relation(source, target, kind, method, round(chance.uniform(0.5, 1), 2))
            if (target, source) not in relations:
                relations[source, target] = relation
    return works, [*relations.values()]


def _drawn_work(id_: UUID, story: str, chance: random.Random) -> FranchiseWork:
    titles = [f"{story}{chance.choice(ENDS)}"]
    titles += [f"{titles[0]} {extra}" for extra in chance.sample(EXTRAS, chance.randint(0, 2))]
    year, month, day = chance.randint(1990, 2020), chance.randint(1, 12), chance.randint(1, 28)
    type_ = chance.choice(get_args(AnimeType))
    sites = ("mal", "anilist", "kitsu", "anidb", "simkl")
    return FranchiseWork(
        id=id_,
        titles=tuple(titles),
        type=type_,
        date=chance.choice((f"{year}", f"{year}-{month:02}", f"{year}-{month:02}-{day:02}")),
        episodes=1 if type_ in ("movie", "special") else chance.choice((1, 6, 12, 24, 50, 200)),
        duration_s=60 * chance.choice((2, 5, 10, 14, 20, 24, 40, 50, 90)),
        popularity=chance.random(),
        sources=tuple(f"{site}:{id_.int}" for site in chance.sample(sites, chance.randint(1, 5))),
        is_music=chance.random() < 0.05,
        is_recap=chance.random() < 0.08,
    )


def inferred(_catalogue: RealCatalogue) -> dict[str, list[object]]:
    """Return what is measured of pairs of related works, and what is inferred of them."""
    model = _rules().model
    reader = Reader(model.vocabulary)
    profiles = [reader.profile(facts) for facts in _pair_facts()]
    edges = [(a.facts.key, b.facts.key) for a, b in combinations(profiles, 2)]
    around = RelatedPairs(profiles, edges)
    found: dict[str, list[object]] = {}
    for a, b in edges[::2]:
        pair = around.pair(a, b)
        said = infer(model, pair)
        values = sorted(measured(pair).items())
        total = sum((place + 1) * value for place, (_, value) in enumerate(values))
        kind = [said.kind, round(said.confidence, 3), said.because] if said else ["related"]
        found[f"{a} {b}"] = [round(total, 3), *kind]
    for episodes in (1, 2, 7, 8, 9, 12):
        found[f"forms of {episodes}"] = _forms(reader, episodes)
    return found


def _forms(reader: Reader, episodes: int) -> list[object]:
    """Return from which half minute of an episode on works of so many have which form."""
    forms: list[object] = []
    for halves in range(1, 240):
        facts = PairFacts("", (), "ova", "2018", episodes, 30 * halves)
        form = reader.profile(facts).form
        if not forms or forms[-1] != form:
            forms += [halves, form]
    return forms


def _pair_facts() -> list[PairFacts]:
    chance = random.Random(7)
    names = ("Yoake no Hakobune", "Yoake no Hakobune 2nd Season", "Yoake no Hakobune Movie 1",
             "Yoake no Hakobune Soushuuhen", "Hakobune Mini", "Yoake", "Sora e", "Yoake no Uta 3",
             "Yoake no Hakobune Special Recap: The First Voyage", "Gaiden Hakobune")  # fmt: skip
    tags = ("recap", "parody", "sequel", "shorts", "music", "chibi", "remake", "gag")
    return [
        PairFacts(
            key=f"w{number}",
            titles=tuple(
                Title(f"{name} part {extra + 1}" if extra else name, "en", "main")
                for extra in range(1 + number % 10)
            ),
            anime_type=chance.choice(("tv", "ova", "special", "movie", "ona")),
            date=chance.choice(("2018-04-05", "2018-07", "2019", "2019-10-03", "2018-04-12", "")),
            episodes=chance.choice((1, 2, 5, 6, 10, 12, 24)),
            duration_s=60 * chance.choice((1, 2, 4, 5, 7, 12, 20, 24, 28, 45, 70, 100)),
            tags=frozenset(chance.sample(tags, number % 6)),
            synopsis=" " * (150 + 40 * number) + "A recap of the second season of the series.",
        )
        for number, name in enumerate(names * 3)
    ]


MEASURES: Final[Mapping[str, Measure]] = {
    "search rules": examples.search_rules,
    "inference rules": examples.inference_rules,
    "cluster rules": examples.cluster_rules,
    "franchise rules": examples.franchise_rules,
    "line rules": line_examples.line_rules,
    "read model rules": read_model_examples.read_model_rules,
    "kind rules": read_model_examples.kind_rules,
    "same work rules": same_work_examples.same_work_rules,
    "search": search,
    "typed": typed,
    "popularity": known,
    "franchises": grown,
    "orders": ordered,
    "drawn": drawn,
    "inference": inferred,
}
