"""Gives each studio one name, in its true case, whatever catalogues call it.

One catalogue writes every name in lower case and adds the company's form ("studio deen co., ltd."),
others write "Studio Deen". Names are one studio if they are equal without case, punctuation and
form, and without the word "studio" before or after them: of 2,300 names, 35 are another one's so,
"Studio Pierrot" that of Pierrot. The name that is shown is the commonest of those that somebody
wrote with capitals.

Guarantees: pure; the names do not depend on the order in which they were learnt.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_FORM: Final = re.compile(
    r"[,\s]+(?:co|ltd|inc|k\.?k|corporation|corp|llc|limited|gmbh)\.?(?=[,\s.]|$)", re.IGNORECASE
)
_STUDIO: Final = re.compile("^studios?|studios?$")
_LEAST_LETTERS: Final = 2
"""Fewer name nobody: Studio 5 is not what is written "5"."""
_NO_LETTER: Final = re.compile(r"[\W_]+")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_INITIALS: Final = 4
"""A single word of at most this many letters is taken for initials: OLM, DLE, AIC."""


@lru_cache(maxsize=1 << 14)
def studio_key(name: str) -> str:
    """Return what the names of one studio have in common."""
    bare = _bare(name)
    letters = _NO_LETTER.sub("", bare.casefold())
    named = _STUDIO.sub("", letters)
    return named if len(named) >= _LEAST_LETTERS else letters or bare.casefold()


class StudioNames:
    """The names of studios and producers, learnt from all works."""

    def __init__(self) -> None:
        self._written: dict[str, Counter[str]] = {}
        self._shown: dict[str, str] = {}

    def learn(self, names: Iterable[str]) -> None:
        """Learn names as they are written."""
        for name in names:
            self._written.setdefault(studio_key(name), Counter())[_bare(name)] += 1

    def shown(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the names under which studios are shown, each studio once, in order."""
        return tuple(dict.fromkeys(map(self._shown_name, names)))

    def _shown_name(self, name: str) -> str:
        key = studio_key(name)
        shown = self._shown.get(key)
        if shown is None:
            written = self._written.get(key) or Counter({_bare(name): 1})
            best = min(written, key=lambda one: (one == one.lower(), -written[one], one))
            shown = self._shown[key] = best if best != best.lower() else _capitalised(best)
        return shown


def _bare(name: str) -> str:
    """Return a name without the form of the company."""
    known = None
    bare = name.strip()
    while known != bare:
        known, bare = bare, _FORM.sub("", bare).strip(" ,")
    return bare or name.strip()


def _capitalised(name: str) -> str:
    """Return a name that nobody wrote with capitals, with one for each word."""
    if len(name) <= _INITIALS and name.isalpha():
        return name.upper()
    return _WORD.sub(lambda word: word[0][:1].upper() + word[0][1:], name)
