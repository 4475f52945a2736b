"""What stations are called: without the franchise's own name, and never nothing."""

import pytest

from kensho.metro.station_names import names_of, printable
from kensho.metro.text_metrics import cut_between_words, measured, truncated, width, wrapped


def names(franchise: str, *titles: str) -> list[str]:
    return list(names_of({title: title for title in titles}, franchise).values())


def test_a_title_goes_without_the_name_of_its_franchise() -> None:
    assert names("Dragon Ball", "Dragon Ball Z", "Dragon Ball: Super Hero") == ["Z", "Super Hero"]


def test_what_several_titles_have_in_front_of_the_name_goes_with_it() -> None:
    titles = ["Kidou Senshi Gundam: Suisei no Majo", "Kidou Senshi Gundam 00"]
    assert names("Gundam", *titles) == ["Suisei no Majo", "00"]


def test_what_one_title_alone_has_in_front_of_the_name_stays() -> None:
    assert names("Precure", "Heartcatch Precure!", "Precure All Stars") == [
        "Heartcatch!",
        "All Stars",
    ]


def test_a_title_that_is_nothing_but_the_name_keeps_it() -> None:
    assert names("Naruto", "Naruto", "Naruto!") == ["Naruto", "Naruto!"]


def test_a_title_of_which_only_its_form_is_left_is_kept_whole() -> None:
    titles = ["Jojo no Bouken (TV)", "Jojo no Bouken: Movie", "Jojo no Bouken: Movie 2"]
    assert names("Jojo no Bouken", *titles) == [*titles[:2], "Movie 2"]


@pytest.mark.parametrize("title", ["NARUTO (2002)", "The Naruto", "NARUTO"])
def test_a_year_or_an_article_alone_is_no_name(title: str) -> None:
    assert names("Naruto", title) == [title]
    assert names("Gundam", "Gundam 00") == ["00"]


@pytest.mark.parametrize("title", ["Suzumiya Haruhi-chan no Yuuutsu", "Haruhiism"])
def test_a_longer_word_is_not_the_name(title: str) -> None:
    assert names("Haruhi", title.replace("Suzumiya ", "")) == [title.replace("Suzumiya ", "")]


@pytest.mark.parametrize("title", ["", "\x00\x1b", "\u202e"])
def test_a_title_of_nothing_printable_is_a_question_mark(title: str) -> None:
    assert names("Naruto", title) == ["?"]


def test_direction_marks_and_line_breaks_are_no_part_of_a_name() -> None:
    assert printable("a\u202eb\n c\x00\u200dd") == "ab c\u200dd"


def test_lines_break_between_words_and_inside_only_those_too_wide() -> None:
    lines = wrapped(measured("a bb ccccccccc", 10), 30)
    assert [line for line, _ in lines] == ["a bb", "ccccc", "cccc"]


def test_a_cut_text_ends_in_an_ellipsis_and_fits() -> None:
    short = truncated("Nyan Koi and friends", 12, 66)
    assert short == "Nyan Koi…"
    assert width(short, 12) <= 66


def test_a_text_is_cut_between_words_and_inside_only_a_first_one_that_is_too_wide() -> None:
    assert cut_between_words("Supercalifragilistic tale", 12, 60) is None
    assert truncated("Supercalifragilistic tale", 12, 60) == "Superca…"
    assert truncated("Love & Peace", 12, 50) == "Love…"
    assert truncated("Tale", 12, 60) == "Tale"


def test_full_width_characters_are_as_wide_as_high() -> None:
    assert width("機動", 10) > 20 > width("ab", 10)
