"""Values of snapshots are made once each, beside one another, and go with their model."""

import gc
import weakref
from collections.abc import Callable
from typing import Any, Final, cast

import pytest

from kensho.discovery.browse import films
from kensho.discovery.conflicts import conflicts_in
from kensho.discovery.facets import FacetCounter
from kensho.discovery.franchise_lists import FranchiseColumns
from kensho.discovery.list_columns import ListColumns
from kensho.discovery.snapshot_service import PerSnapshot
from kensho.read_model.model import ReadModel
from tests.support import franchise_snapshots
from tests.support.franchise_snapshots import Rows, work


class Model:
    """Stands for a read model: any object that can be held weakly."""


def test_each_snapshot_has_a_value_of_its_own_as_long_as_its_model() -> None:
    made: list[int] = []

    def make(model: ReadModel) -> str:
        made.append(id(model))
        return str(id(model))

    values = PerSnapshot(make)
    before, now = cast("ReadModel", Model()), cast("ReadModel", Model())
    assert [values.of(one) for one in (before, now, before, now)] == 2 * [
        str(id(before)),
        str(id(now)),
    ]
    assert made == [id(before), id(now)]
    assert len(values._kept) == 2
    del before
    assert [*values._kept] == [now]


KINDS: Final[tuple[Callable[[ReadModel], Any], ...]] = (
    *(films, conflicts_in, FacetCounter, FranchiseColumns, ListColumns),
)


@pytest.mark.parametrize("make", KINDS)
def test_no_value_holds_the_model_that_it_was_made_of(make: Callable[[ReadModel], Any]) -> None:
    values = PerSnapshot(make)
    with franchise_snapshots.opened(Rows(works=[work(1, "Ship"), work(2, "Quay")])) as snapshot:
        held = weakref.ref(snapshot.model)
        values.of(snapshot.model)
        if make is FranchiseColumns:
            values.of(snapshot.model).prepare(snapshot.model)
        del snapshot
    gc.collect()
    assert held() is None
    assert not values._kept
