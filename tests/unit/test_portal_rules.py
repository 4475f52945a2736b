"""When a film plays, who signs its tickets, and which sources are taken: rules against oracles."""

import datetime as dt
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from kensho.edges.portal.movies import (
    CaptionTrack,
    CheckStatus,
    PortalMovie,
    StreamSource,
    blockers,
    is_playable,
    publishing_state,
    slug_of,
    title_key,
)
from kensho.edges.portal.sources import WrongSourceError, folder_of, parsed
from kensho.edges.portal.ticket_keys import LONGEST, KeySet, TicketKeyFile
from kensho.edges.portal.tickets import Tickets
from kensho.edges.store import new_id
from kensho.errors import ConflictError, SettingsError
from tests.support.film_origin import MASTER, MEDIA

NOW: Final = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
_TIMES: Final = st.one_of(
    st.none(), st.integers(-3, 3).map(lambda hours: NOW + dt.timedelta(hours=hours))
)
_STATUSES: Final[st.SearchStrategy[CheckStatus]] = st.sampled_from(get_args(CheckStatus))
ROOT: Final = "https://o.example/film/"


@st.composite
def films(draw: st.DrawFn) -> PortalMovie:
    sources = [
        StreamSource(
            id=uuid4(), sealed="x", primary=at == 0, drm_required=draw(st.booleans()), status=status
        )
        for at, status in enumerate(draw(st.lists(_STATUSES, max_size=2)))
    ]
    tracks = [
        CaptionTrack(id=uuid4(), language=f"x{at}", format="WEBVTT", status=status)
        for at, status in enumerate(draw(st.lists(_STATUSES, max_size=2)))
    ]
    return PortalMovie(
        id=uuid4(),
        revision=1,
        title="x",
        slug="x",
        synopsis="x",
        genres=(),
        duration_minutes=1,
        poster_url="https://x/",
        visibility=draw(st.sampled_from(("VISIBLE", "HIDDEN"))),
        starts_at=draw(_TIMES),
        ends_at=draw(_TIMES),
        sources=sources,
        captions=tracks,
        created_at=NOW,
        changed_at=NOW,
    )


@given(films())
def test_a_film_plays_as_the_plain_rule_says(film: PortalMovie) -> None:
    primary = next((one for one in film.sources if one.primary), None)
    sound = primary is not None and primary.status == "VALID" and not primary.drm_required
    captioned = any(one.status == "VALID" for one in film.captions)
    begun = film.starts_at is None or film.starts_at <= NOW
    over = film.ends_at is not None and film.ends_at <= NOW
    plays = film.visibility == "VISIBLE" and sound and captioned and begun and not over
    assert is_playable(film, NOW) == plays
    assert (publishing_state(film, NOW) == "playing") == plays
    codes = {one.code for one in blockers(film)}
    assert ("captions_missing" in codes, "source_invalid" in codes) == (not captioned, not sound)
    if film.visibility == "HIDDEN":
        assert publishing_state(film, NOW) == ("ready" if sound and captioned else "draft")
    # In any zone, the instant is the same.
    east = NOW.astimezone(dt.timezone(dt.timedelta(hours=9)))
    assert film.window.schedule(east) == film.window.schedule(NOW)


def test_titles_and_ids_have_one_spelling_and_order() -> None:
    assert title_key(" Spirited\u3000\uff21\uff37\uff21\uff39 ") == title_key("spirited away")
    assert slug_of("Amélie: à Paris!", UUID(int=1)) == "amelie-a-paris"
    assert slug_of("千と千尋", UUID(int=1)).startswith("film-")
    made = [new_id(NOW + dt.timedelta(milliseconds=at)) for at in range(50)]
    assert made == sorted(made)
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}


