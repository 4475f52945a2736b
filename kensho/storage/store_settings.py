"""How a store is reached: its address, its names and its deadlines."""

import hashlib
from pathlib import Path
from typing import Final, Literal, Self

import msgspec
from typing_extensions import override

from kensho.platform.edge_settings import EdgeStoreSettings
from kensho.platform.secret_values import Secret, masked
from kensho.platform.settings import Settings

_DIGEST_BYTES: Final = 6
"""One installation has a few stores: 48 bits tell them apart."""


class StoreSettings(msgspec.Struct, frozen=True):
    """The URL of a store, whom to sign in as, and how long calls may take."""

    url: str
    namespace: str = "kensho"
    database: str = "kensho"
    username: str | None = None
    password: Secret | None = None
    sign_in: Literal["database", "root"] = "database"
    pool_size: int = 4
    deadline_s: float = 10.0
    connect_deadline_s: float = 10.0

    @classmethod
    def of(cls, settings: Settings, section: EdgeStoreSettings | None = None) -> Self:
        """Return how the graph store that the environment names is reached, or that of `section`.

        Pools and deadlines are those of the graph store.
        """
        store = settings.store if section is None else section
        return cls(
            url=store.url,
            namespace=store.namespace,
            database=store.database,
            username=store.username,
            password=store.password,
            sign_in=store.sign_in,
            pool_size=settings.store.pool_size,
            deadline_s=settings.store.deadline_s,
        )

    @override
    def __repr__(self) -> str:
        return masked(super().__repr__())

    @property
    def shown_url(self) -> str:
        """Return the URL as messages may show it."""
        return masked(self.url)

    @property
    def standing_path(self) -> Path | None:
        """Return where an ingest keeps what an embedded store was derived from, which may go."""
        return None if self.path is None else self.path.with_name(self.path.name + ".standing")

    @property
    def path(self) -> Path | None:
        """Return where an embedded store lies on disk; `None` for any other."""
        scheme, _, location = self.url.partition("://")
        return Path(location).absolute() if scheme == "surrealkv" else None

    @property
    def is_in_memory(self) -> bool:
        """Tell whether the store ends with the process that opened it."""
        return self.url.startswith("mem://")

    @property
    def is_absent(self) -> bool:
        """Tell whether this is an embedded store on disk that does not exist yet."""
        return self.path is not None and not self.path.exists()

    @property
    def fingerprint(self) -> str:
        """Return a short name of the store, the same for all processes that open it from here."""
        told = f"{self.path or self.shown_url} {self.namespace} {self.database}"
        return hashlib.blake2b(told.encode(), digest_size=_DIGEST_BYTES).hexdigest()

    @property
    def embedded(self) -> bool:
        """Tell whether the engine runs inside this process."""
        return not self.url.startswith(("ws://", "wss://"))
