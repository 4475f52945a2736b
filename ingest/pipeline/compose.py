"""Compose a work from all its records: a pure fold, the same whatever their order.

Each fact is taken whole from one source, the first that states it: by
`curation/precedence.toml` for the fields it names, else by the rank of the source; what curators'
acts say and their ranks are seen to before (`ingest.pipeline.ranks`). Dates belong
together (`kensho.domain.stated_dates`). Titles, tags, studios, ids and mappings are united. A work
of which every id is dead at its provider, or of which no record says what it is called, composes to
nothing. An id of an adult work counts as dead only where the provider shows such works to anybody:
elsewhere it was not found because it is hidden.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

import msgspec

from ingest.curation import CompositionRules
from ingest.pipeline.ranks import ranked
from ingest.pipeline.rows import (
    ComposedWork,
    EpisodeNode,
    KeptRecord,
    SourceRank,
    WorkDigests,
    WorkNode,
    part_digest,
)
from kensho.domain.adult import is_adult
from kensho.domain.curator_acts import FactStatement
from kensho.domain.records import EpisodeFacts, RecordFacts
from kensho.domain.records import Mapping as IdMapping
from kensho.domain.stated_dates import StatedDates, composed_dates
from kensho.domain.works import (
    AnimeType,
    ImdbRating,
    TagCategory,
    Title,
    WorkKind,
    episode_uuid,
)

T = TypeVar("T")

UNWEIGHED_RELEVANCE: Final = 0.5
"""Relevance of a tag that no source weighs: anime-offline-database unites all sites' tags without
weights."""
_KIND_ORDER: Final = {"main": 0, "official": 1, "synonym": 2, "short": 3}
_SHOW_ADULT_WORKS: Final = ("mal:", "anisearch:")
"""Providers that show adult works without a sign-in, says anime-offline-database
(https://github.com/manami-project/anime-offline-database, `.github/CONTRIBUTING.md`). Its lists of
dead entries name what it was not given: of the others, also pages that stand and are hidden."""
_CATEGORY_ORDER: Final[dict[TagCategory, int]] = {
    "genre": 0,
    "theme": 1,
    "content": 2,
    "demographic": 3,
}
"""Where sources file a tag differently the narrower category wins, so that the order of sources
does not matter."""

_ANIME_ONLY: Final[dict[str, None]] = dict.fromkeys(
    ("anime_type", "episodes", "season", "end_date")
)


class Composer:
    """Folds records into works under the ranks of the sources and the curators' decisions."""

    def __init__(self, ranks: Mapping[str, SourceRank], rules: CompositionRules) -> None:
        self._ranks = ranks
        self._rules = rules
        self._places = {
            field: {source: number for number, source in enumerate(preferred)}
            for field, preferred in rules.precedence.items()
        }

    def compose(
        self, records: Sequence[KeptRecord], carries: Callable[[str], bool] = lambda _: True
    ) -> ComposedWork | None:
        """Return the work that all its `records` describe, or `None` where they describe none.

        `carries` tells which ids are this work's: a record may name ids of another work.
        """
        live = ranked(self._without_dead(records), self._rules)
        ordered = sorted(live, key=lambda r: (-self._rank(r.source), r.source, r.key))
        makers = [r for r in ordered if self._creates(r.source)]
        titles = _titles(ordered)
        if not makers or not titles:
            return None
        kind = makers[0].work_kind
        node = self._node(kind, makers, ordered, titles)
        node = msgspec.structs.replace(node, sources=tuple(filter(carries, _identities(ordered))))
        tags, categories = self._tags(ordered)
        episodes = _episodes(node.id, ordered)
        digests = _digests(kind, node, tags, episodes)
        return ComposedWork(kind, node, tags, episodes, categories, digests)

    def _node(
        self,
        kind: WorkKind,
        makers: Sequence[KeptRecord],
        ordered: Sequence[KeptRecord],
        titles: tuple[Title, ...],
    ) -> WorkNode:
        first = partial(self._first, ordered)
        score, score_source = self._score(ordered)
        dates = self._dates(makers, ordered)
        node = WorkNode(
            id=ordered[0].work,
            title=titles[0].text,
            titles=titles,
            status=first("status", lambda f: f.status) or "unknown",
            studios=next((r.facts.studios for r in ordered if r.facts.studios), ()),
            producers=next((r.facts.producers for r in ordered if r.facts.producers), ()),
            sources=(),
            mappings=_mappings(ordered),
            anime_type=first("anime_type", _known_type) or "unknown",
            episodes=first("episode_count", lambda f: f.episode_count),
            season=dates.season,
            year=dates.year,
            start_date=dates.start,
            end_date=dates.end,
            duration_s=first("duration_s", lambda f: f.duration_s),
            poster_url=first("poster_url", lambda f: f.poster_url),
            synopsis=first("synopsis", lambda f: f.synopsis),
            score=score,
            score_source=score_source,
            imdb=first("imdb", lambda f: f.imdb) or _imdb_id(ordered),
            adult=_adult(ordered),
        )
        return node if kind == "anime" else msgspec.structs.replace(node, **_ANIME_ONLY)

    def _first(
        self, ordered: Sequence[KeptRecord], field: str, read: Callable[[RecordFacts], T | None]
    ) -> T | None:
        """Return what the first source to state `field` says, by the precedence of that field."""
        stated = (read(record.facts) for record in self._by_precedence(field, ordered))
        return next((value for value in stated if value is not None), None)

    def _score(self, ordered: Sequence[KeptRecord]) -> tuple[float | None, str | None]:
        for record in self._by_precedence("score", ordered):
            if record.facts.score is not None:
                return round(record.facts.score, 3), record.source
        return None, None

    def _dates(self, makers: Sequence[KeptRecord], ordered: Sequence[KeptRecord]) -> StatedDates:
        """Return the dates of a work; of a year without a day only makers are believed."""
        dated = [
            _stated_dates(record.facts, is_maker=self._creates(record.source))
            for record in self._by_precedence("start_date", ordered)
            if not _is_curated(record)
        ]
        by_year = [_stated_dates(record.facts) for record in self._by_precedence("year", makers)]
        acts = [record.facts for record in ordered if _is_curated(record)]
        return _with_curated(acts, dated, by_year) if acts else composed_dates(dated, by_year)

    def _tags(
        self, ordered: Sequence[KeptRecord]
    ) -> tuple[dict[str, float], dict[str, TagCategory]]:
        """Return the tags with their weights, but for those that a source calls spoilers."""
        relevance: dict[str, float] = {}
        categories: dict[str, TagCategory] = {}
        spoilers: set[str] = set()
        for tagging in (t for r in ordered for t in r.facts.tags):
            name = self._rules.tag_name(tagging.name)
            if tagging.spoiler:
                spoilers.add(name)
            weight = UNWEIGHED_RELEVANCE if tagging.relevance is None else tagging.relevance
            relevance[name] = max(weight, relevance.get(name, 0.0))
            category = self.category(name, tagging.category, categories.get(name))
            if category is not None:
                categories[name] = category
        shown = {name: weight for name, weight in relevance.items() if name not in spoilers}
        return dict(sorted(shown.items())), categories

    def category(
        self, name: str, stated: TagCategory | None, known: TagCategory | None
    ) -> TagCategory | None:
        """Return a tag's category: the curators' decision, else the narrower of the two."""
        return self._rules.tag_category(name) or narrower(stated, known)

    def _without_dead(self, records: Sequence[KeptRecord]) -> list[KeptRecord]:
        dead = {r.key for r in records if r.dead}
        if dead and self._is_adult(records):
            dead = {key for key in dead if key.startswith(_SHOW_ADULT_WORKS)}
        if not dead:
            return [r for r in records if not r.dead]
        return [
            msgspec.structs.replace(r, ids=tuple(i for i in r.ids if i not in dead))
            for r in records
            if not r.dead and any(i not in dead for i in r.ids)
        ]

    def _is_adult(self, records: Sequence[KeptRecord]) -> bool:
        tags = (self._rules.tag_name(tag.name) for r in records for tag in r.facts.tags)
        return is_adult((r.facts.adult for r in records), tags)

    def _by_precedence(self, field: str, ordered: Sequence[KeptRecord]) -> Iterable[KeptRecord]:
        place = self._places.get(field)
        if not place or len(ordered) == 1:
            return ordered
        return sorted(ordered, key=lambda r: place.get(r.source, len(place)))

    def _rank(self, source: str) -> int:
        rank = self._ranks.get(source)
        return rank.rank if rank is not None else 0

    def _creates(self, source: str) -> bool:
        rank = self._ranks.get(source)
        return rank is not None and rank.creates


def narrower(one: TagCategory | None, other: TagCategory | None) -> TagCategory | None:
    """Return the narrower of two categories; `None` is no category."""
    if one is None or other is None:
        return one or other
    return one if _CATEGORY_ORDER[one] >= _CATEGORY_ORDER[other] else other


def _digests(
    kind: WorkKind, node: WorkNode, tags: Mapping[str, float], episodes: Sequence[EpisodeNode]
) -> WorkDigests:
    facts = msgspec.structs.replace(node, score=None, score_source=None, imdb=None)
    rating = (node.score, node.score_source, node.imdb)
    return WorkDigests(
        facts=part_digest((kind, facts)),
        tags=part_digest(tags),
        episodes=part_digest(episodes),
        rating=part_digest(rating) if any(rating) else "",
    )


def _adult(ordered: Sequence[KeptRecord]) -> bool | None:
    """Return whether any source flags the work; `None` where none says anything of it."""
    said = [r.facts.adult for r in ordered if r.facts.adult is not None]
    return any(said) if said else None


def _stated_dates(facts: RecordFacts, *, is_maker: bool = True) -> StatedDates:
    start, end = (day.isoformat() if day else None for day in (facts.start_date, facts.end_date))
    return StatedDates(start, end, facts.year if is_maker else None, facts.season)


def _is_curated(record: KeptRecord) -> bool:
    return record.facts.act is not None and isinstance(record.facts.act.says, FactStatement)


def _with_curated(
    acts: Iterable[RecordFacts], dated: Sequence[StatedDates], by_year: Sequence[StatedDates]
) -> StatedDates:
    """Return dates of which curators state some: theirs as they are, the others beside them.

    What sources state of another release than the one that curators date is passed over.
    """
    stated = [_stated_dates(facts) for facts in acts]
    said = StatedDates(
        start=next((one.start for one in stated if one.start), None),
        end=next((one.end for one in stated if one.end), None),
        year=next((one.year for one in stated if one.year is not None), None),
        season=next((one.season for one in stated if one.season is not None), None),
    )
    meant = StatedDates(said.start, None, said.year)
    found = composed_dates([meant, *dated], [said, *by_year] if said.year else by_year)
    is_late = found.end is None or said.start is None or found.end >= said.start
    return StatedDates(
        start=said.start or found.start,
        end=said.end or (found.end if is_late else None),
        year=said.year if said.year is not None else found.year,
        season=said.season or found.season,
    )


def _known_type(facts: RecordFacts) -> AnimeType | None:
    """Return the type that is stated: a source that says "unknown" leaves it to the next."""
    return None if facts.anime_type == "unknown" else facts.anime_type


def _titles(ordered: Sequence[KeptRecord]) -> tuple[Title, ...]:
    best: dict[str, Title] = {}
    for title in (t for r in ordered for t in r.facts.titles):
        seen = best.get(title.text)
        best[title.text] = title if seen is None else _united(seen, title)
    ordered_titles = sorted(best.values(), key=lambda t: _KIND_ORDER[t.kind])
    # A work has one main title, the first by rank; the other sources' main titles are official
    # ones.
    return tuple(
        msgspec.structs.replace(t, kind="official") if t.kind == "main" and number else t
        for number, t in enumerate(ordered_titles)
    )


def _united(one: Title, other: Title) -> Title:
    stronger = one if _KIND_ORDER[one.kind] <= _KIND_ORDER[other.kind] else other
    return Title(one.text, one.language or other.language, stronger.kind)


def _identities(ordered: Sequence[KeptRecord]) -> list[str]:
    return sorted({source_id for record in ordered for source_id in record.ids})


def _mappings(ordered: Sequence[KeptRecord]) -> tuple[IdMapping, ...]:
    """Unite the mappings; of two sources that map to one id and season the higher-ranked wins."""
    kept: dict[tuple[str, int | None], tuple[str, list[IdMapping]]] = {}
    for record in ordered:
        for mapping in record.facts.mappings:
            source, found = kept.setdefault((mapping.id, mapping.season), (record.source, []))
            if source == record.source and mapping not in found:
                found.append(mapping)
    return tuple(m for _, found in kept.values() for m in found)


def _imdb_id(ordered: Sequence[KeptRecord]) -> ImdbRating | None:
    """Return IMDb's id alone, where one is known and no rating of it."""
    ids = [
        i
        for r in ordered
        for i in (*r.ids, *(m.id for m in r.facts.mappings))
        if i.startswith("imdb:")
    ]
    return ImdbRating(ids[0].removeprefix("imdb:")) if ids else None


def _episodes(work: uuid.UUID, ordered: Sequence[KeptRecord]) -> tuple[EpisodeNode, ...]:
    by_number: dict[int, list[EpisodeFacts]] = {}
    for record in ordered:
        for episode in record.facts.episodes:
            by_number.setdefault(episode.number, []).append(episode)
    return tuple(_episode(work, number, by_number[number]) for number in sorted(by_number))


def _episode(work: uuid.UUID, number: int, stated: Sequence[EpisodeFacts]) -> EpisodeNode:
    def first(read: Callable[[EpisodeFacts], T | None]) -> T | None:
        return next((v for e in stated if (v := read(e)) is not None), None)

    titles: dict[str, Title] = {}
    for title in (t for e in stated for t in e.titles):
        titles.setdefault(title.text, title)
    air_date = first(lambda e: e.air_date)
    return EpisodeNode(
        id=episode_uuid(work, number),
        number=number,
        titles=tuple(titles.values()),
        air_date=air_date.isoformat() if air_date else None,
        duration_s=first(lambda e: e.duration_s),
        synopsis=first(lambda e: e.synopsis),
        thumbnail_url=first(lambda e: e.thumbnail_url),
        filler=first(lambda e: e.filler),
        canon=first(lambda e: e.canon),
        recap=first(lambda e: e.recap),
    )
