"""Errors become problems by their class; a bug says nothing of itself to the client."""

from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar, get
from litestar.exceptions import NotAuthorizedException
from litestar.params import FromPath

from kensho import errors
from kensho.errors import FieldProblem, InvalidInputError, KenshoError
from kensho.http import problem_details
from kensho.http.error_handling import problem_details_plugin

RAISED: dict[str, Exception] = {
    "missing": errors.NotFoundError("there is no work 1"),
    "gone": errors.GoneError("the work 1 was removed"),
    "moved": errors.MovedError("the work 1 is now 2", successor="2"),
    "starting": errors.NotReadyError("still being built"),
    "away": errors.StoreUnavailableError("lost ws://secret-host:8000"),
    "late": errors.DeadlineExceededError("no answer within 1 s"),
    "refused": errors.SettingsError("a setting"),
    "nobody": errors.UnauthorizedError("the session has ended", code="session_expired"),
    "stranger": errors.ForbiddenError("not in this region", code="not_in_region"),
    "taken": errors.ConflictError(
        "the title is taken", code="title_taken", issues=[FieldProblem("title", "it is taken")]
    ),
    "often": errors.RateLimitedError("more than 20 a minute", retry_after_s=7, scope="manager"),
    "nonsense": errors.UpstreamError("http://secret answered nonsense", code="bad_answer"),
    "unreachable": errors.UpstreamUnavailableError("no secret", code="down", retry_after_s=11),
    "theirs": NotAuthorizedException("no token"),
    "bug": ZeroDivisionError("division by secret"),
}


@get("/{name:str}/more")
async def stumble(name: FromPath[str]) -> None:
    raise RAISED[name]


async def ask(path: str) -> Response:
    app = Litestar(
        [stumble],
        plugins=[problem_details_plugin(None)],
        openapi_config=None,
        logging_config=None,
    )
    transport: Any = ASGITransport(app)  # type: ignore[arg-type]  # Litestar's scope is a TypedDict
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("missing", 404, "not_found"),
        ("gone", 410, "gone"),
        ("moved", 308, "moved"),
        ("starting", 503, "not_ready"),
        ("away", 503, "store_unavailable"),
        ("late", 503, "store_unavailable"),
        ("refused", 500, "internal"),
        ("bug", 500, "internal"),
        ("nobody", 401, "unauthorized"),
        ("stranger", 403, "forbidden"),
        ("taken", 409, "conflict"),
        ("often", 429, "too_many_requests"),
        ("nonsense", 502, "upstream_failed"),
        ("unreachable", 503, "upstream_unavailable"),
        ("theirs", 401, "unauthorized"),
    ],
)
async def test_a_class_of_errors_has_its_status(name: str, status: int, kind: str) -> None:
    answer = await ask(f"/{name}/more")
    assert answer.status_code == status
    assert answer.json()["error"] == kind
    assert answer.headers["content-type"] == problem_details.MEDIA_TYPE
    assert ("retry-after" in answer.headers) is (status in (429, 503))
    assert ("www-authenticate" in answer.headers) is (status == 401)


@pytest.mark.parametrize(
    ("name", "members", "headers"),
    [
        ("nobody", {"code": "session_expired"}, {"www-authenticate": 'Bearer realm="kensho"'}),
        ("stranger", {"code": "not_in_region"}, {}),
        (
            "taken",
            {"code": "title_taken", "issues": [{"field": "title", "error": "it is taken"}]},
            {},
        ),
        ("often", {"scope": "manager"}, {"retry-after": "7"}),
        ("nonsense", {"code": "bad_answer"}, {}),
        ("unreachable", {"code": "down"}, {"retry-after": "11"}),
    ],
)
async def test_an_error_s_data_reaches_the_client(
    name: str, members: dict[str, object], headers: dict[str, str]
) -> None:
    answer = await ask(f"/{name}/more")
    told = {key: answer.json().get(key) for key in ("code", "issues", "scope")}
    assert told == {"code": None, "issues": None, "scope": None} | members
    assert {key: answer.headers[key] for key in headers} == headers


async def test_a_problem_without_further_data_has_the_members_it_always_had() -> None:
    assert list((await ask("/missing/more")).json()) == [
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "errors",
        "request_id",
        "error",
        "message",
    ]


@pytest.mark.parametrize("name", ["away", "bug", "nonsense", "unreachable"])
async def test_what_is_ours_to_know_is_not_told(name: str) -> None:
    assert "secret" not in (await ask(f"/{name}/more")).text


def test_a_class_without_an_entry_is_what_its_parent_is() -> None:
    class OddError(InvalidInputError): ...

    assert problem_details.kind_of(OddError(())).status == 400
    assert problem_details.kind_of(KenshoError("x")).status == 500
