"""Queries whose right answers are known: titles spoilt as people spoil them, and real ones.

Right is every work that bears a title which reads like the one that was spoilt, letters alone
(`search_corpus.key`). A spoilt text is dropped, and another title drawn, when it reads exactly
like a title of a work that isn't right: a digit typed as another names another season, and a title
cut at its subtitle may be the whole title of the first work. Nothing could tell those from the
plain query. What is merely near another title stays in.

Everything is seeded: one corpus and seed give one list.
"""

import math
import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from benchmarks import search_corpus
from benchmarks.labelled_queries import LabelledQuery
from benchmarks.search_corpus import Corpus, key
from kensho.domain.titles import folded

SHORTEST: Final = 4
"""Letters that a title must have for an edit: of three, one says nothing any more."""
SHORT: Final = 8
"""Titles of fewer letters get one edit; each further so many letters allow one more, up to 3."""
HARD_LETTERS: Final = range(4, 10)
HARD_TWO_FROM: Final = 6
"""Hard titles of so many letters get one or two edits, shorter ones one."""
CUT_AT_LEAST: Final = 0.6
CUT_CHARS: Final = 6
BEGUN_LETTERS: Final = range(4, 13)
BEST_KNOWN: Final = 2_500
EVEN: Final = 30
"""The best-known works are drawn as if their ranks began here: the first would be half of all."""
MARKS: Final = "-:!?~.,☆・"
SAMPLE: Final = 20_000

LONG_VOWEL: Final = re.compile(r"ou|oo|uu|[ōôūû]", re.IGNORECASE)
ROMAJI: Final = re.compile(
    r"\b(?:(?:[kgnhbmrp]y?|[sc]h|ss|kk|tt|pp|ts|[szjtdfyw])?[aeiouāēīōôūû]|n|m(?=[bp]))+\b",
    re.IGNORECASE,
)
"""Words that read as romanised Japanese: nobody writes "Yōth" for "Youth"."""
SPELLINGS: Final = {"o": ("ou", "ō", "o"), "u": ("uu", "ū", "u")}
ROMAN: Final = {2: "II", 3: "III", 4: "IV", 5: "V"}
SEASON: Final = re.compile(
    r"\bSeason (?P<plain>[2-9])\b|\b(?P<ordinal>[2-9])(?:nd|rd|th) Season\b|\bS(?P<s>[2-9])\b"
    r"|(?<=\w )(?P<roman>II|III|IV)$"
)

Spoil: TypeAlias = Callable[[random.Random, str], str | None]
"""Returns the text spoilt in one way, or none where that way doesn't apply."""


class Query(msgspec.Struct, frozen=True):
    """A text, the works any of which is right first, and how it came about from which title."""

    text: str
    right: frozenset[int]
    kind: str
    title: str = ""


class _Release(msgspec.Struct, frozen=True):
    input: str
    title: str
    mal_id: int | list[int] | None = None


def corruptions(corpus: Corpus, n: int = 2_500, seed: int = search_corpus.SEED) -> list[Query]:
    """Return real titles spoilt in six ways, in turn, so that each way is met equally often.

    Edits of letters (see `SHORT`), order of words, punctuation, long vowels, cut ends (at least
    60 % and 6 characters stay) and season markers. Titles are drawn until the way applies. What
    reads exactly like another work's title is dropped; see this module.
    """
    rng = random.Random(seed)
    letters = _letters(corpus, rng)
    ways: dict[str, Spoil] = {
        "edits": lambda rng, text: _edited(rng, text, letters),
        "word order": _reordered,
        "punctuation": _repunctuated,
        "long vowels": _revowelled,
        "prefix": _cut,
        "season marker": _reseasoned,
    }
    names = [list(ways)[number % len(ways)] for number in range(n)]
    return [_drawn(corpus, corpus.distinct, rng, ways[name], name) for name in names]


def cut(corpus: Corpus, seeds: Sequence[int], n: int = 1_000) -> list[Query]:
    """Return `n` titles of each seed without their ends, as `corruptions` cuts them."""
    return [
        _drawn(corpus, corpus.distinct, rng, _cut, "prefix")
        for rng in map(random.Random, seeds)
        for _ in range(n)
    ]


