"""Identity: which work a record is about follows from ids; which UUID it bears, from history."""

import uuid
from collections.abc import Mapping, Sequence

import pytest

from ingest.pipeline.grouping import Grouping
from ingest.pipeline.identity import Identities, Move, RecordHead, SourceRole
from ingest.pipeline.record_ids import covered_ids, identifying_ids
from kensho.domain.records import Mapping as IdMapping
from kensho.domain.records import Record
from kensho.domain.works import work_uuid
from tests.support.records import dead, record

ROLES = {
    "grouper": SourceRole(creates=True, groups=True, order=10),
    "site": SourceRole(creates=True, groups=False, order=20),
    "other-site": SourceRole(creates=True, groups=False, order=30),
    "ids": SourceRole(creates=False, groups=False, order=40),
    "extra": SourceRole(creates=False, groups=False, order=60),
}
A, B, C = (work_uuid(f"mal:{n}") for n in (1, 2, 3))

Works = uuid.UUID | tuple[uuid.UUID, ...]


def head(ids: str, works: Works, covers: str = "", *, is_dead: bool = False) -> RecordHead:
    at = works if isinstance(works, tuple) else (works,)
    return RecordHead("digest", tuple(ids.split()), at, tuple(covers.split()), is_dead)


def known(**kept: Mapping[str, RecordHead]) -> Identities:
    """Return what is known from kept records, by source and key; `_` stands for `-` in a source."""
    return Identities({s.replace("_", "-"): dict(rs) for s, rs in kept.items()}, ROLES)


def assigned(**kept: Mapping[str, RecordHead]) -> Identities:
    identities = known(**kept)
    assert identities.reassign() == []
    return identities


def placed(
    identities: Identities, *records: Record, in_file: Sequence[str] = ()
) -> list[uuid.UUID]:
    """Return the works of records that a new dump of the grouping source changes."""
    keys = dict.fromkeys((r.key for r in records), True) | dict.fromkeys(in_file, False)
    grouping = Grouping(identities, "grouper", keys)
    return [grouping.place(r) for r in records]


def test_a_work_is_found_by_any_of_its_ids() -> None:
    identities = assigned(grouper={"mal:1": head("mal:1 anidb:1", A)})
    assert identities.owner("mal:1") == identities.owner("anidb:1") == A


def test_an_id_that_nobody_stated_is_nobodys() -> None:
    assert assigned(grouper={"mal:1": head("mal:1", A)}).owner("mal:9") is None


def test_a_new_works_uuid_follows_from_its_first_id() -> None:
    assert known().new_uuid(("mal:1", "anidb:1")) == work_uuid("mal:1")


def test_a_uuid_that_is_taken_is_not_given_again() -> None:
    identities = assigned(grouper={"anidb:1": head("anidb:1", A)})
    assert identities.new_uuid(("mal:1", "mal:2")) == B


def test_where_all_uuids_are_taken_there_is_always_another() -> None:
    identities = assigned(grouper={"mal:2": head("mal:2", A)})
    given = [identities.new_uuid(("mal:1",)) for _ in range(3)]
    assert len({A, *given}) == 4


def test_a_site_attaches_to_the_work_of_its_first_known_id() -> None:
    identities = assigned(grouper={"a": head("mal:1", A), "b": head("mal:2", B)})
    assert identities.attached(("anilist:1", "mal:2", "mal:1"), "site") == (B,)


def test_a_site_that_names_no_known_id_is_about_a_new_work() -> None:
    assert assigned(grouper={"a": head("mal:1", A)}).about(record("mal:9"), "site") == ()


def test_two_records_of_the_grouping_source_are_two_works_even_where_they_share_an_id() -> None:
    identities = assigned(grouper={"a": head("mal:1 anidb:1", A), "b": head("mal:2 anidb:1", B)})
    assert identities.owner("mal:2") == B


def test_of_two_claimants_of_an_id_the_first_key_keeps_it_in_any_order() -> None:
    records = {"mal:2": head("mal:2 anidb:1", B), "mal:1": head("mal:1 anidb:1", A)}
    assert assigned(grouper=records).owner("anidb:1") == A


def test_what_the_grouping_source_joined_joins_other_sources_records() -> None:
    identities = known(
        grouper={"mal:1": head("mal:1 anilist:2", A)},
        site={"mal:1": head("mal:1", A)},
        other_site={"anilist:2": head("anilist:2", B)},
    )
    assert identities.reassign() == [Move("other-site", "anilist:2", (B,), (A,))]


