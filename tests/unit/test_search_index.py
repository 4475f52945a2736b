import numpy as np
import pytest

from kensho.domain import ranking
from kensho.domain.works import Title
from kensho.search.build import EntryTable, IndexEntry, TitleIndexBuilder
from kensho.search.index import TitleIndex
from kensho.search.phrases import PhraseIndex
from tests.support.title_search import Catalogue, catalogue, work

WORKS = (
    work("Kanon", "Kanon (2006)", popularity=0.4, year=2006),
    work("Hunter x Hunter", "HxH", popularity=0.6),
    work("Hunter x Hunter", "ハンター×ハンター", popularity=0.6),
    work("Ace of Titans", popularity=0.6, later_seasons=((2, 0),)),
)


def best(made: Catalogue, text: str) -> str:
    return made.found(text)[0]


def test_an_exact_title_comes_first() -> None:
    made = catalogue(work("Naruto Shippuuden", popularity=1.0), "Narutaru", "Naruto")
    assert best(made, "naruto") == "Naruto"


def test_a_title_as_it_is_written_beats_case_and_case_beats_folding() -> None:
    made = catalogue(
        work("keion-bu!", popularity=1.0),
        work("KEION-BU!", popularity=0.5),
        work("Keion-Bu!"),
        work("Kēion Bu", popularity=1.0),
    )
    assert best(made, "Keion-Bu!") == "Keion-Bu!"
    assert best(made, "KEION-BU!") == "KEION-BU!"
    assert made.found("keion-bu!")[0] == "keion-bu!"
    assert made.found("KeIoN-bU!") == ["keion-bu!", "KEION-BU!", "Keion-Bu!", "Kēion Bu"]
    assert made.found("Keion-Bu!")[-1] == "Kēion Bu"


def test_in_a_name_of_up_to_five_letters_popularity_outweighs_case() -> None:
    made = catalogue(work("Hana no Ko", "opm", popularity=0.3), work("Ichi", "OPM", popularity=0.9))
    assert made.found("opm") == ["Ichi", "Hana no Ko"]
    made = catalogue(work("kanonn", popularity=0.1), work("KANONN", popularity=1.0))
    assert made.found("kanonn") == ["kanonn", "KANONN"]


def test_who_writes_as_titles_are_written_means_the_work_of_most_of_these() -> None:
    famous = work("Star Blaze Up", popularity=1.0)
    made = catalogue(famous, work("Star Blazer", "Star Blazers", "Star Blazers II"))
    assert made.found("Star Blaz") == ["Star Blazer", "Star Blaze Up"]
    assert made.found("star blaz") == ["Star Blaze Up", "Star Blazer"]  # typed by heart
    assert made.completed("Star Blaz")[0] == "Star Blaze Up"  # so far
    assert made.found("Star")[0] == "Star Blaze Up"  # of no title nearly all
    assert made.found("Star Blaze Up")[0] == "Star Blaze Up"


def test_a_whole_word_comes_before_a_longer_one() -> None:
    made = catalogue("Home Sweet Home", "Homunculus", "Sweet Home")
    assert made.found("home") == ["Home Sweet Home", "Sweet Home"]  # and no beginning with an error


def test_a_title_that_begins_with_the_text_comes_before_one_that_has_it_later() -> None:
    made = catalogue("Hot Wind Rises", "Wind Breaker")
    assert made.found("wind") == ["Wind Breaker", "Hot Wind Rises"]


def test_one_letter_finds_itself_and_what_has_a_word_that_begins_with_it() -> None:
    made = catalogue("K", "Kanon", "Hikari", "Ao no K", "Saki", "J")
    assert made.found("k") == ["K", "Kanon", "Ao no K"]
    assert made.near("k") == []


@pytest.mark.parametrize("text", ["ka", "kan"])
def test_up_to_three_latin_letters_are_never_taken_for_others(text: str) -> None:
    made = catalogue("Kanon", "Kon", "Nakan", "Han", "Ki")
    assert made.found(text) == ["Kanon"]
    assert made.near(text) == []


