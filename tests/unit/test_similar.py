"""Similar works: what counts, what is passed over, and that each answer says why."""

import numpy as np
import numpy.typing as npt
import pytest

from kensho.domain.works import tag_uuid
from kensho.read_model import tags as tagging
from kensho.read_model.inputs import TagInput
from kensho.read_model.similar import (
    NO_GROUP,
    TAGS_NAMED,
    Pairs,
    Similar,
    SimilarityIndex,
    pack_recommended,
    pack_studios,
    pack_tags,
    why,
)
from kensho.read_model.views import SimilarityReason

WORKS = 100
NAMES = ["comedy", "time loop", "mars", "noir", "cult", "heist", "chess"]
COMMON, LOOP, MARS = range(3)
Tagged = dict[int, dict[int, float]]


def likeness(
    tagged: Tagged,
    studios: dict[int, list[str]] | None = None,
    votes: dict[tuple[int, int], int] | None = None,
) -> SimilarityIndex:
    """Give every work the common tag and these; a tag's number is its place in `NAMES`."""
    rows = [(node, COMMON, 1.0) for node in range(WORKS)]
    rows += [(node, tag, weight) for node, tags in tagged.items() for tag, weight in tags.items()]
    node, tag, weight = zip(*rows, strict=True)
    given = tagging.TaggingColumns(
        np.array(node, dtype=np.int32), np.array(tag, dtype=np.int32), np.array(weight)
    )
    inputs = [TagInput(tag_uuid(name), name, "content") for name in NAMES]
    arrays = tagging.pack(given, np.full(WORKS, np.nan), [entry.name for entry in inputs])
    arrays |= pack_tags(arrays)
    arrays |= pack_studios([(studios or {}).get(node, []) for node in range(WORKS)])[0]
    pairs = np.array([(*pair, n) for pair, n in (votes or {}).items()], dtype=np.int32)
    return SimilarityIndex(arrays | pack_recommended(Pairs(*pairs.reshape(-1, 3).T), WORKS))


def alone() -> npt.NDArray[np.int32]:
    return np.full(WORKS, NO_GROUP, dtype=np.int32)


def nodes_of(found: list[Similar]) -> list[int]:
    return [entry.node for entry in found]


def test_a_shared_rare_tag_makes_works_similar_and_a_common_one_does_not() -> None:
    found = likeness({0: {LOOP: 1.0}, 7: {LOOP: 1.0}}).similar(0, 10, alone())
    assert [(entry.node, entry.tags) for entry in found] == [(7, (LOOP,))]


def test_a_rarer_tag_and_a_more_relevant_one_weigh_more() -> None:
    like = likeness(
        {0: {LOOP: 1.0, MARS: 1.0}, 1: {LOOP: 1.0}, 2: {MARS: 1.0}, 3: {MARS: 0.2}, 4: {MARS: 0.4}}
    )
    # "time loop" is on two works and "mars" on four.
    assert nodes_of(like.similar(0, 10, alone())) == [1, 2, 4, 3]


def test_the_score_is_the_same_from_both_sides_and_within_0_and_1() -> None:
    like = likeness(
        {0: {LOOP: 1.0, MARS: 0.3}, 1: {LOOP: 0.7, 3: 1.0}, 2: {MARS: 1.0}},
        {0: ["a", "b"], 1: ["b"]},
        {(0, 1): 1_000_000, (2, 0): 3},
    )
    for one in range(3):
        for entry in like.similar(one, 10, alone()):
            back = {e.node: e.score for e in like.similar(entry.node, 10, alone())}
            assert 0 < entry.score <= 1
            assert back[one] == pytest.approx(entry.score)


def test_a_shared_studio_counts_by_how_rare_it_is() -> None:
    studios = {0: ["small", "large"], 1: ["small"], **{node: ["large"] for node in range(2, 30)}}
    found = likeness({}, studios).similar(0, 3, alone())
    assert nodes_of(found) == [1, 2, 3]
    assert found[0].score > found[1].score == found[2].score


def test_recommendations_count_both_ways_and_more_votes_count_more() -> None:
    like = likeness({}, votes={(0, 5): 2, (9, 0): 40, (0, 3): 0, (0, 4): -3})
    assert [(entry.node, entry.votes) for entry in like.similar(0, 10, alone())] == [
        (9, 40),
        (5, 2),
    ]
    assert nodes_of(like.similar(9, 10, alone())) == [0]


def test_the_work_itself_its_family_and_hidden_works_are_left_out() -> None:
    like = likeness({node: {LOOP: 1.0} for node in range(3)}, votes={(0, 1): 9, (0, 0): 9})
    groups = alone()
    groups[[0, 1]] = 4
    hidden = np.zeros(WORKS, dtype=np.bool_)
    assert nodes_of(like.similar(0, 10, groups, hidden)) == [2]
    hidden[2] = True
    assert like.similar(0, 10, groups, hidden) == []


def test_works_that_are_equally_similar_come_in_the_order_of_their_ids() -> None:
    like = likeness({node: {LOOP: 1.0} for node in (0, 30, 20, 10)}, {n: ["s"] for n in (0, 30)})
    assert nodes_of(like.similar(0, 2, alone())) == [30, 10]
    assert nodes_of(like.similar(0, 9, alone())) == [30, 10, 20]


def test_a_single_shared_tag_is_weaker_than_several() -> None:
    tags = dict.fromkeys(range(LOOP, len(NAMES)), 1.0)
    found = likeness({0: tags, 1: tags, 2: {LOOP: 1.0}}).similar(0, 10, alone())
    assert nodes_of(found) == [1, 2]
    assert len(found[0].tags) == TAGS_NAMED


def test_a_graph_without_tags_studios_and_votes_answers_nothing() -> None:
    assert likeness({}).similar(0, 10, alone()) == []


def test_each_reason_is_told_where_it_applies() -> None:
    names, studios = ["a", "b"], ["Bones"]
    everything = Similar(3, 0.5, tags=(1, 0), studios=(0,), votes=12)
    assert why(everything, names, studios) == [
        SimilarityReason(tags=("b", "a")),
        SimilarityReason(studio="Bones"),
        SimilarityReason(recommended=12),
    ]
    assert why(Similar(3, 0.5, (), (), 0), names, studios) == []
