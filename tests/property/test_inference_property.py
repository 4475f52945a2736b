import math
from importlib.resources import files
from random import Random
from typing import TypeAlias

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.inference.features import KnownWork, Pair, PairFacts, PairProfile, Reader, Side
from kensho.domain.inference.measures import measured
from kensho.domain.inference.model import (
    UNIT,
    MeasureTable,
    RelationModel,
    Trees,
    in_order,
    infer,
    judge,
)
from kensho.domain.relations import INVERSE, KINDS
from kensho.domain.works import Title

MODEL = msgspec.json.decode(
    (files("ingest") / "models" / "relation_kinds.json").read_bytes(), type=RelationModel
)
READER = Reader(MODEL.vocabulary)
PROVIDERS = ["mal", "anidb", "anilist", "kitsu", "livechart", "simkl"]
WORDS = "hoshi,no,ringo,season 2,ii,movie 3,ova,soushuuhen,gaiden,picture drama,総集編,第2期,zero"
NAMES = st.one_of(
    st.text(min_size=1, max_size=30),
    st.lists(st.sampled_from(WORDS.split(",")), min_size=1, max_size=5).map(" ".join),
)
TITLES = st.builds(
    Title, NAMES, st.sampled_from([None, "en", "ja", "de"]), st.sampled_from(["main", "short"])
)
FACTS = st.builds(
    PairFacts,
    key=st.text(max_size=3),
    titles=st.lists(TITLES, max_size=3).map(tuple),
    anime_type=st.sampled_from(["tv", "movie", "ova", "ona", "special", "unknown"]),
    date=st.one_of(st.sampled_from(["", "1999", "2004-10", "2004-10-05"]), st.text(max_size=8)),
    episodes=st.none() | st.integers(0, 2000),
    duration_s=st.none() | st.integers(0, 20_000),
    studios=st.lists(st.sampled_from("abc"), max_size=2).map(tuple),
    tags=st.frozensets(st.sampled_from(["recap", "music", "sequel", "school", "kids"])),
    synopsis=st.none() | st.text(max_size=20) | st.sampled_from(["A recap.", "The sequel to it."]),
    end=st.sampled_from(["", "2000-03-31", "2005-01"]),
    seasons=st.dictionaries(st.sampled_from(["tvdb:1", "tvdb:2", "tmdb:tv/1"]), st.integers(0, 4)),
)
PROFILES = FACTS.map(READER.profile)
LISTS = st.frozensets(st.sampled_from(PROVIDERS))
SIDES = st.builds(
    Side,
    PROFILES,
    lists=LISTS,
    pages=LISTS,
    known=st.lists(st.builds(KnownWork, PROFILES, st.sampled_from(KINDS)), max_size=3).map(tuple),
)
MEASURES = sorted({*MODEL.among.measures, *MODEL.alone.measures})
AROUND = st.dictionaries(
    st.sampled_from([name for name in MEASURES if name.startswith(("mal:", "anilist:"))]),
    st.integers(-1, 90).map(float),
)
PAIRS = st.builds(Pair, SIDES, SIDES, AROUND)


def swapped(pair: Pair) -> Pair:
    return Pair(pair.b, pair.a, pair.around)


def is_ordered(a: PairProfile, b: PairProfile) -> bool:
    return a.order != b.order


@given(PAIRS.filter(lambda pair: is_ordered(pair.a.profile, pair.b.profile)))
def test_read_from_the_other_end_the_kind_is_the_inverse(pair: Pair) -> None:
    there, back = infer(MODEL, pair), infer(MODEL, swapped(pair))
    if there is None or back is None:
        assert there is back
    else:
        assert back.kind == INVERSE[there.kind]
        assert (back.confidence, back.because) == (there.confidence, there.because)


@given(PAIRS)
def test_the_same_pair_is_told_alike_each_time_and_in_one_line(pair: Pair) -> None:
    said = infer(MODEL, pair)
    assert said == infer(MODEL, pair)
    if said is not None:
        assert 0 <= said.confidence <= 1
        assert said.kind != "related"
        assert said.because


@given(PAIRS)
def test_confidence_is_a_share_and_so_are_odds(pair: Pair) -> None:
    for table in (MODEL.among, MODEL.alone):
        judged = judge(table, measured(in_order(pair)))
        assert 0 <= judged.confidence <= 1
        assert 0 <= judged.odds <= 1


@given(PAIRS)
def test_every_measure_is_a_number(pair: Pair) -> None:
    assert all(math.isfinite(value) for value in measured(in_order(pair)).values())


Node: TypeAlias = int | tuple[int, float, "Node", "Node"]
"""A leaf, or a measure, a limit and the nodes up to it and above it."""


def grown(chance: Random, leaves: int) -> Node:
    """Return a tree of so many leaves."""
    if leaves == 1:
        return chance.randint(-9000, 9000)
    below = chance.randint(1, leaves - 1)
    nodes = grown(chance, below), grown(chance, leaves - below)
    return chance.randrange(4), float(chance.randint(-3, 3)), *nodes


def written(node: Node, first: int, columns: dict[str, list[float]]) -> int:
    """Write a tree in columns, and return its number of leaves."""
    if isinstance(node, int):
        columns["leaves"].append(node)
        return 1
    measure, limit, low, high = node
    place = len(columns["limits"])
    for name, value in (("measures", measure), ("limits", limit), ("first", first)):
        columns[name].append(value)
    for name in ("means", "below", "above"):
        columns[name].append(0)
    below = written(low, first, columns)
    above = written(high, first + below, columns)
    columns["below"][place], columns["above"][place] = below, above
    return below + above


def walked(node: Node, values: list[float]) -> int:
    while not isinstance(node, int):
        measure, limit, low, high = node
        node = low if values[measure] <= limit else high
    return node


@given(st.integers(0, 2**32).map(Random), st.lists(st.integers(2, 16), min_size=1, max_size=8))
def test_trees_compared_at_once_give_what_walking_each_gives(
    chance: Random, sizes: list[int]
) -> None:
    values = [float(chance.randint(-4, 4)) for _ in range(4)]
    trees_by_kind = [(chance.randrange(3), grown(chance, leaves)) for leaves in sizes]
    columns: dict[str, list[float]] = {name: [] for name in Trees.__struct_fields__}
    sums, moved = [0, 0, 0], 0
    for kind, tree in trees_by_kind:
        columns["kinds"].append(kind)
        columns["branches"].append(written(tree, 0, columns) - 1)
        sums[kind] += walked(tree, values)
        moved += walked(tree, values) if kind == 1 else 0
    trees = msgspec.convert(columns, Trees, strict=False)
    names = ("a", "b", "c", "d")
    table = MeasureTable(("related", "sequel", "summary"), names, trees)
    given_values = dict(zip(names, values, strict=True))
    assert table.scorer.sums(given_values) == [one * UNIT for one in sums]
    worth = table.scorer.worth(1, given_values)
    assert math.isclose(sum(worth.values()), moved * UNIT, abs_tol=1e-9)
