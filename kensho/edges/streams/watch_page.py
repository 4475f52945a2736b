"""`/watch/{anime_id}/{episode}`: the page that plays an episode.

Guarantees: only this page may load media and start workers, and connect to the origins of streams.
Who is not signed in is led to do so, and back to this episode. Nothing of the stream is in the
page: its script asks for it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from kensho.discovery import works
from kensho.edges.accounts.authentication import GivenMaybeSession
from kensho.edges.player.page_parts import (
    has_player,
    player_headers,
    player_keys,
    player_words,
)
from kensho.edges.streams.service import MAX_EPISODE, StreamService
from kensho.errors import EpisodeNotFoundError
from kensho.http.request_costs import costing
from kensho.http.responses import HTML, UncachedResponse
from kensho.read_model.views import Detail
from kensho.web import forms, urls
from kensho.web.page_context import GivenPageContext, PageContext
from kensho.web.rendering import PAGE_HEADERS
from kensho.web.sign_in_page import going_to

_COST: Final = 5
_PROBLEMS: Final = (
    "unauthorized",
    "not_in_region",
    "not_entitled",
    "not_found",
    "episode_not_found",
    "not_offered",
    "too_many_streams",
    "drm_protected",
    "provider_unavailable",
    "provider_blocked",
    "provider_misconfigured",
    "too_many_requests",
    "other",
)
_NUMBER: Final = re.compile(r"[1-9]\d{0,5}", re.ASCII)


class WatchPages:
    """What the page is made with; `origins` are those that streams come from."""

    def __init__(self, streams: StreamService, origins: Sequence[str]) -> None:
        self.streams: Final = streams
        self.has_player: Final = has_player()
        self.headers: Final = player_headers(origins)


GivenWatchPages: TypeAlias = NamedDependency[SkipValidation[WatchPages]]
"""The annotation under which handlers ask for `watch_pages`."""


class WatchPageController(Controller):
    """Playing."""

    path = "/watch"
    opt: Mapping[str, Any] | None = costing(_COST)

    @get("/{work_id:str}/{number:str}")
    async def read(
        self,
        context: GivenPageContext,
        watch_pages: GivenWatchPages,
        maybe_session: GivenMaybeSession,
        work_id: FromPath[str],
        number: FromPath[str],
    ) -> UncachedResponse:
        """Show the player, or lead to where one signs in."""
        work, episode = forms.work_id(work_id), _episode(number)
        node = works.locate(context.model, work)
        detail = works.document(context.model, node).decode()
        watch_pages.streams.link_of(work, episode)
        if maybe_session is None:
            return going_to(_sign_in_path(_path(detail.id, episode)))
        if maybe_session.realm != "provider":
            return _other_sign_in(context, detail, episode)
        resume_s = await watch_pages.streams.resume_s(maybe_session, work, episode)
        return _page(context, watch_pages, detail, episode, resume_s)


def _other_sign_in(context: PageContext, detail: Detail, episode: int) -> UncachedResponse:
    """Return the page for somebody who is signed in, but not with the provider."""
    body = context.render(
        "watch_sign_in.html.jinja",
        work_title=detail.title,
        work_path=context.today_url_of(detail.id),
        heading=_heading(context, detail, episode),
        own_path=_path(detail.id, episode),
    )
    return UncachedResponse(body, media_type=HTML, headers=PAGE_HEADERS)


def _heading(context: PageContext, detail: Detail, episode: int) -> str:
    is_film = detail.anime_type == "movie" and (detail.episodes or 1) == 1
    return detail.title if is_film else context.messages.format("watch.heading", n=episode)


def _page(
    context: PageContext, pages: WatchPages, detail: Detail, episode: int, resume_s: float
) -> UncachedResponse:
    messages = context.messages
    last = detail.episodes or MAX_EPISODE
    problems = {name: messages.format(f"watch.problem.{name}") for name in _PROBLEMS}
    own_words = {name: messages.format(f"watch.{name}") for name in ("stale", "ended")}
    own = _path(detail.id, episode)
    next_path = _path(detail.id, episode + 1) if episode < last else None
    body = context.render(
        "watch.html.jinja",
        work_title=detail.title,
        work_path=context.today_url_of(detail.id),
        heading=_heading(context, detail, episode),
        has_player=pages.has_player,
        sign_in_path=_sign_in_path(own),
        former_path=_path(detail.id, episode - 1) if episode > 1 else None,
        next_path=next_path,
        data={
            "stream": f"/api/stream/{detail.id}/{episode}",
            "events": "/api/playback/events",
            "resume": round(resume_s, 1),
            "next": next_path,
        },
        words=player_words(messages, own_words, problems),
        keys=player_keys(messages, has_next=True),
    )
    return UncachedResponse(body, media_type=HTML, headers=pages.headers)


def _sign_in_path(own: str) -> str:
    """Return where one signs in with the provider, to come back to a page."""
    return urls.with_query(urls.sign_in(), {"next": own, "realm": "provider"})


def _path(work: UUID, episode: int) -> str:
    return f"/watch/{work}/{episode}"


def _episode(text: str) -> int:
    """Return the number in the path; raises `EpisodeNotFoundError` where there can be none."""
    if _NUMBER.fullmatch(text) is None or int(text) > MAX_EPISODE:
        raise EpisodeNotFoundError(f"{text[:20]!r} is no number of an episode")
    return int(text)
