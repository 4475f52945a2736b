"""Words in names that say nothing of the title: how a file is made, in which language, by whom.

They are told by kind, not by release: resolutions, codecs, containers, sources, checksums; names of
languages, alone or beside "sub", "dub" or "audio"; what people add who look for something to watch.

Performance: texts are judged word by word, in time proportional to their length, whatever they are.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from kensho.domain.works import AnimeType
from kensho.search.name_vocabulary import (
    ASKING,
    EPISODE_WORDS,
    FILES,
    HEADS,
    LANGUAGES,
    LINKS,
    MAKERS,
    MEDIA,
    TRANSLATIONS,
    WATCHING,
    WHICH,
    WHOLE,
)

_SAID: Final = LANGUAGES | TRANSLATIONS | WATCHING | FILES
_LINKING: Final = LINKS | ASKING
_BEFORE: Final = HEADS | ASKING
_TECHNICAL: Final = (
    "(?:480|540|576|720|1080|1440|2160|4320)[pi]?|[0-9]{3,4}x[0-9]{3,4}|[48]k|hdr(?:10)?"
    "|[xh]26[456]|ma10p?|hi[0-9]+[bp]{0,2}|[0-9]{1,2}bits?|bits?|yuv[0-9]+p?[0-9]*"
    "|aac(?:x?[0-9])?|flacx?[0-9]*|opus|e?ac3|ddp?[0-9]*|dts(?:hd)?|mp[34]"
    "|[0-9]*(?:srt|ass|pgs)x?[0-9]*|[0-9a-f]{8}|v[0-9]"
)
_TAIL_WORD: Final = re.compile(_TECHNICAL, re.IGNORECASE)
_BRACKET_WORD: Final = re.compile(
    f"{_TECHNICAL}|[a-z]{{3}}|[^\\W\\d_]|[0-9]+|tv|uc[0-9]+|inc|fx|简繁.*|.*[内內][封嵌].*|.*字幕.*"
    "|.*配音.*|国漫|日漫|特典.*|[0-9]{1,2}月新番",
    re.IGNORECASE,
)
_DESCRIBING: Final = frozenset(("anime", "tv", "series", "show", "animation"))
"""Words beside a year or a type in brackets: "(TV Series 2013)"."""
_CERTAIN: Final = re.compile(
    r"(?<![^\W_])(?:(?:480|540|576|720|1080|1440|2160)[pi]|[0-9]{3,4}x[0-9]{3,4}|[xh]\.?26[456]|hevc"
    r"|xvid|web[\s-]?dl|web[\s-]?rip|blu-?ray|bd-?rip|dvd-?rip|hdtv|hi10p?)(?![^\W_])",
    re.IGNORECASE,
)
"""Words that no title has: 1 in 1,000 of 318,505 real titles matches these or an extension."""
_PLACEHOLDERS: Final = frozenset(
    (
        *("banner", "clip", "copy", "cover", "default", "download", "extra", "extras", "fanart"),
        *("file", "tvshow", "movie", "season", "landscape", "logo", "theme"),
        *("folder", "img", "image", "import", "media", "new", "output", "poster", "preview"),
        *("record", "recording", "render", "sample", "screen", "screenshot", "temp", "test"),
        *("thumb", "title", "track", "trailer", "untitled", "vid", "video", "videos"),
    )
)
"""What devices and programs call files of which they know no title."""
_KEPT_WORDS: Final = 2_048
"""Words are the same in most names; to match one takes twenty times as long as to look it up."""
_KEPT_TEXTS: Final = 128
"""The texts of a few searches, each of which looks at its own several times."""
_MAX_TAIL: Final = 16
"""More words than any name has behind its title, brackets apart."""
_MARKS: Final = " -~_.|,"
_MOST_KEPT: Final = 2
"""Words of such a tail that may be the last ones of the title."""
_NUMBER: Final = re.compile("[0-9]{1,3}")
_COUNTED_PAIR: Final = 2
"""So many words are a title with its number, or one that is made by somebody."""
_A_PART: Final = "(?:tv|movies?|films?|ovas?|oads?|onas?|sp|specials?|extras?)"
_LISTED_PART: Final = f"(?:{_A_PART}|s[0-9]{{1,2}})"
_LISTED: Final = re.compile(
    rf"(?<!\S){_LISTED_PART}(?:\s?\+\s?{_LISTED_PART})+(?!\S)", re.IGNORECASE
)
_MAX_HEAD: Final = 6
"""Words before a title: "where can i watch anime"."""
_WHERE: Final = re.compile(
    r"(?:vol|disc|disk|dvd|bd|cd)\.?[0-9]{1,2}|第?[0-9]{1,2}[巻卷]"
    r"|(?:www\.)?[\w-]+\.(?:com|net|org|tv|to|io|me|ru|jp|cc|se|is|pro|info)",
    re.IGNORECASE,
)
"""A disc or a volume in one word, or a site."""
_EPISODES: Final = re.compile(
    rf"[0-9]{{1,4}}\s?(?:{'|'.join(sorted(EPISODE_WORDS))})", re.IGNORECASE
)
_PARTS: Final = re.compile(r"(?:(?![\u0900-\u0eff])[\W_])+")
"""What parts words; vowels of Indic scripts and of Thai are no letters for expressions."""
_TYPES: Final[dict[str, AnimeType]] = {
    "movie": "movie", "film": "movie", "gekijouban": "movie", "劇場版": "movie", "剧场版": "movie",
    "ova": "ova", "oad": "ova", "oav": "ova", "ona": "ona", "sp": "special", "special": "special",
    "specials": "special", "tv": "tv", "web": "ona",
}  # fmt: skip
_RESOLUTION: Final = re.compile(
    r"(?<![0-9a-z])(?:[0-9]{3,4}x)?(480|540|576|720|1080|1440|2160|4320)(?:[pi]|(?=\W|$))",
    re.IGNORECASE,
)
_YEAR: Final = re.compile("(?:19[1-9]|20[0-3])[0-9]")
_DIGIT: Final = re.compile("[0-9]")
_OPEN_END: Final = frozenset(("present", "ongoing", "now"))
"""What stands for the end of what still runs: "(1999-present)"."""
_GENERIC: Final = re.compile(
    r"(?:tv)?\s?(?:アニメ|anime|映画|劇場版|アニメーション)?\s?", re.IGNORECASE
)


@lru_cache(_KEPT_TEXTS)
def without_tail(text: str) -> str:
    """Return a text without the words at its ends that say nothing of the title."""
    words = text.split()
    first, last = _title_within(words)
    return " ".join(words[first:last]).strip(_MARKS) or text


def without_words_of_tail(text: str) -> Iterator[str]:
    """Yield a text without the words that `without_tail` removes, then with some of them.

    They may belong to the title: "watch Sword Art Online online".
    """
    words = text.split()
    first, last = _title_within(words)
    yield " ".join(words[first:last]).strip(_MARKS) or text
    for kept in range(last + 1, min(last + 1 + _MOST_KEPT, len(words))):
        yield " ".join(words[first:kept]).strip(_MARKS)
    if first:
        yield " ".join(words[first - 1 : last]).strip(_MARKS)
        yield " ".join(words[:last]).strip(_MARKS)


def _title_within(words: Sequence[str]) -> tuple[int, int]:
    """Return the first word of a text that may be of the title, and that behind the last one."""
    last, least = len(words), max(1, len(words) - _MAX_TAIL)
    is_question = len(words) > 1 and words[0].lower() in ASKING
    while last > least:
        dropped = _dropped_before(words, last)
        word = words[last - 1].lower().strip("?")
        if not dropped and (is_question or last < len(words)):
            dropped = int(word in _LINKING)
        if not dropped and word in WHICH and last < len(words):
            dropped = int(words[last].lower() in EPISODE_WORDS)
        if not dropped:
            break
        last -= dropped
    first = 0
    while first < min(_MAX_HEAD, last - 1) and words[first].lower().strip(":#") in _BEFORE:
        first += 1
    return first, last


def _dropped_before(words: Sequence[str], last: int) -> int:
    """Return how many words before the last place say nothing: "1080p", "Disc 2", "by Kumo"."""
    word = words[last - 1]
    if _are_all(word, _TAIL_WORD) or _WHERE.fullmatch(word):
        return 1
    if last <= _COUNTED_PAIR:
        return 0
    before = words[last - 2].lower().strip(".")
    if before in MEDIA:
        return 2 if _NUMBER.fullmatch(word) or word.lower() in MEDIA else 0
    if before in WHOLE:
        return 2 if word.lower() in _TYPES else 0
    behind = words[last - 3]
    is_maker = before in MAKERS and (behind.isdecimal() or _are_all(behind, _TAIL_WORD))
    return 2 if is_maker else 0


def without_list_of_parts(text: str) -> str:
    """Return a text without what lists the parts of a torrent of several: "TV+OVA+Movie"."""
    return _LISTED.sub(" ", text) if "+" in text else text


def up_to_technical(text: str) -> str:
    """Return what stands before the first technical word, or the text if that is nothing."""
    match = _CERTAIN.search(text)
    before = text[: match.start()].strip(" -~_.|([{") if match else ""
    return before or text


def is_technical(text: str, *, is_square: bool = True) -> bool:
    """Tell whether a text in brackets, square or round, holds no word of a title.

    Codes of three letters stand in square ones: "(Not)" is a word.
    """
    if _CERTAIN.search(text) is not None or _EPISODES.fullmatch(text):
        return True
    return _are_all(text, _BRACKET_WORD if is_square else _TAIL_WORD)


def is_noise(word: str) -> bool:
    """Tell whether a word behind a title says nothing of it."""
    return _are_all(word, _TAIL_WORD)


def has_technical(text: str) -> bool:
    """Tell whether a text has a word of how files are made, such as "1080p" or "x265"."""
    return _CERTAIN.search(text) is not None


def is_placeholder(word: str) -> bool:
    """Tell whether a word is what devices and programs call files without a title."""
    return word.lower() in _PLACEHOLDERS


def is_generic(text: str) -> bool:
    """Tell whether a text before a quoted title only says that it is one of an anime."""
    return _GENERIC.fullmatch(text.strip()) is not None


def year_of(text: str) -> int | None:
    """Return the year that a text is, if it is one."""
    return int(text) if _YEAR.fullmatch(text.strip()) else None


def described(text: str) -> tuple[int | None, AnimeType | None]:
    """Return the year and the type that a text of nothing else states: "TV Series, 2013-2015"."""
    words = [word.lower() for word in _PARTS.split(text) if word]
    if not _DIGIT.search(text) and not any(word in _TYPES for word in words):
        return None, None
    years = [int(word) for word in words if _YEAR.fullmatch(word)]
    types: list[AnimeType] = [_TYPES[word] for word in words if word in _TYPES]
    rest = [word for word in words if not (_YEAR.fullmatch(word) or word in _TYPES)]
    if (not years and not types) or len(set(types)) > 1 or not all(map(_describes, rest)):
        return None, None
    return min(years, default=None), next(iter(types), None)


def _describes(word: str) -> bool:
    return word in _DESCRIBING or word in _OPEN_END


def type_of(text: str) -> AnimeType | None:
    """Return the type that a text is, if it is one."""
    return _TYPES.get(text.strip().lower())


def resolution_in(text: str) -> str | None:
    """Return the resolution that a name states, such as "1080p"."""
    match = _RESOLUTION.search(text)
    return f"{match[1]}p" if match else None


def _are_all(text: str, words: re.Pattern[str]) -> bool:
    """Tell whether a text has words, all of which match."""
    parts: Sequence[str] = [part for part in _PARTS.split(text) if part]
    return bool(parts) and all(_matches(words, part) for part in parts)


@lru_cache(_KEPT_WORDS)
def _matches(words: re.Pattern[str], word: str) -> bool:
    return word.lower() in _SAID or words.fullmatch(word) is not None
