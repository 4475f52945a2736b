"""Documents of franchises, against what rows must come to, computed the slow and obvious way."""

from collections.abc import Iterable, Iterator
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.discovery import franchises
from kensho.domain.franchise import inputs
from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import Relation
from kensho.domain.relations import Kind, Method
from kensho.domain.watch_order.order import PlacementReason, watch_order
from kensho.read_model.franchise_views import (
    ORDERS,
    ROLES,
    FranchiseDetail,
    FranchiseEdge,
)
from kensho.read_model.franchises import SHARING_A_TAG
from kensho.read_model.holder import Snapshot
from kensho.storage.rows import GuestRow, MembershipRow, StoredFranchise, WorkRow
from tests.support import franchise_snapshots
from tests.support.examples import examples
from tests.support.franchise_snapshots import Rows, member, relation

SLUGS = ("alpha", "beta", "gamma")
KINDS: tuple[Kind, ...] = ("sequel", "side_story", "summary", "character", "related")
methods: st.SearchStrategy[Method] = st.sampled_from(("stated", "inferred"))
dates = st.sampled_from((None, "2006", "2006-04", "2006-04-07", "2011-10-02"))


def works_of(total: int) -> st.SearchStrategy[list[WorkRow]]:
    facts = st.fixed_dictionaries(
        {
            "start_date": dates,
            "year": st.none() | st.integers(1990, 2026),
            "season": st.none() | st.just("spring"),
            "episodes": st.none() | st.integers(1, 26),
            "duration_s": st.none() | st.just(300),
            "anime_type": st.sampled_from(("tv", "movie", "special")),
        }
    )
    return st.lists(facts, min_size=total, max_size=total).map(
        lambda rows: [
            franchise_snapshots.work(n + 1, f"Title {n + 1}", **row) for n, row in enumerate(rows)
        ]
    )


@st.composite
def graphs(draw: st.DrawFn) -> Rows:
    total = draw(st.integers(2, 8))
    numbers = range(1, total + 1)
    homes = {n: draw(st.sampled_from((*SLUGS, None))) for n in numbers}
    rows, roots = list[MembershipRow](), dict[str, int]()
    for number, slug in homes.items():
        if slug is None:
            continue
        if slug not in roots:
            roots[slug] = number
            rows.append(member(number, slug))
        elif draw(st.integers(0, 3)) == 0:
            root = roots[slug]
            rows.append(member(number, slug, record_of=UUID(int=root)))
        else:
            reason = relation(roots[slug], number, draw(st.sampled_from(KINDS)))
            rows.append(member(number, slug, reason, role=draw(st.sampled_from(ROLES))))
    pairs = st.tuples(st.sampled_from(numbers), st.sampled_from(numbers))
    visits = {
        (work, slug)
        for work, slug in draw(
            st.lists(st.tuples(st.sampled_from(numbers), st.sampled_from(SLUGS)))
        )
        if slug in roots and homes[work] != slug
    }
    edges = {
        (min(pair), max(pair), draw(st.sampled_from(KINDS)))
        for pair in draw(st.lists(pairs, max_size=10))
        if pair[0] != pair[1]
    }
    tags = draw(st.sets(st.tuples(st.sampled_from(numbers), st.sampled_from(("war", "space")))))
    return Rows(
        works=draw(works_of(total)),
        franchises=[
            StoredFranchise(slug, slug.title(), UUID(int=root), "d") for slug, root in roots.items()
        ],
        memberships=draw(st.permutations(rows)),
        visits=[
            GuestRow(UUID(int=work), slug, (relation(roots[slug], work, "character"),))
            for work, slug in sorted(visits)
        ],
        edges=[
            (UUID(int=one), UUID(int=other), kind, draw(methods))
            for one, other, kind in sorted(edges)
        ],
        tags=[(UUID(int=work), name) for work, name in sorted(tags)],
    )


def date_key(work: WorkRow) -> str:
    year = "9999" if work.year is None else str(work.year)
    return work.start_date or (f"{year}-04" if work.season and work.year else year)


def ordered_by(held: Snapshot, work: WorkRow) -> inputs.FranchiseWork:
    node = held.model.node(work.id)
    return inputs.FranchiseWork(
        id=work.id,
        titles=(work.title,),
        type=work.anime_type,
        date="" if date_key(work) == "9999" else date_key(work),
        episodes=work.episodes,
        duration_s=work.duration_s,
        sources=work.sources,
        popularity=float(held.titles.index._popularity[node]),
    )


def franchises_of(held: Snapshot) -> Iterator[tuple[FranchiseDetail, int]]:
    for number in range(len(held.model.franchises)):
        yield franchises.detail(held.model, number).decode(), number


