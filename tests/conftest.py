"""Fixtures that several suites share, and how the suite is spread over workers.

With `-n 2 --dist loadgroup` every file is one group and runs in one worker, so that what its
fixtures build is built once. Files that share an expensive fixture are one group together.
"""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from tests.support import catalogue as real_catalogue
from tests.support.examples import register_profiles
from tests.support.rpc_bridge import RpcBridge
from tests.support.stores import notebook_queries, open_graph

TESTS: Final = Path(__file__).parent
SHARED: Final = ("catalogue", "explorer")
"""Session fixtures that take many seconds: whoever asks for one runs beside the others who do."""


register_profiles()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group of each test."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        group = next((name for name in SHARED if name in names), None)
        name = group or item.path.relative_to(TESTS).with_suffix("").as_posix()
        item.add_marker(pytest.mark.xdist_group(name))


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> real_catalogue.RealCatalogue:
    """Return the slice of the real catalogue, ingested, with all that is computed from it."""
    return real_catalogue.ingested(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(scope="session")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, NamedQuery]:
    """Return the project's queries together with those of the notebook."""
    return notebook_queries(tmp_path_factory.mktemp("queries"))


@pytest.fixture
async def bridge() -> AsyncIterator[RpcBridge]:
    """Run a server of our own making for one test."""
    async with RpcBridge.running() as running:
        yield running


@pytest.fixture
async def graph() -> AsyncIterator[Gateway]:
    """Open an empty, migrated graph in memory for one test."""
    async with open_graph() as gateway:
        yield gateway
