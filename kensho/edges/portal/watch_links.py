"""Tells pages of films of the graph where they are watched: now, or from when on."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from typing_extensions import override

from kensho.edges.portal.movies import OverviewMovie
from kensho.web import urls
from kensho.web.page_context import WatchLink, WatchLinks

_REVISION_BYTES: Final = 6


class FilmLinks(WatchLinks):
    """The films that play now or will, as they were at the last look.

    Windows open and close without a change of any film, so that a look is of a time.
    """

    def __init__(self) -> None:
        self._links: Mapping[UUID, WatchLink] = {}
        self._revision = ""

    def look(self, movies: Sequence[OverviewMovie], now: dt.datetime) -> None:
        """Take what there is to watch at a time."""
        links: dict[UUID, WatchLink] = {}
        for one in movies:
            state = one.state(now)
            if one.work is not None and state in ("playing", "scheduled"):
                opens_at = one.starts_at if state == "scheduled" else None
                links[one.work] = WatchLink(urls.watch_film(one.id), opens_at)
        self._links = links
        told = "\n".join(sorted(f"{work} {link.opens_at}" for work, link in links.items()))
        digest = hashlib.blake2b(told.encode(), digest_size=_REVISION_BYTES)
        self._revision = digest.hexdigest() if links else ""

    @property
    @override
    def revision(self) -> str:
        """Return what is another when other films can be watched."""
        return self._revision

    @override
    def of(self, work: UUID) -> WatchLink | None:
        """Return where a film is watched, if it is."""
        return self._links.get(work)
