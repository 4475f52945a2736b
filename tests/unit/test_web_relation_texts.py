"""Reasons and paths on pages: as documents word them, translated, with the titles of the page."""

from typing import get_args
from uuid import UUID

import pytest

from kensho.domain.relations import KIND_FACTS, RelationKind, inverse
from kensho.domain.watch_order.order import Rule
from kensho.domain.watch_order.rules import SetAsideCause
from kensho.read_model import wording
from kensho.read_model.franchise_views import FranchiseEdge, MemberWork, SetAsideEdge, StepReason
from kensho.read_model.wording import Speaker
from kensho.web import relation_texts
from kensho.web.messages import STRINGS, Messages
from kensho.web.relation_texts import StepTexts

ENGLISH = Messages.read()
JAPANESE = Messages.read(STRINGS, STRINGS.with_name("strings.ja.toml"))
ONE, OTHER = UUID(int=1), UUID(int=2)
WORK = MemberWork(
    id=ONE,
    title="Rewrite",
    poster_url=None,
    episodes=1,
    status="finished",
    anime_type="tv",
    year=2016,
)


def edge(kind: RelationKind) -> FranchiseEdge:
    """Return that `ONE` is the `kind` of `OTHER`."""
    return FranchiseEdge(OTHER, ONE, kind, "stated", 1.0)


def texts(messages: Messages, title: str = "Clannad") -> StepTexts:
    works = {ONE: ONE, OTHER: OTHER}
    return StepTexts(works, {ONE: "Rewrite", OTHER: title}, {OTHER: "Kuranado, the"}, messages)


@pytest.mark.parametrize("kind", KIND_FACTS)
def test_english_is_what_documents_say(kind: RelationKind) -> None:
    titles, kinds = ["A", "B", "C"], list[RelationKind]((kind, kind))
    said = wording.sentence(titles, kinds)
    assert relation_texts.path(titles, kinds, ENGLISH) == said
    assert relation_texts.origin(titles, kinds, ENGLISH).lower() in said.lower()


def test_a_reason_names_works_as_the_page_does() -> None:
    said = wording.follows("sequel", "Kuranado, the", Speaker("stated", ("anilist",)))
    reason = StepReason("after", said, edge("sequel"))
    assert texts(ENGLISH).reason(WORK, reason) == "Continues Clannad, says AniList."


@pytest.mark.parametrize("kind", KIND_FACTS)
def test_each_kind_is_said_in_japanese_from_the_side_of_the_step(kind: RelationKind) -> None:
    told = texts(JAPANESE)
    reason = told.reason(WORK, StepReason("after", "english", edge(kind)))
    assert reason.startswith("「Clannad」")
    assert reason.endswith("。")
    assert reason.isascii() is False
    assert "english" not in reason
    assert told.statement(edge(kind)) == relation_texts.path(
        ["Rewrite", "Clannad"], [inverse(kind)], JAPANESE
    )


@pytest.mark.parametrize("rule", [one for one in get_args(Rule) if one != "date"])
def test_each_rule_is_said_in_japanese(rule: Rule) -> None:
    assert texts(JAPANESE).reason(WORK, StepReason(rule, "english")).endswith("。")


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("2016-07-02", "2016年7月2日公開。"),
        ("2016-07", "2016年7月公開。"),
        ("2016", "2016年公開。"),
        (None, "2016年公開。"),
    ],
)
def test_a_date_is_said_in_japanese_as_exactly_as_it_is_known(date: str | None, said: str) -> None:
    assert texts(JAPANESE).reason(WORK, StepReason("date", "english", date=date)) == said


def test_a_path_a_member_and_a_guest_are_told_in_japanese() -> None:
    titles = ["A", "B", "C"]
    assert relation_texts.path(titles, ["sequel", "related"], JAPANESE) == (
        "「A」は「B」から見て前編、「B」は「C」から見て関連。"
    )
    assert relation_texts.origin(titles, ["sequel", "related"], JAPANESE) == (
        "「B」から見て前編、「B」は「C」から見て関連。"
    )
    assert relation_texts.membership("side", "related", "A", JAPANESE) == "「A」と一緒に載る外伝。"
    assert relation_texts.membership("side", "sequel", "A", JAPANESE) == "「A」から見て続編。"


def test_what_an_order_sets_aside_is_told_in_japanese() -> None:
    told = texts(JAPANESE)
    said = {
        told.set_aside(SetAsideEdge(edge("sequel"), "english", cause))
        for cause in get_args(SetAsideCause)
    }
    assert len(said) == len(get_args(SetAsideCause))
    assert all(one.endswith("。") and not one[0].isascii() for one in said)
    assert (
        texts(ENGLISH).set_aside(SetAsideEdge(edge("sequel"), "it is so", "surer")) == "It is so."
    )
