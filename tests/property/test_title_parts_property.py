import re

from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.title_parts import parsed
from kensho.domain.titles import folded

MARKERS = """season 2,2nd season,s3,ii,iv,2,9,final season,the final season,part 2,cour 3,2nd cour
movie,the movie,ova,special,tv,2019,1984,episode 5,e05,s02e05,第2期,第三季,完結編,劇場版,くーる
第2くーる,5話,시즌 2,2기,2 сезон,season,part,100,dai 2 ki,ni ki"""
NAMES = "mushi,titan,86,a,3x3,巨人,てーきゅう,zoku,no,the,거인,герои,x9"
TEXTS = st.one_of(
    st.text(max_size=60).map(folded),
    st.lists(st.sampled_from(re.split("[,\n]", f"{MARKERS},{NAMES}")), max_size=7)
    .map(" ".join)
    .map(folded),
)
PLAIN = st.lists(
    st.sampled_from(["mushi", "titan", "kage", "巨人", "герои"]), min_size=1, max_size=4
)


def is_within(part: str, whole: str) -> bool:
    rest = iter(whole)
    return all(character in rest for character in part if character != " ")


@given(TEXTS)
def test_a_reading_is_empty_only_if_the_text_is(words: str) -> None:
    said = parsed(words)
    assert said.words == words
    assert bool(said.stem) == bool(said.core) == bool(words)


@given(TEXTS)
def test_reading_only_cuts(words: str) -> None:
    said = parsed(words)
    assert is_within(said.stem, words)
    assert is_within(said.core, said.stem)


@given(TEXTS)
def test_what_is_no_slot_was_not_cut(words: str) -> None:
    said = parsed(words)
    parts = said.parts
    if parts.season is None and parts.part is None and not parts.final:
        assert said.stem == words
    if parts.year is None and parts.type is None and parts.episode is None:
        assert said.core == said.stem


@given(TEXTS)
def test_title_parts_stay_in_their_ranges(words: str) -> None:
    parts = parsed(words).parts
    assert parts.season is None or 1 <= parts.season <= 30
    assert parts.part is None or 1 <= parts.part <= 9
    assert parts.year is None or 1917 <= parts.year <= 2035


@given(PLAIN, st.sampled_from(["season 2", "2nd season", "第2期", "ii", "2", "시즌 2", "2 сезон"]))
def test_a_name_and_a_marker_read_as_the_name_and_its_season(name: list[str], said: str) -> None:
    words = " ".join(name)
    reading = parsed(f"{words} {said}")
    assert (reading.stem, reading.parts.season) == (words, 2)
    assert parsed(reading.stem).parts.season is None


@given(PLAIN, st.integers(min_value=10, max_value=1909))
def test_a_number_of_two_digits_or_more_is_kept(name: list[str], number: int) -> None:
    words = f"{' '.join(name)} {number}"
    assert re.search(rf"\b{number}$", parsed(words).core)
