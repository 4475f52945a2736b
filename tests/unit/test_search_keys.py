import pytest

from kensho.domain.title_parts import TitleParts
from kensho.search.keys import (
    MAX_LETTERS,
    acronym_of,
    folded,
    key_of,
    key_with,
    letters_of,
    season_code,
    weight_of,
)
from kensho.search.symspell import edits_of


def letters(text: str) -> str:
    return key_of(text).letters


def plain(text: str) -> str:
    return key_of(text).plain


@pytest.mark.parametrize(
    "spelling",
    ["Overlord 2", "overlord 2nd season", "OVERLORD S2", "Overlord Season 2", "Overlord 第2期"],
)
def test_every_spelling_of_a_season_ends_in_the_same_letters(spelling: str) -> None:
    assert letters(spelling) == letters("Overlord II") == "overlord#2"


def test_seasons_meet_in_every_script() -> None:
    assert letters("オーバーロード 第2期") == letters("オーバーロードⅡ") == letters("Obarodo S2")
    assert letters("진격의 거인 2기") == letters("진격의 거인 시즌 2")
    assert letters("鬼滅の刃 第二季") == letters("鬼滅の刃 2")


def test_the_first_season_is_the_name_itself() -> None:
    assert letters("Overlord Season 1") == letters("Overlord") == "overlord"


def test_parts_and_the_final_season_have_marks_of_their_own() -> None:
    assert letters("Titan Season 3 Part 2") == "titan#3~2"
    assert letters("Titan 2nd cour") == "titan~2"
    assert letters("Titan: The Final Season") == letters("Titan Final Season") == "titan#f"


def test_a_number_that_is_part_of_the_name_is_no_season() -> None:
    assert letters("Mob Psycho 100") == "mobpsycho100"
    assert letters("Mob Psycho 100 II") == "mobpsycho100#2"
    assert letters("Area 88") == "area88"


def test_a_key_keeps_the_text_as_it_is_typed_beside_the_season_that_it_means() -> None:
    key = key_of("Overlord 2nd Season")
    assert (key.plain, key.base, key.letters) == ("overlord2ndseason", "overlord", "overlord#2")
    assert key.parsed.parts == TitleParts(season=2)


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("しんげき", "shingeki"),
        ("シンゲキ", "shingeki"),
        ("ｼﾝｹﾞｷ", "shingeki"),
        ("おおかみ", "ōkami"),
        ("がっこう", "Gakkou"),
        ("ちはやふる", "Chihayafuru"),
        ("きゃりー", "kyari"),
        ("ポニョ", "Ponyo"),
        ("ナルト", "Naruto"),
        ("かぜを ひく", "kaze wo hiku"),
    ],
)
def test_kana_meets_its_romanisation(kana: str, latin: str) -> None:
    assert letters(kana) == letters(latin)


@pytest.mark.parametrize(
    "spelling", ["進撃", "进击", "進擊"], ids=["Japanese", "simplified", "traditional"]
)
def test_han_variants_meet(spelling: str) -> None:
    assert letters(spelling) == letters("进击")


def test_more_han_variants_meet() -> None:
    assert letters("鬼滅之刃") == letters("鬼灭之刃")
    assert letters("剣風") == letters("劍風") == letters("剑风")
    assert letters("竜") == letters("龍") == letters("龙")


@pytest.mark.parametrize(("one", "other"), [("敘事", "叙事"), ("滬", "沪"), ("戱", "戯")])
def test_han_variants_of_variants_meet(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_hangul_syllables_meet_their_jamo() -> None:
    assert letters("진격의 거인") == letters("진격의 거인")


@pytest.mark.parametrize("typed", ["ㅈ", "지", "진", "진ㄱ", "진겨", "진격", "진격ㅇ", "진격의"])
def test_half_typed_hangul_begins_the_title(typed: str) -> None:
    assert plain("진격의 거인").startswith(plain(typed))


@pytest.mark.parametrize("typed", ["し", "しん", "しんg", "しんげ", "しんげk"])
def test_half_typed_kana_begins_the_title(typed: str) -> None:
    assert plain("しんげきのきょじん").startswith(plain(typed))


def test_the_first_kana_of_two_that_are_read_as_one_does_not_begin_the_title() -> None:
    assert not plain("きょじん").startswith(plain("き"))
    assert plain("きょじん").startswith(plain("きょ"))


def test_kanji_are_not_read_aloud() -> None:
    assert letters("進撃の巨人") != letters("Shingeki no Kyojin")


def test_loan_words_in_katakana_do_not_meet_english() -> None:
    assert letters("オーバーロード") == "obarodo" != letters("Overlord")
    assert letters("タイタン") != letters("Titan")


def test_other_scripts_are_not_read_in_latin_letters() -> None:
    assert letters("Наруто") != letters("나루토") != letters("Naruto")


def test_native_letters_count_kana_and_syllables_one_by_one() -> None:
    assert key_of("シンゲキ").native == "しんげき"
    assert key_of("나루토").native == "나루토"
    assert key_of("Naruto").native == "naruto"


def test_a_title_of_a_long_mark_alone_has_letters() -> None:
    assert letters_of(folded("ー"))


def test_long_texts_are_cut_and_keep_their_season() -> None:
    key = key_of("kumo " * 120 + "Season 2")
    assert len(key.plain) == MAX_LETTERS
    assert len(key.letters) <= MAX_LETTERS
    assert key.letters.endswith("#2")


def test_a_season_that_is_known_from_elsewhere_reads_as_one_that_was_typed() -> None:
    assert key_with("overlord", TitleParts(season=2)).letters == letters("Overlord II")
    assert key_with("overlord", TitleParts()).letters == letters("Overlord")


def test_han_kana_and_syllables_weigh_as_two_letters() -> None:
    assert weight_of("naruto") == 6
    assert weight_of("進撃") == weight_of("なる") == weight_of("나루") == 4
    assert weight_of("наруто") == 6


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        ("nar", 0),
        ("kino", 1),
        ("kanon", 2),
        ("tenletters", 2),
        ("twelveletter", 2),
        ("thirteenchars", 0),
        ("君", 0),
        ("進撃", 1),
        ("進撃の", 1),
        ("進撃の巨", 2),
    ],
)
def test_the_more_a_text_tells_the_more_errors_are_looked_for(text: str, edits: int) -> None:
    assert edits_of(text) == edits


def test_initials_are_those_of_three_to_eight_latin_words() -> None:
    assert acronym_of("shingeki no kyojin") == "snk"
    assert acronym_of("kanon") is None
    assert acronym_of("attack titan") is None
    assert acronym_of("a b c d e f g h i") is None
    assert acronym_of("進撃 の 巨人") is None


def test_seasons_have_numbers_in_their_order_and_parts_between_them() -> None:
    said = (
        TitleParts(),
        TitleParts(season=2),
        TitleParts(season=3),
        TitleParts(season=3, part=2),
        TitleParts(season=4),
        TitleParts(final=True),
    )
    codes = [season_code(slots) for slots in said]
    assert codes == sorted(set(codes))
