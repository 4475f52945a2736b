"""Variants of HLS playlists: chosen by quality, and refused where they are none."""

import pytest

from kensho.edges.streams import playlists
from kensho.edges.streams.playlists import Quality, Variant
from kensho.edges.streams.slots import origin_of
from kensho.errors import NotOfferedError, ProviderUnavailableError

URL = "https://media.example/a/master.m3u8?token=x"
MASTER = b"""#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=854x480
480/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=640x360
360/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720
https://other.example/720.m3u8
"""
APART = b"""#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Japanese",LANGUAGE="ja",URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=854x480,AUDIO="a"
480.m3u8
"""
MEDIA = b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n"


def test_variants_are_the_lowest_first_by_whole_addresses() -> None:
    found = playlists.variants(MASTER, URL)
    assert [(one.height, one.url) for one in found] == [
        (360, "https://media.example/a/360/index.m3u8"),
        (480, "https://media.example/a/480/index.m3u8"),
        (720, "https://other.example/720.m3u8"),
    ]
    assert playlists.variants(MEDIA, URL) == []
    assert playlists.variants(b"\xef\xbb\xbf" + MASTER, URL) == found


@pytest.mark.parametrize(
    ("wanted", "quality", "place"),
    [("1080p", "720p", 2), ("720p", "720p", 2), ("480p", "480p", 1), ("360p", "360p", 0)],
)
def test_a_quality_is_the_highest_variant_up_to_it(
    wanted: Quality, quality: str, place: int
) -> None:
    found = playlists.variants(MASTER, URL)
    assert playlists.chosen(URL, found, wanted) == (found[place].url, quality)


def test_without_a_variant_below_the_lowest_is_chosen() -> None:
    found = [Variant("u", 720, 1, has_sound_apart=False)]
    assert playlists.chosen(URL, found, "360p") == ("u", "720p")
    assert playlists.chosen(URL, [], "360p") == (URL, "auto")
    assert playlists.chosen(URL, found, "auto") == (URL, "auto")


def test_a_variant_whose_sound_is_elsewhere_is_played_from_the_whole() -> None:
    found = playlists.variants(APART, URL)
    assert playlists.chosen(URL, found, "480p") == (URL, "480p")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>Just a moment</html>",
        b"#EXTM3U\n",
        b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=x\na.m3u8\n",
        b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=big\na.m3u8\n",
        b"#EXTM3U\n\xff\xfe",
        MEDIA + b"#" * playlists.MAX_BYTES,
    ],
)
def test_what_is_no_playlist_is_refused(content: bytes) -> None:
    with pytest.raises(ProviderUnavailableError):
        playlists.variants(content, URL)


def test_dash_is_not_offered() -> None:
    with pytest.raises(NotOfferedError):
        playlists.variants(b'<?xml version="1.0"?><MPD/>', URL)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://media.example/a/b", "https://media.example"),
        ("HTTPS://Media.Example:443/a", "https://media.example"),
        ("http://127.0.0.1:9/x", "http://127.0.0.1:9"),
        ("http://[::1]:80/x", "http://[::1]"),
        ("https://media.example@evil.example/", ""),
        ("https://media.example:x/", ""),
        ("ftp://media.example/", ""),
        ("//media.example/", ""),
        ("", ""),
    ],
)
def test_an_origin_is_what_browsers_compare(url: str, origin: str) -> None:
    assert origin_of(url) == origin
