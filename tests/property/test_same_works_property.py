"""No two works of one catalogue become one, whatever records there are."""

from collections import Counter
from itertools import combinations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.same_works.groups import SameWork, same_works
from kensho.domain.same_works.records import CatalogueRecord, title_keys

PROVIDERS = ("mal", "anilist", "anidb", "kitsu", "imdb")
TITLES = ("Yuki", "Yuki I", "Yuki II", "雪", "Yuki Movie", "Hana", "花")


@st.composite
def catalogues(
    draw: st.DrawFn,
) -> tuple[list[CatalogueRecord], list[tuple[UUID, UUID]], set[frozenset[UUID]]]:
    """Draw records with ids at catalogues, statements, and pairs that are kept apart."""
    records = [
        CatalogueRecord(
            id=UUID(int=place),
            keys=title_keys(draw(st.lists(st.sampled_from(TITLES), min_size=1, max_size=4))),
            sources=tuple(
                f"{provider}:{place}"
                for provider in draw(st.sets(st.sampled_from(PROVIDERS), min_size=1, max_size=3))
            ),
            kind=draw(st.sampled_from(("anime", "movie"))),
            type=draw(st.sampled_from(("tv", "movie", "ova"))),
            date=draw(st.sampled_from(("", "2012", "2012-01-01", "2013", "2016"))),
            episodes=draw(st.sampled_from((None, 1, 2, 12, 24))),
        )
        for place in range(draw(st.integers(2, 9)))
    ]
    ids = st.sampled_from([record.id for record in records])
    pairs = st.tuples(ids, ids).filter(lambda pair: pair[0] != pair[1])
    stated = draw(st.lists(pairs, max_size=5))
    return records, stated, set(map(frozenset, draw(st.lists(pairs, max_size=3))))


def grouped(found: list[SameWork], records: list[CatalogueRecord]) -> list[set[UUID]]:
    """Return the groups by walking from each record to its work, slowly."""
    stands = {one.record: one.work for one in found}
    groups: dict[UUID, set[UUID]] = {}
    for record in records:
        groups.setdefault(stands.get(record.id, record.id), set()).add(record.id)
    return list(groups.values())


@given(catalogues())
def test_a_group_never_holds_two_records_of_one_catalogue(
    given_: tuple[list[CatalogueRecord], list[tuple[UUID, UUID]], set[frozenset[UUID]]],
) -> None:
    records, stated, apart = given_
    found = same_works(records, stated, apart)
    known = {record.id: record for record in records}
    for group in grouped(found, records):
        listed = Counter(source.partition(":")[0] for one in group for source in known[one].sources)
        assert set(listed.values()) <= {1}
        assert not any(frozenset(pair) in apart for pair in combinations(group, 2))


@given(catalogues())
def test_the_order_of_records_and_statements_does_not_matter(
    given_: tuple[list[CatalogueRecord], list[tuple[UUID, UUID]], set[frozenset[UUID]]],
) -> None:
    records, stated, apart = given_
    found = same_works(records, stated, apart)
    assert same_works(records[::-1], stated[::-1], apart) == found
    assert len({one.record for one in found}) == len(found)
    assert {one.record for one in found}.isdisjoint(one.work for one in found)
