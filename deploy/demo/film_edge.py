"""An origin of films and the edge before it, on loopback: what `make demo` plays films from.

The origin has the clip (`deploy.demo.clip`) under `/films/{name}/master.m3u8`, and its captions
under `/films/{name}/{language}.vtt`, whatever the name. The edge serves `/hls/{ticket}/{film}/…`
as the one of nginx does: it reads tickets by the file of keys, and asks Kenshō where a film's files
are. It is slow, and made for one viewer; `deploy/nginx` is for many.

    edge = FilmEdge(clip_folder(), keys_file, secret)
    edge.api = "http://127.0.0.1:8700"         # where Kenshō is
    edge.faults.status = 503                   # what every file is answered from now on
"""

import dataclasses
import datetime as dt
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Final, cast

from typing_extensions import override

from deploy.demo.clip import AUDIO
from deploy.demo.loopback import ReferenceServer
from kensho.edges.portal.ticket_keys import TicketKeyFile
from kensho.edges.portal.tickets import Tickets

_TYPES: Final = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".ts": "video/mp2t",
    ".vtt": "text/vtt; charset=utf-8",
}
_KNOWN_S: Final = 2.0
"""For so long it is not asked again where a film's files are."""
_FOLDER: Final = "/films/"
_OK: Final = 200


@dataclasses.dataclass
class EdgeFaults:
    """What is wrong: the status of every file (0: none), or what each is delayed by."""

    status: int = 0
    delay_s: float = 0.0


class FilmEdge(ReferenceServer):
    """Serves origin and edge from a free port of loopback, or from `port`."""

    def __init__(self, clip: Path, keys_file: Path, secret: str, port: int = 0) -> None:
        super().__init__(_Handler, port)
        self.clip: Final = clip
        self.secret: Final = secret
        self.api = ""
        self.faults = EdgeFaults()
        self.refused = 0
        self.served: list[str] = []
        keys = TicketKeyFile(keys_file, _now)
        self.tickets: Final = Tickets(keys, 300, _now)
        self._places: dict[str, tuple[float, tuple[str, str] | None]] = {}

    def source(self, name: str) -> str:
        """Return the address of a film at the origin."""
        return f"{self.url}{_FOLDER}{name}/master.m3u8"

    def captions(self, name: str, language: str) -> str:
        """Return the address of a film's captions at the origin."""
        return f"{self.url}{_FOLDER}{name}/{language}.vtt"

    def place_of(self, film: str) -> tuple[str, str] | None:
        """Return where a film's files are, and its first playlist; nothing if it does not play."""
        asked_s, place = self._places.get(film, (-1e9, None))
        if time.monotonic() - asked_s < _KNOWN_S:
            return place
        request = urllib.request.Request(  # noqa: S310 -- loopback
            f"{self.api}/internal/edge/origins/{film}", headers={"X-Edge-Secret": self.secret}
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 -- loopback
                place = answer.headers["x-origin-folder"], answer.headers["x-origin-playlist"]
        except urllib.error.HTTPError:
            place = None
        except OSError:
            return place  # Kenshō is away: what was known goes on
        self._places[film] = (time.monotonic(), place)
        return place


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 30.0  # type: ignore[mutable-override]  # of an idle connection

    @property
    def edge(self) -> FilmEdge:
        """Return what is served."""
        return cast("FilmEdge", self.server)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer."""
        path = urllib.parse.unquote(self.path.partition("?")[0])
        if path.startswith(_FOLDER):
            self._send(*self._file(path))
            return
        parts = path.split("/", 4)
        if path.startswith("/hls/") and len(parts) == 5:  # noqa: PLR2004 -- "", hls, ticket, film, file
            self._send(*self._ticketed(*parts[2:]))
            return
        self._send(404, b"", ".vtt")

    def _ticketed(self, ticket: str, film: str, name: str) -> tuple[int, bytes, str]:
        """Return a file of a film that a ticket plays, as the edge does."""
        faults = self.edge.faults
        if faults.delay_s:
            time.sleep(faults.delay_s)
        if faults.status:
            return faults.status, b"", ".vtt"
        claims = self.edge.tickets.read(ticket)
        if claims is None or str(claims.movie) != film:
            self.edge.refused += 1
            return 403, b"", ".vtt"
        place = self.edge.place_of(film)
        if place is None:
            return 403, b"", ".vtt"
        folder, playlist = place
        self.edge.served.append(name)
        target = urllib.parse.urlsplit(folder + (playlist if name == "master.m3u8" else name))
        return self._file(target.path)

    def _file(self, path: str) -> tuple[int, bytes, str]:
        """Return a file of the clip, whose folder of the origin bears any name."""
        name = path.removeprefix(_FOLDER).partition("/")[2]
        folder = self.edge.clip / ("captions" if name.endswith(".vtt") else next(iter(AUDIO)))
        found = folder / name
        if ".." in Path(name).parts or found.suffix not in _TYPES or not found.is_file():
            return 404, b"", ".vtt"
        return _OK, found.read_bytes(), found.suffix

    def _send(self, status: int, body: bytes, suffix: str) -> None:
        self.send_response(status)
        self.send_header("content-type", _TYPES[suffix])
        self.send_header("content-length", str(len(body)))
        self.send_header("access-control-allow-origin", "*")
        self.end_headers()
        self.wfile.write(body)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
