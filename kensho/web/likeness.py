"""Similar works as `discovery.connections` answers them, and why in words."""

import msgspec

from kensho.discovery.views import Summary
from kensho.web.wording import Wording


class Reason(msgspec.Struct, frozen=True):
    """Why a work is similar: rare tags that both bear, a studio of both, or viewers' votes."""

    tags: tuple[str, ...] = ()
    studio: str | None = None
    recommended: int | None = None


class SimilarWork(Summary, frozen=True, kw_only=True):
    """A similar work; score 0..1."""

    score: float
    why: tuple[Reason, ...]


class SimilarList(msgspec.Struct, frozen=True):
    """The works most similar to one."""

    similar: list[SimilarWork]


def why(work: SimilarWork, wording: Wording) -> str:
    """Return the reasons as one line."""
    parts: list[str] = []
    for reason in work.why:
        if reason.tags:
            parts.append(wording.say("work.shares", what=", ".join(reason.tags)))
        if reason.studio is not None:
            parts.append(wording.say("work.same_studio", who=reason.studio))
        if reason.recommended is not None:
            parts.append(wording.count("viewers", reason.recommended))
    return "; ".join(parts)
