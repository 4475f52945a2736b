"""Which works are adult, and what that means for lists: the one definition of it.

A work is adult if a source flags it, or if one of its tags says so. A franchise is adult if all its
members are. Lists, suggestions and exports leave both out unless they are asked for. A work that
was shown on television or in cinemas is found by its exact title all the same, because sites flag
some of those that anybody may see; its page says that it is adult before it shows more.

Guarantees: pure.
"""

from collections.abc import Iterable
from typing import Final

from kensho.domain.works import AnimeType

ADULT_TAGS: Final = frozenset(("hentai", "18 restricted"))
"""Tags that say of a work that it is pornographic. Of 1,723 works tagged "hentai" sources flag
1,571; "erotica" and "nudity" are said of many series that anybody may see."""
_PUBLIC_TYPES: Final[frozenset[AnimeType]] = frozenset(("tv", "movie"))


def is_adult(flags: Iterable[bool | None], tags: Iterable[str]) -> bool:
    """Tell whether a work is adult, given what its records say of it and the names of its tags."""
    return any(flags) or not ADULT_TAGS.isdisjoint(tags)


def is_franchise_adult(members: Iterable[bool]) -> bool:
    """Tell whether a franchise is adult, given whether each of its members is."""
    adult = list(members)
    return bool(adult) and all(adult)


def is_found_by_title(anime_type: AnimeType) -> bool:
    """Tell whether an adult work of this type is found by its exact title unasked."""
    return anime_type in _PUBLIC_TYPES
