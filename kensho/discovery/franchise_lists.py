"""Lists of franchises: found by a text, of a letter, a genre or a size, and in an order.

Guarantees: a franchise is of a genre if at least half of its works are. A total counts exactly what
passes; franchises that lack the value they are sorted by come last, and equal ones by popularity.

Performance: what lists need is read once for a snapshot, in 60 ms for 5,000 franchises; a list
takes 1 ms, one by a text a search.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.discovery import franchises
from kensho.discovery.adult import franchises_shown
from kensho.discovery.filter_values import unknown
from kensho.discovery.filters import Mask, Nodes
from kensho.discovery.list_columns import days_begun
from kensho.discovery.preferred_titles import TITLE_CHOICES, PreferredTitles, TitleChoice
from kensho.domain.titles import folded
from kensho.errors import InvalidInputError
from kensho.read_model.franchises import NO_FRANCHISE
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel

Days = npt.NDArray[np.datetime64]
Letters = npt.NDArray[np.str_]
FranchiseSorting: TypeAlias = Literal["popularity", "title", "size", "moved"]
FranchiseSize: TypeAlias = Literal["small", "middle", "large", "vast"]
FRANCHISE_SIZES: Final[tuple[FranchiseSize, ...]] = get_args(FranchiseSize)
SIZE_BEGINS: Final = (5, 10, 30)
"""From how many works on a franchise is of middle size, large and vast: of 4,600 there are then
2,900, 1,000, 600 and 100 of each."""
OTHER_LETTER: Final = "0"
"""The letter of names that begin with none of the Latin ones."""
_SHARE: Final = 0.5


class FranchiseFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of franchises keeps; `None` keeps all."""

    text: str | None = None
    letter: str | None = None
    genre: str | None = None
    size: FranchiseSize | None = None
    safe: bool = True


class FranchiseFacets(NamedTuple):
    """How many franchises would pass by each value, under the other filters."""

    letter: dict[str, int]
    genre: dict[str, int]
    size: dict[str, int]


class FoundFranchises(NamedTuple):
    """The numbers of the franchises that pass, in order, and what else there is."""

    numbers: Nodes
    facets: FranchiseFacets


class FranchiseColumns:
    """What lists of franchises need, by number; made once for a snapshot."""

    def __init__(self, model: ReadModel) -> None:
        total = len(model.franchises)
        by_node = model.franchises.by_node
        members = by_node >= 0
        self.works: Final = np.bincount(by_node[members], minlength=total)
        self.sizes: Final = np.searchsorted(SIZE_BEGINS, self.works, side="right")
        self.moved: Final = _moved(by_node, days_begun(model), total)
        """The latest day on which a member began, up to the day of the snapshot."""
        self._titles: dict[TitleChoice, list[str]] = {}
        self.genres: Final = {
            tag.name: self._of_tag(model, number)
            for number, tag in enumerate(model.tags)
            if tag.category == "genre"
        }

    def titles(self, model: ReadModel, choice: TitleChoice) -> list[str]:
        """Return what franchises of the snapshot are called, as they are sorted by it."""
        if choice not in self._titles:
            titles = PreferredTitles(model, choice)
            summaries = (
                franchises.summary(model, number).decode()
                for number in range(len(model.franchises))
            )
            self._titles[choice] = [
                folded(titles.of_franchise(one.slug, one.title)) for one in summaries
            ]
        return self._titles[choice]

    def letters(self, model: ReadModel, choice: TitleChoice) -> Letters:
        """Return with which Latin letter each is called, or `OTHER_LETTER`."""
        return np.array([letter_of(title) for title in self.titles(model, choice)], dtype="U1")

    def prepare(self, model: ReadModel) -> None:
        """Read what franchises of the snapshot are called in every language."""
        for choice in TITLE_CHOICES:
            self.titles(model, choice)

    def _of_tag(self, model: ReadModel, number: int) -> npt.NDArray[np.bool_]:
        of_nodes = model.franchises.by_node[model.tag_nodes(number)[0]]
        counts = np.bincount(of_nodes[of_nodes >= 0], minlength=len(self.works))
        found: npt.NDArray[np.bool_] = (counts > 0) & (counts >= _SHARE * self.works)
        return found


