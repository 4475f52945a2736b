"""A film that two tables have is one entry of the title index, whatever is told of each record."""

from collections.abc import Iterator

import pytest

from kensho.read_model.holder import Snapshot
from kensho.storage.rows import MembershipRow, SamePairRow, WorkRow
from tests.support.searches import Shelf, opened, work

_FILMS = ("Hachi", "Hachi: Sun", "Hachi: Rain")


def record(number: int, title: str, kind: str, year: int) -> WorkRow:
    return work(number, title, kind=kind, anime_type="movie", year=year)


@pytest.fixture(scope="module")
def held() -> Iterator[Snapshot]:
    """Hold three films, each once among the series and once among the films, in one franchise."""
    # Records among the films come first in some pairs and last in others.
    series = [record(10 * n + 5, title, "anime", 2000 + n) for n, title in enumerate(_FILMS)]
    films = [record(10 * n + 3 * n, title, "movie", 2000 + n) for n, title in enumerate(_FILMS)]
    works = sorted([*series, *films], key=lambda row: row.id.int)
    same = [SamePairRow(film.id, one.id) for one, film in zip(series, films, strict=True)]
    memberships = [
        MembershipRow(work=row.id, slug="hachi", title="Hachi", role="film") for row in works
    ]
    with opened(Shelf(works, memberships=memberships, same=same)) as snapshot:
        yield snapshot


@pytest.mark.parametrize(("number", "title"), [(2, "Hachi: Sun"), (3, "Hachi: Rain")])
def test_films_are_counted_once_and_found_by_their_row(
    held: Snapshot, number: int, title: str
) -> None:
    index = held.titles.index
    found = index.search(f"Hachi {number}")
    rows, entries = found.hits.rows.tolist(), found.hits.entries.tolist()
    assert min(rows) >= 0
    assert index.title(rows[0], found.interpretations[0]) == title
    assert held.model.kind(entries[0]) == "anime"
