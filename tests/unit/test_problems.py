"""Errors become problems by their class; a bug says nothing of itself to the client."""

from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar, get
from litestar.params import FromPath

from kensho import errors
from kensho.errors import InvalidInputError, KenshoError
from kensho.http import problem_details

RAISED: dict[str, Exception] = {
    "missing": errors.NotFoundError("there is no work 1"),
    "gone": errors.GoneError("the work 1 was removed"),
    "moved": errors.MovedError("the work 1 is now 2", successor="2"),
    "starting": errors.NotReadyError("still being built"),
    "away": errors.StoreUnavailableError("lost ws://secret-host:8000"),
    "late": errors.DeadlineExceededError("no answer within 1 s"),
    "refused": errors.SettingsError("a setting"),
    "bug": ZeroDivisionError("division by secret"),
}


@get("/{name:str}/more")
async def stumble(name: FromPath[str]) -> None:
    raise RAISED[name]


async def ask(path: str) -> Response:
    app = Litestar(
        [stumble],
        exception_handlers=problem_details.handlers(),
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
    ],
)
async def test_a_class_of_errors_has_its_status(name: str, status: int, kind: str) -> None:
    answer = await ask(f"/{name}/more")
    assert answer.status_code == status
    assert answer.json()["error"] == kind
    assert answer.headers["content-type"] == problem_details.MEDIA_TYPE
    assert ("retry-after" in answer.headers) is (status == 503)


@pytest.mark.parametrize("name", ["away", "bug"])
async def test_what_is_ours_to_know_is_not_told(name: str) -> None:
    assert "secret" not in (await ask(f"/{name}/more")).text


def test_a_class_without_an_entry_is_what_its_parent_is() -> None:
    class OddError(InvalidInputError): ...

    assert problem_details.kind_of(OddError(())).status == 400
    assert problem_details.kind_of(KenshoError("x")).status == 500
