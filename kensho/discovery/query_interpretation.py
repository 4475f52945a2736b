"""Checks and explains queries: whether a text can be searched for, and how it was understood.

Where the episode that a query names leads is told by `kensho.discovery.episode_numbers`.
"""

from typing import Final

from kensho.discovery.best_hits import BestHit
from kensho.discovery.episode_numbers import EpisodeAsked
from kensho.discovery.search_views import QueryInterpretation, Rival
from kensho.errors import InvalidInputError
from kensho.search.index import Hits, TitleMatches
from kensho.search.interpretations import Interpretation
from kensho.search.kernel.numpy_kernel import TOLERANT_FROM
from kensho.search.keys import weight_of
from kensho.search.name_readings import MAX_CHARS

_PLACES: Final = 3
SHORT_LETTERS: Final = 1
"""A text of no more may begin every other title: its search takes up to 7 ms, three times that
without the compiled kernel. Two letters take 0.7 ms, 5 at most (676 Latin pairs, 300 of kana): less
than a thread waits for Python's lock while the event loop is busy, some 100 ms a search."""


def is_short(text: str) -> bool:
    """Tell whether a text has so few letters that it may begin every other title."""
    return sum(map(str.isalnum, text)) <= SHORT_LETTERS


def _is_text(text: str) -> bool:
    """Tell whether a text has no lone surrogates, as Python decodes bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_text(text: str) -> None:
    """Raise `InvalidInputError` for a text that cannot be searched for."""
    if not _is_text(text):
        raise InvalidInputError.of("q", "it is not UTF-8")
    if not text.strip():
        raise InvalidInputError.of("q", "type a title, or the beginning of one")
    if len(text) > MAX_CHARS:
        raise InvalidInputError.of(
            "q", f"it has {len(text)} characters; at most {MAX_CHARS} are read"
        )


def interpretation_of(
    found: TitleMatches,
    works: Hits,
    episode: EpisodeAsked,
    best: BestHit | None,
    rivals: list[Rival],
) -> QueryInterpretation:
    """Return the interpretation of the query that found the best work, or else that of the text."""
    hits = works if len(works.entries) else found.hits
    reading = found.interpretations[int(hits.interpretations[0]) if len(hits.entries) else 0]
    wanted = reading.title_parts
    return QueryInterpretation(
        via="id" if episode.by_id else reading.via,
        text=reading.text,
        season=wanted.season,
        final=wanted.final,
        part=wanted.part,
        year=wanted.year,
        type=wanted.type,
        episode=wanted.episode,
        extra=reading.release.extra if reading.release else None,
        release=reading.release,
        redirected=episode.redirect,
        beyond=episode.is_beyond,
        match=best.measures.match if best else None,
        explained=round(best.measures.explained, _PLACES) if best else 0.0,
        ambiguous=rivals,
    )


def why_no_work(typed: Interpretation, hits: int, adult: int) -> str:
    """Return in one sentence why no work is shown of so many hits, `adult` of them hidden."""
    if not hits:
        return _why_no_hit(typed)
    these = "the only hit" if hits == 1 else f"all {hits} hits"
    if adult == hits:
        return f"{these} {'is' if hits == 1 else 'are'} adult and safe is on"
    of = "the only hit" if hits == 1 else f"the {hits} hits"
    if adult:
        return f"of {of} the filters leave {adult}, all of them adult, and safe is on"
    return f"the filters leave none of {of}" if hits > 1 else "the filters leave out the only hit"


def _why_no_hit(typed: Interpretation) -> str:
    if weight_of(typed.key.letters) < TOLERANT_FROM:
        return (
            "no word of a title begins with these letters, and errors are forgiven from the 4th on"
        )
    return "no title has these letters within two errors, nor as first letters of its words"
