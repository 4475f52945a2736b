"""Relation kinds: how they read from the other end, and which of several assertions wins."""

import itertools

import pytest

from kensho.domain.relations import (
    FORWARD,
    INVERSE,
    KINDS,
    SYMMETRIC,
    Assertion,
    ClaimedKind,
    Kind,
    Method,
    resolve_parent,
    winner,
)


def asserted(
    kind: Kind,
    source: str = "a",
    *,
    method: Method = "stated",
    confidence: float = 1.0,
    snapshot: str = "2026-01-01",
) -> Assertion:
    return Assertion(source, snapshot, kind, method, confidence)


def test_every_kind_is_the_inverse_of_its_inverse() -> None:
    assert all(INVERSE[INVERSE[kind]] == kind for kind in KINDS)


def test_a_kind_without_direction_is_its_own_inverse() -> None:
    assert {kind for kind in KINDS if INVERSE[kind] == kind} == set(SYMMETRIC)


def test_of_each_pair_of_inverses_one_reads_forward() -> None:
    assert all(
        (kind in FORWARD) != (INVERSE[kind] in FORWARD) for kind in set(KINDS) - set(SYMMETRIC)
    )


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "parent_story"])
def test_a_plain_kind_means_itself(kind: Kind) -> None:
    assert resolve_parent(kind, ["side_story", "summary"]) == kind


@pytest.mark.parametrize("claimed", ["parent", "parent_story"])
@pytest.mark.parametrize(
    ("back", "kind"),
    [
        (["summary"], "full_story"),
        (["spin_off"], "spun_off_from"),
        (["compilation"], "contains"),
        (["side_story"], "parent_story"),
        (["character", "summary"], "full_story"),
        (["sequel"], "parent_story"),
        ([], "parent_story"),
    ],
)
def test_a_parent_is_read_by_what_it_says_back(
    claimed: ClaimedKind, back: list[ClaimedKind], kind: Kind
) -> None:
    assert resolve_parent(claimed, back) == kind


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (asserted("sequel", method="inferred"), asserted("related", "strong", method="curated")),
        (asserted("sequel", method="curated"), asserted("other", "strong")),
        (asserted("sequel"), asserted("other", "strong", method="inferred")),
        (asserted("other", "strong"), asserted("sequel", snapshot="2030-01-01")),
        (asserted("other", confidence=0.9), asserted("sequel", confidence=0.8)),
        (asserted("other", snapshot="2026-02-01"), asserted("sequel")),
    ],
    ids=["typed", "curated", "stated", "rank", "confidence", "newer"],
)
def test_the_better_assertion_wins_in_any_order(better: Assertion, worse: Assertion) -> None:
    for assertions in itertools.permutations((better, worse)):
        assert winner(assertions, {"strong": 9}).kind == better.kind


def test_two_typed_kinds_are_a_conflict() -> None:
    assert winner([asserted("sequel"), asserted("other", "b")], {}).conflict


def test_two_sources_of_one_kind_are_no_conflict() -> None:
    assert not winner([asserted("sequel"), asserted("sequel", "b")], {}).conflict


def test_an_untyped_assertion_is_no_conflict() -> None:
    assert not winner([asserted("sequel"), asserted("related", "b")], {}).conflict
