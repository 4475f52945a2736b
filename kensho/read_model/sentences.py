"""A path between works as one sentence: who is what of whom.

"A is the prequel of B, an alternative version of C." Guarantees: each part after a comma tells what
the work named just before it is of the work named next, so that a sentence reads like the path, one
edge after the other. Titles stand as they are. One that could be taken for a part of the sentence
(it has a comma, a quotation mark or the word "is") is put between quotation marks.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from kensho.domain.relations import RelationKind, inverse

PHRASES: Final[Mapping[RelationKind, str]] = {
    "sequel": "the sequel of",
    "prequel": "the prequel of",
    "side_story": "a side story of",
    "parent_story": "the parent story of",
    "summary": "a summary of",
    "full_story": "the full story summarised in",
    "spin_off": "a spin-off of",
    "spun_off_from": "the origin of the spin-off",
    "alternative_version": "an alternative version of",
    "alternative_setting": "a story in an alternative setting to",
    "same_setting": "a story in the same setting as",
    "adaptation": "an adaptation of",
    "source": "the source of the adaptation",
    "compilation": "a compilation from",
    "contains": "a work contained in the compilation",
    "character": "a work sharing characters with",
    "crossover": "a work crossing over with",
    "music_video": "a music video for",
    "promotes": "the work promoted by the music video",
    "other": "a work connected in some other way with",
    "related": "related to",
    "joined": "a work collected together with",
    "same_work": "another record of",
}
"""What a work is, by its kind, before the title of the work that it is that of."""

_MISREAD: Final = re.compile(r"[,“”]|\bis\b", re.IGNORECASE)


def sentence(titles: Sequence[str], kinds: Sequence[RelationKind]) -> str:
    """Return the path through the works of these titles as a sentence.

    `titles[i + 1]` is the `kinds[i]` of `titles[i]`, as an edge is walked: read from the side of
    the first work, the sentence says what that work is of the next. A path of no edges is no
    sentence: there are at least two titles.
    """
    if len(kinds) != len(titles) - 1 or not kinds:
        raise ValueError(f"{len(kinds)} edges do not join {len(titles)} works")
    steps = zip(pairwise(map(cited, titles)), kinds, strict=True)
    parts = [f"{PHRASES[inverse(kind)]} {after}" for (_, after), kind in steps]
    return f"{cited(titles[0])} is {', '.join(parts)}."


def cited(title: str) -> str:
    """Return a title as it stands in a sentence."""
    return f"“{title}”" if _MISREAD.search(title) else title
