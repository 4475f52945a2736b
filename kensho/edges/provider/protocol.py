"""The provider's protocol: what is asked, and what each of its failures means here.

Guarantees: a password is in one call's locals and nowhere else. No message holds a token, an
address of media or a body. A slot that an answer tells of is known to the caller even where the
answer can't be read otherwise (`UnreadablePlaybackError`), or comes when nobody waits for it any
more, so that it can be given back, which is tried even where the provider is left alone. Requests
that take a slot or use up a token are sent once; the others may be repeated
(`kensho.platform.resilience`).

Source of the table of failures: EDGES.md §3.
"""

import base64
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from kensho.edges.provider import answers
from kensho.edges.provider.answers import PlaybackAnswer, TokenAnswer
from kensho.errors import (
    EpisodeNotFoundError,
    KenshoError,
    NotEntitledError,
    NotInRegionError,
    ProviderBlockedError,
    ProviderMisconfiguredError,
    ProviderUnavailableError,
    TooManyStreamsError,
    UnauthorizedError,
    UpstreamError,
)
from kensho.platform.resilience import Upstream, UpstreamAnswer, UpstreamRequest

T = TypeVar("T")
DEVICE: Final = "web"
PLATFORM: Final = "chrome"
"""The device and platform whose streams are HLS where there are any."""
_TOO_MANY: Final = 420
"""Of no RFC: how the provider says that an account plays too much at once."""
_RETRY_AFTER_S: Final = 5
_LONGEST_RETRY_S: Final = 600
"""A provider that says "tomorrow" is asked again earlier: it may have been restarted."""
_GRANT: Final = "invalid_grant"
_TOKEN: Final = re.compile(rb'"token"\s*:\s*"([^"\\]{1,512})"')
_ENTITLEMENT: Final = re.compile(r"entitle|premium|subscri", re.IGNORECASE)


class TokenExpiredError(KenshoError):
    """The provider does not take this access token any more."""


class UnreadablePlaybackError(UpstreamError):
    """A playback answer makes no sense; `slot` is the token of the slot that it tells of."""

    def __init__(self, slot: str | None) -> None:
        super().__init__("the provider's playback answer makes no sense", code="provider_nonsense")
        self.slot = slot


