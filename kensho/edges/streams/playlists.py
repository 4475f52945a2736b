"""The variants of an HLS stream, and which of them a wished quality means.

Guarantees: what is no HLS is refused, whatever the parser makes of it: it reads an HTML page as an
empty playlist, and ends by `KeyError` or `ValueError` on bad attributes.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from urllib.parse import urljoin

import m3u8

from kensho.errors import NotOfferedError, ProviderUnavailableError

Quality: TypeAlias = Literal["auto", "1080p", "720p", "480p", "360p"]
MAX_BYTES: Final = 1_048_576
"""Of a playlist; those of films have some 3 KB, of a day's stream 400."""
_BEGINNING: Final = b"#EXTM3U"
_MARK: Final = b"\xef\xbb\xbf"
_DASH: Final = (b"<?xml", b"<MPD")
_M3U8: Final[Any] = m3u8
"""It ships no types."""


class Variant(NamedTuple):
    """A variant: its address, its lines of picture, and whether its sound is in another stream."""

    url: str
    height: int
    bandwidth: int
    has_sound_apart: bool


class ChosenStream(NamedTuple):
    """What is to be played, and the quality that it is."""

    url: str
    quality: str


def variants(content: bytes, url: str) -> Sequence[Variant]:
    """Return the variants of the playlist at `url`, the lowest first; none of a media playlist.

    Raises:
        NotOfferedError: it is a stream of another kind, such as DASH.
        ProviderUnavailableError: it is no playlist, or a broken one.
    """
    text = content.removeprefix(_MARK)
    if text.lstrip().startswith(_DASH):
        raise NotOfferedError("the provider offers no HLS of this episode", code="not_offered")
    if not text.startswith(_BEGINNING) or len(content) > MAX_BYTES:
        raise _broken()
    try:
        playlist: Any = _M3U8.loads(text.decode("utf-8"), uri=url)
        found = [_variant(one, url) for one in playlist.playlists]
        is_empty = not playlist.is_variant and not playlist.segments
    except Exception as error:  # whatever the parser stumbles over
        raise _broken() from error
    if is_empty:
        raise _broken()
    return sorted(found, key=lambda one: (one.height, one.bandwidth))


def chosen(master: str, found: Sequence[Variant], wanted: Quality) -> ChosenStream:
    """Return the highest variant up to the wished quality, else the lowest one.

    `auto`, and a stream of one quality, is the playlist itself. So is a variant whose sound is in
    another stream, which alone would be silent: the player is told the quality and holds to it.
    """
    if wanted == "auto" or not found:
        return ChosenStream(master, "auto")
    most = int(wanted.removesuffix("p"))
    fitting = [one for one in found if one.height <= most]
    best = fitting[-1] if fitting else found[0]
    return ChosenStream(master if best.has_sound_apart else best.url, f"{best.height}p")


def _variant(playlist: Any, base: str) -> Variant:
    info = playlist.stream_info
    apart = any(media.type == "AUDIO" and media.uri for media in playlist.media)
    return Variant(
        url=urljoin(base, str(playlist.uri)),
        height=int(info.resolution[1]) if info.resolution else 0,
        bandwidth=int(info.bandwidth or 0),
        has_sound_apart=apart,
    )


def _broken() -> ProviderUnavailableError:
    return ProviderUnavailableError("the stream's playlist is broken", code="provider_unavailable")
