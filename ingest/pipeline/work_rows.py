"""The rows of works that differ from what the graph holds: nodes, taggings, episodes.

Pure. Digests tell which parts of a work differ; of those, rows that stand are compared one by one,
so that a tag more is one row more, and a score that moved touches neither tags nor episodes.
"""

from collections.abc import Collection, Mapping
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from ingest.pipeline.record_store import as_json
from ingest.pipeline.rows import ComposedWork, EpisodeNode, WorkDigests
from kensho.domain.works import WorkKind

WorkKey: TypeAlias = tuple[WorkKind, UUID]
Fields: TypeAlias = dict[str, object]

RATING: Final = ("score", "score_source", "imdb")
"""The fields of a work that its row in table `rating` has."""


class WorkRows(msgspec.Struct):
    """The rows of some works to write in one transaction, each list in the shape of `put_works`."""

    added: list[tuple[WorkKind, UUID, Fields]] = []
    changed: list[tuple[WorkKind, UUID, Fields]] = []
    rated: list[tuple[UUID, Fields]] = []
    rerated: list[tuple[UUID, Fields]] = []
    tags: list[tuple[WorkKind, UUID, UUID, float]] = []
    episodes: list[tuple[WorkKind, UUID, EpisodeNode]] = []
    gone: list[tuple[str, UUID | tuple[UUID, UUID]]] = []
    returned: list[UUID] = []

    def add_new(self, work: ComposedWork, tag_ids: Mapping[str, UUID]) -> None:
        """Add a work that the graph does not hold."""
        self.added.append((work.kind, work.node.id, node_row(work)))
        self.add_rating(work, WorkDigests())
        self.add_tags(work, tag_ids, {})
        self.add_episodes(work, ())

    def add_node(self, work: ComposedWork, before: WorkDigests) -> None:
        """Add the node and the rating of a work that the graph holds, where they differ."""
        if work.digests.node != before.node:
            self.changed.append((work.kind, work.node.id, node_row(work)))
        if work.digests.rating != before.rating:
            self.add_rating(work, before)

    def add_rating(self, work: ComposedWork, before: WorkDigests) -> None:
        """Add the rating of a work, which may have none now or had none before."""
        if not work.digests.rating:
            if before.rating:
                self.gone.append(("rating", work.node.id))
            return
        row: Fields = {name: getattr(work.node, name) for name in RATING}
        row = {name: value for name, value in row.items() if value is not None}
        rows = self.rerated if before.rating else self.rated
        rows.append((work.node.id, row | {"digest": work.digests.rating}))

    def add_tags(
        self, work: ComposedWork, tag_ids: Mapping[str, UUID], stored: Mapping[UUID, float]
    ) -> None:
        """Add the taggings that differ from the stored ones: tag → relevance."""
        if not stored:
            kind, id_ = work.kind, work.node.id
            self.tags.extend((kind, id_, tag_ids[name], one) for name, one in work.tags.items())
            return
        wanted = {tag_ids[name]: relevance for name, relevance in work.tags.items()}
        self.tags.extend(
            (work.kind, work.node.id, tag, relevance)
            for tag, relevance in wanted.items()
            if stored.get(tag) != relevance
        )
        gone = stored.keys() - wanted.keys()
        self.gone += [("has_tag", (work.node.id, tag)) for tag in sorted(gone)]

    def add_episodes(self, work: ComposedWork, stored: Collection[EpisodeNode]) -> None:
        """Add the episodes that differ from the stored ones."""
        before = {episode.id: episode for episode in stored}
        self.episodes.extend(
            (work.kind, work.node.id, episode)
            for episode in work.episodes
            if before.get(episode.id) != episode
        )
        gone = before.keys() - {episode.id for episode in work.episodes}
        self.gone += [("episode", episode) for episode in sorted(gone)]

    def params(self) -> dict[str, object]:
        """Return the parameters of the query."""
        return {name: as_json(rows) for name, rows in msgspec.structs.asdict(self).items()}


def node_row(work: ComposedWork) -> Fields:
    """Return the whole row of a work's node, but for its id and its rating."""
    row: Fields = msgspec.to_builtins(work.node, builtin_types=(UUID,))
    for name in ("id", *RATING):
        row.pop(name, None)
    # As the Structs that they are: shorter than their builtins, and encoded faster.
    node = work.node
    row.update(titles=node.titles, mappings=node.mappings, studios=node.studios)
    row.update(producers=node.producers, sources=node.sources, digest=work.digests.node)
    return row
