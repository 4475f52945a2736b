"""What is asked for most while nobody has asked yet: the best-known works and franchises."""

from typing import Final

from kensho.discovery.work_lists import WorkOrders
from kensho.http.compression import Encoding
from kensho.http.response_cache import EVERYBODY, Key
from kensho.read_model.holder import Snapshot
from kensho.web import urls

_ENCODING: Final[Encoding] = "br"
"""What every browser takes (Accept-Encoding)."""
_WORKS_TO_PAGE: Final = 3
"""A page of a franchise takes as long as thirty works, and is asked for less often."""


def best_known(snapshot: Snapshot, orders: WorkOrders, most: int) -> list[Key]:
    """Return up to `most` targets, the best known first: works, and pages of franchises."""
    model = snapshot.model
    works = [int(node) for node in orders.of(snapshot, "popularity")[:most]]
    pages = [int(number) for number in model.franchises.listed[:most]]
    paths: list[str] = []
    while len(paths) < most and (works or pages):
        paths += [f"/api/anime/{model.id(node)}" for node in works[:_WORKS_TO_PAGE]]
        paths += [urls.franchise(model.franchises.slug(number)) for number in pages[:1]]
        del works[:_WORKS_TO_PAGE], pages[:1]
    return [(path.encode(), b"", _ENCODING, EVERYBODY) for path in paths[:most]]
