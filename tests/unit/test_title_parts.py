import pytest

from kensho.domain.title_parts import ParsedTitle, TitleParts, marker, parsed
from kensho.domain.titles import folded


def read(title: str) -> ParsedTitle:
    return parsed(folded(title))


@pytest.mark.parametrize(
    "spelling",
    [
        "Season 2",
        "S2",
        "S02",
        "2nd Season",
        "Second Season",
        "2 Season",
        "Season II",
        "II",
        "2",
        "Dai 2 Ki",
        "Dai Ni Ki",
        "ni ki",
        "Di Er Ji",
        "第2期",
        "第二期",
        "2期",
        "二期",
        "第二季",
        "第２シーズン",
        "シーズン2",
        "2nd Series",
        "2기",
        "시즌 2",
        "2 сезон",
        "Сезон 2",
        "Saison 2",
        "Temporada 2",
        "2ª temporada",
        "Staffel 2",
        "Stagione 2",
    ],
)
def test_every_spelling_of_a_second_season_leaves_the_same_name(spelling: str) -> None:
    said = read(f"Kumo no Machi {spelling}")
    assert (said.stem, said.parts) == ("kumo no machi", TitleParts(season=2))


@pytest.mark.parametrize(
    "title",
    [
        "Mob Psycho 100",
        "86",
        "91 Days",
        "22/7",
        "Steins;Gate 0",
        "Gundam 00",
        "K",
        "X",
        "Hunter × Hunter",
        "Ranma ½",
        "Area 88",
        "2.5 Jigen no Ririsa",
        "Eyeshield 21",
        "Voltes V",
        "Lupin III",
        "Kaiju No. 8",
        "Titleword2",
        "Sukitte Ii na yo.",
        "Imouto sae Ireba Ii",
        "Special A",
        "Munto Final",
        "四季",
        "Season 2",
        "",
    ],
)
def test_a_number_that_belongs_to_the_name_stays_in_it(title: str) -> None:
    said = read(title)
    assert said.stem == said.core == said.words
    assert said.parts == TitleParts()


@pytest.mark.parametrize(
    ("title", "stem", "key"),
    [
        ("Attack on Titan Season 3 Part 2", "attack on titan", "#3~2"),
        ("86: 2nd Season Part 2", "86", "#2~2"),
        ("Eyeshield 21 Season 2", "eyeshield 21", "#2"),
        ("Mob Psycho 100 II", "mob psycho 100", "#2"),
        ("Kaguya-sama Season 2 Specials", "kaguya sama specials", "#2"),
        ("One Punch Man 2 OVA", "one punch man ova", "#2"),
        ("Spice and Wolf II: Amber Melancholy", "spice and wolf amber melancholy", "#2"),
        ("The Final Season", "the final season", ""),
        ("Shingeki no Kyojin: The Final Season", "shingeki no kyojin", "#f"),
        ("進撃の巨人 完結編", "進撃の巨人", "#f"),
        ("薬屋のひとりごと 第2期 第2クール", "薬屋のひとりごと", "#2~2"),
        ("てーきゅう3", "てーきゅう", "#3"),
        ("闇芝居 第十三期", "闇芝居", "#13"),
        ("喜羊羊 第二十二季", "喜羊羊", "#22"),
        ("Overlord IV 4th Season", "overlord", "#4"),
        ("Foo Season 1", "foo", ""),
        ("Foo Part 1", "foo", ""),
    ],
)
def test_a_marker_is_cut_out_wherever_it_stands(title: str, stem: str, key: str) -> None:
    said = read(title)
    assert (said.stem, marker(said.parts)) == (stem, key)


def test_another_number_of_the_same_slot_stays_in_the_name() -> None:
    said = read("Attack on Titan Final Season Part 3 Final Arc Part 2")
    assert (said.stem, said.parts.part) == ("attack on titan part 2", 3)


@pytest.mark.parametrize(
    ("title", "core", "parts"),
    [
        ("Naruto Movie 2", "naruto 2", TitleParts(type="movie")),
        ("劇場版 NARUTO", "naruto", TitleParts(type="movie")),
        ("映画 プリキュア", "ぷりきゅあ", TitleParts(type="movie")),
        ("Steins;Gate OVA", "steins gate", TitleParts(type="ova")),
        ("Bartender (TV)", "bartender", TitleParts(type="tv")),
        ("Movie Night Special", "night", TitleParts(type="special")),
        ("Fruits Basket (2019)", "fruits basket", TitleParts(year=2019)),
        ("Kinnikuman 2 2002", "kinnikuman", TitleParts(season=2, year=2002)),
        ("Cowboy Bebop Episode 5", "cowboy bebop", TitleParts(episode=5)),
        ("Bleach S02E05", "bleach", TitleParts(season=2, episode=5)),
        ("ハイキュー!! 第5話", "はいきゅー", TitleParts(episode=5)),
    ],
)
def test_the_core_is_the_name_without_year_type_and_episode(
    title: str, core: str, parts: TitleParts
) -> None:
    said = read(title)
    assert (said.core, said.parts) == (core, parts)


@pytest.mark.parametrize("title", ["1984", "The Movie", "劇場版", "OVA"])
def test_a_text_of_markers_alone_is_a_name(title: str) -> None:
    said = read(title)
    assert (said.core, said.parts) == (said.words, TitleParts())


def test_a_season_that_has_a_number_needs_no_word_that_it_is_the_last() -> None:
    assert marker(TitleParts(season=4, final=True)) == marker(TitleParts(season=4)) == "#4"