def test_two_han_characters_may_have_an_error_and_one_may_not() -> None:
    made = catalogue("銀魂", "咲")
    assert made.near("金魂") == ["銀魂"]
    assert made.found("金") == made.near("金") == []


def test_one_kana_may_be_wrong_where_that_changes_half_the_romanisation() -> None:
    assert catalogue("ちか", "むし").near("ねか") == ["ちか"]


def test_a_text_in_kana_is_rather_like_a_title_in_kana_than_like_the_sound_of_another() -> None:
    made = catalogue(work("Nogizaka", popularity=1.0), work("モザイカ", popularity=0.1))
    assert made.found("モイザカ") == ["モザイカ", "Nogizaka"]
    made = catalogue(work("Shingeki no Kyojin", popularity=0.1), work("しんげき"))
    assert made.found("しんげきのきょじん")[0] == "Shingeki no Kyojin"  # equal letters are equal


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("西狠游 第季2", "狠西游 第2季"),
        ("死体 兵二季", "死体兵 第二季"),
        ("文豪野犬第季四", "文豪野犬第四季"),
        ("계헬로카 시즌3", "헬로카봇 시즌3"),
        ("raumn es1", "ramune s1"),
    ],
)
def test_a_season_with_an_error_in_its_mark_is_found_as_it_is_typed(typed: str, title: str) -> None:
    others = ("狠西游", "死体兵", "文豪野犬", "文豪野犬 第三季", "헬로카봇", "ramune")
    made = Catalogue([*(work(one, popularity=1.0) for one in others), work(title)])
    assert made.found(typed)[0] == title


def test_long_vowels_count_as_letters_where_there_is_an_error_as_well() -> None:
    assert catalogue(work("Yosaru", popularity=1.0), "Yosasou").found("yossuo")[0] == "Yosasou"


def test_of_titles_as_far_away_one_that_has_all_letters_typed_is_meant() -> None:
    made = catalogue(work("我是国王", popularity=0.6), work("我是王者", popularity=0.4))
    assert made.found("我是者王") == ["我是王者", "我是国王"]


def test_a_title_that_goes_on_as_typed_comes_before_one_that_lacks_the_last_word() -> None:
    made = catalogue(work("Tokyo Babylon", popularity=1.0), "Tokyo Babylon: Vision")
    assert made.found("tokyo babylon v") == ["Tokyo Babylon: Vision", "Tokyo Babylon"]
    assert made.found("tokyo babylonn")[0] == "Tokyo Babylon"


def test_a_short_text_with_an_error_is_no_beginning_of_a_longer_title() -> None:
    made = catalogue(work("Macross Frontier", popularity=1.0), work("Upapuro", popularity=0.0))
    assert made.found("mapuro")[0] == "Upapuro"


def test_where_a_word_only_begins_with_the_text_fame_says_nothing() -> None:
    made = catalogue(work("Sword Art Onrain", popularity=1.0), work("Konra", popularity=0.2))
    assert made.found("onra") == ["Konra", "Sword Art Onrain"]
    assert made.found("onrain")[0] == made.found("art onra")[0] == "Sword Art Onrain"


@pytest.mark.parametrize("text", ["cge", "age", "cae"])
def test_of_three_letters_that_no_title_has_one_may_have_been_left_out(text: str) -> None:
    assert catalogue("Cage", "Cagelings").found(text) == ["Cage"]
    assert catalogue("Cage", f"{text}zz").found(text) == [f"{text}zz"]


def test_titles_that_part_at_the_last_letter_typed_are_told_apart() -> None:
    text = "kumonomachitomushinomori"
    made = Catalogue([work(f"{text[:size]}zz") for size in range(len(text))])
    index = PhraseIndex(made.packed.arrays, made.packed.blobs)
    for size in range(1, len(text)):
        entries = {made.entry_of(row) for row in index.positions(text[:size]).rows.tolist()}
        assert entries == set(range(size, len(text)))


