"""Any text has readings or none; a title in a known shape is read for every title."""

import string

from hypothesis import example, given
from hypothesis import strategies as st

from kensho.search import name_parts
from kensho.search.name_readings import MAX_CHARS, MAX_READ, readings

WORDS = st.text(string.ascii_lowercase, min_size=3, max_size=9).filter(
    lambda word: name_parts.is_path(word) is False
)
STEMS = ("mori", "kage", "hoshi", "yume", "sora", "umi", "hana", "tori", "kumo", "ryuu", "neko")
TITLES = st.lists(st.sampled_from(STEMS), min_size=2, max_size=6).map(" ".join)
EPISODES = st.integers(1, 999)
SHAPES = (
    "[Kumo] {t} - {n:02} (1080p) [ABCD1234].mkv",
    r"D:\Anime\{t}\[Kumo] {t} - {n:02} [720p].mkv",
    "{t}/Season 1/S01E{n:02}.mkv",
    "/media/{t} (2013) [tvdbid-1]/Season 01/{t} (2013) - S01E{n:02} - Name.mkv",
    "{t} Episode {n} English Subbed",
    "{t} #{n}",
    "{t} s1 e{n}",
    "{t} - {n:02} - The Name of the Day",
    "[字幕组][{t}][{n:02}][1080p][GB]",
    "{t} capítulo {n} sub español",
    "{t} 第{n}話「副題」",
    "{t} {n}화",
    "{t} {n} серия",
    "{t} {n}-я серия",
    "{t} {n}. Bölüm izle",
    "{t} {n}. rész magyar felirattal",
    "{t} الحلقة {n} مترجمة",
    "{t} ตอนที่ {n} ซับไทย",
    "{t} एपिसोड {n}",
    "{t} επεισόδιο {n}",
    "{t} פרק {n}",
    "Episode {n} of {t}",
    "S01E{n:02} - {t}.mkv",
    "{t} [S01E{n:02}]",
    "{t} - {n:02}.pt-BR.forced.srt",
    "{t} - S01E{n:02}-thumb.jpg",
    "{t}ep{n:02}",
)
SEASONS = st.integers(1, 9)
SEASON_SHAPES = (
    "{t} {s}. Sezon {n}. Bölüm",
    "{t} {s} сезон {n} серия смотреть онлайн",
    "{t} {s}ª Temporada Episódio {n}",
    "{t} {s}. Staffel Folge {n} GerSub",
    "{t} الموسم {s} الحلقة {n}",
    "{t} ภาค {s} ตอนที่ {n}",
    "{t} Phần {s} Tập {n} Vietsub",
    "{t} 시즌 {s} {n}화",
    "{t} (Season {s}) (Episode {n})",
    "{t} T{s}:E{n}",
    "{t}/Season {s}/Episode {n}.mkv",
    "https://site.example/anime/stream/{t}/staffel-{s}/episode-{n}",
)
PAGES = (
    "https://site.example/watch/{t}/ep-{n}",
    "https://site.example/{t}/{n}/",
    "https://site.example/{t}-episode-{n}-english-subbed.html",
    "https://site.example/video/{t}-{n}-bolum",
    "https://site.example/watch/{t}#episode-{n}",
    "https://site.example/search?q={t}+episode+{n}",
)
SCRIPTS_OF_DIGITS = ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "๐๑๒๓๔๕๖๗๘๙")
"""Arabic, Persian, Devanagari, Thai."""
SHARP = "[](){}【】「」《》<>/\\|_+#.-~:;,'\" 0123456789abSEse第話集\u3000\uff03\uff10"


@given(TITLES, EPISODES, st.sampled_from(SHAPES))
def test_every_title_is_read_in_every_shape(title: str, episode: int, shape: str) -> None:
    found = readings(shape.format(t=title, n=episode))
    assert (found[0].title, found[0].episode) == (title, episode)


@given(TITLES, SEASONS, EPISODES, st.sampled_from(SEASON_SHAPES))
def test_every_title_is_read_beside_season_and_episode_in_any_language(
    title: str, season: int, episode: int, shape: str
) -> None:
    slug = title.replace(" ", "-") if shape.startswith("https") else title
    first = readings(shape.format(t=slug, s=season, n=episode))[0]
    assert (first.title, first.season, first.episode) == (title, season, episode)


@given(TITLES, EPISODES, st.sampled_from(PAGES))
def test_every_title_is_read_in_the_address_of_a_page(title: str, episode: int, shape: str) -> None:
    found = readings(shape.format(t=title.replace(" ", "-"), n=episode))
    assert (title, episode) in {(one.title, one.episode) for one in found}


@given(TITLES, EPISODES, st.sampled_from(SCRIPTS_OF_DIGITS))
def test_digits_of_other_scripts_are_digits(title: str, episode: int, digits: str) -> None:
    number = "".join(digits[int(digit)] for digit in str(episode))
    first = readings(f"{title} الحلقة {number}")[0]
    assert (first.title, first.episode) == (title, episode)


@given(
    TITLES,
    st.sampled_from(
        (
            "where can i watch {t} online free",
            "download {t} english dub 720p",
            "nonton anime {t} sub indo",
            "{t} смотреть онлайн все серии",
            "مشاهدة انمي {t} مترجم",
            "انمي {t} الحلقة 5 مترجم",
            "ดู {t} ซับไทย",
            "{t} the complete series",
            "{t} TV+OVA+Movie [BDRip 1080p]",
            "{t} BD Disc 1",
            "{t} 1080p hd by Kumo",
            "/media/{t}/tvshow.nfo",
            "/media/{t}/season01-poster.jpg",
        )
    ),
)
def test_what_is_said_around_a_title_is_no_title(title: str, shape: str) -> None:
    assert title in [one.title for one in readings(shape.format(t=title))]


@given(st.text(st.sampled_from(SHARP), max_size=120) | st.text(max_size=120))
@example("[" * 1000)
@example("- 1 " * 250)
@example("a.b-c_d+e " * 100)
@example("\\" * 1000)
@example("http://[")
@example("https://a/" + "-episode-" * 100)
@example("((((([[[[[" * 50 + "]]]]])))))" * 50)
def test_any_text_has_sound_readings(text: str) -> None:
    for one in readings(text):
        assert any(map(str.isalnum, one.title))
        assert len(one.title) <= 4 * MAX_CHARS  # NFKC makes up to 18 characters of one
    found = name_parts.identified(text)
    assert found.text == found.text.strip()
    assert all(part in text for part in name_parts.folders_and_name(text))


@given(st.text(st.sampled_from(SHARP), min_size=100, max_size=MAX_CHARS))
@example("a (b) - c [d] " * 70)
@example("word " * 60 + "- " + "word " * 60)
def test_the_longer_the_readings_the_fewer_there_are(text: str) -> None:
    assert sum(len(one.title) for one in readings(text)[:-1]) < MAX_READ


@given(TITLES, st.lists(st.sampled_from(("[GB]", "[1080p]", "(BD)", "[ABCD1234]")), max_size=30))
def test_more_brackets_than_expected_are_dropped(title: str, brackets: list[str]) -> None:
    assert readings(f"[Kumo] {title} - 05 {''.join(brackets)}.mkv")[0].title == title


@given(TITLES, st.integers(1_000, 4_000))
def test_a_long_path_is_cut_from_the_left(title: str, length: int) -> None:
    path = f"/{'folder/' * (length // 7)}{title} - 05.mkv"
    assert (title, 5) in {(one.title, one.episode) for one in readings(path)}
