"""AniDB's titles dump (`animetitles.xml`): every title of every anime, with its kind and language.

Titles only, so nothing here makes a work. AniDB names its transcriptions `x-jat`, `x-kot` and
`x-zht`; they become BCP 47 script tags, every other language stays as AniDB writes it.

Performance: one pass, one element at a time.
"""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from ingest.reading.decoding import RecordSpot, clean_titles
from ingest.reading.documents import xml_elements
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import language_or_reject, page_number
from ingest.source import Source
from kensho.domain.records import Record, RecordFacts
from kensho.domain.works import TitleKind

_KINDS: Final[dict[str, TitleKind]] = {
    "main": "main",
    "official": "official",
    "syn": "synonym",
    "short": "short",
}
_LANGUAGES: Final = {"x-jat": "ja-Latn", "x-kot": "ko-Latn", "x-zht": "zh-Latn"}
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per `<anime>`.

    Raises:
        SourceFileError: no AniDB titles dump, or broken XML.
    """
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
    patterns=("anidb/animetitles.xml*", "animetitles.xml*"),
    read=read,
)
