import pytest

from kensho.domain import ranking
from tests.support.title_search import Catalogue, catalogue, work

TITAN = "Shingeki no Kyojin"
STORY = (
    work(
        TITAN,
        "AoT",
        "進撃の巨人",
        "진격의 거인",
        official=("Attack on Titan",),
        popularity=0.95,
        later_seasons=((2, 1), (3, 2), (4, 4)),
    ),
    work(f"{TITAN} Season 2", "Attack on Titan Season 2", popularity=0.85),
    work(f"{TITAN} Season 3", "Attack on Titan Season 3", popularity=0.85),
    work(f"{TITAN} Season 3 Part 2", popularity=0.8),
    work(f"{TITAN}: The Final Season", popularity=0.8),
    work(f"{TITAN}: The Final Season Part 2", popularity=0.7),
)
HUNTERS = (
    work("Hunter x Hunter", popularity=0.6, year=1999),
    work("Hunter x Hunter (2011)", popularity=0.9, year=2011),
    work("Hunter x Hunter Movie: Phantom Rouge", popularity=0.4, year=2013, type="movie"),
)


def best(made: Catalogue, text: str) -> str:
    return made.found(text)[0]


@pytest.mark.parametrize("typed", ["t", "ti", "tit", "titan", "on titan", "no kyo", "kyojin"])
def test_a_later_word_finds_the_title(typed: str) -> None:
    assert TITAN in Catalogue(STORY).found(typed)


def test_initials_find_main_and_official_titles_only() -> None:
    made = Catalogue(STORY)
    assert best(made, "snk") == TITAN
    assert catalogue(work("Other", "Summer of Love")).found("sol") == []
    assert catalogue(work("Other", official=["Summer of Love"])).found("sol") == ["Other"]


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("aot 2", " Season 2"),
        ("aot 3", " Season 3"),
        ("aot s3", " Season 3"),
        ("aot 3rd season", " Season 3"),
        ("aot season 3 part 2", " Season 3 Part 2"),
        ("aot final season", ": The Final Season"),
        ("aot 4", ": The Final Season"),
        ("aot final season part 2", ": The Final Season Part 2"),
        ("snk 2", " Season 2"),
        ("進撃の巨人 3", " Season 3"),
        ("진격의 거인 3기", " Season 3"),
    ],
)
def test_a_season_is_found_by_any_title_of_the_first(text: str, suffix: str) -> None:
    assert best(Catalogue(STORY), text) == TITAN + suffix


@pytest.mark.parametrize(
    ("text", "title", "episode"),
    [
        ("hunter x hunter 5", "Hunter x Hunter", 5),
        ("sky fantasy 7", "Sky Fantasy 7: Children", None),
        ("aot 2", f"{TITAN} Season 2", None),
    ],
)
def test_a_low_number_is_an_episode_where_no_title_goes_on_so(
    text: str, title: str, episode: int | None
) -> None:
    films = (work("Sky Fantasy", popularity=0.9), work("Sky Fantasy 7: Children", type="movie"))
    made = Catalogue((*STORY, *HUNTERS, *films))
    assert best(made, text) == title
    assert made.search(text).interpretations[-1].title_parts.episode == episode


@pytest.mark.parametrize(
    "text",
    [
        "Hunter x Hunter; ハンター×ハンター",
        "Hunter x Hunter (ハンター×ハンター)",
        "Hunter x Hunter aka HxH",
        "Hunter x Hunter / ハンター×ハンター / HxH",
        "HxH • Hunter x Hunter",
    ],
)
def test_two_titles_of_one_work_name_it(text: str) -> None:
    made = catalogue(
        work("Hunter x Hunter", "ハンター×ハンター", "HxH", popularity=0.5),
        work("Hunter", popularity=0.9),
        work("Hunter x Hunter: Greed Island", popularity=0.4),
    )
    assert best(made, text) == "Hunter x Hunter"