def hard(corpus: Corpus, n: int = 600, seed: int = search_corpus.SEED) -> list[Query]:
    """Return titles of 4 to 9 letters with one edit, or one or two from 6 letters on.

    Letters are counted after folding. What reads exactly like another work's title is dropped.
    """
    rng = random.Random(seed)
    letters = _letters(corpus, rng)
    short = [text for text in corpus.distinct if _letters_total(text) in HARD_LETTERS]

    def spoil(rng: random.Random, text: str) -> str | None:
        edits = rng.choice((1, 2)) if _letters_total(text) >= HARD_TWO_FROM else 1
        return _with_edits(rng, text, edits, letters)

    return [_drawn(corpus, short, rng, spoil, "hard") for _ in range(n)]


def beginnings(
    corpus: Corpus, popularity: Sequence[float], n: int = 3_000, seed: int = search_corpus.SEED
) -> list[Query]:
    """Return what people have typed of main titles so far, 4 to 12 characters.

    The works are drawn from the best known, one of rank r as often as 1 / (r + 30).
    """
    rng = random.Random(seed)
    ranked = sorted(range(len(corpus.rows)), key=lambda work: (-popularity[work], work))
    ranked = ranked[:BEST_KNOWN]
    weights = [1 / (rank + EVEN) for rank in range(len(ranked))]
    found: list[Query] = []
    while len(found) < n:
        (work,) = rng.choices(ranked, weights)
        title = corpus.rows[work].title
        text = title[: rng.choice(BEGUN_LETTERS)].strip().lower()
        if SHORTEST <= len(text) < len(title):
            found.append(Query(text, corpus.with_twins([work]), "beginning", title))
    return found


def exact(corpus: Corpus) -> Iterator[Query]:
    """Yield every title as it stands, each text once."""
    for text in corpus.distinct:
        yield Query(text, corpus.bearers[key(text)], "exact", text)


def releases(path: Path, corpus: Corpus, *, read: bool = False) -> list[Query]:
    """Return names of release files whose MyAnimeList ids the corpus knows.

    `read` asks for the title that the parser they come from reads out of the name: without its
    season, so that not even a perfect search finds each.
    """
    rows = [msgspec.json.decode(line, type=_Release) for line in path.read_bytes().splitlines()]
    found = []
    for row in rows:
        numbers = row.mal_id if isinstance(row.mal_id, list) else [row.mal_id]
        right = works_of(corpus, [f"mal:{number}" for number in numbers])
        if right:
            found.append(Query(row.title if read else row.input, right, "release", row.title))
    return found


def labelled(rows: list[LabelledQuery], corpus: Corpus) -> list[Query]:
    """Return the labelled queries of works that the corpus holds; any of their ids is right."""
    queries = [Query(row.query, works_of(corpus, row.ids), row.kind) for row in rows]
    return [query for query in queries if query.right]


def works_of(corpus: Corpus, sources: Iterable[str]) -> frozenset[int]:
    """Return the works that hold any of these source ids."""
    return frozenset().union(*(corpus.by_source.get(source, ()) for source in sources))


def again(queries: list[Query], larger: Corpus) -> list[Query]:
    """Return the same queries for a corpus that holds theirs, without those that now name another.

    For the question whether size alone costs quality.
    """
    moved = [msgspec.structs.replace(q, right=larger.bearers[key(q.title)]) for q in queries]
    return [query for query in moved if not _names_another(larger, query.text, query.right)]


def _drawn(corpus: Corpus, titles: list[str], rng: random.Random, spoil: Spoil, kind: str) -> Query:
    """Draw titles until one can be spoilt and still means itself."""
    while True:
        title = rng.choice(titles)
        text = spoil(rng, title)
        right = corpus.bearers[key(title)]
        if text and text != title and not _names_another(corpus, text, right):
            return Query(text, right, kind, title)


def _names_another(corpus: Corpus, text: str, right: frozenset[int]) -> bool:
    return not corpus.bearers.get(key(text), right) <= right


def _letters_total(text: str) -> int:
    return len(folded(text).replace(" ", ""))


