import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.search.release_names import ReleaseName, looks_like_release, parsed


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "[Kumo] Mushi no Mori - 01 [1080p].mkv",
            ReleaseName("Mushi no Mori", episode=1, group="Kumo", resolution="1080p"),
        ),
        (
            "Mushi.no.Mori.S02E05.1080p.WEB-DL.x264-KUMO.mkv",
            ReleaseName("Mushi no Mori", season=2, episode=5, resolution="1080p"),
        ),
        (
            "Mushi_no_Mori_-_12v2_(720p)",
            ReleaseName("Mushi no Mori", episode=12, resolution="720p"),
        ),
        (
            "[Kumo] Mushi no Mori S3 - 07 (1280x720 x265)",
            ReleaseName("Mushi no Mori", season=3, episode=7, group="Kumo", resolution="720p"),
        ),
        (
            "[Kumo] Mushi no Mori - 01-12 [480p]",
            ReleaseName(
                "Mushi no Mori", episode=1, last_episode=12, group="Kumo", resolution="480p"
            ),
        ),
        (
            "[Kumo] Mushi no Mori 2.22 - 04 [720p]",
            ReleaseName("Mushi no Mori 2.22", episode=4, group="Kumo", resolution="720p"),
        ),
        (
            "【Kumo】★04月新番★[虫之森/Mushi no Mori][15][720p]",
            ReleaseName("Mushi no Mori", episode=15, group="Kumo", resolution="720p"),
        ),
        (
            "[Kumo][虫之森 第二季][03][1080p].mp4",
            ReleaseName("虫之森", season=2, episode=3, group="Kumo", resolution="1080p"),
        ),
        (
            "[Kumo] 虫之森 / Mushi no Mori - 02 (1080p)",
            ReleaseName("Mushi no Mori", episode=2, group="Kumo", resolution="1080p"),
        ),
        (
            "[Kumo] Fate/Zero - 02 (1080p)",
            ReleaseName("Fate/Zero", episode=2, group="Kumo", resolution="1080p"),
        ),
        (
            "Mushi no Mori (2006) MULTi 1080p BluRay.mkv",
            ReleaseName("Mushi no Mori", year=2006, resolution="1080p"),
        ),
        (
            "[Kumo]_Mushi_no_Mori_Movie_9_[720p].avi",
            ReleaseName("Mushi no Mori Movie 9", type="movie", group="Kumo", resolution="720p"),
        ),
        (
            "[Kumo] Mushi no Mori 2nd Season Part 2 - 08 [1080p]",
            ReleaseName(
                "Mushi no Mori", season=2, part=2, episode=8, group="Kumo", resolution="1080p"
            ),
        ),
        (
            "Mushi no Mori (2019) S2 - 10 (1080p).mkv",
            ReleaseName("Mushi no Mori", season=2, episode=10, year=2019, resolution="1080p"),
        ),
        (
            "[Kumo] Mushi no Mori (2019) 12 .mkv",
            ReleaseName("Mushi no Mori", episode=12, year=2019, group="Kumo"),
        ),
        (
            "Mushi.no.Mori.2006.JAPANESE.Directors.Cut.1080p.BluRay.x264.mkv",
            ReleaseName("Mushi no Mori", year=2006, resolution="1080p"),
        ),
        (
            "Mushi 1999 2006 1080p BluRay.mkv",
            ReleaseName("Mushi 1999", year=2006, resolution="1080p"),
        ),
        (
            "Mushi no Mori - Session 05 - The Spider.mkv",
            ReleaseName("Mushi no Mori", episode=5),
        ),
    ],
)
def test_a_release_name_is_read_as_its_title_and_its_facts(name: str, said: ReleaseName) -> None:
    assert parsed(name) == said


@pytest.mark.parametrize(
    "name",
    [
        "[Kumo] Mushi no Mori - 01 [1080p].mkv",
        "Mushi.no.Mori.S02E05.WEB-DL.mkv",
        "Mushi_no_Mori_-_12v2",
        "Mushi no Mori - 12",
        "Mushi no Mori - 012 - The Spider",
        "Mushi no Mori 1080p",
    ],
)
def test_release_names_are_recognised(name: str) -> None:
    assert looks_like_release(name)


@pytest.mark.parametrize(
    "title",
    [
        "Cowboy Bebop",
        ".hack//SIGN",
        "[C] The Money of Soul and Possibility Control",
        "Mob Psycho 100",
        "22/7",
        "Dr. Stone",
        "Gundam 0083: Stardust Memory",
        "Steins;Gate 0",
        "進撃の巨人",
        "S.A.C.",
        "",
    ],
)
def test_ordinary_titles_are_not(title: str) -> None:
    assert not looks_like_release(title)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Cowboy Bebop",
        "Mob Psycho 100",
        "Gintama Movie 2",
        "[[[[",
        "]]]]",
        "()",
        " - ",
        "...",
        "\x00",
        ".MKV",
    ],
)
def test_a_text_without_anything_of_a_release_is_none(text: str) -> None:
    assert parsed(text) is None


@pytest.mark.parametrize("text", ["11.5v2 -", "Mushi 3.5 -", "{}x3 v2 AKA 11.5 -"])
def test_a_name_that_closes_with_a_dash_is_read_to_its_end(text: str) -> None:
    parsed(text)


PIECES = (
    "[,],(,),【,】, ,_,-, - ,.,~,/,#,01,S2,E05,720p,第2期,\ud800,\x00,Movie,v2,\uff12,²,٣,.mkv,2019"
)


@given(
    st.one_of(
        st.text(st.characters(codec=None), max_size=500),
        st.lists(st.sampled_from(PIECES.split(",")), max_size=120).map("".join),
    )
)
def test_no_text_makes_reading_fail(text: str) -> None:
    looks_like_release(text)
    said = parsed(text)
    assert said is None or said.title.strip()
