"""The lines below a work in a grid: what it is, who made it, how it is judged, what to watch first.

Guarantees: pure; what others wrote is escaped, and turns no direction. A part of a template would
take as long for one work as this for five, and a season shows a hundred.
"""

from collections.abc import Callable, Iterator
from typing import Final

from markupsafe import Markup, escape

from kensho.discovery.listed_works import WorkEntry
from kensho.web import urls
from kensho.web.messages import Messages, about, undisturbing

_DOT: Final = Markup(' <span class="dot">·</span> ')
_LIVE: Final = frozenset(("ongoing", "upcoming"))


def entry_lines(messages: Messages) -> Callable[[WorkEntry, bool], Markup]:
    """Return what writes the lines of a work in a language; the year only where it is `dated`."""

    def lines(work: WorkEntry, dated: bool = True) -> Markup:
        written = (
            _facts(work, messages, dated=dated),
            _next(work, messages),
            _makers(work, messages),
            *_figures(work, messages),
            _lead_in(work, messages),
        )
        return Markup("\n").join(line for line in written if line)

    return lines


def entry_brief(messages: Messages) -> Callable[[WorkEntry], Markup]:
    """Return what writes one line of a work that stands without a poster: year, studio, score."""

    def brief(work: WorkEntry) -> Markup:
        parts = [_told(messages.label("type", work.anime_type))]
        parts += [_told(str(part)) for part in (work.year, work.studio) if part]
        if work.score is not None:
            parts.append(Markup(f"<b>{work.score:.2f}</b>"))  # noqa: S704 -- a number
        return _DOT.join(parts)

    return brief


def _line(kind: str, text: str) -> Markup:
    return Markup(f'<span class="{kind}">{text}</span>')  # noqa: S704 -- escaped by the callers


def _told(text: object) -> Markup:
    return escape(undisturbing(text))


def _facts(work: WorkEntry, messages: Messages, *, dated: bool) -> Markup:
    parts = [_told(messages.label("type", work.anime_type))]
    if dated and work.year:
        parts.append(_told(str(work.year)))
    is_out = work.status != "upcoming"
    if is_out and work.episodes and work.anime_type != "movie":
        parts.append(_told(messages.count("episodes", work.episodes)))
    if work.status in _LIVE:
        parts.append(_line("live", _told(messages.label("status", work.status))))
    return _line("card-facts", _DOT.join(parts))


def _next(work: WorkEntry, messages: Messages) -> Markup | None:
    if work.next_date is None:
        return None
    if work.next_episode is None:
        text = messages.format("entry.starts", day=work.next_date)
    else:
        text = messages.format("entry.next_episode", n=work.next_episode, day=work.next_date)
    return _line("card-next", _told(text))


def _makers(work: WorkEntry, messages: Messages) -> Markup | None:
    parts: list[Markup] = []
    if work.studio:
        href, name = escape(urls.studio(work.studio)), _told(work.studio)
        link = f'<a class="quiet" href="{href}">{name}</a>'
        parts.append(Markup(link))  # noqa: S704 -- both parts are escaped
    if work.genres:
        parts.append(_told(", ".join(messages.tag(genre) for genre in work.genres)))
    return _line("card-facts", _DOT.join(parts)) if parts else None


def _figures(work: WorkEntry, messages: Messages) -> Iterator[Markup]:
    """Yield each rating with who gives it, and how many of them where that is known."""
    if work.imdb_rating is not None:
        votes = f", {messages.count('votes', work.votes)}" if work.votes else ""
        yield _figure(str(work.imdb_rating), f"IMDb{votes}")
    if work.score is not None:
        source = work.score_source
        who = messages.label("scorer", source) if source else messages.format("work.score")
        yield _figure(f"{work.score:.2f}", who)


def _figure(figure: str, who: str) -> Markup:
    return _line("rating", f'{figure} <span class="rating-source">{_told(who)}</span>')


def _lead_in(work: WorkEntry, messages: Messages) -> Markup | None:
    lead = work.lead_in
    if lead is None:
        return None
    given = {"title": lead.title, "time": about(lead.seconds)}
    if lead.season is None:
        text = messages.format("entry.goes_on", **given)
    else:
        text = messages.format("entry.season_of", n=lead.season, **given)
    return _line("card-lead", _told(text))
