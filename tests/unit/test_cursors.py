"""Cursors: signed, bound to their query, and good across changes of the list."""

import uuid
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.discovery.cursors import MAX_CHARS, Cursors, OrderedList, Position
from kensho.errors import InvalidInputError
from kensho.platform.secret_values import Secret

CURSORS = Cursors(Secret("a secret of tests"))


def ordered(nodes: Sequence[int], identity: str = "1-a") -> OrderedList:
    return OrderedList(nodes, identity, lambda node: uuid.UUID(int=node), lambda work: work.int)


def test_a_list_is_read_to_its_end() -> None:
    first = CURSORS.cut(ordered(range(5)), "q", None, 2)
    second = CURSORS.cut(ordered(range(5)), "q", first.next_cursor, 2)
    third = CURSORS.cut(ordered(range(5)), "q", second.next_cursor, 2)
    assert [first.nodes, second.nodes, third.nodes] == [[0, 1], [2, 3], [4]]
    assert [part.total for part in (first, second, third)] == [5, 5, 5]
    assert third.next_cursor is None


def test_a_last_page_that_is_full_ends_the_list() -> None:
    assert CURSORS.cut(ordered(range(2)), "q", None, 2).next_cursor is None


def test_an_empty_list_has_no_next() -> None:
    assert CURSORS.cut(ordered([]), "q", None, 2).next_cursor is None


def test_after_a_change_the_list_goes_on_behind_the_last_item_seen() -> None:
    cursor = CURSORS.cut(ordered([1, 2, 3, 4]), "q", None, 2).next_cursor
    assert CURSORS.cut(ordered([9, 1, 8, 2, 3, 4], identity="2-a"), "q", cursor, 9).nodes == [3, 4]


def test_a_cursor_of_the_same_revision_of_another_store_is_no_place_in_this_one() -> None:
    cursor = CURSORS.cut(ordered([1, 2, 3, 4], "2-a"), "q", None, 2).next_cursor
    assert CURSORS.cut(ordered([2, 1, 3, 4], "2-b"), "q", cursor, 9).nodes == [1, 3, 4]


def test_where_the_last_item_is_gone_the_list_goes_on_at_its_place() -> None:
    cursor = CURSORS.cut(ordered([1, 2, 3, 4]), "q", None, 2).next_cursor
    assert CURSORS.cut(ordered([1, 3, 4], identity="2-a"), "q", cursor, 9).nodes == [4]


def test_where_the_list_has_shrunk_below_its_place_nothing_is_left() -> None:
    cursor = CURSORS.cut(ordered([1, 2, 3]), "q", None, 2).next_cursor
    part = CURSORS.cut(ordered([5], identity="2-a"), "q", cursor, 9)
    assert (part.nodes, part.next_cursor, part.total) == ([], None, 1)


def test_another_query_refuses_it() -> None:
    cursor = CURSORS.cut(ordered(range(5)), "tag=a", None, 2).next_cursor
    with pytest.raises(InvalidInputError, match="another query"):
        CURSORS.cut(ordered(range(5)), "tag=b", cursor, 2)


def test_another_secret_refuses_it() -> None:
    cursor = CURSORS.write(Position("q", "1-a", 2, uuid.UUID(int=3)))
    with pytest.raises(InvalidInputError):
        Cursors(Secret("another secret of tests")).read(cursor, "q")


@given(st.text())
def test_what_was_not_written_here_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        CURSORS.read(text, "q")


@given(st.data())
def test_a_single_changed_character_is_found_out(data: st.DataObject) -> None:
    cursor = CURSORS.write(Position("q", "7-a", 2, uuid.UUID(int=3)))
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda c: c != cursor[place]))
    forged = cursor[:place] + other + cursor[place + 1 :]
    try:
        assert CURSORS.read(forged, "q") == Position(
            "q", "7-a", 2, uuid.UUID(int=3)
        )  # spare bits of base64's last character
        assert place == len(cursor) - 1
    except InvalidInputError:
        pass


def test_a_cursor_is_as_long_as_is_promised_at_most() -> None:
    cursor = CURSORS.cut(
        ordered(range(10**7, 10**7 + 200), identity=f"{2**53}-1f3a9c02b7de"), "q" * 900, None, 100
    ).next_cursor
    assert cursor is not None
    assert len(cursor) <= MAX_CHARS
