"""Lines of stories that were told anew, and what goes on after that."""

from collections.abc import Sequence

from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.franchise.lines import StoryLine, lines_of
from tests.support.small_franchises import relation, work

FIRST = work("a", "Yugi", "1998-04")
AGAIN = work("b", "Yugi Duel", "2000-04")
LATER = work("c", "Yugi Five", "2008-04")


def lines(works: Sequence[FranchiseWork], *said: Relation) -> dict[str, str]:
    """Return the works of each line by its title, in the order suggested."""
    retold = {r.target for r in said if r.kind == "alternative_version"}
    members = [
        Member(
            one.id,
            "alternative" if one.id in retold else "main",
            (Relation(works[0].id, one.id, "related"),) if place else (),
        )
        for place, one in enumerate(works)
    ]
    found: tuple[StoryLine, ...] = lines_of(members, {one.id: one for one in works}, said)
    return {
        f"{line.kind}: {line.title}": "".join(chr(work.int) for work in line.works)
        for line in found
    }


RETOLD = relation("ab", "alternative_version")


def test_what_follows_a_story_told_anew_is_no_part_of_the_first_telling() -> None:
    assert lines([FIRST, AGAIN, LATER], RETOLD) == {
        "story: Yugi": "a",
        "retelling: Yugi Duel": "b",
        "own: Yugi Five": "c",
    }


def test_what_follows_a_story_that_went_on_accompanies_it() -> None:
    film = work("f", "Yugi Film", "2004", type="movie", episodes=1, duration_s=5400)
    found = lines([FIRST, AGAIN, film, LATER], RETOLD, relation("af", "sequel"))
    assert found["story: Yugi"] == "afc"


def test_a_series_of_the_title_and_another_year_tells_it_anew() -> None:
    remade = work("d", "Yugi (2026)", "2026-01")
    assert lines([FIRST, remade]) == {"story: Yugi": "a", "retelling: Yugi (2026)": "d"}


def test_a_line_without_a_common_title_bears_that_of_the_root() -> None:
    clip = work("e", "Clip", "1997", type="special", episodes=1, duration_s=60)
    found = lines([work("a", "Kobito", "1998", duration_s=120), clip])
    assert set(found) == {"story: Kobito"}


def test_a_line_of_shorts_is_not_named_after_its_one_film() -> None:
    film = work("f", "Larva Island Movie", "2020", type="movie", episodes=1, duration_s=5280)
    shorts = [work(key, f"Larva {key}", "2011", duration_s=120) for key in "bcd"]
    first = work("a", "Larva", "2010", duration_s=120)
    said = [relation(f"a{key}", "sequel") for key in "bcdf"]
    assert set(lines([first, *shorts, film], *said)) == {"story: Larva"}


def test_a_line_is_not_cut_within_what_counts_its_seasons() -> None:
    seasons = [work(key, f"Adventure Time Season {n}", f"201{n}") for n, key in enumerate("abc", 1)]
    found = lines(seasons, relation("ab", "sequel"), relation("bc", "sequel"))
    assert set(found) == {"story: Adventure Time"}


def test_what_has_no_date_is_no_retelling_yet() -> None:
    announced = work("b", "Edgerunners II", "")
    assert lines([FIRST, announced], RETOLD) == {"story: Yugi": "a", "own: Edgerunners II": "b"}


def test_one_of_many_settings_that_is_called_a_version_is_another_setting() -> None:
    titles = ("Splash", "Yes", "Fresh", "Heart", "Suite", "Smile", "Idol")
    settings = [
        work(key, name, f"201{n}")
        for n, (key, name) in enumerate(zip("bcdefgh", titles, strict=True))
    ]
    said = [relation(f"a{key}", "alternative_setting") for key in "bcdefg"]
    members = [Member(FIRST.id, "main", ())]
    members += [Member(one.id, "alternative", (said[0],)) for one in settings]
    works = {one.id: one for one in (FIRST, *settings)}
    told = [*said, relation("ah", "alternative_version")]
    assert {line.kind for line in lines_of(members, works, told)} == {"story", "own"}
    few = lines_of([members[0], members[-1]], works, told)
    assert {line.kind for line in few} == {"story", "retelling"}