def test_a_run_of_han_characters_is_found_wherever_it_stands() -> None:
    made = catalogue("進撃の巨人", "鋼の錬金術師")
    assert made.found("巨人") == ["進撃の巨人"]
    assert made.found("錬金") == ["鋼の錬金術師"]


@pytest.mark.parametrize("text", ["nauto", "anruto", "naruro", "narutoo", "NARRUTO"])
def test_an_error_in_typing_is_forgiven(text: str) -> None:
    assert best(catalogue("Naruto", "Bleach", "Kanon"), text) == "Naruto"


def test_digits_are_not_fuzzed_away() -> None:
    made = catalogue("Area 89", "Area 88", "Mob Psycho 100", "Mob Psycho 200")
    assert best(made, "Area 88") == "Area 88"
    assert made.found("Mob Psycho 200")[0] == "Mob Psycho 200"
    scores = made.scores("mob psycho 300")
    assert scores["Mob Psycho 100"] == scores["Mob Psycho 200"] < ranking.BEST_INEXACT - 0.1


def test_of_two_seasons_the_first_comes_first_where_none_was_asked_for() -> None:
    made = catalogue("Overlord III", "Overlord II", "Overlord")
    assert made.found("overlord")[0] == "Overlord"
    assert made.found("overlrod")[0] == "Overlord"


def test_an_error_in_the_name_does_not_lose_the_season() -> None:
    made = catalogue("Overlord", "Overlord II", "Overlord III")
    assert best(made, "overlrod 2nd season") == "Overlord II"


def test_the_better_known_comes_first_of_two_that_are_equally_near() -> None:
    made = catalogue("Kanon", work("Kanon", popularity=0.9), "Kanan")
    assert made.found("kanom")[0] == "Kanon"


def test_a_main_title_comes_before_a_synonym() -> None:
    made = catalogue(work("Other", "Kanon"), work("Kanon"))
    assert made.found("kanon") == ["Kanon", "Other"]
    assert made.found("kano") == ["Kanon", "Other"]


def test_a_row_is_of_the_best_kind_among_its_titles() -> None:
    made = catalogue(work("Kanon", "KANON", "kanon!"), "Kanon")
    assert made.search("kano").hits.entries.tolist() == [0, 1]
    one, other = made.search("kano").hits.scores.tolist()
    assert one == other


def test_fame_and_kind_do_not_overturn_an_exact_title() -> None:
    made = catalogue(work("Kanon!", popularity=1.0), work("Unknown", "Kanon", popularity=0.0))
    assert made.found("Kanon")[0] == "Unknown"


def test_the_same_words_in_another_order_find_the_title() -> None:
    assert best(catalogue("Attack on Titan", "Titan Maximum"), "titan attack on") == (
        "Attack on Titan"
    )


def test_a_work_is_one_hit_by_its_best_title() -> None:
    made = catalogue(work("Naruto", "NARUTO", "Naruto!", "Narutoo", "ナルト"), "Naruto Shippuuden")
    found = made.search("ナルト")
    assert found.hits.entries.tolist() == [0, 1]
    assert made.index.title(int(found.hits.rows[0]), found.interpretations[0]) == "ナルト"


def test_what_is_too_far_off_is_a_suggestion_and_no_hit() -> None:
    made = catalogue("Naruto", "Kanon")
    assert made.found("narxyz") == []
    assert made.near("narxyz") == ["Naruto"]


def test_a_hopeless_text_finds_nothing() -> None:
    made = catalogue("Naruto", "Kanon")
    for text in ("", "   ", "qqqqqq", "🦊"):
        assert made.found(text) == made.near(text) == []


def test_however_many_titles_begin_with_a_text_all_are_found_the_best_known_first() -> None:
    count = 700
    made = Catalogue([work(f"Kumo {n:03}", popularity=n / count) for n in range(count)])
    for text in ("k", "ku", "kumo"):
        hits = made.search(text).hits.entries.tolist()
        assert hits == list(range(count))[::-1]


