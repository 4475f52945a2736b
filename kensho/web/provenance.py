"""Who says that two works are related, in words: "Stated by MyAnimeList and AniList"."""

from collections.abc import Sequence

from kensho.domain.relations import Assertion, Kind
from kensho.web.formatting import percent
from kensho.web.messages import Messages


def told(assertions: Sequence[Assertion], kind: Kind, wording: Messages) -> list[str]:
    """Return a line for each way in which the relation is known, the surest first.

    What says another kind than the relation's own comes last, with the kind it says.
    """
    agreeing = [a for a in assertions if a.kind == kind]
    lines: list[str] = []
    if any(a.method == "curated" for a in agreeing):
        lines.append(wording.say("told.curated"))
    stating = [a.source for a in agreeing if a.method == "stated"]
    if stating:
        lines.append(wording.say("told.stated", who=_who(stating, wording)))
    lines += [_inferred(a, wording) for a in agreeing if a.method == "inferred"]
    return lines + _otherwise([a for a in assertions if a.kind != kind], wording)


def is_only_inferred(assertions: Sequence[Assertion]) -> bool:
    """Tell whether nobody states the relation."""
    return all(a.method == "inferred" for a in assertions)


def _who(sources: Sequence[str], wording: Messages) -> str:
    return wording.joined(list(dict.fromkeys(wording.name("provider", s) for s in sources)))


def _inferred(assertion: Assertion, wording: Messages) -> str:
    sure = percent(assertion.confidence)
    if assertion.because is None:
        return wording.say("told.inferred", sure=sure)
    return wording.say("told.inferred_because", sure=sure, because=assertion.because)


def _otherwise(assertions: Sequence[Assertion], wording: Messages) -> list[str]:
    by_kind: dict[Kind, list[str]] = {}
    for assertion in assertions:
        by_kind.setdefault(assertion.kind, []).append(assertion.source)
    return [
        wording.say("told.untyped", who=_who(who, wording))
        if kind == "related"
        else wording.say("told.otherwise", who=_who(who, wording), kind=wording.name("kind", kind))
        for kind, who in by_kind.items()
    ]