@given(graphs())
@settings(deadline=None, max_examples=examples(12))
def test_a_franchise_holds_what_its_rows_say(rows: Rows) -> None:
    works = {work.id: work for work in rows.works}
    with franchise_snapshots.opened(rows) as held:
        found = {franchise.slug: franchise for franchise, _ in franchises_of(held)}
    assert sorted(found) == sorted(row.slug for row in rows.franchises)
    for row in rows.franchises:
        franchise = found[row.slug]
        mine = [one for one in rows.memberships if one.slug == row.slug]
        at_home = [one for one in mine if one.record_of is None]
        at_home.sort(key=lambda one: (one.work != row.root, date_key(works[one.work]), one.work))
        assert [(one.work.id, one.role) for one in franchise.members] == [
            (one.work, one.role) for one in at_home
        ]
        for one, expected in zip(franchise.members, at_home, strict=True):
            work = works[expected.work]
            assert [(e.source, e.target, e.kind) for e in one.because] == [
                (e.source, e.target, e.kind) for e in expected.because
            ]
            assert set(one.also) == {m.work for m in mine if m.record_of == one.work.id}
            year = None if work.year is None else str(work.year)
            assert (one.work.title, one.work.date) == (work.title, work.start_date or year)
        years = [works[one.work].year for one in at_home if works[one.work].year]
        assert (franchise.years and (franchise.years.first, franchise.years.last)) == (
            (min(years), max(years)) if years else None  # type: ignore[type-var]
        )
        assert franchise.works_total == len(at_home)
        assert franchise.episodes_total == sum(works[one.work].episodes or 0 for one in at_home)
        assert {count.role: count.works for count in franchise.roles} == {
            role: [one.role for one in at_home].count(role) for role in {o.role for o in at_home}
        }
        for tag in franchise.tags:
            bearing = [one for one in at_home if (one.work, tag.name) in rows.tags]
            assert len(bearing) >= max(2, len(at_home) / 2)
            assert tag.share == round(len(bearing) / len(at_home), 2)


@given(graphs())
@settings(deadline=None, max_examples=examples(12))
def test_guests_say_where_they_are_at_home(rows: Rows) -> None:
    home = {row.work: row.slug for row in rows.memberships}
    with franchise_snapshots.opened(rows) as held:
        for franchise, number in franchises_of(held):
            expected = {(v.work, home.get(v.work)) for v in rows.visits if v.slug == franchise.slug}
            assert {(g.work.id, g.home and g.home.slug) for g in franchise.guests} == expected
            model = held.model
            nodes = model.franchises.guests(number).tolist()
            assert {model.id(node) for node in nodes} == {work for work, _ in expected}
        for node, number in enumerate(held.model.franchises.by_node.tolist()):
            slug = held.model.franchises.slug(number) if number >= 0 else None
            assert slug == home.get(held.model.id(node))


@given(graphs())
@settings(deadline=None, max_examples=examples(12))
def test_orders_are_permutations_whose_reasons_exist(rows: Rows) -> None:
    edges = {(one, other, kind) for one, other, kind, _ in rows.edges}
    with franchise_snapshots.opened(rows) as held:
        for franchise, number in franchises_of(held):
            found = {
                name: franchises.watch_order(held.model, number, name).decode() for name in ORDERS
            }
            members = {one.work.id for one in franchise.members}
            for name in ("release", "story"):
                assert {step.work.id for step in found[name].steps} == members
            needed = [step.work.id for step in found["release"].steps if not step.optional]
            assert sorted(step.work.id for step in found["essential"].steps) == sorted(needed)
            for order in found.values():
                assert [s.position for s in order.steps] == [*range(1, len(order.steps) + 1)]
                for because in (b for step in order.steps for b in step.because):
                    assert because.text
                    edge = because.edge
                    reasons = {e for m in franchise.members for e in m.because}
                    assert (
                        edge is None
                        or edge in reasons
                        or (edge.source, edge.target, edge.kind) in edges
                    )


