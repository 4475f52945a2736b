"""Ranks and precedence against a slow oracle: a list of statements, sorted by their worth."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ingest.curation import CompositionRules
from ingest.pipeline.compose import Composer
from ingest.pipeline.rows import ComposedWork, KeptRecord, SourceRank
from ingest.sources.curator import record_of
from kensho.domain.curator_acts import (
    CuratorAct,
    FactStatement,
    TagStatement,
    TitleStatement,
    Undoing,
)
from kensho.domain.records import RecordFacts, Tagging
from kensho.domain.standing_acts import settled
from kensho.domain.works import Title, work_uuid

WORK = work_uuid("mal:1")
RANKS = {
    "a": SourceRank(50, creates=True),
    "b": SourceRank(70, creates=True),
    "c": SourceRank(60, creates=False),
    "curator": SourceRank(100, creates=False),
}
PRECEDENCE = {"status": ("a", "c"), "synopsis": ("c",)}
RULES = CompositionRules(precedence=PRECEDENCE, tag_aliases={"sci-fi": "scifi"})
FIELDS = {
    "status": ("finished", "ongoing"),
    "synopsis": ("x", "y", "z"),
    "episode_count": (1, 2, 3),
}
SHOWN = {"episode_count": "episodes"}
ranks = st.sampled_from(("preferred", "normal", "deprecated"))
facts = st.builds(
    RecordFacts,
    titles=st.just((Title("Umi", None, "main"),)),
    status=st.none() | st.sampled_from(FIELDS["status"]),
    synopsis=st.none() | st.sampled_from(FIELDS["synopsis"]),
    episode_count=st.none() | st.sampled_from(FIELDS["episode_count"]),
    tags=st.lists(
        st.builds(
            Tagging,
            st.sampled_from(("space", "sci-fi", "scifi")),
            relevance=st.sampled_from((0.2, 0.7)),
            spoiler=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
)
records = st.lists(st.tuples(st.sampled_from("abc"), facts), min_size=1, unique_by=lambda r: r[0])
fact_says = st.sampled_from(sorted(FIELDS)).flatmap(
    lambda field: st.builds(
        FactStatement,
        work=st.just("mal:1"),
        field=st.just(field),
        value=st.sampled_from(FIELDS[field]),
        rank=ranks,
    )
)
tag_says = st.builds(
    TagStatement,
    work=st.just("mal:1"),
    name=st.sampled_from(("space", "scifi", "sci-fi")),
    relevance=st.sampled_from((0.1, 1.0)),
    rank=ranks,
)
title_says = st.builds(
    TitleStatement,
    work=st.just("mal:1"),
    text=st.sampled_from(("Umi", "Sea", "Meer")),
    kind=st.sampled_from(("main", "official", "synonym")),
    rank=ranks,
)
says = st.lists(st.one_of(fact_says, tag_says, title_says, st.integers(0, 5)), max_size=8)


def acts_of(said: list[object]) -> list[CuratorAct]:
    """Return acts in the order of time; a number undoes the act of that place, if there is one."""
    made: list[CuratorAct] = []
    for number, one in enumerate(said):
        if isinstance(one, int):
            if one >= number:
                continue
            one = Undoing(of=f"{one:016x}", works=("mal:1",))  # noqa: PLW2901 -- read as an act
        made.append(CuratorAct(f"{number:016x}", "2026-11-29", "alice", "because", one))  # type: ignore[arg-type]
    return made


def compose(said: list[tuple[str, RecordFacts]], acts: list[CuratorAct]) -> ComposedWork | None:
    kept = [KeptRecord(WORK, s, "mal:1", "anime", ("mal:1",), f, False) for s, f in said]
    for act in settled(acts, lambda one: one):
        record = record_of(act)
        kept.append(KeptRecord(WORK, "curator", act.key, "anime", record.ids, record.facts, False))
    return Composer(RANKS, RULES).compose(kept)


def in_force(acts: list[CuratorAct]) -> list[CuratorAct]:
    """Return acts without those that are undone, read from the last one."""
    gone: set[str] = set()
    for act in reversed(acts):
        if isinstance(act.says, Undoing) and act.id not in gone:
            gone.add(act.says.of)
    return [a for a in acts if a.id not in gone and not isinstance(a.says, Undoing)]


def expected_fact(
    field: str, said: list[tuple[str, RecordFacts]], acts: list[CuratorAct]
) -> object:
    """Return the best of all statements of a field, by rank, then method, then precedence."""
    order = PRECEDENCE.get(field, ())
    last: dict[object, tuple[str, int]] = {}
    for number, act in enumerate(in_force(acts)):
        if isinstance(act.says, FactStatement) and act.says.field == field:
            last[act.says.value] = (act.says.rank, number)
    statements = []
    for source, stated in said:
        value = getattr(stated, field)
        if value is not None:
            place = order.index(source) if source in order else len(order)
            rank = last.get(value, ("normal", 0))[0]
            statements.append((rank, 0, -place, RANKS[source].rank, 0, value))
    for value, (rank, number) in last.items():
        statements.append((rank, 1, 0, 0, number, value))
    statements = [one for one in statements if one[0] != "deprecated"]
    if any(one[0] == "preferred" for one in statements):
        statements = [one for one in statements if one[0] == "preferred"]
    return max(statements, key=lambda one: one[1:5])[-1] if statements else None


@given(records, says)
def test_the_best_statement_of_a_fact_is_shown(
    said: list[tuple[str, RecordFacts]], stated: list[object]
) -> None:
    acts = acts_of(stated)
    composed = compose(said, acts)
    for field in FIELDS:
        best = expected_fact(field, said, acts)
        if composed is not None:
            shown = getattr(composed.node, SHOWN.get(field, field))
            assert shown == ("unknown" if field == "status" and best is None else best), field


@given(records, says)
def test_a_tag_is_as_the_last_curator_says(
    said: list[tuple[str, RecordFacts]], stated: list[object]
) -> None:
    acts = acts_of(stated)
    composed = compose(said, acts)
    if composed is None:
        return
    expected: dict[str, float] = {}
    for name in ("space", "scifi"):
        mine = [
            a.says
            for a in in_force(acts)
            if isinstance(a.says, TagStatement) and RULES.tag_name(a.says.name) == name
        ]
        tags = [t for _, f in said for t in f.tags if RULES.tag_name(t.name) == name]
        if mine:
            if mine[-1].rank != "deprecated":
                expected[name] = mine[-1].relevance
        elif tags and not any(tag.spoiler for tag in tags):
            expected[name] = max(tag.relevance or 0 for tag in tags)
    assert composed.tags == expected


@given(records, says)
def test_titles_are_united_but_for_deprecated_ones(
    said: list[tuple[str, RecordFacts]], stated: list[object]
) -> None:
    acts = acts_of(stated)
    composed = compose(said, acts)
    last: dict[str, TitleStatement] = {}
    for act in in_force(acts):
        if isinstance(act.says, TitleStatement):
            last.pop(act.says.text, None)
            last[act.says.text] = act.says
    texts = {"Umi", *last} - {t for t, one in last.items() if one.rank == "deprecated"}
    is_made = any(RANKS[source].creates for source, _ in said)
    assert (composed is not None) == (is_made and bool(texts))
    if composed is None:
        return
    assert {title.text for title in composed.node.titles} == texts
    mains = [
        t
        for t, one in last.items()
        if one.rank != "deprecated" and (one.kind == "main" or one.rank == "preferred")
    ]
    if mains:
        assert composed.node.title == mains[-1]


@given(records, says, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(
    said: list[tuple[str, RecordFacts]], stated: list[object], random: object
) -> None:
    acts = acts_of(stated)
    shuffled = list(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert compose(shuffled, acts) == compose(said, acts)


@given(says)
def test_what_is_undone_counts_as_if_it_had_never_been_said(stated: list[object]) -> None:
    acts = acts_of(stated)
    known = settled(acts, lambda one: one)
    kept = {act.id: act for act in settled(in_force(acts), lambda one: one)}
    for act in known:
        if act.id in kept:
            assert act == msgspec.structs.replace(kept[act.id], undone_by=None)
        elif not isinstance(act.says, Undoing):
            assert act.undone_by is not None
