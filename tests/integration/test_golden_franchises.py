"""Fifteen franchises as a reader knows them, in the graph of all the real dumps.

Every word of the policy was read against these: who must be at home, who must not, what some of
them are, and that each member's reason leads from the root to it.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import pytest

from benchmarks import bench_orders, franchise_data, reread_orders
from benchmarks.bench_franchises import computed
from ingest import curation
from ingest.checks.graph import findings
from ingest.checks.reading import read_graph
from kensho.domain.works import Role
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.rows import MembershipReasonRow, MembershipRow
from tests.support.real_data import DATA, REAL_DATA, RealData
from tests.support.records import open_graph

pytestmark = list(REAL_DATA)


class Golden(NamedTuple):
    """A franchise by MyAnimeList's numbers: root, who is inside, who outside, and some roles."""

    title: str
    root: int
    inside: Sequence[int]
    outside: Sequence[int]
    roles: Mapping[int, Role]


GOLDEN: Final = {
    "fate": Golden(
        "Fate",
        356,  # Fate/stay night
        # Zero, Unlimited Blade Works, Heaven's Feel, Prisma Illya, Apocrypha, Extra, Grand Order,
        # the Case Files, the cookery, strange Fake, and the Carnival of them all
        (10087, 11741, 6922, 22297, 28701, 25537, 33049, 33050, 14829, 20509, 27525, 31706, 34662,
         33047, 34321, 38084, 38085, 38086, 41497, 38959, 37033, 53127, 55830, 10012, 44248),
        (169, 2593, 38472),  # Tsukihime, Kara no Kyoukai, Isekai Quartet
        {10087: "main", 25537: "film", 7559: "summary", 12565: "alternative", 10012: "crossover"},
    ),
    "monogatari": Golden(
        "Monogatari",
        5081,  # Bakemonogatari
        (11597, 15689, 17074, 21855, 28025, 31181, 9260, 31757, 31758, 32268, 35247, 36999, 57864),
        (6594, 9756),  # Katanagatari by the same author, Madoka by the same studio
        {11597: "main", 9260: "film", 6948: "summary", 36725: "music", 36999: "main"},
    ),
    "gundam": Golden(
        "Gundam",
        80,
        # The Universal Century: Zeta, Double Zeta, Char's Counterattack, F91, Victory, 0080, 0083,
        # the 08th Team, Unicorn, IGLOO, The Origin, Thunderbolt, Twilight AXIS; then other worlds:
        # Wing, SEED, 00, the orphans, Build Fighters and G no Reconguista
        (85, 86, 87, 88, 89, 82, 84, 81, 6336, 32792, 1917, 10937, 31973, 35224,
         91, 94, 3927, 6288, 33051, 19319, 23259),
        (1288, 516, 9241, 1575),  # Patlabor, Keroro, Super Robot Taisen, Code Geass
        {85: "main", 86: "main", 81: "side", 88: "film", 2273: "alternative"},
    ),
    "evangelion": Golden(
        "Evangelion",
        30,
        (31, 32, 2759, 3784, 3785, 3786, 4130, 53246),
        (28149, 949, 1251),  # the exhibition of animators, Gunbuster, Nadia
        {31: "summary", 32: "film", 2759: "alternative", 3786: "alternative", 32311: "music"},
    ),
    "shingeki-no-kyojin": Golden(
        "Shingeki no Kyojin",
        16498,
        (25777, 35760, 38524, 40028, 48583, 51535, 18397, 25781, 36106, 31374, 23775, 42091, 59571),
        (28623, 43413),  # Kabaneri, Chiyuki's Fashion Check
        {25777: "main", 38524: "main", 40028: "main", 19285: "summary", 18397: "side",
         31374: "spin_off", 42091: "summary"},
    ),
    "spy-x-family": Golden(
        "SPY×FAMILY",
        50265,
        (50602, 53887, 53888, 59027),
        (20, 16498),
        {50602: "main", 53887: "main", 53888: "film", 59027: "main"},
    ),
    "steins-gate": Golden(
        "Steins;Gate",
        9253,
        (10863, 11577, 27957, 30484, 32188, 37492),
        (4975, 13599),  # ChäoS;HEAd and Robotics;Notes: one world, franchises of their own
        {30484: "main", 11577: "film", 10863: "side", 32188: "side"},
    ),
    "code-geass": Golden(
        "Code Geass",
        1575,
        (2904, 8888, 15197, 12685, 34438, 34439, 34440, 34437, 56835),
        (80, 1),
        {2904: "main", 8888: "film", 4596: "summary", 12685: "spin_off", 34437: "film"},
    ),
    "suzumiya-haruhi": Golden(
        "Suzumiya Haruhi",
        849,
        (4382, 7311, 5118, 5957, 26351, 30379),
        (1887,),  # Lucky Star, where she is played at
        {4382: "main", 7311: "film", 62174: "music"},
    ),
    "naruto": Golden(
        "Naruto",
        20,
        (1735, 34566, 442, 2472, 13667, 16870, 28755, 12979, 10659),
        (269, 21, 36564),  # Bleach, One Piece, the rope
        {1735: "main", 34566: "main", 10686: "summary", 442: "film", 12935: "music"},
    ),
    "one-piece": Golden(
        "One Piece",
        21,
        (459, 460, 466, 4155, 12859, 31490, 38234, 50410, 60022, 57557),
        (223, 10033, 20),  # Dragon Ball and Toriko, which it met, and Naruto
        {466: "side", 52832: "music", 56055: "main", 57557: "alternative"},
    ),
    "mahou-shoujo-madoka-magica": Golden(
        "Mahou Shoujo Madoka☆Magica",
        9756,
        (11977, 11979, 11981, 32153, 38256, 41530, 48820),
        (11597, 25519),  # Nisemonogatari, Yuuki Yuuna
        {11977: "summary", 11979: "summary", 11981: "film", 38256: "spin_off"},
    ),
    "macross": Golden(
        "Macross",
        1088,
        (1089, 1504, 1262, 474, 1211, 1397, 1399, 1398, 194, 3572, 5310, 7222, 28013, 36077, 38373),
        (4503, 3670, 2089),  # Southern Cross and Mospeada, the rest of Robotech; Orguss
        {1397: "main", 3572: "main", 28013: "main", 1089: "alternative", 474: "main"},
    ),
    "ghost-in-the-shell": Golden(
        "Ghost in the Shell",
        43,
        (467, 801, 1566, 468, 4672, 17187, 19191, 29325, 27411, 38799, 41750, 58929),
        (937, 29822),  # Appleseed by the same author, Channel 5.5
        {801: "alternative", 4672: "alternative", 2449: "summary", 54860: "summary"},
    ),
    "toaru": Golden(
        "Toaru",
        4654,
        (8937, 36432, 6213, 16049, 38481, 38480, 11743, 9063, 61014),
        (7769, 27829),  # Ookami-san, where figures of it walk by; Heavy Object by the same author
        {8937: "main", 6213: "spin_off", 38480: "spin_off", 11743: "film", 5955: "side"},
    ),
}  # fmt: skip


