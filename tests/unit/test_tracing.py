"""Ids of requests and traces."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.http.tracing import read_trace

PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_sound_pair_of_ids_is_taken_over() -> None:
    trace = read_trace(b"abc", PARENT, Random(1))
    assert trace.request_id == b"abc"
    assert trace.trace_id == b"4bf92f3577b34da6a3ce929d0e0e4736"
    assert trace.traceparent.endswith(b"-01")
    assert b"00f067aa0ba902b7" not in trace.traceparent


def test_a_later_version_may_say_more() -> None:
    assert read_trace(None, b"01" + PARENT[2:] + b"-more", Random(1)).trace_id == PARENT[3:35]


@pytest.mark.parametrize(
    "parent",
    [
        b"",
        b"ff" + PARENT[2:],
        b"00-" + b"0" * 32 + PARENT[35:],
        PARENT[:36] + b"0" * 16 + b"-01",
        PARENT.upper(),
    ],
)
def test_an_unsound_parent_begins_a_trace(parent: bytes) -> None:
    assert read_trace(None, parent, Random(1)).trace_id != PARENT[3:35]


@given(st.none() | st.binary(max_size=200), st.none() | st.binary(max_size=80), st.randoms())
def test_what_goes_out_is_always_sound(
    request_id: bytes | None, parent: bytes | None, random: Random
) -> None:
    trace = read_trace(request_id, parent, random)
    assert 1 <= len(trace.request_id) <= 128
    assert all(0x21 <= byte <= 0x7E for byte in trace.request_id)
    assert read_trace(None, trace.traceparent, random).trace_id == trace.trace_id
