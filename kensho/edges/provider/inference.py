"""Which season of the provider a work is, judged by titles and the number of episodes.

The confidence is what two independent pieces of evidence leave of doubt: how alike the titles are,
and whether the numbers of episodes agree. A link is proposed only where one season is clearly
better than every other, since two seasons of one series differ by a numeral alone.

Performance: some twenty titles against some ten seasons; milliseconds.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from rapidfuzz import fuzz

from kensho.domain.title_parts import parsed
from kensho.domain.titles import folded
from kensho.edges.provider.links import Link

LEAST_CONFIDENCE: Final = 0.8
"""Below it a link is not made by itself: among the pairs of `test_provider_links.py` no wrong one
reaches it, and no right one with the right number of episodes stays below."""
_LEAST_LEAD: Final = 0.05
"""How much better than the next season the best must be."""
_EXACT_COUNT: Final = 0.25
_NEAR_COUNT: Final = 0.10
"""What agreeing numbers add, and numbers that differ by a special or two."""
_WRONG_COUNT: Final = 0.35
"""What contradicting numbers take away."""
_TITLE_WEIGHT: Final = 0.75
_NEAR: Final = 2
_LEAST_LIKENESS: Final = 0.75


class SeasonFacts(NamedTuple):
    """A season as the provider tells of it."""

    series_id: str
    season_id: str
    series_title: str
    title: str
    number: int | None
    episodes: int | None


class WorkFacts(NamedTuple):
    """A work: all its titles, the main one first, and how many episodes it has, if known."""

    id: UUID
    titles: Sequence[str]
    episodes: int | None


class SeasonJudgement(NamedTuple):
    """A season and how surely it is the work, 0..1."""

    season: SeasonFacts
    confidence: float


def judged(work: WorkFacts, seasons: Iterable[SeasonFacts]) -> list[SeasonJudgement]:
    """Return the seasons that may be the work, the likeliest first."""
    found = [SeasonJudgement(season, _confidence(work, season)) for season in seasons]
    likely = [one for one in found if one.confidence > 0]
    return sorted(likely, key=lambda one: (-one.confidence, one.season.season_id))


def proposed(work: WorkFacts, seasons: Iterable[SeasonFacts]) -> Link | None:
    """Return the link of a work to the one season that it surely is, or `None`."""
    ranked = judged(work, seasons)
    if not ranked or ranked[0].confidence < LEAST_CONFIDENCE:
        return None
    best = ranked[0]
    if len(ranked) > 1 and best.confidence - ranked[1].confidence < _LEAST_LEAD:
        return None
    return Link(
        work=work.id,
        series=best.season.series_id,
        season=best.season.season_id,
        method="inferred",
        confidence=round(best.confidence, 3),
        title=best.season.title or best.season.series_title,
    )


def _confidence(work: WorkFacts, season: SeasonFacts) -> float:
    likeness = _likeness(work.titles, season)
    if likeness < _LEAST_LIKENESS:
        return 0.0
    return min(1.0, max(0.0, _TITLE_WEIGHT * likeness + _of_counts(work, season)))


def _of_counts(work: WorkFacts, season: SeasonFacts) -> float:
    if not work.episodes or not season.episodes:
        return 0.0
    apart = abs(work.episodes - season.episodes)
    if apart == 0:
        return _EXACT_COUNT
    # A film is never a season that merely has two episodes more.
    if apart <= _NEAR and min(work.episodes, season.episodes) > 2 * _NEAR:
        return _NEAR_COUNT
    return -_WRONG_COUNT


def _likeness(titles: Iterable[str], season: SeasonFacts) -> float:
    """Return how alike a season's names and any of the titles are, 0..1.

    Names of another season or part are not alike, whatever their words.
    """
    names = list(_names(season))
    told = (parsed(folded(title)) for title in titles)
    return max(
        (
            fuzz.ratio(title.core, name.core) / 100
            for title in told
            for name in names
            if (title.parts.season or 1, title.parts.part or 1) == (name.season, name.part)
        ),
        default=0.0,
    )


class _Name(NamedTuple):
    core: str
    season: int
    part: int


def _names(season: SeasonFacts) -> Iterator[_Name]:
    """Yield what a season may be called: by its own title, and behind that of its series.

    The provider's number counts where the title names no more than the series: a season with a name
    of its own is "third" to the provider alone.
    """
    series = parsed(folded(season.series_title))
    own = parsed(folded(season.title or season.series_title))
    joined = parsed(f"{series.words} {own.words}")
    for name in (own,) if own.core.startswith(series.core) else (own, joined):
        number = name.parts.season
        if number is None:
            number = season.number or 1 if name.core == series.core else 1
        yield _Name(name.core, number, name.parts.part or 1)
