"""An origin of films on loopback: playlists, segments and captions, right or as wrong as wanted."""

import contextlib
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from tests.support.loopback_servers import LoopbackServer, QuietHandler, running

MASTER: Final = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="en/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="a"
360/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2800000,RESOLUTION=1280x720,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="a"
720/index.m3u8
"""
MEDIA: Final = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:6
#EXTINF:6.0,
0.ts
#EXTINF:5.5,
1.ts
#EXT-X-ENDLIST
"""
WEBVTT: Final = "WEBVTT\n\n00:00.500 --> 00:02.000\nHello.\n\n00:02.000 --> 00:04.000\nGoodbye.\n"
TTML: Final = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="ja"><body><div>
<p begin="00:00:00.500" end="00:00:02.000">こんにちは</p>
<p begin="00:00:02.000" end="00:00:04.000">さようなら</p>
</div></body></tt>
"""


class FilmOrigin(LoopbackServer):
    """Serves `files` by path: a text, or a status; all else is 404."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.tls: ssl.SSLContext | None = None
        self.asked: list[str] = []
        self.seen: list[Mapping[str, str]] = []
        """The headers of what was asked."""
        self.files: dict[str, str | bytes | int] = {}
        self.headers: dict[str, Mapping[str, str]] = {}
        """What is answered besides, by path."""
        self.reset()

    def reset(self) -> None:
        """Serve a film with two qualities, and captions in two languages."""
        self.asked.clear()
        self.seen.clear()
        self.headers = {}
        self.files = {
            "/film/master.m3u8": MASTER,
            **{f"/film/{one}/index.m3u8": MEDIA for one in ("360", "720", "en")},
            "/film/en.vtt": WEBVTT,
            "/film/ja.ttml": TTML,
        }

    def url(self, path: str) -> str:
        """Return the address of a path here."""
        place = "http://127.0.0.1" if self.tls is None else "https://localhost"
        return f"{place}:{self.server_address[1]}{path}"

    def speak_tls(self, certificate: Path) -> None:
        """Speak TLS from now on, as whom a file of a certificate and its key says."""
        is_first = self.tls is None
        self.tls = self.tls or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate)
        if is_first:
            self.socket = self.tls.wrap_socket(self.socket, server_side=True)


class _Handler(QuietHandler):
    server: FilmOrigin  # type: ignore[mutable-override]  # narrower than the base class says

    def do_GET(self) -> None:  # noqa: N802 -- as http.server calls it
        self.server.asked.append(self.path)
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})
        found = self.server.files.get(self.path, 404)
        if isinstance(found, int):
            self.send_response(found)
            if found in (301, 302, 307, 308):
                self.send_header("location", self.server.url("/film/720/index.m3u8"))
            self.send_header("content-length", "0")
            self.end_headers()
            return
        body = found.encode() if isinstance(found, str) else found
        self.send_response(200)
        own = self.server.headers.get(self.path, {})
        for name, value in {"content-type": "application/vnd.apple.mpegurl", **own}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)


@contextlib.contextmanager
def origin_running() -> Iterator[FilmOrigin]:
    """Run an origin while the block runs."""
    with running(FilmOrigin()) as origin:
        yield origin


def film_body(url: Callable[[str], str], source: str = "/film/master.m3u8") -> dict[str, Any]:
    """Return a new film of an origin, which tells its addresses by `url`, as the API takes it."""
    return {
        "title": f"A film {uuid4().hex[:8]}",
        "synopsis": "A night.",
        "durationMinutes": 93,
        "availability": {},
        "posterUrl": "https://img.example/a.jpg",
        "streamSources": [{"streamUrl": url(source)}],
        "captionTracks": [{"languageCode": "en", "captionUrl": url("/film/en.vtt")}],
    }


def certificate_of(host: str, folder: Path) -> Path:
    """Return a new file of a certificate for a host, which vouches for itself, and its key."""
    made, key = folder / f"{host}.pem", folder / f"{host}.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", f"/CN={host}"),
            *("-addext", f"subjectAltName=DNS:{host}", "-keyout", str(key), "-out", str(made)),
        ],
        check=True,
        capture_output=True,
    )
    made.write_text(made.read_text() + key.read_text())
    return made
