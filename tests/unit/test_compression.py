"""Content negotiation for compression."""

import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.http import compression


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (b"", "identity"),
        (b"br", "br"),
        (b"gzip", "gzip"),
        (b"GZIP", "gzip"),
        (b"gzip, br", "br"),
        (b"gzip;q=0.9,br;q=0.8", "gzip"),
        (b"br ; q=0 , gzip", "gzip"),
        (b"*", "br"),
        (b"*;q=0", "identity"),
        (b"br;q=0.5, identity", "identity"),
        (b"br;q=0.5, identity;q=0.2", "br"),
        (b"br;q=", "br"),
        (b"br;q=x", "identity"),
    ],
)
def test_the_best_weighed_encoding_of_ours_is_taken(accept: bytes, expected: str) -> None:
    assert compression.choose_encoding(accept) == expected


@given(st.binary(max_size=60))
def test_no_header_makes_it_stumble(accept: bytes) -> None:
    assert compression.choose_encoding(accept) in ("br", "gzip", "identity")


def test_what_is_compressed_opens_to_the_same() -> None:
    body = b'{"title":"' + b"ab" * 2000 + b'"}'
    assert brotli.decompress(compression.compress(body, "br")) == body
    assert gzip.decompress(compression.compress(body, "gzip")) == body
    assert compression.compress(body, "identity") == body
