"""Hits as documents: also those that no title of their own was found by."""

import numpy as np

from kensho.discovery.hit_serializer import HitSerializer
from kensho.search.index import Hits
from kensho.search.interpretations import as_typed
from kensho.storage.rows import MembershipRow
from tests.support.searches import Shelf, opened, work

WORKS = (work(1, "Naruto"), work(2, "Naruto Shippuuden"))
SHELF = Shelf(WORKS, memberships=tuple(MembershipRow(w.id, "naruto", "NARUTO") for w in WORKS))


def test_a_franchise_that_was_found_by_no_title_is_named_by_its_own() -> None:
    with opened(SHELF) as snapshot:
        entries = np.array([0, snapshot.model.works_total], dtype=np.int32)
        found = Hits(
            entries=entries,
            scores=np.array([0.9, 0.8], dtype=np.float32),
            rows=np.array([-1, -1], dtype=np.int32),
            interpretations=np.zeros(2, dtype=np.uint8),
        )
        serializer = HitSerializer(snapshot, (as_typed("naruto 2"),), found)
        hits = serializer.hits(np.arange(2))
        assert [serializer.matched_title(hit) for hit in hits] == ["Naruto", "NARUTO"]
        assert [serializer.completion(hit).matched_title for hit in hits] == ["Naruto", "NARUTO"]
