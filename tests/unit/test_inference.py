import math
from importlib.resources import files

import msgspec
import pytest

from kensho.domain.inference.features import Pair, PairFacts, PairProfile, Reader, Side
from kensho.domain.inference.measures import PLACES, measured
from kensho.domain.inference.model import (
    Inference,
    MeasureTable,
    RelationModel,
    Trees,
    infer,
    judge,
)
from kensho.domain.inference.neighbourhood import RelatedPairs
from kensho.domain.relations import KINDS, Kind
from kensho.domain.works import AnimeType, Title

MODEL = msgspec.json.decode(
    (files("ingest") / "models" / "relation_kinds.json").read_bytes(), type=RelationModel
)
READER = Reader(MODEL.vocabulary)
MINUTE = 60


def work(
    title: str,
    anime_type: AnimeType,
    date: str,
    *,
    size: tuple[int, int] = (12, 24),
    says: str = "",
) -> PairProfile:
    """Return a work of `size` episodes by minutes; `says` is its synopsis."""
    episodes, minutes = size
    titles = (Title(title, "ja-Latn", "main"),)
    facts = PairFacts(title + date, titles, anime_type, date, episodes, minutes * MINUTE)
    return READER.profile(msgspec.structs.replace(facts, synopsis=says))


def told(a: PairProfile, b: PairProfile, *others: PairProfile) -> Inference | None:
    """Return what `b` is of `a`, with others related to `a`."""
    keys = [one.facts.key for one in (b, *others)]
    around = RelatedPairs((a, b, *others), [(a.facts.key, key) for key in keys])
    return infer(MODEL, around.pair(a.facts.key, b.facts.key))


def kind(a: PairProfile, b: PairProfile, *others: PairProfile) -> Kind | None:
    said = told(a, b, *others)
    return said.kind if said else None


FIRST = work("Yoake no Hakobune", "tv", "2018-04-05")
SECOND = work(
    "Yoake no Hakobune 2nd Season", "tv", "2019-10-03", says="The second season of the series."
)
RECAP = work(
    "Yoake no Hakobune Soushuuhen", "special", "2018-07-01", size=(1, 24), says="A recap episode."
)
SONG = work("Sora e", "special", "2018-05-01", size=(1, 4), says="Music video of a song by Lumi.")


def test_a_second_season_is_the_sequel() -> None:
    assert kind(FIRST, SECOND) == "sequel"


def test_read_from_the_second_season_the_first_is_the_prequel() -> None:
    assert kind(SECOND, FIRST) == "prequel"


def test_both_readings_are_equally_sure_for_the_same_reasons() -> None:
    there, back = told(FIRST, SECOND), told(SECOND, FIRST)
    assert there is not None
    assert back is not None
    assert (there.confidence, there.because) == (back.confidence, back.because)


def test_an_inference_says_why() -> None:
    said = told(FIRST, SECOND)
    assert said is not None
    assert "season 2 follows season 1" in said.because


@pytest.mark.parametrize("undated", ["first", "second", "both"])
def test_a_reason_never_counts_months_from_a_missing_date(undated: str) -> None:
    model = msgspec.structs.replace(MODEL, among=certain(MODEL.among), alone=certain(MODEL.alone))
    for form in (("tv", "tv"), ("tv", "special"), ("movie", "ova")):
        first = work("Kaze no Uta", form[0], "" if undated != "second" else "1996-06-01")
        second = work("Kaze no Uta 2", form[1], "" if undated != "first" else "1996-06-01")
        for a, b in ((first, second), (second, first)):
            around = RelatedPairs((a, b), [(a.facts.key, b.facts.key)])
            said = infer(model, around.pair(a.facts.key, b.facts.key))
            assert said is not None
            assert "months" not in said.because
            assert " after " not in said.because


def test_surroundings_without_a_date_are_no_number_of_months() -> None:
    undated = work("Yoake no Hakobune Tokubetsuhen", "tv", "")
    keys = [one.facts.key for one in (FIRST, SECOND, undated)]
    around = RelatedPairs((FIRST, SECOND, undated), [(keys[0], other) for other in keys[1:]])
    assert around.pair(keys[0], keys[1]).around["mal:a_until_main"] == -1.0
    assert around.pair(keys[0], keys[2]).around["mal:b_since"] == -1.0


def certain(table: MeasureTable) -> MeasureTable:
    """Return a table that says a kind of every pair."""
    return msgspec.structs.replace(table, thresholds=dict.fromkeys(KINDS, 0.0))


def test_a_recap_is_a_summary_and_the_series_its_full_story() -> None:
    assert kind(FIRST, RECAP) == "summary"
    assert kind(RECAP, FIRST) == "full_story"


@pytest.mark.parametrize(
    "other",
    [
        work("Yoake no Hakobune OVA", "ova", "2018-12-20", size=(1, 24)),
        work("Yoake no Hakobune Movie: Kita no Umi", "movie", "2018-12-20", size=(1, 90)),
        work("Yoake no Hakobune (2031)", "tv", "2031-04-01"),
        work("Chibi Hakobune x Hoshi no Ringo", "special", "2018-06-01", size=(1, 2)),
        SONG,
    ],
    ids=["ova", "film", "remake", "crossover short", "music video"],
)
def test_what_continues_nothing_is_never_said_to_be_a_sequel(other: PairProfile) -> None:
    assert kind(FIRST, other) not in ("sequel", "prequel")
    assert kind(other, FIRST) not in ("sequel", "prequel")


def test_the_season_tells_direction_where_dates_are_unknown() -> None:
    first = work("Yoake no Hakobune", "tv", "")
    second = work("Yoake no Hakobune 2nd Season", "tv", "", says="The second season.")
    assert kind(second, first) in ("prequel", None)
    assert kind(first, second) in ("sequel", None)