@given(
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 1_200)), min_size=1, max_size=6),
    st.integers(0, 4_000),
)
def test_one_key_signs_and_what_it_signed_is_good_until_it_ends(
    rotations: list[tuple[int, int]], moment_s: int
) -> None:
    keys, now = KeySet(), NOW
    history: list[tuple[dt.datetime, KeySet]] = []
    for pause_s, after_s in rotations:
        now += dt.timedelta(seconds=pause_s)
        keys = keys.rotated(now, dt.timedelta(seconds=after_s))
        history.append((now, keys))
    at = NOW + dt.timedelta(seconds=moment_s)
    read = [held for when, held in history if when <= at]
    if not read:
        return
    signing = [one for one in read[-1].keys if read[-1].state(one, at) == "signing"]
    assert len(signing) == 1
    assert read[-1].signing(at) == signing[0]
    for later in (at, at + LONGEST / 2, at + LONGEST):
        held = [keys for when, keys in history if when <= later][-1]
        assert held.verifying(signing[0].kid, later) is not None


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> dt.datetime:
        return self.now


def test_only_good_tickets_are_read(tmp_path: Path) -> None:
    clock, movie = Clock(), uuid4()
    file = TicketKeyFile(tmp_path / "keys.json", clock)
    tickets = Tickets(file, 300, clock)
    ticket = tickets.issue(movie, "viewing", None)
    found = tickets.read(ticket.text)
    assert found is not None
    assert (found.movie, found.viewing) == (movie, "viewing")
    assert ticket.expires_at == NOW + LONGEST
    assert tickets.issue(movie, "v", NOW + dt.timedelta(seconds=9)).expires_at < ticket.expires_at

    (key,) = file.keys().keys
    secret = OctKey.import_key(key.secret)
    good: dict[str, Any] = {
        "aud": "v",
        "sub": str(movie),
        "sid": "viewing",
        "exp": int(NOW.timestamp()) + 60,
    }
    header = {"alg": "HS256", "kid": key.kid}
    assert tickets.read(jwt.encode(header, good, secret)) is not None
    forged = OctKey.import_key(b"x" * 32)
    wrong = [
        jwt.encode(header, good, forged),
        jwt.encode({**header, "kid": "constructor"}, good, secret),
        jwt.encode({"alg": "HS256"}, good, secret),
        *(
            jwt.encode(header, {**good, **change}, secret)
            for change in (
                {"aud": "api"},
                {"aud": ["v", "api"]},
                {"exp": int(NOW.timestamp()) - 1},
                {"sub": "x"},
                {"exp": "x"},
            )
        ),
        *(
            jwt.encode(header, {k: v for k, v in good.items() if k != name}, secret)
            for name in good
        ),
        ".".join(("eyJhbGciOiJub25lIn0", ticket.text.split(".")[1], "")),
        ticket.text[:-2],
        "x",
        "..",
        "x" * 5_000,
    ]
    assert [tickets.read(one) for one in wrong] == [None] * len(wrong)
    clock.now += LONGEST + dt.timedelta(seconds=1)
    assert tickets.read(ticket.text) is None


def test_playing_goes_on_through_rotations_and_ends_with_a_retired_key(tmp_path: Path) -> None:
    clock, movie = Clock(), uuid4()
    file = TicketKeyFile(tmp_path / "keys.json", clock)
    other = Tickets(TicketKeyFile(tmp_path / "keys.json", clock), 6, clock)  # another process
    held = other.issue(movie, "v", None).text
    for second in range(0, 1_200, 3):
        if second in (30, 300):
            file.change(lambda keys: keys.rotated(clock.now, dt.timedelta(seconds=60)))
        assert other.read(held) is not None
        clock.now += dt.timedelta(seconds=3)
        held = other.issue(movie, "v", None).text
    signing = file.keys().signing(clock.now)
    assert signing is not None
    with pytest.raises(ConflictError):
        file.keys().without(signing.kid, clock.now)
    file.change(lambda keys: keys.rotated(clock.now, dt.timedelta(0)))
    file.change(lambda keys: keys.without(signing.kid, clock.now))
    clock.now += dt.timedelta(seconds=3)
    assert other.read(held) is None
    assert other.read(other.issue(movie, "v", None).text) is not None
    (tmp_path / "keys.json").write_text("[]")
    with pytest.raises(SettingsError):
        TicketKeyFile(tmp_path / "keys.json", clock).keys()


