"""Read and check the curators' decisions: the TOML files of `curation/`.

Guarantees: unknown keys, missing or empty reasons, ids that no provider has, files that are not
known, works of two franchises, works both joined and cut, and chronologies that contradict one
another are refused, each with file, entry, field and value.

Performance: 80 ms for the 460 files that come with Kenshō, which a process reads once.
"""

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from ingest.curation_checks import (
    SERIES,
    CurationError,
    CurationProblem,
    franchise_problems,
    located,
    series_problems,
    tag_problems,
)
from ingest.curation_forms import (
    FORMS,
    AliasesFile,
    CategoriesFile,
    FranchiseFile,
    GroupsFile,
    KindsFile,
    PrecedenceFile,
    SeriesFile,
    WordsFile,
)
from kensho.domain.franchise import policy
from kensho.domain.works import TagCategory
from kensho.platform.installation import data_root

Form = TypeVar("Form")

_FRANCHISE: Final = re.compile(r"franchises/[a-z0-9]+(-[a-z0-9]+)*\.toml")


class CompositionRules(msgspec.Struct, frozen=True):
    """How works are composed: field → sources that win it, tag alias → tag, tag → category."""

    precedence: dict[str, tuple[str, ...]] = {}
    tag_aliases: dict[str, str] = {}
    tag_categories: dict[str, TagCategory] = {}

    def tag_name(self, name: str) -> str:
        """Return the tag that `name` stands for."""
        return self.tag_aliases.get(name, name)

    def tag_category(self, name: str) -> TagCategory | None:
        """Return the category decided for a tag, which no source overrides."""
        return self.tag_categories.get(name)


class Curation(msgspec.Struct, frozen=True):
    """Every decision in force; `series` are the ids of Anifillerpedia's titles."""

    policy: policy.Policy
    composition: CompositionRules
    series: dict[str, str]


def load(root: Path | None = None) -> Curation:
    """Read the decisions under `root`, by default those that come with Kenshō.

    Raises:
        CurationError: something in them is wrong.
    """
    return _shipped() if root is None else loaded(texts_in(root))


@functools.cache
def _shipped() -> Curation:
    return loaded(texts_in(data_root("curation")))


def texts_in(root: Path) -> dict[str, str]:
    """Return the files of decisions under `root`, by their path in it; hidden ones are none.

    Raises:
        CurationError: one can't be read.
    """
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*.toml")):
        name = path.relative_to(root).as_posix()
        if not any(part.startswith(".") for part in name.split("/")):
            try:
                found[name] = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise CurationError([CurationProblem(name, "", "", name, str(error))]) from error
    return found


def loaded(texts: Mapping[str, str]) -> Curation:
    """Return the decisions in files, by their path in the folder.

    Raises:
        CurationError: something in them is wrong.
    """
    strangers = sorted(n for n in texts.keys() - FORMS.keys() if not _FRANCHISE.fullmatch(n))
    if strangers:
        known = f"known are {', '.join(FORMS)} and franchises/<slug>.toml"
        raise CurationError(CurationProblem(n, "", "", n, known) for n in strangers)
    franchises = {n: _parsed(texts, n, FranchiseFile) for n in sorted(texts.keys() - FORMS.keys())}
    categories = _parsed(texts, "tags/categories.toml", CategoriesFile)
    aliases = _parsed(texts, "tags/aliases.toml", AliasesFile)
    series = _parsed(texts, SERIES, SeriesFile)
    problems = [
        *series_problems(series),
        *franchise_problems(franchises),
        *tag_problems(categories, aliases),
    ]
    if problems:
        raise CurationError(problems)
    return Curation(
        _policy(
            franchises.values(),
            _parsed(texts, "kinds.toml", KindsFile),
            _parsed(texts, "words.toml", WordsFile),
            _parsed(texts, "franchise_groups.toml", GroupsFile),
        ),
        _composition(_parsed(texts, "precedence.toml", PrecedenceFile), categories, aliases),
        {one.title: one.work for one in series.series},
    )


@functools.lru_cache(maxsize=1_024)
def franchise_file(document: bytes) -> FranchiseFile:
    """Return the file of a franchise that `document` is.

    Raises:
        ValueError: it is no TOML, or not of this form (`tomllib`'s error or `msgspec`'s).
    """
    return msgspec.convert(tomllib.loads(document.decode()), FranchiseFile)


def relation_files(root: Path | None = None) -> tuple[Path, ...]:
    """Return the files of franchises that state relations, by name.

    Raises:
        CurationError: a file is not of its form.
    """
    root = root or data_root("curation")
    names = sorted(path.relative_to(root).as_posix() for path in root.glob("franchises/*.toml"))
    return tuple(root / name for name in names if _read(root, name, FranchiseFile).date)


def series_ids(root: Path | None = None) -> dict[str, str]:
    """Return the source id of each series title of Anifillerpedia.

    Raises:
        CurationError: something in its file is wrong.
    """
    file = _read(root or data_root("curation"), SERIES, SeriesFile)
    problems = list(series_problems(file))
    if problems:
        raise CurationError(problems)
    return {one.title: one.work for one in file.series}


def _read(root: Path, name: str, form: type[Form]) -> Form:
    try:
        text = (root / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CurationError([CurationProblem(name, "", "", name, str(error))]) from error
    return _parsed({name: text}, name, form)


def _parsed(texts: Mapping[str, str], name: str, form: type[Form]) -> Form:
    document: dict[str, object] = {}
    if name not in texts:
        raise CurationError([CurationProblem(name, "", "", name, "there is no such file")])
    try:
        document = tomllib.loads(texts[name])
        return msgspec.convert(document, form)
    except tomllib.TOMLDecodeError as error:
        raise CurationError([CurationProblem(name, "", "", name, str(error))]) from error
    except msgspec.ValidationError as error:
        raise CurationError([located(name, str(error), document)]) from error


def _policy(
    franchises: Iterable[FranchiseFile], kinds: KindsFile, words: WordsFile, groups: GroupsFile
) -> policy.Policy:
    files = list(franchises)
    return policy.Policy(
        kinds={
            kind: policy.KindPolicy(one.action, one.reason, one.strength)
            for kind, one in kinds.items()
        },
        forms=words.forms.words,
        forms_abroad=words.forms_abroad.words,
        grammar=words.grammar.words,
        recaps=words.recaps.words,
        promotions=words.promotions.words,
        songs=words.songs.words,
        join=tuple(policy.Join(one.works, one.reason) for file in files for one in file.join),
        cut=tuple(
            policy.Cut(one.works, one.others, one.reason) for file in files for one in file.cut
        ),
        rename=tuple(
            policy.Rename(one.work, one.title, one.reason) for file in files for one in file.rename
        ),
        anthology=tuple(
            policy.Anthology(one.title, one.reason, one.names, one.works)
            for file in files
            for one in file.anthology
        ),
        franchise_groups=tuple(
            policy.FranchiseGroup(one.names, one.reason) for one in groups.group
        ),
        chronology=tuple(
            policy.Chronology(one.works, one.reason) for file in files for one in file.chronology
        ),
        recap=tuple(policy.Recap(one.works, one.reason) for file in files for one in file.recap),
    )


def _composition(
    precedence: PrecedenceFile, categories: CategoriesFile, aliases: AliasesFile
) -> CompositionRules:
    tag_of = {spelling: one.tag for one in aliases.alias for spelling in one.spellings}
    return CompositionRules(
        precedence={field: one.first for field, one in precedence.items()},
        tag_aliases=tag_of,
        tag_categories={
            tag_of.get(tag, tag): one.category for one in categories.category for tag in one.tags
        },
    )