def test_a_pair_that_no_telling_provider_lists_is_left_alone() -> None:
    pages = frozenset(("mal", "livechart"))
    weak = Pair(
        Side(FIRST, lists=frozenset(("livechart",)), pages=pages), Side(SECOND, pages=pages)
    )
    listed = msgspec.structs.replace(weak.a, lists=frozenset(("mal",)))
    assert not weak.is_tellable
    assert infer(MODEL, weak) is None
    assert Pair(listed, weak.b).is_tellable


def test_pairs_stated_or_listed_by_no_teller_are_not_judged() -> None:
    a, b, c, d = (one.facts.key for one in (FIRST, SECOND, RECAP, SONG))
    pages = {key: frozenset(("mal", "livechart")) for key in (a, b, c, d)}
    lists = {(a, c): frozenset(("mal",)), (a, d): frozenset(("livechart",))}
    around = RelatedPairs(
        (FIRST, SECOND, RECAP, SONG), [(a, b), (a, c), (a, d)], [(a, b, "sequel")], lists, pages
    )
    assert [pair.b.profile for pair in around.untold()] == [RECAP]


def test_what_is_stated_of_a_pair_is_not_in_its_own_surroundings() -> None:
    a, b, c = (one.facts.key for one in (FIRST, SECOND, RECAP))
    around = RelatedPairs(
        (FIRST, SECOND, RECAP), [(a, b), (a, c)], [(a, b, "sequel"), (a, c, "summary")]
    )
    assert [one.kind for one in around.pair(a, b).a.known] == ["summary"]
    assert around.pair(a, b, frozenset((frozenset((a, c)),))).a.known == ()
    assert around.pair(a, b, None).a.known == ()


def test_a_model_without_numbers_says_nothing() -> None:
    assert infer(RelationModel(), Pair(Side(FIRST), Side(SECOND))) is None


def test_confidence_lies_between_the_measured_steps() -> None:
    steps: dict[Kind, tuple[tuple[float, float], ...]] = {"sequel": ((0.4, 0.2), (0.6, 0.4))}
    table = MeasureTable(("sequel", "other"), (), Trees(), steps, {"sequel": 0.5})
    judged = judge(table, {})
    assert judged.kind == "sequel"
    assert judged.confidence == pytest.approx(0.3)
    assert judged.is_said


def test_trees_add_up_what_their_ends_are_worth() -> None:
    trees = Trees(
        kinds=(0, 0, 1),
        branches=(1, 1, 1),
        measures=(0, 0, 0),
        limits=(2.0, 2.0, 2.0),
        first=(0, 0, 0),
        below=(1, 1, 1),
        above=(1, 1, 1),
        means=(0, 0, 0),
        leaves=(-10_000, 10_000, -5_000, 15_000, 0, 0),
    )
    table = MeasureTable(("sequel", "related"), ("gap",), trees)
    assert judge(table, {"gap": 2.0}).kind == "related"
    above = judge(table, {"gap": 2.1})
    assert above.kind == "sequel"
    assert above.odds == pytest.approx(1 / (1 + math.exp(-2.5)))


def test_what_is_none_of_the_kinds_is_not_said() -> None:
    table = MeasureTable(("related",), thresholds={"sequel": 0.0})
    assert not judge(table, {}).is_said


@pytest.mark.parametrize(
    ("early", "late", "place"),
    [
        ({"tvdb:7": 1}, {"tvdb:7": 2}, "next"),
        ({"tvdb:7": 1}, {"tvdb:7": 0}, "to_specials"),
        ({"tvdb:7": 0}, {"tvdb:7": 1}, "from_specials"),
        ({"tvdb:7": 0}, {"tvdb:7": 0}, "specials"),
        ({"tvdb:7": 1}, {"tvdb:8": 1}, "other"),
        ({"tvdb:7": 1}, {}, "only_a"),
        ({}, {}, "unknown"),
    ],
)
def test_databases_of_television_tell_seasons_from_specials(
    early: dict[str, int], late: dict[str, int], place: str
) -> None:
    a, b = (
        READER.profile(msgspec.structs.replace(one.facts, seasons=seasons))
        for one, seasons in ((FIRST, early), (SECOND, late))
    )
    assert PLACES[int(measured(Pair(Side(a), Side(b)))["tvdb"])] == place


def test_circles_are_drawn_by_provider_and_alike_from_both_ends() -> None:
    a, b, c = (one.facts.key for one in (FIRST, SECOND, RECAP))
    pages = {key: frozenset(("mal", "anilist")) for key in (a, b, c)}
    lists = {(a, b): frozenset(("mal", "anilist")), (c, b): frozenset(("mal",))}
    around = RelatedPairs((FIRST, SECOND, RECAP), [(a, b), (b, c)], (), lists, pages)
    there, back = around.pair(a, b).around, around.pair(b, a).around
    assert there == back
    assert there["mal:b_degree"] == 1
    assert there["anilist:b_degree"] == 0
    assert there["mal:b_between"] == 1


@pytest.mark.parametrize(
    ("title", "number"),
    [("Kaze no Uta Movie 2: Natsu", 2), ("Kaze no Uta", None), ("Kaze no Uta 1999", None)],
)
def test_films_are_numbered_apart_from_seasons(title: str, number: int | None) -> None:
    assert work(title, "movie", "2001", size=(1, 80)).number == number


@pytest.mark.parametrize(("date", "month"), [("2024-05-01", 24_292), ("2024", 24_294), ("", None)])
def test_a_date_may_be_known_in_part(date: str, month: int | None) -> None:
    assert work("Kaze no Uta", "tv", date).month == month
