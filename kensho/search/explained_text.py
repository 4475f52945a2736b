"""How much of a typed text is explained: which of its letters are title, mark or known noise.

Guarantees: a share is within 0..1, 1 for a title by itself, and never less for a title that is more
like the text. What stands behind a mark of an episode counts neither way: it may be the episode's
own name. A folder that repeats the title is title.

Performance: 2 µs for a title by itself, 50 µs for a path; proportional to the length of the text.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from kensho.search import name_marks, name_parts, name_words, page_addresses
from kensho.search.keys import weight_of
from kensho.search.name_readings import MAX_CHARS

_KEPT_WORDS: Final = 2_048
"""Words are the same in most names and many titles."""
_WORD: Final = re.compile(r"[^\W_]+")
_HOST: Final = re.compile(r"^(?:https?://)?[^/\s]+/", re.IGNORECASE)


def explained_share(
    text: str, title: str, likeness: float, group: str | None, other_names: Callable[[], str]
) -> float:
    """Return the share of a text that is explained if `title` in it is so much like one, 0..1.

    `group` is who made the release, as far as it is known; `other_names` returns all titles of the
    work, in lower case, and is called only if words are left that nothing else explains.
    """
    named = name_parts.normalised(title).casefold()
    if name_parts.normalised(text).casefold() == named:  # each of its words is one of the title
        return max(0.0, min(1.0, likeness)) if _weight(named) else 0.0
    rest = _without_frame(text[-MAX_CHARS:], group)
    rest = _before_episode_name(rest.casefold(), named)
    words = set(_WORD.findall(named))
    titled = rest.count(named) * _weight(named) if named else 0
    if titled:
        rest = rest.replace(named, " ")
    left: list[str] = []
    for word in _WORD.findall(rest):
        if word in words:
            titled += weight_of(word)
        elif not is_known(word):
            left.append(word)
    titled = titled or _weight(named)
    names = other_names() if left else ""
    other = sum(weight_of(word) for word in left if word not in names)
    return max(0.0, min(1.0, likeness * titled / (titled + other))) if titled else 0.0


def _without_frame(text: str, group: str | None) -> str:
    """Return a text without host, extension and the group that made it, and in one writing."""
    plain = name_parts.normalised(text)
    if page_addresses.address(plain) is not None:
        plain = _HOST.sub("", plain)
    plain = name_parts.EXTENSION.sub("", plain)
    return plain.replace(f"[{group}]", " ", 1) if group else plain


def _before_episode_name(text: str, title: str) -> str:
    """Return a text without what stands behind its mark, if its title stands before that."""
    mark = name_marks.first_mark(text)
    if mark is None:
        return text
    before, words = text[: mark.start], _WORD.findall(title)
    return before if words and all(word in before for word in words) else text


def telling_letters(text: str, title: str) -> int:
    """Return the weight of a title's letters that tell it from marks and noise.

    A title that is typed by itself tells with all of them.
    """
    if name_parts.normalised(text).casefold() == name_parts.normalised(title).casefold():
        return _weight(title)
    words = _WORD.findall(name_parts.normalised(title).casefold())
    return weight_of("".join([word for word in words if not is_known(word)]))


@lru_cache(_KEPT_WORDS)
def is_known(word: str) -> bool:
    """Tell whether a word is part of a mark or says nothing of a title."""
    return (
        name_marks.is_mark_word(word)
        or name_words.is_technical(word, is_square=False)
        or name_words.type_of(word) is not None
        or name_words.is_placeholder(word)
    )


def _weight(text: str) -> int:
    return weight_of("".join(_WORD.findall(text)))
