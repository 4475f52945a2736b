"""Documents that know their type: joined without being read, decoded where they are read."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.read_model.encoded import Encoded, encoded

VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
OBJECTS = st.dictionaries(
    st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1), VALUES, min_size=1
)


class Named(msgspec.Struct, frozen=True):
    """A document with one member."""

    name: str


class Ranked(Named, frozen=True):
    """The same with another member."""

    rank: int


class Pair(msgspec.Struct, frozen=True):
    """A document of documents."""

    first: Named
    others: list[Ranked]


def test_a_document_decodes_to_the_value_it_was_encoded_from() -> None:
    assert encoded(Named("a")).decode() == Named("a")
    assert Encoded(list[Named], b'[{"name":"a"}]').decode() == [Named("a")]


def test_a_document_of_another_type_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        Encoded(Ranked, encoded(Named("a")).bytes).decode()


def test_documents_are_joined_as_they_are() -> None:
    first, other = Encoded(Named, b'{ "name" : "a" }'), encoded(Ranked("b", 2))
    joined = encoded(Pair(first.as_raw(), [other.as_raw()]))
    assert joined.bytes == b'{"first":{ "name" : "a" },"others":[{"name":"b","rank":2}]}'
    assert joined.decode() == Pair(Named("a"), [Ranked("b", 2)])


def test_further_members_come_last() -> None:
    extended = encoded(Named("a")).extended(Ranked, rank=2)
    assert extended.bytes == b'{"name":"a","rank":2}'
    assert extended.decode() == Ranked("a", 2)


@given(OBJECTS, VALUES)
def test_a_document_is_extended_as_if_decoded_and_encoded(
    document: dict[str, Any], value: Any
) -> None:
    extended = encoded(document).extended(dict[str, Any], ADDED=value)
    assert json.loads(extended.bytes) == {**document, "ADDED": value}


@given(st.lists(OBJECTS))
def test_documents_are_joined_as_if_encoded(documents: list[dict[str, Any]]) -> None:
    joined = encoded([encoded(document).as_raw() for document in documents])
    assert json.loads(joined.bytes) == documents


def test_documents_are_equal_by_type_and_bytes() -> None:
    assert encoded(Named("a")) == encoded(Named("a"))
    other: Encoded[Any] = Encoded(msgspec.Raw, encoded(Named("a")).bytes)
    assert encoded(Named("a")) != other
    assert hash(encoded(Named("a"))) == hash(encoded(Named("a")))
