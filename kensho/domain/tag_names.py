"""The names of tags as people write them, and which tags only keep a catalogue's list in order.

Sources disagree on capitals, so that the graph holds names without ("tv movie"). Shown is a
sentence's case: the first letter, initials and proper names are large.

Guarantees: pure; but for capitals, a name stays as it is.
"""

import re
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_INITIALS: Final = re.compile(r"(?=\w*[a-z])[b-df-hj-np-tv-xz0-9]{2,5}")
"""A word without a vowel is spelt: TV, CG, 3D, RPG, LGBTQ. A number with an ending is not: 20th."""
_ORDINAL: Final = re.compile(r"[0-9]+(?:st|nd|rd|th|s)|[0-9]+|mr|mrs|dr|vs|st|shh")
_SPELT: Final = frozenset(("cgi", "ufo", "ova", "ona", "usa", "uk", "ussr", "nasa"))
_PROPER: Final = frozenset(
    [
        "africa",
        "african",
        "america",
        "american",
        "americas",
        "arab",
        "arabian",
        "asia",
        "asian",
        "australia",
        "brazil",
        "britain",
        "british",
        "buddhism",
        "buddhist",
        "canada",
        "catholic",
        "celtic",
        "china",
        "chinese",
        "christian",
        "christianity",
        "christmas",
        "crunchyroll",
        "earth",
        "edo",
        "egypt",
        "egyptian",
        "engrish",
        "england",
        "english",
        "europe",
        "european",
        "france",
        "french",
        "gainax",
        "german",
        "germany",
        "greece",
        "greek",
        "hong",
        "india",
        "indian",
        "islam",
        "islamic",
        "italian",
        "italy",
        "japan",
        "japanese",
        "kansai",
        "kong",
        "korea",
        "korean",
        "kyoto",
        "london",
        "mars",
        "meiji",
        "mexico",
        "norse",
        "okinawa",
        "olympic",
        "osaka",
        "paris",
        "polish",
        "roman",
        "rome",
        "russia",
        "russian",
        "saudi",
        "sengoku",
        "shinto",
        "showa",
        "soviet",
        "spain",
        "spanish",
        "taishou",
        "taiwan",
        "thailand",
        "tibet",
        "tokyo",
        "turkey",
        "turkish",
        "victorian",
        "vietnam",
        "york",
    ]
)
_MAINTENANCE: Final = re.compile(
    r"\bto be (?:\w+ (?:and|or) )?(?:split|deleted|merged|moved|removed|renamed)\b"
    r"|\bdo not use\b|\bmaintenance\b|\bdeprecated\b|\bungrouped\b|\bunsorted\b"
)


def shown_tag(name: str) -> str:
    """Return the name of a tag as it is shown."""
    cased = _WORD.sub(lambda word: _cased(word[0]), name)
    return cased[:1].upper() + cased[1:]


def is_maintenance(name: str) -> bool:
    """Tell whether a tag says something of a catalogue's list of tags, and nothing of a work."""
    return _MAINTENANCE.search(name) is not None


def _cased(word: str) -> str:
    if word in _SPELT or (_INITIALS.fullmatch(word) and not _ORDINAL.fullmatch(word)):
        return word.upper()
    return word.capitalize() if word in _PROPER else word
