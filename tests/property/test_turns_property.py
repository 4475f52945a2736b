"""Turns, against what must hold whoever asks, waits and leaves in whatever order."""

import asyncio
import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from kensho.errors import OverloadedError
from kensho.http.turns import Ticket, Turns

CLIENTS = ("a", "b", "c")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("take", "drop", "share")),
        st.sampled_from(CLIENTS),
        st.integers(min_value=0, max_value=50),
    ),
    max_size=60,
)


@given(places=st.integers(1, 3), waiting=st.integers(1, 5), steps=STEPS)
def test_places_and_queues_stay_bounded_and_nobody_is_forgotten(
    places: int, waiting: int, steps: list[tuple[str, str, int]]
) -> None:
    asyncio.run(walk(Turns(places, waiting), places, waiting, steps))


async def walk(turns: Turns, places: int, waiting: int, steps: list[tuple[str, str, int]]) -> None:
    tickets: list[Ticket] = []
    for step, client, number in steps:
        if step == "take":
            try:
                tickets.append(turns.take(client))
            except OverloadedError:
                assert turns.waiting == waiting
        elif tickets:
            ticket = tickets[number % len(tickets)]
            if step == "drop":
                tickets.remove(ticket)
                turns.drop(ticket)
            elif not ticket.done():
                turns.share(ticket, client)
        tickets = [one for one in tickets if not (one.done() and one.exception())]
        held = sum(one.done() for one in tickets)
        assert held <= places
        assert turns.waiting == len(tickets) - held <= waiting
        assert held == places or not turns.waiting  # no place is free while somebody waits
    while tickets:  # all who wait are served once those before them leave
        ticket = next(one for one in tickets if one.done())
        tickets.remove(ticket)
        turns.drop(ticket)
    assert turns.waiting == 0


@given(
    asked=st.lists(st.sampled_from(CLIENTS), min_size=1, max_size=40),
)
def test_no_client_is_served_twice_while_another_waits(asked: list[str]) -> None:
    asyncio.run(serve(asked))


async def serve(asked: list[str]) -> None:
    turns = Turns(1, len(asked))
    holder = turns.take("first")
    queue = [(client, turns.take(client)) for client in asked]
    served: list[str] = []
    while queue:
        turns.drop(holder)
        client, holder = next(pair for pair in queue if pair[1].done())
        queue.remove((client, holder))
        served.append(client)
    left = Counter(asked)
    for before, after in itertools.pairwise(served):
        left[before] -= 1
        assert before != after or left.total() == left[before]
