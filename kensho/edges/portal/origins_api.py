"""What the edge asks: where the files of a film are that plays now (`deploy/nginx`).

Guarantees: who does not know the edge's secret learns nothing, not even what films there are. The
host of a source is resolved here and must be public, as when the source was checked, and the edge
connects to the very address that is answered: no name server leads it inside. Whatever keeps a film
from playing is answered 403, so that an edge keeps that answer as it keeps the others.
"""

import hashlib
import hmac
from collections.abc import Mapping
from ipaddress import IPv6Address
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.types import ASGIApp

from kensho.api.parameters import WorkId
from kensho.edges.portal.movies import StreamSource
from kensho.edges.portal.seals import SourceSeals
from kensho.edges.portal.sources import folder_of
from kensho.edges.portal.viewing import ViewingService
from kensho.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from kensho.http import edge_limits
from kensho.http.edge_limits import LIMITS_ITSELF
from kensho.http.response_cache import Headers
from kensho.http.responses import UncachedResponse
from kensho.platform.safe_fetch import CheckedPlace, SafeFetcher
from kensho.platform.secret_values import Secret
from kensho.platform.sliding_limits import VIEWERS

_DIGEST_BYTES: Final = 16
_OPT: Final[Mapping[str, Any]] = {LIMITS_ITSELF: True}


class OriginParts(msgspec.Struct, frozen=True):
    """What the handler here uses; `secret` is what the edge shows."""

    viewing: ViewingService
    seals: SourceSeals
    fetcher: SafeFetcher
    secret: Secret | None


GivenOrigins: TypeAlias = NamedDependency[SkipValidation[OriginParts]]
"""The annotation under which the handler asks for `origins`."""


class OriginController(Controller):
    """Where the edge gets a film's files from: for the edge alone, which no limit holds back."""

    path = "/internal/edge/origins/{work_id:str}"
    include_in_schema: bool | Any = False
    opt: Mapping[str, Any] | None = _OPT

    @get(None)
    async def read(
        self, request: Request[Any, Any, Any], origins: GivenOrigins, work_id: WorkId
    ) -> ASGIApp:
        """Return in headers where the files of a film are, under names as `headers_of` gives.

        Raises:
            NotFoundError: the edge's secret was not shown.
            ForbiddenError: the film does not play now.
            UpstreamUnavailableError: the source's host can't be resolved.
        """
        if not _is_shown(origins.secret, request.headers.get("x-edge-secret", "")):
            await edge_limits.limits_of(request).check(request, VIEWERS)
            raise NotFoundError("there is no such thing")
        try:
            source = (await origins.viewing.playable(work_id)).primary
            url = _opened(origins.seals, work_id, source)
            place = await origins.fetcher.check(url)
        except (ConflictError, NotFoundError, InvalidInputError) as error:
            raise ForbiddenError("this film can't be played now", code="not_available") from error
        return UncachedResponse(b"", headers=headers_of(url, place))


def headers_of(url: str, place: CheckedPlace) -> Headers:
    """Return what the edge is told of a source that leads to a place.

    `X-Origin-Folder` is what addresses of its files begin with, and `X-Origin-Path` the path of
    that. Files are at `X-Origin-Place` (scheme, address and port), for the host `X-Origin-Host`,
    whose certificate is of `X-Origin-Name`; `X-Origin-Playlist` is the first one. `X-Origin-Id`
    stands for the source where its address should not be read, as among what the edge keeps.
    """
    sent, address = place
    path, _, query = sent.raw_path.partition(b"?")
    folder, _, playlist = path.rpartition(b"/")
    host = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    port = sent.port or {"https": 443, "http": 80}[sent.scheme]
    whole = folder_of(urlsplit(url)).encode()
    digest = hashlib.blake2b(whole + playlist, digest_size=_DIGEST_BYTES).hexdigest()
    return [
        (b"x-origin-id", digest.encode()),
        (b"x-origin-folder", whole),
        (b"x-origin-path", folder + b"/"),
        (b"x-origin-place", f"{sent.scheme}://{host}:{port}".encode()),
        (b"x-origin-host", sent.netloc),
        (b"x-origin-name", sent.raw_host),
        (b"x-origin-playlist", playlist + (b"?" + query if query else b"")),
    ]


def _opened(seals: SourceSeals, movie: UUID, source: StreamSource | None) -> str:
    if source is None:
        raise NotFoundError("there is no such thing")
    return seals.open(movie, source)


def _is_shown(secret: Secret | None, given: str) -> bool:
    wanted = "" if secret is None else secret.reveal()
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())
