"""Names of files, folders and pages are read by their shape, whatever title stands in them."""

import pytest

from kensho.search import name_marks, name_parts
from kensho.search.name_readings import NameReading, readings

TITLE = "Mushi no Mori"


def first(text: str) -> NameReading:
    return readings(text)[0]


def read(text: str, title: str = TITLE) -> NameReading:
    """Return the first reading by this title."""
    return next(one for one in readings(text) if one.title == title)


@pytest.mark.parametrize(
    ("text", "season", "episode"),
    [
        (f"[Kumo] {TITLE} - 05 (1080p) [ABCD1234].mkv", None, 5),
        (rf"D:\Anime\{TITLE}\[Kumo] {TITLE} - 05 (1080p) [ABCD1234].mkv", None, 5),
        (f"{TITLE}/Season 1/S01E05.mkv", 1, 5),
        (f"{TITLE}/Season 02/Episode 5.mkv", 2, 5),
        (f"{TITLE}/05.mkv", None, 5),
        (f"{TITLE}/05 - The Name of the Day.mkv", None, 5),
        (f"[Kumo] {TITLE} - 03 [1080p][Multiple Subtitle][ENG][POR-BR][SPA-LA]", None, 3),
        (f"{TITLE} Episode 5 English Subbed", None, 5),
        (f"{TITLE} #12", None, 12),
        (f"12. {TITLE}.mkv", None, 12),
        (f"12 - {TITLE}.mkv", None, 12),
        ("Mushi+no+Mori+Episode+5.mp4", None, 5),
        (f"{TITLE} s1 e4", 1, 4),
        (f"[Kumo] {TITLE} - 10 (S01E10) - (WEB 1080p)", 1, 10),
        (f"[Kumo] {TITLE} - 50 (S04E14) (WEB 1080p)", 4, 14),
        (f"{TITLE} capitulo 12 sub español", None, 12),
        (f"{TITLE} Saison 2 Épisode 3 vostfr", 2, 3),
        (f"{TITLE} 2 сезон 5 серия", 2, 5),
        (f"{TITLE} [05 из 12]", None, 5),
        (f"{TITLE} Folge 4 German Dub", None, 4),
        (f"{TITLE} 01x05", 1, 5),
        (f"{TITLE} 1x7", 1, 7),
        (f"{TITLE} s1 7", 1, 7),
        (f"{TITLE} e7", None, 7),
        (f"{TITLE} S01E7", 1, 7),
        ("Mushi.no.Mori.7.mkv", None, 7),
        (f"{TITLE} SS1 EP7", 1, 7),
        (f"{TITLE} S.1 Ep.7", 1, 7),
        (f"{TITLE} S1-07.mkv", 1, 7),
        (f"{TITLE} S01P01 - 07", 1, 7),
        (f"{TITLE} TV-1", 1, None),
        (f"{TITLE} Series 1 Episode 7", 1, 7),
        (f"{TITLE} Temp 1 Cap 7", 1, 7),
        (f"{TITLE} puntata 7", None, 7),
        (f"{TITLE} epsiode 7", None, 7),
        (f"{TITLE} seaosn 2", 2, None),
        (f"{TITLE} 07of12 [720p].avi", None, 7),
        (f"{TITLE} 7/12", None, 7),
        (f"{TITLE} (07/12)", None, 7),
        (f"{TITLE} [12 из 12]", None, 1),
        (f"{TITLE} | E7 - The Name", None, 7),
        (f"[Kumo] {TITLE} - 07 (1080p).mkv.part", None, 7),
        (f"{TITLE} - 07.mp4.crdownload", None, 7),
        ("[Kumo]%20Mushi%20no%20Mori%20-%2007%20%5B1080p%5D.mkv", None, 7),
        (f"Copy of {TITLE} - 07.mkv", None, 7),
        (f"{TITLE} - 07 - Kopie.mkv", None, 7),
        (f"202405012330-{TITLE} - 07.ts", None, 7),
        (f"2024-05-01 20.00.00 {TITLE} - 07.mkv", None, 7),
        (f"{TITLE} S01E07 720p/sample-kumo.mkv", 1, 7),
        (f"{TITLE} (7).mkv", None, 7),
        (f"{TITLE} 5화", None, 5),
        (f"{TITLE} 第12集", None, 12),
        (f"{TITLE} 第十二话", None, 12),
        (f"[字幕组][{TITLE}][05_新的开始][1080p]", None, 5),
        (f"[Kumo][{TITLE}][12 END][1080P][BIG5].mp4", None, 12),
        (f"{TITLE} 05", None, 5),
        (f"[Kumo].{TITLE.replace(' ', '.')}.(Season.2).-.04.[Multi-Sub].1080p", 2, 4),
        (f"{TITLE} S01", 1, None),
        (f"{TITLE} Season One Episode Seven", 1, 7),
        (f"{TITLE} الموسم الاول الحلقة 7", 1, 7),
        (f"{TITLE} 7th episode", None, 7),
        (f"{TITLE} 12. Folge", None, 12),
        (f"{TITLE} - S01E01-E03.mkv", 1, 1),
        (f"{TITLE}-07", None, 7),
        (f"{TITLE} 01-12 END", None, 1),
        (f"[Kumo] {TITLE} (Season 1) [1080p][HEVC x265 10bit]", 1, None),
    ],
)
def test_a_shape_is_read(text: str, season: int | None, episode: int | None) -> None:
    found = read(text)
    assert (found.season, found.episode) == (season, episode)