def find_franchises(
    snapshot: Snapshot,
    columns: FranchiseColumns,
    filters: FranchiseFilters,
    sort: FranchiseSorting,
    choice: TitleChoice = "romaji",
) -> FoundFranchises:
    """Return the franchises that pass; by popularity, those found by a text stand as they match.

    Raises:
        InvalidInputError: nothing can be looked for by the text, or there is no such genre.
    """
    listed = _listed(snapshot, filters)
    letters = columns.letters(snapshot.model, choice)
    masks = _masks(columns, filters, letters, listed)

    def but(name: str) -> Nodes:
        return listed[_all(masks, but=name)]

    facets = FranchiseFacets(
        _counted(letters[but("letter")]),
        _of_genres(columns, but("genre")),
        {
            FRANCHISE_SIZES[int(place)]: n
            for place, n in _counted(columns.sizes[but("size")]).items()
        },
    )
    return FoundFranchises(
        _sorted(snapshot.model, columns, listed[_all(masks)], sort, choice), facets
    )


def letter_of(title: str) -> str:
    """Return the Latin letter that a folded title begins with, or `OTHER_LETTER`."""
    first = title[:1]
    return first if "a" <= first <= "z" else OTHER_LETTER


def _listed(snapshot: Snapshot, filters: FranchiseFilters) -> Nodes:
    """Return the franchises to begin with: all by popularity, or those that a text means."""
    model = snapshot.model
    if filters.text is None:
        return franchises_shown(model, model.franchises.listed, safe=filters.safe)
    found = franchises.listed(snapshot, filters.text, safe=filters.safe).nodes
    return np.asarray(found, dtype=np.int32)


def _masks(
    columns: FranchiseColumns, filters: FranchiseFilters, letters: Letters, listed: Nodes
) -> dict[str, Mask]:
    """Return for each filter which of the listed franchises pass it; all pass one not set."""
    masks: dict[str, Mask] = {"": np.ones(len(listed), dtype=np.bool_)}
    if filters.letter is not None:
        masks["letter"] = letters[listed] == filters.letter
    if filters.genre is not None:
        of_genre = columns.genres.get(filters.genre)
        if of_genre is None:
            message = unknown("genre", filters.genre, [*columns.genres])
            raise InvalidInputError.of("genre", message)
        masks["genre"] = of_genre[listed]
    if filters.size is not None:
        masks["size"] = columns.sizes[listed] == FRANCHISE_SIZES.index(filters.size)
    return masks


def _all(masks: Mapping[str, Mask], *, but: str | None = None) -> Mask:
    passes: Mask = np.logical_and.reduce([mask for name, mask in masks.items() if name != but])
    return passes


def _of_genres(columns: FranchiseColumns, numbers: Nodes) -> dict[str, int]:
    """Return how many franchises are of each genre, the commonest first."""
    counts = {name: int(of[numbers].sum()) for name, of in columns.genres.items()}
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return {name: count for name, count in ordered if count}


def _counted(values: npt.NDArray[Any]) -> dict[Any, int]:
    """Return how often each value occurs, ascending."""
    found, counts = np.unique(values, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _sorted(
    model: ReadModel,
    columns: FranchiseColumns,
    numbers: Nodes,
    sort: FranchiseSorting,
    choice: TitleChoice,
) -> Nodes:
    if sort == "size":
        return numbers[np.argsort(-columns.works[numbers], kind="stable")]
    if sort == "moved":
        days = columns.moved[numbers].astype(np.int64)  # what has none is the smallest number
        return numbers[np.argsort(-np.maximum(days, 0), kind="stable")]
    if sort == "title":
        titles = columns.titles(model, choice)
        return np.array(sorted(numbers.tolist(), key=titles.__getitem__), dtype=np.int32)
    return numbers


def _moved(members: Nodes, began: Days, total: int) -> Days:
    """Return the latest day on which a member of each franchise began."""
    latest = np.full(total, np.datetime64("NaT", "D"))
    known = (members != NO_FRANCHISE) & ~np.isnat(began)
    np.fmax.at(latest, members[known], began[known])
    return latest
