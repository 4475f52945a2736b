"""Fixtures that several suites share, and how the suite is spread over workers.

With `-n 2 --dist loadscope` every file is one group and runs in one worker, so that what its
fixtures build is built once. Files that share an expensive fixture are one group together.
"""

import gc
import os
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
import structlog
from _pytest.nodeid import NodeId
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from tests.support import catalogue as real_catalogue
from tests.support.examples import register_profiles
from tests.support.real_data import RealData, made
from tests.support.rpc_bridge import RpcBridge
from tests.support.stores import notebook_queries, open_edge_store, open_graph

SHARED: Final = {
    "tests/browser/": "explorer",
    "tests/integration/test_catalogue_orders.py": "catalogue",
    "tests/integration/test_real_catalogue.py": "catalogue",
    "tests/tuning/": "catalogue",
    "tests/integration/test_golden_franchises.py": "real data",
    "tests/integration/test_real_data.py": "real data",
}
"""Files that share a session fixture that takes many seconds, by how their path begins."""
LONGEST_FIRST: Final = (
    "tests/browser/",
    "tests/integration/test_golden_franchises.py",
    "tests/tuning/",
    "tests/integration/test_real_catalogue.py",
    "tests/property/",
    "tests/attack/",
    "tests/integration/",
    "tests/contract/",
)
"""The order in which groups begin. One that takes minutes and begins last has a worker to itself
while the other has nothing left to do; unit tests, of which a file takes a second, come last.
"""
UNCOUNTED: Final = (
    *("tests/attack/", "tests/property/", "tests/tuning/"),
    *("tests/integration/test_golden_franchises.py", "tests/integration/test_real_data.py"),
)
"""Tests that run the same lines very often, and are left out of the coverage."""
COUNTED: Final = tuple(
    f"tests/property/test_{name}_property.py" for name in ("forget_plan", "groups_near")
)
"""Of them, tests by real engine or slow oracle that look at every line of a module of theirs."""

FILES: Final = Path("/proc/self/fd")
MANY_FILES: Final = 1_000
"""More are open than a worker needs: letting go of them takes half a second."""


register_profiles()
os.environ.setdefault("KENSHO_QUEUE_REFRESH", "false")
"""Commands that tests run look for work items where a test asks for it alone."""


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Sends each group of files to one worker as a whole.

    xdist's own groups (`--dist loadgroup`) write into ids of tests what pytest 9.2 no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        shared = (group for start, group in SHARED.items() if file.startswith(start))
        return next(shared, file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    """Return how tests are spread over workers."""
    return GroupScheduling(config, log)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave property tests uncounted, and give tests of schemathesis ids of their own.

    Counting lines makes a property test take 2.5 times as long, of which it runs hundreds of
    examples; what only a property reaches is no line that a unit test has looked at.

    pytest 9.2 makes an id of a function and its parameters, and reads no brackets in a name, which
    schemathesis gives to the tests that it makes of one function.
    """
    if item.nodeid.startswith(UNCOUNTED) and not item.nodeid.startswith(COUNTED):
        item.add_marker(pytest.mark.no_cover)
    if not item.nodeid.endswith(item.name):
        item._id = NodeId.parse(f"{item.nodeid.partition('[')[0]}[{item.name.partition('[')[2]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Leave what uncounted tests set up uncounted as well: pytest-cov leaves out their calls alone.

    The ingest of all the real data, a fixture, takes twice as long while lines are counted.
    """
    coverage = item.config.pluginmanager.getplugin("_cov")
    counting = getattr(coverage, "cov_controller", None)
    if counting is None or item.get_closest_marker("no_cover") is None:
        return (yield)
    counting.pause()
    try:
        return (yield)
    finally:
        counting.resume()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Let go of the applications of files behind this one, once they hold many open files.

    An application takes all that there is from collections of garbage, itself included, once it
    serves: it is thought to live as long as its process. A worker runs dozens, and each would keep
    its snapshot, 127 files that are mapped.
    """
    yield
    if nextitem is not None and nextitem.path == item.path:
        return
    if FILES.is_dir() and len(os.listdir(FILES)) > MANY_FILES:  # noqa: PTH208 -- counted alone
        gc.unfreeze()
        gc.collect()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests into the order in which their groups begin."""
    items.sort(key=lambda item: next(_places(item.nodeid), len(LONGEST_FIRST)))


def _places(nodeid: str) -> Iterator[int]:
    return (at for at, start in enumerate(LONGEST_FIRST) if nodeid.startswith(start))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse tests that share an id, of which xdist would run the first alone."""
    shared = [
        name for name, times in Counter(one.nodeid for one in session.items).items() if times > 1
    ]
    if shared:
        raise pytest.UsageError(f"ids of several tests: {', '.join(shared)}")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Forget how a command set up logging, so that the tests behind it are heard."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> real_catalogue.RealCatalogue:
    """Return the slice of the real catalogue, ingested, with all that is computed from it."""
    return real_catalogue.ingested(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(scope="session")
async def real_data(tmp_path_factory: pytest.TempPathFactory) -> RealData:
    """Return the graph of all the real dumps; made in three minutes."""
    return await made(tmp_path_factory.mktemp("real_data"))


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


@pytest.fixture
async def edge_store() -> AsyncIterator[Gateway]:
    """Open an empty, migrated store of the edges in memory for one test."""
    async with open_edge_store() as gateway:
        yield gateway
