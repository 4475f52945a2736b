"""Debian's nginx with the files of `deploy/nginx`: who plays what, and while what is away."""

import base64
import datetime as dt
import json
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from kensho.edges.portal.ticket_keys import KeySet, TicketKey
from tests.support.film_origin import MEDIA, origin_running
from tests.support.nginx_servers import JS_MODULE, NGINX
from tests.support.portals import Portal, portal_running
from tests.support.processes import until

pytestmark = pytest.mark.skipif(
    not (NGINX.exists() and JS_MODULE.exists()),
    reason="needs nginx with JavaScript (make system-packages)",
)
NOW: Final = dt.datetime.now(dt.UTC)
MINUTE: Final = dt.timedelta(minutes=1)


def in_turn(now: dt.datetime) -> KeySet:
    """Return a key of each state: gone, retiring, signing, verifying."""

    def key(kid: str, minutes: float) -> TicketKey:
        k = base64.urlsafe_b64encode(kid.encode() * 4).decode().rstrip("=")
        at = now + minutes * MINUTE
        return TicketKey(kid=kid, k=k, created_at=at - 5 * MINUTE, signs_from=at)

    return KeySet(
        (key("gone0000", -60), key("retiring", -30), key("signing0", -5), key("soon0000", 5))
    )


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal_running(tmp_path_factory.mktemp("portal"), in_turn(NOW)) as portal:
        yield portal


def test_a_film_plays_from_its_origin_and_is_kept_for_all_tickets(portal: Portal) -> None:
    portal.origin.reset()
    portal.origin.files["/film/720/0.ts?part=1"] = b"\x47" * 188
    film = portal.film()
    portal.origin.asked.clear()
    portal.origin.seen.clear()
    ticket, answers = "", list[httpx.Response]()
    for ticket in (portal.address(film), portal.address(film)):
        master = portal.get(f"{ticket}master.m3u8", cookie="own=1", authorization="Bearer own")
        assert (master.status_code, "720/index.m3u8" in master.text) == (200, True), master.text
        assert master.headers["content-type"] == "application/vnd.apple.mpegurl"
        assert portal.get(f"{ticket}720/index.m3u8").text == MEDIA
        segment = portal.get(
            f"{ticket}720/0.ts?part=1", cookie="own=1", referer="https://x.example/"
        )
        assert segment.content == b"\x47" * 188
        assert segment.headers["content-type"] == "video/mp2t"
        assert segment.headers["access-control-allow-origin"] == "*"
        piece = portal.get(f"{ticket}720/0.ts?part=1", range="bytes=0-9")
        assert (piece.status_code, len(piece.content)) == (206, 10)
        answers.append(segment)
    assert [one.headers["x-cache"] for one in answers] == ["MISS", "HIT"]
    assert portal.origin.asked.count("/film/720/0.ts?part=1") == 1
    for headers in portal.origin.seen:
        assert set(headers) <= {"host", "user-agent", "connection"}, headers
        assert headers["host"] == portal.origin.url("").removeprefix("http://")


def test_tickets_stand_in_no_file_and_only_reads_are_answered(portal: Portal) -> None:
    portal.origin.reset()
    film = portal.film()
    ticket = portal.address(film)
    assert portal.get(f"{ticket}720/index.m3u8").status_code == 200
    options = portal.client.options(f"{ticket}720/0.ts")
    assert (options.status_code, options.headers["access-control-allow-headers"]) == (204, "Range")
    assert portal.client.post(f"{ticket}720/0.ts").status_code == 403
    folder = portal.edge.folder
    held = b"".join(
        one.read_bytes() for one in (folder / "kensho_media").rglob("*") if one.is_file()
    )
    assert b"720/index.m3u8" in held
    assert b"/film/" not in held, "where the source is"
    assert ticket.split("/")[2].encode() not in held
    log = folder / "kensho_films.log"
    until(lambda: f"GET {film}/720/index.m3u8" in log.read_text())
    assert ticket.split("/")[2] not in log.read_text()


def test_a_first_playlist_of_another_name_and_absolute_addresses(portal: Portal) -> None:
    portal.origin.reset()
    origin = portal.origin.url("").removeprefix("http:")
    names = (
        f"http:{origin}/far/720/0.ts",
        f"{origin}/far/720/1.ts",
        "/far/720/2.ts",
        "../720/3.ts",
    )
    lines = "".join(f"#EXTINF:6,\n{name}\n" for name in names)
    keys = "".join(f'#EXT-X-MAP:URI="{name}"\n' for name in names[1:3])
    listed = f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n{keys}{lines}#EXT-X-ENDLIST\n"
    first = "/far/first.m3u8?token=a%20b"
    portal.origin.files[first] = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720/list.m3u8\n"
    portal.origin.files["/far/720/list.m3u8"] = listed
    for number in range(4):
        portal.origin.files[f"/far/720/{number}.ts"] = bytes([number])
    ticket = portal.address(portal.film("far", "first.m3u8?token=a%20b"))
    portal.origin.asked.clear()
    assert "720/list.m3u8" in portal.get(f"{ticket}master.m3u8").text
    assert portal.origin.asked == [first]
    playlist = portal.get(f"{ticket}720/list.m3u8")
    named = [line for line in playlist.text.splitlines() if line and not line.startswith("#")]
    assert f'URI="{ticket}720/1.ts"' in playlist.text
    assert f'URI="{ticket}720/2.ts"' in playlist.text
    for number, name in enumerate(named):
        there = httpx.URL(f"http://edge{ticket}720/list.m3u8").join(name).raw_path.decode()
        assert there == f"{ticket}720/{number}.ts"
        assert portal.get(there).content == bytes([number])


