"""Facts about works and relations as lines of text: what pages say from data, in one place.

Guarantees: pure; the words come from `strings.toml`, the facts from what is passed in.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from markupsafe import Markup, escape

from kensho.discovery.search_views import QueryInterpretation, Spans
from kensho.domain.relations import Assertion, Kind
from kensho.domain.works import Status
from kensho.read_model.franchise_views import FranchiseSummary
from kensho.read_model.views import SimilarityReason
from kensho.web.messages import Messages, percent, undisturbing
from kensho.web.page_code import written

_READINGS: Final = ("season", "part", "year", "episode")
"""The parts of a search's interpretation that are mentioned, in this order."""


def facts(
    kind: str,
    messages: Messages,
    *,
    year: int | None,
    episodes: int | None,
    status: Status,
) -> str:
    """Return the facts of a work in one line: "TV · 1998 · 26 episodes · airing"."""
    parts = [kind]
    if year:
        parts.append(str(year))
    if episodes and episodes > 1:
        parts.append(messages.count("episodes", episodes))
    if status in ("ongoing", "upcoming"):
        parts.append(messages.label("status", status))
    return " · ".join(parts)


def size(franchise: FranchiseSummary, messages: Messages) -> str:
    """Return how many works a franchise has, of which years."""
    works, years = messages.count("works", franchise.works_total), franchise.years
    if years is None:
        return works
    if years.first == years.last:
        return messages.format("franchise.of_year", works=works, year=years.first)
    return messages.format("franchise.of_years", works=works, first=years.first, last=years.last)


def provenance(assertions: Sequence[Assertion], kind: Kind, messages: Messages) -> list[str]:
    """Return a line for each way in which a relation is known, the surest first.

    "Stated by MyAnimeList and AniList". Assertions of another kind than the relation's own come
    last, with the kind that they assert.
    """
    agreeing = [one for one in assertions if one.kind == kind]
    lines: list[str] = []
    lines += dict.fromkeys(_curated(one, messages) for one in agreeing if one.method == "curated")
    stating = [one.source for one in agreeing if one.method == "stated"]
    if stating:
        lines.append(messages.format("provenance.stated", who=_sources(stating, messages)))
    lines += [_inferred(one, messages) for one in agreeing if one.method == "inferred"]
    others = [one for one in assertions if one.kind != kind]
    lines += [_denied(one, messages) for one in others if one.denied]
    return [*lines, *_disagreeing([one for one in others if not one.denied], messages)]


def denial(assertions: Sequence[Assertion], messages: Messages) -> list[str]:
    """Return why two works are not related, and then who says that they are, and how."""
    others = [one for one in assertions if not one.denied]
    lines = [
        _curated(one, messages) if one.kind == "related" else _denied(one, messages)
        for one in assertions
        if one.denied
    ]
    return [*dict.fromkeys(lines), *_disagreeing(others, messages)]


def is_only_inferred(assertions: Sequence[Assertion]) -> bool:
    """Tell whether nobody states the relation."""
    return all(one.method == "inferred" for one in assertions)


def similarity(reasons: Iterable[SimilarityReason], messages: Messages) -> str:
    """Return why a work is similar to another, in one line."""
    return "; ".join(part for reason in reasons for part in _similarity(reason, messages))


def interpretation(query: str, read_as: QueryInterpretation, messages: Messages) -> str | None:
    """Return how a search was understood; `None` where the text was taken as it is."""
    details = [
        messages.format(f"search.read_{name}", n=getattr(read_as, name))
        for name in _READINGS
        if getattr(read_as, name) is not None
    ]
    is_as_typed = read_as.text.casefold() == query.casefold()
    if is_as_typed:
        return messages.format("search.read_in", what=", ".join(details)) if details else None
    how = f"search.via_{read_as.via}"
    key = how if how in messages else "search.read_as"
    return ", ".join([messages.format(key, text=read_as.text), *details])


def highlighted(title: str, spans: Spans) -> Markup:
    """Return a title with the parts that were typed marked."""
    parts: list[str] = []
    at = 0
    for first, end in spans:
        marked = Markup("<mark>{}</mark>").format(undisturbing(title[first:end]))
        parts += [escape(undisturbing(title[at:first])), marked]
        at = end
    return Markup("").join([*parts, escape(undisturbing(title[at:]))])


def _sources(sources: Sequence[str], messages: Messages) -> str:
    return messages.join(list(dict.fromkeys(messages.label("provider", one) for one in sources)))


def _curated(assertion: Assertion, messages: Messages) -> str:
    """Return that curators decided, why, and who it was, as far as they say."""
    who = messages.format("provenance.curator", who=assertion.by) if assertion.by else ""
    decided = messages.format("provenance.curated") + who
    said = ". ".join(filter(None, (assertion.because, assertion.note)))
    return (
        _joined("{decided}: {said}", decided=decided, said=_quoted(said, messages))
        if said
        else decided
    )


def _denied(assertion: Assertion, messages: Messages) -> str:
    kind = messages.label("kind", assertion.kind)
    return _joined(
        messages.format("provenance.denied"), kind=kind, how=_curated(assertion, messages)
    )


def _inferred(assertion: Assertion, messages: Messages) -> str:
    sure = percent(assertion.confidence)
    if assertion.because is None:
        return messages.format("provenance.inferred", sure=sure)
    because = _quoted(assertion.because, messages)
    return _joined(messages.format("provenance.inferred_because"), sure=sure, because=because)


def _quoted(text: str, messages: Messages) -> str:
    """Return what people or the inference wrote in English; a page in another language says so."""
    if not messages.is_translation:
        return text
    return Markup(f'<span lang="en">{written(text)}</span>')  # noqa: S704 -- escaped


def _joined(template: str, **values: str) -> str:
    """Return a text of ours with values, as markup if any of them is."""
    if not any(isinstance(value, Markup) for value in values.values()):
        return template.format(**values)
    safe = {name: Markup(written(value)) for name, value in values.items()}  # noqa: S704 -- escaped
    return Markup(written(template)).format(**safe)  # noqa: S704 -- escaped


def _disagreeing(assertions: Sequence[Assertion], messages: Messages) -> Iterator[str]:
    sources_by_kind: dict[Kind, list[str]] = {}
    for one in assertions:
        sources_by_kind.setdefault(one.kind, []).append(one.source)
    for kind, sources in sources_by_kind.items():
        who = _sources(sources, messages)
        if kind == "related":
            yield messages.format("provenance.untyped", who=who)
        else:
            label = messages.label("kind", kind)
            yield messages.format("provenance.otherwise", who=who, kind=label)


def _similarity(reason: SimilarityReason, messages: Messages) -> Iterator[str]:
    if reason.tags:
        yield messages.format("work.shares", what=", ".join(map(messages.tag, reason.tags)))
    if reason.studio is not None:
        yield messages.format("work.same_studio", who=reason.studio)
    if reason.recommended is not None:
        yield messages.count("viewers", reason.recommended)
