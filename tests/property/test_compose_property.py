"""Composition against an oracle: a fold of records that does not care about their order."""

import datetime as dt
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.curation import CompositionRules
from ingest.pipeline.compose import UNWEIGHED_RELEVANCE, Composer
from ingest.pipeline.rows import ComposedWork, KeptRecord, SourceRank
from kensho.domain.records import EpisodeFacts, RecordFacts, Tagging
from kensho.domain.works import SEASONS, Status, TagCategory, Title, TitleKind, work_uuid
from tests.support.ingest_oracles import fact_of, live

WORK = work_uuid("mal:1")
RANKS = {
    "a": SourceRank(50, creates=True),
    "b": SourceRank(70, creates=True),
    "c": SourceRank(70, creates=False),
}
DECISIONS = CompositionRules(
    precedence={"status": ("a",), "synopsis": ("c", "a")}, tag_aliases={"sci-fi": "scifi"}
)
IDS = ("mal:1", "mal:2", "anidb:1", "anilist:1")

dates = st.dates(dt.date(1990, 1, 1), dt.date(1995, 1, 1))
titles = st.builds(
    Title,
    st.sampled_from(("Umi", "Sea", "Meer", "Mer")),
    st.sampled_from((None, "en", "ja")),
    st.sampled_from(get_args(TitleKind)),
)
tags = st.builds(
    Tagging,
    st.sampled_from(("space", "sci-fi", "scifi")),
    st.sampled_from((None, *get_args(TagCategory))),
    st.none() | st.floats(0, 1),
)
episodes = st.builds(
    EpisodeFacts,
    st.integers(1, 4),
    st.lists(titles, max_size=2).map(tuple),
    st.none() | dates,
    filler=st.none() | st.booleans(),
)
facts = st.builds(
    RecordFacts,
    titles=st.lists(titles, max_size=3).map(tuple),
    status=st.none() | st.sampled_from(get_args(Status)),
    year=st.none() | st.integers(1990, 1995),
    season=st.none() | st.sampled_from(SEASONS),
    start_date=st.none() | dates,
    end_date=st.none() | dates,
    duration_s=st.none() | st.integers(0, 9000),
    poster_url=st.none() | st.sampled_from(("https://example.org/1", "https://example.org/2")),
    synopsis=st.none() | st.text(max_size=3),
    adult=st.none() | st.booleans(),
    tags=st.lists(tags, max_size=3).map(tuple),
    episodes=st.lists(episodes, max_size=3).map(tuple),
)
records = st.lists(
    st.builds(
        lambda source, key, more, said, dead: KeptRecord(
            WORK,
            source,
            key,
            "anime",
            tuple(dict.fromkeys((key, *more))),
            RecordFacts() if dead else said,
            dead,
        ),
        st.sampled_from(tuple(RANKS)),
        st.sampled_from(IDS),
        st.lists(st.sampled_from(IDS), max_size=3),
        facts,
        st.integers(0, 5).map(lambda n: n == 0),
    ),
    max_size=6,
    unique_by=lambda r: (r.source, r.key),
)


def compose(said: list[KeptRecord]) -> ComposedWork | None:
    return Composer(RANKS, DECISIONS).compose(said)


@given(records, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(said: list[KeptRecord], random: object) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert compose(shuffled) == compose(said)


@given(records)
def test_a_work_is_there_where_a_maker_and_a_title_are(said: list[KeptRecord]) -> None:
    alive = live(said)
    is_there = any(RANKS[r.source].creates for r in alive) and any(r.facts.titles for r in alive)
    assert (compose(said) is not None) == is_there


@pytest.mark.parametrize(
    ("field", "shown"),
    [(f, f) for f in ("synopsis", "duration_s", "poster_url")],
)
@given(records)
def test_a_fact_is_the_first_that_is_stated(field: str, shown: str, said: list[KeptRecord]) -> None:
    composed = compose(said)
    preferred = DECISIONS.precedence.get(field, ())
    if composed is not None:
        assert getattr(composed.node, shown) == fact_of(field, live(said), RANKS, preferred)


def day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


@given(records)
def test_start_and_end_are_stated_together_and_the_year_belongs_to_them(
    said: list[KeptRecord],
) -> None:
    composed, alive = compose(said), [r.facts for r in live(said)]
    if composed is None:
        return
    node = composed.node
    start, end = day(node.start_date), day(node.end_date)
    if end is not None:
        assert any((f.start_date, f.end_date) == (start, end) for f in alive) or start is None
    if start is not None:
        assert any(f.start_date == start for f in alive)
        assert end is None or start <= end
        assert node.year is not None
        assert abs(node.year - start.year) <= 1
    if node.season is not None:
        assert any((f.year, f.season) == (node.year, node.season) for f in alive)


@given(records)
def test_a_work_that_somebody_dates_is_dated(said: list[KeptRecord]) -> None:
    composed = compose(said)
    if composed is not None:
        alive = live(said)
        known = [
            r for r in alive if r.facts.start_date or (RANKS[r.source].creates and r.facts.year)
        ]
        assert (composed.node.year is not None) == bool(known)


@given(records)
def test_a_work_is_adult_if_any_record_says_so(said: list[KeptRecord]) -> None:
    composed = compose(said)
    if composed is not None and any(record.facts.adult for record in live(said)):
        assert composed.node.adult is True


@given(records)
def test_titles_ids_and_tags_are_united(said: list[KeptRecord]) -> None:
    composed, alive = compose(said), live(said)
    if composed is None:
        return
    texts = [t.text for t in composed.node.titles]
    assert sorted(texts) == sorted({t.text for r in alive for t in r.facts.titles})
    assert sum(t.kind == "main" for t in composed.node.titles) <= 1
    assert set(composed.node.sources) == {i for r in alive for i in r.ids}
    weights: dict[str, float] = {}
    for tag in (t for r in alive for t in r.facts.tags):
        name = DECISIONS.tag_name(tag.name)
        weight = UNWEIGHED_RELEVANCE if tag.relevance is None else tag.relevance
        weights[name] = max(weight, weights.get(name, 0))
    assert composed.tags == weights


@given(records)
def test_episodes_are_united_by_number(said: list[KeptRecord]) -> None:
    composed = compose(said)
    if composed is not None:
        numbers = {e.number for r in live(said) for e in r.facts.episodes}
        assert [e.number for e in composed.episodes] == sorted(numbers)


@given(records)
def test_equal_digests_mean_equal_works(said: list[KeptRecord]) -> None:
    whole, less = compose(said), compose(said[1:])
    if whole is not None and less is not None:
        alike = (whole.node, whole.tags, whole.episodes) == (less.node, less.tags, less.episodes)
        assert (whole.digests == less.digests) == alike
