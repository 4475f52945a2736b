"""Documents are spliced from ready parts; the slow oracle decodes and encodes."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.discovery import splicing
from kensho.errors import InvalidInputError

VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
OBJECTS = st.dictionaries(
    st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1), VALUES, min_size=1
)


@given(OBJECTS, VALUES)
def test_a_member_is_added_as_if_decoded_and_encoded(document: dict[str, Any], value: Any) -> None:
    spliced = splicing.extended(
        msgspec.json.encode(document), splicing.member("ADDED", msgspec.json.encode(value))
    )
    assert json.loads(spliced) == {**document, "ADDED": value}


@given(st.lists(OBJECTS))
def test_an_array_is_spliced_as_if_encoded(documents: list[dict[str, Any]]) -> None:
    assert (
        json.loads(splicing.array(msgspec.json.encode(document) for document in documents))
        == documents
    )


@given(OBJECTS, st.data())
def test_selected_fields_are_those_of_the_document_in_the_asked_order(
    document: dict[str, Any], data: st.DataObject
) -> None:
    asked = tuple(data.draw(st.permutations([*document, "absent"])))
    found = json.loads(splicing.selected(msgspec.json.encode(document), asked))
    assert list(found.items()) == [(name, document[name]) for name in asked if name in document]


def test_all_unknown_fields_are_named_at_once() -> None:
    with pytest.raises(InvalidInputError) as refused:
        splicing.chosen("a,x,y,a", ("a", "b"))
    assert [problem.message.split(";")[0] for problem in refused.value.problems] == [
        "there is no field 'x'",
        "there is no field 'y'",
    ]


def test_a_field_asked_for_twice_is_answered_once() -> None:
    assert splicing.chosen("b,a,b", ("a", "b")) == ("b", "a")
