"""Retellings against a slow oracle that walks the stories."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.inference.retellings import Retellings
from kensho.domain.relations import Kind

WORKS = [UUID(int=number) for number in range(7)]
KINDS: tuple[Kind, ...] = ("sequel", "prequel", "alternative_version", "side_story", "related")


def story(work: UUID, stated: list[tuple[UUID, UUID, Kind]]) -> set[UUID]:
    found, last = {work}, 0
    while len(found) != last:
        last = len(found)
        for one, other, kind in stated:
            if kind in ("sequel", "prequel") and found & {one, other}:
                found |= {one, other}
    return found


@given(
    st.lists(
        st.tuples(st.sampled_from(WORKS), st.sampled_from(WORKS), st.sampled_from(KINDS)),
        max_size=12,
    ),
    st.sampled_from(WORKS),
    st.sampled_from(WORKS),
)
def test_stories_are_apart_if_one_tells_the_other_again(
    stated: list[tuple[UUID, UUID, Kind]], one: UUID, other: UUID
) -> None:
    mine, theirs = story(one, stated), story(other, stated)
    again = any(
        kind == "alternative_version"
        and ((a in mine and b in theirs) or (a in theirs and b in mine))
        for a, b, kind in stated
    )
    assert Retellings(stated).tell_apart(one, other) == (again and other not in mine)
    assert Retellings(reversed(stated)).tell_apart(other, one) == (again and other not in mine)
