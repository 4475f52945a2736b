"""Videos for tests: people who are signed in, and what streams of progress say."""

import asyncio
import json
from collections.abc import Callable, Mapping
from random import randrange
from typing import Any, Final, NamedTuple
from uuid import uuid4

from httpx import AsyncClient

VIDEOS: Final = "/api/videos"
PASSWORD: Final = "correct horse battery"
PATIENCE_S: Final = 30.0


class Person(NamedTuple):
    """Somebody with an account: its id, and the header that shows it."""

    id: str
    headers: Mapping[str, str]


class Told(NamedTuple):
    """An event of a stream."""

    kind: str
    id: str
    data: dict[str, Any]


async def person(api: AsyncClient) -> Person:
    """Register somebody new, of an address of their own where 127.0.0.1 is a trusted proxy."""
    body = {"email": f"{uuid4().hex}@example.org", "password": PASSWORD}
    elsewhere = {"x-forwarded-for": f"198.51.100.{randrange(1, 255)}"}  # accounts are few of one
    answer = await api.post("/api/auth/register", json=body, headers=elsewhere)
    assert answer.status_code == 201, answer.text
    grant = answer.json()
    return Person(grant["user"]["id"], {"authorization": f"Bearer {grant['token']}"})


async def asked(api: AsyncClient, who: Person, **body: Any) -> dict[str, Any]:
    """Ask for a video; return the job."""
    answer = await api.post(VIDEOS, json={"prompt": "A paper boat", **body}, headers=who.headers)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()["job"]
    assert answer.json()["streamUrl"] == f"{VIDEOS}/jobs/{job['id']}/stream"
    return job


async def job_until(
    api: AsyncClient, who: Person, job: str, holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Ask for a job until it `holds`."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await api.get(f"{VIDEOS}/jobs/{job}", headers=who.headers)
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            if holds(found):
                return found
            await asyncio.sleep(0.3)


def has_ended(job: dict[str, Any]) -> bool:
    """Tell whether nothing happens with a job any more."""
    return job["status"] in ("completed", "failed")


def events(text: str) -> list[Told]:
    """Return the events of a stream that has ended."""
    found: list[Told] = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and line[0] != ":")
        if "data" in fields:
            found.append(Told(fields["event"], fields["id"], json.loads(fields["data"])))
    return found
