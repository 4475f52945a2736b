"""Changes in the language of a page."""

import re
from uuid import UUID

import pytest

from kensho.read_model.change_views import (
    CHANGE_KINDS,
    Change,
    ChangedFact,
    ChangedMember,
    ChangedRelation,
    ChangedWork,
    ChangeKind,
)
from kensho.read_model.change_wording import told
from kensho.read_model.views import FranchiseRef
from kensho.web.change_texts import change_text
from tests.unit.test_web_messages import JAPANESE, MESSAGES

ONE = ChangedWork(UUID(int=1), "甲", "anime", "tv", 1998)
OTHER = ChangedWork(UUID(int=2), "乙", "anime", "movie")
SERIES, FORMER = FranchiseRef("1", "丙"), FranchiseRef("2", "丁")
FACTS = (
    ChangedFact("episodes", 25, 26),
    ChangedFact("adult", old=False, new=True),
    ChangedFact("synopsis", "1", "2"),
    ChangedFact("tags", gained=("宇宙",), lost=("音楽",)),
    ChangedFact("franchise", "2", "1"),
    ChangedFact("year", None, 1998),
)


def change(kind: ChangeKind, **fields: object) -> Change:
    return Change(id=UUID(int=9), kind=kind, **fields)  # type: ignore[arg-type]  # by their names


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("kind", CHANGE_KINDS)
def test_every_kind_is_told_in_the_language_of_the_page(kind: ChangeKind, is_known: bool) -> None:
    one = change(kind)
    if is_known:
        one = change(
            kind,
            work=ONE,
            franchise=SERIES,
            fields=FACTS,
            became=OTHER if kind == "work_went" else None,
            others=(FORMER,),
            members=(ChangedMember(ONE, "side", "main"), ChangedMember(OTHER, None, "film")),
            relation=ChangedRelation(ONE, OTHER, "side_story"),
            was=ChangedRelation(ONE, OTHER, "related"),
        )
    assert re.findall("[A-Za-z]{3,}", change_text(one, JAPANESE)) == []
    assert change_text(one, MESSAGES) == told(one)


@pytest.mark.parametrize(
    ("kind", "fields", "text"),
    [
        (
            "work_came",
            {"work": ONE, "franchise": SERIES},
            "「丙」に「甲」(TV、1998年)が加わりました",
        ),
        ("work_went", {"work": ONE, "became": OTHER}, "「甲」は「乙」と同じ作品になりました"),
        (
            "work_changed",
            {"work": ONE, "fields": FACTS[:2]},
            "「甲」: 話数 25 → 26。成人向け いいえ → はい",
        ),
        (
            "work_changed",
            {"work": ONE, "franchise": SERIES, "others": (FORMER,), "fields": FACTS[4:5]},
            "「甲」: 「丁」から「丙」に移動",
        ),
        (
            "work_changed",
            {"work": ONE, "fields": FACTS[3:4]},
            "「甲」: タグ(追加: 宇宙。削除: 音楽)",
        ),
        (
            "relation_came",
            {"relation": ChangedRelation(ONE, OTHER, "side_story")},
            "「乙」は「甲」から見て外伝",
        ),
        (
            "franchise_merged",
            {"franchise": SERIES, "others": (FORMER,)},
            "「丁」は「丙」の一部になりました",
        ),
    ],
)
def test_a_change_is_told_as_it_happened(
    kind: ChangeKind, fields: dict[str, object], text: str
) -> None:
    assert change_text(change(kind, **fields), JAPANESE) == text


def test_of_many_facts_the_rest_is_counted() -> None:
    many = change("work_changed", work=ONE, fields=FACTS[:1] * 7)
    assert change_text(many, JAPANESE).endswith("、ほか2件")
