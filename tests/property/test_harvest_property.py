"""Walks over interfaces: whatever ids there are and whatever fails, each record comes once."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kensho.errors import UpstreamUnavailableError
from tests.support.api_servers import (
    AniList,
    ApiServer,
    Fault,
    Kitsu,
    Relationship,
    api_server,
    cut,
    graphql_error,
    hang_up,
    medium,
    status,
    text,
)
from tests.support.harvesting import harvested, lines

FAULTS: list[Fault] = [
    status(429, Retry_After="1"),
    status(502),
    graphql_error("Internal Server Error", 500),
    text(b"<html>"),
    text(b'{"data"'),
    cut,
    hang_up,
]
faults = st.dictionaries(st.integers(1, 40), st.sampled_from(FAULTS), max_size=15)
quickly = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with api_server(AniList([]), path="/api/edge") as running:
        yield running


def walked(source: str, server: ApiServer, given_: dict[int, Fault]) -> list[str]:
    """Harvest, again where too many faults in a row ended it, and return the ids that came."""
    server.faults = {len(server.requests) + n: fault for n, fault in given_.items()}
    with TemporaryDirectory() as folder:
        out = Path(folder) / "x.jsonl"
        for _ in range(5):
            try:
                harvested(source, server, out)
                break
            except UpstreamUnavailableError:
                assert not out.exists()
        return [str(one["id"]) for one in lines(out)]


@quickly
@given(st.sets(st.integers(1, 4000), min_size=1, max_size=150), st.integers(50, 900), faults)
def test_every_anime_of_anilist_comes_once_in_order(
    server: ApiServer, ids: set[int], most_ids: int, given_: dict[int, Fault]
) -> None:
    server.reply = AniList([medium(n) for n in ids], most_ids)
    assert walked("anilist", server, given_) == [str(n) for n in sorted(ids)]


ends = st.tuples(st.sampled_from(["anime", "manga"]), st.integers(1, 30))
relationships = st.lists(
    st.builds(Relationship, ends, st.sampled_from(["sequel", "other"]), st.none() | ends),
    min_size=1,
    max_size=70,
)


@quickly
@given(relationships, faults)
def test_every_relationship_of_two_anime_comes_once_in_order(
    server: ApiServer, given_: list[Relationship], broken: dict[int, Fault]
) -> None:
    told = [Relationship(("anime", 1), "sequel", ("anime", 2)), *given_]
    server.reply = Kitsu(told)
    expected = [
        str(number)
        for number, one in enumerate(told, 1)
        if one.source[0] == "anime" and one.destination is not None
        if one.destination[0] == "anime"
    ]
    known = {n: fault for n, fault in broken.items() if fault is not FAULTS[2]}
    assert walked("kitsu", server, known) == expected
