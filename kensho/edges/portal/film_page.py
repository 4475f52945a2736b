"""`/watch/film`: the films that can be watched; `/watch/film/{id}`: the page that plays one.

Guarantees: nothing of the stream is in a page: its script asks for a ticket, and for the next one
before that is over. A film that does not play now says when it will, or why not; one that is hidden
is not there.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from kensho.edges.player.page_parts import has_player, player_headers, player_keys, player_words
from kensho.edges.portal.movie_store import MovieStore, no_such_film
from kensho.edges.portal.movies import (
    OverviewMovie,
    PortalMovie,
    PublishingState,
    publishing_state,
)
from kensho.http.request_costs import costing
from kensho.http.responses import HTML, UncachedResponse
from kensho.web import forms, urls
from kensho.web.page_context import GivenPageServices, PageServices
from kensho.web.rendering import PAGE_HEADERS

_COST: Final = 5
_PROBLEMS: Final = (
    "not_available",
    "movie_not_found",
    "captions_missing",
    "source_invalid",
    "not_your_session",
    "too_many_requests",
    "store_unavailable",
    "other",
)


class FilmPages:
    """What the pages are made with; streams come from `edge_url`, or from our own address."""

    def __init__(
        self, store: MovieStore, now: Callable[[], dt.datetime], edge_url: str | None
    ) -> None:
        self.store: Final = store
        self.now: Final = now
        self.has_player: Final = has_player()
        self.headers: Final = player_headers([] if edge_url is None else [edge_url])


GivenFilmPages: TypeAlias = NamedDependency[SkipValidation[FilmPages]]
"""The annotation under which handlers ask for `film_pages`."""


class WatchableFilm(NamedTuple):
    """A film of the list; `opens_at` is ISO 8601 in UTC, for one that is to come."""

    film: OverviewMovie
    url: str
    opens_at: str | None
    ends_at: str | None


class WatchFilmPageController(Controller):
    """Films to watch."""

    path = "/watch/film"
    opt: Mapping[str, Any] | None = costing(_COST)

    @get()
    async def films(
        self, services: GivenPageServices, film_pages: GivenFilmPages
    ) -> UncachedResponse:
        """List what plays now, and what is to come."""
        now = film_pages.now()
        films = await film_pages.store.overview()
        body = services.renderer.page(
            "films_to_watch.html.jinja",
            playing=sorted(_in_state(films, "playing", now), key=_by_title),
            upcoming=_in_state(films, "scheduled", now),
        )
        return UncachedResponse(body, media_type=HTML, headers=PAGE_HEADERS)

    @get("/{movie_id:str}")
    async def film(
        self,
        services: GivenPageServices,
        film_pages: GivenFilmPages,
        movie_id: FromPath[str],
    ) -> UncachedResponse:
        """Show the player, or when and why the film does not play now."""
        id_ = forms.work_id(movie_id)
        movie = await film_pages.store.get(id_)
        if movie.visibility == "HIDDEN":
            raise no_such_film(id_)
        return _page(services, film_pages, movie)


def _page(services: PageServices, pages: FilmPages, movie: PortalMovie) -> UncachedResponse:
    messages = services.renderer.messages
    problems = {name: messages.format(f"film.problem.{name}") for name in _PROBLEMS}
    own = {name: messages.format(f"film.{name}") for name in ("ended", "lost")}
    body = services.renderer.page(
        "watch_film.html.jinja",
        film=movie,
        state=publishing_state(movie, pages.now()),
        opens_at=_text(movie.starts_at),
        ends_at=_text(movie.ends_at),
        has_player=pages.has_player,
        work_path=None if movie.work is None else urls.film(movie.work),
        data={
            "stream": f"/api/movies/{movie.id}/stream-token",
            "events": "/api/playback/events",
        },
        words=player_words(messages, own, problems),
        keys=player_keys(messages, has_next=False),
    )
    return UncachedResponse(body, media_type=HTML, headers=pages.headers)


def _in_state(
    films: Sequence[OverviewMovie], state: PublishingState, now: dt.datetime
) -> list[WatchableFilm]:
    return [
        WatchableFilm(
            one,
            urls.watch_film(one.id),
            _text(one.starts_at) if state == "scheduled" else None,
            _text(one.ends_at),
        )
        for one in films
        if one.state(now) == state
    ]


def _by_title(one: WatchableFilm) -> str:
    return one.film.title.casefold()


def _text(at: dt.datetime | None) -> str | None:
    return None if at is None else at.isoformat()
