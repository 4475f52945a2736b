"""What the demo's portal publishes: films of the sample whose streams are the clip.

One plays now, one will tomorrow, and one is a draft that lacks what it needs, so that each state is
there to be seen. They are made over the API, as a manager's program does it.
"""

import datetime as dt
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from deploy.demo.clip import CAPTIONS
from deploy.demo.film_edge import FilmEdge

PLAYING: Final = "Blade Runner"
UPCOMING: Final = "Dune: Part Two"
DRAFT: Final = "Before Sunrise"
_DAY: Final = dt.timedelta(days=1)
_MINUTES: Final = 1
"""Of the clip."""


class FilmsError(Exception):
    """Kenshō does not take a film of the demo."""


def make_films(
    base: str, edge: FilmEdge, manager: tuple[str, str], work_of: Callable[[str], str]
) -> str:
    """Make the films, or give those of an earlier demo their new addresses; return the id of one.

    `work_of` returns the id of the film of the graph that a title means; `manager` is address and
    password of an account.

    Raises:
        FilmsError: a film is not taken.
    """
    email, password = manager
    grant = _sent(base, "POST", "/api/auth/login", {"email": email, "password": password})
    token = str(grant["token"])
    there = _sent(base, "GET", "/api/movies?visibility=ALL", None, token)["movies"]
    known = {one["title"]: one["movieId"] for one in there}
    films = {title: film(edge, title, work_of) for title in (PLAYING, UPCOMING, DRAFT)}
    for title, body in films.items():
        if title not in known:
            known[title] = _sent(base, "POST", "/api/movies", body, token)["movieId"]
        elif body["streamSources"]:
            moved = {"streamSources": body["streamSources"]}
            _sent(base, "PATCH", f"/api/movies/{known[title]}", moved, token)
    return str(known[PLAYING])


def film(edge: FilmEdge, title: str, work_of: Callable[[str], str]) -> dict[str, Any]:
    """Return a film as the API takes it."""
    now = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
    name = title.lower().replace(" ", "-").replace(":", "")
    start = now + _DAY if title == UPCOMING else now - _DAY
    tracks = [
        {
            "languageCode": language,
            "captionUrl": edge.captions(name, language),
            "format": "WEBVTT",
            "isDefault": at == 0,
        }
        for at, language in enumerate(CAPTIONS)
    ]
    return {
        "title": title,
        "synopsis": "A minute of moving colours in place of the film, with captions.",
        "genres": ["demo"],
        "durationMinutes": _MINUTES,
        "availability": {"start": start.isoformat()},
        "posterUrl": f"{edge.url}/films/{name}/poster.jpg",
        "streamSources": [] if title == DRAFT else [{"streamUrl": edge.source(name)}],
        "captionTracks": [] if title == DRAFT else tracks,
        "visibility": "HIDDEN" if title == DRAFT else "VISIBLE",
        "workId": work_of(title),
    }


def _sent(
    base: str, method: str, path: str, body: Mapping[str, object] | None, token: str = ""
) -> Any:
    """Return what Kenshō answers.

    Raises:
        FilmsError: it refuses; tells what and why.
    """
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    content = None if body is None else msgspec.json.encode(body)
    request = urllib.request.Request(  # noqa: S310 -- loopback
        base + path, content, headers, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- loopback
            return msgspec.json.decode(answer.read())
    except urllib.error.HTTPError as error:
        told = error.read().decode(errors="replace")[:600]
        raise FilmsError(f"{method} {path} answers {error.code}: {told}") from error
