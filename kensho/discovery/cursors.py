"""Cursors: signed texts with which a client asks for the next page of a list.

A cursor belongs to one query and is rejected for any other. It contains the snapshot, and the
position and id of the last item seen. After the graph has changed, the list continues after that
item, wherever it is now, or at the same position if the item is gone. So a cursor never becomes
stale, and a list can be read to its end while the graph is ingested.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt
from itsdangerous import BadData
from itsdangerous.encoding import base64_decode, base64_encode

from kensho.errors import InvalidInputError
from kensho.platform.secret_values import Secret
from kensho.platform.signing_secret import signer

MAX_CHARS: Final = 400
_DIGEST_BYTES: Final = 9


class Position(NamedTuple):
    """A place in a list: items already seen, the last of them, and the snapshot that was read."""

    query: str
    identity: str
    seen: int
    last: UUID


class ListSlice(NamedTuple):
    """Part of a list: the nodes of this page, the size of the whole, and where to go on."""

    nodes: list[int]
    first: int
    total: int
    next_cursor: str | None


class OrderedList(NamedTuple):
    """A list of one snapshot: its nodes in order, and how nodes and ids find each other."""

    nodes: Sequence[int] | npt.NDArray[np.int32]
    identity: str
    id_of: Callable[[int], UUID]
    node_of: Callable[[UUID], int | None]


class Cursors:
    """Writes cursors under the first of its secrets, and reads those of all."""

    def __init__(self, first: Secret, *others: Secret) -> None:
        self._signer = signer((first, *others), b"kensho.cursor")

    def write(self, position: Position) -> str:
        """Return the cursor of a position."""
        return self._signer.sign(base64_encode(msgspec.json.encode(position))).decode("ascii")

    def read(self, cursor: str, query: str) -> Position:
        """Return the position that a cursor contains.

        Raises:
            InvalidInputError: it was written under none of the secrets, or for another query.
        """
        try:
            position = msgspec.json.decode(
                base64_decode(self._signer.unsign(cursor)), type=Position
            )
        except (BadData, msgspec.DecodeError, UnicodeError) as error:
            raise InvalidInputError.of(
                "cursor", "this is no cursor of ours; ask again without it"
            ) from error
        if position.query != query:
            raise InvalidInputError.of(
                "cursor", "this cursor belongs to another query; ask again without it"
            )
        return position

    def cut(
        self, items: OrderedList, query: str, cursor: str | None, limit: int, *, skip: int = 0
    ) -> ListSlice:
        """Return the `limit` items after `cursor`; `query` names the list, its filters included.

        Without a cursor they are those after the first `skip`.

        Raises:
            InvalidInputError: as `read`.
        """
        first = skip
        if cursor is not None:
            first = self._resumed(items, self.read(cursor, _digest(query)))
        part = items.nodes[first : first + limit]
        nodes: list[int] = part.tolist() if isinstance(part, np.ndarray) else list(part)
        seen, total = first + len(nodes), len(items.nodes)
        if not nodes or seen >= total:
            return ListSlice(nodes, first, total, None)
        following = Position(_digest(query), items.identity, seen, items.id_of(nodes[-1]))
        return ListSlice(nodes, first, total, self.write(following))

    @staticmethod
    def _resumed(items: OrderedList, position: Position) -> int:
        if position.identity != items.identity:
            last = items.node_of(position.last)
            for place, node in enumerate(items.nodes):
                if node == last:
                    return place + 1
        return position.seen


def _digest(query: str) -> str:
    return hashlib.blake2b(query.encode(), digest_size=_DIGEST_BYTES).hexdigest()
