"""Composition: each fact is taken whole from one source, and what can be united is united."""

import datetime as dt

import msgspec
import pytest

from ingest import curation
from ingest.curation import CompositionRules
from ingest.pipeline.compose import UNWEIGHED_RELEVANCE, Composer, narrower
from ingest.pipeline.rows import ComposedWork, KeptRecord, SourceRank
from kensho.domain.records import EpisodeFacts, Mapping, RecordFacts, Tagging
from kensho.domain.works import ImdbRating, TagCategory, Title, WorkKind, episode_uuid, work_uuid

WORK = work_uuid("mal:1")
RANKS = {
    "base": SourceRank(50, creates=True),
    "site": SourceRank(70, creates=True),
    "films": SourceRank(45, creates=True),
    "extra": SourceRank(80, creates=False),
}
NAMED = RecordFacts(titles=(Title("A sea of tales", None, "main"),))


def kept(
    source: str,
    facts: RecordFacts = NAMED,
    *,
    key: str = "mal:1",
    ids: tuple[str, ...] | None = None,
    kind: WorkKind = "anime",
    dead: bool = False,
) -> KeptRecord:
    return KeptRecord(WORK, source, key, kind, ids or (key,), facts, dead)


def compose(*records: KeptRecord, under: CompositionRules | None = None) -> ComposedWork:
    composed = Composer(RANKS, under or CompositionRules()).compose(records)
    assert composed is not None
    return composed


def nothing(*records: KeptRecord) -> bool:
    return Composer(RANKS, CompositionRules()).compose(records) is None


def titled(*titles: Title) -> RecordFacts:
    return RecordFacts(titles=titles)


def test_a_fact_comes_from_the_source_of_highest_rank_that_states_it() -> None:
    base = kept("base", RecordFacts(titles=NAMED.titles, synopsis="short", adult=False))
    site = kept("site", RecordFacts(synopsis="long"))
    node = compose(base, site).node
    assert (node.synopsis, node.adult) == ("long", False)


def test_a_curators_precedence_overrides_the_rank_for_its_field_alone() -> None:
    base = kept("base", RecordFacts(titles=NAMED.titles, synopsis="short", status="finished"))
    site = kept("site", RecordFacts(synopsis="long", status="ongoing"))
    node = compose(base, site, under=CompositionRules(precedence={"status": ("base",)})).node
    assert (node.status, node.synopsis) == ("finished", "long")


def test_a_preferred_source_that_is_silent_leaves_the_field_to_the_next() -> None:
    base, site = kept("base"), kept("site", RecordFacts(status="ongoing"))
    node = compose(base, site, under=CompositionRules(precedence={"status": ("base",)})).node
    assert node.status == "ongoing"


def test_the_decisions_in_force_name_the_database_first_for_the_status() -> None:
    assert curation.load().composition.precedence["status"] == ("aodb",)


def test_of_two_records_of_one_source_the_first_key_states_the_fact() -> None:
    one = kept("site", RecordFacts(titles=NAMED.titles, synopsis="one"), key="mal:1")
    two = kept("site", RecordFacts(synopsis="two"), key="mal:2")
    assert compose(two, one).node.synopsis == "one"


def test_a_score_bears_the_name_of_its_source() -> None:
    node = compose(kept("base"), kept("site", RecordFacts(score=7.25))).node
    assert (node.score, node.score_source) == (7.25, "site")


def test_a_score_of_zero_is_a_score() -> None:
    node = compose(
        kept("site", RecordFacts(titles=NAMED.titles, score=0.0)),
        kept("base", RecordFacts(score=8)),
    )
    assert (node.node.score, node.node.score_source) == (0.0, "site")


def test_a_mean_score_is_never_an_imdb_rating() -> None:
    mapped = RecordFacts(titles=NAMED.titles, score=8.9, mappings=(Mapping("imdb:tt0000001"),))
    assert compose(kept("base", mapped)).node.imdb == ImdbRating("tt0000001")


def test_an_imdb_rating_is_what_imdb_says() -> None:
    rating = ImdbRating("tt0000001", 7.1, 5)
    node = compose(kept("base"), kept("extra", RecordFacts(imdb=rating), key="imdb:tt0000001")).node
    assert node.imdb == rating


