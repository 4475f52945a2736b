"""Fields of documents are selected without reading them; the slow oracle decodes and encodes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.discovery.field_selection import fields_named, selected
from kensho.errors import InvalidInputError
from kensho.read_model.encoded import encoded

VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
OBJECTS = st.dictionaries(
    st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1), VALUES, min_size=1
)


@given(OBJECTS, st.data())
def test_selected_fields_are_those_of_the_document_in_the_asked_order(
    document: dict[str, Any], data: st.DataObject
) -> None:
    asked = tuple(data.draw(st.permutations([*document, "absent"])))
    found = json.loads(selected(encoded(document), asked).bytes)
    assert list(found.items()) == [(name, document[name]) for name in asked if name in document]


def test_all_unknown_fields_are_named_at_once() -> None:
    with pytest.raises(InvalidInputError) as refused:
        fields_named("a,x,y,a", ("a", "b"))
    assert [problem.message.split(";")[0] for problem in refused.value.problems] == [
        "there is no field 'x'",
        "there is no field 'y'",
    ]


def test_a_field_asked_for_twice_is_answered_once() -> None:
    assert fields_named("b,a,b", ("a", "b")) == ("b", "a")