def test_what_the_grouping_source_took_apart_takes_records_along() -> None:
    identities = known(
        grouper={"mal:1": head("mal:1", A), "mal:2": head("mal:2", B)},
        site={"mal:2": head("mal:2", A)},
    )
    assert identities.reassign() == [Move("site", "mal:2", (A,), (B,))]


def test_a_site_whose_work_is_anothers_now_makes_its_own() -> None:
    identities = known(
        grouper={"mal:1": head("mal:1", A)}, site={"anilist:7": head("anilist:7", A)}
    )
    new = work_uuid("anilist:7")
    assert identities.reassign() == [Move("site", "anilist:7", (A,), (new,))]
    assert identities.owner("anilist:7") == new


def test_what_nobody_joins_any_more_comes_apart() -> None:
    identities = known(site={"mal:1": head("mal:1", A), "mal:2": head("mal:2", A)})
    assert identities.reassign() == [Move("site", "mal:2", (A,), (B,))]


def test_the_part_whose_key_comes_first_keeps_the_uuid_when_sites_come_apart() -> None:
    identities = known(
        site={"mal:2": head("mal:2", A)}, other_site={"anilist:1": head("anilist:1", A)}
    )
    identities.reassign()
    assert identities.owner("mal:2") == A


def test_what_is_assigned_stays_assigned() -> None:
    identities = known(
        grouper={"mal:1": head("mal:1 anilist:2", A)},
        site={"mal:5": head("mal:5", A)},
        other_site={"anilist:2": head("anilist:2 mal:5", B)},
        ids={"anidb:1": head("anidb:1", A)},
    )
    assert identities.reassign()
    assert identities.reassign() == []


def test_a_work_that_lost_an_id_is_disturbed() -> None:
    identities = assigned(grouper={"a": head("mal:1 mal:2", A)}, site={"mal:2": head("mal:2", A)})
    identities.keep("grouper", record("a", "mal:1"), "digest", (A,))
    identities.reassign()
    assert identities.disturbed == {A}


def test_records_that_name_an_id_of_two_works_contest_it() -> None:
    identities = assigned(grouper={"a": head("mal:1", A), "b": head("mal:2", B)})
    identities.keep("site", record("anilist:1", "mal:1"), "digest", (A,))
    assert not identities.contested
    identities.keep("site", record("anilist:2", "mal:1", "mal:2"), "digest", (A,))
    assert identities.contested


def test_an_enricher_brings_ids_to_those_that_come_after_it() -> None:
    identities = assigned(
        grouper={"mal:1": head("mal:1", A)}, ids={"anidb:1": head("anidb:1 mal:1", A)}
    )
    assert identities.attached(("anidb:1",), "extra") == (A,)


def test_an_enricher_proves_nothing_to_itself_or_to_those_before_it() -> None:
    identities = assigned(
        grouper={"mal:1": head("mal:1", A)}, extra={"anidb:1": head("anidb:1 mal:1", A)}
    )
    assert identities.attached(("anidb:1",), "extra") == ()
    assert identities.attached(("anidb:1",), "ids") == ()


def test_an_id_that_an_enricher_brought_is_no_proof_to_a_maker() -> None:
    identities = assigned(
        grouper={"mal:1": head("mal:1", A)}, ids={"anidb:1": head("anidb:1 mal:1", A)}
    )
    assert identities.about(record("anidb:1"), "site") == ()


def test_a_maker_takes_an_id_from_an_enricher() -> None:
    identities = known(
        grouper={"mal:1": head("mal:1", A), "anidb:1": head("anidb:1", B)},
        ids={"anidb:1": head("anidb:1 mal:1", A)},
    )
    identities.reassign()
    assert identities.owner("anidb:1") == B


def test_an_enricher_whose_work_went_to_others_waits_apart() -> None:
    identities = known(grouper={"mal:1": head("mal:1", A)}, extra={"anidb:1": head("anidb:1", A)})
    (move,) = identities.reassign()
    assert move.new != (A,)
    assert identities.owner("anidb:1") is None


def test_an_enricher_of_a_work_that_is_no_more_stays_and_finds_it_again() -> None:
    waiting = {"mal:1": head("mal:1", A)}
    assert assigned(extra=waiting).owner("mal:1") is None
    assert assigned(extra=waiting, grouper={"mal:1": head("mal:1", A)}).owner("mal:1") == A


