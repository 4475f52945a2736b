"""The lines of a franchise: stories that go on by themselves, and what accompanies each.

A line consists of works that continue one another. A retelling is never in the line of what it
retells: a chain of sequels that leads to two tellings of one story goes on with the surer, and a
prequel that came out later than one of them and leads to both is a line of its own. Summaries,
songs, promotions and crossovers join no works to a line.

A line begins with the root, with a retelling, with a spin-off that is a series or a film, and with
a series that has a name of its own. All other works are in the line of what they accompany: of the
parent that a typed relation names, of the work whose title begins theirs, or else of the works
through which they are members.

Guarantees: pure, and independent of the order of relations; every member is in exactly one line,
and works that continue one another are in one line unless that would hold two tellings.

Performance: 2 ms for 250 works.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from kensho.domain import title_parts
from kensho.domain.franchise.chains import Chains, KnownMember, MemberRelation, chains_of
from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation, Timeline, relation_key
from kensho.domain.relations import KIND_FACTS
from kensho.domain.release_dates import UNKNOWN
from kensho.domain.titles import folded
from kensho.domain.works import Role

LineKind: TypeAlias = Literal["story", "retelling", "own", "spin_off"]
"""What a line is to the franchise: the story of its root, that story told anew, a story of its own
of which no source says more, or a spin-off."""

_CLEARLY: Final = 0.03
"""A retelling comes before the line of the root if it leads in popularity by more than this; a
smaller lead is the noise of votes. Fullmetal Alchemist: Brotherhood leads by .034, and those who
recommend an order begin with it; the second telling of Legend of the Galactic Heroes by .023, where
opinions differ."""
_SHARED: Final = 0.6
"""A line is named after the words that this share of its series and films begin with. Chosen by
hand on the lines of Gundam and Fate; no measurement."""
_REMADE: Final = 3
"""A series with the title of another, begun this many years later or more, tells it anew: the
shortest such gap in the labelled lists is that of `Fullmetal Alchemist`, six years; seasons of one
series with one title are at most two years apart."""


_WORDS: Final = 3
"""So many words that titles have in common name a line: "Code Geass: Boukoku no Akito" does, "Kidou
Senshi" does not."""
_TOLD: Final[frozenset[Role]] = frozenset(("main", "film", "alternative", "spin_off"))
_LARGE_SHARE: Final = 0.5
"""Where fewer works of a line are of full length, it is one of shorts."""
_PUNCTUATION: Final = " :,~-\N{EN DASH}\N{EM DASH}"
_TELLINGS: Final = 5
"""More lines than this that call each other versions of one story are seasons of one brand: Precure
has eighteen, Sailor Moon and Lupin III two, Remi and Moomin three. Chosen by hand."""


class StoryLine(msgspec.Struct, frozen=True):
    """A line: its title, what it is to the franchise, and its works by date."""

    title: str
    kind: LineKind
    works: tuple[UUID, ...]


class _Begun(NamedTuple):
    kind: LineKind
    works: set[UUID]


def lines_of(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    relations: Iterable[Relation],
    timelines: Iterable[Timeline] = (),
) -> tuple[StoryLine, ...]:
    """Return the lines of a franchise in the order in which they are suggested to viewers.

    The first of `members` is the root. The line of the root and its retellings come first, the best
    known of them before all; then stories of their own by date, then spin-offs by popularity.
    """
    known = {one.work: _known(one, works[one.work]) for one in members}
    work_of = {id_: one.work for one in members for id_ in (one.work, *one.also)}
    inside = [
        MemberRelation(work_of[one.source], work_of[one.target], one)
        for one in sorted(relations, key=relation_key)
        if one.source in work_of and one.target in work_of
    ]
    curated = [[work_of[work] for work in one.works if work in work_of] for one in timelines]
    chains = chains_of(known, inside, curated)
    begun = _begin(members[0].work, chains, known, _retold(chains, inside))
    if _is_brand(begun, known):
        begun = [one._replace(kind="own") if one.kind == "retelling" else one for one in begun]
    _accompany(begun, chains, _Hosts(known, inside, work_of), members[0].work)
    lines = _named([_line(one, known, members[0].work) for one in begun], known)
    return tuple(sorted(lines, key=lambda line: _turn(line, known)))


def _is_brand(begun: Iterable[_Begun], known: Mapping[UUID, KnownMember]) -> bool:
    """Tell whether lines that are called versions of one story, or of one setting, are seasons.

    Of Precure, one of eighteen settings is called a version of the first.
    """
    told = Counter(
        one.kind
        for one in begun
        if one.kind == "retelling" or any(known[work].role == "alternative" for work in one.works)
    )
    return max(told["retelling"], told["own"]) > _TELLINGS


