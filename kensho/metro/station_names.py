"""The names of stations: titles without the franchise's own name.

"Kidou Senshi Gundam: Suisei no Majo" is "Suisei no Majo" on Gundam's map. Words that several titles
have before the name are removed with it; words that only one title has there are kept. A title that
is nothing but the name, or the name and a form, is kept whole.

Guarantees: a name is never empty, and free of control and direction characters.
Performance: 10 µs for a title.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

_WORDS: Final = re.compile(r"[^\W_]+")
_EDGES: Final = " \t-–—:;,.~/|·•_’'」』】"  # noqa: RUF001 - the dashes that titles have
_PARTICLE: Final = re.compile(r"^(?:no|wo|ga|of the|of)\s+(?=\S)", re.IGNORECASE)
_EXCLAIMED: Final = "!?☆★♪ "
_JOINERS: Final = frozenset("\u200c\u200d")
_NAMELESS: Final = "?"
_FORMS: Final = frozenset(
    ("tv", "movie", "movies", "film", "ova", "ona", "oad", "special", "specials", "recap", "season")
)
"""What is left of a title that tells only its form, as of "JoJo no Kimyou na Bouken (TV)"."""
_SILENT: Final = _FORMS | {"the", "a", "an"}
"""What is left of "THE ONE PIECE" is no name."""
_YEAR: Final = re.compile("(?:19|20)[0-9]{2}")
"""Of "Pocket Monsters (2019)" as well: the year stands beside the name."""
_MIN_FOR_SHARED: Final = 2
_KEPT: Final = 4096
"""Texts that are remembered, about 1 MB: a layout asks for each several times."""
_SHARED_BY: Final = 0.12
"""Words before the name belong to it if this share of titles has them: "Kidou Senshi" of Gundam."""


def names_of(said: Mapping[str, str], franchise: str) -> dict[str, str]:
    """Return the name on the map of this franchise of each title, by id."""
    titles = {id_: printable(title) or _NAMELESS for id_, title in said.items()}
    name_pattern = _pattern(franchise)
    if name_pattern is None:
        return titles
    found = {id_: name_pattern.search(title) for id_, title in titles.items()}
    heads = Counter(_folded(titles[id_][: m.start()]) for id_, m in found.items() if m)
    least = max(_MIN_FOR_SHARED, _SHARED_BY * len(titles))
    shared = {head for head, count in heads.items() if count >= least}
    return {
        id_: _without(title, match, shared) if (match := found[id_]) else title
        for id_, title in titles.items()
    }


@lru_cache(maxsize=_KEPT)
def printable(text: str) -> str:
    """Return a text on one line, without control, direction and unpaired characters."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (
        c if unicodedata.category(c)[0] != "C" or c in _JOINERS else " " if c.isspace() else ""
        for c in text
    )
    return " ".join("".join(kept).split())


def _pattern(franchise: str) -> re.Pattern[str] | None:
    words = _WORDS.findall(franchise)
    if not words:
        return None
    return re.compile(
        r"(?<![^\W_])" + r"[\W_]*".join(map(re.escape, words)) + r"(?![^\W_]|[-'\u2019][^\W\d_])",
        re.IGNORECASE,
    )


def _without(title: str, match: re.Match[str], shared: Collection[str]) -> str:
    head, tail = title[: match.start()].rstrip(), title[match.end() :]
    rest = _trimmed(tail)
    head = _unshared(head, shared)
    if head:
        is_word = rest[:1].isalnum() or rest[:1] in "([「『"
        rest = _trimmed(f"{head} {rest}" if is_word else head + rest)
    rest = rest.lstrip(_EXCLAIMED) if rest[:1] in _EXCLAIMED else rest
    return rest if _tells(rest) else title


def _tells(rest: str) -> bool:
    """Tell whether the rest of a title says which work it is: no form, article or year does."""
    words = [word for word in _WORDS.findall(rest.casefold()) if word not in _SILENT]
    return bool(words) and not (len(words) == 1 and _YEAR.fullmatch(words[0]))


def _unshared(head: str, shared: Collection[str]) -> str:
    """Return the text before a name without the words that many titles share there."""
    for match in reversed(list(_WORDS.finditer(head))):
        if _folded(head[: match.end()]) in shared:
            return head[match.end() :].strip(_EDGES)
    return head


def _folded(text: str) -> str:
    return text.casefold().strip(_EDGES)


def _trimmed(text: str) -> str:
    """Return the rest of a title without the punctuation that joined it to the name."""
    rest = _PARTICLE.sub("", text.strip(_EDGES))
    for opening, closing in ("()", "[]", "「」", "『』", "“”"):
        if rest.startswith(opening) and rest.endswith(closing):
            return rest[1:-1]
        if rest.endswith(closing) and opening not in rest:
            rest = rest[:-1]
    return rest