class ProviderProtocol:
    """Asks the provider; `client_token` is `id:secret`, `device_id` names this installation."""

    def __init__(self, upstream: Upstream, client_token: str, device_id: str) -> None:
        self._upstream = upstream
        self._client = "Basic " + base64.b64encode(client_token.encode()).decode()
        self._device_id = device_id

    async def sign_in(self, username: str, password: str) -> TokenAnswer:
        """Return the tokens of whoever knows name and password.

        Raises:
            UnauthorizedError: `invalid_credentials`.
            ProviderMisconfiguredError, ProviderBlockedError, ProviderUnavailableError: see there.
        """
        form = {"grant_type": "password", "username": username, "password": password}
        return await self._tokens({**form, "scope": "offline_access"})

    async def refresh(self, refresh_token: str) -> TokenAnswer:
        """Return new tokens for a refresh token, which may be of no use then; raises as above."""
        return await self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def of_client(self) -> TokenAnswer:
        """Return a token of the client alone, which reads the catalogue; raises as above."""
        return await self._tokens({"grant_type": "client_id"})

    async def search(self, access: str, text: str) -> list[answers.Series]:
        """Return the series that a text finds, the likeliest first."""
        query = {"q": text, "n": "10", "type": "series"}
        path = "/content/v2/discover/search"
        found = await self._read(path, access, answers.ProviderSearch, query=query)
        return [one for group in found.data for one in group.items]

    async def seasons(self, access: str, series_id: str) -> list[answers.Season]:
        """Return the seasons of a series."""
        path = f"/content/v2/cms/series/{quote(series_id, safe='')}/seasons"
        return (await self._read(path, access, answers.ProviderSeasons)).data

    async def episodes(self, access: str, season_id: str) -> list[answers.Episode]:
        """Return the episodes of a season, in their order."""
        path = f"/content/v2/cms/seasons/{quote(season_id, safe='')}/episodes"
        return (await self._read(path, access, answers.ProviderEpisodes)).data

    async def play(
        self, access: str, version: str, late: Callable[[str], None] | None = None
    ) -> PlaybackAnswer:
        """Return a stream of a version, and take a slot for it.

        `late` is told the token of a slot whose answer came when nobody waited for it any more.

        Raises:
            NotInRegionError, NotEntitledError, TooManyStreamsError, EpisodeNotFoundError: see them.
            UnreadablePlaybackError: a slot may be taken, and the answer makes no sense.
            TokenExpiredError: the access token must be refreshed.
            ProviderBlockedError, ProviderUnavailableError: see them.
        """
        path = f"/playback/v3/{quote(version, safe='')}/{DEVICE}/{PLATFORM}/play"

        def after(answer: UpstreamAnswer) -> None:
            slot = _slot_of(answer) if answer.status < HTTPStatus.MULTIPLE_CHOICES else None
            if slot is not None and late is not None:
                late(slot)

        request = UpstreamRequest(
            method="GET",
            path=path,
            headers=_bearer(access),
            is_repeatable=False,
            after=None if late is None else after,
        )
        answer = await self._asked(request)
        self._refuse(answer)
        try:
            return msgspec.json.decode(answer.body, type=PlaybackAnswer)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnreadablePlaybackError(_slot_of(answer)) from error

    async def release(self, access: str, version: str, slot: str) -> None:
        """Give a slot back; one that is not held any more is as good as given back.

        Raises:
            TokenExpiredError, ProviderBlockedError, ProviderUnavailableError: see them.
        """
        path = f"/playback/v1/token/{quote(version, safe='')}/{quote(slot, safe='')}"
        answer = await self._asked(
            UpstreamRequest(method="DELETE", path=path, headers=_bearer(access), is_due=True)
        )
        if answer.status != HTTPStatus.NOT_FOUND:
            self._refuse(answer)

    async def _tokens(self, form: Mapping[str, str]) -> TokenAnswer:
        device = {"device_id": self._device_id, "device_type": "kensho", "device_name": "kensho"}
        answer = await self._asked(
            UpstreamRequest(
                method="POST",
                path="/auth/v1/token",
                headers={"authorization": self._client, "accept": "application/json"},
                form={**form, **device},
                is_repeatable=False,
            )
        )
        if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            said = _said(answer)
            if "invalid_client" in said or (
                answer.status == HTTPStatus.BAD_REQUEST and _GRANT not in said
            ):
                raise ProviderMisconfiguredError(
                    "the provider does not take the client token: it may have been retired; set"
                    " KENSHO_PROVIDER_CLIENT_TOKEN anew",
                    code="provider_misconfigured",
                )
            raise UnauthorizedError("the name or the password is wrong", code="invalid_credentials")
        self._refuse(answer)
        return _decoded(answer, TokenAnswer)

    async def _read(
        self, path: str, access: str, kind: type[T], query: Mapping[str, str] | None = None
    ) -> T:
        answer = await self._asked(
            UpstreamRequest(method="GET", path=path, headers=_bearer(access), query=query or {})
        )
        self._refuse(answer)
        return _decoded(answer, kind)

    async def _asked(self, request: UpstreamRequest) -> UpstreamAnswer:
        try:
            return await self._upstream.ask(request)
        except UpstreamError as error:
            after_s = getattr(error, "retry_after_s", _RETRY_AFTER_S)
            raise ProviderUnavailableError(
                f"the provider can't be asked ({error.code})",
                code="provider_unavailable",
                retry_after_s=min(after_s, _LONGEST_RETRY_S),
            ) from error

    @staticmethod
    def _refuse(answer: UpstreamAnswer) -> None:
        """Raise what an answer that is no success means."""
        status = answer.status
        if status < HTTPStatus.MULTIPLE_CHOICES:
            return
        if status == HTTPStatus.UNAUTHORIZED:
            raise TokenExpiredError("the provider does not take the access token")
        if status == HTTPStatus.NOT_FOUND:
            raise EpisodeNotFoundError("the provider has no such thing", code="episode_not_found")
        if status == HTTPStatus.FORBIDDEN:
            raise _forbidden(answer)
        if status == _TOO_MANY:
            raise TooManyStreamsError(
                "your subscription plays as much at once as it may; stop another stream first",
                code="too_many_streams",
            )
        raise ProviderUnavailableError(
            f"the provider answers {status}",
            code="provider_unavailable",
            retry_after_s=_RETRY_AFTER_S,
        )


def _slot_of(answer: UpstreamAnswer) -> str | None:
    """Return the token of the slot that a playback answer tells of, whatever else it holds."""
    found = _TOKEN.search(answer.body)
    return found[1].decode("ascii", "replace") if found else None


def _bearer(access: str) -> dict[str, str]:
    return {"authorization": f"Bearer {access}", "accept": "application/json"}


def _forbidden(answer: UpstreamAnswer) -> KenshoError:
    """Return what 403 means: a page is a challenge, JSON a refusal of this account or region."""
    if "json" not in answer.headers.get("content-type", ""):
        return ProviderBlockedError(
            "the provider shows a challenge for people", code="provider_blocked", retry_after_s=60
        )
    if _ENTITLEMENT.search(_said(answer)):
        return NotEntitledError("your subscription does not hold this", code="not_entitled")
    return NotInRegionError("the provider does not offer this where you are", code="not_in_region")


def _said(answer: UpstreamAnswer) -> str:
    """Return the words in which an answer tells its error."""
    return answer.body[:2_000].decode("utf-8", "replace")


def _decoded(answer: UpstreamAnswer, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProviderUnavailableError(
            "the provider's answer makes no sense", code="provider_unavailable"
        ) from error
