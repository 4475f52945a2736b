"""Values that several dumps write as text: page numbers, IMDb ids, lists, dates, HTML.

Pure. A plain function answers `None` for what is no such value; one that ends in `_or_reject` also
reports it.
"""

import datetime as dt
import html
import re
import unicodedata
from typing import Final, cast

import msgspec

from ingest.reading.decoding import MAX_INT, RecordSpot, clean_line, count_or_reject, date_or_reject
from kensho.domain import ids
from kensho.domain.records import Collection, Record
from kensho.domain.works import MAX_TITLE_CHARS, ImdbRating

_NUMBER: Final = re.compile(r"\d{1,19}", re.ASCII)
_IMDB_ID: Final = re.compile(r"tt\d{1,10}", re.ASCII)
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_HOURS_MINUTES: Final = re.compile(r"(?:(\d{1,3})\s*h)?\s*(?:(\d{1,5})\s*m(?:in)?)?", re.ASCII)
_NOT_WORD: Final = re.compile(r"[\W_]+")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_MAX_LANGUAGE_CHARS: Final = 35
"""RFC 5646, section 4.4.1, asks for room for 35 characters."""
_MAX_MINUTES: Final = 100_000
"""The longest film that IMDb knows, Logistics, runs for 51,420 minutes."""
_MAX_SLUG_CHARS: Final = 120
"""A source id has at most 200 characters after its provider (kensho/domain/ids.py)."""
_BREAKS: Final = {"br": "\n", "li": "\n", "p": "\n\n", "div": "\n\n", "hr": "\n\n"}
_COMMENT: Final = re.compile(r"<!--[^<>]*-->")
_TAG: Final = re.compile(r"</?([a-z][a-z0-9]*)(?:[\s/][^<>]*)?>", re.IGNORECASE)
_BLANKS: Final = re.compile(r"[^\S\n]+")
_BLANKS_AT_BREAK: Final = re.compile(r" ?\n ?")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")


def page_number(text: str | None) -> int | None:
    """Return a provider's number, which is a positive one of 64 bits."""
    if text is None or not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return number if 0 < number <= MAX_INT else None


def is_imdb_id(text: str) -> bool:
    """Tell whether `text` is the id of an IMDb title."""
    return _IMDB_ID.fullmatch(text) is not None


def comma_list(text: str | None) -> list[str]:
    """Return the parts of a comma list, blanks around them removed and empty ones dropped."""
    return [part for raw in (text or "").split(",") if (part := raw.strip())]


def date_of(text: str | None, field: str, spot: RecordSpot, *, latest: int) -> dt.date | None:
    """Return the date at the beginning of an ISO 8601 text; another form or year is rejected."""
    if not text:
        return None
    found = _DATE.match(text)
    if found is None:
        spot.refuse(field, text, "not a date of the form YYYY-MM-DD")
        return None
    return date_or_reject((int(found[1]), int(found[2]), int(found[3])), field, spot, latest=latest)


def text_of_html(fragment: str) -> str:
    """Return the text of an HTML fragment: blanks collapsed, at most one empty line in a row.

    `<br>` ends a line and `<p>` a paragraph, other tags vanish, entities become their characters.
    The result is text, not markup: whoever shows it must escape it. Linear, some 10 µs a text.
    """
    text = fragment
    if "<" in text:
        text = _TAG.sub(lambda tag: _BREAKS.get(tag[1].lower(), ""), _COMMENT.sub("", text))
    text = _BLANKS_AT_BREAK.sub("\n", _BLANKS.sub(" ", html.unescape(text)))
    return _EMPTY_LINES.sub("\n\n", text).strip()


def without_early_end(record: Record, spot: RecordSpot) -> Record:
    """Return a record without an end that lies before its start: that one is rejected."""
    start, end = record.facts.start_date, record.facts.end_date
    if start is None or end is None or end >= start:
        return record
    spot.refuse("end_date", end, f"the end lies before the start, {start}")
    return msgspec.structs.replace(
        record, facts=msgspec.structs.replace(record.facts, end_date=None)
    )


def running_time_s(text: str) -> int | None:
    """Return the seconds of a running time such as `106 min` or `1h 46m`."""
    found = _HOURS_MINUTES.fullmatch(text.strip().lower())
    if found is None or not (found[1] or found[2]):
        return None
    return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60


def iso_day(stamp: object) -> str | None:
    """Return the day of an ISO 8601 timestamp, as text; `None` where there is none."""
    found = _DATE.match(stamp) if isinstance(stamp, str) else None
    try:
        return dt.date.fromisoformat(found[0]).isoformat() if found else None
    except ValueError:
        return None


def has_members(value: object, *names: str) -> bool:
    """Tell whether `value` is a JSON object with all these members."""
    return isinstance(value, dict) and set(names) <= cast("dict[str, object]", value).keys()


def slug_of(name: str) -> str:
    """Return a name for use in an id: letters and digits of any script, the rest as hyphens."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return _NOT_WORD.sub("-", folded).strip("-")[:_MAX_SLUG_CHARS]


def collection_or_reject(provider: str, name: str, spot: RecordSpot) -> Collection | None:
    """Return the franchise `name` as `provider:slug`; one without letters is rejected."""
    title, slug = clean_line(name), slug_of(name)
    if slug and len(title) <= MAX_TITLE_CHARS:
        return Collection(f"{provider}:{slug}", title)
    spot.refuse("collection", name, f"a franchise's name has 1 to {MAX_TITLE_CHARS} characters")
    return None


def imdb_rating_or_reject(
    title: str, rating: float | None, votes: int | None, spot: RecordSpot
) -> ImdbRating:
    """Return IMDb's word on `title`; a rating outside 0..10 or negative votes are rejected.

    IMDb publishes a mean only where there are votes: with none, a rating of 0 means unknown.
    """
    if rating is not None and not 0 <= rating <= 10:  # noqa: PLR2004 - the scale of IMDb
        spot.refuse("rating", rating, "a rating lies in 0..10")
        rating = None
    if votes is not None and not 0 <= votes <= MAX_INT:
        spot.refuse("votes", votes, "a count is not negative")
        votes = None
    return ImdbRating(title, rating if votes != 0 else None, votes)


def source_id_or_reject(text: str, field: str, spot: RecordSpot) -> str | None:
    """Return the source id that a URL or a short id such as `mal:20` names."""
    source_id = ids.parse(text.strip())
    if source_id is None:
        spot.refuse(field, text, "not a page of a known provider, nor an id such as mal:20")
    return source_id


def language_or_reject(tag: str | None, spot: RecordSpot) -> str | None:
    """Return a tag in the form of BCP 47; whether the language is registered is not looked up."""
    if not tag:
        return None
    if len(tag) <= _MAX_LANGUAGE_CHARS and _LANGUAGE.fullmatch(tag):
        return tag
    spot.refuse("language", tag, "not a language tag such as ja or zh-Hant")
    return None


def seconds_or_reject(minutes: int | None, field: str, spot: RecordSpot) -> int | None:
    """Return a running time in seconds; zero is how dumps spell unknown."""
    known = count_or_reject(minutes, field, spot)
    if known is None or known <= _MAX_MINUTES:
        return known and known * 60
    spot.refuse(field, minutes, f"nothing runs longer than {_MAX_MINUTES} minutes")
    return None