@pytest.mark.parametrize(
    ("text", "title", "episode"),
    [
        ("mushi-no-mori-episode-12-1080p.mp4", "mushi no mori", 12),
        ("https://site.example/watch/mushi-no-mori-12345?ep=12", "mushi no mori", 12),
        ("https://site.example/anime/mushi-no-mori/episode-6", "mushi no mori", 6),
        ("https://www.site.example/series/GY9PJ5KWR/mushi-no-mori", "mushi no mori", None),
        ("アニメ「蟲の森」\u3000\uff03\uff10\uff15【字】", "蟲の森", 5),
        ("蟲の森 第5話「副題」", "蟲の森", 5),
        ("《蟲の森》#1", "蟲の森", 1),
    ],
)
def test_addresses_and_quoted_titles_are_read(text: str, title: str, episode: int | None) -> None:
    found = read(text, title)
    assert found.episode == episode
    assert found == first(text)


def test_a_number_at_the_end_is_read_both_ways() -> None:
    titles = {one.title: one.episode for one in readings("Mob Psycho 100")}
    assert titles == {"Mob Psycho 100": None, "Mob Psycho": 100}
    assert read("Mob Psycho 100", "Mob Psycho").is_guess


def test_a_number_that_counts_films_or_parts_is_no_episode() -> None:
    assert [one.title for one in readings(f"{TITLE} Movie 2")] == [f"{TITLE} Movie 2"]
    assert [one.title for one in readings(f"{TITLE} Part 2")] == [f"{TITLE} Part 2"]


def test_brackets_may_belong_to_a_title() -> None:
    titles = [one.title for one in readings("[Oshi no Ko] 2nd Season")]
    assert "Oshi no Ko 2nd Season" in titles
    titles = [
        one.title for one in readings("[Kumo] Naka no Hito Genome [Jikkyouchuu] - 01 [1080p]")
    ]
    assert titles[:2] == ["Naka no Hito Genome", "Naka no Hito Genome Jikkyouchuu"]


@pytest.mark.parametrize(
    ("text", "episode"), [(f"{TITLE} - 05 (1).mkv", 5), ("Mob Psycho 100 (1).mkv", None)]
)
def test_the_number_of_a_copy_is_no_episode(text: str, episode: int | None) -> None:
    assert first(text).episode == episode


@pytest.mark.parametrize("text", ["Ranma 1x2x3", "Type2x4ever", "Eureka e7x"])
def test_what_only_looks_like_a_pair_is_a_title(text: str) -> None:
    assert [one.title for one in readings(text)] == [text]


@pytest.mark.parametrize("sign", ["|", "•", " | ", " • "])
def test_names_beside_each_other_are_read_one_by_one(sign: str) -> None:
    titles = [one.title for one in readings(f"{TITLE}{sign}Forest of Insects")]
    assert {TITLE, "Forest of Insects"} <= set(titles)


@pytest.mark.parametrize(
    "form",
    [
        "{} reddit",
        "{} filler list",
        "{} release date",
        "{} full movie",
        "{} full episodes",
        "is {} worth watching",
        "anime like {}",
        "anime similar to {}",
        "{} all openings",
        "what is {} about?",
        "when does {} come out",
        "what order to watch {}",
        "{} anime where to watch",
        "how many episodes of {}",
        "{} first episode",
        "{} (12 eps)",
        "{} todos os episódios dublado",
        "{} Vol.1",
        "{} 第1巻 [Blu-ray]",
        "{} Blu-ray BOX",
        "{} - Wikipedia",
        "{} - MyAnimeList.net",
        "3) {}",
    ],
)
def test_what_people_look_for_beside_a_title_is_left_out(form: str) -> None:
    assert TITLE in [one.title for one in readings(form.format(TITLE))]


@pytest.mark.parametrize("text", [f"2011 - {TITLE}", f"[2011] {TITLE}", f"{TITLE} anime 2011"])
def test_a_year_at_an_end_is_read(text: str) -> None:
    assert (read(text).year, read(text).episode) == (2011, None)


def test_an_extra_among_extras_is_of_the_series() -> None:
    assert read(f"{TITLE}/Extras/NCED1.mkv").type is None