def _edited(rng: random.Random, text: str, letters: dict[str, str]) -> str | None:
    total = _letters_total(text)
    if total < SHORTEST:
        return None
    return _with_edits(rng, text, rng.randint(1, min(3, max(1, total // SHORT + 1))), letters)


def _with_edits(rng: random.Random, text: str, edits: int, letters: dict[str, str]) -> str | None:
    """Insert, delete, replace or swap letters, or none where what is left reads as before."""
    spoilt = list(text)
    for _ in range(edits):
        places = [place for place, letter in enumerate(spoilt) if letter.isalnum()]
        if len(places) < SHORTEST - 1:
            return None
        place = rng.choice(places)
        way = rng.choice(("insert", "delete", "replace", "swap"))
        other = rng.choice(letters[_script(spoilt[place])])
        if way == "insert":
            spoilt.insert(place, other)
        elif way == "delete":
            del spoilt[place]
        elif way == "replace":
            spoilt[place] = other
        elif place + 1 < len(spoilt):
            spoilt[place : place + 2] = spoilt[place + 1], spoilt[place]
    changed = "".join(spoilt)
    return None if key(changed) == key(text) else changed


def _reordered(rng: random.Random, text: str) -> str | None:
    words = text.split()
    if len(words) < 2:  # noqa: PLR2004 - one word has no order
        return None
    if rng.random() < 0.5:  # noqa: PLR2004 - as often one as the other
        turn = rng.randrange(1, len(words))
        return " ".join(words[turn:] + words[:turn])
    one, other = rng.sample(range(len(words)), 2)
    words[one], words[other] = words[other], words[one]
    return " ".join(words)


def _repunctuated(rng: random.Random, text: str) -> str | None:
    marks = [place for place, sign in enumerate(text) if unicodedata.category(sign)[0] in "PS"]
    way = rng.choice(("remove", "replace", "add") if marks else ("add",))
    if way == "remove":
        return "".join(sign for place, sign in enumerate(text) if place not in set(marks)).strip()
    if way == "replace":
        place = rng.choice(marks)
        return text[:place] + rng.choice(MARKS) + text[place + 1 :]
    ends = [place for place in range(1, len(text) + 1) if text[place : place + 1] in {"", " "}]
    place = rng.choice(ends)
    return text[:place] + rng.choice(MARKS) + text[place:]


def _revowelled(rng: random.Random, text: str) -> str | None:
    """Spell each long vowel of its Japanese words in one other way."""
    manner = rng.randrange(1, 3)

    def respelt(found: re.Match[str]) -> str:
        plain = unicodedata.normalize("NFD", found.group())
        ways = SPELLINGS[plain[0].lower()]
        now = 0 if len(found.group()) > 1 else 1
        spelling = ways[(now + manner) % len(ways)]
        return spelling.capitalize() if plain[0].isupper() else spelling

    return ROMAJI.sub(lambda word: LONG_VOWEL.sub(respelt, word.group()), text)


def _cut(rng: random.Random, text: str) -> str | None:
    least = max(CUT_CHARS, math.ceil(len(text) * CUT_AT_LEAST))
    if least >= len(text):
        return None
    cut = text[: rng.randrange(least, len(text))].rstrip()
    return cut if len(cut) >= least else None


def _reseasoned(rng: random.Random, text: str) -> str | None:
    found = SEASON.search(text)
    if not found:
        return None
    read = found[found.lastgroup or 0]
    season = next((number for number, roman in ROMAN.items() if roman == read), 0) or int(read)
    ending = {2: "nd", 3: "rd"}.get(season, "th")
    ways = [f"Season {season}", f"{season}{ending} Season", f"S{season}"]
    ways += [ROMAN[season]] if season in ROMAN else []
    other = rng.choice([way for way in ways if way != found.group()])
    return text[: found.start()] + other + text[found.end() :]


def _letters(corpus: Corpus, rng: random.Random) -> dict[str, str]:
    """Return the letters of some titles by script, as often as they occur."""
    sample = rng.sample(corpus.distinct, min(SAMPLE, len(corpus.distinct)))
    found: dict[str, list[str]] = {}
    for letter in "".join(sample):
        found.setdefault(_script(letter), []).append(letter.lower())
    return _Letters({script: "".join(letters) for script, letters in found.items()})


class _Letters(dict[str, str]):
    """Letters by script; a script of which the sample has none is written in Latin ones."""

    def __missing__(self, script: str) -> str:
        return self["LATIN"]


@lru_cache(None)
def _script(letter: str) -> str:
    """Return "LATIN", "CJK", "HIRAGANA", ...: the first word of the letter's name."""
    return unicodedata.name(letter, "?").split(" ")[0]
