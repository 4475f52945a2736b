"""The document and the page over it, as they are served."""

import pytest
from httpx import AsyncClient


@pytest.mark.parametrize("path", ["/api/docs", "/api"])
async def test_the_page_lists_every_operation_and_loads_nothing_from_elsewhere(
    client: AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.text.count("<li>") == 34
    assert "http" not in answer.text


async def test_the_document_is_served_as_openapi(client: AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Kenshō"


async def test_years_are_bounded_by_the_calendar(client: AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    year, *_ = document["paths"]["/api/browse/season/{year}/{season}"]["get"]["parameters"]
    assert year["schema"]["minimum"] == 1900
    last = year["schema"]["maximum"]
    assert (await client.get(f"/api/browse/season/{last}/fall")).status_code == 200
    assert (await client.get(f"/api/browse/season/{last + 1}/fall")).status_code == 400


async def test_the_page_s_own_script_is_served_and_no_other_file(client: AsyncClient) -> None:
    script = await client.get("/api/docs/assets/docs.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "SwaggerUIBundle" in script.text
    for name in ("nonsense.js", "..%2fdocs.js", ".env"):
        assert (await client.get(f"/api/docs/assets/{name}")).status_code == 404