def test_without_any_imdb_id_there_is_no_imdb_rating() -> None:
    assert compose(kept("base", RecordFacts(titles=NAMED.titles, score=8.9))).node.imdb is None


def test_a_film_has_its_own_imdb_id() -> None:
    film = kept("films", key="tmdb:movie/1", ids=("tmdb:movie/1", "imdb:tt0000009"), kind="movie")
    assert compose(film).node.imdb == ImdbRating("tt0000009")


def test_year_and_season_come_from_one_source() -> None:
    base = kept("base", RecordFacts(titles=NAMED.titles, year=2001, season="fall"))
    site = kept("site", RecordFacts(year=2002))
    node = compose(base, site).node
    assert (node.year, node.season) == (2002, None)


def test_a_missing_year_is_that_of_the_start() -> None:
    start = RecordFacts(titles=NAMED.titles, start_date=dt.date(2003, 12, 30))
    node = compose(kept("base", start)).node
    assert (node.year, node.start_date) == (2003, "2003-12-30")


def test_what_nobody_states_is_missing() -> None:
    node = compose(kept("base")).node
    assert (node.year, node.season, node.start_date, node.episodes) == (None, None, None, None)
    assert (node.score, node.score_source, node.adult) == (None, None, None)


def test_a_film_has_no_season_episodes_or_type() -> None:
    facts = RecordFacts(
        titles=NAMED.titles,
        year=2001,
        season="fall",
        anime_type="movie",
        episode_count=1,
        end_date=dt.date(2001, 1, 1),
    )
    node = compose(kept("films", facts, kind="movie")).node
    assert (node.season, node.episodes, node.anime_type, node.end_date) == (None,) * 4


def test_studios_come_whole_from_one_source() -> None:
    base = kept("base", RecordFacts(titles=NAMED.titles, studios=("a", "b")))
    site = kept("site", RecordFacts(studios=("c",)))
    assert compose(base, site).node.studios == ("c",)


def test_titles_are_united() -> None:
    base = kept("base", titled(Title("Umi", "ja", "main"), Title("Sea")))
    site = kept("site", titled(Title("Ocean", "en", "official")))
    assert [t.text for t in compose(base, site).node.titles] == ["Umi", "Ocean", "Sea"]


def test_the_main_title_is_that_of_the_highest_rank() -> None:
    base = kept("base", titled(Title("Umi", None, "main")))
    site = kept("site", titled(Title("Sea", None, "main")))
    assert compose(base, site).node.title == "Sea"


def test_the_main_title_of_another_source_is_an_official_one() -> None:
    base = kept("base", titled(Title("Umi", None, "main")))
    site = kept("site", titled(Title("Sea", None, "main")))
    assert compose(base, site).node.titles[1] == Title("Umi", None, "official")


def test_a_title_that_two_state_keeps_its_stronger_role_and_its_language() -> None:
    base = kept("base", titled(Title("Umi", None, "main")))
    site = kept("site", titled(Title("Umi", "ja", "synonym")))
    assert compose(base, site).node.titles == (Title("Umi", "ja", "main"),)


def test_without_a_main_title_the_official_one_names_the_work() -> None:
    facts = titled(Title("brief", None, "short"), Title("Official", "en", "official"))
    assert compose(kept("base", facts)).node.title == "Official"


def test_a_work_without_a_title_is_none() -> None:
    assert nothing(kept("base", RecordFacts(year=2001)))


def test_a_work_that_only_enrichers_speak_of_is_none() -> None:
    assert nothing(kept("extra"))


def test_a_source_that_is_not_known_any_more_makes_no_work() -> None:
    assert nothing(kept("bygone"))


def test_a_dead_id_is_not_carried() -> None:
    base = kept("base", ids=("mal:1", "anidb:2"))
    gone = kept("extra", RecordFacts(), key="mal:1", dead=True)
    assert compose(base, gone).node.sources == ("anidb:2",)


def test_a_record_of_a_dead_page_states_nothing() -> None:
    base = kept("base", ids=("anidb:2", "mal:1"), key="anidb:2")
    site = kept("site", RecordFacts(synopsis="of a page that is gone"))
    gone = kept("extra", RecordFacts(), key="mal:1", dead=True)
    assert compose(base, site, gone).node.synopsis is None


