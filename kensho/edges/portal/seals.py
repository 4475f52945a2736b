"""Keeps the addresses of sources from whoever reads the store: each is sealed for its own row."""

import base64
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from kensho.edges.portal.movies import StreamSource
from kensho.platform.keyring import Keyring
from kensho.platform.secret_values import Secret


class SourceSeals:
    """Seals addresses under the first of the service's keys, and opens those of all."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        self._keyring: Final = Keyring(keys, "portal-sources")

    def seal(self, movie: UUID, source: UUID, url: str) -> str:
        """Return an address sealed; in the row of another film or source it does not open."""
        return base64.b64encode(self._keyring.seal(url.encode(), _row(movie, source))).decode()

    def open(self, movie: UUID, source: StreamSource) -> str:
        """Return the address of a source.

        Raises:
            BrokenSealError: it was changed or moved, or its key is gone.
        """
        sealed = base64.b64decode(source.sealed)
        return self._keyring.open(sealed, _row(movie, source.id)).decode()

    def is_of_first_key(self, source: StreamSource) -> bool:
        """Tell whether an address is sealed with the key that seals now."""
        return base64.b64decode(source.sealed).startswith(f"{self._keyring.kid}|".encode())


def _row(movie: UUID, source: UUID) -> bytes:
    return f"portal_movie:{movie}:{source}".encode()
