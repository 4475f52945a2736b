"""Where numbers stand in the names of releases, told by their shape alone, before any library.

Guarantees: what is matched here is beyond doubt; what is not is left to the library.
"""

import re
from typing import Final

EXTENSION: Final = r"\.(?:mkv|mp4|avi|ogm|wmv|m4v|webm|rmvb|flv|mov)$"
TECHNICAL: Final = (
    r"\b(?:(?:480|540|576|720|1080|1440|2160)[pi]|[0-9]{3,4}x[0-9]{3,4}|[xh]\.?26[45]|hevc|xvid|divx"
    r"|web-?dl|web-?rip|blu-?ray|bd-?rip|bd-?remux|dvd-?rip|hdtv|hi10p?|vostfr|10-?bits?)\b"
)
_COUNT: Final = r"([0-9]{1,4})(?:v[0-9]|[a-c])?(?: ?[-~] ?([0-9]{1,4}))?(?![0-9])"
_EPISODES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![^\W_])S([0-9]{1,2})[ .]?E([0-9]{1,4})(?:-?E?([0-9]{1,4}))?(?![0-9])",
        r"(?<=[ _.-])()(?:ep|eps|episode|episodio|#)[ _.-]?" + _COUNT,
        r"(?<= - )()(?:session|act|chapter|stage|phase|mission|lesson|scene|page)[ _.]" + _COUNT,
        r"(?<=[0-9]\)) ()" + _COUNT + r"(?= *$| *[\[(])",
        r"()第? ?([0-9]{1,4})(?:-([0-9]{1,4}))?[话話集]",
        r"(?<=[ _.])([0-9]{1,2})x([0-9]{2})()(?![0-9])",
        r"[ _.-]()-[ _.]?\(?"
        + _COUNT
        + r"(?=\)|$|[_\[(]|\.(?![0-9])| +(?:[-\[(]|$|dvd|bd|vost|end))",
        r"\[()(?:TV |EP?)?(?!(?:(?:19|20)[0-9]{2}|480|540|576|720|1080|1440|2160)\])"
        + _COUNT
        + r" ?\(?(?:END|fin|完)?\)?\]",
    )
)
"""Season, first and last episode; the surest spelling comes first."""
_SIGNS: Final = re.compile(rf"[\[\](){{}}_]| - |\.\w|[0-9]$|{TECHNICAL}", re.IGNORECASE)
TRACK: Final = re.compile(r"(0[0-9]{1,2}) - (.+?) - ")
"""A place in a folder before the names of the work and of the episode."""
PLACE: Final = re.compile(r"^[0-9]{1,3} (?=\[)")
HYPHENED: Final = re.compile(r"^[^\W\d_]+(?:-[^\W\d_]+)+-[0-9]{2,4}(?![0-9])")


def is_plain(name: str) -> bool:
    """Tell a title with nothing about it: no number in it is an episode's."""
    return _SIGNS.search(name) is None and episode_mark(name) is None


def spaced(hyphened: re.Match[str]) -> str:
    """Return "Detective-Conan-656" as "Detective Conan - 656"."""
    words, _, number = hyphened.group().rpartition("-")
    return f"{words.replace('-', ' ')} - {number}"


def episode_mark(name: str) -> re.Match[str] | None:
    """Return where season and episode stand, if that is beyond doubt."""
    for pattern in _EPISODES:
        for match in pattern.finditer(name):
            if match.start() > 0:
                return match
    return None
