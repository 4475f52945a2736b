"""Why a work is a member of a franchise: its strongest relation to the nearest fellow."""

from uuid import UUID

import pytest

from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.franchise.reasons import MembershipRelation, membership_relations
from kensho.domain.relations import RelationKind
from kensho.domain.works import Role
from kensho.read_model.wording import belonging
from tests.support.small_franchises import number, relation, work

SERIES = work("a", "Naruto", "2002-10-03")
LATER = work("b", "Naruto Shippuuden", "2007-02-15")
FILM = work("f", "Naruto Shippuuden Film", "2008-08-02", type="movie")
RECAP = work("r", "Naruto Shippuuden Recap", "2008-08-01", type="special")


def said(
    works: list[FranchiseWork], relations: list[Relation], **roles: Role
) -> dict[UUID, MembershipRelation]:
    members = [Member(one.id, roles.get(chr(one.id.int), "main"), ()) for one in works]
    return membership_relations(members, {one.id: one for one in works}, relations)


def test_a_known_kind_says_more_than_an_unknown_one() -> None:
    found = said([SERIES, LATER, FILM], [relation("af"), relation("bf", "side_story")])
    assert found[FILM.id].fellow == LATER.id
    assert found[FILM.id].kind == "side_story"


def test_what_a_work_is_to_another_says_more_than_what_that_is_to_it() -> None:
    found = said([SERIES, LATER, FILM], [relation("ab", "sequel"), relation("bf", "sequel")])
    assert (found[LATER.id].fellow, found[LATER.id].kind) == (SERIES.id, "sequel")


def test_of_unknown_kinds_the_fellow_whose_title_goes_on_is_nearest() -> None:
    found = said([SERIES, LATER, FILM], [relation("af"), relation("bf")])
    assert found[FILM.id].fellow == LATER.id


def test_a_recap_explains_nothing_where_another_work_does() -> None:
    relations = [relation("rf", "sequel"), relation("af")]
    assert said([SERIES, RECAP, FILM], relations, r="summary")[FILM.id].fellow == SERIES.id
    assert said([SERIES, RECAP, FILM], relations[:1], r="summary")[FILM.id].fellow == RECAP.id


def test_the_root_needs_no_reason() -> None:
    assert number("a") not in said([SERIES, LATER], [relation("ab", "sequel")])


@pytest.mark.parametrize(
    ("role", "kind", "text"),
    [
        ("main", "sequel", "the sequel of Naruto"),
        ("film", "related", "a film listed with Naruto"),
        ("music", "other", "a song listed with Naruto"),
    ],
)
def test_a_reason_is_one_line(role: Role, kind: RelationKind, text: str) -> None:
    assert belonging(role, kind, "Naruto") == text


def test_what_is_only_announced_explains_nothing_that_is_out() -> None:
    announced = work("n", "Naruto New", "", is_upcoming=True)
    relations = [relation("nb", "alternative_version"), relation("ab")]
    assert said([SERIES, LATER, announced], relations)[LATER.id].fellow == SERIES.id


def test_a_film_is_not_called_the_parent_of_its_extras() -> None:
    extra = work("e", "Naruto Extra", "2008-09", type="special", episodes=1, duration_s=180)
    relations = [relation("fe", "side_story"), relation("af")]
    found = said([SERIES, FILM, extra], relations)
    assert found[FILM.id].fellow == SERIES.id
    assert found[extra.id].fellow == FILM.id
