"""A snapshot has each work once, with what all its records know."""

from uuid import UUID

import msgspec

from kensho.domain.relations import Assertion, Kind
from kensho.domain.works import ImdbRating, Title
from kensho.read_model.building.united_works import UnitedWorks
from kensho.read_model.inputs import EdgeInput
from kensho.storage.rows import (
    EpisodeId,
    EpisodeRow,
    MembershipReasonRow,
    MembershipRow,
    RecommendationRow,
    RedirectRow,
    SamePairRow,
    StoredFranchise,
    TaggingId,
    TaggingRow,
    TimelineRow,
    WorkRow,
)

WORK, RECORD, FILM, OTHER = (UUID(int=n) for n in (1, 2, 3, 4))
TAG = UUID(int=9)


def united() -> UnitedWorks:
    found = UnitedWorks()
    found.add_same([SamePairRow(RECORD, WORK), SamePairRow(FILM, RECORD)])
    found.settle()
    return found


def row(id_: UUID, title: str, *sources: str, **facts: object) -> WorkRow:
    known: dict[str, object] = {"kind": "anime", "anime_type": "tv", "status": "finished", **facts}
    titles = (Title(title, kind="main"),)
    return WorkRow(id=id_, title=title, titles=titles, sources=sources, **known)  # type: ignore[arg-type]


def edge(source: UUID, target: UUID, kind: Kind, *sources: str) -> EdgeInput:
    said = [Assertion(one, "2026-01", kind, "stated", 1.0) for one in sources]
    return EdgeInput(source, target, kind, msgspec.json.encode(said))


def test_a_record_leads_to_the_one_that_stands_for_its_work() -> None:
    found = united()
    assert [found.work(one) for one in (WORK, RECORD, FILM, OTHER)] == [WORK, WORK, WORK, OTHER]
    assert found.also(WORK) == (RECORD, FILM)
    assert sorted(found.records) == [(RECORD, WORK), (FILM, WORK)]


def test_a_work_has_what_its_records_know_and_its_own_word_first() -> None:
    found = united()
    work = row(WORK, "Yuki", "mal:1", year=2020)
    record = row(RECORD, "Snow", "ann:1", year=2019, episodes=12, adult=True)
    imdb = ImdbRating("tt1", 8.0, 10)
    film = row(FILM, "Yuki", "imdb:tt1", kind="movie", imdb=imdb, studios=("Deen",))
    assert found.works([film, work]) == []
    other = row(OTHER, "Hana", "mal:2")
    (one, alone) = found.works([record, other])
    assert alone is other
    assert (one.id, one.title, one.year, one.episodes) == (WORK, "Yuki", 2020, 12)
    assert (one.imdb, one.studios, one.adult) == (imdb, ("Deen",), True)
    assert one.sources == ("mal:1", "ann:1", "imdb:tt1")
    assert [(title.text, title.kind) for title in one.titles] == [
        ("Yuki", "main"),
        ("Snow", "official"),
    ]
    assert found.is_film(one)
    assert not found.is_film(other)


def test_relations_of_records_are_those_of_the_work_once_a_pair() -> None:
    found = united()
    alone = edge(OTHER, UUID(int=5), "sequel", "jikan")
    edges = [
        edge(WORK, OTHER, "related", "aodb"),
        edge(OTHER, RECORD, "summary", "anilist"),
        edge(RECORD, FILM, "related", "aodb"),
        alone,
    ]
    assert found.edges(edges) == [alone]
    (one,) = found.last_edges()
    assert (one.source, one.target, one.kind) == (OTHER, WORK, "summary")
    said = msgspec.json.decode(one.assertions, type=list[Assertion])
    assert [(a.source, a.kind) for a in said] == [("anilist", "summary"), ("aodb", "related")]


