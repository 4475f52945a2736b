"""Which kind an untyped relation is, judged by signs and a table of what each sign is worth.

A sign is a plain string that holds of a pair ("names:extended", "season:next"); the model maps
signs to a weight for each kind, adds up, and reads the sum as odds (a multinomial logistic
regression). How often such judgements were right is looked up in steps that cross-validation
measured; below a kind's threshold nothing is said, and the pair stays `related`.

The law: pure and deterministic, and the judgement of (a, b) is that of (b, a) read from the other
end, for signs are taken of the pair in order of time. `benchmarks/train_relations.py` makes the
numbers, `ingest/curation/inference.json` holds them. Cost: 0.1 ms for a pair.
"""

import bisect
import math
from collections.abc import Iterable, Iterator, Set
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from kensho.domain.pair_features import Known, Pair, Profile, Side, Vocabulary
from kensho.domain.relations import FORWARD, INVERSE, Kind

_LEAST_INNER: Final = 5
_LEAST_SHARED: Final = 6
_LEAST_TAGS: Final = 3
_EPISODES_A_MONTH: Final = 4.3
_LONG_RUN: Final = 8
_MOST_REASONS: Final = 3
_ALWAYS: Final = "always"
_PROVIDERS: Final = (
    "mal", "anidb", "anilist", "kitsu", "anime-planet", "anisearch", "animenewsnetwork", "livechart"
)  # fmt: skip
"""Those whose lists of related works differ; simkl and animecountdown repeat AniDB's."""
_GAPS: Final = ((0, "same"), (2, "weeks"), (8, "months"), (16, "year"), (30, "two"), (60, "years"))
"""Months between two works, as far as it tells kinds apart."""
_RATIOS: Final = ((0.03, "tiny"), (0.12, "small"), (0.45, "part"), (0.8, "less"), (1.3, "equal"))
_COUNTED: Final = ("degree_a", "degree_b", "common", "between")
_COUNTS: Final = ((0, "0"), (1, "1"), (2, "2"), (5, "5"), (11, "11"), (29, "29"))

_SIDED: Final = ("mark", "told", "tag")
_SIDES: Final = {"a": "the earlier work", "b": "the later work", "both": "both"}


class Table(msgspec.Struct, frozen=True):
    """What signs are worth.

    `weights` holds for each sign what it adds to each of `kinds`; `steps` are (judged probability,
    measured share of right ones) in rising order, and `thresholds` the probability from which a
    kind is said. A kind and its inverse share the last two, under the name of the forward one.
    """

    kinds: tuple[Kind, ...] = ("related",)
    weights: dict[str, tuple[float, ...]] = {}
    steps: dict[Kind, tuple[tuple[float, float], ...]] = {}
    thresholds: dict[Kind, float] = {}


class Model(msgspec.Struct, frozen=True):
    """A table for pairs around which kinds are stated, one for the others; signs in English."""

    vocabulary: Vocabulary = Vocabulary()
    phrases: dict[str, str] = {}
    among: Table = Table()
    alone: Table = Table()


class Inference(msgspec.Struct, frozen=True):
    """The second work is the `kind` of the first: how surely (0..1), and why, as one line."""

    kind: Kind
    confidence: float
    because: str


class Judgement(NamedTuple):
    """The likeliest kind, whether it is likely enough to be said, and what signs spoke for it."""

    kind: Kind
    confidence: float
    is_said: bool
    worth: dict[str, float]


def infer(model: Model, pair: Pair) -> Inference | None:
    """Return what `pair.b` is of `pair.a`, or `None` where it can't be told."""
    forward = in_order(pair)
    table = model.among if forward.a.known or forward.b.known else model.alone
    judged = judge(table, signs(forward))
    if not judged.is_said or not pair.is_tellable:
        return None
    kind = judged.kind if forward is pair else INVERSE[judged.kind]
    return Inference(kind, judged.confidence, _because(model.phrases, forward, judged.worth))


def judge(table: Table, held: Iterable[str]) -> Judgement:
    """Return what a table makes of the signs that hold, in whatever order they come."""
    rows = [(sign, row) for sign in (_ALWAYS, *held) if (row := table.weights.get(sign))]
    sums = [math.fsum(column) for column in zip(*(row for _, row in rows), strict=True)]
    sums = sums or [0.0] * len(table.kinds)
    best = max(sums)
    place = sums.index(best)
    probability = 1 / math.fsum(math.exp(one - best) for one in sums)
    kind = table.kinds[place]
    return Judgement(
        kind,
        _measured(table.steps.get(family(kind), ()), probability),
        probability >= table.thresholds.get(family(kind), math.inf),
        {sign: row[place] - math.fsum(row) / len(row) for sign, row in rows},
    )


