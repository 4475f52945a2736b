"""A title within a text is found as by trying every run of words, whatever the words are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.domain import title_parts
from kensho.search import keys, titles_within
from tests.support.examples import examples

WORDS = st.sampled_from(
    ["umi", "no", "mori", "figure", "ii", "movie", "蟲", "続き", "2", "кот", "a"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
SEEDS = st.sets(st.lists(WORDS, min_size=1, max_size=3).map(" ".join), max_size=4)


def weight(words: list[str]) -> int:
    return sum(keys.weight_of(keys.letters_of(word)) for word in words)


def slowly(text: keys.Key, least: float, titles: dict[str, set[int]]) -> str | None:
    """Return the longest title of a text by trying all runs of its words."""
    words = text.parsed.stem.split(" ")
    total, best = weight(words), None
    if len(words) < 2:
        return None
    for first in range(len(words)):
        for last in range(first + 1, len(words) + 1):
            run = words[first:last]
            key = keys.key_of_words(" ".join(run))
            long_enough = weight(run) > max(3, total * max(0.3, least))
            if key.letters in titles and long_enough and (best is None or weight(run) > best[0]):
                best = (weight(run), run, [*words[:first], *words[last:]])
    if best is None:
        return None
    talk = [word for word in best[2] if word != "ii" and title_parts.type_named(word) is None]
    letters = "".join(letter for letter in "".join(talk) if letter.isalpha())
    return " ".join(best[1]) if keys.weight_of(letters) >= 4 else None


@settings(max_examples=examples(300))
@given(TEXTS, SEEDS, st.floats(0, 1))
def test_the_longest_title_is_found(text: str, titles: set[str], least: float) -> None:
    bearers = {keys.key_of(title).letters: {number} for number, title in enumerate(titles)}
    key = keys.key_of(text)
    found = titles_within.longest(key, least, lambda letters: bearers.get(letters, set()))
    expected = slowly(key, least, bearers)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert keys.weight_of(found.key.plain) == keys.weight_of(keys.key_of(expected).plain)
        assert 0 < found.share <= 1


@settings(max_examples=examples(300))
@given(st.text(max_size=60), st.sets(st.text(min_size=1, max_size=12), max_size=4))
def test_two_titles_are_those_of_one_work(text: str, titles: set[str]) -> None:
    bearers = {keys.key_of(title).letters: {7} for title in titles}
    found = titles_within.named_twice(text, lambda letters: bearers.get(letters, set()))
    assert found is None or keys.key_of(found).letters in bearers


@settings(max_examples=examples(100))
@given(st.sampled_from(sorted(";|/•=")), st.sampled_from([1, 2]))
def test_titles_of_two_works_are_not_one(sign: str, other: int) -> None:
    bearers = {keys.key_of("umi no mori").letters: {1}, keys.key_of("кот").letters: {other}}
    found = titles_within.named_twice(
        f"umi no mori {sign} кот", lambda one: bearers.get(one, set())
    )
    assert found == ("umi no mori" if other == 1 else None)
