"""What curators' acts make of the records of a work: ranks, and a person's word before all others.

Of the values of a fact the preferred ones count, else the normal ones, and deprecated ones never,
whoever states them; of what is left a curator's word counts before a source's, and of curators' the
last. Sources' records are given back without what loses, and acts without what a later one
overrules, so that whoever composes them need not know of ranks. Nothing is lost: what every source
says stays in its kept record.

Guarantees: pure, and independent of the order of records. Where no act is, records are returned as
they are.

Performance: nothing for works without acts, which nearly all are.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from ingest.curation import CompositionRules
from ingest.pipeline.rows import KeptRecord
from kensho.domain.curator_acts import (
    FACT_TYPES,
    CuratorAct,
    CuratorStatement,
    EpisodeStatement,
    FactStatement,
    MappingStatement,
    TagStatement,
    TitleStatement,
    typed_value,
)
from kensho.domain.records import EpisodeFacts, RecordFacts, Tagging
from kensho.domain.works import Title, TitleKind

_NO_FACT: Final = {one.name: one.default for one in msgspec.structs.fields(RecordFacts)}
_Mapped: TypeAlias = tuple[str, int | None]


def ranked(records: Sequence[KeptRecord], rules: CompositionRules) -> list[KeptRecord]:
    """Return the records of one work with the facts that count, after acts and their ranks."""
    found = [record.facts.act for record in records if record.facts.act is not None]
    acts = [act for act in sorted(found, key=lambda act: act.id, reverse=True) if act.stands]
    if not acts:
        return list(records)
    verdicts = _Verdicts(acts, rules)
    return [
        msgspec.structs.replace(record, facts=verdicts.applied_to(record.facts))
        for record in records
    ]


class _Verdicts:
    """What the acts about one work, the newest first, decide."""

    def __init__(self, acts: Sequence[CuratorAct], rules: CompositionRules) -> None:
        self._rules = rules
        self._winner: dict[str, str] = {}
        self._deprecated: dict[str, list[Any]] = {}
        self._titles: dict[str, CuratorAct] = {}
        self._tags: dict[str, CuratorAct] = {}
        self._mappings: dict[_Mapped, CuratorAct] = {}
        self._episodes: dict[int, list[CuratorAct]] = {}
        self._main: str | None = None
        for field in FACT_TYPES:
            self._decide(field, [a for a in acts if _states(a.says, field)])
        for act in acts:
            self._note(act)

    def _decide(self, field: str, acts: Sequence[CuratorAct]) -> None:
        """Choose the value of a fact among those of curators; the last word on each counts."""
        latest: dict[str, CuratorAct] = {}
        for act in acts:
            latest.setdefault(repr(_value(act)), act)
        self._deprecated[field] = [
            _value(act) for act in latest.values() if _rank(act) == "deprecated"
        ]
        for rank in ("preferred", "normal"):
            chosen = next((act for act in latest.values() if _rank(act) == rank), None)
            if chosen is not None:
                self._winner[field] = chosen.id
                return

    def _note(self, act: CuratorAct) -> None:
        says = act.says
        if isinstance(says, TitleStatement):
            self._titles.setdefault(says.text, act)
            is_main = says.kind == "main" or says.rank == "preferred"
            if is_main and says.rank != "deprecated" and self._titles[says.text] is act:
                self._main = self._main or act.id
        elif isinstance(says, TagStatement):
            self._tags.setdefault(self._rules.tag_name(says.name), act)
        elif isinstance(says, MappingStatement):
            self._mappings.setdefault((says.id, says.season), act)
        elif isinstance(says, EpisodeStatement):
            self._episodes.setdefault(says.number, []).append(act)

    def applied_to(self, facts: RecordFacts) -> RecordFacts:
        """Return what counts of the facts of one record."""
        act = facts.act
        changes = {
            field: _NO_FACT[field]
            for field in FACT_TYPES
            if getattr(facts, field) != _NO_FACT[field] and not self._counts(field, facts)
        }
        return msgspec.structs.replace(
            facts,
            titles=tuple(self._kept_titles(facts.titles, act)),
            tags=tuple(self._kept_tags(facts.tags, act)),
            mappings=tuple(
                one
                for one in facts.mappings
                if self._is_free(self._mappings.get((one.id, one.season)), act)
            ),
            episodes=tuple(self._kept_episodes(facts.episodes, act)),
            **changes,
        )

    def _counts(self, field: str, facts: RecordFacts) -> bool:
        if field in self._winner:
            return facts.act is not None and facts.act.id == self._winner[field]
        return getattr(facts, field) not in self._deprecated[field]

    def _is_free(self, decided: CuratorAct | None, act: CuratorAct | None) -> bool:
        """Tell whether nobody decided otherwise of a thing than the record that states it."""
        return decided is None or (act is not None and decided.id == act.id)

    def _kept_titles(self, titles: Iterable[Title], act: CuratorAct | None) -> Iterable[Title]:
        for title in titles:
            if not self._is_free(self._titles.get(title.text), act):
                continue
            is_main = act is not None and act.id == self._main
            if title.kind == "main" and self._main is not None and not is_main:
                yield msgspec.structs.replace(title, kind="official")
            elif is_main:
                yield msgspec.structs.replace(title, kind="main")
            else:
                yield title

    def _kept_tags(self, tags: Iterable[Tagging], act: CuratorAct | None) -> Iterable[Tagging]:
        for tag in tags:
            if self._is_free(self._tags.get(self._rules.tag_name(tag.name)), act):
                yield tag

    def _kept_episodes(
        self, episodes: Iterable[EpisodeFacts], act: CuratorAct | None
    ) -> Iterable[EpisodeFacts]:
        for episode in episodes:
            acts = self._episodes.get(episode.number)
            if acts is None:
                yield episode
            elif _rank(acts[0]) == "deprecated":
                continue
            elif act is None:
                yield _without_stated(episode, acts)
            elif act.id == acts[0].id:
                yield _united_episode(episode, acts)


def _states(says: CuratorStatement, field: str) -> bool:
    return isinstance(says, FactStatement) and says.field == field


def _value(act: CuratorAct) -> Any:
    says = act.says
    return typed_value(says) if isinstance(says, FactStatement) else None


def _rank(act: CuratorAct) -> str:
    return getattr(act.says, "rank", "normal")


_EPISODE_FACTS: Final = ("air_date", "duration_s", "filler", "canon", "recap")


def _without_stated(episode: EpisodeFacts, acts: Sequence[CuratorAct]) -> EpisodeFacts:
    """Return what a source says of an episode, but for what curators say of it."""
    stated = {n for a in acts for n in _EPISODE_FACTS if getattr(a.says, n) is not None}
    return msgspec.structs.replace(episode, **dict.fromkeys(stated))


def _united_episode(episode: EpisodeFacts, acts: Sequence[CuratorAct]) -> EpisodeFacts:
    """Return what acts say of one episode together, each fact as the last of them has it."""
    found: dict[str, Any] = {}
    titles: dict[str, Title] = {title.text: title for title in episode.titles}
    for act in acts:
        says = act.says
        if not isinstance(says, EpisodeStatement) or says.rank == "deprecated":
            break  # what was said before the episode was struck out is gone with it
        for name in _EPISODE_FACTS:
            if (value := getattr(says, name)) is not None:
                found.setdefault(name, value)
        if says.title is not None:
            kind: TitleKind = "official" if titles else "main"
            titles.setdefault(says.title, Title(says.title, says.language, kind))
    return msgspec.structs.replace(episode, titles=tuple(titles.values()), **found)
