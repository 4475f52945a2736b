"""What a store is called, and the bounds on talking to it."""

import msgspec


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
    def embedded(self) -> bool:
        """Tell whether the engine runs inside this process."""
        return not self.url.startswith(("ws://", "wss://"))