@pytest.mark.parametrize(
    "form", ["{} figure", "recommend me {}", "does {} have fillers", "{} купить", "{} どこで見れる"]
)
def test_a_title_is_found_within_talk(form: str) -> None:
    assert best(Catalogue((*STORY, *HUNTERS)), form.format(TITAN)) == TITAN


@pytest.mark.parametrize(
    "form", ["{} reddit", "watch {} online free", "what is {} about", "{} anime"]
)
@pytest.mark.parametrize("title", ["Shingeki no Kyjin", "Hunter x Huter", "Atack on Titan"])
def test_a_misspelt_title_is_found_within_talk(form: str, title: str) -> None:
    made = Catalogue((*STORY, *HUNTERS))
    assert best(made, form.format(title)) == best(made, title)


def test_a_part_of_a_title_is_found_within_talk() -> None:
    made = catalogue(work("Do You Love Your Mom and Her Two-Hit Attacks?"), work("Reddit Mom"))
    assert best(made, "do you love your mom filler list").startswith("Do You")


def test_a_short_word_of_talk_may_begin_another_one() -> None:
    made = catalogue(work("Self Portrait", popularity=0.1), work("Selfish Day", popularity=0.9))
    assert best(made, "Self Por") == "Self Portrait"


def test_a_season_within_talk_is_found() -> None:
    assert best(Catalogue(STORY), f"when will {TITAN} season 2 stream") == f"{TITAN} Season 2"


@pytest.mark.parametrize("text", ["Shingeki no Kyojin The Fnial Seasno", "attack on titan seson 2"])
def test_a_misspelt_title_is_not_cut_down_to_another_one(text: str) -> None:
    assert best(Catalogue(STORY), text) != TITAN


def test_a_year_that_only_an_extra_bears_is_that_of_the_series() -> None:
    made = catalogue(
        work("Sky Balls", popularity=0.9, year=2014),
        work("Sky Balls Extra", "Sky Balls (2014)", popularity=0.2, year=2014, type="ova"),
    )
    for text in ("Sky Balls (2014)", "sky balls 2014", "Sky.Balls.2014.S01E07.1080p.WEB.mkv"):
        assert best(made, text) == "Sky Balls"


def test_a_year_is_a_wish_where_it_is_no_word_of_the_title() -> None:
    made = Catalogue(HUNTERS)
    assert best(made, "hunter x hunter 2011") == "Hunter x Hunter (2011)"
    assert best(made, "hunter x hunter 1999") == "Hunter x Hunter"


def test_the_year_that_is_asked_for_comes_before_a_year_that_looks_like_it() -> None:
    made = Catalogue(HUNTERS)
    assert best(made, "hunter x hunter 2013") == "Hunter x Hunter Movie: Phantom Rouge"


def test_a_type_is_a_wish_where_it_is_no_word_of_the_title() -> None:
    made = catalogue(work("Kanon"), work("Kimi no Na wa.", type="movie"), work("Kimi no Na wa."))
    first, second = made.search("kimi no na wa movie").hits.entries[:2].tolist()
    assert (first, second) == (1, 2)
    assert best(Catalogue(HUNTERS), "hunter x hunter movie") == (
        "Hunter x Hunter Movie: Phantom Rouge"
    )


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("[Kumo] Shingeki no Kyojin - 05 [720p].mkv", TITAN),
        ("Shingeki.no.Kyojin.S02E05.1080p.WEB-DL.x264-KUMO.mkv", f"{TITAN} Season 2"),
        ("[Kumo] Shingeki no Kyojin S3 - 07 (1280x720 x265)", f"{TITAN} Season 3"),
    ],
)
def test_the_name_of_a_release_finds_its_work(name: str, title: str) -> None:
    made = Catalogue(STORY)
    assert best(made, name) == title
    assert made.search(name).interpretations[-1].via == "release"