def test_a_rating_is_about_all_works_that_its_title_covers() -> None:
    identities = assigned(
        grouper={"a": head("mal:1", A), "b": head("mal:2", B)},
        ids={"x": head("mal:1", A, "imdb:tt1"), "y": head("mal:2", B, "imdb:tt1")},
    )
    assert identities.attached(("imdb:tt1",), "extra") == tuple(sorted((A, B)))


def test_a_rating_is_about_the_film_and_the_anime_of_one_title() -> None:
    identities = assigned(
        grouper={"a": head("mal:1", A)},
        site={"imdb:tt1": head("imdb:tt1", C)},
        ids={"x": head("mal:1", A, "imdb:tt1")},
    )
    assert identities.attached(("imdb:tt1",), "extra") == tuple(sorted((A, C)))


def test_a_film_is_not_the_anime_that_its_title_covers() -> None:
    identities = assigned(grouper={"a": head("mal:1", A)}, ids={"x": head("mal:1", A, "imdb:tt1")})
    assert identities.about(record("imdb:tt1", kind="movie"), "site") == ()


def test_a_dead_page_owns_nothing() -> None:
    identities = assigned(
        grouper={"mal:1": head("mal:1", A)}, extra={"mal:2": head("mal:2", B, is_dead=True)}
    )
    assert identities.owner("mal:2") is None
    assert not assigned().about(dead("mal:1"), "extra")


@pytest.mark.parametrize("series", ["imdb:tt1", "tmdb:tv/1", "tvdb:1"])
def test_the_id_of_a_series_identifies_no_anime(series: str) -> None:
    assert identifying_ids(record("mal:1", series), creates=True) == ("mal:1",)


def test_a_films_own_ids_identify_it() -> None:
    film = record("tmdb:movie/1", "imdb:tt1", kind="movie")
    assert identifying_ids(film, creates=True) == ("tmdb:movie/1", "imdb:tt1")


def test_an_enricher_cannot_say_which_film_an_imdb_id_is() -> None:
    film = record("anidb:1", "imdb:tt1", kind="movie")
    assert identifying_ids(film, creates=False) == ("anidb:1",)


def test_the_imdb_titles_of_mappings_are_covered() -> None:
    mapped = (
        IdMapping("tvdb:1", 1),
        IdMapping("imdb:tt2"),
        IdMapping("imdb:tt1", 2),
        IdMapping("imdb:tt2"),
    )
    assert covered_ids(record("mal:1", mappings=mapped)) == ("imdb:tt1", "imdb:tt2")


def test_an_entry_keeps_its_work_from_dump_to_dump() -> None:
    identities = assigned(grouper={"mal:1": head("mal:1", A)})
    assert placed(identities, record("mal:1", "anidb:1")) == [A]


def test_an_entry_that_bears_another_first_id_keeps_its_work() -> None:
    identities = assigned(grouper={"mal:1": head("mal:1 anidb:1", A)})
    assert placed(identities, record("anidb:1", "mal:1")) == [A]


def test_joined_entries_keep_the_work_of_their_first_id() -> None:
    identities = assigned(grouper={"mal:2": head("mal:2", B), "mal:1": head("mal:1 x:1 x:2", A)})
    assert placed(identities, record("mal:2", "mal:1", "x:1", "x:2")) == [B]


def test_joined_entries_of_a_new_first_id_keep_the_work_of_most_ids() -> None:
    identities = assigned(grouper={"mal:2": head("mal:2", B), "mal:1": head("mal:1 x:1", A)})
    assert placed(identities, record("anidb:1", "mal:2", "mal:1", "x:1")) == [A]


@pytest.mark.parametrize("is_reversed", [False, True], ids=["in order", "reversed"])
def test_of_parted_entries_the_one_with_the_first_id_keeps_the_work(*, is_reversed: bool) -> None:
    identities = assigned(grouper={"mal:1": head("mal:1 mal:2", A)})
    records = [record("mal:1"), record("mal:2")]
    if is_reversed:
        assert placed(identities, *reversed(records)) == [B, A]
    else:
        assert placed(identities, *records) == [A, B]


def test_an_entry_does_not_take_the_work_of_one_that_did_not_change() -> None:
    identities = assigned(grouper={"mal:1": head("mal:1 mal:2", A)})
    assert placed(identities, record("mal:2"), in_file=["mal:1"]) == [B]


def test_no_two_entries_of_a_dump_share_a_work() -> None:
    identities = assigned(grouper={"mal:1": head("mal:1 mal:2 mal:3", A)})
    works = placed(identities, record("mal:3", "mal:2"), record("mal:2", "mal:3"), record("mal:1"))
    assert len(set(works)) == 3
