"""The kept documents are what the code says, and it is told what breaks clients and what not."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk.contract import KEPT, Document, breaks, document, kept, operations
from sdk.generate import (
    clashing_names,
    with_files,
    with_own_class,
    with_text_streams,
    without_choices,
)

DOCUMENT: Final = kept("openapi.json")
SCHEMAS: Final = sorted(DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize("name", KEPT)
def test_the_kept_document_is_what_the_code_says(name: str) -> None:
    said, held = document(KEPT[name]), kept(name)
    assert breaks(held, said) == [], "a path of its own, or leave clients what they have"
    assert said == held, "make sdk-contract keeps it"


def changed(*path: Any, to: Any = None, drop: bool = False) -> Document:
    """Return the document with one value of it replaced or dropped; the rest is shared with it."""
    new = where = copy.copy(DOCUMENT)
    for part in path[:-1]:
        where[part] = copy.copy(where[part])
        where = where[part]
    if drop:
        del where[path[-1]]
    else:
        where[path[-1]] = to
    return new


def shape(name: str, *path: Any, **change: Any) -> Document:
    return changed("components", "schemas", name, *path, **change)


WORK: Final = ("paths", "/api/anime/{work_id}", "get")
SEARCH: Final = ("paths", "/api/search", "get")


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (changed("paths", "/api/search", drop=True), "GET /api/search is gone"),
        (
            changed(*WORK, "operationId", to="getWork"),
            "GET /api/anime/{work_id} is called getWork, not readWork",
        ),
        (
            shape("Completion", "properties", "title", drop=True),
            "GET /api/suggest 200.suggestions[].title is gone",
        ),
        (
            shape("Completion", "properties", "title", to={"type": "integer"}),
            "GET /api/suggest 200.suggestions[].title: integer is new",
        ),
        (
            shape("Completion", "required", to=["title"]),
            "GET /api/suggest 200.suggestions[].kind may be missing",
        ),
        (
            shape("Completion", "properties", "kind", "enum", to=["work", "tag", "opera"]),
            "GET /api/suggest 200.suggestions[].kind: opera is new",
        ),
        (
            shape("BatchRequest", "required", to=["ids", "reason"]),
            "POST /api/anime/batch.reason must be given",
        ),
        (
            shape("BatchRequest", "properties", "ids", to={"type": "string"}),
            "POST /api/anime/batch.ids: array is not taken",
        ),
        (
            shape("ItemChangeBody", "properties", "action", "enum", to=["accept"]),
            "POST /api/queue/{item_id}.action: wontfix is not taken",
        ),
    ],
)
def test_what_breaks_a_client_is_told(new: Document, told: str) -> None:
    assert told in breaks(DOCUMENT, new)


def test_a_parameter_may_neither_go_nor_be_asked_for_newly() -> None:
    query = DOCUMENT["paths"]["/api/search"]["get"]["parameters"]
    without = changed(*SEARCH, "parameters", to=[one for one in query if one["name"] != "year"])
    assert breaks(DOCUMENT, without) == ["GET /api/search: year is gone"]
    asked = [one | {"required": True} if one["name"] == "year" else one for one in query]
    assert breaks(DOCUMENT, changed(*SEARCH, "parameters", to=asked)) == [
        "GET /api/search: year must be given"
    ]


def test_what_is_added_breaks_nobody() -> None:
    query = DOCUMENT["paths"]["/api/search"]["get"]["parameters"]
    further = {"name": "mood", "in": "query", "schema": {"type": "string"}}
    for new in (
        changed("paths", "/api/moods", to={"get": {"operationId": "listMoods", "responses": {}}}),
        changed(*SEARCH, "parameters", to=[*query, further]),
        shape("Completion", "properties", "mood", to={"type": "string"}),
        shape("BatchRequest", "properties", "mood", to={"type": "string"}),
    ):
        assert breaks(DOCUMENT, new) == []


def named_in(schema: Any) -> Iterator[str]:
    """Yield the names of the shapes that a part of the document names."""
    if isinstance(schema, list):
        for one in schema:
            yield from named_in(one)
    elif isinstance(schema, dict):
        if "$ref" in schema:
            yield str(schema["$ref"]).rpartition("/")[2]
        for one in schema.values():
            yield from named_in(one)


def reached(document: Document) -> Iterator[tuple[str, str]]:
    """Yield each member of each shape that an answer has."""
    shapes = document["components"]["schemas"]
    answers = (
        answer.get("content")
        for _, operation in operations(document)
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    )
    left, seen = [name for answer in answers for name in named_in(answer)], set[str]()
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += named_in(shapes[name])
            for member in shapes[name].get("properties", {}):
                yield name, member


@pytest.mark.no_cover  # of whole documents, by what is not counted
@given(st.sampled_from(sorted(reached(DOCUMENT))))
def test_no_member_of_an_answer_may_go_unnoticed(member: tuple[str, str]) -> None:
    name, field = member
    new = shape(name, "properties", field, drop=True)
    assert any(told.endswith(f".{field} is gone") for told in breaks(DOCUMENT, new))
    assert breaks(new, DOCUMENT) == []


def test_generators_are_given_what_they_can_read() -> None:
    plain = without_choices(with_text_streams(DOCUMENT))
    null = {"type": "null"}

    def choices(schema: Any) -> Iterator[list[Any]]:
        if isinstance(schema, list):
            for one in schema:
                yield from choices(one)
        elif isinstance(schema, dict):
            yield from (schema[key] for key in ("oneOf", "anyOf") if key in schema)
            for one in schema.values():
                yield from choices(one)

    assert all(len(one) == 2 and null in one for one in choices(plain))
    stream = plain["paths"]["/api/changes/stream"]["get"]["responses"]["200"]["content"]
    assert stream == {"text/event-stream": {"schema": {"type": "string"}}}
    assert {name for name, _ in operations(plain)} == {name for name, _ in operations(DOCUMENT)}


def test_films_and_pictures_are_files_to_clients() -> None:
    text = {"type": "string"}
    answers = {
        "video/mp4": {"schema": text},
        "text/vtt": {"schema": text},
        "x": [{"image/png": {}}],
    }
    binary = {"schema": {"type": "string", "format": "binary"}}
    assert with_files(answers) == {
        "video/mp4": binary,
        "text/vtt": {"schema": text},
        "x": [{"image/png": binary}],
    }
    assert [*with_files(answers, "application/octet-stream")][:2] == [
        "application/octet-stream",
        "text/vtt",
    ]


def test_a_member_that_is_called_as_the_class_is_leaves_its_model_whole() -> None:
    head = "    def from_dict(cls: type[T], d):\n"
    model = f'{head}        cls = d.pop("cls")\n        made = cls(cls=cls)\n'
    assert with_own_class(model) == (
        '    def from_dict(model: type[T], d):\n        cls = d.pop("cls")\n'
        "        made = model(cls=cls)\n"
    )
    plain = f"{head}        made = cls(x=1)\n"
    assert with_own_class(plain) == plain


def test_members_that_differ_in_their_spelling_alone_have_two_names(tmp_path: Path) -> None:
    def named(*schemas: tuple[str, ...]) -> list[str]:
        path = tmp_path / "openapi.json"
        shapes = {str(at): {"properties": dict.fromkeys(one)} for at, one in enumerate(schemas)}
        path.write_text(json.dumps({"components": {"schemas": shapes}}))
        return [*clashing_names(path)]

    assert named(("poster_url", "posterUrl", "id"), ("posterUrl",)) == ["posterUrl=PosterUrl2"]
    assert named(("poster_url", "id"), ("posterUrl",)) == []