@pytest.mark.parametrize(
    "name",
    [
        "[Kumo] Shingeki no Kyojin (Titans Attacking) - S02E05.mkv",
        "[Kumo] Shingeki no Kyojin | Titans S2 - 05 [720p].mkv",
        "[Kumo] 巨人們的故事 Shingeki no Kyojin S2 - 05 [720p].mkv",
        "[Kumo] Shingeki no Kyojin Season 2 + Everything Else [720p].mkv",
    ],
)
def test_a_release_with_two_names_is_found_by_one_of_them(name: str) -> None:
    made = Catalogue(STORY)
    assert best(made, name) == f"{TITAN} Season 2"


def test_a_name_behind_a_dash_is_part_of_the_title() -> None:
    made = Catalogue(
        (
            work("Mushi no Mori", popularity=0.9),
            work("Mushi no Mori: The Picture of the Wood", popularity=0.2, type="movie"),
        )
    )
    name = "[Kumo] Mushi no Mori - Picture of the Wood [720p].mkv"
    assert best(made, name) == "Mushi no Mori: The Picture of the Wood"


def test_a_year_beside_a_later_season_is_that_of_the_first() -> None:
    made = Catalogue(
        (
            work("Basket", popularity=0.5, year=2001),
            work("Basket (2019)", "Basket", popularity=0.9, year=2019, later_seasons=((2, 2),)),
            work("Basket 2nd Season", popularity=0.7, year=2020),
        )
    )
    assert best(made, "Basket (2019) - S02E05 - 1080p.mkv") == "Basket 2nd Season"


def test_an_ova_is_no_worse_than_a_special_where_a_special_is_asked_for() -> None:
    made = Catalogue(
        (
            work("Mori: Mushi no Heya", popularity=0.2, type="ova"),
            work("Mori: Mushi no Hey", popularity=0.2, type="movie"),
        )
    )
    assert best(made, "mori mushi no he special") == "Mori: Mushi no Heya"


@pytest.mark.parametrize("text", ["тфкгещ", "ㅜㅁㄱㅕㅅㅐ"])
def test_what_was_typed_on_the_wrong_keyboard_is_found_as_a_last_resort(text: str) -> None:
    assert catalogue("Naruto", "Kanon").found(text) == ["Naruto"]


def test_latin_keys_struck_for_russian_letters_find_a_russian_title() -> None:
    assert catalogue(work("Naruto", "Наруто"), "Kanon").found("yfhenj") == ["Naruto"]


@pytest.mark.parametrize("text", ["наруто", "나루토"])
def test_another_script_is_read_in_latin_letters_as_a_last_resort(text: str) -> None:
    assert best(catalogue("Naruto", "Kanon"), text) == "Naruto"
    assert best(catalogue("Naruto", work("Other", text)), text) == "Other"


def test_no_last_resort_is_tried_where_a_title_is_exact() -> None:
    assert [reading.via for reading in catalogue("Naruto").search("naruto").interpretations] == [
        "text"
    ]


def test_no_last_resort_is_tried_where_a_title_begins_with_the_text() -> None:
    made = catalogue(work("Другой", "Так"), "NFR Something")
    assert made.found("nfr") == ["NFR Something"]


def test_a_season_by_a_title_of_its_own_comes_before_one_by_sequels() -> None:
    made = catalogue(work("Sora", "Aozora", later_seasons=((2, 1),)), "Kumo Recap", "Sora Season 2")
    assert made.found("aozora 2")[:2] == ["Sora Season 2", "Kumo Recap"]


def test_a_season_of_which_only_a_part_is_known_is_that_part() -> None:
    made = catalogue(work("Sora", "Aozora"), "Sora Season 2 Part 2", "Sora Season 3")
    assert made.scores("aozora 2")["Sora Season 2 Part 2"] > ranking.BEST_INEXACT
    assert best(made, "aozora 2") == "Sora Season 2 Part 2"


def test_other_readings_come_after_the_text_itself() -> None:
    made = catalogue(work("Naruto", popularity=1.0, year=2002, type="tv"))
    as_typed = made.scores("naruto")["Naruto"]
    for text in ("naruto tv", "тфкгещ", "наруто"):
        assert made.scores(text)["Naruto"] < as_typed - 0.005


