"""What can be wrong in the curators' files beyond the form of one: problems, each with its place.

Pure: ids that no provider has, works of two franchises, works both joined and cut, chronologies and
lines that contradict themselves, tags and series that are decided twice.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, ClassVar, Final, NamedTuple, cast

import msgspec
from typing_extensions import override

from ingest.curation_forms import (
    AliasesFile,
    CategoriesFile,
    FranchiseFile,
    SeriesFile,
    stated_relations,
)
from kensho.domain import ids
from kensho.domain.franchise import policy
from kensho.domain.graphs import connected, strongly_connected
from kensho.errors import KenshoError

SERIES: Final = "episodes/anifillerpedia.toml"
_ENTRIES: Final = tuple(f for f in FranchiseFile.__struct_fields__ if f != "date")
_PATH: Final = re.compile(r"^(.*?)(?: - at `(?:key in )?\$(.*)`)?$", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[(\.\.\.)\]")
_NAMED: Final = re.compile(r"(missing required|unknown) field `([^`]+)`")


class CurationProblem(NamedTuple):
    """One thing wrong: the file, the entry in it, its field, the value, and why."""

    file: str
    entry: str
    field: str
    value: object
    reason: str

    @override
    def __str__(self) -> str:
        place = ": ".join(part for part in (self.file, self.entry, self.field) if part)
        return f"{place}: {self.value!r}: {self.reason}"


class CurationError(KenshoError):
    """Curated files that can't be used; each problem is one line of the message."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: Iterable[CurationProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def located(name: str, message: str, document: object) -> CurationProblem:
    """Return the problem that msgspec tells of, with the value that it found."""
    told = cast("re.Match[str]", _PATH.match(message))
    steps: list[str | int] = []
    for member, number, _ in _STEP.findall(told[2] or ""):
        steps.append(int(number) if number else member)
    value: object = document
    for step in steps:
        value = cast("Any", value).get(step) if isinstance(step, str) else cast("Any", value)[step]
    named = _NAMED.search(message)
    if named is not None:
        value = cast("Any", value).get(named[2])
        steps.append(named[2])
    size = 2 if len(steps) > 1 and isinstance(steps[1], int) else 1
    return CurationProblem(name, _words(steps[:size]), _words(steps[size:]), value, told[1])


def _words(steps: Iterable[str | int]) -> str:
    return " ".join(str(step + 1) if isinstance(step, int) else step for step in steps)


def franchise_problems(files: Mapping[str, FranchiseFile]) -> Iterator[CurationProblem]:
    """Yield what is wrong among the files of franchises, by name."""
    named = list(_named_works(files))
    yield from _id_problems(named)
    yield from _twice(named)
    yield from _cut_problems(files)
    yield from _relation_problems(files)
    for name, file in files.items():
        told = [{"works": list(one.works), "reason": one.reason} for one in file.chronology]
        try:
            policy.policy_of({"kinds": {}, "chronology": told})
        except msgspec.ValidationError as error:
            yield located(name, str(error), {"chronology": told})
    titles = (
        Named(name, f"anthology {number}", "title", (one.title,), "anthology")
        for name, file in files.items()
        for number, one in enumerate(file.anthology, 1)
    )
    yield from _repeated(titles)


class Named(NamedTuple):
    """The values that a field of an entry names; `role` tells in which decisions one may repeat."""

    file: str
    entry: str
    field: str
    values: Sequence[str]
    role: str

    def problem(self, value: object, reason: str) -> CurationProblem:
        """Return what is wrong with one of the values."""
        return CurationProblem(self.file, self.entry, self.field, value, reason)


def _named_works(files: Mapping[str, FranchiseFile]) -> Iterator[Named]:
    """Yield the works that each field of each entry names."""
    for name, file in files.items():
        for role in _ENTRIES:
            for number, one in enumerate(getattr(file, role), 1):
                for field in ("work", "of", "works", "others"):
                    found = getattr(one, field, ())
                    works = (found,) if isinstance(found, str) else found
                    yield Named(name, f"{role} {number}", field, works, role)


def _id_problems(named: Iterable[Named]) -> Iterator[CurationProblem]:
    for one in named:
        for source_id in one.values:
            if ids.parse(source_id) != source_id:
                yield one.problem(source_id, "no known provider has such an id")


