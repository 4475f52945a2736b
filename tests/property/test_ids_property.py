"""Packed ids: each is found at its place, and no other, however alike they begin."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from kensho.read_model.blobs import Ids

# Few first halves, so that many ids share one.
IDS = st.builds(
    lambda half, rest: UUID(int=(half << 64) | rest),
    st.sampled_from((0, 1, 2**63, 2**64 - 1)),
    st.integers(0, 6) | st.integers(0, 2**64 - 1),
)


@given(st.sets(IDS, max_size=40), st.lists(IDS, max_size=20))
def test_an_id_is_found_where_it_stands(known: set[UUID], others: list[UUID]) -> None:
    ordered = sorted(known)
    ids = Ids(b"".join(one.bytes for one in ordered))
    assert [ids.find(one) for one in ordered] == list(range(len(ordered)))
    assert all(ids.find(one) is None for one in others if one not in known)
