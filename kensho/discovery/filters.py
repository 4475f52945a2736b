"""The filters of every list of works: seasons, films, searches, pages of the explorer.

Guarantees: a filter keeps the order of the works that it is given.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain.studios import studio_key
from kensho.domain.works import SEASONS, AnimeType, Season, Status, WorkKind
from kensho.read_model.columns import ANIME_TYPES, STATUSES, WORK_KINDS
from kensho.read_model.franchises import NO_FRANCHISE
from kensho.read_model.model import ReadModel

Nodes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
_ADULT: Final = "adult"
Length: TypeAlias = Literal["short", "film", "cour", "two_cours", "long"]
"""How long a work is in all, by `LENGTH_ENDS_S`."""
InFranchise: TypeAlias = Literal["member", "alone"]
LENGTHS: Final[tuple[Length, ...]] = get_args(Length)
IN_FRANCHISE: Final[tuple[InFranchise, ...]] = get_args(InFranchise)
LENGTH_ENDS_S: Final = (40 * 60, 3 * 3600, 7 * 3600, 13 * 3600)
"""Where each length ends, in seconds: films begin at 40 minutes (the Academy's limit for shorts), a
cour is 12 episodes of 24 minutes, two are twice that, each with room for longer episodes."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list keeps; `None` keeps all.

    `type` and `status` are one value or several, of which a work has one; `tag` is an id or a name,
    or several, of which a work has all; `studio` is a name; both are in any case. Years pass from
    `since` to `until`, and scores from `score` on; `safe` hides adult works.
    """

    kind: WorkKind | None = None
    type: AnimeType | tuple[AnimeType, ...] | None = None
    status: Status | tuple[Status, ...] | None = None
    season: Season | None = None
    year: int | None = None
    since: int | None = None
    until: int | None = None
    score: int | None = None
    length: Length | None = None
    franchise: InFranchise | None = None
    tag: str | tuple[str, ...] | None = None
    studio: str | None = None
    safe: bool = True


ALL_WORKS: Final = Filters(safe=False)


class FilterMasks:
    """Which of these works pass which filter."""

    def __init__(
        self, model: ReadModel, filters: Filters, nodes: Nodes, unhidden: Mask | None = None
    ) -> None:
        """`unhidden` works pass although they are adult."""
        self._nodes = nodes
        self._masks = dict(_masks(model, filters, nodes, unhidden))

    @property
    def names(self) -> Iterable[str]:
        """Return the names of the filters that are set."""
        return self._masks.keys()

    @property
    def kept(self) -> Mask | None:
        """Return which works pass every filter; `None` means all."""
        return _all(self._masks.values())

    @property
    def adult_hidden(self) -> int:
        """Return how many works are left out only because they are adult."""
        if _ADULT not in self._masks:
            return 0
        others = self._all_but(_ADULT)
        adult = ~self._masks[_ADULT]
        return int(np.count_nonzero(adult if others is None else adult & others))

    def is_adult_hidden(self, place: int) -> bool:
        """Return whether the work at this place is left out because it is adult."""
        return _ADULT in self._masks and not self._masks[_ADULT][place]

    def nodes(self, but: str | None = None) -> Nodes:
        """Return the works that pass every filter, or every one `but` this."""
        mask = self._all_but(but)
        return self._nodes if mask is None else self._nodes[mask]

    def _all_but(self, but: str | None) -> Mask | None:
        return _all(mask for name, mask in self._masks.items() if name != but)


def kept(model: ReadModel, filters: Filters, nodes: Nodes) -> Nodes:
    """Return those of `nodes` that pass every filter."""
    return FilterMasks(model, filters, nodes).nodes()


def _masks(
    model: ReadModel, filters: Filters, nodes: Nodes, unhidden: Mask | None
) -> Iterable[tuple[str, Mask]]:
    """Yield each filter that is set, by name, with the works that pass it."""
    yield from _masks_of_columns(model, filters, nodes)
    if filters.tag:
        yield "tag", _tagged(model, filters.tag)[nodes]
    if filters.studio is not None:
        yield "studio", _made_by(model, filters.studio)[nodes]
    if filters.safe and np.count_nonzero(adult := _hidden(model, nodes, unhidden)):
        yield _ADULT, ~adult


def _masks_of_columns(
    model: ReadModel, filters: Filters, nodes: Nodes
) -> Iterable[tuple[str, Mask]]:
    """Yield the filters by facts of which each work has one."""
    columns = model.columns
    if filters.type is not None:
        yield "type", _is_one_of(columns.anime_type[nodes], filters.type, ANIME_TYPES)
    if filters.status is not None:
        yield "status", _is_one_of(columns.status[nodes], filters.status, STATUSES)
    if filters.season is not None:
        yield "season", columns.season[nodes] == SEASONS.index(filters.season)
    if filters.year is not None:
        yield "year", columns.year[nodes] == filters.year
    if filters.kind is not None:
        yield "kind", columns.kind[nodes] == WORK_KINDS.index(filters.kind)
    yield from _masks_of_ranges(model, filters, nodes)


def _masks_of_ranges(
    model: ReadModel, filters: Filters, nodes: Nodes
) -> Iterable[tuple[str, Mask]]:
    """Yield the filters that leave a range of values, or tell whether a work stands alone."""
    if filters.since is not None or filters.until is not None:
        years = model.columns.year[nodes]
        last = np.iinfo(years.dtype).max if filters.until is None else filters.until
        yield "years", (years >= max(filters.since or 1, 1)) & (years <= last)
    if filters.score is not None:
        yield "score", model.columns.score[nodes] >= filters.score  # false where there is none
    if filters.length is not None:
        yield "length", length_codes(model)[nodes] == LENGTHS.index(filters.length)
    if filters.franchise is not None:
        is_alone = model.franchises.by_node[nodes] == NO_FRANCHISE
        yield "franchise", is_alone if filters.franchise == "alone" else ~is_alone


def length_codes(model: ReadModel) -> npt.NDArray[np.int8]:
    """Return for each work the place of its length in `LENGTHS`; -1 where it is not known."""
    codes = np.searchsorted(LENGTH_ENDS_S, model.seconds, side="right").astype(np.int8)
    codes[model.seconds == 0] = -1
    return codes


def _hidden(model: ReadModel, nodes: Nodes, unhidden: Mask | None) -> Mask:
    adult: Mask = model.columns.adult[nodes]
    return adult if unhidden is None else adult & ~unhidden


def _is_one_of(
    codes: npt.NDArray[np.uint8], wanted: str | Sequence[str], words: Sequence[str]
) -> Mask:
    """Return which codes stand for one of the words wanted."""
    first, *others = (wanted,) if isinstance(wanted, str) else wanted
    found: Mask = codes == words.index(first)
    for word in others:
        found |= codes == words.index(word)
    return found


def _tagged(model: ReadModel, tags: str | tuple[str, ...]) -> Mask:
    """Return for each work whether it has all the tags; none has one that there is not."""
    wanted = (tags,) if isinstance(tags, str) else tags
    borne = np.zeros(model.works_total, dtype=np.int16)
    for number in {tag_number(model, tag) for tag in wanted}:
        if number is None:
            return np.zeros(model.works_total, dtype=np.bool_)
        borne[model.tag_nodes(number)[0]] += 1
    has_all: Mask = borne == len({tag_number(model, tag) for tag in wanted})
    return has_all


def _made_by(model: ReadModel, studio: str) -> Mask:
    """Return for each work whether the studio made it."""
    made = np.zeros(model.works_total, dtype=np.bool_)
    for number in studio_numbers(model, studio):
        made[model.likeness.works_of_studio(number)] = True
    return made


def tag_number(model: ReadModel, text: str) -> int | None:
    """Return the number of the tag with this id or name, in any case, or `None`."""
    return model.tag(" ".join(unicodedata.normalize("NFKC", text).casefold().split()))


def studio_numbers(model: ReadModel, text: str) -> list[int]:
    """Return the numbers of the studios of this name, in any case and with its form or without."""
    key = studio_key(text)
    return [number for number, name in enumerate(model.studios) if studio_key(name) == key]


def _all(masks: Iterable[Mask]) -> Mask | None:
    found: Mask | None = None
    for mask in masks:
        found = mask if found is None else found & mask
    return found
