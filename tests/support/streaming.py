"""An application with streams, and the provider that they come from, for tests in one process."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from httpx import AsyncClient, Response

from deploy.demo.clip import clip_folder
from deploy.demo.reference_provider import (
    CLIENT_TOKEN,
    Account,
    ProviderServer,
    ReferenceProvider,
    Season,
)
from kensho.edges.provider.links import Link, LinkFile
from kensho.platform.environment import with_changes
from kensho.platform.secret_values import Secret
from kensho.platform.settings import Settings
from tests.support import graphs

PASSWORD: Final = "correct horse battery"
VIEWER: Final = "ann@example.org"
OTHER: Final = "bob@example.org"
TRIGUN: Final = graphs.TRIGUN
BEBOP: Final = graphs.BEBOP


class Provider(NamedTuple):
    """A provider that runs, and the season that stands for Trigun."""

    reference: ReferenceProvider
    server: ProviderServer
    season: Season

    def reset(self) -> None:
        """Let nothing be wrong, and no slot be held."""
        self.reference.faults = type(self.reference.faults)()
        self.reference.open_slots.clear()
        self.reference.released.clear()
        self.reference.requests.clear()


@contextlib.contextmanager
def provider_running() -> Iterator[Provider]:
    """Run a provider that has Trigun, and two people who may sign in."""
    reference = ReferenceProvider(clip_folder())
    season = reference.add_season("Trigun", "Trigun", 26)
    for name in (VIEWER, OTHER):
        reference.add_account(name, Account(PASSWORD))
    with ProviderServer(reference) as server:
        yield Provider(reference, server, season)


def streaming_settings(settings: Settings, folder: Path, provider: Provider) -> Settings:
    """Return settings with streams switched on, Trigun linked."""
    links = folder / "links.json"
    season = provider.season
    LinkFile(links).add(
        [Link(work=TRIGUN, series=season.series_id, season=season.id)], replace=True
    )
    return with_changes(
        settings,
        edges=("accounts", "provider", "streams"),
        edges_store_url="mem://",
        provider_url=provider.server.url,
        provider_client_token=Secret(CLIENT_TOKEN),
        provider_links=links,
        provider_deadline_s=1.0,
    )


async def signed_in(client: AsyncClient, name: str = VIEWER) -> dict[str, str]:
    """Sign in with the provider; return the header that shows it."""
    answer = await client.post("/api/auth/login", json={"username": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['token']}"}


async def stream(
    client: AsyncClient, headers: dict[str, str], episode: int = 1, **query: Any
) -> Response:
    """Ask for a stream of Trigun; return the answer."""
    return await client.get(f"/api/stream/{TRIGUN}/{episode}", headers=headers, params=query)


async def status_of(url: str) -> int:
    """Return how an address of the provider's media answers."""
    async with AsyncClient() as anybody:
        return (await anybody.get(url)).status_code