def family(kind: Kind) -> Kind:
    """Return the kind by whose name it and its inverse are counted: `sequel` for a prequel."""
    return kind if kind in FORWARD else INVERSE[kind]


def in_order(pair: Pair) -> Pair:
    """Return the pair, the earlier work first: by date, else season, number, length, key."""
    if pair.a.profile.order <= pair.b.profile.order:
        return pair
    return Pair(pair.b, pair.a, pair.common, pair.between)


def signs(pair: Pair) -> Iterator[str]:
    """Yield the signs of a pair whose first work is the earlier, each once."""
    a, b = pair.a.profile, pair.b.profile
    yield from _work_signs(a, b)
    hints = (("mark", a.marks, b.marks), ("told", a.told, b.told), ("tag", a.tags, b.tags))
    for what, here, there in hints:
        yield from (f"{what}:{one}:both" for one in here & there)
        yield from (f"{what}:{one}:a" for one in here - there)
        yield from (f"{what}:{one}:b" for one in there - here)
    counts = (pair.a.degree, pair.b.degree, pair.common, pair.between)
    for what, count in zip(_COUNTED, counts, strict=True):
        yield f"{what}:{_step_of(count, _COUNTS)}"
    yield f"standing:{pair.a.is_first:d}{pair.b.is_first:d}{pair.a.is_hub:d}{pair.b.is_hub:d}"
    yield f"chain:{pair.a.is_next:d}{pair.b.is_next:d}"
    if pair.a.pages and pair.b.pages:
        yield from _listing_signs(pair.a, pair.b)
    yield from set(_known_signs(pair.a.known, b, "a"))
    yield from set(_known_signs(pair.b.known, a, "b"))
    back = {one.other.facts.key: INVERSE[one.kind] for one in pair.b.known}
    paths = ((one.kind, back.get(one.other.facts.key)) for one in pair.a.known)
    yield from {f"path:{there}.{onward}" for there, onward in paths if onward}


def _work_signs(a: Profile, b: Profile) -> Iterator[str]:
    name, season = names(a, b), _season(a, b)
    types = f"{a.facts.anime_type}>{b.facts.anime_type}"
    yield f"names:{name}"
    yield f"season:{season}"
    yield f"types:{types}"
    yield f"forms:{a.form}>{b.form}"
    yield f"form_a:{a.form}"
    yield f"form_b:{b.form}"
    yield f"names:{name} & types:{types}"
    yield f"season:{season} & types:{types}"
    if name in ("numbered", "same_but_type"):
        yield f"number:{_step(a.number, b.number)}"
    gap = None if a.month is None or b.month is None else b.month - a.month
    said = "unknown" if gap is None else _step_of(gap, _GAPS)
    yield f"gap:{said}"
    yield f"gap:{said} & names:{name}"
    run = (a.facts.episodes or 0) if a.facts.anime_type == "tv" else 0
    if gap is not None and run > _LONG_RUN:
        yield "airing:during" if gap < run / _EPISODES_A_MONTH else "airing:after"
    ratio = b.length_s / a.length_s if a.length_s and b.length_s else 0
    yield f"length:{_step_of(ratio, _RATIOS) if ratio else 'unknown'}"
    least, both = min(len(a.facts.tags), len(b.facts.tags)), len(a.facts.tags & b.facts.tags)
    yield f"tags:{min(9, 10 * both // least) if least >= _LEAST_TAGS else 'unknown'}"
    studio = _studio(a.facts.studios, b.facts.studios)
    yield f"studio:{studio}"
    yield f"studio:{studio} & gap:{said}"


def names(a: Profile, b: Profile) -> str:
    """Return how the names of two works stand to one another: the closest of ten ways."""
    if a.stems & b.stems:
        return "same"
    if a.cores & b.cores:
        return "same_but_type"
    if a.numbered & (b.numbered | b.cores) or b.numbered & a.cores:
        return "numbered"
    starts, later = tuple(a.cores), tuple(b.cores)
    if any(name.startswith(starts) for name in b.cores):
        return "extended"
    return "extending" if any(name.startswith(later) for name in a.cores) else _loosely(a, b)