def _known(member: Member, work: FranchiseWork) -> KnownMember:
    words = folded(work.title)
    parts = title_parts.parsed(words)
    return KnownMember(work, member.role, member.because, words, parts.stem, parts.core)


def _retold(chains: Chains, relations: Iterable[MemberRelation]) -> dict[UUID, set[UUID]]:
    """Return for each work those in other chains that are versions of its story."""
    found: dict[UUID, set[UUID]] = {}
    for source, target, relation in relations:
        if relation.kind == "alternative_version" and chains.of(source) is not chains.of(target):
            found.setdefault(source, set()).add(target)
            found.setdefault(target, set()).add(source)
    return found


def _begin(
    root: UUID,
    chains: Chains,
    known: Mapping[UUID, KnownMember],
    retold: Mapping[UUID, Set[UUID]],
) -> list[_Begun]:
    """Return the lines that begin with a chain of their own, the root's first."""
    begun = [_Begun("story", set(chains.of(root)))]
    named = {known[root].stem: begun[0]}
    for chain in chains.by_date():
        if root in chain:
            continue
        kind = _kind_of(chain, known, retold, begun)
        head = next((work for work in chain if known[work].is_large), chain[0])
        same = named.get(known[head].stem) or named.get(known[head].words_without_year)
        is_unsure = kind == "own" and all(known[work].role != "alternative" for work in chain)
        if is_unsure and same is not None:
            if _is_remake(known[head], [known[work] for work in same.works]):
                kind = "retelling"
            else:
                same.works.update(chain)
                continue
        if is_unsure and kind == "own" and _begins_with_another(known[head], named, begun, known):
            continue
        if kind is not None:
            begun.append(_Begun(kind, set(chain)))
            named.setdefault(known[head].stem, begun[-1])
    return begun


def _kind_of(
    chain: Sequence[UUID],
    known: Mapping[UUID, KnownMember],
    retold: Mapping[UUID, Set[UUID]],
    begun: Iterable[_Begun],
) -> LineKind | None:
    """Return what line a chain begins, or `None` if it accompanies another."""
    others = [w for w in chain if known[w].role == "alternative" and not known[w].work.is_minor]
    if others:
        versions = {other for work in others for other in retold.get(work, ())}
        of = {one.kind for one in begun if not versions.isdisjoint(one.works)}
        is_told = any(known[work].work.date for work in chain)  # Else nobody knows what it tells.
        if is_told and not of.isdisjoint(("story", "retelling")):
            return "retelling"
        return "spin_off" if of == {"spin_off"} else "own"
    if any(known[work].role == "spin_off" and known[work].is_large for work in chain):
        return "spin_off"
    large = [work for work in chain if known[work].is_large]
    if any(known[work].is_series and known[work].role == "main" for work in large):
        return "own"
    return "own" if len(large) > 1 and any(known[work].is_series for work in large) else None


def _is_remake(head: KnownMember, line: Iterable[KnownMember]) -> bool:
    """Tell whether a series has the title of another that began years before or after."""
    return head.is_series and any(
        other.is_series
        and other.words_without_year == head.words_without_year
        and abs(other.work.year - head.work.year) >= _REMADE
        for other in line
        if other.work.year is not None and head.work.year is not None
    )


def _begins_with_another(
    head: KnownMember,
    named: Mapping[str, _Begun],
    begun: Iterable[_Begun],
    known: Mapping[UUID, KnownMember],
) -> bool:
    """Tell whether a title goes on from that of a line, and so accompanies it.

    It does not where that story had ended and was told anew in between: whoever watches
    Yu-Gi-Oh! 5D's after the series of 1998 must know Duel Monsters, which tells that one anew.
    """
    hosts = [one for stem, one in named.items() if head.stem.startswith(f"{stem} ")]
    if not hosts:
        return False
    retold = min(
        (min(_dates(one, known)) for one in begun if one.kind == "retelling"), default=UNKNOWN
    )
    ended = max(max(_dates(one, known)) for one in hosts)
    return not (head.is_series and ended < retold < head.work.date_key != UNKNOWN)


def _dates(line: _Begun, known: Mapping[UUID, KnownMember]) -> list[str]:
    return [known[work].work.date_key for work in line.works]


