"""Paths as sentences: each kind from both ends, and titles that could be misread."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.relations import INVERSE, KINDS, Kind, RelationKind, inverse
from kensho.read_model.wording import PHRASES, sentence

# What the sentence says of A where A's page says "kind: B", so B is the kind of A.
READINGS: dict[Kind, str] = {
    "sequel": "A is the prequel of B.",
    "prequel": "A is the sequel of B.",
    "side_story": "A is the parent story of B.",
    "parent_story": "A is a side story of B.",
    "summary": "A is the full story summarised in B.",
    "full_story": "A is a summary of B.",
    "spin_off": "A is the origin of the spin-off B.",
    "spun_off_from": "A is a spin-off of B.",
    "alternative_version": "A is an alternative version of B.",
    "alternative_setting": "A is a story in an alternative setting to B.",
    "same_setting": "A is a story in the same setting as B.",
    "adaptation": "A is the source of the adaptation B.",
    "source": "A is an adaptation of B.",
    "compilation": "A is a work contained in the compilation B.",
    "contains": "A is a compilation from B.",
    "character": "A is a work sharing characters with B.",
    "crossover": "A is a work crossing over with B.",
    "music_video": "A is the work promoted by the music video B.",
    "promotes": "A is a music video for B.",
    "other": "A is a work connected in some other way with B.",
    "related": "A is related to B.",
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_says_what_the_first_work_is_of_the_second(kind: Kind) -> None:
    assert sentence(["A", "B"], [kind]) == READINGS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_walked_back_says_the_inverse(kind: Kind) -> None:
    there, back = sentence(["A", "B"], [kind]), sentence(["B", "A"], [INVERSE[kind]])
    assert there == f"A is {PHRASES[INVERSE[kind]]} B."
    assert back == f"B is {PHRASES[kind]} A."


def test_a_longer_path_goes_on_from_the_title_just_named() -> None:
    titles = ["Fate/Zero", "Fate/stay night [UBW]", "Fate/stay night", "Carnival Phantasm"]
    kinds: list[Kind] = ["sequel", "alternative_version", "character"]
    assert sentence(titles, kinds) == (
        "Fate/Zero is the prequel of Fate/stay night [UBW], an alternative version of"
        " Fate/stay night, a work sharing characters with Carnival Phantasm."
    )


@pytest.mark.parametrize(
    "title", ["Love, Chunibyo & Other Delusions!", "My “Friend”", "This Is It", "a, b"]
)
def test_a_title_that_could_be_misread_stands_between_quotation_marks(title: str) -> None:
    said = sentence([title, title], ["sequel"])
    assert said == f"“{title}” is the prequel of “{title}”."


@pytest.mark.parametrize(
    "title", ["K-On!", "Isekai Quartet", "Kiss×sis", 'Bakuman "3"', "鋼の錬金術師"]
)
def test_any_other_title_stands_as_it_is(title: str) -> None:
    assert sentence([title, "B"], ["related"]).startswith(f"{title} is related to ")


@pytest.mark.parametrize("titles", [[], ["A"], ["A", "B", "C"]])
def test_edges_that_do_not_join_the_works_are_refused(titles: list[str]) -> None:
    kinds: list[Kind] = ["sequel"] if titles[1:] else []
    with pytest.raises(ValueError, match="do not join"):
        sentence(titles, kinds)


def understood(said: str) -> tuple[list[str], list[RelationKind]]:
    """Read a sentence back, knowing no more than its grammar."""
    title = r"(“[^”]*”|[^,“”]+?)"
    phrases = {phrase: kind for kind, phrase in PHRASES.items()}
    phrase = "|".join(sorted(map(re.escape, phrases), key=len, reverse=True))
    first = re.match(title + r" is ", said)
    assert first
    parts = re.findall(f"({phrase}) {title}(?:, |[.]$)", said[first.end() :])
    titles = [first[1], *(text for _, text in parts)]
    return [text.strip("“”") for text in titles], [inverse(phrases[p]) for p, _ in parts]


words = st.sampled_from(("a", "is", "the", "sequel", "of", ",", ",a", "B", "side story", "."))
named = st.lists(words, min_size=1, max_size=6).map(" ".join)
steps = st.lists(st.tuples(st.sampled_from(KINDS), named), min_size=1, max_size=4)


@given(named, steps)
def test_a_sentence_can_be_read_in_one_way_only(first: str, path: list[tuple[Kind, str]]) -> None:
    titles, kinds = [first, *(title for _, title in path)], [kind for kind, _ in path]
    assert understood(sentence(titles, kinds)) == (titles, kinds)


def test_a_path_may_go_through_a_collection_or_another_record() -> None:
    said = sentence(["A", "B", "C"], ["joined", "same_work"])
    assert said == "A is a work collected together with B, another record of C."
