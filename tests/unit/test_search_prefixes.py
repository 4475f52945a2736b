"""Where the words of titles begin in their letters."""

from kensho.domain.titles import squeezed
from kensho.search.prefixes import prefixes_of


def begins(*words: str) -> list[tuple[int, int]]:
    return list(zip(*(column.tolist() for column in prefixes_of(words)), strict=True))


def offsets(words: str) -> list[int]:
    return [offset for _, offset in begins(words)]


def test_words_begin_where_their_letters_stand_in_what_is_squeezed() -> None:
    assert squeezed("home sweet home") == "homesweethome"
    assert offsets("home sweet home") == [0, 4, 9]


def test_a_word_after_a_long_vowel_begins_where_the_short_one_ends() -> None:
    assert squeezed("shoujo kakumei")[5:] == "kakumei"
    assert offsets("shoujo kakumei") == [0, 5]


def test_a_word_that_begins_with_what_was_swallowed_begins_after_it() -> None:
    assert squeezed("sora no oto") == "soranoto"
    assert offsets("sora no oto") == [0, 4, 6]


def test_a_word_that_was_swallowed_whole_begins_where_the_next_one_does() -> None:
    assert offsets("no o to") == [0, 2]
    assert offsets("sora no o") == [0, 4]


def test_the_particle_counts_for_the_one_letter_it_reads_as() -> None:
    assert squeezed("kaze wo hiku") == "kazeohiku"
    assert offsets("kaze wo hiku") == [0, 4, 5]


def test_every_han_character_begins_a_word_and_counts_three_bytes() -> None:
    assert offsets("进击no巨人") == [0, 3, 6, 8, 11]


def test_han_characters_are_not_apart_where_a_space_would_make_a_particle() -> None:
    assert offsets("巨人wo") == [0]


def test_each_title_counts_from_its_own_beginning() -> None:
    assert begins("kaze wo", "wo", "oh no", "巨 wo人", "巨人") == [
        *((0, 0), (0, 4)),
        (1, 0),
        *((2, 0), (2, 1)),
        *((3, 0), (3, 3)),
        *((4, 0), (4, 3)),
    ]


def test_no_word_is_told_beyond_the_letters_that_are_kept_or_the_bytes_that_can_be_told() -> None:
    assert offsets("a " * 300)[-1] == 239
    assert offsets("я " * 300)[-1] == 254


def test_nothing_begins_in_nothing() -> None:
    assert begins() == []
