"""A call of every operation of the API, and programs in three languages that make them all.

Each program prints one line for each call: its operation and status, once the answer was decoded
into the client's own type: the document of a success, the problem of a refusal.
"""

import contextlib
import importlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_type_hints

import httpx
import msgspec

from kensho.api.examples import SECOND_ID
from kensho.api.parameters import EXAMPLE_ID
from sdk.contract import Document, operations
from tests.support import graphs

PATIENCE_S: Final = 300.0
"""An act of a curator takes a second, and many on a busy machine."""
JSON: Final = "application/json"
_BEBOP: Final = str(graphs.BEBOP)
_FILM: Final = str(graphs.MATRIX)
BODIES: Final[Mapping[str, dict[str, Any]]] = {
    "readManyWorks": {"ids": [_BEBOP, _FILM]},
    "searchForManyTitles": {"texts": ["cowboy bebop", "nothing like it"]},
    "resolveManyIds": {"provider": "mal", "ids": ["1", "99999999"]},
    "stateSomething": {
        "reason": "a trial",
        "says": {"act": "fact", "work": "mal:99999999", "field": "year", "value": 1999},
    },
    "settleWorkItem": {"action": "accept", "reason": "a trial"},
}
"""What is sent where a body must be: the document has its shape, and no example."""
FURTHER: Final[Mapping[str, dict[str, Any]]] = {
    "resolveIdOrURL": {"id": "mal:1"},
    "stateSomething": {"dry_run": True},
}
"""Parameters that are given although they need not be."""


class Call(msgspec.Struct, frozen=True):
    """One call: of which operation, and with what; parameters are in the document's order.

    `answers` is the media type of a success, "" where it has nothing to say. `who` makes the call.
    """

    operation: str
    tag: str
    method: str
    path: str
    in_path: Mapping[str, Any]
    in_query: Mapping[str, Any]
    body: Mapping[str, Any] | None
    shape: str
    """The name of the body's schema, "" without one."""
    answers: str = JSON
    who: str = "manager"
    expected: int = 200


def calls(document: Document) -> list[Call]:
    """Return one call of each operation, with the document's own examples."""
    return [_call(name, operation) for name, operation in operations(document)]


def _call(name: str, operation: Document) -> Call:
    method, _, path = name.partition(" ")
    given: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
    known = {
        EXAMPLE_ID: _FILM if path.startswith("/api/movies/") else _BEBOP,
        str(SECOND_ID): str(graphs.BEBOP_FILM),
    }
    for one in operation.get("parameters", ()):
        if one.get("required"):
            examples = [*one.get("examples", {}).values()]  # none where only we can know one
            value = examples[0]["value"] if examples else ""
            given[one["in"]][one["name"]] = known.get(value, value)
    given["query"] |= FURTHER.get(operation["operationId"], {})
    body = BODIES.get(operation["operationId"])
    shape = ""
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"][JSON]["schema"]
        shape = json.dumps(schema).partition("#/components/schemas/")[2].partition('"')[0]
    return Call(
        operation["operationId"], operation["tags"][0], method, path, given["path"],
        given["query"], body, shape, answers=success_of(operation)[1],
    )  # fmt: skip


def success_of(operation: Document) -> tuple[int, str]:
    """Return the status of a success, and its media type; "" where it has nothing to say."""
    status = min(one for one in operation["responses"] if one.startswith("2"))
    return int(status), next(iter(operation["responses"][status].get("content", {"": None})))


def called_by_python(
    folder: Path, base: str, tokens: Mapping[str, str], made: Sequence[Call]
) -> list[str]:
    """Make the calls by the Python client in `folder`, in this process."""
    sys.path.insert(0, str(folder))
    try:
        package: Any = importlib.import_module("kensho_client")
        problem: Any = importlib.import_module("kensho_client.models").Problem
        with contextlib.ExitStack() as held:
            clients = {
                who: held.enter_context(
                    package.AuthenticatedClient(
                        base_url=base,
                        token=token,
                        timeout=httpx.Timeout(PATIENCE_S),
                        raise_on_unexpected_status=True,
                    )
                )
                for who, token in tokens.items()
            }
            return [_called(clients[one.who], problem, one) for one in made]
    finally:
        sys.path.remove(str(folder))


def _called(client: object, problem: type, call: Call) -> str:
    name = f"kensho_client.api.{call.tag}.{_snake(call.operation)}"
    module: Any = importlib.import_module(name)
    given = {
        _python_name(key): value for key, value in (*call.in_path.items(), *call.in_query.items())
    }
    if call.body is not None:
        model = get_type_hints(module.sync_detailed)["body"]
        given["body"] = model.from_dict(call.body)
    answer = module.sync_detailed(client=client, **given)
    assert isinstance(answer.parsed, problem) == (answer.status_code >= 400), call.operation
    assert answer.parsed is not None or not call.answers, call.operation
    return f"{call.operation} {answer.status_code.value}"


