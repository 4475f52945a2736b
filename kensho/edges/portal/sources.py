"""Looks at a source of a film over the network: is it HLS, complete, and all under one folder?

Guarantees: what is asked for is checked as `kensho.platform.safe_fetch` says, for every playlist
anew. A source that is right has nothing outside the folder of its first playlist, so that the edge
can serve all of it under one ticket; and nothing that is protected by DRM. What is told of a source
quotes no address of it: those are sealed.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import m3u8

from kensho.edges.portal.movies import CheckStatus, SourceVariant
from kensho.errors import InvalidInputError, UpstreamError, UpstreamUnavailableError
from kensho.platform.edge_settings import PortalSettings
from kensho.platform.safe_fetch import RequestBounds, SafeFetcher

MAX_BYTES: Final = 1_048_576
_SUFFIX: Final = ".m3u8"
_MOST_PLAYLISTS: Final = 40
"""Of one film: ten qualities, and sound and subtitles in as many languages."""
_AT_ONCE: Final = 4
_BEGINNING: Final = b"#EXTM3U"
_MARK: Final = b"\xef\xbb\xbf"
_NAMED: Final = re.compile(r'[A-Z-]*(?:URI|ASSET-LIST)="([^"]*)"')
_KEYS: Final = ("#EXT-X-KEY:", "#EXT-X-SESSION-KEY:")
_METHOD: Final = re.compile(r"[:,]METHOD=([A-Z0-9-]+)")
_KEY_FORMAT: Final = re.compile(r'[:,]KEYFORMAT="([^"]*)"')
_ADDRESS: Final = re.compile(r"'?https?://[^\s']*'?")
_OK: Final = 200
_REDIRECTS: Final = range(300, 400)
_PASSING: Final = (408, 425, 429, *range(500, 600))
"""What an origin answers that may answer otherwise in a while."""
_M3U8: Final[Any] = m3u8
"""It ships no types."""


class SourceCheck(NamedTuple):
    """What came of looking at a source; `UNKNOWN` if it can't be reached now."""

    status: CheckStatus
    problem: str | None = None
    duration_s: float | None = None
    variants: Sequence[SourceVariant] = ()


class WrongSourceError(Exception):
    """What is wrong with a source."""


class _Playlist(NamedTuple):
    """What is read of a playlist: the playlists under it, and how long it lasts, if it ends."""

    below: Sequence[str]
    variants: Sequence[SourceVariant]
    duration_s: float | None


def fetcher_of(settings: PortalSettings) -> SafeFetcher:
    """Return what fetches sources and captions."""
    return SafeFetcher(
        RequestBounds(
            settings.fetch_s,
            MAX_BYTES,
            loopback_allowed=settings.loopback,
            ports=frozenset(settings.ports),
            hosts=frozenset(settings.hosts),
        )
    )


class SourceProber:
    """Looks at sources, each within `total_s`."""

    def __init__(self, fetcher: SafeFetcher, total_s: float) -> None:
        self._fetcher = fetcher
        self._total_s = total_s

    async def check(self, url: str) -> SourceCheck:
        """Return what a source is found to be; what is wrong is told and not raised.

        A source of several qualities is looked at with all its playlists.
        """
        try:
            async with asyncio.timeout(self._total_s):
                return await self._checked(url)
        except TimeoutError:
            return SourceCheck("UNKNOWN", f"the source did not answer within {self._total_s:g} s")
        except UpstreamUnavailableError as error:
            return SourceCheck("UNKNOWN", told(error.message))
        except InvalidInputError as error:
            return SourceCheck("INVALID", told(error.problems[0].message))
        except (UpstreamError, WrongSourceError) as error:
            return SourceCheck("INVALID", told(str(error)))

    async def _checked(self, url: str) -> SourceCheck:
        address = urlsplit(url)
        if not address.path.endswith(_SUFFIX):
            raise WrongSourceError(f"the address does not end with {_SUFFIX}")
        folder = folder_of(address)
        master = await self._read(url, folder)
        if len(master.below) > _MOST_PLAYLISTS:
            raise WrongSourceError(f"it has more than {_MOST_PLAYLISTS} playlists")
        gate = asyncio.Semaphore(_AT_ONCE)

        async def read(one: str) -> _Playlist:
            async with gate:
                return await self._read(one, folder)

        found = await asyncio.gather(*(read(one) for one in master.below))
        if any(one.below for one in found):
            raise WrongSourceError("a playlist in it leads to further playlists")
        lengths = [one.duration_s for one in (found or [master]) if one.duration_s is not None]
        return SourceCheck("VALID", None, max(lengths, default=None), master.variants)

    async def _read(self, url: str, folder: str) -> _Playlist:
        answer = await self._fetcher.get(url)
        if answer.status in _REDIRECTS:
            raise WrongSourceError("it leads elsewhere: name the address that it leads to")
        if answer.status in _PASSING:
            raise UpstreamUnavailableError(f"the source answers {answer.status} now")
        if answer.status != _OK:
            raise WrongSourceError(f"a playlist of it is not there: it answers {answer.status}")
        return parsed(answer.body, url, folder)


