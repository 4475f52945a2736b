"""What is marked in a title: the characters that the query's letters are, and no others."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kensho.search.highlights import begins, highlights
from kensho.search.keys import key_of


def marked(title: str, query: str) -> list[str]:
    return [title[first:end] for first, end in highlights(title, key_of(query))]


@pytest.mark.parametrize(
    ("title", "query", "expected"),
    [
        ("Attack on Titan", "attack on ti", ["Attack on Ti"]),
        ("Attack on Titan", "titan attack", ["Attack", "Titan"]),
        ("Attack on Titan", "aot", ["A", "o", "T"]),
        ("Monster on Ice", "on", ["on"]),
        ("Re:ZERO -Starting Life-", "rezero", ["Re:ZERO"]),
        ("SPY×FAMILY", "spy x family", ["SPY×FAMILY"]),
        ("SPY×FAMILY", "spy fam", ["SPY", "FAM"]),
        ("Yuu☆Gi☆Ō", "yugio", ["Yuu☆Gi☆Ō"]),
        ("Kiki's Delivery Service", "kikis", ["Kiki's"]),
        ("Naruto: Shippūden", "shippuuden", ["Shippūden"]),
        ("Naruto: Shippuuden", "shippuden", ["Shippuuden"]),
        ("Kimi no Uso", "kimi no", ["Kimi no"]),
        ("Kimi wo Nosete", "o nosete", ["o Nosete"]),
        ("しんげきのきょじん", "shingeki", ["しんげき"]),
        ("ｼﾝｹﾞｷﾉｷｮｼﾞﾝ", "geki", ["ｹﾞｷ"]),
        ("カウボーイビバップ", "かうぼい", ["カウボーイ"]),
        ("スケッチブック", "sketch", ["ケッチ"]),
        ("スケッチブック", "sukecchi", ["スケッチ"]),
        ("進撃の巨人", "进击", ["進撃"]),
        (
            "\uff2e\uff21\uff32\uff35\uff34\uff2f",
            "naruto",
            ["\uff2e\uff21\uff32\uff35\uff34\uff2f"],
        ),
        ("Poke\u0301mon", "pokemon", ["Poke\u0301mon"]),
        ("か\u3099くえん", "gaku", ["か\u3099く"]),
        ("Tom & Jerry", "tom and", ["Tom &"]),
        ("나루토", "나루", ["나루"]),
        ("☆", "☆", ["☆"]),
        ("Ao no Exorcist", "blue", []),
    ],
)
def test_what_matched_is_marked(title: str, query: str, expected: list[str]) -> None:
    assert marked(title, query) == expected


def test_what_is_left_of_a_misspelt_query_is_marked() -> None:
    assert "ack on Tit" in " ".join(marked("Attack on Titan", "atack on titn"))


def test_the_season_marker_is_left_out_where_it_is_spelt_otherwise() -> None:
    assert marked("Overlord II", "overlord 2") == ["Overlord"]


@pytest.mark.parametrize(
    ("title", "query", "expected"),
    [
        ("Shingeki no Kyojin", "shin", True),
        ("シンゲキ", "shin", True),
        ("Mushishi", "shi", False),
        ("Kimi no Uso", "kimi no u", True),
        ("The Wind Rises", "wind ri", True),
        ("The Wind Rises", "the wi", True),
        ("Hot Wind", "wind", False),
    ],
)
def test_a_title_begins_with_letters_and_not_with_spellings(
    title: str, query: str, *, expected: bool
) -> None:
    assert begins(title, key_of(query)) is expected


texts = st.text(st.sampled_from("aou hAwōガカﾞｶっッチゃー撃×'☆.x1") | st.characters(), max_size=20)


@given(texts, texts)
def test_spans_are_ascending_apart_and_within_the_title(title: str, query: str) -> None:
    spans = highlights(title, key_of(query))
    places = [place for span in spans for place in span]
    assert places == sorted(set(places))
    assert not places or (places[0] >= 0 and places[-1] <= len(title))


# A mark that lengthens stands behind a kana: "wーo" is no writing of anything.
bits = st.sampled_from((*"abcouh wóがか撃×'☆.", "カッチ", "きゃ", "カー", "ﾊﾞ"))


@given(st.lists(bits, max_size=20))
@example(list("wó×"))
@example(["wó", "☆"])
@example(["'", "ー"])
def test_a_title_is_marked_by_itself_from_its_first_letter_on(chosen: list[str]) -> None:
    title = "".join(chosen)
    key = key_of(title)
    spans = highlights(title, key)
    if key.plain:
        assert spans
        assert title[spans[0][0]].strip()
        assert begins(title, key)