def test_a_work_whose_every_id_is_dead_is_none() -> None:
    assert nothing(kept("base"), kept("extra", RecordFacts(), key="mal:1", dead=True))


@pytest.mark.parametrize(
    ("key", "is_kept"), [("anilist:1", True), ("anidb:1", True), ("mal:1", False)]
)
@pytest.mark.parametrize("told", [{"adult": True}, {"tags": (Tagging("hentai"),)}])
def test_an_adult_page_that_was_not_found_may_only_be_hidden(
    key: str, is_kept: bool, told: dict[str, object]
) -> None:
    facts = msgspec.structs.replace(NAMED, **told)
    base = kept("base", facts, key=key, ids=(key, "livechart:2"))
    gone = kept("extra", RecordFacts(), key=key, dead=True)
    assert (key in compose(base, gone).node.sources) is is_kept


def test_a_type_that_a_source_does_not_know_is_left_to_the_next() -> None:
    site = kept("site", RecordFacts(titles=NAMED.titles, anime_type="unknown"))
    base = kept("base", RecordFacts(anime_type="ova"))
    assert compose(site, base).node.anime_type == "ova"
    assert compose(site).node.anime_type == "unknown"


def test_the_decisions_in_force_say_whose_type_is_taken() -> None:
    assert curation.load().composition.precedence["anime_type"][0] == "jikan"


def dated(source: str, year: int | None, *days: str) -> KeptRecord:
    start, end = (dt.date.fromisoformat(day) if day else None for day in (*days, "", "")[:2])
    facts = RecordFacts(titles=NAMED.titles, year=year, start_date=start, end_date=end)
    return kept(source, facts)


def test_an_end_comes_from_the_source_of_the_start() -> None:
    site = dated("site", 2001, "2001-04-01")
    other = dated("base", 2001, "2001-10-01", "2001-12-20")
    node = compose(site, other).node
    assert (node.start_date, node.end_date) == ("2001-04-01", None)


def test_an_end_is_believed_of_whoever_states_the_same_start() -> None:
    site, other = dated("site", 2001, "2001-04-01"), dated("base", None, "2001-04-01", "2001-06-24")
    node = compose(site, other).node
    assert (node.start_date, node.end_date) == ("2001-04-01", "2001-06-24")


def test_a_start_of_another_release_than_the_first_word_is_passed_over() -> None:
    site, base = dated("site", 2001), dated("base", 2009, "2009-04-01", "2009-06-24")
    node = compose(site, base).node
    assert (node.year, node.start_date, node.end_date) == (2001, None, None)


def test_a_year_of_another_release_than_the_start_is_passed_over() -> None:
    site, base = dated("site", None, "2009-04-01"), dated("base", 2001)
    under = CompositionRules(precedence={"year": ("base",)})
    assert compose(site, base, under=under).node.year == 2009


def test_a_work_does_not_carry_the_ids_of_another() -> None:
    base = kept("base", ids=("mal:1", "anilist:2"))
    composed = Composer(RANKS, CompositionRules()).compose([base], lambda i: i != "anilist:2")
    assert composed is not None
    assert composed.node.sources == ("mal:1",)


def test_the_kind_of_a_work_is_what_the_strongest_maker_says() -> None:
    film = kept("films", kind="movie")
    assert compose(film, kept("base")).kind == "anime"
    assert compose(film, kept("extra")).kind == "movie"


def test_a_tag_without_a_weight_weighs_half() -> None:
    facts = RecordFacts(titles=NAMED.titles, tags=(Tagging("space"),))
    assert compose(kept("base", facts)).tags == {"space": UNWEIGHED_RELEVANCE}


def test_a_tag_weighs_what_the_source_that_weighs_it_most_says() -> None:
    base = kept("base", RecordFacts(titles=NAMED.titles, tags=(Tagging("space", None, 0.2),)))
    site = kept("site", RecordFacts(tags=(Tagging("space", None, 0.9),)))
    assert compose(base, site).tags == {"space": 0.9}