def good_claims(film: str) -> dict[str, Any]:
    return {"aud": "v", "sub": film, "sid": "s", "exp": int(time.time()) + 60}


def encoded(head: dict[str, Any], claims: dict[str, Any], key: TicketKey | bytes) -> str:
    secret = key if isinstance(key, bytes) else key.secret
    named = {"alg": "HS256"} | ({"kid": key.kid} if isinstance(key, TicketKey) else {}) | head
    return jwt.encode(named, claims, OctKey.import_key(secret), algorithms=["HS256", "HS384"])


def test_a_ticket_of_a_key_is_good_as_long_as_the_service_says(portal: Portal) -> None:
    portal.origin.reset()
    film = portal.film()
    held = portal.keys.keys()
    states = {
        held.state(key, dt.datetime.now(dt.UTC)): portal.get(
            f"/hls/{encoded({}, good_claims(film), key)}/{film}/master.m3u8"
        ).status_code
        for key in held.keys
    }
    assert states.pop("gone") == 403
    assert "signing" in states  # on a slow machine the others may have come to be as the two above
    assert set(states.values()) == {200}, states


def test_what_is_no_good_ticket_is_refused(portal: Portal) -> None:
    portal.origin.reset()
    film, other = portal.film(), portal.film()
    gone, key = portal.keys.keys().keys[0], portal.keys.keys().keys[-1]
    claims, now_s = good_claims(film), int(time.time())
    changes: tuple[dict[str, Any], ...] = (
        *({"aud": "api"}, {"aud": ["v"]}, {"aud": None}, {"sub": other}, {"sub": film.upper()}),
        *({"exp": now_s - 5}, {"exp": str(now_s + 60)}, {"exp": None}, {"sid": 1}),
    )
    heads: tuple[dict[str, Any], ...] = (
        *({"kid": "unknown0"}, {"kid": "constructor"}, {"kid": "__proto__"}, {"kid": ""}),
        *({"alg": "HS384"}, {"kid": gone.kid}),
    )
    good = encoded({}, claims, key)
    first, body, mac = good.split(".")
    odd_heads: tuple[object, ...] = (None, [], 1, "x", {"alg": {}, "kid": []})
    wrong = (
        *(encoded({}, {**claims, **one}, key) for one in changes),
        *(encoded({}, {k: v for k, v in claims.items() if k != name}, key) for name in claims),
        *(encoded(one, claims, key) for one in heads),
        *(encoded({}, claims, key.secret), encoded({"kid": key.kid}, claims, b"x" * 32)),
        *(f"{part({'alg': alg, 'kid': key.kid})}.{body}." for alg in ("none", "None", "HS256")),
        f"{part({'alg': 'none'})}.{body}.{mac}",
        f"{first}.{part({**claims, 'sub': other})}.{mac}",
        *(f"{first}.{body}", f"{good}.x", f"{good}=", good[:-1], f"{first}..{mac}", "...", "x"),
        *(f"{part(odd)}.{body}.{mac}" for odd in odd_heads),
        *("x" * 1_000, f"{good}%0d%0a", f"{good}{'x' * 2_000}"),
    )
    for text in wrong:
        assert portal.get(f"/hls/{text}/{film}/master.m3u8").status_code == 403, text
    for path in (f"{good}/{other}/master.m3u8", f"{good}/{film}/", "", good):
        assert portal.get(f"/hls/{path}").status_code == 403, path
    assert portal.get(f"/hls/{good}/{film}/master.m3u8").status_code == 200
    assert portal.get(f"/internal/edge/origins/{film}").status_code == 403
    assert portal.get("/_kensho_origin").status_code == 404


