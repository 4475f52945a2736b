"""A bucket behind the S3 protocol, on loopback: what is kept in it is checked for its signature."""

import hashlib
import hmac
import re
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from typing_extensions import override

from tests.support.loopback_servers import LoopbackServer, QuietHandler

KEY_ID: Final = "reference-key-id"
KEY: Final = "reference-secret-key"
REGION: Final = "eu-test-1"
_CREDENTIAL: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")


class S3Server(LoopbackServer):
    """Holds `objects` by path, such as `/bucket/name`, with the types that they were put under."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.refused = 0
        self.is_down = False

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(QuietHandler):
    server: S3Server  # type: ignore[mutable-override]  # narrower than the base class says

    def do_GET(self) -> None:  # noqa: N802 -- as http.server calls it
        """Answer an object, or a part of it."""
        self._answer()

    def do_HEAD(self) -> None:  # noqa: N802 -- as http.server calls it
        """Answer what an object is."""
        self._answer()

    def do_PUT(self) -> None:  # noqa: N802 -- as http.server calls it
        """Keep an object."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self._is_let_in():
            kind = self.headers.get("content-type", "")
            self.server.objects[unquote(self._path)] = (body, kind)
            self._send(200, b"", etag='"1"')

    def do_DELETE(self) -> None:  # noqa: N802 -- as http.server calls it
        """Drop an object."""
        if self._is_let_in():
            self.server.objects.pop(unquote(self._path), None)
            self._send(204, b"")

    def do_POST(self) -> None:  # noqa: N802 -- as http.server calls it
        """Drop several objects."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        if self._is_let_in():
            keys = re.findall(r"<Key>([^<]+)</Key>", body)
            for key in keys:
                self.server.objects.pop(f"{self._path.rstrip('/')}/{unquote(key)}", None)
            told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            self._send(200, f"<DeleteResult>{told}</DeleteResult>".encode())

    @property
    def _path(self) -> str:
        return urlsplit(self.path).path

    def _answer(self) -> None:
        if not self._is_let_in():
            return
        found = self.server.objects.get(unquote(self._path))
        if found is None:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        body, _ = found
        part = _RANGE.fullmatch(self.headers.get("range", ""))
        if part is None:
            self._send(200, body, etag='"1"', last_modified="Mon, 30 Nov 2026 08:00:00 GMT")
            return
        start = int(part[1])
        end = min(int(part[2]) if part[2] else len(body) - 1, len(body) - 1)
        self._send(
            206,
            body[start : end + 1],
            etag='"1"',
            last_modified="Mon, 30 Nov 2026 08:00:00 GMT",
            content_range=f"bytes {start}-{end}/{len(body)}",
        )

    def _is_let_in(self) -> bool:
        if self.server.is_down:
            self._send(400, b"<Error><Code>Broken</Code></Error>")
            return False
        given = _CREDENTIAL.fullmatch(self.headers.get("authorization", ""))
        if given is None or not hmac.compare_digest(given[5], self._signature(given)):
            self.server.refused += 1
            self._send(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
            return False
        return given[1] == KEY_ID

    def _signature(self, given: re.Match[str]) -> str:
        """Return what the signature of the request must be (AWS Signature Version 4)."""
        day, region, signed = given[2], given[3], given[4].split(";")
        query = sorted(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        lines = [
            self.command,
            self._path,
            "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query),
            *(f"{name}:{' '.join(self.headers[name].split())}" for name in signed),
            "",
            given[4],
            self.headers["x-amz-content-sha256"],
        ]
        asked = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        scope = f"{day}/{region}/s3/aws4_request"
        text = "\n".join(("AWS4-HMAC-SHA256", self.headers["x-amz-date"], scope, asked))
        key = f"AWS4{KEY}".encode()
        for part in (day, region, "s3", "aws4_request", text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key.hex()

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
