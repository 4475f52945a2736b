"""Turns: a bounded number of places, given to those who wait in turn by client.

Guarantees: a client with many requests waits behind its own, not before others': the places that
become free go round the clients. No more wait than `waiting`; where they are that many, a client
that has fewer than another takes the place of that one's latest. Who leaves while it waits is never
given a place.

Used from the event loop alone; nothing here is locked.
"""

import asyncio
from collections import OrderedDict, deque
from typing import Final, TypeAlias

from kensho.errors import OverloadedError

Ticket: TypeAlias = asyncio.Future[None]
"""A wait for a place: done when the place is given."""
RETRY_AFTER_S: Final = 3
"""A full queue of 64 answers of 50 ms each is worked off in about so long."""


def overloaded(reason: str) -> OverloadedError:
    """Return the error of a request that is not worked on."""
    return OverloadedError(reason, retry_after_s=RETRY_AFTER_S)


class Turns:
    """`places` that are held at once, and at most `waiting` tickets for the next ones."""

    def __init__(self, places: int, waiting: int) -> None:
        self._free = places
        self._most_waiting = waiting
        self._by_client: OrderedDict[str, deque[Ticket]] = OrderedDict()
        """The clients in the order of their turns, each with its tickets in theirs."""
        self._waiting: set[Ticket] = set()

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def take(self, client: str) -> Ticket:
        """Return a ticket of `client`, done if there is a place.

        Raises:
            OverloadedError: too many wait.
        """
        ticket: Ticket = asyncio.get_running_loop().create_future()
        if self._free:
            self._free -= 1
            ticket.set_result(None)
            return ticket
        if len(self._waiting) >= self._most_waiting:
            self._make_room(client)
        self._waiting.add(ticket)
        self.share(ticket, client)
        return ticket

    def share(self, ticket: Ticket, client: str) -> None:
        """Let a waiting ticket be called in the turn of another client too, which wants the same.

        Otherwise it would wait behind all that the first one asks for.
        """
        self._by_client.setdefault(client, deque()).append(ticket)

    def drop(self, ticket: Ticket) -> None:
        """Give up a ticket: its wait, or its place."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
            ticket.cancel()
            self._forget_done()
        elif not ticket.cancelled() and ticket.exception() is None:
            self._pass_on()

    def _pass_on(self) -> None:
        """Give a place that became free to the next one."""
        if not self._by_client:
            self._free += 1
            return
        client, tickets = self._by_client.popitem(last=False)
        ticket = tickets.popleft()
        if tickets:
            self._by_client[client] = tickets
        self._waiting.remove(ticket)
        ticket.set_result(None)
        self._forget_done()

    def _make_room(self, client: str) -> None:
        """Refuse the latest ticket of the client that has the most, if `client` has fewer."""
        most = max(self._by_client, key=lambda one: len(self._by_client[one]))
        own = len(self._by_client.get(client, ()))
        if len(self._by_client[most]) <= own + 1:
            raise overloaded("too many requests wait already")
        latest = self._by_client[most].pop()
        self._waiting.remove(latest)
        latest.set_exception(overloaded("others who wait have asked for less"))
        self._forget_done()

    def _forget_done(self) -> None:
        """Take the tickets that are done out of the queues: a shared one stands in several."""
        for client, tickets in list(self._by_client.items()):
            kept = deque(one for one in tickets if not one.done())
            if len(kept) == len(tickets):
                continue
            if kept:
                self._by_client[client] = kept
            else:
                del self._by_client[client]