def test_a_sound_source_is_read() -> None:
    master = parsed(MASTER.encode(), f"{ROOT}master.m3u8", ROOT)
    assert [one.height for one in master.variants] == [360, 720]
    assert sorted(master.below) == [f"{ROOT}{one}/index.m3u8" for one in ("360", "720", "en")]
    media = parsed(b"\xef\xbb\xbf" + MEDIA.encode(), f"{ROOT}360/index.m3u8", ROOT)
    assert (media.duration_s, media.below) == (11.5, [])
    live = parsed(MEDIA.replace("#EXT-X-ENDLIST\n", "").encode(), f"{ROOT}x.m3u8", ROOT)
    assert live.duration_s is None
    key = '#EXT-X-KEY:METHOD=AES-128,URI="k.bin"\n'
    assert parsed(MEDIA.replace("#EXTINF:6", f"{key}#EXTINF:6").encode(), f"{ROOT}x.m3u8", ROOT)
    for named in (f"{ROOT}0.ts", "/film/0.ts", "//o.example/film/0.ts", "../0.ts?a=b", "0.ts"):
        content = MEDIA.replace("0.ts", named).encode()
        assert parsed(content, f"{ROOT}720/index.m3u8", ROOT).duration_s == 11.5
    assert folder_of(urlsplit(f"{ROOT}master.m3u8?a=b/c")) == ROOT


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("https://elsewhere.example/0.ts", "outside"),
        ("//elsewhere.example/0.ts", "outside"),
        ("../../0.ts", "outside"),
        ("..%2f..%2f0.ts", "outside"),
        ("%2e%2e/%2e%2e/0.ts", "outside"),
        ("..\\0.ts", "outside"),
        ("http://o.example/film/0.ts", "outside"),
        ("https://o.example:444/film/0.ts", "outside"),
        ("https://o.example@evil.example/film/0.ts", "outside"),
        ("{$base}/0.ts", "outside"),
        ("../../film/0.ts", "detour"),
        ("/elsewhere/../film/0.ts", "detour"),
        ("data:video/mp2t;base64,AAAA", "outside"),
        ('#EXT-X-MAP:URI="https://elsewhere.example/i.mp4"\n0.ts', "outside"),
        ('#EXT-X-DATERANGE:ID="a",X-ASSET-URI="https://ad.example/"\n0.ts', "outside"),
        ('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"\n0.ts', "DRM"),
        ('#EXT-X-KEY:METHOD=AES-128,URI="k",KEYFORMAT="com.apple.streamingkeydelivery"\n0', "DRM"),
        ('#EXT-X-KEY:METHOD=AES-128,URI="https://k.example/"\n0.ts', "outside"),
    ],
)
def test_a_source_that_leads_elsewhere_is_refused(line: str, said: str) -> None:
    content = f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{line}\n".encode()
    with pytest.raises(WrongSourceError, match=said):
        parsed(content, f"{ROOT}720/index.m3u8", ROOT)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"<html>", b"#EXTM3U", b"\n#EXTM3U\n#EXTINF:6,\n0.ts", b"#EXTM3U\n\xff"),
        b"#EXTM3U\n#EXT-X-STREAM-INF:RESOLUTION=axb\nx.m3u8",
        b"#EXTM3U\n#EXTINF:six,\n0.ts",
    ],
)
def test_what_is_no_playlist_is_refused(content: bytes) -> None:
    with pytest.raises(WrongSourceError):
        parsed(content, f"{ROOT}master.m3u8", ROOT)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tail: bytes) -> None:
    try:
        parsed(b"#EXTM3U\n" + tail, f"{ROOT}master.m3u8", ROOT)
    except WrongSourceError:
        return


def test_a_film_keeps_its_secrets_from_messages() -> None:
    source = StreamSource(id=uuid4(), sealed="sealed-address")
    assert "sealed-address" not in repr(source)
    assert msgspec.structs.replace(source, primary=True).primary
