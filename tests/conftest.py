"""Fixtures that several suites share; anything special lives beside its tests."""

from collections.abc import AsyncIterator, Mapping

import pytest

from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from tests.support.rpc_bridge import RpcBridge
from tests.support.stores import notebook_queries, open_graph


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
