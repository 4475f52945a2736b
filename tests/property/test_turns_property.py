"""Turns, against what must hold whoever asks, waits and leaves in whatever order."""

import asyncio
import itertools
from collections import Counter
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from kensho.errors import OverloadedError
from kensho.http.turns import Ticket, Turns

CLIENTS: Final[tuple[str, ...]] = ("a", "b", "c")
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
    tickets: list[tuple[Ticket, set[str]]] = []
    for step, client, number in steps:
        if step == "take":
            try:
                tickets.append((turns.take(client), {client}))
            except OverloadedError:
                assert turns.waiting == waiting
        elif tickets:
            ticket, clients = tickets[number % len(tickets)]
            if step == "drop":
                tickets.remove((ticket, clients))
                turns.drop(ticket)
            elif not ticket.done():
                turns.share(ticket, client)
                clients.add(client)
        tickets = [one for one in tickets if not (one[0].done() and one[0].exception())]
        held = sum(one.done() for one, _ in tickets)
        assert held <= places
        assert turns.waiting == len(tickets) - held <= waiting
        wanting = {client for one, clients in tickets if not one.done() for client in clients}
        kept = places > 1 and len(wanting) <= 1  # one place is kept for another client
        assert held == places or not wanting or kept
    while tickets:  # all who wait are served once those before them leave
        pair = next(one for one in tickets if one[0].done())
        tickets.remove(pair)
        turns.drop(pair[0])
    assert turns.waiting == 0


@given(asked=st.lists(st.sampled_from(CLIENTS), min_size=1, max_size=40))
def test_of_equal_work_no_client_is_served_twice_while_another_waits(asked: list[str]) -> None:
    served = asyncio.run(serve(asked, dict.fromkeys(CLIENTS, 1)))
    left = Counter(asked)
    for before, after in itertools.pairwise(served):
        left[before] -= 1
        assert before != after or left.total() == left[before]


@given(
    costs=st.fixed_dictionaries({client: st.integers(1, 30) for client in CLIENTS}),
    asked=st.lists(st.sampled_from(CLIENTS), min_size=1, max_size=60),
)
def test_the_next_is_whose_work_will_have_taken_the_least_time(
    costs: dict[str, int], asked: list[str]
) -> None:
    served = asyncio.run(serve(asked, costs))
    left, used = Counter(asked), Counter[str]()
    for client in served:
        behind = [other for other in CLIENTS if left[other] and other != client]
        assert all(used[client] + costs[client] <= used[other] + costs[other] for other in behind)
        used[client] += costs[client]
        left[client] -= 1


async def serve(asked: list[str], costs: dict[str, int]) -> list[str]:
    """Return in which order those are served who all wait while a first one is."""
    now = 0
    turns = Turns(1, len(asked), lambda: now)
    holder = turns.take("first")
    queue = [(client, turns.take(client, costs[client])) for client in asked]
    served: list[str] = []
    while queue:
        turns.drop(holder)
        client, holder = next(pair for pair in queue if pair[1].done())
        queue.remove((client, holder))
        served.append(client)
        now += costs[client]
    return served


def test_a_wait_that_was_cut_off_is_passed_over_before_it_is_dropped() -> None:
    async def cut() -> None:
        turns = Turns(1, 5)
        held, gone, next_one = turns.take("a"), turns.take("b"), turns.take("c")
        gone.cancel()  # as a cancelled task does to what it waits for, before it comes to drop it
        turns.drop(held)
        assert next_one.done()
        turns.drop(gone)
        turns.drop(next_one)
        assert turns.waiting == 0
        assert turns.take("d").done()

    asyncio.run(cut())
