"""A work as inference, popularity and franchises see it, from one row of the store.

Pure. The row is that of `queries/ingest/franchise_works.surql`; a synopsis is cut to what the
inference of kinds reads.

Performance: 60 µs for a work, most of it for reading its titles.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from kensho.domain import popularity
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.inference import features
from kensho.domain.relations import Kind
from kensho.domain.release_dates import release_date
from kensho.domain.works import AnimeType, Season, Title, WorkKind

_SONG_S: Final = 600
"""The longest that a song runs: it is a brief single work of the tag "music".

Of 5,388 single specials, OVAs and ONAs of that tag 96 in 100 run for ten minutes at most; longer
ones are stories about music (the OVAs of TARI TARI and Love Live!)."""
_MUSIC: Final = frozenset(("music",))
"""The tag of works that show a song."""
_RECAP: Final = frozenset(("recap", "compilation"))
"""The tags of works that are made of the scenes of others."""
_PROMOTION: Final = frozenset(
    ("promotional", "commercial", "commercials", "advertisement", "opening animation")
)
"""The tags of works that advertise something."""
_PARODY: Final = frozenset(("parody",))
FORM_TAGS: Final = _MUSIC | _RECAP | _PROMOTION | _PARODY
"""The tags by which franchises tell what a work is."""
SYNOPSIS_CHARS: Final = 400
"""As far as `kensho.domain.inference.features` reads."""
_SCORE_STEP: Final = 0.5
"""As finely as a score tells how well known a work is among those of its franchise.

A weekly release moves every score, nearly all by hundredths. A root or a name that followed each of
them would go to and fro, and every franchise would have to be computed every week."""


class FranchiseWorkRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is read of a work; a film is of type "movie". `titles` begin with the main one.

    `seasons` are those in which databases of television have it, each with the id of the series.
    """

    id: UUID
    kind: WorkKind
    titles: tuple[Title, ...]
    sources: tuple[str, ...]
    studios: tuple[str, ...]
    tags: tuple[UUID, ...]
    anime_type: AnimeType = "movie"
    episodes: int | None = None
    season: Season | None = None
    year: int | None = None
    start_date: str | None = None
    duration_s: int | None = None
    synopsis: str | None = None
    score: float | None = None
    end_date: str | None = None
    seasons: tuple[tuple[str, int], ...] = ()

    @property
    def date(self) -> str:
        """When the work came out, as exactly as is known."""
        return release_date(self.start_date, self.year, self.season)


def pair_facts(row: FranchiseWorkRow, tag_names: Mapping[UUID, str]) -> features.PairFacts:
    """Return a work as the inference of kinds reads it."""
    return features.PairFacts(
        key=str(row.id),
        titles=row.titles,
        anime_type=row.anime_type,
        date=row.date,
        episodes=row.episodes,
        duration_s=row.duration_s,
        studios=row.studios,
        tags=frozenset(tag_names[tag] for tag in row.tags),
        synopsis=row.synopsis,
        end=row.end_date or "",
        seasons=dict(row.seasons),
    )


def works_of(
    rows: Sequence[FranchiseWorkRow],
    kinds: Iterable[tuple[UUID, UUID, Kind]],
    votes: Mapping[UUID, int],
    tag_names: Mapping[UUID, str],
    remembered: dict[UUID, popularity.PopularityFacts] | None = None,
) -> dict[UUID, FranchiseWork]:
    """Return works as franchises see them, given each relation: what is which kind of which.

    Facts of works are taken from those `remembered`, if there are such, and put there.
    """
    place = {row.id: number for number, row in enumerate(rows)}
    edges: list[popularity.KindEdge] = [
        (place[one], place[other], kind) for one, other, kind in kinds
    ]
    kept = {} if remembered is None else remembered
    for row in rows:
        if row.id not in kept:
            kept[row.id] = popularity_facts(row, votes.get(row.id, 0))
    facts = [kept[row.id] for row in rows]
    known = popularity.popularity_of(facts, edges)
    forms = {tag: name for tag, name in tag_names.items() if name in FORM_TAGS}
    return {
        row.id: msgspec.structs.replace(
            franchise_work(row, frozenset(forms[tag] for tag in row.tags if tag in forms)),
            popularity=famous,
            own_popularity=popularity.own_popularity(one),
        )
        for row, one, famous in zip(rows, facts, known, strict=True)
    }


def popularity_facts(row: FranchiseWorkRow, votes: int) -> popularity.PopularityFacts:
    """Return what says how well known a work is; `votes` of viewers recommend it."""
    return popularity.popularity_facts(
        [title.text for title in row.titles],
        row.date,
        anime_type=row.anime_type,
        sources=len(row.sources),
        score=settled_score(row.score),
        votes=votes,
    )


def settled_score(score: float | None) -> float | None:
    """Return a score (0..10) as finely as it counts for a franchise."""
    return None if score is None else round(score / _SCORE_STEP) * _SCORE_STEP


def franchise_work(row: FranchiseWorkRow, tags: frozenset[str]) -> FranchiseWork:
    """Return a work as franchises see it, given those of its tags that are in `FORM_TAGS`."""
    is_single = (row.episodes or 1) == 1
    is_beside = row.anime_type not in ("tv", "movie")
    seconds = row.duration_s or 0
    return FranchiseWork(
        id=row.id,
        titles=tuple(dict.fromkeys(title.text for title in row.titles)),
        type=row.anime_type,
        date=row.date,
        episodes=row.episodes,
        duration_s=row.duration_s,
        sources=row.sources,
        kind=row.kind,
        is_music=not _MUSIC.isdisjoint(tags) and is_single and seconds <= _SONG_S and is_beside,
        is_recap=not _RECAP.isdisjoint(tags),
        is_promotion=not _PROMOTION.isdisjoint(tags) and seconds <= _SONG_S and is_beside,
        is_parody=not _PARODY.isdisjoint(tags),
    )