def test_what_follows_a_mark_is_no_title() -> None:
    name = "Naruto Shippuden - 393 - A True Ending"
    assert {one.title for one in readings(name)} == {"Naruto Shippuden"}


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        (f"[Kumo] {TITLE} - NCOP1 [BD 1080p].mkv", "opening"),
        (f"[Kumo] {TITLE} - NCED 2 (1280x720).mkv", "ending"),
        (f"{TITLE} Opening 1", "opening"),
        (f"[Kumo] {TITLE} - PV2 [1080p].mkv", "trailer"),
        (f"[Kumo] {TITLE} - Menu 3 [BD].mkv", "menu"),
        (f"{TITLE} - 12.5 [BD 1920x1080].mkv", "special"),
        (f"{TITLE}/Extras/NCED1.mkv", "ending"),
        (f"TVアニメ「{TITLE}」ノンクレジットOP", "opening"),  # noqa: RUF001
        (f"{TITLE} OP", "opening"),
        (f"{TITLE} PV第2弾", "trailer"),
    ],
)
def test_extras_are_read_as_what_they_are(name: str, extra: str) -> None:
    found = read(name)
    assert (found.extra, found.episode) == (extra, None)


def test_the_last_episode_of_a_range_is_read() -> None:
    found = read(f"[Kumo] {TITLE} (01-12) [BD 1080p]")
    assert (found.episode, found.last_episode) == (1, 12)
    found = read(f"{TITLE} [S02E01-E08][WEBRip 1080p]")
    assert (found.season, found.episode, found.last_episode) == (2, 1, 8)


@pytest.mark.parametrize(
    ("text", "ids", "rest"),
    [
        (f"{TITLE} (2013) [tvdbid-81797]", ("tvdb:81797",), f"{TITLE} (2013)"),
        (f"{TITLE} {{tvdb-81797}}", ("tvdb:81797",), TITLE),
        (f"{TITLE} [anidb2-15036]", ("anidb:15036",), TITLE),
        (f"{TITLE} [tmdbid=37854]", ("tmdb:37854",), TITLE),
        (f"{TITLE} [imdbid-tt0388629]", ("imdb:tt0388629",), TITLE),
        ("mal:20", ("mal:20",), ""),
        ("anidb-14659", ("anidb:14659",), ""),
        ("tt0388629", ("imdb:tt0388629",), ""),
        ("https://myanimelist.net/anime/20/Naruto", ("mal:20",), ""),
        (f"{TITLE} [trakt-12]", (), TITLE),
        (f"{TITLE} {{edition-Uncut}}", (), TITLE),
        (f"{TITLE} [Multi-Sub]", (), f"{TITLE} [Multi-Sub]"),
    ],
)
def test_ids_are_taken_out_of_a_text(text: str, ids: tuple[str, ...], rest: str) -> None:
    found = name_parts.identified(text)
    assert (found.ids, found.text) == (ids, rest)


@pytest.mark.parametrize("text", ["Fate/Zero", "Ranma 1/2", "22/7", "AC/DC", "Ranma 1/2 - 03"])
def test_a_slash_of_a_title_parts_no_folders(text: str) -> None:
    assert not name_parts.is_path(text)


def test_a_slash_of_a_title_in_a_file_is_read_both_ways() -> None:
    titles = [one.title for one in readings("[Kumo] Fate/Zero - 05 [1080p].mkv")]
    assert {"Zero", "Fate/Zero"} <= set(titles)


@pytest.mark.parametrize(
    "text", ["", " ", "[]", "()", "- -", "/", "\\", "[1080p][HEVC]", ".mkv", "#5"]
)
def test_a_name_without_a_word_of_a_title_has_no_reading(text: str) -> None:
    assert readings(text) == []


def test_han_numerals_are_numbers() -> None:
    numerals = {"一": 1, "十": 10, "十二": 12, "二十": 20, "二十五": 25, "百": 100, "百二": 102}
    assert {text: name_marks.number_of(text) for text in numerals} == numerals


@pytest.mark.parametrize("text", [f"{TITLE} 12 episodes", f"{TITLE} 17-26", f"{TITLE} 2.22"])
def test_a_count_is_no_episode(text: str) -> None:
    assert first(text).episode is None


@pytest.mark.parametrize(
    ("description", "year", "type_"),
    [
        ("TV Series 2013", 2013, "tv"),
        ("2013-2015", 2013, None),
        ("2013-present", 2013, None),
        ("anime TV series", None, "tv"),
        ("Movie", None, "movie"),
    ],
)
def test_a_description_in_brackets_states_year_and_type(
    description: str, year: int | None, type_: str | None
) -> None:
    found = read(f"{TITLE} ({description})")
    assert (found.year, found.type) == (year, type_)