class _Hosts:
    """Finds what a work accompanies."""

    def __init__(
        self,
        known: Mapping[UUID, KnownMember],
        relations: Iterable[MemberRelation],
        work_of: Mapping[UUID, UUID],
    ) -> None:
        self.known: Final = known
        self._work_of: Final = work_of
        self._parents: Final[dict[UUID, list[UUID]]] = {}
        for source, target, relation in relations:
            facts = KIND_FACTS[relation.kind]
            if facts.order_rank is not None and source != target:
                first, then = (source, target) if facts.is_forward else (target, source)
                self._parents.setdefault(then, []).append(first)

    def of(self, chain: Iterable[UUID], line_of: Mapping[UUID, _Begun]) -> _Begun | None:
        """Return the line that a chain accompanies, as far as that is decided already."""
        for find in (self._parent, self._by_title, self._by_membership):
            for work in chain:
                host = find(work, line_of)
                if host is not None:
                    return line_of[host]
        return None

    def _parent(self, work: UUID, line_of: Mapping[UUID, _Begun]) -> UUID | None:
        parents = [one for one in self._parents.get(work, ()) if one in line_of]
        return min(parents, key=lambda one: (self.known[one].work.date_key, one), default=None)

    def _by_title(self, work: UUID, line_of: Mapping[UUID, _Begun]) -> UUID | None:
        words = f"{self.known[work].words} "
        found = [
            (-len(self.known[other].stem), self.known[other].work.date_key, other)
            for other in line_of
            if words.startswith(f"{self.known[other].stem} ")
        ]
        return min(found)[2] if found else None

    def _by_membership(self, work: UUID, line_of: Mapping[UUID, _Begun]) -> UUID | None:
        for relation in reversed(self.known[work].because):
            for end in (relation.source, relation.target):
                other = self._work_of.get(end)
                if other in line_of and other != work:
                    return other
        return None


def _accompany(begun: Sequence[_Begun], chains: Chains, hosts: _Hosts, root: UUID) -> None:
    """Add the chains that begin no line to the lines that they accompany."""
    line_of = {work: one for one in begun for work in one.works}
    waiting = [chain for chain in chains.by_date() if chain[0] not in line_of]
    while waiting:
        left: list[Sequence[UUID]] = []
        for chain in waiting:
            host = hosts.of(chain, line_of)
            if host is None:
                left.append(chain)
            else:
                host.works.update(chain)
                line_of.update(dict.fromkeys(chain, host))
        if len(left) == len(waiting):  # Nothing says to which; the first of them goes to the root.
            line_of[root].works.update(left[0])
            line_of.update(dict.fromkeys(left[0], line_of[root]))
            left = left[1:]
        waiting = left


def _line(begun: _Begun, known: Mapping[UUID, KnownMember], root: UUID) -> StoryLine:
    works = sorted(begun.works, key=lambda work: (known[work].work.date_key, work))
    head = known[root] if root in begun.works else None
    return StoryLine(_title([known[work] for work in works], head), begun.kind, tuple(works))


def _named(lines: Sequence[StoryLine], known: Mapping[UUID, KnownMember]) -> list[StoryLine]:
    """Return lines of which no two have one title, as far as their best-known works have none."""
    borne = Counter(line.title for line in lines)
    return [
        line
        if borne[line.title] == 1
        else msgspec.structs.replace(
            line, title=_best_known([known[work] for work in line.works]).work.title
        )
        for line in lines
    ]


def _best_known(works: Sequence[KnownMember]) -> KnownMember:
    main = _main(works) or [one for one in works if not one.work.is_minor] or works
    return max(main, key=lambda one: (one.work.popularity, -len(one.words)))


def _main(works: Sequence[KnownMember]) -> Sequence[KnownMember]:
    """Return the works of full length that may name a line.

    Where most of its series and films are shorter, all of them may: of Larva one film is long.
    """
    large = [one for one in works if one.is_large]
    told = [one for one in works if one.is_large or one.role in _TOLD]
    return told if large and len(large) < _LARGE_SHARE * len(told) else large


def _title(works: Sequence[KnownMember], root: KnownMember | None) -> str:
    """Return the words with which most of the main works begin, or the title of one of them.

    That one is the root of the franchise where the line holds it, else the best known.
    Few words name a line only if they are the whole title of a work: "Kidou Senshi" is none.
    """
    main = _main(works) or works
    best = _best_known(works)
    words = best.work.title.split()
    whole = {one.words for one in main} | {one.stem for one in main}
    for count in range(len(words), 0, -1):
        start = folded(" ".join(words[:count]))
        bearers = sum(f"{one.words} ".startswith(f"{start} ") for one in main)
        # "Adventure Time Season" is cut within what counts the seasons.
        is_name = start in whole or (count >= _WORDS and not start.startswith(f"{best.stem} "))
        if start and bearers >= _SHARED * len(main) and is_name:
            return " ".join(words[:count]).rstrip(_PUNCTUATION)
    return (root or best).work.title


def _turn(line: StoryLine, known: Mapping[UUID, KnownMember]) -> tuple[int, float, str, UUID]:
    """Return the sort key of a line in the suggested sequence."""
    popularity = max(known[work].work.own_popularity for work in line.works)
    head = next((work for work in line.works if known[work].is_large), line.works[0])
    date = known[head].work.date_key
    if line.kind == "own":
        return 1, 0.0, date, head
    if line.kind == "story":
        popularity += _CLEARLY
    return 2 if line.kind == "spin_off" else 0, -popularity, date, head
