"""Turns: a bounded number of places, given to those who wait in turn by client.

Guarantees: the next place goes to the client whose work will have taken the least time (weighted
fair queueing by the end of the work, expected and then measured), so that one that asks for much or
for what takes long waits behind its own, and not before others. Of several places one is kept for
another client. No more wait than `waiting`; where they are that many, a client that
has fewer than another takes the place of that one's latest. Who leaves while it waits is never
given a place. A client is remembered for as long as it waits or holds a place; one that comes anew
begins with what the one that was served last had.

Used from the event loop alone; nothing here is locked.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final, TypeAlias

from kensho.errors import OverloadedError

Ticket: TypeAlias = asyncio.Future[None]
"""A wait for a place: done when the place is given."""
RETRY_AFTER_S: Final = 3
"""A full queue of 64 answers of 50 ms each is worked off in about so long."""


def overloaded(reason: str) -> OverloadedError:
    """Return the error of a request that is not worked on."""
    return OverloadedError(reason, retry_after_s=RETRY_AFTER_S)


class _Client:
    """What a client waits for, how many places it holds, and how long its work has taken."""

    def __init__(self, used_s: float) -> None:
        self.tickets: deque[Ticket] = deque()
        self.held = 0
        self.used_s = used_s


class Turns:
    """`places` that are held at once, and at most `waiting` tickets for the next ones."""

    def __init__(self, places: int, waiting: int, clock_s: Callable[[], float] = monotonic) -> None:
        self._free = places
        self._most_of_one = max(1, places - 1)
        self._most_waiting = waiting
        self._clock_s = clock_s
        self._clients: dict[str, _Client] = {}
        """Those that wait or hold a place; who was served last comes last."""
        self._waiting: dict[Ticket, float] = {}
        """How long the work of each that waits is expected to take."""
        self._served_s = 0.0
        """What the client that was served last had used."""
        self._holders: dict[Ticket, tuple[str, float]] = {}
        """Who holds a place, and since when."""

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def take(self, client: str, expected_s: float = 0.0) -> Ticket:
        """Return a ticket of `client` for work expected to take so long, done if there is a place.

        Raises:
            OverloadedError: too many wait.
        """
        ticket: Ticket = asyncio.get_running_loop().create_future()
        self._waiting[ticket] = expected_s
        self.share(ticket, client)
        if len(self._waiting) > self._most_waiting:
            self._make_room(client, ticket)
        return ticket

    def share(self, ticket: Ticket, client: str) -> None:
        """Let a waiting ticket be called in the turn of another client too, which wants the same.

        Otherwise it would wait behind all that the first one asks for.
        """
        if client not in self._clients:
            self._clients[client] = _Client(self._served_s)
        if ticket not in self._clients[client].tickets:
            self._clients[client].tickets.append(ticket)
            self._give()

    def drop(self, ticket: Ticket) -> None:
        """Give up a ticket: its wait, or its place."""
        if ticket in self._waiting:
            ticket.cancel()
            self._forget(ticket)
        elif ticket in self._holders:
            name, since_s = self._holders.pop(ticket)
            client = self._clients[name]
            client.held -= 1
            client.used_s += self._clock_s() - since_s
            self._free += 1
            self._leave(name)
            self._give()

    def _give(self) -> None:
        """Give the places that are free to those whose turn it is."""
        while self._free:
            able = (
                (one.used_s + self._waiting[one.tickets[0]], name)
                for name, one in self._clients.items()
                if one.tickets and one.held < self._most_of_one
            )
            # Of equals the first is taken, which was served the longest ago.
            name = min(able, key=lambda pair: pair[0], default=(0.0, None))[1]
            if name is None:
                return
            client = self._clients[name] = self._clients.pop(name)
            ticket = client.tickets[0]
            if ticket.done():  # who waited for it was cut off, and has yet to drop it
                self._forget(ticket)
                continue
            client.held += 1
            self._served_s = max(self._served_s, client.used_s)
            self._free -= 1
            self._holders[ticket] = name, self._clock_s()
            self._forget(ticket)
            ticket.set_result(None)

    def _make_room(self, client: str, ticket: Ticket) -> None:
        """Refuse the latest ticket of the client that has the most: `ticket`, if that is this one.

        Raises:
            OverloadedError: it is this one.
        """
        own = len(self._clients[client].tickets)
        most = max(self._clients.values(), key=lambda one: len(one.tickets))
        latest = most.tickets[-1] if len(most.tickets) > own else ticket
        self._forget(latest)
        if latest is ticket:
            raise overloaded("too many requests wait already")
        latest.set_exception(overloaded("others who wait have asked for less"))

    def _forget(self, ticket: Ticket) -> None:
        """Take a ticket that waits no more out of the queues: a shared one stands in several."""
        del self._waiting[ticket]
        for name, client in list(self._clients.items()):
            if ticket in client.tickets:
                client.tickets.remove(ticket)
                self._leave(name)

    def _leave(self, name: str) -> None:
        client = self._clients[name]
        if not client.tickets and not client.held:
            del self._clients[name]
