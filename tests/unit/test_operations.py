"""Operations are declared from their handlers: answers by annotations, parameters by a Struct."""

from typing import Annotated, Any

import msgspec
import pytest
from litestar import Controller, Litestar
from litestar.openapi import OpenAPIConfig
from litestar.params import FromPath, QueryParameter
from litestar.testing import TestClient

from kensho.api.operations import Documented, get_operation
from kensho.http.responses import UncachedResponse
from kensho.read_model.encoded import encoded


class Echo(msgspec.Struct, frozen=True):
    """What was asked."""

    text: str
    limit: int


class EchoQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What may be asked."""

    q: Annotated[str, QueryParameter(max_length=5, description="A text.")]
    limit: Annotated[int, QueryParameter(ge=1, le=9, description="How many.")] = 3


class EchoController(Controller):
    """Answers with what was asked."""

    path = "/echo"

    @get_operation("/{name:str}", Documented("Echo", "What was asked."), Echo("a", 1))
    async def echo(self, name: FromPath[str], query: EchoQuery) -> UncachedResponse[Echo]:
        """Return what was asked."""
        return UncachedResponse(encoded(Echo(f"{name} {query.q}", query.limit)))


def application() -> Litestar:
    return Litestar([EchoController], openapi_config=OpenAPIConfig("Echo", "1"))


def operation() -> dict[str, Any]:
    found: dict[str, Any] = application().openapi_schema.to_schema()
    return found


def test_each_field_of_the_query_is_a_parameter_with_its_bounds() -> None:
    parameters = {
        one["name"]: one for one in operation()["paths"]["/echo/{name}"]["get"]["parameters"]
    }
    assert parameters.keys() == {"name", "q", "limit"}
    assert parameters["q"]["required"]
    assert parameters["q"]["schema"]["maxLength"] == 5
    assert not parameters["limit"]["required"]
    assert parameters["limit"]["schema"]["maximum"] == 9
    assert parameters["limit"]["schema"]["default"] == 3


def test_the_answer_is_described_by_the_type_that_the_handler_returns() -> None:
    document = operation()
    response = document["paths"]["/echo/{name}"]["get"]["responses"]["200"]
    assert response["description"] == "What was asked."
    content = response["content"]["application/json"]
    schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    assert schema["properties"].keys() == {"text", "limit"}
    assert [example["value"] for example in content["examples"].values()] == [
        {"text": "a", "limit": 1}
    ]


def test_a_handler_gets_its_query_as_a_struct() -> None:
    with TestClient(application()) as client:
        assert client.get("/echo/b?q=cd").json() == {"text": "b cd", "limit": 3}
        assert client.get("/echo/b?q=cd&limit=9").json() == {"text": "b cd", "limit": 9}


@pytest.mark.parametrize("query", ["", "q=abcdef", "q=a&limit=0", "q=a&limit=x"])
def test_bounds_of_fields_are_enforced(query: str) -> None:
    with TestClient(application()) as client:
        assert client.get(f"/echo/b?{query}").status_code == 400


def test_a_handler_that_does_not_say_what_it_answers_is_refused() -> None:
    async def silent(_self: object) -> Any:
        """Return anything."""

    with pytest.raises(TypeError, match="does not say what it answers"):
        get_operation("/", Documented("Silent", "Nothing."), None)(silent)