def test_a_doubled_consonant_on_a_korean_keyboard_is_two_letters() -> None:
    assert catalogue("Geek", "Kanon").found("ㅎㄸㅏ") == ["Geek"]


def test_a_season_whose_titles_have_no_letters_is_not_taken_for_another_work() -> None:
    made = catalogue(work("Sora", later_seasons=((2, 1),)), "ー", "Other Work")
    assert "Other Work" not in made.found("sora 2")


def test_no_score_is_above_one() -> None:
    made = catalogue(work("Naruto", popularity=1.0, year=2002))
    assert made.scores("[Kumo] Naruto (2002) - 05 [720p].mkv")["Naruto"] <= 1


def test_no_score_is_below_zero() -> None:
    made = catalogue(work("Qqqqqqqqqabc", year=2001))
    assert made.scores("abcdef tokubetsuhen the movie 2010")["Qqqqqqqqqabc"] >= 0


FILMS = (
    work("The Mushi of the Mori", popularity=0.3, type="movie"),
    work("Mushi: Spiders of the Mori", popularity=0.3, type="movie"),
)


@pytest.mark.parametrize(
    "text", ["mushi of the mori", "Mushi of the Mori", "the mushi of the mori"]
)
def test_a_title_is_found_without_its_article(text: str) -> None:
    assert best(Catalogue(FILMS), text) == "The Mushi of the Mori"


def test_a_title_begins_with_the_word_behind_its_article() -> None:
    made = Catalogue((*FILMS, work("Umi to Mushi of Light", popularity=0.3)))
    assert best(made, "mushi of") == "The Mushi of the Mori"


def test_a_title_without_an_article_comes_before_one_that_has_it() -> None:
    made = Catalogue((*FILMS, work("Mushi of the Mori", popularity=0.0)))
    assert best(made, "mushi of the mori") == "Mushi of the Mori"


def test_a_season_is_found_by_the_beginning_of_a_title() -> None:
    made = Catalogue(
        (
            work("Komi-san wa Hanasenai", popularity=0.9, later_seasons=((2, 1),)),
            work("Komi-san wa Hanasenai: Tsuzuki", popularity=0.5),
            work("Komichan 2", popularity=0.1),
        )
    )
    assert best(made, "komi san 2") == "Komi-san wa Hanasenai: Tsuzuki"


def test_a_main_title_with_a_season_comes_before_a_synonym_with_it() -> None:
    made = Catalogue(
        (
            work("Spies", popularity=0.9),
            work("Spies Season 2", "Spies Season 3", popularity=0.6),
            work("Spies Season 3", popularity=0.5),
            work("Agents", "Spies", popularity=0.1),
        )
    )
    assert best(made, "spies 3") == "Spies Season 3"


def test_a_part_may_be_written_as_a_letter_behind_a_season() -> None:
    assert best(Catalogue(STORY), "aot s3 p2") == f"{TITAN} Season 3 Part 2"


HEROES = (
    work("Mushi no Hiro", "mnh", "mgh", official=("My Green Hero",), popularity=0.9),
    work("Mushi no Hiro: Futari", "My Green Hero: Two of Us", popularity=0.3, type="movie"),
    work("Mushi no Hiro the Movie 3", popularity=0.3, type="movie"),
)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("mnh movie 3", "Mushi no Hiro the Movie 3"),
        ("mnh futari", "Mushi no Hiro: Futari"),
        ("mgh two of us", "Mushi no Hiro: Futari"),
    ],
)
def test_an_abbreviation_before_other_words_is_spelt_out(text: str, title: str) -> None:
    assert best(Catalogue(HEROES), text) == title


