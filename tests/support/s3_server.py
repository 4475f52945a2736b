"""A bucket behind the S3 protocol, on loopback: who asks is known by the signature of a request.

It reads, writes, lists, deletes and takes files in parts as S3 does, and refuses to write over what
has changed where that is asked for. `faults` make it fail.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from typing_extensions import override

from tests.support.loopback_servers import LoopbackServer, QuietHandler

KEY_ID: Final = "reference-key-id"
KEY: Final = "reference-secret-key"
REGION: Final = "eu-test-1"
LISTED_AT_ONCE: Final = 40
"""Fewer than S3's thousand, so that a small snapshot takes several pages."""
_DATE: Final = "Mon, 30 Nov 2026 08:00:00 GMT"
_CREDENTIAL: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")
_CUT: Final = "cut"
_NONE: Final = "none"


class S3Server(LoopbackServer):
    """Holds `objects` by path, such as `/bucket/name`, with the types that they were put under.

    `faults` are statuses that the next requests are answered with, or "cut": the body ends early;
    with "none" one is answered as it should be.
    `asked` are the method and path of each request that was let in.
    """

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.asked: list[str] = []
        self.faults: list[int | str] = []
        self.refused = 0
        self.is_down = False

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(QuietHandler):
    server: S3Server  # type: ignore[mutable-override]  # narrower than the base class says

    def do_GET(self) -> None:  # noqa: N802 -- as http.server calls it
        """Answer an object, a part of it, or a list."""
        if not self._is_let_in():
            return
        if self._query.get("list-type") == "2":
            self._list()
            return
        found = self.server.objects.get(self._name)
        if found is None:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        body, _ = found
        told = {"etag": _tag(body), "last_modified": _DATE}
        part = _RANGE.fullmatch(self.headers.get("range", ""))
        if part is None:
            self._send(200, body, **told)
            return
        start = int(part[1])
        if start >= len(body):
            self._send(416, b"<Error><Code>InvalidRange</Code></Error>")
            return
        end = min(int(part[2]) if part[2] else len(body) - 1, len(body) - 1)
        placed = f"bytes {start}-{end}/{len(body)}"
        self._send(206, body[start : end + 1], content_range=placed, **told)

    do_HEAD = do_GET  # noqa: N815 -- as http.server calls it

    def do_PUT(self) -> None:  # noqa: N802 -- as http.server calls it
        """Keep an object, or a part of one; refuse what is meant for another state of it."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if not self._is_let_in():
            return
        if "uploadId" in self._query:
            self.server.parts[self._query["uploadId"]][int(self._query["partNumber"])] = body
        else:
            held = self.server.objects.get(self._name)
            wanted, has_none = self.headers.get("if-match"), self.headers.get("if-none-match")
            is_other = wanted is not None and (held is None or _tag(held[0]) != wanted)
            if is_other or (has_none == "*" and held is not None):
                self._send(412, b"<Error><Code>PreconditionFailed</Code></Error>")
                return
            self.server.objects[self._name] = (body, self.headers.get("content-type", ""))
        self._send(200, b"", etag=_tag(body))

    def do_DELETE(self) -> None:  # noqa: N802 -- as http.server calls it
        """Drop an object."""
        if self._is_let_in():
            self.server.objects.pop(self._name, None)
            self._send(204, b"")

    def do_POST(self) -> None:  # noqa: N802 -- as http.server calls it
        """Drop several objects; begin an object that comes in parts, or put its parts together."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        if not self._is_let_in():
            return
        if "delete" in self._query:
            keys = re.findall(r"<Key>([^<]+)</Key>", body)
            for key in keys:
                self.server.objects.pop(f"{self._name.rstrip('/')}/{unquote(key)}", None)
            told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            self._send(200, f"<DeleteResult>{told}</DeleteResult>".encode())
        elif "uploads" in self._query:
            upload = f"upload-{len(self.server.parts)}"
            self.server.parts[upload] = {}
            made = f"<UploadId>{upload}</UploadId>"
            told = f"<InitiateMultipartUploadResult>{made}</InitiateMultipartUploadResult>"
            self._send(200, told.encode())
        else:
            parts = self.server.parts.pop(self._query["uploadId"])
            numbers = [int(one) for one in re.findall(r"<PartNumber>(\d+)</PartNumber>", body)]
            whole = b"".join(parts[one] for one in numbers)
            self.server.objects[self._name] = (whole, "")
            made = f"<ETag>{escape(_tag(whole))}</ETag>"
            told = f"<CompleteMultipartUploadResult>{made}</CompleteMultipartUploadResult>"
            self._send(200, told.encode())

    @property
    def _path(self) -> str:
        return urlsplit(self.path).path

    @property
    def _name(self) -> str:
        return unquote(self._path)

    @property
    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    def _list(self) -> None:
        """Answer a page of the names under a prefix, by their order."""
        bucket = f"{self._name.rstrip('/')}/"
        prefix = bucket + self._query.get("prefix", "")
        after = self._query.get("continuation-token", "")
        names = [one for one in sorted(self.server.objects) if one.startswith(prefix)]
        left = [one for one in names if one > after]
        self._send(200, "".join(self._page(bucket, left)).encode())

    def _page(self, bucket: str, names: list[str]) -> Iterator[str]:
        yield "<ListBucketResult>"
        for name in names[:LISTED_AT_ONCE]:
            body, _ = self.server.objects[name]
            yield f"<Contents><Key>{escape(name.removeprefix(bucket))}</Key>"
            yield "<LastModified>2026-11-30T08:00:00.000Z</LastModified>"
            yield f"<ETag>{escape(_tag(body))}</ETag><Size>{len(body)}</Size></Contents>"
        more = len(names) > LISTED_AT_ONCE
        yield f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        if more:
            last = escape(names[LISTED_AT_ONCE - 1])
            yield f"<NextContinuationToken>{last}</NextContinuationToken>"
        yield "</ListBucketResult>"

    def _is_let_in(self) -> bool:
        if self.server.is_down:
            self._send(400, b"<Error><Code>Broken</Code></Error>")
            return False
        given = _CREDENTIAL.fullmatch(self.headers.get("authorization", ""))
        if given is None or not hmac.compare_digest(given[5], self._signature(given)):
            self.server.refused += 1
            self._send(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
            return False
        self.server.asked.append(f"{self.command} {self._name}")
        fault = self.server.faults[0] if self.server.faults else _NONE
        if fault not in (_CUT, _NONE):
            self._send(int(self.server.faults.pop(0)), b"<Error><Code>Fault</Code></Error>")
            return False
        if fault == _NONE:
            del self.server.faults[:1]
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
        if self.command == "HEAD":
            return
        if status in (200, 206) and body and self.server.faults[:1] == [_CUT]:
            self.server.faults.pop(0)
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
