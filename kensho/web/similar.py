"""Similar works as `discovery.connections` answers them, and why in words."""

import msgspec

from kensho.read_model.views import Summary
from kensho.web.messages import Messages


class SimilarityReasonView(msgspec.Struct, frozen=True):
    """Why a work is similar: rare tags that both bear, a studio of both, or viewers' votes."""

    tags: tuple[str, ...] = ()
    studio: str | None = None
    recommended: int | None = None


class SimilarWorkView(Summary, frozen=True, kw_only=True):
    """A similar work; score 0..1."""

    score: float
    why: tuple[SimilarityReasonView, ...]


class SimilarListView(msgspec.Struct, frozen=True):
    """The works most similar to one."""

    similar: list[SimilarWorkView]


def why(work: SimilarWorkView, wording: Messages) -> str:
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