def _twice(named: Sequence[Named]) -> Iterator[CurationProblem]:
    """Yield works that stand twice in one list, in two decisions of a kind, or in two files."""
    for one in named:
        for work in sorted({w for w in one.values if one.values.count(w) > 1}):
            yield one.problem(work, "stands twice in this list")
    yield from _repeated(one for one in named if one.role in ("rename", "recap"))
    home: dict[str, str] = {}
    for one in named:
        if one.field != "others":
            for work in dict.fromkeys(one.values):
                first = home.setdefault(work, one.file)
                if first != one.file:
                    yield one.problem(work, f"is a work of {first} already")


def _repeated(named: Iterable[Named]) -> Iterator[CurationProblem]:
    """Yield values that two decisions of one role name."""
    first: dict[tuple[str, str], Named] = {}
    for one in named:
        for value in dict.fromkeys(one.values):
            known = first.setdefault((one.role, value), one)
            if known is not one:
                yield one.problem(value, f"is decided in {known.file}, {known.entry} already")


def _cut_problems(files: Mapping[str, FranchiseFile]) -> Iterator[CurationProblem]:
    """Yield works that are cut from one another twice, or though they are joined."""
    joined = connected(
        works
        for file in files.values()
        for works in (
            *(one.works for one in file.join),
            *(one.works for one in file.anthology if one.works),
        )
    )
    apart: dict[frozenset[str], str] = {}
    for name, file in files.items():
        for number, cut in enumerate(file.cut, 1):
            here = Named(name, f"cut {number}", "others", cut.others, "cut")
            for work, other in product(dict.fromkeys(cut.works), dict.fromkeys(cut.others)):
                first = apart.setdefault(frozenset((work, other)), f"{name}, {here.entry}")
                if joined.get(work, work) == joined.get(other, other):
                    yield here.problem(other, f"is joined with {work}")
                elif first != f"{name}, {here.entry}":
                    yield here.problem(other, f"is cut from {work} in {first} already")


def _relation_problems(files: Mapping[str, FranchiseFile]) -> Iterator[CurationProblem]:
    """Yield pairs that are stated twice, lines that lead in a circle, and files without a date."""
    for name, file in files.items():
        if (file.line or file.relation) and file.date is None:
            yield CurationProblem(name, "", "date", None, "lines and relations need one")
        first: dict[frozenset[str], str] = {}
        for entry, claim in stated_relations(file):
            pair = frozenset((claim.of, claim.work))
            if len(pair) == 1:
                yield CurationProblem(name, entry, "of", claim.of, "is not related to itself")
            elif first.setdefault(pair, entry) != entry:
                told = f"its relation to {claim.of} is stated in {first[pair]} already"
                yield CurationProblem(name, entry, "works", claim.work, told)
        sequels = [(c.of, c.work) for _, c in stated_relations(file) if c.kind == "sequel"]
        for circle in (works for works in strongly_connected(sequels) if len(works) > 1):
            yield CurationProblem(name, "line", "works", min(circle), "its sequels lead back to it")


def tag_problems(categories: CategoriesFile, aliases: AliasesFile) -> Iterator[CurationProblem]:
    """Yield tags of two categories, and spellings that stand for two tags or are one."""
    yield from _repeated(
        Named("tags/categories.toml", f"category {number}", "tags", one.tags, "category")
        for number, one in enumerate(categories.category, 1)
    )
    spelt = [
        Named("tags/aliases.toml", f"alias {number}", "spellings", one.spellings, "alias")
        for number, one in enumerate(aliases.alias, 1)
    ]
    yield from _repeated(spelt)
    tags = {one.tag for one in aliases.alias}
    for one in spelt:
        for spelling in one.values:
            if spelling in tags:
                yield one.problem(spelling, "is itself what another spelling stands for")


def series_problems(series: SeriesFile) -> Iterator[CurationProblem]:
    """Yield works and titles of series that stand twice, and ids that no provider has."""
    entries = list(enumerate(series.series, 1))
    works = [Named(SERIES, f"series {n}", "work", (one.work,), "work") for n, one in entries]
    yield from _id_problems(works)
    yield from _repeated(works)
    yield from _repeated(
        Named(SERIES, f"series {n}", "title", (one.title,), "title") for n, one in entries
    )