def part(document: object) -> str:
    """Return a part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def test_no_path_leaves_the_folder_of_its_film(portal: Portal) -> None:
    portal.origin.reset()
    portal.origin.files["/other/0.ts"] = b"another film"
    ticket = portal.address(portal.film())
    assert portal.get(f"{ticket}master.m3u8").status_code == 200
    portal.origin.asked.clear()
    for path, asked in (
        ("..%2fother%2f0.ts", None),
        ("%2e%2e/other/0.ts", None),
        ("720/..%2f..%2f..%2fother/0.ts", None),
        ("720/../0.ts", "/film/0.ts"),
        ("a%20b.ts", "/film/a%20b.ts"),
        ("a%3fb.ts", "/film/a%3Fb.ts"),
        ("a%23b.ts", "/film/a%23b.ts"),
        ("a%2525b.ts", "/film/a%2525b.ts"),
        ("a%0db%20HTTP/1.1%0d", "/film/a%0Db%20HTTP/1.1%0D"),
        ("a%0d%0aX-Own:%201", None),
        ("%e3%81%82.ts", "/film/%E3%81%82.ts"),
        ("a;b=1,c@d.ts", "/film/a;b=1,c@d.ts"),
    ):
        answer = portal.get(ticket + path)
        assert answer.status_code in (403, 404), path
        assert portal.origin.asked == ([] if asked is None else [asked]), path
        portal.origin.asked.clear()


def test_an_origin_tells_browsers_and_nginx_nothing(portal: Portal) -> None:
    portal.origin.reset()
    files = portal.origin.files
    files["/film/page.html"] = "<script>alert(1)</script>"
    files["/film/kept.ts"] = b"x"
    files["/film/moved.ts"] = 302
    files["/film/broken.ts"] = 503
    portal.origin.headers = {
        "/film/page.html": {"content-type": "text/html", "set-cookie": "__Host-kensho=x"},
        "/film/kept.ts": {
            "x-accel-redirect": "/_kensho_origin",
            "x-accel-expires": "0",
            "cache-control": "no-store",
            "vary": "*",
            "set-cookie": "a=b",
            "content-security-policy": "default-src *",
        },
    }
    ticket = portal.address(portal.film())
    page = portal.get(f"{ticket}page.html")
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers.get_list("content-security-policy") == ["default-src 'none'; sandbox"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in page.headers
    assert portal.get(f"{ticket}kept.ts").content == b"x"
    kept = portal.get(f"{ticket}kept.ts")
    assert kept.content == b"x"
    assert kept.headers["x-cache"] == "HIT"
    assert kept.headers.get_list("content-security-policy") == ["default-src 'none'; sandbox"]
    assert "set-cookie" not in kept.headers
    moved = portal.get(f"{ticket}moved.ts")
    assert (moved.status_code, "location" in moved.headers) == (502, False)
    assert portal.get(f"{ticket}broken.ts").status_code == 503


def test_an_origin_must_be_who_its_address_says(portal: Portal) -> None:
    folder = portal.edge.folder.parent
    with origin_running() as origin:
        origin.speak_tls(folder / "localhost.pem")
        origin.files["/film/0.ts"] = b"x"
        over_tls = portal._replace(origin=origin)
        ticket = over_tls.address(over_tls.film())
        assert portal.get(f"{ticket}0.ts").content == b"x"
        assert origin.seen[-1]["host"] == origin.url("").removeprefix("https://")
        origin.speak_tls(folder / "other.example.pem")  # trusted, and another
        assert portal.get(f"{ticket}1.ts").status_code == 502
        assert "certificate" in portal.edge.errors


def test_keys_take_turns_while_films_play(portal: Portal) -> None:
    portal.origin.reset()
    film = portal.film()
    ends: list[int] = []

    def played() -> str:
        address = portal.address(film)
        ends.append(portal.get(f"{address}master.m3u8", connection="close").status_code)
        return signed_by(address)

    before = portal.address(film)
    portal.keys.change(lambda keys: keys.rotated(dt.datetime.now(dt.UTC), dt.timedelta(seconds=3)))
    made = max(portal.keys.keys().keys, key=lambda key: key.created_at)
    played()
    until(lambda: played() == made.kid)
    for _ in range(20):
        played()
    assert set(ends) == {200}, ends
    assert portal.get(f"{before}master.m3u8", connection="close").status_code == 200
    old = signed_by(before)
    portal.keys.change(lambda keys: keys.without(old, dt.datetime.now(dt.UTC)))
    until(lambda: portal.get(f"{before}master.m3u8", connection="close").status_code == 403)
    played()
    assert ends[-1] == 200


def signed_by(address: str) -> str:
    """Return the id of the key of an address."""
    head = address.split("/")[2].split(".", maxsplit=1)[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


def test_films_play_on_while_the_service_is_stopped(portal: Portal) -> None:
    portal.origin.reset()
    for number in range(3):
        portal.origin.files[f"/film/720/{number}.ts"] = bytes([number])
    film, hidden, never = portal.film(), portal.film(), portal.film()
    ticket, of_hidden, of_never = (portal.address(one) for one in (film, hidden, never))
    for one in (ticket, of_hidden):
        assert portal.get(f"{one}master.m3u8").status_code == 200
    portal.hide(hidden)
    until(lambda: portal.get(f"{of_hidden}720/index.m3u8").status_code == 403)
    portal.server.supervisor.terminate()
    assert portal.server.supervisor.wait(30) == 0
    for number in range(3):
        time.sleep(1.1)  # longer than is known without asking
        new = portal.get(f"{ticket}720/{number}.ts")
        assert (new.status_code, new.content) == (200, bytes([number]))
        assert portal.get(f"{of_hidden}720/{number}.ts").status_code == 403
    away = portal.get(f"{of_never}master.m3u8")
    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    assert portal.get("/hls/x/y/z").status_code == 403
