"""Which keys the records of a release have, to tell what appears, vanishes or is renamed upstream.

A key is named by its way from the record's top: `animeSeason.year`, `relations.edges.node.id`; in
XML an attribute is `@aid`, a child element `title`, its attribute `title@type`. Of lists the first
and the last member are looked at.

Performance: 15 to 30 µs a record.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Final, NamedTuple, TypeAlias, cast
from xml.etree.ElementTree import Element

import msgspec

_MOST_KEYS: Final = 1000
"""Keys of one source: AniList's records, the richest, have 60. More are data, such as titles."""
_EXPECTED: Final = 3
"""A key that fewer records are expected to have may be missing by chance."""
_FEWER: Final = 0.5
"""A key that half as many of the records have is worth a word."""
_FEWER_OF: Final = 20
_SAME_SHARE: Final = 0.8
"""Of two keys that one renaming explains, the rarer is in this share of the other's records."""
_ALIKE: Final = 0.5
"""How alike two names must be for a renaming (`SequenceMatcher.ratio`)."""

_Shape: TypeAlias = tuple[str, tuple[str, ...]]


class KeyCounts(msgspec.Struct, frozen=True):
    """In how many of a release's `records` each key stands."""

    records: int
    keys: dict[str, int]


class KeyChange(msgspec.Struct, frozen=True):
    """A key that is in other shares of the records than before; `renamed_to` is its new name."""

    key: str
    before: float
    now: float
    renamed_to: str | None = None

    @property
    def sentence(self) -> str:
        """Say what became of the key."""
        if self.renamed_to is not None:
            return f"the key {self.key!r} seems to be renamed to {self.renamed_to!r}"
        if not self.before:
            return f"the key {self.key!r} is new, in {self.now:.0%} of the records"
        if not self.now:
            return f"the key {self.key!r} is gone, which {self.before:.0%} of the records had"
        return f"the key {self.key!r} is in {self.now:.0%} of the records, {self.before:.0%} had it"


class RecordKeys:
    """Counts the keys of the records of one source as they are read."""

    def __init__(self) -> None:
        self._records = 0
        self._shapes: Counter[_Shape] = Counter()
        self._attributes: Counter[str] = Counter()

    def add_line(self, line: bytes) -> None:
        """Count the keys of a JSON text, which may be broken: then none."""
        try:
            self.add(msgspec.json.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return

    def add(self, record: object) -> None:
        """Count the keys of a decoded record."""
        self._records += 1
        for shape in set(_shapes("", record)):
            self._shapes[shape] += 1

    def add_element(self, element: Element) -> None:
        """Count attributes and children of an XML element."""
        self._records += 1
        names = {f"@{name}" for name in element.keys()}  # noqa: SIM118 -- an element, no mapping
        for child in element:
            names.add(child.tag)
            names.update(f"{child.tag}@{name}" for name in child.keys())  # noqa: SIM118
        self._attributes.update(names)

    def counts(self) -> KeyCounts | None:
        """Return the counts; `None` where there are no keys, or so many that they must be data."""
        keys = Counter(self._attributes)
        for (prefix, names), count in self._shapes.items():
            for name in names:
                keys[f"{prefix}{name}"] += count
                if len(keys) > _MOST_KEYS:
                    return None
        # Records of several shapes of one part count it once for each of them, at most.
        bounded = {key: min(count, self._records) for key, count in sorted(keys.items())}
        return KeyCounts(self._records, bounded) if bounded else None


def _shapes(prefix: str, value: object) -> Iterator[_Shape]:
    """Yield the keys of an object and of all objects in it, each with the way to it."""
    if isinstance(value, Mapping):
        members = cast("Mapping[object, object]", value)
        names = [_named(name) for name in members]
        yield prefix, tuple(names)
        for name, member in zip(names, members.values(), strict=True):
            yield from _shapes(f"{prefix}{name}.", member)
    elif isinstance(value, list):
        items = cast("list[object]", value)
        for item in (items[:1] + items[-1:]) if len(items) > 1 else items:
            yield from _shapes(prefix, item)


def _named(key: object) -> str:
    """Return the name of a key; numbers are ids, and all of them one key."""
    name = str(key)
    return "*" if name.isdigit() else name


class _Shares(NamedTuple):
    before: float
    now: float


def key_changes(before: KeyCounts, now: KeyCounts) -> list[KeyChange]:
    """Return what became of keys from one release to the next; a renamed key is named once."""
    shares = {
        key: _Shares(before.keys.get(key, 0) / before.records, now.keys.get(key, 0) / now.records)
        for key in sorted(before.keys.keys() | now.keys.keys())
    }
    gone = [k for k, s in shares.items() if not s.now and s.before * now.records >= _EXPECTED]
    new = [k for k, s in shares.items() if not s.before and s.now * before.records >= _EXPECTED]
    gone, new = _topmost(gone), _topmost(new)
    renamed = _renamings(gone, new, shares)
    taken = set(renamed.values())
    changes = [KeyChange(key, *shares[key], renamed.get(key)) for key in gone]
    changes += [KeyChange(key, *shares[key]) for key in new if key not in taken]
    changes += [
        KeyChange(key, *share)
        for key, share in shares.items()
        if 0 < share.now < share.before * _FEWER and share.before * now.records >= _FEWER_OF
    ]
    return changes


def _topmost(keys: list[str]) -> list[str]:
    """Leave out what stands within another one of the keys."""
    known = set(keys)
    return [key for key in keys if not any(part in known for part in _above(key))]


def _above(key: str) -> Iterator[str]:
    while "." in key:
        key = key.rpartition(".")[0]
        yield key


def _renamings(gone: list[str], new: list[str], shares: Mapping[str, _Shares]) -> dict[str, str]:
    """Return the new name of each key that seems to be renamed: same place, about as many records.

    The most alike names are taken first.
    """
    pairs = sorted(
        (
            (-_likeness(old, other), old, other)
            for old in gone
            for other in new
            if _place(old) == _place(other)
            and min(shares[old].before, shares[other].now)
            >= _SAME_SHARE * max(shares[old].before, shares[other].now)
        ),
    )
    found: dict[str, str] = {}
    for unlike, old, other in pairs:
        if -unlike >= _ALIKE and old not in found and other not in found.values():
            found[old] = other
    return found


def _place(key: str) -> str:
    return key.rpartition(".")[0]


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, _plain(one), _plain(other)).ratio()


def _plain(key: str) -> str:
    return key.rpartition(".")[2].replace("_", "").replace("-", "").lower()
