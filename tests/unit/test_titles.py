# ruff: noqa: RUF001 (look-alikes are what is tested here)

import pytest

from kensho.domain.titles import folded, glued, squeezed, swallowed


def letters(text: str) -> str:
    return squeezed(folded(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NARUTO", "naruto"),
        ("ＮＡＲＵＴＯ", "Naruto"),
        ("Fate／Zero", "Fate/Zero"),
        ("Pokémon", "Pokemon"),
        ("Poke\u0301mon", "Pok\u00e9mon"),
        ("Überflieger", "uberflieger"),
        ("Weiß Kreuz", "WEISS KREUZ"),
        ("Łódź", "lodz"),
        ("Ævi", "aevi"),
        ("SPY×FAMILY", "Spy x Family"),
        ("Romeo × Juliet", "Romeo x Juliet"),
        ("Tiger & Bunny", "Tiger and Bunny"),
        ("Lucky☆Star", "Lucky Star"),
        ("Lucky★Star", "lucky ♥ star"),
        ("Re：ZERO −Starting Life−", "Re:Zero - Starting Life"),
        ("Yuru Camp△", "Yuru Camp"),
        ("K-On!", "K–On"),
        ("Don't", "Don’t"),
        ("Hell's Paradise", "Hells Paradise"),
        ("“Oshi no Ko”", '"Oshi no Ko"'),
        ("[Oshi no Ko]", "【Oshi no Ko】"),
        ("Cowboy   Bebop", " Cowboy\u3000Bebop\n"),
        ("シンゲキ", "しんげき"),
        ("ｶﾞﾝﾀﾞﾑ", "ガンダム"),
        ("ﾎﾟﾆｮ", "ぽにょ"),
        ("か\u3099", "ガ"),
        ("Волчица", "ВОЛЧИЦА"),
        ("진격의 거인", "진격의 거인"),
        ("Ⅱ", "II"),
        ("２０１１", "2011"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_two_ways_to_write_a_title_have_the_same_words(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yu-Gi-Oh!", "Yuu☆Gi☆Ō"),
        ("Yugioh", "yu gi ou"),
        ("Ookami", "Ōkami"),
        ("Ohkami", "Okami"),
        ("Shoujo", "Shōjo"),
        ("Yuuki Yuuna", "Yūki Yuna"),
        ("Kaguya-sama wo", "Kaguya sama o"),
        ("Sora no Wo to", "Sora no O to"),
        ("Stein's;Gate", "SteinsGate"),
        ("One-Punch Man", "Onepunch Man"),
    ],
)
def test_two_romanisations_of_a_title_have_the_same_letters(one: str, other: str) -> None:
    assert folded(one) != folded(other)
    assert letters(one) == letters(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mob Psycho 100", "Mob Psycho 10"),
        ("Steins;Gate 0", "Steins;Gate"),
        ("22/7", "22"),
        ("か", "が"),
        ("は", "ぱ"),
        ("Kaze", "Kaza"),
        ("Bokura", "Bakura"),
    ],
)
def test_what_tells_two_titles_apart_stays(one: str, other: str) -> None:
    assert letters(one) != letters(other)


def test_a_voicing_mark_is_no_diacritic() -> None:
    assert folded("ガンダム") == "がんだむ"
    assert folded("ポニョ") == "ぽにょ"


def test_the_vowels_of_long_i_e_and_a_stay() -> None:
    assert letters("Niisan") == "niisan"
    assert letters("Aa! Megami-sama") == "aamegamisama"


def test_an_h_between_vowels_is_a_sound_of_its_own() -> None:
    assert letters("Ohayo") == "ohayo"
    assert letters("Noh Mask") == "nomask"


def test_wo_is_a_particle_only_as_a_word_of_its_own() -> None:
    assert letters("Wolf") == "wolf"
    assert letters("Two wo Five") == "twofive"


def test_wo_alone_is_the_beginning_of_a_word() -> None:
    assert letters("wo") == "wo"


def test_a_text_of_nothing_but_ornament_keeps_it() -> None:
    assert folded("☆") == "☆"
    assert folded(" ☆ ★ ") == "☆★"
    assert folded("!!!") == "!!!"


@pytest.mark.parametrize("text", ["", " ", "\u3000\n\t"])
def test_nothing_is_left_of_nothing(text: str) -> None:
    assert folded(text) == ""
    assert squeezed(folded(text)) == ""


@pytest.mark.parametrize("words", ["w o", "woo", "wou"])
def test_letters_that_happen_to_spell_the_particle_stay(words: str) -> None:
    assert squeezed(squeezed(words)) == squeezed(words)


def test_titles_on_lines_of_their_own_are_glued_apart_from_one_another() -> None:
    lines = ["kaze wo hiku", "wo", "wo kaeru", "miru wo"]
    assert glued("\n".join(lines)) == "kaze o hiku\nwo\no kaeru\nmiru o"


def test_a_long_vowel_ends_with_its_line() -> None:
    assert list(swallowed("shoujo\noh\nhana\nuuu\nu")) == [(3, 4), (8, 9), (16, 18)]
