"""Opens the read model of a store, for commands that answer from it; builds it where missing."""

import hashlib
from pathlib import Path
from typing import Final

from kensho.platform.settings import Settings
from kensho.read_model.holder import Snapshot, SnapshotHolder
from kensho.storage.gateway import Gateway

_DIGEST_BYTES: Final = 6


async def opened(gateway: Gateway, settings: Settings, store: str | None) -> Snapshot:
    """Return what is known of the store's revision; `store` is its URL where one was named."""
    catalogue = SnapshotHolder(gateway, _folder(settings, store))
    await catalogue.open_or_build()
    return catalogue.held


def _folder(settings: Settings, store: str | None) -> Path:
    """Return where the read models of a store are; revisions of several stores must not mix."""
    if store is None or store == settings.store.url:
        return settings.snapshot.read_model_dir
    name = hashlib.blake2b(store.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return settings.snapshot.read_model_dir / f"of-{name}"
