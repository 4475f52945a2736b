"""The JSON-LD of works and franchises: what it holds, and that it stays inside its element."""

from uuid import UUID

import msgspec

from kensho.domain.works import AnimeType
from kensho.read_model.franchise_views import MemberWork
from kensho.read_model.views import ImdbView, SeasonView, SourceView, StoredDetail, TagView
from kensho.web import json_ld
from kensho.web.json_ld import PageRef

IDS = [UUID(int=number) for number in (1, 2, 3)]
DETAIL = StoredDetail(
    id=IDS[0],
    title="</script><!-- Fate & 'Zero' \u2028",
    poster_url="https://posters.example/1.jpg",
    episodes=13,
    status="finished",
    anime_type="tv",
    synonyms=("フェイト/ゼロ",),
    anime_season=SeasonView("fall", 2011),
    imdb=ImdbView("tt2051178", 8.2, 17_000),
    duration_s=1_440,
    studios=("ufotable",),
    producers=(),
    tags=(TagView(IDS[1], "action", "genre", 1.0), TagView(IDS[2], "war", "theme", 1.0)),
    sources=(SourceView("mal", "10087", "https://myanimelist.net/anime/10087"),),
)
PARTS: list[tuple[UUID, str, AnimeType, int]] = [
    (IDS[1], "Later", "movie", 2011),
    (IDS[2], "Earlier", "tv", 2006),
]
FRANCHISE = PageRef("Fate", "https://kensho.example/hub/fate")


def test_a_series_is_described_by_schema_org() -> None:
    block = json_ld.of_work(DETAIL, "https://kensho.example/anime/1", FRANCHISE)
    assert block["@type"] == "TVSeries"
    assert block["numberOfEpisodes"] == 13
    assert block["genre"] == ["action"]
    assert block["datePublished"] == "2011"
    assert block["sameAs"] == ["https://myanimelist.net/anime/10087"]
    assert block["aggregateRating"]["ratingCount"] == 17_000
    assert block["isPartOf"] == {
        "@type": "CreativeWorkSeries",
        "@id": FRANCHISE.url,
        "url": FRANCHISE.url,
        "name": "Fate",
    }
    assert "duration" not in block


def test_a_film_has_a_length_and_no_episodes_and_what_is_unknown_is_left_out() -> None:
    film = msgspec.structs.replace(
        DETAIL,
        anime_type="movie",
        duration_s=6_840,
        imdb=ImdbView("tt1", 8.0, None),
        poster_url=None,
        synonyms=(),
        studios=(),
        tags=(),
        sources=(),
        anime_season=SeasonView(None, None),
    )
    assert json_ld.of_work(film, "https://kensho.example/anime/1") == {
        "@context": "https://schema.org",
        "@type": "Movie",
        "@id": "https://kensho.example/anime/1",
        "url": "https://kensho.example/anime/1",
        "name": film.title,
        "duration": "PT114M",
    }


def test_a_franchise_lists_its_works_in_order_and_begins_with_its_first_year() -> None:
    later, earlier = (
        MemberWork(
            id=id_,
            title=title,
            poster_url=None,
            episodes=1,
            status="finished",
            anime_type=type_,
            year=year,
        )
        for id_, title, type_, year in PARTS
    )
    block = json_ld.of_franchise(
        FRANCHISE, [later, earlier], ["https://k.example/2", "https://k.example/1"]
    )
    assert (block["@type"], block["startDate"]) == ("CreativeWorkSeries", "2006")
    assert [(p["@type"], p["name"]) for p in block["hasPart"]] == [
        ("Movie", "Later"),
        ("TVSeries", "Earlier"),
    ]
    assert "startDate" not in json_ld.of_franchise(FRANCHISE, [], [])


def test_a_block_can_not_end_the_element_around_it() -> None:
    block = json_ld.of_work(DETAIL, "https://kensho.example/anime/1?a=1&b=2")
    text = json_ld.script_text(block)
    assert not set(text) & set("<>&\u2028\u2029")
    assert msgspec.json.decode(text) == msgspec.json.decode(msgspec.json.encode(block))
