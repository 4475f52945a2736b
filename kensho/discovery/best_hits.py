"""The best hit of a search, and how sure it is that it is meant.

Guarantees: it is told how the text led to it (`match`), how much of the text is explained, which
other works may be meant as well, and with what confidence it is the right one.

Performance: some 0.1 ms for a search.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple, cast

import numpy as np

from kensho.discovery.confidence import INEXACT, Match, Measures, confidence
from kensho.discovery.episode_numbers import EpisodeAsked, line_of
from kensho.discovery.related_works import id_of, summary_of, title_in
from kensho.discovery.search_views import Rival
from kensho.domain import ranking, title_parts
from kensho.domain.title_parts import TitleParts
from kensho.domain.works import AnimeType
from kensho.read_model.columns import ANIME_TYPES
from kensho.read_model.holder import Snapshot
from kensho.search import constraints, name_parts
from kensho.search.explained_text import explained_share, telling_letters
from kensho.search.index import Hits
from kensho.search.interpretations import Interpretation, Via
from kensho.search.keys import Key, key_of, key_with

_LOOKED_AT: Final = 100
"""A story of more hits than these has no other near."""
_NO_SCORE: Final = 0.4
"""What the next story scores where there is none: less than any hit."""
_MOST_RIVALS: Final = 5
_PLACES: Final = 4
_LEAST_STRICT: Final = 0.5
"""A strict answer is likelier right than wrong: "24 S01 1080p" equals a title of a special."""
_GUESSES: Final[frozenset[Via]] = frozenset(("keyboard", "transliteration", "abbreviation"))
_LIKE: Final[Mapping[Match, str]] = {"prefix": "only begun by it", "fuzzy": "only like it"}
_OFFICIAL: Final = 1


class BestHit(NamedTuple):
    """The best hit, how it was found, and the works that may be meant as well."""

    measures: Measures
    confidence: float
    rivals: tuple[int, ...]
    title: str


class FoundHits(NamedTuple):
    """The text as typed, its interpretations, the works found, and what is known of the episode.

    `is_best_hidden` tells that a better hit is not among the works because a filter left it out.
    """

    text: str
    interpretations: tuple[Interpretation, ...]
    works: Hits
    episode: EpisodeAsked
    is_best_hidden: bool = False


def best_hit(snapshot: Snapshot, found: FoundHits) -> BestHit | None:
    """Return the best hit and how sure it is, or `None` where nothing was found."""
    works = found.works
    if not len(works.entries):
        return None
    best = int(works.entries[0])
    reading = found.interpretations[int(works.interpretations[0])]
    match, likeness = _match(snapshot, found, best, reading)
    rivals = tuple(_rivals(snapshot, best, reading)) if match == "equal" else ()
    index = snapshot.titles.index
    popularity = index.popularity(best)
    most = max(map(index.popularity, rivals), default=0.0)
    group = reading.release.group if reading.release else None
    measures = Measures(
        match=match,
        explained=1.0
        if match == "id"
        else explained_share(
            found.text, reading.text, likeness, group, lambda: _names_of(snapshot, best)
        ),
        likeness=float(works.scores[0]),
        gap=0.0 if found.is_best_hidden else _gap(snapshot, works),
        letters=telling_letters(found.text, reading.text),
        rivals=len(rivals),
        popularity=popularity,
        lead=popularity - most if rivals else 1.0,
        is_possible=not (found.is_best_hidden or found.episode.is_beyond)
        and _is_possible(snapshot, best, reading, match, int(works.rows[0])),
        is_guess=reading.via in ("keyboard", "transliteration", "abbreviation")
        or reading.doubt > 0,
    )
    row = int(works.rows[0])
    title = index.title(row, reading) if row >= 0 else reading.text
    return BestHit(measures, confidence(measures), rivals, title)


def rivals_of(snapshot: Snapshot, best: BestHit | None, works: Hits) -> list[Rival]:
    """Return the works that may be meant as well, the most popular first."""
    if best is None or not best.rivals:
        return []
    index, columns = snapshot.titles.index, snapshot.model.columns
    scores = dict(zip(works.entries.tolist(), works.scores.tolist(), strict=True))
    found: list[Rival] = []
    for node in sorted(best.rivals, key=index.popularity, reverse=True)[:_MOST_RIVALS]:
        summary = summary_of(snapshot.model, node)
        found.append(
            Rival(
                id=id_of(summary).as_raw(),
                title=title_in(summary),
                matched_title=best.title,
                score=round(scores.get(node, 0.0), _PLACES),
                year=int(columns.year[node]) or None,
                type=cast("AnimeType", ANIME_TYPES[int(columns.anime_type[node])]),
            )
        )
    return found


def why_not_strict(best: BestHit) -> str | None:
    """Return in one sentence why the best hit is no strict answer, or `None` if it is one."""
    measures = best.measures
    if measures.match in INEXACT:
        return f"no title equals the text: {best.title}, the best hit, is {_LIKE[measures.match]}"
    if best.rivals:
        return f"{1 + len(best.rivals)} works have the title {best.title}; nothing tells them apart"
    if not measures.is_possible:
        return f"{best.title} has no such year, season or episode"
    if best.confidence < _LEAST_STRICT:
        return f"too little of the text tells that {best.title} is meant"
    return None


def _match(
    snapshot: Snapshot, found: FoundHits, best: int, reading: Interpretation
) -> tuple[Match, float]:
    """Return how the text led to the best hit, and how much of its title is like one, 0..1."""
    if found.episode.by_id:
        return "id", 1.0
    redirect = found.episode.redirect
    if redirect is not None and snapshot.model.node(redirect.id) == best:
        return "redirected", 1.0
    row = int(found.works.rows[0])
    return ("fuzzy", 0.0) if row < 0 else _match_of_row(snapshot, found, best, reading, row)


def _match_of_row(
    snapshot: Snapshot, found: FoundHits, best: int, reading: Interpretation, row: int
) -> tuple[Match, float]:
    """Return the same where the best hit was found by this title."""
    score = float(found.works.scores[0]) + reading.handicap
    match = _equal_match(snapshot, best, reading, row, is_exact=score > ranking.BEST_INEXACT)
    if match is not None:
        return match, 1.0
    key = _stem_key(reading) if _is_season_asked(snapshot, best, reading, row) else reading.key
    phrase, likeness, digits = snapshot.titles.index.likeness(key, row)
    if phrase >= likeness - digits:
        return ("prefix" if phrase >= ranking.INNER else "fuzzy"), 1.0
    return "fuzzy", max(0.0, min(1.0, likeness))


def _stem_key(reading: Interpretation) -> Key:
    """Return the key of a text without the season that it asks for."""
    return key_with(reading.key.parsed.stem, TitleParts())


def _is_season_asked(snapshot: Snapshot, best: int, reading: Interpretation, row: int) -> bool:
    """Tell whether the best hit is the season that the text asks for, if it asks for one.

    Its title says so, or it has as many works before it in its line.
    """
    season = reading.title_parts.season
    if season is None:
        return False
    if key_of(snapshot.titles.index.title(row, reading)).parsed.parts.season == season:
        return True
    return sum(1 for _ in islice(line_of(snapshot.model, best, "prequel"), season + 1)) == season


def _equal_match(
    snapshot: Snapshot, best: int, reading: Interpretation, row: int, *, is_exact: bool
) -> Match | None:
    """Return `equal` or `instalment` where a title equals the text, its season apart."""
    index, key = snapshot.titles.index, reading.key
    if best in index.bearers(key.letters):
        return "equal"
    if title_parts.marker(key.parsed.parts) and index.bearers(key.base):
        return "instalment" if is_exact else None
    return "equal" if index.is_equal(key, row) else None


def _rivals(snapshot: Snapshot, best: int, reading: Interpretation) -> Iterator[int]:
    """Yield the works with the same title that nothing in the text tells from the best one.

    What continues the best one is told from it, since the text states no season.
    """
    bearers = snapshot.titles.index.bearers(reading.key.letters)
    if len(bearers) <= 1:
        return
    own = max(bearers.get(best, _OFFICIAL), _OFFICIAL)
    works = snapshot.model.works_total
    others = [one for one, rank in bearers.items() if one < works and max(rank, _OFFICIAL) <= own]
    if not others or others == [best]:
        return
    line = set(line_of(snapshot.model, best))
    agreed = _agreement(snapshot, best, reading)
    for other in others:
        if other not in line and _agreement(snapshot, other, reading) >= agreed:
            yield other


def _agreement(snapshot: Snapshot, node: int, reading: Interpretation) -> int:
    columns, nodes = snapshot.model.columns, np.array([node])
    found = constraints.agreement(
        reading.title_parts, columns.year[nodes], columns.anime_type[nodes]
    )
    return int(found[0])


def _is_possible(
    snapshot: Snapshot, best: int, reading: Interpretation, match: Match, row: int
) -> bool:
    """Tell whether the best hit agrees with the year, type and season that the text states."""
    if match == "redirected":
        return True
    if reading.via != "text" and _agreement(snapshot, best, reading) == constraints.CONFLICTS:
        return False
    is_film = ANIME_TYPES[int(snapshot.model.columns.anime_type[best])] == "movie"
    if is_film and (reading.title_parts.episode or 1) > 1:
        return False
    later = (reading.title_parts.season or 1) > 1
    if not later or match in ("id", "equal", "instalment"):
        return True
    return row >= 0 and _is_season_asked(snapshot, best, reading, row)


def _gap(snapshot: Snapshot, works: Hits) -> float:
    """Return what the best hit of another story scores less than the best hit."""
    groups = snapshot.titles.groups[works.entries[:_LOOKED_AT]]
    is_other = groups != groups[0]
    place = int(is_other.argmax())
    following = float(works.scores[place]) if is_other[place] else _NO_SCORE
    return float(works.scores[0]) - following


def _names_of(snapshot: Snapshot, node: int) -> str:
    """Return all titles of a work, in lower case."""
    titles = snapshot.model.further(node).decode().titles
    return "\n".join(name_parts.normalised(title.text).casefold() for title in titles)