def test_what_an_abbreviation_stands_for_is_no_likeness_of_what_was_typed() -> None:
    long = "Yahari Ore no Seishun Love Come wa Machigatteiru"
    made = Catalogue((work(long, "og", popularity=0.9), work("Dog Days", popularity=0.1)))
    assert best(made, "og dayh") == "Dog Days"
    assert best(made, "og machigatteiru") == long  # a title has the words


@pytest.mark.parametrize("number", ["V", "III"])
def test_a_number_that_may_be_a_letter_is_a_season_where_a_title_says_so(number: str) -> None:
    season = {"V": 5, "III": 3}[number]
    made = Catalogue(
        (
            *(work(name, popularity=0.9) for name in ("Baki", "Kaiju No. 8", "Tsukimichi Fantasy")),
            *(
                work(f"{name} Season {season}", popularity=0.1)
                for name in ("Baki", "Kaiju No. 8", "Tsukimichi Fantasy")
            ),
            work("Macross", popularity=0.9),
            work("Macross V", popularity=0.1),
        )
    )
    for name in ("Baki", "Kaiju No. 8", "Tsukimichi Fantasy"):
        assert best(made, f"{name} {number}") == f"{name} Season {season}"
    assert best(made, "Macross V") == "Macross V"


def test_a_title_with_the_mark_of_an_episode_is_a_title_however_it_is_spelt() -> None:
    recap = "Vinland Saga Season 2 Episode 18.5: Same old story"
    made = Catalogue((work("Vinland Saga", popularity=0.9), work(recap, popularity=0.1)))
    for season in ("S2", "2nd Season", "II"):
        assert best(made, f"Vinland Saga {season} Episode 18.5: Same old story") == recap
    assert best(made, "Vinland Saga Episode 18") == "Vinland Saga"


def test_the_number_of_an_episode_is_no_season_of_that_number() -> None:
    made = Catalogue((work("呪術廻戦", popularity=0.9), work("呪術廻戦 第3期", popularity=0.5)))
    assert best(made, "呪術廻戦 #3") == "呪術廻戦"


def test_words_that_no_title_holds_may_be_lost_though_they_end_one() -> None:
    made = Catalogue(
        (work("Sword Art Online"), work("Sword Art Online Alternative", popularity=1.0))
    )
    assert best(made, "Sword Art Online (Dub)") == "Sword Art Online"


def test_a_number_that_no_episode_has_is_part_of_a_title() -> None:
    war = "Uchuu Senkan Yamato 2202"
    made = Catalogue((work("Yamato", popularity=0.9), work(war, popularity=0.1)))
    assert best(made, "yamato 2202") == war


def test_brackets_of_a_title_are_not_taken_for_those_of_a_release() -> None:
    song = "【原神】「いつかその道へ」"
    made = Catalogue((work("原神", popularity=0.9), work(song, popularity=0.1)))
    assert best(made, "【原神】「つかその道へ」") == song
    assert best(made, "【字幕组】【原神】【05】") == "原神"


def test_a_short_synonym_of_an_obscure_work_is_not_spelt_out() -> None:
    made = Catalogue(
        (work("Hoshi no Uta", "star", popularity=0.2), work("Star Ships", popularity=0.2))
    )
    assert all(
        reading.via != "abbreviation" for reading in made.search("star shi umi").interpretations
    )


def test_a_text_that_nearly_is_a_title_is_not_read_as_another_one() -> None:
    made = Catalogue((work("Girl (Onpu) Friend", popularity=0.1), work("Friend", popularity=0.9)))
    assert best(made, "Friend (Onpu) Girl") == "Girl (Onpu) Friend"


@pytest.mark.parametrize("typed", ["watch vinland saga online", "vinland saga anime"])
def test_words_that_no_title_holds_are_dropped(typed: str) -> None:
    made = Catalogue((work("Vinland Saga"), work("Vinland Saga Season 2")))
    assert best(made, typed) == "Vinland Saga"