@given(graphs())
@settings(deadline=None, max_examples=examples(12))
def test_orders_are_those_that_the_domain_makes_of_the_rows(rows: Rows) -> None:
    home = {row.work: row.slug for row in rows.memberships}
    with franchise_snapshots.opened(rows) as held:
        works = {work.id: ordered_by(held, work) for work in rows.works}
        for franchise, number in franchises_of(held):
            members = [
                Member(one.work.id, one.role, tuple(map(as_tie, one.because)), one.also)
                for one in franchise.members
            ]
            relations = [
                Relation(one, other, kind, method, 0.8)
                for one, other, kind, method in rows.edges
                if home.get(one) == home.get(other) == franchise.slug
            ]
            for name in ORDERS:
                expected = watch_order(members, works, relations, name)
                found = franchises.watch_order(held.model, number, name).decode()
                assert [(s.work.id, s.optional, s.line) for s in found.steps] == [
                    (step.work, step.optional, step.line) for step in expected.steps
                ]
                assert [[b.rule for b in s.because] for s in found.steps] == [
                    [because.rule for because in once(step.work, step.because)]
                    for step in expected.steps
                ]
                assert [line.works for line in found.lines] == [
                    tuple(step.work for step in expected.steps if step.line == number)
                    for number in range(len(expected.lines))
                    if any(step.line == number for step in expected.steps)
                ]
                assert [as_tie(aside.edge) for aside in found.set_aside] == [
                    aside.relation for aside in expected.set_aside
                ]


def once(work: UUID, reasons: Iterable[PlacementReason]) -> list[PlacementReason]:
    """Return the reasons of a step without those that name a work once more on the same side."""
    found: dict[object, PlacementReason] = {}
    for one in reasons:
        ends = (one.relation.source, one.relation.target) if one.relation else ()
        other = next((end for end in ends if end != work), one.rule)
        found.setdefault((other, one.rule == "before"), one)
    return list(found.values())


def as_tie(edge: FranchiseEdge) -> Relation:
    return Relation(edge.source, edge.target, edge.kind, edge.method, edge.confidence)


@given(graphs())
@settings(deadline=None, max_examples=examples(12))
def test_the_graph_has_the_edges_inside_and_a_bridge_for_each_that_leaves(rows: Rows) -> None:
    home = {row.work: row.slug for row in rows.memberships}
    with franchise_snapshots.opened(rows) as held:
        for franchise, number in franchises_of(held):
            graph = franchises.graph(held.model, number)
            inside = {str(work) for work, slug in home.items() if slug == franchise.slug}
            edges = {(str(one), str(other), kind) for one, other, kind, _ in rows.edges}
            assert {node.id for node in graph.nodes} == inside
            assert {(e.source, e.target, e.kind) for e in graph.edges} == {
                edge for edge in edges if {edge[0], edge[1]} <= inside
            }
            bridges = [bridge.edge for bridge in graph.bridges]
            assert {(e.source, e.target, e.kind) for e in bridges} == {
                edge for edge in edges if len({edge[0], edge[1]} & inside) == 1
            }
            roles = {str(one.work.id): one.role for one in franchise.members}
            assert all(node.role in roles.values() for node in graph.nodes)


@given(graphs(), st.data())
@settings(deadline=None, max_examples=examples(12))
def test_a_tag_changes_when_and_only_when_its_franchise_does(
    rows: Rows, data: st.DataObject
) -> None:
    renamed = data.draw(st.sampled_from([work.id for work in rows.works]))
    works = [
        msgspec.structs.replace(work, title="Another") if work.id == renamed else work
        for work in rows.works
    ]
    changed = msgspec.structs.replace(rows, works=works)
    with (
        franchise_snapshots.opened(rows) as one,
        franchise_snapshots.opened(changed, revision=9) as other,
    ):
        for franchise, number in franchises_of(one):
            bodies = [franchises.detail(held.model, number) for held in (one, other)]
            tags = [held.model.franchises.tag(number, "detail") for held in (one, other)]
            tagged = [
                [held.model.franchises.document(number, name) for name in SHARING_A_TAG]
                for held in (one, other)
            ]
            holds = {o.work.id for o in franchise.members} | {o.work.id for o in franchise.guests}
            assert (bodies[0] != bodies[1]) == (renamed in holds)
            assert (tags[0] != tags[1]) == (tagged[0] != tagged[1])
            graphs = [held.model.franchises.document(number, "graph") for held in (one, other)]
            if graphs[0] != graphs[1]:
                assert (
                    len({held.model.franchises.tag(number, "graph") for held in (one, other)}) == 2
                )


@given(graphs())
@settings(deadline=None, max_examples=examples(15))
def test_every_franchise_is_listed_once_by_its_card(rows: Rows) -> None:
    with franchise_snapshots.opened(rows) as held:
        model = held.model
        numbers = list(franchises.listed(held, None).nodes)
        assert sorted(numbers) == [*range(len(model.franchises))]
        for number in map(int, numbers):
            card = franchises.summary(model, number).decode()
            franchise = franchises.detail(model, number).decode()
            assert all(
                getattr(card, name) == getattr(franchise, name) for name in card.__struct_fields__
            )
            assert franchises.locate(model, card.slug) == number