def folder_of(address: SplitResult) -> str:
    """Return what the addresses of a source's files begin with."""
    return f"{address.scheme}://{address.netloc}{address.path.rpartition('/')[0]}/"


def parsed(content: bytes, url: str, folder: str) -> _Playlist:
    """Return what the playlist at `url` holds; all must be under `folder`.

    Raises:
        WrongSourceError: it is no playlist, or not one that can be played here.
    """
    content = content.removeprefix(_MARK)
    if not content.startswith(_BEGINNING):
        raise WrongSourceError(f"it is no playlist: {content[:20]!r} is not {_BEGINNING.decode()}")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WrongSourceError("a playlist is no UTF-8") from error
    _check_addresses(text, url, folder)
    try:
        playlist: Any = _M3U8.loads(text, uri=url)
        below = [str(one.uri) for one in (*playlist.playlists, *playlist.media) if one.uri]
        variants = [_variant(one) for one in playlist.playlists]
        lengths = [float(one.duration or 0) for one in playlist.segments]
        is_empty = not below and not lengths
    except Exception as error:  # whatever the parser stumbles over: KeyError, ValueError, …
        raise WrongSourceError("a playlist in it is broken") from error
    if is_empty:
        raise WrongSourceError("a playlist in it is empty")
    ends = bool(playlist.is_endlist) and bool(lengths)
    whole = list(dict.fromkeys(urljoin(url, one) for one in below))
    return _Playlist(whole, variants, round(sum(lengths), 3) if ends else None)


def told(message: str) -> str:
    """Return a message without the addresses in it."""
    return _ADDRESS.sub("the address", message)[:300]


def _check_addresses(text: str, url: str, folder: str) -> None:
    for line in text.splitlines():
        if line.startswith(_KEYS):
            _check_key(line)
        if not line.startswith("#"):
            named = [line.strip()] if line.strip() else []
        else:
            named = _NAMED.findall(line)
        for one in named:
            if not _is_under(one, url, folder):
                raise WrongSourceError("a playlist names a file outside the folder of the source")
            if not _leads_on(one, url, folder):
                raise WrongSourceError("a playlist names a file by a detour: name it relatively")


def _is_under(named: str, url: str, folder: str) -> bool:
    if "{$" in named or "\\" in named:  # a variable that players fill in; a slash to some of them
        return False
    whole = urljoin(url, named)
    path = whole.partition("?")[0].partition("#")[0]
    plain = unquote(path)
    return whole.startswith(folder) and "/../" not in f"{plain}/" and "\\" not in plain


def _leads_on(named: str, url: str, folder: str) -> bool:
    """Tell whether the edge serves what a playlist names: under another folder it is the same file.

    Addresses that begin with the source's folder, or with its path, are rewritten there; those that
    are relative must not climb out of the folder and come back by its name.
    """
    address = urlsplit(folder)
    if named.startswith((folder, f"//{address.netloc}{address.path}", address.path)):
        return True
    elsewhere = "https://edge.invalid/hls/0ticket/0film/"
    there = urljoin(elsewhere + url.removeprefix(folder), named)
    return there == elsewhere + urljoin(url, named).removeprefix(folder)


def _check_key(line: str) -> None:
    method = _METHOD.search(line)
    form = _KEY_FORMAT.search(line)
    is_drm = form is not None and form[1] != "identity"
    if is_drm or (method is not None and method[1] not in ("NONE", "AES-128")):
        raise WrongSourceError("it is protected by DRM, which is not played here")


def _variant(playlist: Any) -> SourceVariant:
    info = playlist.stream_info
    return SourceVariant(
        bandwidth=int(info.bandwidth or 0),
        height=int(info.resolution[1]) if info.resolution else None,
        codecs=str(info.codecs) if info.codecs else None,
    )
