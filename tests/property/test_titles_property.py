"""Folding over any text: what it promises of every character, and letter by letter."""

import unicodedata

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kensho.domain.titles import folded, squeezed
from kensho.search import keys, scripts
from tests.support.examples import examples
from tests.support.title_search import slowly_squeezed, title_texts

TEXTS = st.one_of(
    st.text(alphabet=st.characters(), max_size=40),
    st.text(alphabet="aouhwy OŌūß'☆-1²", max_size=20),
    st.text(alphabet="wo ーをんー", max_size=5),
    title_texts,
)

bounded = settings(deadline=None, max_examples=examples(100))


def digits(text: str) -> list[int]:
    plain = unicodedata.normalize("NFKC", text)
    return [unicodedata.digit(letter) for letter in plain if letter.isdigit()]


def is_printable(text: str) -> bool:
    return any(letter.isprintable() and not letter.isspace() for letter in text)


@bounded
@given(TEXTS)
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@bounded
@given(TEXTS.map(folded))
def test_squeezing_what_is_squeezed_changes_nothing(words: str) -> None:
    letters = squeezed(words)
    assert squeezed(letters) == letters


@bounded
@given(TEXTS.filter(is_printable))
def test_something_is_left_of_every_text_that_can_be_seen(text: str) -> None:
    assert folded(text)
    assert squeezed(folded(text))


@bounded
@given(TEXTS)
def test_no_digit_is_lost(text: str) -> None:
    assert digits(folded(text)) == digits(text)
    assert digits(squeezed(folded(text))) == digits(text)


@bounded
@given(TEXTS)
def test_words_stand_by_single_spaces(text: str) -> None:
    words = folded(text)
    assert words == " ".join(words.split())
    assert " " not in squeezed(words)


@bounded
@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=40))
def test_case_makes_no_difference(text: str) -> None:
    assume("µ" not in text)  # its capital is a Greek letter
    assert folded(text.upper()) == folded(text.lower()) == folded(text)


@bounded
@given(TEXTS)
def test_composed_and_decomposed_texts_fold_alike(text: str) -> None:
    forms = {folded(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert forms == {folded(text)}


@bounded
@given(TEXTS.map(folded))
def test_letters_are_those_of_reading_letter_by_letter(words: str) -> None:
    assume(words)
    assert squeezed(words) == slowly_squeezed(words)[0]


@bounded
@given(
    st.lists(st.sampled_from("aé가각ㄱㅏがかﾞ゛カー\u0301\u3099\u0e4d\u09beΣς☆"), max_size=12).map(
        "".join
    )
)
def test_characters_that_join_their_neighbours_fold_as_the_composed_ones(text: str) -> None:
    assert {folded(unicodedata.normalize(form, text)) for form in ("NFKC", "NFKD")} == {
        folded(text)
    }


@bounded
@given(TEXTS)
def test_han_variants_change_neither_words_nor_spaces(text: str) -> None:
    words, brought_together = folded(text), keys.folded(text)
    assert len(words) == len(brought_together)
    assert [at for at, letter in enumerate(words) if letter == " "] == [
        at for at, letter in enumerate(brought_together) if letter == " "
    ]


@bounded
@given(TEXTS.map(keys.folded))
def test_letters_in_one_romanisation_are_bounded_and_never_none(words: str) -> None:
    letters = keys.letters_of(words)
    assert len(letters) <= keys.MAX_LETTERS
    assert bool(letters) == bool(words)
    assert scripts.romanised(scripts.romanised(words)) == scripts.romanised(words)