def test_a_tag_that_a_source_calls_a_spoiler_is_shown_by_none() -> None:
    base = kept("base", RecordFacts(titles=NAMED.titles, tags=(Tagging("twins"), Tagging("space"))))
    site = kept("site", RecordFacts(tags=(Tagging("twin", None, 0.9, spoiler=True),)))
    under = CompositionRules(tag_aliases={"twin": "twins"})
    assert compose(base, site, under=under).tags == {"space": UNWEIGHED_RELEVANCE}


def test_spellings_of_one_tag_are_one_tag() -> None:
    facts = RecordFacts(titles=NAMED.titles, tags=(Tagging("sci-fi", None, 0.3), Tagging("space")))
    under = CompositionRules(tag_aliases={"sci-fi": "science fiction", "space": "science fiction"})
    assert compose(kept("base", facts), under=under).tags == {"science fiction": 0.5}


def test_the_decisions_in_force_unite_spellings() -> None:
    assert curation.load().composition.tag_name("sci-fi") == "science fiction"


def test_no_alias_in_force_leads_to_another_alias() -> None:
    aliases = curation.load().composition.tag_aliases
    assert not aliases.keys() & set(aliases.values())


@pytest.mark.parametrize(
    ("one", "other", "kept_category"),
    [
        ("genre", "theme", "theme"),
        ("theme", "content", "content"),
        ("content", "demographic", "demographic"),
        ("genre", None, "genre"),
        (None, None, None),
    ],
)
def test_of_two_categories_the_narrower_is_kept(
    one: TagCategory | None, other: TagCategory | None, kept_category: TagCategory | None
) -> None:
    assert narrower(one, other) == narrower(other, one) == kept_category


def test_a_curators_category_overrides_what_sources_say() -> None:
    facts = RecordFacts(titles=NAMED.titles, tags=(Tagging("space", "demographic"),))
    under = CompositionRules(tag_categories={"space": "theme"})
    assert compose(kept("base", facts), under=under).categories == {"space": "theme"}


def test_mappings_to_one_season_come_from_the_higher_source() -> None:
    base = kept(
        "base", RecordFacts(titles=NAMED.titles, mappings=(Mapping("tvdb:1", 1, offset=12),))
    )
    site = kept("site", RecordFacts(mappings=(Mapping("tvdb:1", 1), Mapping("tvdb:1", 2))))
    assert compose(base, site).node.mappings == (Mapping("tvdb:1", 1), Mapping("tvdb:1", 2))


def test_the_parts_of_a_mapping_stay_together() -> None:
    parts = (Mapping("tvdb:1", 1, 1, 12, 0), Mapping("tvdb:1", 1, 13, 24, 1))
    assert (
        compose(kept("base", RecordFacts(titles=NAMED.titles, mappings=parts))).node.mappings
        == parts
    )


def test_an_episode_takes_each_fact_from_the_higher_source() -> None:
    base = EpisodeFacts(1, (Title("One"),), dt.date(2001, 1, 1), filler=False)
    site = EpisodeFacts(1, (Title("Ichi"),), filler=True, canon="mixed")
    composed = compose(
        kept("base", RecordFacts(titles=NAMED.titles, episodes=(base,))),
        kept("site", RecordFacts(episodes=(site,))),
    )
    (episode,) = composed.episodes
    assert (episode.air_date, episode.filler, episode.canon) == ("2001-01-01", True, "mixed")
    assert [t.text for t in episode.titles] == ["Ichi", "One"]


def test_episodes_stand_in_the_order_of_their_numbers() -> None:
    facts = RecordFacts(
        titles=NAMED.titles, episodes=(EpisodeFacts(2), EpisodeFacts(10), EpisodeFacts(1))
    )
    assert [e.number for e in compose(kept("base", facts)).episodes] == [1, 2, 10]


def test_an_episode_keeps_its_id_as_long_as_its_work_does() -> None:
    facts = RecordFacts(titles=NAMED.titles, episodes=(EpisodeFacts(7),))
    assert compose(kept("base", facts)).episodes[0].id == episode_uuid(WORK, 7)


def test_the_digest_tells_works_apart_by_what_the_graph_holds_of_them() -> None:
    plain = compose(kept("base")).digests
    tagged = compose(
        kept("base", RecordFacts(titles=NAMED.titles, tags=(Tagging("space"),)))
    ).digests
    assert compose(kept("base")).digests == plain != tagged
