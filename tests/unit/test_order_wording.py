"""Reasons of watch orders in words."""

import pytest

from ingest.registry import SOURCES
from kensho.domain.relations import RelationKind
from kensho.domain.works import Season
from kensho.read_model.wording import (
    SOURCE_NAMES,
    Speaker,
    decided,
    follows,
    leads_to,
    placed,
    released,
)


@pytest.mark.parametrize(
    ("date", "year", "season", "words"),
    [
        ("2006-04-07", 2006, "spring", "released on 7 April 2006"),
        ("2006-04", 2006, "spring", "released in April 2006"),
        ("2006", 2006, "spring", "released in spring 2006"),
        ("2006", 2006, None, "released in 2006"),
        (None, 2006, "spring", "released in spring 2006"),
        (None, 2006, None, "released in 2006"),
        (None, None, None, "nobody says when it came out"),
    ],
)
def test_a_date_stands_as_exactly_as_it_is_known(
    date: str | None, year: int | None, season: Season | None, words: str
) -> None:
    assert released(date, year, season) == words


@pytest.mark.parametrize(
    ("kind", "voice", "words"),
    [
        ("sequel", Speaker("stated", ("jikan",)), "continues Fate/Zero, says MyAnimeList"),
        (
            "sequel",
            Speaker("stated", ("jikan", "anilist")),
            "continues Fate/Zero, say MyAnimeList and AniList",
        ),
        (
            "sequel",
            Speaker("stated", ("jikan", "anilist", "aodb", "mal-episodes")),
            "continues Fate/Zero, say MyAnimeList, AniList and anime-offline-database",
        ),
        ("sequel", Speaker("stated"), "continues Fate/Zero"),
        ("sequel", Speaker("inferred", ("kensho",)), "continues Fate/Zero, as Kenshō infers"),
        (
            "side_story",
            Speaker("curated", ("kensho-relations",)),
            "is a side story of Fate/Zero, say the curators",
        ),
        ("joined", Speaker("curated"), "the curators put it with Fate/Zero"),
        ("joined", Speaker("stated"), "stands in a collection with Fate/Zero"),
        ("summary", Speaker("stated", ("someone",)), "is a summary of Fate/Zero, says someone"),
    ],
)
def test_a_tie_names_what_is_followed_and_who_says_so(
    kind: RelationKind, voice: Speaker, words: str
) -> None:
    assert follows(kind, "Fate/Zero", voice) == words


def test_a_title_that_could_be_misread_is_quoted() -> None:
    words = leads_to("This Is It, Really", Speaker("stated", ("anilist",)))
    assert words == "leads up to “This Is It, Really”, says AniList"


def test_rules_without_a_tie_have_words_of_their_own() -> None:
    assert placed("apart") == "begins another line"
    assert placed("date") == placed("undated")


def test_every_source_has_a_name() -> None:
    assert SOURCE_NAMES.keys() == SOURCES.keys()


def test_curators_say_where_a_work_stands() -> None:
    words = "in the chronology of the curators"
    assert decided("Zeta", is_before=False) == f"comes after Zeta {words}"
    assert decided("Zeta", is_before=True) == f"leads up to Zeta {words}"
