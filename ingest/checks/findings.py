"""What a check finds: a sentence, the works it is about with their pages, and an id that lasts.

The id is a digest of the rule and of what a finding is about, so it does not depend on the order in
which findings come, and is the same in every run. The `state` is a digest of what was found of it:
kinds, sources, dates. A curator accepts a finding in a state; in another one it is told again.
"""

import hashlib
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from kensho.domain import ids
from kensho.domain.works import Status, WorkKind

Severity = Literal["error", "notice"]
_ID_BYTES: Final = 6
"""Of 10,000 findings two have one id with a probability of 2e-7."""
_PAGES: Final = ("mal", "anilist", "anidb", "kitsu", "tmdb", "imdb")
"""Providers whose page of a work is shown, the first that has one."""


class CheckedWork(msgspec.Struct, frozen=True):
    """What the rules ask of a work."""

    id: UUID
    title: str
    sources: tuple[str, ...]
    year: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    status: Status = "unknown"
    anime_type: str | None = None
    kind: WorkKind = "anime"
    adult: bool = False


class Found(NamedTuple):
    """What a rule found: a sentence, the works in it, the kinds and sources that it names.

    `about` tells findings of one rule and the same works apart; `facts` is what else is in its
    state.
    """

    sentence: str
    works: tuple[UUID, ...] = ()
    kinds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    about: str = ""
    facts: str = ""


class WorkPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A work in a finding: its own page here, and its page at a provider where it has one."""

    id: UUID
    title: str
    page: str
    provider_page: str | None = None


class Acceptance(msgspec.Struct, frozen=True, omit_defaults=True):
    """That a curator accepted a finding in a state, on a day, and why."""

    reason: str
    date: str
    by: str | None = None


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing found by a rule; an error, or a notice of what only a curator can decide.

    `accepted` says who accepted it as it is; `was_accepted` that somebody did before it changed.
    """

    rule: str
    severity: Severity
    sentence: str
    id: str = ""
    state: str = ""
    works: tuple[WorkPage, ...] = ()
    kinds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    accepted: Acceptance | None = None
    was_accepted: Acceptance | None = None


def finding(rule: str, severity: Severity, found: Found, works: Iterable[WorkPage]) -> Finding:
    """Return what a rule found, with its id and state."""
    kinds, sources = tuple(sorted(set(found.kinds))), tuple(sorted(set(found.sources)))
    return Finding(
        rule=rule,
        severity=severity,
        sentence=found.sentence,
        id=_digest(rule, *sorted(map(str, found.works)), found.about),
        state=_digest(*kinds, "", *sources, found.facts),
        works=tuple(works),
        kinds=kinds,
        sources=sources,
    )


def page_of(work: CheckedWork, origin: str = "") -> WorkPage:
    """Return the pages of a work; `origin` is that of our own, such as `https://anime.example`."""
    folder = "movies" if work.kind == "movie" else "anime"
    own = {source.partition(":")[0]: source for source in reversed(work.sources)}
    shown = [own[name] for name in (*_PAGES, *sorted(own)) if name in own and name in ids.PROVIDERS]
    there = ids.url_of(shown[0]) if shown else None
    return WorkPage(work.id, work.title, f"{origin}/{folder}/{work.id}", there)


def _digest(*parts: str) -> str:
    digest = hashlib.blake2b(digest_size=_ID_BYTES)
    for part in parts:
        body = part.encode()
        digest.update(len(body).to_bytes(4, "big") + body)
    return digest.hexdigest()
