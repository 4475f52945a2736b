"""The form of the curators' files in `curation/`: one Struct an entry, one a file.

Every entry says why it is there (`reason`) and what it rests on (`source`). Unknown keys are
refused by these Structs; what no Struct can tell is checked where the files are read
(`ingest.curation`).
`curation/schema.json` is `json_schema()`, for editors.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import Meta

from kensho.domain.relations import Kind, RelationKind
from kensho.domain.works import TagCategory

Reason: TypeAlias = Annotated[str, Meta(min_length=10, pattern=r"\S{2}")]
"""Why something is decided, in our own words."""
Evidence: TypeAlias = Annotated[str, Meta(min_length=10, pattern=r"\S{2}")]
"""What a decision rests on: a page, the credits, the works themselves, dates."""
SourceId: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z-]*:[^\s:]{1,200}$")]
StatedKind: TypeAlias = Literal[
    "adaptation",
    "alternative_setting",
    "alternative_version",
    "character",
    "compilation",
    "crossover",
    "music_video",
    "other",
    "same_setting",
    "side_story",
    "spin_off",
    "summary",
]
"""The kinds that a curator may state: those that lead onwards, and the symmetric ones; sequels
stand in lines."""
Words: TypeAlias = Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]
Works: TypeAlias = Annotated[tuple[SourceId, ...], Meta(min_length=1)]


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of a file, with its reason and its source, and who decided where that is told."""

    reason: Reason
    source: Evidence
    author: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class RenameDecision(Decision, frozen=True, kw_only=True):
    """What the franchise of `work` is called."""

    work: SourceId
    title: Annotated[str, Meta(min_length=1)]


class AnthologyDecision(Decision, frozen=True, kw_only=True):
    """A project of works that otherwise have nothing in common, told by `names` and `works`."""

    title: Annotated[str, Meta(min_length=1)]
    names: tuple[str, ...] = ()
    works: tuple[SourceId, ...] = ()


class JoinDecision(Decision, frozen=True, kw_only=True):
    """Works that are of one franchise."""

    works: Annotated[tuple[SourceId, ...], Meta(min_length=2)]


class CutDecision(Decision, frozen=True, kw_only=True):
    """Each of `works` is of another franchise than each of `others`."""

    works: Works
    others: Works


class RecapDecision(Decision, frozen=True, kw_only=True):
    """Works that are made of the scenes of others, where no source says so."""

    works: Works


class ChronologyDecision(Decision, frozen=True, kw_only=True):
    """Works in the order in which their story runs, where dates and relations do not tell it."""

    works: Annotated[tuple[SourceId, ...], Meta(min_length=2)]


class LineDecision(Decision, frozen=True, kw_only=True):
    """Works of one story, each the sequel of the one before it."""

    works: Annotated[tuple[SourceId, ...], Meta(min_length=2)]


class RelationDecision(Decision, frozen=True, kw_only=True):
    """Each of `works` is the `kind` of `of`: its side story, its summary, its spin-off."""

    kind: StatedKind
    of: SourceId
    works: Works


class FranchiseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`franchises/<slug>.toml`: all that is decided of one franchise.

    `date` is the day on which its lines and relations were last decided; they need one.
    """

    date: dt.date | None = None
    line: tuple[LineDecision, ...] = ()
    relation: tuple[RelationDecision, ...] = ()
    rename: tuple[RenameDecision, ...] = ()
    anthology: tuple[AnthologyDecision, ...] = ()
    join: tuple[JoinDecision, ...] = ()
    cut: tuple[CutDecision, ...] = ()
    recap: tuple[RecapDecision, ...] = ()
    chronology: tuple[ChronologyDecision, ...] = ()


class CuratedRelation(NamedTuple):
    """`work` is the `kind` of `of`; why, and what that rests on."""

    of: str
    kind: Kind
    work: str
    reason: str | None = None
    source: str | None = None
    author: str | None = None


def stated_relations(file: FranchiseFile) -> Iterator[tuple[str, CuratedRelation]]:
    """Yield what the lines and relations of a file state, each with the entry that does."""
    for number, line in enumerate(file.line, 1):
        for before, after in pairwise(line.works):
            told = CuratedRelation(before, "sequel", after, line.reason, line.source, line.author)
            yield f"line {number}", told
    for number, one in enumerate(file.relation, 1):
        for work in one.works:
            told = CuratedRelation(one.of, one.kind, work, one.reason, one.source, one.author)
            yield f"relation {number}", told


class KindDecision(Decision, frozen=True, kw_only=True):
    """What a relation of a kind does at the border of a franchise."""

    action: Literal["follow", "show", "exclude"]
    strength: float


class WordsDecision(Decision, frozen=True, kw_only=True):
    """Words of titles that name nothing."""

    words: Words


class WordsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`words.toml`: words of form, here and abroad, of grammar, of recaps, promotions and songs."""

    forms: WordsDecision
    forms_abroad: WordsDecision
    grammar: WordsDecision
    recaps: WordsDecision
    promotions: WordsDecision
    songs: WordsDecision


class GroupDecision(Decision, frozen=True, kw_only=True):
    """Names that catalogues add to titles of works that were shown or made together."""

    names: Words


class GroupsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`franchise_groups.toml`."""

    group: tuple[GroupDecision, ...] = ()


class PrecedenceDecision(Decision, frozen=True, kw_only=True):
    """Sources whose fact is taken for a field, the first that states one."""

    first: Words


class CategoryDecision(Decision, frozen=True, kw_only=True):
    """Tags of a category, which no source overrides."""

    category: TagCategory
    tags: Words


class CategoriesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`tags/categories.toml`."""

    category: tuple[CategoryDecision, ...] = ()


class AliasDecision(Decision, frozen=True, kw_only=True):
    """Spellings of one tag."""

    tag: str
    spellings: Words


class AliasesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`tags/aliases.toml`."""

    alias: tuple[AliasDecision, ...] = ()


class SeriesDecision(Decision, frozen=True, kw_only=True):
    """Which work a source means that gives a title and no id."""

    title: Annotated[str, Meta(min_length=1)]
    work: SourceId


class SeriesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`episodes/anifillerpedia.toml`."""

    series: tuple[SeriesDecision, ...] = ()


KindsFile: TypeAlias = dict[RelationKind, KindDecision]
PrecedenceFile: TypeAlias = dict[str, PrecedenceDecision]
FORMS: Final[dict[str, Any]] = {
    "kinds.toml": KindsFile,
    "words.toml": WordsFile,
    "franchise_groups.toml": GroupsFile,
    "precedence.toml": PrecedenceFile,
    "tags/categories.toml": CategoriesFile,
    "tags/aliases.toml": AliasesFile,
    "episodes/anifillerpedia.toml": SeriesFile,
}
"""Files by their path in `curation/`; `franchises/<slug>.toml` come beside them."""


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of the files: a definition for each form, by the name of the file."""
    forms = {"franchises/*.toml": FranchiseFile, **FORMS}
    schemas, components = msgspec.json.schema_components(
        forms.values(), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Kenshō's curated decisions, by file",
        "properties": dict(zip(forms, schemas, strict=True)),
        "$defs": components,
    }
