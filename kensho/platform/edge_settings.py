"""The settings of the edges: what is switched on, and where what they hold is kept.

Each section is one Struct of `kensho.platform.settings.Settings`, as that module says.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from kensho.platform.secret_values import Secret

EdgeName: TypeAlias = Literal["accounts", "provider", "streams", "portal", "generation"]
_NAME: Final = r"^[A-Za-z0-9_]{1,64}$"


def _edge_store_variable(field: str) -> str:
    """Return how a field of the edges' store is called in the environment, without `KENSHO_`."""
    return f"edges_store_{field}"


class EdgeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which edges stand around discovery."""

    names: tuple[EdgeName, ...] = msgspec.field(default=(), name="edges")
    """The edges that are switched on, such as `accounts,provider,streams`. None by default: then
    there are no accounts, nothing of them is loaded, and no further store is opened."""


class EdgeStoreSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_edge_store_variable):
    """Where accounts, and all else that the edges hold, is stored."""

    url: str = "surrealkv://var/edges.db"
    """The store of the edges, apart from the graph: that can be made again from records, accounts
    can't. Embedded it serves one process; several workers need a server (`ws://`)."""
    namespace: Annotated[str, Meta(pattern=_NAME)] = "kensho"
    """The namespace within the store."""
    database: Annotated[str, Meta(pattern=_NAME)] = "kensho_edges"
    """The database within the namespace; never that of the graph."""
    username: str | None = None
    """Sign-in for a server; an embedded store has none."""
    password: Secret | None = None
    """The password of that sign-in; not shown in messages. It has no place in the URL."""
    sign_in: Literal["database", "root"] = "database"
    """Where that user is defined: in the database of the edges, or at the root of the server."""