def test_the_same_titles_give_the_same_index_and_the_same_hits() -> None:
    one, other = Catalogue(WORKS), Catalogue(WORKS)
    assert one.packed.blobs == other.packed.blobs
    for name, array in one.packed.arrays.items():
        assert array.tobytes() == other.packed.arrays[name].tobytes()
    for text in ("aot", "hunter", "kanno", "k"):
        assert one.scores(text) == other.scores(text)
        assert one.found(text) == one.found(text) == other.found(text)


def test_works_that_became_one_entry_are_found_by_the_titles_of_both() -> None:
    build = TitleIndexBuilder()
    build.add(IndexEntry((Title("Kimi no Na wa.", kind="main"),), "tv", 2016))
    build.add(IndexEntry((Title("Your Name.", kind="main"),), "movie", 2017))
    packed = build.packed(EntryTable(numbers=[0, 0], popularity=[0.5], later_seasons=[[]]))
    index = TitleIndex(packed.arrays, packed.blobs)
    for text in ("kimi no na wa", "your name", "your name 2016"):
        assert index.search(text).hits.entries.tolist() == [0]
    first, second = (index.search(f"your name {year}").hits.scores[0] for year in (2016, 2017))
    assert first > second


@pytest.mark.parametrize("is_compiled", [False, True])
def test_a_season_without_a_row_is_never_a_hit(is_compiled: bool) -> None:
    """A title without letters has no row; a hit without one read memory that is no row's."""
    made = catalogue(work("Mushi", later_seasons=((2, 1), (3, 2))), "\u200b", "Hachi")
    assert 1 not in made.packed.arrays["row_entry"]
    index = TitleIndex(made.packed.arrays, made.packed.blobs, is_compiled=is_compiled)
    for text in ("mushi 2", "mushi 3", "mushi season 2"):
        found = index.search(text)
        for hits in (found.hits, found.near_misses):
            assert 1 not in hits.entries
            assert hits.entries.tolist() == made.packed.arrays["row_entry"][hits.rows].tolist()
            assert np.all(hits.rows >= 0)
    assert made.found("mushi 3")[0] == "Hachi"


def test_the_letters_wo_find_the_words_that_begin_with_them() -> None:
    assert catalogue("Wolf's Rain", "One Piece").found("wo")[0] == "Wolf's Rain"


@pytest.mark.parametrize("titles", [(), ("K",)], ids=["no titles", "no grams"])
def test_an_index_of_next_to_nothing_answers_too(titles: tuple[str, ...]) -> None:
    assert catalogue(*titles).found("naruto") == []


def test_half_a_well_known_title_comes_before_most_of_a_lesser_one() -> None:
    made = catalogue(work("Steins;Gate", popularity=0.94), work("Steins", popularity=0.4))
    assert made.found("stein") == ["Steins;Gate", "Steins"]
    assert made.found("steins") == ["Steins", "Steins;Gate"]


def test_while_a_text_is_typed_a_famous_title_that_begins_so_comes_before_a_lesser_whole_one() -> (
    None
):
    made = catalogue(
        work("Fate", popularity=0.5),
        work("Fate/stay night", popularity=0.9),
        work("Naruto", popularity=0.9),
        work("Naruto: Shippuuden", popularity=0.7),
    )
    assert made.found("fate")[0] == "Fate"
    assert made.completed("fate")[0] == "Fate/stay night"
    assert made.completed("naruto")[0] == "Naruto"


def test_initials_are_rather_those_of_a_name_that_several_works_bear() -> None:
    made = catalogue(
        work("Last of the Renegades", popularity=0.6),
        work("Lord of the Rings", popularity=0.5),
        work("Lord of the Rings: The Two Towers", popularity=0.4),
        work("Lord of the Rings: The Return of the King", popularity=0.4),
    )
    assert made.found("lotr")[:2] == ["Lord of the Rings", "Last of the Renegades"]
