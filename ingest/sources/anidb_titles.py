"""AniDB's titles dump: every title of every anime, with its kind and language.

It comes as XML (`anime-titles.xml`, `animetitles.xml`), and as lines of number, kind, language and
title with `|` between (`anime-titles.dat`). A comment at the top tells when it was made.

Titles only, so nothing here makes a work. AniDB names its transcriptions `x-jat`, `x-kot` and
`x-zht`; they become BCP 47 script tags, every other language stays as AniDB writes it.

Performance: one pass, one element at a time; lines, where those of an anime may lie apart, are
held: 10 MB for all.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from ingest.reading.decoding import RawTitle, RecordSpot, clean_titles
from ingest.reading.documents import xml_elements
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import language_or_reject, page_number
from ingest.source import Source, only_release
from kensho.domain.records import Record, RecordFacts
from kensho.domain.works import TitleKind

_KINDS: Final[dict[str, TitleKind]] = {
    "main": "main",
    "official": "official",
    "syn": "synonym",
    "short": "short",
}
_LANGUAGES: Final = {"x-jat": "ja-Latn", "x-kot": "ko-Latn", "x-zht": "zh-Latn"}
_NUMBERED: Final[dict[str, TitleKind]] = {
    "1": "main",
    "2": "synonym",
    "3": "short",
    "4": "official",
}
_MADE: Final = re.compile(
    rb"created: +(\w{3} \w{3} +\d{1,2} \d{2}:\d{2}:\d{2} \d{4})", re.IGNORECASE
)
_HEAD_BYTES: Final = 4096
_FIELDS: Final = 4
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per anime.

    Raises:
        SourceFileError: no AniDB titles dump, or broken XML.
    """
    with file.open() as stream:
        head = stream.read(_HEAD_BYTES).lstrip()
    yield from _of_lines(file, rejects) if _is_lines(head) else _of_xml(file, rejects)


def snapshot(file: SourceFile) -> str | None:
    """Return the day on which the dump was made, as its first comment says."""
    with file.open() as stream:
        made = _MADE.search(stream.read(_HEAD_BYTES))
    if made is None:
        return None
    text = " ".join(made[1].decode("ascii", "replace").split())
    try:
        moment = dt.datetime.strptime(text, "%a %b %d %H:%M:%S %Y")  # noqa: DTZ007 -- its day counts
    except ValueError:
        return text
    return moment.date().isoformat()


def _is_lines(head: bytes) -> bool:
    lines = (line for line in head.splitlines() if line.strip() and not line.startswith(b"#"))
    return re.match(rb"\d{1,9}\|[1-4]\|[^|]{0,40}\|", next(lines, b"")) is not None


def _of_lines(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    titles: dict[int, list[RawTitle]] = {}
    lines: dict[int, int] = {}
    for number, line in file.lines(rejects):
        text = line.decode()
        if text.startswith("#"):
            continue
        fields = text.split("|", _FIELDS - 1)
        aid = page_number(fields[0])
        if len(fields) != _FIELDS or aid is None or fields[1] not in _NUMBERED:
            reason = "not a line of the form `number|kind 1 to 4|language|title`"
            rejects.add(number, "record", text, reason)
            continue
        spot = RecordSpot(rejects, lines.setdefault(aid, number), f"anidb:{aid}")
        language = language_or_reject(_LANGUAGES.get(fields[2], fields[2]), spot)
        titles.setdefault(aid, []).append((fields[3], language, _NUMBERED[fields[1]]))
    for aid, found in titles.items():
        key = f"anidb:{aid}"
        cleaned = clean_titles(found, RecordSpot(rejects, lines[aid], key))
        if cleaned:
            yield Record(key=key, ids=(key,), facts=RecordFacts(titles=cleaned))


def _of_xml(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    for number, anime in xml_elements(file, rejects, root="animetitles", tag="anime"):
        aid = page_number(anime.get("aid"))
        if aid is None:
            rejects.add(number, "aid", anime.get("aid"), "not an AniDB number")
            continue
        key = f"anidb:{aid}"
        titles = clean_titles(_titles(anime, spot := RecordSpot(rejects, number, key)), spot)
        if titles:
            yield Record(key=key, ids=(key,), facts=RecordFacts(titles=titles))
        else:
            spot.refuse("record", key, "it has no title")


def _titles(anime: Element, spot: RecordSpot) -> Iterator[tuple[str | None, str | None, TitleKind]]:
    for title in anime.iterfind("title"):
        kind = _KINDS.get(title.get("type", ""))
        if kind is None:
            spot.refuse("titles", title.get("type"), "not a kind of title that AniDB has")
            continue
        tag = title.get(_XML_LANG)
        yield title.text, language_or_reject(_LANGUAGES.get(tag or "", tag), spot), kind


SOURCE: Final = Source(
    name="anidb-titles",
    title="AniDB titles dump",
    licence="CC-BY-NC-SA-4.0",
    order=40,
    rank=40,
    patterns=tuple(
        f"{folder}{name}*"
        for folder in ("anidb/", "")
        for name in ("animetitles.xml", "anime-titles.xml", "anime-titles.dat")
    ),
    read=read,
    snapshot=snapshot,
    form_of=only_release,
)
