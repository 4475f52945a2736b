"""A confidence is a probability, and moves with each measure as it promises."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.discovery.confidence import ALIKE, EXACT, SIGNS, Measures, confidence
from kensho.search.explained_text import explained_share, telling_letters
from tests.support.examples import examples
from tests.support.title_search import title_texts

bounded = settings(deadline=None, max_examples=examples(100))
SHARES = st.floats(0, 1)
MEASURES = st.builds(
    Measures,
    match=st.sampled_from(("id", "equal", "instalment", "redirected", "prefix", "fuzzy")),
    explained=SHARES,
    likeness=SHARES,
    gap=st.floats(-1, 1),
    letters=st.integers(0, 300),
    rivals=st.integers(0, 50),
    popularity=SHARES,
    lead=st.floats(-1, 1),
    is_possible=st.booleans(),
    is_guess=st.booleans(),
)
ANY_TEXT = st.text(alphabet=st.characters(), max_size=80) | title_texts


@bounded
@given(MEASURES)
def test_it_is_a_probability(one: Measures) -> None:
    assert 0 <= confidence(one) <= 1


@bounded
@given(
    MEASURES,
    st.sampled_from(("explained", "likeness", "gap", "letters", "popularity", "lead")),
    st.floats(0, 1),
)
def test_it_never_falls_with_more_evidence(one: Measures, name: str, more: float) -> None:
    facts: dict[str, Any] = one._asdict()
    value: float = facts[name]
    facts[name] = value + int(more * 20) if isinstance(value, int) else min(1.0, value + more)
    assert confidence(Measures(**facts)) >= confidence(one)


@bounded
@given(MEASURES, st.integers(1, 9))
def test_it_never_rises_with_more_doubt(one: Measures, more: int) -> None:
    sure = confidence(one)
    assert confidence(one._replace(rivals=one.rivals + more)) <= sure
    assert confidence(one._replace(is_possible=False)) <= sure
    assert confidence(one._replace(is_guess=True)) <= sure


def test_every_weight_has_its_sign() -> None:
    for weights in (EXACT, ALIKE):
        for name, weight in weights.items():
            assert name == "_" or weight * SIGNS[name] >= 0 or SIGNS[name] == 0, name


@bounded
@given(ANY_TEXT, ANY_TEXT, SHARES, SHARES)
def test_the_share_that_is_explained_grows_with_likeness(
    text: str, title: str, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    shares = [explained_share(text, title, likeness, None, str) for likeness in (low, high)]
    assert 0 <= shares[0] <= shares[1] <= 1
    assert telling_letters(text, title) >= 0


@bounded
@given(ANY_TEXT)
def test_other_names_explain_no_less(text: str) -> None:
    plain = explained_share(text, "Mushi no Mori", 1.0, None, str)
    assert explained_share(text, "Mushi no Mori", 1.0, None, text.casefold) >= plain