def _loosely(a: Profile, b: Profile) -> str:
    if _inside(a.cores, b.cores):
        return "inside"
    if _inside(b.cores, a.cores):
        return "around"
    x, y = a.main, b.main
    least = min(len(x), len(y))
    shared = next((n for n in range(least) if x[n] != y[n]), least)
    if shared >= _LEAST_SHARED or (shared * 3 >= 2 * _LEAST_SHARED and shared * 2 >= least):
        return "siblings"
    return "strangers" if a.words.isdisjoint(b.words) else "share_word"


def _inside(short: Set[str], long: Set[str]) -> bool:
    return any(one in other for one in short if len(one) >= _LEAST_INNER for other in long)


def _season(a: Profile, b: Profile) -> str:
    step = _step(a.season, b.season)
    if step in ("none", "equal") and a.part != b.part:
        return f"part_{_step(a.part, b.part)}"
    return "final" if step == "none" and b.is_final and not a.is_final else step


def _step(a: int | None, b: int | None) -> str:
    if a == b:
        return "none" if a is None else "equal"
    step = (b or 1) - (a or 1)
    if step <= 0:
        return "first" if step == 0 else "dropped" if b is None else "back"
    return "next" if step == 1 else "skip"


def _step_of(value: float, steps: tuple[tuple[float, str], ...]) -> str:
    return next((label for most, label in steps if value <= most), "more")


def _studio(a: tuple[str, ...], b: tuple[str, ...]) -> str:
    if not a or not b:
        return "unknown"
    return "other" if set(a).isdisjoint(b) else "shared"


def _listing_signs(a: Side, b: Side) -> Iterator[str]:
    listing = 0
    for provider in _PROVIDERS:
        if provider in a.lists or provider in b.lists:
            listing += 1
            way = "both" if provider in a.lists & b.lists else "a" if provider in a.lists else "b"
            yield f"listed:{provider}:{way}"
        elif provider in a.pages and provider in b.pages:
            yield f"listed:{provider}:not"
    yield f"listed_by:{listing}"


def _known_signs(known: Iterable[Known], other: Profile, side: str) -> Iterator[str]:
    """Yield what is stated of a work's other relations, and to works like the other one."""
    one = None
    for one in known:
        has, end = f"{side}_has", one.other
        yield f"{has}:{one.kind}"
        yield f"{has}:{one.kind}:{'later' if end.order > other.order else 'sooner'}"
        if end.facts.anime_type == other.facts.anime_type:
            yield f"{has}_type:{one.kind}"
        early, late = (end, other) if end.order <= other.order else (other, end)
        if (name := names(early, late)) not in ("strangers", "share_word"):
            yield f"{has}_near:{one.kind}:{name}"
    if one is None:
        yield f"{side}_has:none"


def _measured(steps: tuple[tuple[float, float], ...], odds: float) -> float:
    """Return the measured share at these odds, between the two steps around them."""
    if not steps:
        return odds
    place = bisect.bisect_right(steps, odds, key=lambda step: step[0])
    if place == 0 or place == len(steps):
        return steps[max(0, place - 1)][1]
    (x, low), (end, high) = steps[place - 1], steps[place]
    return low + (high - low) * (odds - x) / (end - x)


def _because(phrases: dict[str, str], forward: Pair, worth: dict[str, float]) -> str:
    """Return the strongest signs as one line of English; of equals the first by name."""
    ranked = sorted(worth, key=lambda sign: (-worth[sign], sign))
    said = (_phrase(phrases, sign, forward) for sign in ranked if worth[sign] > 0)
    reasons = islice(dict.fromkeys(filter(None, said)), _MOST_REASONS)
    return "; ".join(reasons) or "no single sign, but many small ones"


def _phrase(phrases: dict[str, str], sign: str, forward: Pair) -> str:
    """Return a sign in English; signs of two facts at once are told by their parts."""
    if " & " in sign:
        return ""
    what, _, value = sign.partition(":")
    a, b = forward.a.profile, forward.b.profile
    pattern = phrases.get(sign, phrases.get(what, ""))
    value, _, of = value.rpartition(":") if what in _SIDED else value.partition(":")
    return pattern.format(
        a=f"“{a.title}”", b=f"“{b.title}”", value=value, of=_SIDES.get(of, of),
        type_a=a.facts.anime_type, type_b=b.facts.anime_type, form_a=a.form, form_b=b.form,
        season_a=a.season or 1, season_b=b.season or 1, months=abs((b.month or 0) - (a.month or 0)),
    )  # fmt: skip
