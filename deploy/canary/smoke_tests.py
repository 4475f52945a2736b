"""What a new version must do before anybody is sent to it: answer, play a film, take in a film."""

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin

import httpx

READS: Final = ("/", "/api/search?q=a", "/api/movies?limit=5", "/api/openapi.json")
"""What every installation answers with 200."""
_READY: Final = "/health/ready"
_PLAYLIST: Final = "#EXTM3U"
_DELETED: Final = (204,)
_CAN_NOT: Final = (405,)
"""What a version answers that was made before films could be deleted."""
_VIEWER: Final = {"viewerContext": "canary"}


class SmokeError(Exception):
    """The new version does not do what it must; tells what it was asked and what it did."""


class Films(NamedTuple):
    """How films are tried.

    `token` is a manager's, `edge` where nginx plays films, `secret` what it shows to the API
    (none: that route is not tried), `film` the id of one that plays (none: the first that does).
    """

    token: str
    edge: str
    secret: str | None = None
    film: str | None = None


def smoke(client: httpx.Client, films: Films | None, said: Callable[[str], None]) -> None:
    """Try the version that `client` asks; say what was tried.

    Raises:
        SmokeError: something is not as it must be.
    """
    ready(client)
    for path in READS:
        _answer(client, "GET", path)
    said(f"answers {', '.join(READS)}")
    if films is None:
        return
    manager = {"authorization": f"Bearer {films.token}"}
    film = films.film or _playing(client)
    said(f"plays {film}: {_played(client, films, film)}")
    said(f"takes in films: {_made(client, manager)}")


def ready(client: httpx.Client) -> None:
    """Ask whether the version is ready, and well.

    Raises:
        SmokeError: it is not.
    """
    _answer(client, "GET", _READY)


def _playing(client: httpx.Client) -> str:
    shown = _answer(client, "GET", "/api/movies?visibility=VISIBLE&schedule=CURRENT").json()
    for film in shown["movies"]:
        return str(film["movieId"])
    raise SmokeError("no film plays now, so that playback can't be tried: name one by --film")


def _played(client: httpx.Client, films: Films, film: str) -> str:
    """Play a film as a player does: a ticket of the new version, and its files through the edge."""
    if films.secret is not None:
        shown = {"x-edge-secret": films.secret}
        _answer(client, "GET", f"/internal/edge/origins/{film}", headers=shown, expected=(200, 204))
    ticket = _answer(client, "POST", f"/api/movies/{film}/stream-token", json=_VIEWER).json()
    address = urljoin(films.edge, str(ticket["signedUrl"]))
    with httpx.Client(timeout=client.timeout) as player:
        steps: list[str] = []
        while True:
            text = _answer(player, "GET", address).text
            if not text.startswith(_PLAYLIST):
                raise SmokeError(f"the edge gives no playlist, but {text[:40]!r}")
            steps.append("playlist")
            named = [line for line in text.splitlines() if line and not line.startswith("#")]
            if not named:
                raise SmokeError("a playlist names nothing")
            address = urljoin(address, named[0])
            if ".m3u8" not in named[0]:
                break
        if not _answer(player, "GET", address).content:
            raise SmokeError("a segment is empty")
    return ", ".join(["ticket", *steps, "segment"])


def _made(client: httpx.Client, manager: dict[str, str]) -> str:
    """Make a draft as a manager does, see that it is theirs alone, and delete it again.

    It goes where a test of it fails, too, if the version can delete it: its title says what it is.
    """
    at = dt.datetime.now(dt.UTC)
    body: dict[str, Any] = {
        "title": f"Canary {at:%Y-%m-%d %H:%M:%S.%f}",
        "synopsis": "A draft by which a roll-out tried whether films can be made.",
        "durationMinutes": 1,
        "availability": {"end": "2000-01-01T00:00:00Z"},
        "posterUrl": "https://canary.invalid/poster.jpg",
        "streamSources": [],
        "captionTracks": [],
        "visibility": "HIDDEN",
    }
    made = _answer(client, "POST", "/api/movies", json=body, headers=manager, expected=(201,))
    film = str(made.json()["movieId"])
    path = f"/api/movies/{film}"
    try:
        _changed(client, manager, path, body)
    except SmokeError:
        with contextlib.suppress(SmokeError):
            _answer(client, "DELETE", path, headers=manager, expected=_DELETED)
        raise
    gone = _answer(client, "DELETE", path, headers=manager, expected=(*_DELETED, *_CAN_NOT))
    if gone.status_code in _CAN_NOT:
        return f"draft {film}, which stays: this version deletes none"
    _answer(client, "GET", path, headers=manager, expected=(404,))
    return f"draft {film}, which is deleted again"


def _changed(
    client: httpx.Client, manager: dict[str, str], path: str, body: Mapping[str, Any]
) -> None:
    """See that a draft is its managers' alone, and that a change of it is kept."""
    _answer(client, "GET", path, expected=(404,))
    kept = _answer(client, "GET", path, headers=manager).json()
    if kept["title"] != body["title"]:
        raise SmokeError(f"the draft was kept as {kept['title']!r}, and not {body['title']!r}")
    changed = {"synopsis": f"{body['synopsis']} It is over."}
    again = _answer(client, "PATCH", path, json=changed, headers=manager).json()
    if again["synopsis"] != changed["synopsis"]:
        raise SmokeError("a change of the draft was answered, and not kept")


def _answer(
    client: httpx.Client,
    method: str,
    target: str,
    *,
    expected: tuple[int, ...] = (200,),
    **sent: Any,
) -> httpx.Response:
    path = target.split("?", 1)[0]
    named = "/hls/…" if "/hls/" in path else path  # the ticket is a secret
    try:
        answer = client.request(method, target, **sent)
    except httpx.HTTPError as error:
        raise SmokeError(f"{method} {named}: {error!r}") from error
    if answer.status_code not in expected:
        raise SmokeError(f"{method} {named} answers {answer.status_code}, not {expected[0]}")
    return answer