class Franchises(NamedTuple):
    """What the graph holds of franchises, and the work of each number of MyAnimeList."""

    work: Mapping[int, UUID]
    roots: Mapping[str, UUID]
    titles: Mapping[str, str]
    home: Mapping[UUID, MembershipRow]
    faults: Sequence[str]


@pytest.fixture(scope="module")
def store(real_data: RealData) -> str:
    return real_data.store


@pytest.fixture(scope="module")
async def graph(store: str) -> Franchises:
    async with open_graph(store) as gateway:
        return await read(gateway)


async def read(gateway: Gateway) -> Franchises:
    """Return what a graph holds of franchises."""
    numbers = {
        int(source_id.removeprefix("mal:")): work.id
        async for page in tables.anime(gateway)
        for work in page
        for source_id in work.sources
        if source_id.startswith("mal:")
    }
    rows = await tables.franchises(gateway)
    members = [row async for page in tables.memberships(gateway) for row in page]
    found = findings(await read_graph(gateway))
    return Franchises(
        numbers,
        {row.slug: row.root for row in rows},
        {row.slug: row.title for row in rows},
        {member.work: member for member in members},
        [f"{one.rule}: {one.sentence}" for one in found if one.severity == "error"],
    )


def home_of(graph: Franchises, number: int) -> str | None:
    member = graph.home.get(graph.work[number])
    return member.slug if member else None


