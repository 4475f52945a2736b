"""Similar works as `discovery.similar` answers them, and why in words."""

from kensho.read_model.views import SimilarWork
from kensho.web.messages import Messages


def why(work: SimilarWork, wording: Messages) -> str:
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
