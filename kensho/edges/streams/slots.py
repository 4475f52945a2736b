"""Slots at the provider: taken with a playback answer, read into a stream, given back.

Guarantees: an address that leads elsewhere than the installation allows is refused, so that no
answer of the provider makes this service, or a viewer's browser, ask another host. Messages and
logs hold no address.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

import msgspec
import structlog
from typing_extensions import override

from kensho.edges.provider.answers import PlaybackAnswer
from kensho.edges.provider.protocol import ProviderProtocol, UnreadablePlaybackError
from kensho.edges.provider.tokens import ProviderTokens, TokenHolder, TokenKeeper
from kensho.edges.streams import playlists
from kensho.edges.streams.playlists import Variant
from kensho.errors import (
    DrmProtectedError,
    ProviderMisconfiguredError,
    ProviderUnavailableError,
    UpstreamError,
)
from kensho.platform.resilience import Upstream, UpstreamRequest

_PORTS: Final = {"http": 80, "https": 443}
_log = structlog.get_logger("kensho.edges")


class SubtitleFile(msgspec.Struct, frozen=True):
    """Subtitles of a stream: `format` is `vtt` or `ass`."""

    language: str
    url: str
    format: str


class ResolvedStream(msgspec.Struct, frozen=True):
    """A stream as it may be played; `lasts_s` is for how long its addresses are good."""

    url: str
    lasts_s: float
    audio: str
    subtitles: Sequence[SubtitleFile] = ()
    variants: Sequence[Variant] = ()


class Taken(NamedTuple):
    """A slot as the provider gave it: `answer` is what tells of the stream."""

    slot: str
    answer: PlaybackAnswer


class SlotLostError(ProviderUnavailableError):
    """A slot is taken and what came with it makes no sense; `slot` gives it back, if known."""

    def __init__(self, slot: str | None) -> None:
        super().__init__("the provider's answer makes no sense", code="provider_unavailable")
        self.slot = slot


class SlotSource(Protocol):
    """Where slots come from."""

    async def take(self, holder: TokenHolder, version: str, late: Callable[[str], None]) -> Taken:
        """Take a slot; raises `SlotLostError` where one is taken and the answer makes no sense.

        `late` is told of one that was taken when nobody waited for it any more.
        """
        ...

    async def read(self, taken: Taken) -> ResolvedStream:
        """Return what is told of the stream."""
        ...

    async def release(self, holder: TokenHolder, version: str, slot: str) -> None:
        """Give a slot back."""
        ...


class ProviderSlots(SlotSource):
    """Slots of the provider; `media` asks for playlists, by the origins that are allowed."""

    def __init__(
        self,
        protocol: ProviderProtocol,
        keeper: TokenKeeper,
        media: Mapping[str, Upstream],
    ) -> None:
        self._protocol = protocol
        self._keeper = keeper
        self._media = media

    @override
    async def take(self, holder: TokenHolder, version: str, late: Callable[[str], None]) -> Taken:
        """Take a slot; `late` is told of one that is given after the deadline.

        Raises:
            SlotLostError: one is taken, and the answer makes no sense.
            KenshoError: as `ProviderProtocol.play` and `TokenKeeper.with_access`.
        """

        async def play(tokens: ProviderTokens) -> PlaybackAnswer:
            return await self._protocol.play(tokens.access, version, late)

        try:
            answer = await self._keeper.with_access(holder, play)
        except UnreadablePlaybackError as error:
            raise SlotLostError(error.slot) from error
        return Taken(answer.token, answer)

    @override
    async def read(self, taken: Taken) -> ResolvedStream:
        """Return what is told of the stream.

        Raises:
            DrmProtectedError: it is protected.
            NotOfferedError: it is no HLS.
            ProviderMisconfiguredError: it leads to a host that is not allowed.
            ProviderUnavailableError: its playlist can't be read.
        """
        answer = taken.answer
        if answer.is_protected:
            raise DrmProtectedError(
                "this is protected by DRM, which is not circumvented here", code="drm_protected"
            )
        self._require_allowed(answer.url)
        content = await self._playlist(answer.url)
        return ResolvedStream(
            url=answer.url,
            lasts_s=float(answer.session.renew_seconds),
            audio=answer.audio_locale,
            subtitles=self._subtitles(answer),
            variants=[
                one for one in playlists.variants(content, answer.url) if self._allows(one.url)
            ],
        )

    @override
    async def release(self, holder: TokenHolder, version: str, slot: str) -> None:
        """Give a slot back; raises as `ProviderProtocol.release`."""

        async def give_back(tokens: ProviderTokens) -> None:
            await self._protocol.release(tokens.access, version, slot)

        await self._keeper.with_access(holder, give_back)

    async def _playlist(self, url: str) -> bytes:
        parts = urlsplit(url)
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        try:
            answer = await self._media[origin_of(url)].ask(UpstreamRequest(method="GET", path=path))
        except UpstreamError as error:
            raise ProviderUnavailableError(
                f"the stream's playlist can't be read ({error.code})",
                code="provider_unavailable",
                retry_after_s=getattr(error, "retry_after_s", 5),
            ) from error
        if answer.status != HTTPStatus.OK:
            raise ProviderUnavailableError(
                f"the stream's playlist can't be read (http_{answer.status})",
                code="provider_unavailable",
            )
        return answer.body

    def _subtitles(self, answer: PlaybackAnswer) -> Sequence[SubtitleFile]:
        """Return the subtitles by language; one that leads elsewhere is left out."""
        return [
            SubtitleFile(language=one.language or name, url=one.url, format=one.format)
            for name, one in sorted(answer.subtitles.items())
            if self._allows(one.url)
        ]

    def _allows(self, url: str) -> bool:
        return origin_of(url) in self._media

    def _require_allowed(self, url: str) -> None:
        if self._allows(url):
            return
        _log.error("stream_origin_not_allowed", origin=origin_of(url))
        raise ProviderMisconfiguredError(
            "the streams lead to a host that KENSHO_PROVIDER_MEDIA_ORIGINS does not name",
            code="provider_misconfigured",
        )


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as browsers compare them; empty if it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_usual = port == _PORTS[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if is_usual else f":{port}")
