"""What a generator's words say: how far a video is, and where it is; pure.

Generators that speak the protocol of chats tell both in prose, each in its own way. What is
understood stands in two tables of patterns, `PROGRESS` and `LINKS`: to understand another way of
saying it is to add a row. A pattern must match what is split over chunks once its last part came.

Guarantees: progress never falls, and is taken from reasoning only where it says that it is that. A
link is taken from the answer alone, never from reasoning; an address of a picture or a document is
none. Of several the one that is most surely a video counts, of equal ones the last.
"""

import html
import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from kensho.platform.http_client import is_loopback

MOST_LINK_CHARS: Final = 4_000
_NUMBER: Final = r"(?P<value>\d{1,3}(?:[.,]\d{1,6})?)"
_WORD: Final = "progress|progreso|progression|fortschritt|进度|進度|進捗|진행|прогресс"
_TAIL_CHARS: Final = 160
"""What is kept of text that was read, for a match that began there."""
_THINKING: Final = re.compile(
    r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE
)
_THINKING_TAG: Final = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_TAG_BEGUN: Final = re.compile(r"<(?:/?[thinkg]{0,8})?$", re.IGNORECASE)
"""What a tag may begin with, or else a few letters that are held for nothing."""
_VIDEO_NAME: Final = re.compile(r"\.(?:mp4|m4v|mov|webm|mkv)$", re.IGNORECASE)
_OTHER_NAME: Final = re.compile(
    r"\.(?:png|jpe?g|gif|webp|svg|avif|bmp|ico|html?|json|xml|txt|md|pdf|zip|js|css|vtt|srt|mp3|wav)$",
    re.IGNORECASE,
)
_VIDEO_HINT: Final = re.compile(
    r"video|vídeo|vidéo|movie|watch|play|download|mp4|视频|視頻|動画|영상|видео|播放|下载|下載|点击|ansehen",
    re.IGNORECASE,
)
_HINT_CHARS: Final = 48
"""How far before an address a word may stand that says it is a video."""
_TRAILING: Final = ".,;:!?'\"*_~|\\"
_URL: Final = r"https?://[^\s<>\"'`\u3000-\u303f\uff01-\uff60]+"


class ProgressPattern(NamedTuple):
    """A way of saying how far a video is.

    `value` is a percentage, or a share of `whole` where the pattern has that group. One
    that `is_sure` counts in reasoning too, and makes the others not count any more.
    """

    name: str
    expression: re.Pattern[str]
    is_sure: bool


class LinkPattern(NamedTuple):
    """A way of giving an address, as `url`; the lower the rank, the surer it is a video.

    `hint` is a group that may say so, beside the words before the address.
    """

    name: str
    expression: re.Pattern[str]
    rank: int


PROGRESS: Final = (
    ProgressPattern(
        "labelled",
        re.compile(rf"(?:{_WORD})[^\d%\uff05\n]{{0,24}}{_NUMBER}\s?[%\uff05]", re.IGNORECASE),
        is_sure=True,
    ),
    ProgressPattern(
        "member",
        re.compile(
            rf"[\"'](?:{_WORD})[\"']\s*:\s*[\"']?{_NUMBER}(?=[\s,}}\"'%\uff05])", re.IGNORECASE
        ),
        is_sure=True,
    ),
    ProgressPattern(
        "counted",
        re.compile(
            rf"(?:{_WORD}|frames?|steps?)[^\d\n]{{0,16}}(?P<value>\d{{1,6}})\s?/\s?(?P<whole>[1-9]\d{{0,5}})(?=\D)",
            re.IGNORECASE,
        ),
        is_sure=True,
    ),
    ProgressPattern(
        "bare", re.compile(rf"(?<![\d.,\w]){_NUMBER}\s?[%\uff05](?![\w])"), is_sure=False
    ),
)
LINKS: Final = (
    LinkPattern(
        "tag",
        re.compile(
            r"<(?:video|source)\b[^>]*?\bsrc\s*=\s*[\"']?(?P<url>https?://[^\"'\s>]+)",
            re.IGNORECASE,
        ),
        rank=0,
    ),
    LinkPattern(
        "member",
        re.compile(r"[\"'](?P<hint>\w*url|\w*link)[\"']\s*:\s*[\"'](?P<url>https?://[^\"'\s]+)"),
        rank=1,
    ),
    LinkPattern(
        "markdown",
        re.compile(
            r"(?<!!)\[(?P<hint>[^\]\n]{0,200})\]\(\s*<?(?P<url>https?://[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)"
        ),
        rank=2,
    ),
    LinkPattern("bare", re.compile(rf"(?P<url>{_URL})"), rank=3),
)


