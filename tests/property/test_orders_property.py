"""Lines and watch orders of random franchises, against a slow oracle that knows no rules."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import order_invariants
from kensho.domain.franchise.franchises import Franchise, Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation, Timeline
from kensho.domain.franchise.lines import lines_of
from kensho.domain.relations import KINDS
from kensho.domain.watch_order.order import watch_order
from kensho.read_model.franchise_views import ROLES
from tests.support.examples import examples
from tests.support.small_franchises import number

MOST = 9
TITLES = ("naruto", "naruto 2", "naruto gaiden", "boruto", "boruto 2nd season", "naruto 2012")
STORY = ("sequel", "prequel", "alternative_version", "side_story", "summary", "spin_off")


@st.composite
def found(draw: st.DrawFn) -> tuple[Franchise, list[FranchiseWork], list[Relation]]:
    """Draw a franchise whose members all have a reason, and relations between them and others."""
    works = draw(
        st.lists(
            st.builds(
                FranchiseWork,
                id=st.integers(0, MOST).map(number),
                titles=st.sampled_from(TITLES).map(lambda title: (title,)),
                type=st.sampled_from(("tv", "movie", "ova", "special")),
                date=st.sampled_from(("", "2001", "2001-04-07", "2009-01-01", "2012-10")),
                episodes=st.sampled_from((None, 1, 26)),
                duration_s=st.sampled_from((None, 300, 1440, 6000)),
                popularity=st.sampled_from((0.2, 0.6, 0.9)),
                own_popularity=st.sampled_from((0.2, 0.6, 0.9)),
                sources=st.sampled_from((("a:1",), ("a:1", "b:1", "c:1", "d:1", "e:1"))),
                is_parody=st.booleans(),
                is_upcoming=st.booleans(),
            ),
            unique_by=lambda work: work.id,
            min_size=1,
            max_size=MOST,
        )
    )
    ids = [work.id for work in works]
    ends = st.sampled_from((*ids, number(99)))
    relations = draw(
        st.lists(
            st.builds(
                Relation,
                ends,
                ends,
                st.sampled_from(STORY) | st.sampled_from(KINDS),
                st.sampled_from(("stated", "inferred", "curated")),
                st.sampled_from((0.7, 1.0)),
            ),
            max_size=25,
        )
    )
    members = [Member(ids[0], "main", ())]
    members += [
        Member(id_, draw(st.sampled_from(ROLES)), (Relation(ids[0], id_, "related"),))
        for id_ in ids[1:]
    ]
    rows = draw(st.lists(st.permutations(ids).map(lambda row: row[:3]), max_size=1))
    timelines = tuple(Timeline(tuple(row), "the years") for row in rows if len(row) > 1)
    return Franchise(ids[0], "Naruto", tuple(members), timelines=timelines), works, relations


@given(found())
@settings(deadline=None, max_examples=examples(150))
def test_no_invariant_is_broken(
    drawn: tuple[Franchise, list[FranchiseWork], list[Relation]],
) -> None:
    franchise, works, relations = drawn
    by_id = {work.id: work for work in works}
    faults = order_invariants.broken(franchise, by_id, relations)
    doubles = "no two steps of one title, year and type"  # Other records are `duplicates`' concern.
    assert [fault for fault in faults if not fault.rule.startswith(doubles)] == []


@given(found(), st.randoms())
@settings(deadline=None, max_examples=examples(60))
def test_lines_and_orders_do_not_depend_on_the_order_of_relations(
    drawn: tuple[Franchise, list[FranchiseWork], list[Relation]], random: Random
) -> None:
    franchise, works, relations = drawn
    by_id = {work.id: work for work in works}
    shuffled = sorted(relations, key=lambda _: random.random())
    args = (franchise.members, by_id)
    assert lines_of(*args, relations, franchise.timelines) == lines_of(
        *args, shuffled, franchise.timelines
    )
    for order in order_invariants.ORDERS:
        assert watch_order(*args, relations, order) == watch_order(*args, shuffled, order)