def steps(root: UUID, because: Sequence[MembershipReasonRow]) -> set[UUID]:
    """Return the works that a reason leads to from the root; a step begins where one ended."""
    reached = {root}
    for relation in because:
        ends = {relation.source, relation.target}
        assert ends & reached, "a reason is a path"
        reached |= ends
    return reached


@pytest.mark.parametrize("slug", GOLDEN)
def test_a_franchise_has_the_name_and_the_beginning_that_readers_know(
    graph: Franchises, slug: str
) -> None:
    assert graph.titles.get(slug) == GOLDEN[slug].title
    assert graph.roots[slug] == graph.work[GOLDEN[slug].root]


@pytest.mark.parametrize("slug", GOLDEN)
def test_a_franchise_holds_what_belongs_to_it(graph: Franchises, slug: str) -> None:
    assert [n for n in GOLDEN[slug].inside if home_of(graph, n) != slug] == []


@pytest.mark.parametrize("slug", GOLDEN)
def test_a_franchise_leaves_out_what_does_not(graph: Franchises, slug: str) -> None:
    assert [n for n in GOLDEN[slug].outside if home_of(graph, n) == slug] == []


@pytest.mark.parametrize("slug", GOLDEN)
def test_the_members_are_what_readers_call_them(graph: Franchises, slug: str) -> None:
    found = {number: graph.home[graph.work[number]].role for number in GOLDEN[slug].roles}
    assert found == GOLDEN[slug].roles


@pytest.mark.parametrize("slug", GOLDEN)
def test_the_reason_of_each_member_leads_from_the_root_to_it(graph: Franchises, slug: str) -> None:
    root, same = graph.roots[slug], {w: m.record_of for w, m in graph.home.items() if m.record_of}
    members = [member for member in graph.home.values() if member.slug == slug]
    assert len(members) > len(GOLDEN[slug].inside)
    for member in members:
        known = {same.get(work, work) for work in steps_between(root, member, same)}
        assert same.get(member.work, member.work) in known


def steps_between(root: UUID, member: MembershipRow, same: Mapping[UUID, UUID]) -> set[UUID]:
    """Return the works on a member's path; a relation may name another record of a work."""
    because = [
        MembershipReasonRow(
            same.get(relation.source, relation.source),
            same.get(relation.target, relation.target),
            relation.kind,
            relation.method,
            relation.confidence,
        )
        for relation in member.because
    ]
    return steps(root, because)


def test_the_check_finds_no_fault_in_the_graph(graph: Franchises) -> None:
    assert graph.faults == []


def test_no_franchise_is_larger_than_one_can_be(graph: Franchises) -> None:
    sizes: dict[str, int] = {}
    for member in graph.home.values():
        sizes[member.slug] = sizes.get(member.slug, 0) + 1
    assert max(sizes.values()) <= 400


def test_orders_agree_with_those_that_people_recommend(store: str) -> None:
    graph = franchise_data.real(store)
    relations = graph.relations("stated", "inferred", "curated")
    found, _ = computed(graph, relations, curation.load().policy)
    known = reread_orders.read_orders(DATA / bench_orders.LISTS, graph.by_source)
    inside = bench_orders.relations_inside(found, relations)
    orders = bench_orders.compared(graph, found, inside, known)
    assert len(orders) > 50
    release = [one.orders["release"].tau for one in orders]
    best = [one.best.tau for one in orders]
    assert statistics.fmean(tau for tau in release if tau is not None) >= 0.86
    assert statistics.fmean(tau for tau in best if tau is not None) >= 0.93
    essential = [one.orders["essential"] for one in orders]
    kept = sum(one.kept for one in essential) / sum(one.needed for one in essential)
    assert kept >= bench_orders.KEPT
