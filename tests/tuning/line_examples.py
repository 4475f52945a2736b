"""Examples of single rules of lines, of what is optional in them, and of promotions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.franchise.lines import StoryLine, lines_of
from kensho.domain.watch_order.optional import optional_works
from kensho.domain.works import Role
from tests.support.catalogue import RealCatalogue
from tests.support.small_franchises import grown, number, relation, work

CATALOGUES = tuple(f"{name}:1" for name in "abcdefghij")


def line_rules(_: RealCatalogue) -> dict[str, Any]:
    """Return what each rule makes of a row of cases."""
    return {
        "leads": leads_of_retellings(),
        "titles": titles_by_share(),
        "words": titles_by_words(),
        "remade": years_of_remakes(),
        "tellings": kinds_of_tellings(),
        "spin-offs": popularity_of_spin_offs(),
        "listed": catalogues_of_side_stories(),
        "promotions": seconds_of_promotions(),
    }


def _lines(works: Sequence[FranchiseWork], role: Role, *said: Relation) -> tuple[StoryLine, ...]:
    """Return the lines of works of which all but the first have a role."""
    return lines_of(_members(works, role), {one.id: one for one in works}, said)


def _members(works: Sequence[FranchiseWork], role: Role) -> list[Member]:
    first, *others = works
    because = (Relation(first.id, first.id, "related"),)
    return [Member(first.id, "main", ()), *(Member(one.id, role, because) for one in others)]


def leads_of_retellings() -> list[int]:
    """Return the leads, in hundredths, with which a retelling comes first."""
    found: list[int] = []
    for lead in range(12):
        again = work("b", "Kitarou", "2018", own_popularity=0.5 + lead / 100 + 0.005)
        told = relation("ab", "alternative_version")
        lines = _lines([work("a", "Kitarou Yawa", "1985"), again], "alternative", told)
        found += [lead] if lines[0].works == (again.id,) else []
    return found


def titles_by_share() -> list[str]:
    """Return what a line is called of which so many of ten works have a name."""
    found: list[str] = []
    for many in range(1, 11):
        works = [work(n, "Gundam SEED" if n < many else f"Astray {n}", f"{2000 + n}")
                 for n in range(10)]  # fmt: skip
        works[0] = msgspec.structs.replace(works[0], titles=("Gundam SEED Destiny",))
        said = [Relation(number(n), number(n + 1), "sequel") for n in range(9)]
        popular = msgspec.structs.replace(works[0], popularity=0.9)
        found.append(_lines([popular, *works[1:]], "main", *said)[0].title)
    return found


def titles_by_words() -> list[str]:
    """Return what a line is called whose works have so many words in common."""
    found: list[str] = []
    for many in range(1, 7):
        common = " ".join(["code", "geass", "boukoku", "no", "akito", "yon"][:many])
        works = [work(n, f"{common} {n}th of Many", f"{2000 + n}") for n in range(4)]
        said = [Relation(number(n), number(n + 1), "sequel") for n in range(3)]
        found.append(_lines(works, "main", *said)[0].title)
    return found


def years_of_remakes() -> list[int]:
    """Return after how many years a series of one title tells another anew."""
    return [
        years
        for years in range(8)
        if len(_lines([work("a", "Kitarou", "2001"), work("b", "Kitarou", f"{2001 + years}")],
                      "main")) > 1
    ]  # fmt: skip


def kinds_of_tellings() -> list[str]:
    """Return what so many lines are that tell the story of the first anew."""
    found: list[str] = []
    for many in range(1, 10):
        works = [work(n, f"Kitarou {'abcdefghij'[n]}", f"{2000 + n}") for n in range(many + 1)]
        said = [Relation(number(0), one.id, "alternative_version") for one in works[1:]]
        found.append(_lines(works, "alternative", *said)[-1].kind)
    return found


def popularity_of_spin_offs() -> list[int]:
    """Return the hundredths of the root's popularity with which a spin-off is needed."""
    root = work("a", "Kitarou", "2001", popularity=1.0)
    return [
        share
        for share in range(40, 101, 5)
        if not _skipped([root, work("b", "Neko", "2004", popularity=share / 100)], "spin_off")
    ]


def catalogues_of_side_stories() -> list[int]:
    """Return by how many catalogues a side story is listed that is no double, of ten."""
    root = work("a", "Kitarou", "2001", sources=CATALOGUES)
    return [
        many
        for many in range(1, 11)
        if not _skipped(
            [root, work("b", "Kitarou OVA", "2004", type="ova", sources=CATALOGUES[:many])], "side"
        )
    ]


def _skipped(works: Sequence[FranchiseWork], role: Role) -> set[UUID]:
    by_id = {one.id: one for one in works}
    return optional_works(_members(works, role), by_id, (), _lines(works, role))


def seconds_of_promotions() -> list[int]:
    """Return how long works run that are promotions, as they are tagged so."""
    found: list[int] = []
    for seconds in range(60, 1500, 120):
        tagged = work("b", "Kitarou Special", type="special", episodes=1, duration_s=seconds,
                      is_promotion=True)  # fmt: skip
        (one,) = grown([work("a", "Kitarou"), tagged], [relation("ab")])
        found += [seconds for member in one.members if member.role == "promotion"]
    return found
