"""What was served at any time, by an oracle that keeps all documents of every publication."""

import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.discovery import franchises
from kensho.discovery.time_travel import PastModel, as_of
from kensho.errors import NotKeptError
from kensho.read_model import publications
from kensho.read_model.building.history_writing import HistoryLimits
from kensho.read_model.building.publishing import make_current
from kensho.read_model.franchises import DOCUMENT_NAMES
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel
from kensho.read_model.past import Past, PastModels
from kensho.read_model.publications import Publication
from tests.support.catalogue_states import State, states, written

STORE: Final = "0123456789ab"
START: Final = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
Documents = dict[str, bytes]


class Step(NamedTuple):
    """A publication: hours after the one before, and what; `None` puts the one before that back."""

    hours: int
    state: State | None


class Remembered(NamedTuple):
    """What the oracle keeps of a publication: all of it."""

    identity: str
    revision: int
    at: dt.datetime
    documents: Documents


STEPS: Final = st.lists(
    st.builds(Step, st.sampled_from((0, 1, 13, 24, 49)), states() | st.none()),
    min_size=1,
    max_size=8,
)


def documents_of(model: ReadModel) -> Documents:
    """Return every document and edge of a model that time travel answers from."""
    found: Documents = {}
    for node in range(model.works_total):
        work = model.id(node)
        found[f"work {work}"] = model.detail(node)
        found[f"around {work}"] = repr(
            [(model.id(one.node), one.kind) for one in model.neighbours(node)]
        ).encode()
    for number in range(len(model.franchises.listed)):
        slug = franchises.detail(model, number).decode().slug
        for name in DOCUMENT_NAMES:
            found[f"{name} {slug}"] = model.franchises.document(number, name)
    return found


def published(
    root: Path, steps: Sequence[Step], kept: int, *, first: int = 1, at: dt.datetime = START
) -> list[Remembered]:
    """Publish one after another; return what the oracle remembers of each."""
    told: list[Remembered] = []
    for number, (hours, state) in enumerate(steps, start=first):
        at += dt.timedelta(hours=hours)
        if state is not None:
            folder = written(root, state, 10 * number)
        elif len(told) > 1:
            folder = root / told[-2].identity
        else:
            continue
        made = Publication(folder.name, at=at.isoformat())
        made = make_current(root, STORE, made, HistoryLimits(0, 0, kept))
        if not told or told[-1].identity != made.snapshot:
            model = ReadModel.open(folder)
            told.append(Remembered(made.snapshot, model.revision, at, documents_of(model)))
    return told


def still_kept(told: Sequence[Remembered], kept: int) -> int:
    """Return the place of the earliest publication since which no more snapshots were needed."""
    for first in range(len(told)):
        if len({one.identity for one in told[first:]}) <= kept:
            return first
    raise AssertionError


def held(root: Path, most_open: int) -> Snapshot:
    """Return what is served, without titles: these small catalogues have none."""
    found = publications.read(root)
    assert found is not None
    publication = found.stores[STORE]
    model = ReadModel.open(root / publication.snapshot)
    past = Past.of(publication, model, PastModels(root, most_open))
    return Snapshot(model, cast("Any", None), None, past)


def expected(
    told: Sequence[Remembered], first: int, was_there: Callable[[Remembered], bool]
) -> Remembered | None:
    """Return the publication before the first that was not there yet, if it is kept."""
    place = next((n for n, one in enumerate(told) if not was_there(one)), len(told)) - 1
    return told[place] if place >= first else None


def check(found: PastModel, meant: Remembered) -> None:
    assert found.model.identity == meant.identity
    assert found.publication.at == meant.at.isoformat()
    assert documents_of(found.model) == meant.documents


@settings(max_examples=30, deadline=None)
@given(STEPS, st.integers(2, 5), st.integers(1, 3))
def test_every_time_is_answered_by_what_was_published_then_or_not_at_all(
    steps: list[Step], kept: int, most_open: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = published(Path(folder), steps, kept)
        if not told:
            return
        snapshot = held(Path(folder), most_open)
        first = still_kept(told, kept)
        days = {one.at.date() + dt.timedelta(days=d) for one in told for d in (-1, 0, 1)}
        for day in sorted(days):
            end = dt.datetime.combine(day, dt.time.max, dt.UTC)
            meant = expected(told, first, lambda one: one.at <= end)  # noqa: B023 -- called at once
            if meant is None:
                with pytest.raises(NotKeptError) as error:
                    as_of(snapshot, day.isoformat())
                assert error.value.kept_from is not None
                assert error.value.kept_from[0] == told[first].identity
            else:
                found = as_of(snapshot, day.isoformat())
                check(found, meant)
                assert found.is_settled == (meant is not told[-1])
        for one in told:
            latest = [other for other in told[first:] if other.identity == one.identity]
            for text in (one.identity, str(one.revision)):
                if latest:
                    check(as_of(snapshot, text), latest[-1])
                elif text == one.identity:
                    with pytest.raises(NotKeptError):
                        as_of(snapshot, text)


@settings(max_examples=20, deadline=None)
@given(STEPS, STEPS, st.integers(2, 3), st.sampled_from((-60, 0, 30)))
def test_what_is_settled_stays_so_whatever_is_published_later(
    before: list[Step], after: list[Step], kept: int, clock_set_h: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        told = published(root, before, kept)
        if not told:
            return
        snapshot = held(root, 1)
        days = {(one.at + dt.timedelta(days=d)).date().isoformat() for one in told for d in (0, 1)}
        settled: dict[str, Documents] = {}
        for text in (*days, *(one.identity for one in told)):
            try:
                found = as_of(snapshot, text)
            except NotKeptError:
                continue
            if found.is_settled:
                settled[text] = documents_of(found.model)
        at = told[-1].at + dt.timedelta(hours=clock_set_h)
        published(root, after, kept, first=100, at=at)
        snapshot = held(root, 1)
        for text, documents in settled.items():
            try:
                found = as_of(snapshot, text)
            except NotKeptError:
                continue
            assert documents_of(found.model) == documents
