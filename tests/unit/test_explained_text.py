"""How much of a text is explained, whatever title stands in it."""

import pytest

from kensho.search.explained_text import explained_share, telling_letters

TITLE = "Mushi no Mori"


def share(text: str, title: str = TITLE, *, group: str | None = None, names: str = "") -> float:
    return explained_share(text, title, 1.0, group, lambda: names)


@pytest.mark.parametrize(
    "text",
    [
        TITLE,
        TITLE.upper(),
        f"{TITLE}/Season 1/S01E05.mkv",
        f"{TITLE} S02E11 1080p WEB-DL x265",
        f"{TITLE} - 05 - The Name of the Day.mkv",
        f"{TITLE} Episode 5 English Subbed",
        "https://site.example/mushi-no-mori-episode-5",
        f"{TITLE} 第5話「旅立ちの朝」",
    ],
)
def test_title_marks_and_noise_explain_a_whole_text(text: str) -> None:
    assert share(text) == 1.0


def test_the_group_of_a_release_is_noise() -> None:
    assert share(f"[Kumo] {TITLE} - 05 [1080p].mkv", group="Kumo") == 1.0


def test_words_that_nothing_explains_count_against_it() -> None:
    assert share(f"{TITLE} of the Rings") == pytest.approx(11 / 21)


def test_another_title_of_the_work_explains_its_words() -> None:
    text = f"{TITLE} | Forest of Insects"
    assert share(text) < 0.6
    assert share(text, names="forest of insects") == 1.0


@pytest.mark.parametrize(
    ("text", "title", "letters"),
    [
        ("86", "86", 2),
        ("86 S01 1080p", "86", 0),
        ("untitled.mp4", "untitled", 0),
        (TITLE, TITLE, 11),
    ],
)
def test_letters_that_tell_a_title_from_marks(text: str, title: str, letters: int) -> None:
    assert telling_letters(text, title) == letters
