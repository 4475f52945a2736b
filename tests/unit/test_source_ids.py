"""Source ids: one short form for a page, whatever spelling of its address a dump holds."""

import pytest

from kensho.domain.ids import PROVIDERS, from_url, parse, url_of

_PAGES = {
    "anidb:4563": "https://anidb.net/anime/4563",
    "anilist:20": "https://anilist.co/anime/20",
    "anime-planet:your-name": "https://anime-planet.com/anime/your-name",
    "animecountdown:42": "https://animecountdown.com/42",
    "animenewsnetwork:18171": "https://animenewsnetwork.com/encyclopedia/anime.php?id=18171",
    "anisearch:11005": "https://anisearch.com/anime/11005",
    "bangumi:160209": "https://bgm.tv/subject/160209",
    "imdb:tt5311514": "https://www.imdb.com/title/tt5311514",
    "kitsu:11614": "https://kitsu.app/anime/11614",
    "livechart:1956": "https://livechart.me/anime/1956",
    "mal:20": "https://myanimelist.net/anime/20",
    "simkl:543146": "https://simkl.com/anime/543146",
    "tmdb:movie/372058": "https://www.themoviedb.org/movie/372058",
    "tvdb:79824": "https://thetvdb.com/?tab=series&id=79824",
}


def test_a_page_of_every_provider_is_looked_at() -> None:
    assert {source_id.partition(":")[0] for source_id in _PAGES} == PROVIDERS.keys()


@pytest.mark.parametrize(("source_id", "url"), _PAGES.items())
def test_a_page_has_one_id_and_an_id_one_page(source_id: str, url: str) -> None:
    assert from_url(url) == source_id
    assert url_of(source_id) == url


@pytest.mark.parametrize(
    ("url", "source_id"),
    [
        ("https://myanimelist.net/anime/20/Naruto", "mal:20"),
        ("http://myanimelist.net/anime/20", "mal:20"),
        ("https://www.myanimelist.net/anime/20?x=1", "mal:20"),
        ("https://MyAnimeList.net/anime/20", "mal:20"),
        ("https://anidb.net/a4563", "anidb:4563"),
        ("https://kitsu.io/anime/naruto", "kitsu:naruto"),
        ("https://imdb.com/title/tt0000001/", "imdb:tt0000001"),
        ("https://themoviedb.org/tv/46260", "tmdb:tv/46260"),
        ("https://bangumi.tv/subject/2", "bangumi:2"),
    ],
)
def test_other_spellings_of_an_address_name_the_same_page(url: str, source_id: str) -> None:
    assert from_url(url) == source_id


@pytest.mark.parametrize(
    "url",
    [
        "",
        "myanimelist.net/anime/20",
        "ftp://myanimelist.net/anime/20",
        "https://myanimelist.net/manga/20",
        "https://myanimelist.net/anime/Naruto",
        "https://myanimelist.net.example.org/anime/20",
        "https://example.org/anime/20",
        "https://myanimelist.net/anime/\N{FULLWIDTH DIGIT TWO}",
        "https://anilist.co",
    ],
)
def test_what_is_no_page_of_a_known_provider_has_no_id(url: str) -> None:
    assert from_url(url) is None


@pytest.mark.parametrize("text", ["mal:20", "https://myanimelist.net/anime/20"])
def test_a_work_may_be_named_by_id_or_by_address(text: str) -> None:
    assert parse(text) == "mal:20"


@pytest.mark.parametrize(
    "text", ["mal:", "MAL:20", "nobody:20", "mal: 20", "20", "mal:2:0", "mal:20\n"]
)
def test_what_names_nothing_is_no_id(text: str) -> None:
    assert parse(text) is None


def test_the_page_of_a_provider_that_is_not_known_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        url_of("nobody:20")
