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
