"""The lines below a work in a grid: what it is, who made it, how it is judged, what to watch first.

Also the title of any work, and the button that ticks it.

Guarantees: pure; what others wrote is escaped, and turns no direction. A part of a template would
take as long for one work as this for five, and a season shows a hundred.
"""

from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

from markupsafe import Markup

from kensho.discovery.listed_works import BriefEntry, WorkEntry
from kensho.web import urls
from kensho.web.messages import Messages
from kensho.web.page_code import written
from kensho.web.title_languages import language

_DOT: Final = ' <span class="dot">·</span> '
_LIVE: Final = frozenset(("ongoing", "upcoming"))


def title_of(text: str) -> Markup:
    """Return a title, apart from the direction of what surrounds it, with its language."""
    known = None if text.isascii() else language(text)
    lang = f' lang="{known}"' if known else ""
    return Markup(f"<bdi{lang}>{written(text)}</bdi>")  # noqa: S704 -- escaped


def entry_lines(messages: Messages) -> Callable[[WorkEntry, bool], Markup]:
    """Return what writes the lines of a work in a language; the year only where it is `dated`."""

    def lines(work: WorkEntry, dated: bool = True) -> Markup:
        parts = (
            _facts(work, messages, dated=dated),
            _next(work, messages),
            _makers(work, messages),
            *_figures(work, messages),
            _lead_in(work, messages),
        )
        return Markup("\n".join(line for line in parts if line))  # noqa: S704 -- escaped

    return lines


def entry_brief(messages: Messages) -> Callable[[BriefEntry], Markup]:
    """Return what writes one line of a work that stands without a poster: year, studio, score."""

    def brief(work: BriefEntry) -> Markup:
        parts = [written(messages.label("type", work.anime_type))]
        parts += [written(part) for part in (work.year, work.studio) if part]
        if work.score is not None:
            parts.append(f"<b>{work.score:.2f}</b>")
        return Markup(_DOT.join(parts))  # noqa: S704 -- escaped

    return brief


def tick(messages: Messages) -> Callable[[UUID, str, int | None], Markup]:
    """Return what writes the button that ticks a work as seen.

    It is invisible, in its room, until the script shows it.
    """
    seen = written(messages.format("my.seen"))

    def button(work: UUID, title: str, episodes: int | None) -> Markup:
        name = written(title)
        length = f' data-of="{episodes}"' if episodes else ""
        return Markup(  # noqa: S704 -- escaped
            f'<button type="button" class="tick" data-tick="{work}" data-title="{name}"{length} '
            f'aria-pressed="false"><span aria-hidden="true">✓</span> {seen}'
            f'<span class="unseen">: {name}</span></button>'
        )

    return button


def _line(kind: str, text: str) -> str:
    """Return a line of text that is escaped."""
    return f'<span class="{kind}">{text}</span>'


def _facts(work: WorkEntry, messages: Messages, *, dated: bool) -> str:
    parts = [written(messages.label("type", work.anime_type))]
    if dated and work.year:
        parts.append(written(str(work.year)))
    is_out = work.status != "upcoming"
    if is_out and work.episodes and work.anime_type != "movie":
        parts.append(written(messages.count("episodes", work.episodes)))
    if work.status in _LIVE:
        parts.append(_line("live", written(messages.label("status", work.status))))
    return _line("card-facts", _DOT.join(parts))


def _next(work: WorkEntry, messages: Messages) -> str | None:
    if work.next_date is None:
        return None
    if work.next_episode is None:
        text = messages.format("entry.starts", day=work.next_date)
    else:
        text = messages.format("entry.next_episode", n=work.next_episode, day=work.next_date)
    return _line("card-next", written(text))


def _makers(work: WorkEntry, messages: Messages) -> str | None:
    parts: list[str] = []
    if work.studio:
        href, name = written(urls.studio(work.studio)), written(work.studio)
        parts.append(f'<a class="quiet" href="{href}">{name}</a>')
    if work.genres:
        parts.append(written(", ".join(messages.tag(genre) for genre in work.genres)))
    return _line("card-facts", _DOT.join(parts)) if parts else None


def _figures(work: WorkEntry, messages: Messages) -> Iterator[str]:
    """Yield each rating with who gives it, and how many of them where that is known."""
    if work.imdb_rating is not None:
        votes = f", {messages.count('votes', work.votes)}" if work.votes else ""
        yield _figure(str(work.imdb_rating), f"IMDb{votes}")
    if work.score is not None:
        source = work.score_source
        who = messages.label("scorer", source) if source else messages.format("work.score")
        yield _figure(f"{work.score:.2f}", who)


def _figure(figure: str, who: str) -> str:
    return _line("rating", f'{figure} <span class="rating-source">{written(who)}</span>')


def _lead_in(work: WorkEntry, messages: Messages) -> str | None:
    lead = work.lead_in
    if lead is None:
        return None
    given = {"title": lead.title, "time": messages.about(lead.seconds)}
    if lead.season is None:
        text = messages.format("entry.goes_on", **given)
    else:
        text = messages.format("entry.season_of", n=lead.season, **given)
    return _line("card-lead", written(text))
