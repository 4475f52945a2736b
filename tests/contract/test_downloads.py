"""Fetching from a real server on this machine, which keeps ranges and versions, and misbehaves."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import msgspec
import pytest

from kensho.errors import SourceFileError
from kensho.platform.download_cache import FetchNote, name_of
from kensho.platform.downloads import FetchLimits, fetch
from tests.support.loopback_servers import LoopbackServer, QuietHandler, running

pytestmark = pytest.mark.contract

CONTENT = bytes(range(256)) * 4096  # 1 MiB
OTHER = b"another version " * 50_000
QUICK = FetchLimits(attempts=4, first_pause_s=0.001, connect_s=2, silence_s=2)

Answer = Callable[["Handler"], None]


class Server(LoopbackServer):
    """Serves one file; `answers` are used up first, one per request, before it behaves."""

    def __init__(self) -> None:
        super().__init__(Handler)
        self.content = CONTENT
        self.etag: str | None = '"v1"'
        self.last_modified: str | None = None
        self.answers: list[Answer] = []
        self.requests: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/dumps/tales.jsonl.zst"


class Handler(QuietHandler):
    @property
    def site(self) -> Server:
        return cast("Server", self.server)

    def do_GET(self) -> None:  # noqa: N802 -- the name that http.server calls
        self.site.requests.append(dict(self.headers.items()))
        if self.site.answers:
            self.site.answers.pop(0)(self)
        elif self.site.etag and self.headers.get("If-None-Match") == self.site.etag:
            self.head(304, length=None)
        elif self.asks_for_rest():
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            self.rest_from(start)
        else:
            self.head(200, length=len(self.site.content))
            self.wfile.write(self.site.content)

    def asks_for_rest(self) -> bool:
        marks = (self.site.etag, self.site.last_modified)
        return "Range" in self.headers and self.headers.get("If-Range") in marks

    def rest_from(self, start: int) -> None:
        size = len(self.site.content)
        self.head(206, length=size - start, content_range=f"bytes {start}-{size - 1}/{size}")
        self.wfile.write(self.site.content[start:])

    def head(self, status: int, length: int | None, content_range: str = "", **more: str) -> None:
        self.send_response(status)
        for name, value in {
            "ETag": self.site.etag,
            "Last-Modified": self.site.last_modified,
            "Content-Length": None if length is None else str(length),
            "Content-Range": content_range,
            **{name.replace("_", "-"): value for name, value in more.items()},
        }.items():
            if value:
                self.send_header(name, value)
        self.end_headers()


def cut_after(size: int) -> Answer:
    """Announce the whole file, send a part of it and hang up."""

    def answer(handler: Handler) -> None:
        handler.head(200, length=len(handler.site.content))
        handler.wfile.write(handler.site.content[:size])
        handler.wfile.flush()
        handler.close_connection = True

    return answer


def status(code: int) -> Answer:
    def answer(handler: Handler) -> None:
        handler.head(code, length=0)

    return answer


def page(content_type: str) -> Answer:
    def answer(handler: Handler) -> None:
        body = b"\n<!DOCTYPE html><title>Please sign in</title>"
        handler.head(200, length=len(body), Content_Type=content_type)
        handler.wfile.write(body)

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    with running(Server()) as started:
        yield started


def note_of(path: Path) -> FetchNote:
    return msgspec.json.decode(
        path.with_name(f"{path.name}.note.json").read_bytes(), type=FetchNote
    )


def leftovers(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_is_fetched_under_its_own_name_with_its_hash_noted(
    server: Server, tmp_path: Path
) -> None:
    path = fetch(server.url, tmp_path / "cache", limits=QUICK)

    assert path == tmp_path / "cache" / "tales.jsonl.zst"
    assert path.read_bytes() == CONTENT
    assert note_of(path) == FetchNote(
        url=server.url,
        etag='"v1"',
        size_bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )
    assert leftovers(path.parent) == {"tales.jsonl.zst", "tales.jsonl.zst.note.json"}


def test_progress_runs_from_nothing_to_the_whole(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    fetch(server.url, tmp_path, progress=lambda done, total: seen.append((done, total)))

    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)


def test_an_unchanged_file_is_not_sent_again(server: Server, tmp_path: Path) -> None:
    fetch(server.url, tmp_path, limits=QUICK)
    path = fetch(server.url, tmp_path, limits=QUICK)

    assert server.requests[1]["If-None-Match"] == '"v1"'
    assert path.read_bytes() == CONTENT


def test_the_same_etag_in_a_full_answer_reuses_the_file(server: Server, tmp_path: Path) -> None:
    fetch(server.url, tmp_path, limits=QUICK)
    server.answers = [cut_after(0)]
    path = fetch(server.url, tmp_path, limits=QUICK)

    assert path.read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_a_file_that_was_damaged_on_disk_is_fetched_again(server: Server, tmp_path: Path) -> None:
    path = fetch(server.url, tmp_path, limits=QUICK)
    path.write_bytes(b"x" + CONTENT[1:])
    fetch(server.url, tmp_path, limits=QUICK)

    assert path.read_bytes() == CONTENT


def test_a_changed_file_replaces_the_old_one(server: Server, tmp_path: Path) -> None:
    fetch(server.url, tmp_path, limits=QUICK)
    server.content, server.etag = OTHER, '"v2"'
    path = fetch(server.url, tmp_path, limits=QUICK)

    assert path.read_bytes() == OTHER
    assert note_of(path).etag == '"v2"'


def test_a_connection_cut_in_the_middle_is_resumed_where_it_was_cut(
    server: Server, tmp_path: Path
) -> None:
    server.answers = [cut_after(300_000)]
    path = fetch(server.url, tmp_path, limits=QUICK)

    assert path.read_bytes() == CONTENT
    assert len(server.requests) == 2
    start = int(server.requests[1]["Range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= 300_000
    assert server.requests[1]["If-Range"] == '"v1"'


def test_a_later_run_resumes_what_an_earlier_one_left(server: Server, tmp_path: Path) -> None:
    server.answers = [cut_after(300_000)]
    with pytest.raises(SourceFileError, match="can't be fetched"):
        fetch(server.url, tmp_path, limits=msgspec.structs.replace(QUICK, attempts=1))
    assert leftovers(tmp_path) == {"tales.jsonl.zst.part", "tales.jsonl.zst.part.note.json"}

    path = fetch(server.url, tmp_path, limits=QUICK)

    assert path.read_bytes() == CONTENT
    assert "Range" in server.requests[1]


def test_the_date_of_a_file_serves_where_it_has_no_etag(server: Server, tmp_path: Path) -> None:
    server.etag, server.last_modified = None, "Fri, 20 Nov 2026 10:00:00 GMT"
    server.answers = [cut_after(300_000)]
    path = fetch(server.url, tmp_path, limits=QUICK)

    assert path.read_bytes() == CONTENT
    assert server.requests[1]["If-Range"] == server.last_modified


def test_a_file_that_changed_between_two_tries_is_begun_anew(
    server: Server, tmp_path: Path
) -> None:
    def change_and_cut(handler: Handler) -> None:
        cut_after(300_000)(handler)
        server.content, server.etag = OTHER, '"v2"'

    server.answers = [change_and_cut]
    path = fetch(server.url, tmp_path, limits=QUICK)

    assert path.read_bytes() == OTHER
    assert note_of(path).etag == '"v2"'


def test_a_server_that_ignores_if_range_does_not_mix_two_versions(
    server: Server, tmp_path: Path
) -> None:
    def change_and_cut(handler: Handler) -> None:
        cut_after(300_000)(handler)
        server.content, server.etag = OTHER, '"v2"'

    def rest_of_the_new_one(handler: Handler) -> None:
        handler.rest_from(int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-")))

    server.answers = [change_and_cut, rest_of_the_new_one]
    path = fetch(server.url, tmp_path, limits=QUICK)

    assert path.read_bytes() == OTHER


def test_a_server_without_ranges_sends_the_file_again(server: Server, tmp_path: Path) -> None:
    def whole(handler: Handler) -> None:
        handler.head(200, length=len(CONTENT))
        handler.wfile.write(CONTENT)

    server.answers = [cut_after(300_000), whole]

    assert fetch(server.url, tmp_path, limits=QUICK).read_bytes() == CONTENT


def test_a_range_that_the_server_refuses_is_forgotten(server: Server, tmp_path: Path) -> None:
    server.answers = [cut_after(300_000), status(416)]

    assert fetch(server.url, tmp_path, limits=QUICK).read_bytes() == CONTENT


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path, code: int) -> None:
    server.answers = [status(code), status(code)]

    assert fetch(server.url, tmp_path, limits=QUICK).read_bytes() == CONTENT
    assert len(server.requests) == 3


def test_a_server_that_stays_busy_is_given_up(server: Server, tmp_path: Path) -> None:
    server.answers = [status(503)] * 9

    with pytest.raises(SourceFileError, match="answers 503"):
        fetch(server.url, tmp_path, limits=QUICK)
    assert len(server.requests) == QUICK.attempts


@pytest.mark.parametrize("code", [400, 403, 404, 410])
def test_a_refusal_is_final(server: Server, tmp_path: Path, code: int) -> None:
    server.answers = [status(code)]

    with pytest.raises(SourceFileError, match=f"answers {code}"):
        fetch(server.url, tmp_path, limits=QUICK)
    assert len(server.requests) == 1


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_web_page_is_no_dump(server: Server, tmp_path: Path, content_type: str) -> None:
    server.answers = [page(content_type)]

    with pytest.raises(SourceFileError, match="HTML page"):
        fetch(server.url, tmp_path, limits=QUICK)
    assert not (tmp_path / "tales.jsonl.zst").exists()


def test_a_failed_fetch_leaves_the_older_file_alone(server: Server, tmp_path: Path) -> None:
    path = fetch(server.url, tmp_path, limits=QUICK)
    server.answers = [status(404)]

    with pytest.raises(SourceFileError):
        fetch(server.url, tmp_path, limits=QUICK)
    assert path.read_bytes() == CONTENT


def test_a_file_over_the_limit_is_refused_by_its_announced_size(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(SourceFileError, match="larger than 1000 bytes"):
        fetch(server.url, tmp_path, limits=msgspec.structs.replace(QUICK, size_bytes=1000))
    assert not any(path.name.endswith(".part") for path in tmp_path.iterdir())


def test_a_file_without_an_announced_size_is_bounded_while_it_comes(
    server: Server, tmp_path: Path
) -> None:
    def endless(handler: Handler) -> None:
        handler.head(200, length=None, Connection="close")
        handler.close_connection = True
        for _ in range(100):
            handler.wfile.write(CONTENT)

    server.answers = [endless]

    with pytest.raises(SourceFileError, match="larger than"):
        fetch(server.url, tmp_path, limits=msgspec.structs.replace(QUICK, size_bytes=2 * 1024**2))


def test_a_fetch_that_takes_too_long_is_given_up(server: Server, tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="took over"):
        fetch(server.url, tmp_path, limits=msgspec.structs.replace(QUICK, total_s=0.0001))


def test_a_size_that_never_fits_is_reported(server: Server, tmp_path: Path) -> None:
    def other_size(handler: Handler) -> None:
        start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        handler.head(206, length=10, content_range=f"bytes {start}-{start + 9}/{len(CONTENT)}")
        handler.wfile.write(CONTENT[start : start + 10])

    server.answers = [cut_after(300_000), other_size, other_size, other_size]

    with pytest.raises(SourceFileError, match=f"size mismatch: .* {len(CONTENT)} were announced"):
        fetch(server.url, tmp_path, limits=QUICK)


def test_a_redirect_is_followed(server: Server, tmp_path: Path) -> None:
    def moved(handler: Handler) -> None:
        handler.head(302, length=0, Location=f"http://127.0.0.1:{server.server_port}/elsewhere")

    server.answers = [moved]
    path = fetch(server.url, tmp_path, limits=QUICK)

    assert path.name == "tales.jsonl.zst"
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("target", ["http://example.org/x", "ftp://127.0.0.1/x", "file:///x"])
def test_a_redirect_to_a_plain_address_is_refused(
    server: Server, tmp_path: Path, target: str
) -> None:
    server.answers = [lambda handler: handler.head(302, length=0, Location=target)]

    with pytest.raises(SourceFileError):
        fetch(server.url, tmp_path, limits=QUICK)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    ["http://example.org/x.zst", "http://10.0.0.1/x", "ftp://example.org/x", "x", "https://", "::"],
)
def test_only_https_addresses_are_fetched(tmp_path: Path, url: str) -> None:
    with pytest.raises(SourceFileError):
        fetch(url, tmp_path, limits=QUICK)


def test_nobody_at_the_address_is_an_error_that_names_it(tmp_path: Path) -> None:
    with Server() as closed:
        url = closed.url
    with pytest.raises(SourceFileError, match=r"127\.0\.0\.1"):
        fetch(url, tmp_path, limits=QUICK)


def test_a_name_and_password_stay_out_of_messages_and_notes(server: Server, tmp_path: Path) -> None:
    url = server.url.replace("127.0.0.1", "mari:secret@127.0.0.1")
    path = fetch(url, tmp_path, limits=QUICK)
    assert "secret" not in path.with_name(f"{path.name}.note.json").read_text()

    server.answers = [status(404)]
    with pytest.raises(SourceFileError) as caught:
        fetch(url, tmp_path, limits=QUICK)
    assert "secret" not in str(caught.value)


def test_a_note_of_another_address_is_not_believed(server: Server, tmp_path: Path) -> None:
    fetch(server.url.replace("dumps", "older"), tmp_path, limits=QUICK)
    fetch(server.url, tmp_path, limits=QUICK)

    assert "If-None-Match" not in server.requests[1]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/a/b.jsonl.zst?raw=1#x", "b.jsonl.zst"),
        ("https://example.org/a/b%20c%2F..%2Fd.gz", "d.gz"),
        ("https://example.org/.hidden", "hidden"),
        ("https://example.org/", "source"),
        ("https://example.org/a/風.json", "_.json"),
    ],
)
def test_a_name_is_safe_for_a_file_system(url: str, name: str) -> None:
    assert name_of(url) == name
