"""erengy/anime-relations: which absolute episode numbers of one entry are episodes of another.

Rules look like `- 10001|10002|10003:14-26 -> 20001|20002|20003:1-13!` (MAL, Kitsu, AniList ids, `?`
unknown, `~` the source's own, `!` the same rule once more for the destination). Early ones have two
ids, MAL's and Hummingbird's; Kitsu kept those of Hummingbird.

Guarantees: a rule is taken whole or rejected with its line; all rules of one entry make one record.

Performance: the file is small (under 1,000 rules) and read whole.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.source import Source
from kensho.domain.records import Record, RecordRelations, Redirect
from kensho.errors import SourceFileError

_PROVIDERS: Final = ("mal", "kitsu", "anilist")
_KEY_ORDER: Final = ("mal", "anilist", "kitsu")
_IDS: Final = r"((?:\d{1,9}|[?~])\|(?:\d{1,9}|[?~])(?:\|(?:\d{1,9}|[?~]))?)"
_EPISODES: Final = r"(\d{1,5})(?:-(\d{1,5}|\?))?"
_RULE: Final = re.compile(rf"^- {_IDS}:{_EPISODES} -> {_IDS}:{_EPISODES}(!?)$", re.ASCII)
_MODIFIED: Final = re.compile(r"^- last_modified: (\S+)$", re.ASCII)


class _Range(NamedTuple):
    first: int
    last: int | None


class _Entry(NamedTuple):
    """An entry as one rule names it: provider → number, in the order of `_PROVIDERS`."""

    ids: dict[str, str]

    @property
    def key(self) -> str:
        return next(f"{name}:{self.ids[name]}" for name in _KEY_ORDER if name in self.ids)


class _Rule(NamedTuple):
    source: _Entry
    episodes: _Range
    target: _Entry
    to_episodes: _Range
    to_itself: bool


class _RefusedError(Exception):
    """A rule that can't be taken; its text is the reason."""


class _Gathered(NamedTuple):
    ids: dict[str, str]
    redirects: dict[Redirect, None]


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per redirected entry, in the order of their first rules.

    Raises:
        SourceFileError: the file has no `::meta` and `::rules`.
    """
    gathered: dict[str, _Gathered] = {}
    for line, text in _rules(file, rejects):
        try:
            rule = _parse(text)
        except _RefusedError as refusal:
            rejects.add(line, "record", text, str(refusal))
            continue
        _gather(gathered, rule.source, rule, line, rejects)
        if rule.to_itself:
            _gather(gathered, rule.target, rule, line, rejects)
    for key, entry in gathered.items():
        ids = tuple(f"{name}:{entry.ids[name]}" for name in _PROVIDERS if name in entry.ids)
        yield Record(key=key, ids=ids, links=RecordRelations(redirects=tuple(entry.redirects)))


def snapshot(file: SourceFile) -> str | None:
    """Return the date of the file's `last_modified`."""
    for _, raw in file.lines():
        if found := _MODIFIED.match(raw.decode()):
            return _iso_date(found[1])
        if raw == b"::rules":
            break
    return None


def _iso_date(text: str) -> str | None:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _rules(file: SourceFile, rejects: Rejects) -> Iterator[tuple[int, str]]:
    section = None
    for line, raw in file.lines(rejects):
        text = raw.decode()
        if text.startswith("#"):
            continue
        if text.startswith("::"):
            section = text
        elif section is None:
            break
        elif section == "::rules":
            yield line, text
    if section != "::rules":
        raise SourceFileError(
            f"{file.path}: expected anime-relations rules (::meta, then ::rules), found no ::rules"
        )


def _parse(text: str) -> _Rule:
    found = _RULE.match(text)
    if found is None or found[1].count("|") != found[4].count("|"):
        raise _RefusedError(
            "not a rule of the form `- mal|kitsu|anilist:episodes -> mal|kitsu|anilist:episodes`"
        )
    episodes, to_episodes = _range(found[2], found[3]), _range(found[5], found[6])
    _check_lengths(episodes, to_episodes)
    source = _entry(found[1], {})
    target = _entry(found[4], source.ids)
    return _Rule(source, episodes, target, to_episodes, to_itself=bool(found[7]))


def _range(first: str, last: str | None) -> _Range:
    if last == "?":
        return _Range(int(first), None)
    bounds = _Range(int(first), int(last or first))
    if bounds.last is not None and bounds.last < bounds.first:
        raise _RefusedError(f"the range {first}-{last} runs backwards")
    return bounds


def _check_lengths(source: _Range, target: _Range) -> None:
    """Refuse ranges of unequal length; several episodes may be one (`11-12 -> 1`)."""
    if (source.last is None) != (target.last is None):
        raise _RefusedError("one range is open and the other is not")
    if source.last is None or target.last is None:
        return
    length, to_length = source.last - source.first + 1, target.last - target.first + 1
    if to_length not in (1, length):
        raise _RefusedError(f"{length} episodes can't be {to_length}")


def _entry(text: str, own: dict[str, str]) -> _Entry:
    # Early rules have no third id.
    ids = {
        name: own.get(name, "?") if number == "~" else number.lstrip("0") or "?"
        for name, number in zip(
            _PROVIDERS, text.split("|"), strict=False
        )  # old rules have no AniList id
    }
    known = {name: number for name, number in ids.items() if number != "?"}
    if not known:
        raise _RefusedError("no id is known on one side")
    return _Entry(known)


def _gather(
    gathered: dict[str, _Gathered], entry: _Entry, rule: _Rule, line: int, rejects: Rejects
) -> None:
    into = gathered.setdefault(entry.key, _Gathered({}, {}))
    for name, number in entry.ids.items():
        if into.ids.setdefault(name, number) != number:
            reason = f"an earlier rule says {into.ids[name]}"
            rejects.add(line, f"{name}_id", number, reason, key=entry.key)
    redirect = Redirect(*rule.episodes, rule.target.key, *rule.to_episodes)
    into.redirects[redirect] = None


SOURCE: Final = Source(
    name="anime-relations",
    title="erengy/anime-relations (Taiga)",
    licence="CC0-1.0",
    order=70,
    rank=50,
    patterns=("episode_redirects/anime-relations.txt*", "anime-relations.txt*"),
    read=read,
    snapshot=snapshot,
)
