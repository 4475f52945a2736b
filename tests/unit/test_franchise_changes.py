"""What became of franchises, as readers would tell it."""

from uuid import UUID

from kensho.domain.deltas import Delta, FactChanges, WorkCard
from kensho.read_model.change_lists import changes_of
from kensho.read_model.change_views import Change
from kensho.read_model.change_wording import told

WORKS = [UUID(int=number) for number in range(1, 9)]
CARDS = {
    work: WorkCard(f"Work {number}", "anime", "tv", 1998, popularity=1 - number / 10)
    for number, work in enumerate(WORKS, start=1)
}


def slug(
    before: str | None, after: str | None, **roles: tuple[str | None, str | None]
) -> FactChanges:
    """Return the changes of a franchise; works are named by their numbers."""
    title: FactChanges = {"title": (before, after)} if before != after else {}
    members: FactChanges = {
        f"member:{WORKS[int(name.removeprefix('w')) - 1]}": pair for name, pair in roles.items()
    }
    return title | members


def became(**franchises: FactChanges) -> list[Change]:
    titles = {name: name.title() for name in franchises}
    delta = Delta(cards=CARDS, titles=titles, franchises=franchises)
    return [one.change for one in changes_of(delta, "1..2")]


CAME, LEFT = (None, "main"), ("main", None)


def test_a_slug_that_went_into_another_was_merged() -> None:
    [change] = became(
        gundam=slug("Gundam", "Gundam", w3=CAME, w4=CAME),
        seed=slug("Seed", None, w3=LEFT, w4=LEFT),
    )
    assert change.kind == "franchise_merged"
    assert told(change) == "Seed became part of Gundam"
    assert [one.work.title for one in change.members] == ["Work 3", "Work 4"]


def test_a_slug_that_came_out_of_another_split_off() -> None:
    [change] = became(
        fate=slug("Fate", "Fate", w3=LEFT, w4=LEFT),
        carnival=slug(None, "Carnival", w3=CAME, w4=CAME),
    )
    assert change.kind == "franchise_split"
    assert change.franchise is not None
    assert change.franchise.slug == "fate"
    assert told(change) == "Carnival split off from Fate"


def test_a_slug_of_which_few_works_were_elsewhere_is_new() -> None:
    changes = became(
        fate=slug("Fate", "Fate", w3=LEFT),
        carnival=slug(None, "Carnival", w3=CAME, w4=CAME, w5=CAME),
    )
    assert [told(one) for one in changes] == [
        "Carnival is a new franchise of 3 works: Work 3, Work 4, Work 5",
        "Fate: gone: Work 3",
    ]


def test_the_same_works_under_another_slug_were_renamed() -> None:
    [change] = became(
        hori=slug("Hori", None, w1=LEFT, w2=("side", None)),
        horimiya=slug(None, "Horimiya", w1=CAME, w2=CAME, w3=CAME),
    )
    assert told(change) == "Hori is now called Horimiya"
    assert [(one.work.title, one.old, one.new) for one in change.members] == [
        ("Work 2", "side", "main"),
        ("Work 3", None, "main"),
    ]


def test_another_title_under_the_same_slug_was_renamed_and_members_are_told_apart() -> None:
    changes = became(gundam=slug("Gundam 0079", "Gundam", w1=CAME, w2=("main", "side")))
    assert [told(one) for one in changes] == [
        "Gundam 0079 is now called Gundam",
        "Gundam: new: Work 1; Work 2 main story → side",
    ]


def test_what_became_none_and_what_came_of_nothing_is_told() -> None:
    changes = became(gone=slug("Gone", None, w1=LEFT), new=slug(None, "New", w2=CAME))
    assert [told(one) for one in changes] == [
        "New is a new franchise of 1 work: Work 2",
        "Gone is no franchise any more",
    ]


def test_the_larger_part_of_two_that_went_names_the_new_slug_and_the_other_merged() -> None:
    changes = became(
        a=slug("A", None, w1=LEFT, w2=LEFT),
        b=slug("B", None, w3=LEFT),
        c=slug(None, "C", w1=CAME, w2=CAME, w3=CAME),
    )
    assert [told(one) for one in changes] == ["B became part of C", "A is now called C"]