def test_tags_and_votes_are_united_and_come_once() -> None:
    found = united()
    rows = [TaggingRow(TaggingId(WORK, TAG), 0.2), TaggingRow(TaggingId(RECORD, TAG), 0.9)]
    assert found.taggings(rows) == []
    assert found.last_taggings() == [TaggingRow(TaggingId(WORK, TAG), 0.9)]
    votes = [RecommendationRow(OTHER, RECORD, 3), RecommendationRow(WORK, OTHER, 5)]
    votes.append(RecommendationRow(WORK, FILM, 9))
    assert found.recommendations(votes) == []
    assert found.last_recommendations() == [RecommendationRow(WORK, OTHER, 5)]


def test_episodes_are_those_of_the_longest_list_and_counted_once() -> None:
    found = united()
    lists = {WORK: 2, RECORD: 3, FILM: 1}
    rows = [
        EpisodeRow(EpisodeId(work, UUID(int=100 * work.int + n)), n, ())
        for work, count in lists.items()
        for n in range(1, count + 1)
    ]
    assert found.episodes(rows) == []
    kept = found.last_episodes()
    assert [(one.id.work, one.number) for one in kept] == [(WORK, 1), (WORK, 2), (WORK, 3)]


def test_franchises_redirects_and_reasons_name_works() -> None:
    found = united()
    (redirect,) = found.redirects(
        [RedirectRow(OTHER, RECORD, 1, 2, 13), RedirectRow(WORK, FILM, 1, 2, 13)]
    )
    assert redirect.to == WORK
    stored = StoredFranchise("yuki", "Yuki", RECORD, "", (TimelineRow((RECORD, FILM, OTHER), "?"),))
    (franchise,) = found.franchises([stored])
    assert (franchise.root, franchise.timelines[0].works) == (WORK, (WORK, OTHER))
    because = (
        MembershipReasonRow(OTHER, RECORD, "sequel", "stated", 1.0),
        MembershipReasonRow(RECORD, WORK, "same_work", "inferred", 0.9),
    )
    members = [
        MembershipRow(WORK, "yuki", "Yuki", because=because),
        MembershipRow(RECORD, "yuki", "Yuki", record_of=WORK),
    ]
    (member,) = found.memberships(members)
    assert (member.work, member.record_of) == (WORK, None)
    assert [(one.source, one.target) for one in member.because] == [(OTHER, WORK)]


def test_a_list_is_shown_with_its_first_part_by_its_name_and_ids_alone() -> None:
    found = UnitedWorks()
    found.add_same([SamePairRow(RECORD, FILM)])
    rows = [MembershipRow(one, "tri", "Tri", record_of=WORK) for one in (FILM, RECORD)]
    found.add_shown_with([MembershipRow(WORK, "tri", "Tri"), *rows])
    found.settle()
    part = row(WORK, "Tri 1", "mal:1", year=2015, anime_type="movie")
    whole = row(FILM, "Tri", "anidb:1", "simkl:1", year=2014, episodes=6)
    record = row(RECORD, "Tri (6)", "ann:1", episodes=7, end_date="2018-05-05")
    (one,) = found.works([whole, record, part])
    assert (one.id, one.title, one.year, one.end_date) == (WORK, "Tri 1", 2015, None)
    assert one.episodes is None
    assert one.sources == ("mal:1", "anidb:1", "simkl:1", "ann:1")
    assert [title.text for title in one.titles] == ["Tri 1", "Tri", "Tri (6)"]
    assert sorted(found.records) == [(RECORD, WORK), (FILM, WORK)]
    (kept,) = found.memberships([*rows, MembershipRow(WORK, "tri", "Tri")])
    assert (kept.work, kept.record_of) == (WORK, None)
    lists = [EpisodeRow(EpisodeId(FILM, UUID(int=n)), n, ()) for n in (1, 2)]
    assert found.episodes(lists) == []
    assert found.last_episodes() == []


def test_parts_that_stand_with_a_whole_are_works_of_their_own() -> None:
    found = UnitedWorks()
    rows = [MembershipRow(one, "tri", "Tri", record_of=WORK) for one in (FILM, RECORD)]
    found.add_shown_with(rows)
    found.settle()
    assert [found.work(one) for one in (FILM, RECORD)] == [FILM, RECORD]
    assert [one.record_of for one in found.memberships(rows)] == [WORK, WORK]