@pytest.mark.parametrize("typed", ["Nana (TV)", "nana [tv]", "Nana ( TV )"])
def test_a_type_in_brackets_beside_a_title_is_no_part_of_it(typed: str) -> None:
    made = catalogue(
        work("Nana PV", popularity=0.6, type="special"),
        work("Nana", popularity=0.9),
        work("Nana Movie", popularity=0.5, type="movie"),
    )
    assert made.found(typed)[0] == "Nana"


def test_a_title_that_is_written_with_its_type_in_brackets_comes_first() -> None:
    made = catalogue(work("Nana", popularity=0.9), work("Nana (TV)", popularity=0.2))
    assert made.found("Nana (TV)")[0] == "Nana (TV)"
    assert made.found("Nana")[0] == "Nana"


TOWER = (
    work("Tower of Song", popularity=0.9, later_seasons=((2, 1),)),
    work("Tower of Song 2nd Season", popularity=0.8),
    work("Tower of Song Kai", popularity=0.8),
    work("Tower of Song Kaku: Outbreak", popularity=0.1),
    work("Tower of Song Episode 0: First Contact", popularity=0.1),
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("tower of song kak", "Tower of Song Kaku: Outbreak"),
        ("tower of song kal", "Tower of Song Kai"),
        ("tower of song episode 0: first con", "Tower of Song Episode 0: First Contact"),
        ("tower of song episode 0", "Tower of Song"),
        ("tower of song episode 5 dvd", "Tower of Song"),
        ("tower of song 2", "Tower of Song 2nd Season"),
    ],
)
def test_a_text_that_a_title_begins_with_means_it_before_what_is_only_like_it(
    typed: str, meant: str
) -> None:
    assert best(Catalogue(TOWER), typed) == meant


def test_a_year_in_brackets_is_no_reason_for_a_title_that_is_only_alike() -> None:
    titles = (
        work(TITAN, popularity=0.9, year=2013),
        work(f"{TITAN} Season 3", f"{TITAN} Season 3 (2018)", popularity=0.8, year=2018),
        work(f"{TITAN} 2", f"{TITAN} (2017)", popularity=0.8, year=2017),
    )
    assert best(Catalogue(titles), f"{TITAN} (2013)") == TITAN


@pytest.mark.parametrize("title", [f"{TITAN} (2013)", f"{TITAN}: The (2013)"])
def test_a_main_title_with_a_year_is_a_title_as_it_stands(title: str) -> None:
    series = work(TITAN, f"{TITAN} The", popularity=0.9, year=2013)
    film = work(title, popularity=0.2, year=2013)
    later = work("Shingeki 2", f"{TITAN} (2017)", popularity=0.2, year=2017)
    made = Catalogue((series, film, later))
    assert best(made, title) == title
    assert best(made, title.lower()) == title
    assert best(made, f"{TITAN} (2017)") == "Shingeki 2"


@pytest.mark.parametrize("typed", ["sword art online anime", "watch sword art online online free"])
def test_a_word_of_the_title_may_look_like_one_behind_it(typed: str) -> None:
    sao, anniversary = "Sword Art Online", "Sword Art Online Anime 10th Anniversary"
    made = catalogue(work(sao, popularity=0.9), work(anniversary, popularity=0.3))
    assert best(made, typed) == sao


def test_words_in_brackets_in_a_title_are_read_with_it() -> None:
    made = catalogue(work("Alone"), work("Evangelion: 1.11 You Are (Not) Alone"))
    name = "[Baws] Evangelion 1.11 - You Are (Not) Alone v2 (1080p BD HEVC FLAC) [BF42B1C8].mkv"
    assert best(made, name) == "Evangelion: 1.11 You Are (Not) Alone"


def test_of_two_titles_the_one_that_says_more_is_meant() -> None:
    made = catalogue(work("Bakemonogatari"), work("Off & Monster Season", "物语系列 第外季&第怪季"))
    name = "[ANi] Bakemonogatari / 物语系列 第外季&第怪季 - 01 [1080P][Baha][WEB-DL].mp4"
    assert best(made, name) == "Off & Monster Season"
