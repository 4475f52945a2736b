"""Asks the server that runs on this machine with the same settings: for commands beside it.

An embedded store serves one process. While that is the server, a command has the server do what it
would have done in the store, by the API, with a token that it makes itself (`timed_seals`).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, Self

import httpx
import msgspec

from kensho.errors import UpstreamError
from kensho.platform.http_client import user_agent
from kensho.platform.settings import ServerSettings
from kensho.platform.timed_seals import OperatorTokens

_TIMEOUT_S: Final = 30.0
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- is asked, not bound


class ServerAnswer(NamedTuple):
    """The status of an answer, and its document."""

    status: int
    body: bytes


class OwnServer:
    """Asks the server; an async context manager."""

    def __init__(self, settings: ServerSettings, tokens: OperatorTokens) -> None:
        host = _ANYWHERE.get(settings.host, settings.host)
        self.url: Final = str(httpx.URL(scheme="http", host=host, port=settings.port))
        self._tokens = tokens
        headers = {"user-agent": user_agent()}
        named = _host_of(settings)
        if named is not None:
            headers["host"] = named
        self._client = httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=_TIMEOUT_S, trust_env=False
        )

    async def __aenter__(self) -> Self:
        """Return it."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        document: object = None,
    ) -> ServerAnswer:
        """Return what the server answers; `document` is sent as JSON.

        Raises:
            UpstreamError: nothing answers there.
        """
        headers = {"authorization": f"Bearer {self._tokens.make()}"}
        content = None
        if document is not None:
            content, headers["content-type"] = msgspec.json.encode(document), "application/json"
        try:
            answer = await self._client.request(
                method, path, params=query, content=content, headers=headers
            )
        except httpx.HTTPError as error:
            told = str(error) or type(error).__name__
            raise UpstreamError(f"the server at {self.url} does not answer: {told}") from error
        return ServerAnswer(answer.status_code, answer.content)


def _host_of(settings: ServerSettings) -> str | None:
    """Return the name that the server answers to, where it does not answer to any."""
    if not settings.allowed_hosts:
        return None
    if settings.public_url is not None:
        return httpx.URL(settings.public_url).netloc.decode("ascii")
    return settings.allowed_hosts[0].replace("*.", "kensho.")