def typescript_program(made: Sequence[Call]) -> str:
    """Return a program that makes the calls with types; it is told address and tokens."""
    lines = [
        'import createClient from "openapi-fetch";',
        'import type { paths } from "./kensho.js";',
        "const [baseUrl = '', ...tokens] = process.argv.slice(2);",
        "const headers = (token = '') => ({ Authorization: `Bearer ${token}` });",
        "const client = (token?: string) =>",
        "  createClient<paths>({ baseUrl, headers: headers(token) });",
        *(f"const {who} = client(tokens[{at}]);" for at, who in enumerate(_people(made))),
        "type Answer = { data?: unknown; error?: { title: string }; response: Response };",
        "function tell(name: string, answer: Answer) {",
        "  const isEmpty = answer.response.status === 204;",
        "  if (!isEmpty && !answer.data && !answer.error?.title) throw new Error(name);",
        "  console.log(`${name} ${answer.response.status}`);",
        "}",
    ]
    for call in made:
        params = {
            key: value for key, value in (("path", call.in_path), ("query", call.in_query)) if value
        }
        options: dict[str, Any] = {"params": params} if params else {}
        if call.body is not None:
            options["body"] = call.body
        is_json = call.answers in (JSON, "")
        said = json.dumps(options)[1:-1] + ("" if is_json else f', "parseAs": "{_read_as(call)}"')
        lines.append(
            f'tell("{call.operation}", await {call.who}.{call.method}("{call.path}",'
            f" {{ {said.removeprefix(', ')} }}));"
        )
    return "\n".join([*lines, ""])


def _read_as(call: Call) -> str:
    """Return how openapi-fetch reads an answer that is not JSON."""
    return "text" if call.answers.startswith("text/") else "blob"


def _people(made: Sequence[Call]) -> list[str]:
    """Return who makes calls, in the order of the tokens that a program is told."""
    return [*dict.fromkeys(call.who for call in made)]


def tokens_of(made: Sequence[Call], tokens: Mapping[str, str]) -> list[str]:
    """Return the tokens that a program is told."""
    return [tokens[who] for who in _people(made)]


def go_program(made: Sequence[Call]) -> str:
    """Return a program that makes the calls; it is told address and tokens."""
    people = "\n".join(f"\t{who} := as(os.Args[{at + 2}])" for at, who in enumerate(_people(made)))
    lines = "\n".join(line for call in made for line in _go_call(call))
    return _GO.format(people=people, calls=lines)


def _go_call(call: Call) -> Iterator[str]:
    yield "\t{"
    arguments = "".join(f", {_go_value(value)}" for value in call.in_path.values())
    name = call.operation[0].upper() + call.operation[1:]
    request = f"{call.who}.{call.tag.capitalize()}API.{name}(ctx{arguments})"
    if call.body is not None:
        yield f"\t\tvar body kensho.{call.shape}"
        yield f"\t\tmust(json.Unmarshal([]byte(`{json.dumps(call.body)}`), &body))"
        request += f".{call.shape}(body)"
    for key, value in call.in_query.items():
        request += f".{_camel(key)}({_go_value(value)})"
    document = "document, " if call.answers else ""
    yield f"\t\t{document}answer, err := {request}.Execute()"
    yield f'\t\ttell("{call.operation}", {document or "nil, "}answer, err)'
    yield "\t}"


_GO: Final = """package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	kensho "kensho-client"
)

func must(err error) {{
	if err != nil {{
		panic(err)
	}}
}}

func tell(name string, document any, answer *http.Response, err error) {{
	var refused *kensho.GenericOpenAPIError
	if errors.As(err, &refused) {{
		if _, ok := refused.Model().(kensho.Problem); !ok {{
			panic(fmt.Sprint(name, ": ", err))
		}}
	}} else {{
		must(err)
	}}
	fmt.Println(name, answer.StatusCode)
}}

func as(token string) *kensho.APIClient {{
	settings := kensho.NewConfiguration()
	settings.Servers = kensho.ServerConfigurations{{{{URL: os.Args[1]}}}}
	settings.AddDefaultHeader("Authorization", "Bearer "+token)
	return kensho.NewAPIClient(settings)
}}

func main() {{
	ctx := context.Background()
{people}
{calls}
}}
"""


def _go_value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _python_name(name: str) -> str:
    return f"{name}_" if name in ("from", "type") else name
