"""What a store is called, and the bounds on talking to it."""

import hashlib
from pathlib import Path
from typing import Final

import msgspec

_DIGEST_BYTES: Final = 6
"""One installation has a few stores: 48 bits tell them apart."""


class StoreSettings(msgspec.Struct, frozen=True):
    """Where the graph stands, and the bounds on talking to it."""

    url: str
    namespace: str = "kensho"
    database: str = "kensho"
    username: str | None = None
    password: str | None = None
    pool_size: int = 4
    deadline_s: float = 10.0
    connect_deadline_s: float = 10.0

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
        """Tell whether this is an embedded store on disk, and nobody has made it yet."""
        return self.path is not None and not self.path.exists()

    @property
    def fingerprint(self) -> str:
        """Return a short name of the store, the same for all processes that open it from here."""
        told = f"{self.path or self.url} {self.namespace} {self.database}"
        return hashlib.blake2b(told.encode(), digest_size=_DIGEST_BYTES).hexdigest()

    @property
    def embedded(self) -> bool:
        """Tell whether the engine runs inside this process."""
        return not self.url.startswith(("ws://", "wss://"))
