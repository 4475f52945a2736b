"""A small snapshot that has something in every array, and copies of it with another file.

The copies bear right checksums: who can write a snapshot can write those too.
"""

import datetime as dt
import io
import itertools
import shutil
import zlib
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain.records import Mapping
from kensho.domain.works import Title, tag_uuid
from kensho.read_model.building.builder import SnapshotBuilder
from kensho.read_model.building.writer import SnapshotWriter
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.holder import Snapshot
from kensho.read_model.identity import GraphPoint
from kensho.read_model.model import ReadModel
from kensho.read_model.snapshot_folder import FileFacts, Manifest
from kensho.search.interpretations import as_typed
from kensho.storage.rows import (
    EpisodeId,
    EpisodeRow,
    GuestRow,
    MembershipRow,
    RecommendationRow,
    RedirectRow,
    RelationId,
    RelationRow,
    RetiredRow,
    RetiredSlugRow,
    SamePairRow,
    StoredFranchise,
    TaggingId,
    TaggingRow,
    TagRow,
    WorkRow,
)
from tests.support.franchise_snapshots import assertions

_WORKS: Final = 30
_TAGS: Final = ("drama", "space", "ß")
TEXTS: Final = ("mushi", "mushi 2", "hachi season 3", "mushhi", "kaze", "m", "進撃", "hak no")


def written(root: Path) -> Path:
    """Write the snapshot into `root`; return its folder."""
    ids = [UUID(int=number + 1) for number in range(_WORKS)]
    with SnapshotWriter(root, GraphPoint(1)) as model:
        build = SnapshotBuilder(model, dt.datetime(2026, 11, 29, tzinfo=dt.UTC))
        build.united.add_same([SamePairRow(UUID(int=700), ids[2])])
        build.united.settle()
        build.add_franchises([StoredFranchise("mushi", "Mushi", ids[0], "1")])
        build.add_retired_slugs([RetiredSlugRow("mushishi", "mushi"), RetiredSlugRow("old", None)])
        build.add_memberships(
            [MembershipRow(work, "mushi", "Mushi") for work in ids[:5]]
            + [MembershipRow(ids[5], "mushi", "Mushi", record_of=ids[4])]
        )
        build.add_visits([GuestRow(ids[9], "mushi", ())])
        build.add_tags([TagRow(tag_uuid(name), name, None) for name in _TAGS])
        build.add_taggings(
            [TaggingRow(TaggingId(one, tag_uuid(tag)), 0.7) for one in ids[:9] for tag in _TAGS[:2]]
        )
        build.add_works([_work(n, work) for n, work in enumerate([*ids, UUID(int=700)])])
        told = msgspec.Raw(assertions("sequel", "stated"))
        build.add_relations(
            [
                RelationRow(RelationId(one, other, "sequel"), told)
                for one, other in itertools.pairwise(ids[:20])
            ]
        )
        for work in ids[3:6]:
            build.add_episodes(
                [EpisodeRow(EpisodeId(work, UUID(int=99)), 1, (Title("Dawn", kind="main"),))]
            )
        build.add_recommendations([RecommendationRow(ids[0], ids[7], 4)])
        build.add_retired([RetiredRow(UUID(int=500), ids[0]), RetiredRow(UUID(int=501), None)])
        build.names.add_redirects([RedirectRow(ids[0], ids[1], 26, None, 1)])
        build.finish()
        return model.commit()


def _work(number: int, work: UUID) -> WorkRow:
    name = ("Mushi", "Hachi", "Kaze no", "進撃の巨人", "Haku")[number % 5]
    title = f"{name} {number // 5 + 1}"
    return WorkRow(
        id=work,
        kind="movie" if number % 7 == 6 else "anime",
        title=title,
        titles=(Title(title, kind="main"), Title(f"{title} no Machi {'ō' * 30}")),
        status="finished",
        sources=(f"mal:{number}",),
        anime_type="movie" if number % 7 == 6 else "tv",
        mappings=(Mapping(f"tvdb:{number // 3}", first=1, last=12),),
        studios=("Studio ü", "Other")[: number % 3],
        season="spring" if number % 7 != 6 else None,
        year=2000 + number // 4,
        score=7.5,
    )


def as_file(array: npt.NDArray[Any]) -> bytes:
    """Return the bytes of the `.npy` file of an array."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=False)
    return file.getvalue()


def with_file(folder: Path, name: str, data: bytes | None, root: Path) -> Path:
    """Copy a snapshot with another content of one file (`None`: without it), and right sums."""
    copy = root / folder.name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy, copy_function=_linked)
    manifest = Manifest.of((copy / MANIFEST).read_bytes(), MANIFEST)
    files = dict(manifest.files)
    (copy / name).unlink()
    if data is None:
        del files[name]
    else:
        (copy / name).write_bytes(data)
        files[name] = FileFacts(len(data), zlib.crc32(data))
    (copy / MANIFEST).unlink()
    (copy / MANIFEST).write_bytes(msgspec.structs.replace(manifest, files=files).encoded())
    return copy


def _linked(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def exercise(snapshot: Snapshot) -> None:
    """Read everything of a snapshot that is found by a number of one of its arrays."""
    for node in range(snapshot.model.works_total):
        _read_work(snapshot, node)
    for node in range(0, snapshot.model.works_total, 10):
        snapshot.model.paths.best(node, (node + 3) % snapshot.model.works_total, 3)
        snapshot.model.likeness.similar(node, 5, snapshot.titles.groups)
    _read_franchises(snapshot.model)
    for text in TEXTS:
        _read_hits(snapshot, text)


def _read_work(snapshot: Snapshot, node: int) -> None:
    model, titles = snapshot.model, snapshot.titles
    assert model.node(model.id(node)) == node
    model.kind(node)
    model.summary(node)
    model.detail(node)
    model.tags_of(node)
    for near in model.neighbours(node):
        model.edge(near.edge)
        model.assertions(near.edge)
    model.walk(node, None, 3, 10, 20)
    model.episodes.of(node)
    model.episodes.count(node)
    titles.group_franchise(titles.group(node))
    titles.redirected(node, 30)
    model.resolve(f"tvdb:{node}")
    model.resolve(f"mal:{node}")


def _read_franchises(model: ReadModel) -> None:
    franchises = model.franchises
    for number in range(len(franchises)):
        franchises.slug(number)
        franchises.tag(number, "graph")
        for read in (franchises.members, franchises.records, franchises.guests):
            for node in read(number).tolist():
                model.summary(node)
    franchises.retired("mushishi")


def _read_hits(snapshot: Snapshot, text: str) -> None:
    for hits in snapshot.titles.index.search(text)[1:]:
        for row, entry in zip(hits.rows.tolist(), hits.entries.tolist(), strict=True):
            snapshot.titles.index.title(row, as_typed(text))
            if entry >= snapshot.model.works_total:
                snapshot.titles.franchise(entry)