class ThoughtSplitter:
    """Tells what of a text that comes in pieces is reasoning, by `<think>` and `</think>`."""

    def __init__(self) -> None:
        self._is_thinking = False
        self._held = ""

    def split(self, text: str) -> Iterator[tuple[str, bool]]:
        """Yield the parts of a further piece, each with whether it is reasoning.

        What may be the beginning of a tag is held until the next piece.
        """
        text = self._held + text
        begun = _TAG_BEGUN.search(text)
        self._held = "" if begun is None else begun.group()
        text = text[: len(text) - len(self._held)]
        start = 0
        for tag in _THINKING_TAG.finditer(text):
            yield text[start : tag.start()], self._is_thinking
            self._is_thinking = not tag[1]
            start = tag.end()
        yield text[start:], self._is_thinking


class ProgressReader:
    """Reads progress from the texts of an answer, piece by piece; `percent` is the furthest."""

    def __init__(self, prompt: str) -> None:
        """Take the prompt, whose own percentages are none of progress."""
        self.percent: int | None = None
        self._prompt = prompt
        self._tails = {False: "", True: ""}
        self._is_labelled = False

    def read(self, text: str, *, is_reasoning: bool) -> None:
        """Read a further piece."""
        window = self._tails[is_reasoning] + text
        self._tails[is_reasoning] = window[-_TAIL_CHARS:]
        found = [
            (match.end(), pattern, match)
            for pattern in PROGRESS
            if pattern.is_sure or not (is_reasoning or self._is_labelled)
            for match in pattern.expression.finditer(window)
        ]
        if any(pattern.is_sure for _, pattern, _ in found):
            self._is_labelled = True
        for _, pattern, match in sorted(found, key=lambda one: one[0]):
            if pattern.is_sure or not (self._is_labelled or match.group().strip() in self._prompt):
                self.take(_percent_of(match))

    def take(self, percent: float | None) -> None:
        """Take a percentage, which counts if it is one and further than the last."""
        if percent is not None and 0 <= percent <= _WHOLE:
            self.percent = max(int(percent), self.percent or 0)


def video_link(text: str, *, loopback_allowed: bool = False) -> str | None:
    """Return where an answer says that the video is, if it does.

    Addresses are https, or http of this machine where that is allowed.
    """
    plain = _THINKING.sub(" ", text).replace("\\/", "/").replace("\\u0026", "&")
    best: tuple[int, int] | None = None
    found: str | None = None
    for place, rank, url in _candidates(plain):
        if not _is_address(url, loopback_allowed=loopback_allowed):
            continue
        if best is None or (-rank, place) >= best:
            best, found = (-rank, place), url
    return found


_WHOLE: Final = 100


def _percent_of(match: re.Match[str]) -> float | None:
    groups = match.groupdict()
    text: str = groups["value"].replace(",", ".")
    value = float(text)
    if groups.get("whole"):
        return _WHOLE * value / float(groups["whole"])
    is_share = value <= 1 and "." in text and not re.search(r"[%\uff05]\s*$", match.group())
    return _WHOLE * value if is_share else value


def _candidates(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the addresses that may be a video's: where each ends, how sure it is, and itself."""
    for pattern in LINKS:
        for match in pattern.expression.finditer(text):
            url = _trimmed(html.unescape(match["url"]))
            path = urlsplit(url).path if _is_sound(url) else ""
            if not path or _OTHER_NAME.search(path):
                continue
            if pattern.name == "tag" or _VIDEO_NAME.search(path):
                yield match.end("url"), 0, url
                continue
            before = text[max(0, match.start() - _HINT_CHARS) : match.start()]
            hint = match.groupdict().get("hint") or ""
            if _VIDEO_HINT.search(f"{before} {hint} {url}"):
                yield match.end("url"), pattern.rank, url


def _trimmed(url: str) -> str:
    """Return an address without the punctuation of the sentence that it ends."""
    while url:
        last = url[-1]
        is_open = (last, last) in ((")", ")"), ("]", "]"), ("}", "}")) and url.count(
            last
        ) > url.count({")": "(", "]": "[", "}": "{"}[last])
        if last not in _TRAILING and not is_open:
            return url
        url = url[:-1]
    return url


def _is_sound(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        return False


def _is_address(url: str, *, loopback_allowed: bool) -> bool:
    if len(url) > MOST_LINK_CHARS or not url.isprintable():
        return False
    parts = urlsplit(url)
    if parts.username is not None or parts.hostname is None:
        return False
    return parts.scheme == "https" or (loopback_allowed and is_loopback(parts.hostname))
