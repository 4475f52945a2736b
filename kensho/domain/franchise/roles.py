"""The root of a franchise, the role of each member, and the relations by which it belongs.

The root is the earliest of the well-known works. The reason why a work is a member is the cheapest
path from the root to it: curated relations are cheaper than stated ones, stated ones cheaper than
inferred ones, and kinds that continue a story cheaper than those that only mention it.

Guarantees: pure, and independent of the order of relations. A path exists wherever members are
connected.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final, NamedTuple

from kensho.domain import graphs
from kensho.domain.franchise.graph import NodeRelation
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.franchise.policy import Policy
from kensho.domain.relations import KIND_FACTS, METHOD_RANK
from kensho.domain.title_words import Rarity, words_of
from kensho.domain.works import AnimeType, Role

_WELL_KNOWN: Final = 0.7
"""The root has at least this share of the popularity of the most popular member. Chosen by hand;
`tests/integration/test_real_catalogue.py` checks the roots of ten franchises. Popularity is the
mean of what a work has as the first of its series and what it has by itself: the first alone would
call a forgotten OVA the beginning of Lyrical Nanoha, the second alone the second season of a short
series."""
_BESIDE: Final = 0.7
"""The factor for the popularity of a special, short or brief film as a root: most of those that
come before a series announce it, but some began the franchise. Chosen by hand on the same roots."""
_NO_SERIES: Final = 0.8
"""The factor for the popularity of an OVA or film as a root where the franchise has a series: of
works about as well known, viewers begin with the series. Without it Clannad would begin with a film
that came out two weeks before it, JoJo with an OVA of 1993. Chosen by hand: nearly all of the 80
roots of the full catalogue that it moves become the series that is better known."""
_DOUBT: Final = 1.0
"""Added to the cost of a relation of confidence 0, and less the higher the confidence is: as much
as a sequel costs. Chosen by hand; not measured."""
_BY_MINOR: Final = 4.0
"""Added where a path leads on from a summary, a song or a brief special: no viewer would explain a
work by one. More than a stated kind costs, less than an edge of unknown kind."""
_PRECEDENCE: Final[tuple[Role, ...]] = (
    "music",
    "summary",
    "side",
    "spin_off",
    "alternative",
)
_BRANCHES: Final[frozenset[Role]] = frozenset(("spin_off", "alternative"))
PROMOTION_S: Final = 600
"""The longest that a promotion runs: nearly all works that a catalogue tags so are shorter; longer
ones are stories that a town or a firm paid for."""
PROMOTION_RUN_S: Final = 1200
"""The longest that all episodes of a promotion run if several catalogues list it: what is tagged so
and lasts longer is a series that a firm paid for (Hakumei no Tsubasa, Houkago no Pleiades)."""
_SEVERAL_CATALOGUES: Final = 4
"""Fewer list advertisements in instalments: the insurances and banks of Taka no Tsume."""
_SONG_S: Final = range(90, 481)
"""How long songs run: of 50 works that the other signs find, 49 were songs."""
_WHOLE_SONG_S: Final = range(180, _SONG_S.stop)
"""What is as long as a song among songs is one; what is shorter may advertise it."""
_SONGS: Final = 2
"""So many songs at most are listed as one work."""
_MINUTES_S: Final = 300
_FAR_LONGER_S: Final = 900
"""A series of minutes is an extra beside one of far longer episodes, unless it continues what lasts
as long: of 103 that were read five tell a story of their own (Star Wars: Clone Wars)."""
_FEW_CATALOGUES: Final = 2
"""What more catalogues list as a series of one episode is a series of which they know no more."""
_ROLE_OF_TYPE: Final[Mapping[AnimeType, Role]] = {"tv": "main", "ona": "main", "movie": "film"}
_MAIN_TYPES: Final[frozenset[AnimeType]] = frozenset(("tv", "ona"))


def root_of(nodes: Iterable[int], works: Sequence[FranchiseWork]) -> int:
    """Return the earliest of the well-known works, from which the franchise is presented."""
    all_nodes = list(nodes)
    major = [node for node in all_nodes if works[node].type == "tv" or not works[node].is_minor]
    has_series = any(works[node].type in _MAIN_TYPES for node in major)
    popularity = {node: _popularity_as_root(works[node], has_series) for node in major or all_nodes}
    least = _WELL_KNOWN * max(popularity.values())
    well_known = [node for node, value in popularity.items() if value >= least]
    return min(well_known, key=lambda node: (works[node].date_key, -works[node].popularity, node))


def _popularity_as_root(work: FranchiseWork, has_series: bool) -> float:
    """Return the popularity of a work, reduced if it tells no story of its own at full length."""
    popularity = (work.own_popularity + work.popularity) / 2
    is_beside = work.type != "tv" and (work.type == "special" or work.is_short or work.is_brief)
    if is_beside or work.is_recap or work.is_promotion:
        return popularity * _BESIDE
    return popularity * (_NO_SERIES if has_series and work.type in ("ova", "movie") else 1.0)


def paths_from(
    root: int, works: Mapping[int, FranchiseWork], relations: Iterable[NodeRelation]
) -> dict[int, tuple[Relation, ...]]:
    """Return the cheapest path of relations from the root to each node that it reaches."""
    near: dict[int, list[tuple[float, int, Relation]]] = {}
    for one, other, relation, _ in relations:
        cost = _cost(relation)
        near.setdefault(one, []).append((cost + _through(works[one]), other, relation))
        near.setdefault(other, []).append((cost + _through(works[other]), one, relation))
    return graphs.cheapest_paths(root, lambda node: near.get(node, ()))


def _through(work: FranchiseWork) -> float:
    """Return what it costs to explain another work by this one."""
    return _BY_MINOR if work.is_minor or work.is_recap else 0.0


def _cost(relation: Relation) -> float:
    step = KIND_FACTS[relation.kind].reason_cost
    return step + (_DOUBT * (1.0 - relation.confidence) if relation.method != "curated" else 0.0)


class FormWords(NamedTuple):
    """Words of titles that tell what a work is: a summary, a promotion of another work, a song.

    Of songs each entry is a set of words that a title holds together: "music" and "clip".
    """

    recaps: frozenset[str]
    promotions: frozenset[str]
    songs: tuple[frozenset[str], ...] = ()

    @classmethod
    def of(cls, policy: Policy) -> "FormWords":
        """Return the words that curators chose."""
        songs = tuple(frozenset(song.split()) for song in policy.songs)
        return cls(frozenset(policy.recaps), frozenset(policy.promotions), songs)


def roles_of(
    root: int,
    works: Mapping[int, FranchiseWork],
    relations: Sequence[NodeRelation],
    *,
    crossing: Set[int],
    forms: FormWords,
) -> dict[int, Role]:
    """Return the role of each work of a franchise; `crossing` join it with other franchises."""
    story = _story_neighbours(relations)
    line = _connected(root, story)
    stated = _stated_roles(line, works, relations)
    continued = line | _other_lines(works, story, stated)
    strangers = crossing - story.keys()  # A work that continues a member is not a guest.
    extras = {node for node in works if _is_of_minutes(node, root, works, story)}
    line, continued = line - extras, continued - extras
    are_songs = _are_songs(root, works)
    advertises = not (works[root].is_promotion or _is_promotion(works[root], forms))
    roles: dict[int, Role] = {
        node: "main"
        if node == root
        else "promotion"
        if advertises and not work.is_music and _is_promotion(work, forms)
        else "summary"
        if _is_recap(work, forms.recaps)
        else "music"
        if _is_titled_as_song(work, forms.songs) or (are_songs and _lasts_as_a_song(work))
        else _role(
            work,
            stated.get(node, {}),
            in_line=node in line,
            is_continued=node in continued,
            is_guest=node in strangers,
            is_beside=node in extras or _is_beside(work, works[root]),
        )
        for node, work in works.items()
    }
    return roles | _continued_roles(roles, extras, works, story, line)


def songs_of(
    root: int, works: Mapping[int, FranchiseWork], names: Sequence[Set[str]], rare: Rarity
) -> set[int]:
    """Return the works that one catalogue lists under their singer: "Creepy Nuts: Otonoke".

    It tags them like the series that they were made for, not as music. They are brief single
    specials, and what bears a name that stands before the colon is a song as well. A series of
    brief specials that the root is one of has no singer.
    """
    bearers: dict[str, set[int]] = defaultdict(set)
    for node in works:
        for name in names[node]:
            bearers[name].add(node)
    sung: dict[frozenset[str], set[int]] = defaultdict(set)
    for node, work in works.items():
        singer, colon, _ = work.title.partition(": ")
        is_brief = work.type == "special" and (work.episodes or 1) == 1
        if colon and is_brief and len(work.sources) == 1 and (work.duration_s or 0) in _SONG_S:
            sung[rare.names(words_of((singer,)))].add(node)
    music = {node for node, work in works.items() if work.is_music}
    return {
        node
        for singers, nodes in sung.items()
        if singers and root not in nodes
        if all(bearers[name] <= music | nodes for name in singers)
        for node in nodes
    }


def _other_lines(
    works: Mapping[int, FranchiseWork],
    story: Mapping[int, Sequence[int]],
    stated: Mapping[int, Mapping[Role, int]],
) -> set[int]:
    """Return the works that continue a series of which no source says that it stands beside.

    The third season of a series that goes on by itself is no side story where it was sold as OVAs.
    """
    found: set[int] = set()
    for first in story:
        if first in found:
            continue
        line = _connected(first, story)
        is_series = any(works[at].type in _MAIN_TYPES and not works[at].is_minor for at in line)
        if is_series and line.isdisjoint(stated):
            found |= line
    return found


def _continued_roles(
    roles: Mapping[int, Role],
    extras: Set[int],
    works: Mapping[int, FranchiseWork],
    story: Mapping[int, Sequence[int]],
    line: Set[int],
) -> dict[int, Role]:
    """Return the roles of works that go on where a spin-off or another telling ended: the same."""
    open_: frozenset[Role] = frozenset(("main", "film"))
    found: dict[int, Role] = {}
    seen = set(line)
    for first in sorted(story, key=lambda node: (works[node].date_key, works[node].id)):
        if first not in seen:
            branch = _connected(first, story)
            seen |= branch
            if roles[first] in _BRANCHES:
                found.update(
                    (w, roles[first])
                    for w in branch
                    if roles[w] in open_ or (w in extras and roles[w] == "side")
                )
    return found


def _stated_roles(
    line: Set[int], works: Mapping[int, FranchiseWork], relations: Iterable[NodeRelation]
) -> dict[int, dict[Role, int]]:
    """Return the roles that relations give each work, each with the rank of its best method.

    What continues the story of the root, and so is in its `line`, is no alternative to it, even
    where it tells again what another work of the line told.
    """
    found: dict[int, dict[Role, int]] = {}
    for one, other, relation, _ in relations:
        facts = KIND_FACTS[relation.kind]
        node, role = other, facts.role
        if not facts.is_forward:
            node, role = one, KIND_FACTS[facts.inverse].role
        elif role == "alternative":
            # The kind does not say which of the two is the alternative: the one that is not in the
            # line, else the less popular one, then the later one.
            node = max(
                one,
                other,
                key=lambda n: (n not in line, -works[n].popularity, works[n].date_key, n),
            )
            if node in line:
                continue
        if role not in (None, "main", "crossover"):
            roles = found.setdefault(node, {})
            roles[role] = max(roles.get(role, 0), METHOD_RANK[relation.method])
    return found


def _story_neighbours(relations: Iterable[NodeRelation]) -> dict[int, list[int]]:
    """Return the works that each one continues or is continued by."""
    near: dict[int, list[int]] = {}
    for one, other, relation, _ in relations:
        if KIND_FACTS[relation.kind].family == "story":
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
    return near


def _connected(node: int, story: Mapping[int, Sequence[int]]) -> set[int]:
    """Return the works that sequels and prequels connect with one, itself included."""
    return graphs.reachable((node,), lambda at: story.get(at, ()))


def _is_recap(work: FranchiseWork, recaps: frozenset[str]) -> bool:
    return work.is_recap or not recaps.isdisjoint(words_of(work.titles[:1]))


def _is_promotion(work: FranchiseWork, forms: FormWords) -> bool:
    """Tell whether a work advertises another: a short one that is tagged or titled so."""
    duration_s = work.duration_s or 0
    if work.type == "tv" or duration_s > PROMOTION_S:
        return False
    is_series = (
        duration_s * (work.episodes or 1) > PROMOTION_RUN_S
        and len(work.sources) >= _SEVERAL_CATALOGUES
    )
    return (work.is_promotion and not is_series) or not forms.promotions.isdisjoint(
        words_of(work.titles[:1])
    )


def _is_of_minutes(
    node: int,
    root: int,
    works: Mapping[int, FranchiseWork],
    story: Mapping[int, Sequence[int]],
) -> bool:
    """Tell whether a series has episodes of minutes beside a root and continues nothing longer.

    Of what is to come, catalogues tell the length of the trailer.
    """
    work = works[node]
    longest = max((works[other].duration_s or 0 for other in story.get(node, ())), default=0)
    return (
        work.type in _MAIN_TYPES
        and bool(work.date)
        and not work.is_upcoming
        and 0 < (work.duration_s or 0) <= _MINUTES_S
        and longest < _FAR_LONGER_S <= (works[root].duration_s or 0)
    )


def _are_songs(root: int, works: Mapping[int, FranchiseWork]) -> bool:
    """Tell whether a franchise is of songs: its root is one, or lasts like most, which are."""
    music = sum(work.is_music for work in works.values())
    return works[root].is_music or (_lasts_as_a_song(works[root]) and 2 * music > len(works))


def _lasts_as_a_song(work: FranchiseWork) -> bool:
    """Tell whether a work is a special, or two, of the length of a song."""
    return (
        work.type == "special"
        and (work.episodes or 1) <= _SONGS
        and (work.duration_s or 0) in _WHOLE_SONG_S
    )


def _is_titled_as_song(work: FranchiseWork, songs: Iterable[frozenset[str]]) -> bool:
    """Tell whether the title of what is no series or film says that it is a song, or songs."""
    if work.type in ("tv", "movie") or not 0 < (work.duration_s or 0) < _SONG_S.stop:
        return False
    words = words_of(work.titles[:1])
    return any(song <= words for song in songs)


def _is_beside(work: FranchiseWork, root: FranchiseWork) -> bool:
    """Tell whether a work is minor where the root is not, or one broadcast beside a series."""
    is_broadcast = (
        work.type == "tv"
        and work.episodes == 1
        and bool(work.date and work.duration_s and not work.is_short)
        and len(work.sources) <= _FEW_CATALOGUES
        and (root.episodes or 0) > 1
    )
    return (work.is_minor and not root.is_minor) or is_broadcast


def _role(
    work: FranchiseWork,
    stated: Mapping[Role, int],
    *,
    in_line: bool,
    is_continued: bool,
    is_guest: bool,
    is_beside: bool,
) -> Role:
    """Return the role of a work of which sources state roles; `is_beside` tells that it is minor.

    `in_line` and `is_continued` tell that it is of the line of the root, or of any series. Where
    the root is a short of minutes as well, another one stands beside nothing.
    """
    if work.is_music:
        return "music"
    if in_line and work.type in _MAIN_TYPES and "summary" not in stated:
        return "main"
    is_announced = work.type == "unknown" and not work.date  # A sequel of which no more is known.
    if is_continued and not stated and work.type != "movie" and (is_announced or not work.is_minor):
        return "main"  # The last part of a series may be sold as a special.
    is_season = is_continued and work.type in _MAIN_TYPES
    is_beside = is_beside and work.type != "movie" and not (in_line or is_season)
    by_form: Role = "side" if is_beside else _ROLE_OF_TYPE.get(work.type, "side")
    if stated:
        best = max(stated.values())
        role: Role = next(role for role in _PRECEDENCE if stated.get(role) == best)
        # Viewers look for a film among the films, whether it continues a story or not.
        return by_form if role == "side" and work.type == "movie" else role
    # A series belongs to the story of its own franchise, whoever makes a guest appearance in it.
    return "crossover" if is_guest and not in_line and work.type != "tv" else by_form
