"""Guards: what a release may not do, by policy, and how it is said."""

from pathlib import Path

import pytest

from ingest import source_policies
from ingest.pipeline.guards import (
    FranchiseLoss,
    franchise_breaches,
    graph_breaches,
    guards_named,
    loss_breaches,
    refusal,
    reject_breaches,
    size_breaches,
    with_lifted,
)
from ingest.pipeline.losses import Loss
from ingest.reading.record_keys import KeyChange
from ingest.registry import SOURCES
from ingest.source_policies import GUARDS, LOSS_KINDS, ExpectedSize, Limit, SourcePolicy
from kensho.errors import InvalidInputError

REASON = "chosen for a test"
POLICY = SourcePolicy(
    rejects=Limit(reason=REASON, share=0.1, free=5),
    lost={"relations": Limit(reason=REASON, share=0.1, free=5)},
    graph={"tags": Limit(reason=REASON, share=0.5, free=5)},
)


def loss(lost: int, before: int, kind: source_policies.LossKind = "relations") -> Loss:
    return Loss(kind, "", lost, before, alone=lost, examples=("A (mal:1): sequel B",))


@pytest.mark.parametrize(("lost", "before"), [(5, 5), (10, 100), (1, 1), (99, 1000)])
def test_a_share_or_some_pieces_may_go(lost: int, before: int) -> None:
    assert list(loss_breaches([loss(lost, before)], POLICY)) == []


@pytest.mark.parametrize(("lost", "before"), [(6, 6), (11, 100), (101, 1000)])
def test_more_is_a_breach_that_says_number_share_and_examples(lost: int, before: int) -> None:
    (breach,) = loss_breaches([loss(lost, before)], POLICY)
    assert breach.guard == "relations"
    said = f"lose {lost:,} of {before:,} relations ({lost / before:.0%}, where 10% may go)"
    assert said in breach.sentence
    assert "A (mal:1): sequel B" in breach.sentence
    assert (breach.lost, breach.before, breach.alone) == (lost, before, lost)


def test_a_kind_without_a_limit_may_go_whole() -> None:
    assert list(loss_breaches([loss(9, 9, "titles")], POLICY)) == []


def test_each_fact_is_a_loss_of_its_own() -> None:
    limit = Limit(reason=REASON, share=0.1)
    policy = SourcePolicy(rejects=limit, lost={"facts": limit})
    losses = [Loss("facts", "score", 40, 40, 40), Loss("facts", "year", 1, 4000, 1)]
    (breach,) = loss_breaches(losses, policy)
    assert "40 of 40 facts (score)" in breach.sentence


def test_losses_of_several_sources_add_up() -> None:
    assert list(graph_breaches({"tags": 50}, {"tags": 100}, POLICY)) == []
    (breach,) = graph_breaches({"tags": 51}, {"tags": 100}, POLICY)
    assert breach.guard == "tags"
    assert "51 of its 100 tags" in breach.sentence


def test_franchises_are_named() -> None:
    policy = SourcePolicy(POLICY.rejects, {"franchises": Limit(reason=REASON, share=0.1)})
    assert list(franchise_breaches(FranchiseLoss(["a"], 10), policy)) == []
    (breach,) = franchise_breaches(FranchiseLoss(["a", "b"], 10), policy)
    assert "2 of 10 franchises" in breach.sentence
    assert "such as a, b" in breach.sentence


@pytest.mark.parametrize(("rejects", "records", "is_over"), [(5, 1, False), (6, 1, True)])
def test_a_quota_of_rejects_is_ordinary(rejects: int, records: int, is_over: bool) -> None:
    assert bool(list(reject_breaches(rejects, records, POLICY.rejects))) is is_over


@pytest.mark.parametrize(
    ("records", "kept", "is_over"),
    [(1, 0, False), (1, 9, False), (9, 10, True), (21, 0, True), (20, 20, False)],
)
def test_a_release_has_its_size_once_the_graph_holds_a_whole_one(
    records: int, kept: int, is_over: bool
) -> None:
    size = ExpectedSize(reason=REASON, least=10, most=20)
    assert bool(list(size_breaches(records, kept, size))) is is_over
    assert list(size_breaches(records, kept, None)) == []


def test_guards_are_named_one_by_one_or_with_commas() -> None:
    assert guards_named(["relations", "tags,age"]) == {"relations", "tags", "age"}


@pytest.mark.parametrize("words", [["everything"], [""], ["relations,"], ["tags", "Relations"]])
def test_a_word_that_is_no_guard_is_refused_with_those_that_are(words: list[str]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        guards_named(words)
    assert all(guard in str(refused.value) for guard in GUARDS)


def test_only_what_is_not_lifted_stops_a_release() -> None:
    losses = [loss(50, 50), Loss("tags", "", 50, 50, 50)]
    limit = Limit(reason=REASON, share=0.1)
    policy = SourcePolicy(limit, {"relations": limit, "tags": limit})
    found = with_lifted(loss_breaches(losses, policy), {"relations"})
    assert [one.lifted for one in found] == [True, False]
    said = refusal(found, [KeyChange("tags", 1.0, 0.0, "labels"), KeyChange("new", 0.0, 1.0)])
    assert "--force tags" in said
    assert "'tags' seems to be renamed to 'labels'" in said
    assert "'new'" not in said
    assert "relations" not in said


def test_every_policy_is_of_a_source_and_every_kind_has_a_limit() -> None:
    policies = source_policies.load()
    assert policies.keys() - {""} <= SOURCES.keys()
    assert policies[""].lost.keys() == set(LOSS_KINDS)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("aodb.toml", "[lost.relation]\nshare = 0.1\nreason = 'because of it'\n", "relation"),
        ("aodb.toml", "[lost.relations]\nshare = 1.1\nreason = 'because of it'\n", "share"),
        ("aodb.toml", "[lost.relations]\nshare = 0.1\n", "reason"),
        ("aodb.toml", "[size]\nleast = 9\nmost = 1\nreason = 'because of it'\n", "9 is more"),
        ("aodb.toml", "[graph.tags]\nshare = 0.1\nreason = 'because of it'\n", "default.toml"),
        ("aodb.toml", "[lost", "aodb.toml"),
        ("default.toml", "[lost]\n", "rejects"),
    ],
)
def test_a_wrong_policy_names_file_and_entry(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / "default.toml").write_text("[rejects]\nshare = 0.1\nreason = 'because of it'\n")
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidInputError) as refused:
        source_policies.load(tmp_path)
    assert name in str(refused.value)
    assert said in str(refused.value)
