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

_LANGUAGE: Final = (
    "eng(?:lish)?|ger(?:man)?|deu(?:tsch)?|spa(?:nish)?|esp(?:a[nñ]ol)?|castellano|latino|french"
    "|fran[cç]ais|ita(?:liano?|lian)?|por(?:tugu[eê]s|tuguese)?|pt|br|rus(?:sian)?"
    "|jap(?:anese)?|jpn?"
    "|chinese|chi|chs|cht|korean|kor|ara(?:bic)?|pol(?:ish)?|hindi|tamil|indo(?:nesian?)?"
    "|viet(?:sub)?"
    "|multi(?:ple)?|dual|vostfr|vost|vf|vff"
)
_SUBBED: Final = (
    "sub(?:s|bed|title[sd]?|titulad[oa]|ita|esp)?|dub(?:s|bed|lado)?"
    "|doblad[oa]|legendado|audio|voice"
)
_TECHNICAL: Final = (
    "(?:480|540|576|720|1080|1440|2160|4320)[pi]?|[0-9]{3,4}x[0-9]{3,4}|[48]k|uhd|hdr(?:10)?|sdr"
    "|[xh]26[456]|hevc|avc|av1|vp9|xvid|divx|ma10p?|hi[0-9]+[bp]{0,2}|[0-9]{1,2}bits?|bits?"
    "|yuv[0-9]+p?[0-9]*"
    "|web|webdl|webrip|dl|bluray|blu|ray|bd|bdrip|bdremux|bdmv|dvd|dvdrip|hdtv|tvrip|rip|remux"
    "|aac(?:x?[0-9])?|flacx?[0-9]*|opus|e?ac3|ddp?[0-9]*|dts(?:hd)?|truehd|mp[34]|mkv|big5|gb"
    "|[0-9]*(?:srt|ass|pgs)x?[0-9]*|batch|complete|uncensored|remastered|raws?|gib|mib|mb|fps"
    "|[0-9a-f]{8}|baha|cr|amzn|nf|dsnp|hidive|bs11|mx|abema"
)
_LOOKED_FOR: Final = (
    "online|free|gratis|full|episodes?|hd|streaming|anime|end|fin"
    "|ver(?:sion)?|completa?|todos|v[0-9]"
)
_IN_BRACKETS: Final = (
    "[a-z]{3}|[^\\W\\d_]|[0-9]+|series|tv|uc[0-9]+|inc|fx|简繁.*|.*[内內][封嵌].*|.*字幕.*|.*配音.*"
    "|国漫|日漫"
    "|特典.*|[0-9]{1,2}月新番"
)
_TAIL_WORD: Final = re.compile(f"{_LANGUAGE}|{_SUBBED}|{_TECHNICAL}|{_LOOKED_FOR}", re.IGNORECASE)
_BRACKET_WORD: Final = re.compile(
    f"{_LANGUAGE}|{_SUBBED}|{_TECHNICAL}|{_LOOKED_FOR}|{_IN_BRACKETS}", re.IGNORECASE
)
_CERTAIN: Final = re.compile(
    r"(?<![^\W_])(?:(?:480|540|576|720|1080|1440|2160)[pi]|[0-9]{3,4}x[0-9]{3,4}|[xh]\.?26[456]|hevc"
    r"|xvid|web[\s-]?dl|web[\s-]?rip|blu-?ray|bd-?rip|dvd-?rip|hdtv|hi10p?)(?![^\W_])",
    re.IGNORECASE,
)
"""Words that no title has: 1 in 1,000 of 318,505 real titles matches these or an extension."""
_HEADS: Final = frozenset(
    ("watch", "ver", "voir", "assistir", "anime", "download", "stream", "アニメ")
)
_PLACEHOLDERS: Final = frozenset(
    (
        *("clip", "copy", "cover", "default", "download", "extra", "extras", "fanart", "file"),
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
_MOST_KEPT: Final = 2
"""Words of such a tail that may be the last ones of the title."""
_PARTS: Final = re.compile(r"[\W_]+")
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
_GENERIC: Final = re.compile(
    r"(?:tv)?\s?(?:アニメ|anime|映画|劇場版|アニメーション)?\s?", re.IGNORECASE
)


@lru_cache(_KEPT_TEXTS)
def without_tail(text: str) -> str:
    """Return a text without the words at its ends that say nothing of the title."""
    words = text.split()
    last = len(words)
    while last > max(1, len(words) - _MAX_TAIL) and _are_all(words[last - 1], _TAIL_WORD):
        last -= 1
    first = 1 if last > 1 and words[0].lower().strip(":") in _HEADS else 0
    return " ".join(words[first:last]).strip(" -~_.|,") or text


def without_words_of_tail(text: str) -> Iterator[str]:
    """Yield a text without the words that `without_tail` removes, then with one of them and two.

    They may belong to the title: "watch Sword Art Online online".
    """
    plain = without_tail(text)
    yield plain
    words = text.split()
    first = 1 if len(words) > 1 and words[0].lower().strip(":") in _HEADS else 0
    kept = first + len(plain.split())
    for last in range(kept + 1, min(kept + 1 + _MOST_KEPT, len(words))):
        yield " ".join(words[first:last]).strip(" -~_.|,")


def up_to_technical(text: str) -> str:
    """Return what stands before the first technical word, or the text if that is nothing."""
    match = _CERTAIN.search(text)
    before = text[: match.start()].strip(" -~_.|([{") if match else ""
    return before or text


def is_technical(text: str, *, is_square: bool = True) -> bool:
    """Tell whether a text in brackets, square or round, holds no word of a title.

    Codes of three letters stand in square ones: "(Not)" is a word.
    """
    return _CERTAIN.search(text) is not None or _are_all(
        text, _BRACKET_WORD if is_square else _TAIL_WORD
    )


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
    return words.fullmatch(word) is not None
