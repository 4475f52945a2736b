"""The edge of accounts as the composition sees it."""

from pathlib import Path
from typing import Final

from kensho.edges.accounts.memory_sessions import MemorySessions
from kensho.edges.edge import Edge, EdgeCore
from kensho.edges.store import EdgeStore

FOLDER: Final = Path(__file__).parent


class AccountsEdge(Edge):
    """Accounts and sessions."""

    def __init__(self, core: EdgeCore, store: EdgeStore) -> None:
        self._core = core
        self._store = store
        self.sessions: Final = MemorySessions(core.now)
