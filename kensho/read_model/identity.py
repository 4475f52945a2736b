"""The identity of a snapshot: which state of which graph it holds.

Guarantees: two snapshots have one identity only if they hold the same documents: the same graph, in
the same state, read by the same version. The revision alone does not tell: a store that was made
anew, or put back from a copy and written to again, reaches the revision of another state.
"""

import hashlib
import re
from typing import Final

import msgspec

from kensho.read_model.version import SNAPSHOT_VERSION

_TOKEN_BYTES: Final = 6
"""48 bits: the chance that two of a million states of one revision share a token is 1 in 560."""
_IDENTITY: Final = re.compile(r"(\d{1,18})-[0-9a-f]{12}")
_HISTORY: Final = re.compile(r"history-[0-9a-f]{16}")


class GraphPoint(msgspec.Struct, frozen=True):
    """A state of a graph: its revision, the id of the store, and the token of its last write."""

    revision: int
    graph: str = ""
    lineage: str = ""

    @property
    def identity(self) -> str:
        """Return the name of this state's snapshot: `730-1f3a9c02b7de`."""
        told = f"{self.graph} {self.lineage} {SNAPSHOT_VERSION}"
        token = hashlib.blake2b(told.encode(), digest_size=_TOKEN_BYTES).hexdigest()
        return f"{self.revision}-{token}"


def is_identity(name: str) -> bool:
    """Tell whether `name` may name a snapshot; such a name is safe as that of a folder."""
    return _IDENTITY.fullmatch(name) is not None


def revision_of(identity: str) -> int:
    """Return the revision that is part of an identity."""
    return int(identity.partition("-")[0])


def is_history(name: str) -> bool:
    """Tell whether `name` may name a history of publications; safe as that of a folder too."""
    return _HISTORY.fullmatch(name) is not None
