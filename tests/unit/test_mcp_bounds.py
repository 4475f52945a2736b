"""What bounds the MCP server: how many requests, for how long, and how long an answer may be."""

import asyncio
from typing import Any

from starlette.types import Message

from kensho.mcp.server import MAX_ANSWER_BYTES, answered
from kensho.mcp.serving import BoundedRequests

POST: dict[str, Any] = {"type": "http", "method": "POST", "headers": []}


class Asked:
    """One request, and what it was answered."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def receive(self) -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])


async def test_no_more_requests_are_served_at_once_than_are_allowed() -> None:
    done = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await done.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    bounded = BoundedRequests(slow, 2, deadline_s=60)
    asked = [Asked() for _ in range(4)]
    serving = [
        asyncio.create_task(bounded.served(POST, one.receive, one.send)) for one in asked[:3]
    ]
    await asyncio.wait(serving[2:])
    assert asked[2].status == 503
    done.set()
    await asyncio.wait(serving)
    assert [one.status for one in asked[:2]] == [200, 200]
    await bounded.served(POST, asked[3].receive, asked[3].send)
    assert asked[3].status == 200, "there is room again"


async def test_a_request_that_takes_too_long_is_given_up() -> None:
    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    one = Asked()
    await BoundedRequests(endless, 1, deadline_s=0.01).served(POST, one.receive, one.send)
    assert one.status == 408


def test_an_answer_that_is_too_long_says_so_in_its_place() -> None:
    fitting = answered("1-a", b'["' + b"x" * (MAX_ANSWER_BYTES - 4) + b'"]')
    assert not fitting.is_error
    assert fitting.meta == {"snapshot": "1-a"}
    too_long = answered("1-a", b'["' + b"x" * (MAX_ANSWER_BYTES - 3) + b'"]')
    assert too_long.is_error
    assert too_long.structured_content is None
