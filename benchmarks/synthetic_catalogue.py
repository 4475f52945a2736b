"""Make a catalogue of as many works as one asks for, in the forms that sources have.

    python -m benchmarks.synthetic_catalogue 400000 FOLDER [--seed 19]

Three files, as `kensho ingest --all FOLDER` knows them: entries of anime-offline-database, typed
relations of Jikan, and votes of recommendations. Nothing is copied of a real catalogue; what is
alike are its proportions, counted in the one of February 2026 (39,813 entries): sources, synonyms,
studios and tags of an entry, sizes of franchises, how many words titles have and how fast new
words come with new titles, and that one component, held together by crossovers, has an eighth
of all works. All of them grow with the number of works as they would in a real catalogue:
linearly, but for words (Heaps's law, exponent .56, counted too) and tags, whose number stays.

The same number and seed make the same bytes. 40,000 works take 15 s, memory grows by 1 KB a work.
"""

import argparse
from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import msgspec

SEED: Final = 19
DATE: Final = "2026-11-01"

WORDS: Final = 40_000
AT_WORKS: Final = 40_000
HEAPS: Final = 0.56
"""Titles of AT_WORKS works draw from WORDS words; from 2 ** HEAPS as many at twice the works."""
FLAT: Final = 60
"""The r-th most frequent word comes 1 / (r + FLAT) as often (Zipf's law, as Mandelbrot has it)."""
TAGS: Final = 3_000
STUDIOS: Final = 0.07
"""Different studios for each work."""

ALONE: Final = 0.82
TAIL: Final = 1.4
"""Of components, ALONE have one work; the others k or more with the probability (2/k) ** TAIL."""
LARGEST: Final = 110
CROSSING: Final = 0.014
"""The chance of a franchise, for each of its works, to be tied to another by a crossover."""
ON_LINE: Final = 0.4
"""The share of a franchise that is its line of sequels; the rest stands beside one of them."""
WITH_PARTICLE: Final = 0.5
NOW: Final = 2026
ON_MAL: Final = 0.55
KNOWN: Final = 0.45
"""The share of works that all catalogues know; of the others, which stand in one to three, ON_MAL
are in MyAnimeList."""
RECOMMENDED: Final = 0.25

_KANA: Final = dict(
    zip(
        "kstnhmyrwgzdbp",
        (
            *("カキクケコ", "サシスセソ", "タチツテト", "ナニヌネノ", "ハヒフヘホ"),
            *("マミムメモ", "ヤイユエヨ", "ラリルレロ", "ワイウエヲ", "ガギグゲゴ"),
            *("ザジズゼゾ", "ダヂヅデド", "バビブベボ", "パピプペポ"),
        ),
        strict=True,
    )
)
_VOWELS: Final = "aiueo"
_PARTICLES: Final = ("no", "no", "no", "no", "no", "the", "to", "ni", "wa", "wo", "of", "ga")
_PAGES: Final = (
    "https://myanimelist.net/anime/{number}",
    "https://anilist.co/anime/{number}",
    "https://anidb.net/anime/{number}",
    "https://anime-planet.com/anime/{slug}-{number}",
    "https://animecountdown.com/{number}",
    "https://anisearch.com/anime/{number}",
    "https://kitsu.app/anime/{number}",
    "https://livechart.me/anime/{number}",
    "https://simkl.com/anime/{number}",
    "https://animenewsnetwork.com/encyclopedia/anime.php?id={number}",
)
_TYPES: Final = {"SPECIAL": 27, "TV": 26, "MOVIE": 17, "ONA": 16, "OVA": 14}
_JIKAN_TYPES: Final = {"SPECIAL": "Special", "MOVIE": "Movie"}
_SEASONS: Final = ("WINTER", "SPRING", "SUMMER", "FALL")
_SIDES: Final = (
    ("Side story", "Parent story"),
    ("Side story", "Parent story"),
    ("Summary", "Full story"),
    ("Spin-off", "Other"),
    ("Alternative version", "Alternative version"),
    ("Character", "Character"),
    ("Other", "Other"),
)


class Word(NamedTuple):
    """A word in Latin letters, and in katakana."""

    latin: str
    kana: str


class Work(NamedTuple):
    """A work with what the three files say of it; relations are (kind, index in the franchise)."""

    number: int
    title: str
    kana: str
    type: str
    year: int
    pages: Sequence[str]
    relations: Sequence[tuple[str, "Work"]]


class Vocabulary:
    """Words that are drawn as titles draw them: few often, most of them rarely (see FLAT)."""

    def __init__(self, count: int, random: Random) -> None:
        syllables = [
            Word(onset + vowel, kana)
            for onset, row in _KANA.items()
            for vowel, kana in zip(_VOWELS, row, strict=True)
        ]
        found: dict[str, Word] = {}
        while len(found) < count:
            parts = random.choices(syllables, k=random.choice((2, 2, 3, 3, 4)))
            word = Word("".join(p.latin for p in parts), "".join(p.kana for p in parts))
            found.setdefault(word.latin, word)
        self._words = list(found.values())

    def draw(self, random: Random) -> Word:
        """Return a word."""
        return self._words[_rank(len(self._words), random)]

    def title(self, random: Random, words: int) -> tuple[str, str]:
        """Return a title of so many words in Latin letters and in katakana."""
        drawn = [self.draw(random) for _ in range(words)]
        latin = [word.latin.capitalize() for word in drawn]
        if words > 1 and random.random() < WITH_PARTICLE:
            latin.insert(random.randrange(1, words), random.choice(_PARTICLES))
        return " ".join(latin), "・".join(word.kana for word in drawn)


def franchises(works: int, seed: int = SEED) -> Iterator[list[Work]]:
    """Yield the catalogue's franchises; works of one are related, and to earlier ones' rarely."""
    random = Random(seed)
    words = Vocabulary(ceil(WORDS * (works / AT_WORKS) ** HEAPS), random)
    crossed: list[Work] = []
    number = 1
    while number <= works:
        size = min(_size(random), works - number + 1)
        members = _franchise(number, size, words, random)
        if size > 1 and random.random() < CROSSING * size:
            if crossed:
                tie = ("Other", random.choice(crossed))
                members[0] = members[0]._replace(relations=(*members[0].relations, tie))
            crossed.append(members[0])
        yield members
        number += size


def _size(random: Random) -> int:
    if random.random() < ALONE:
        return 1
    return min(int(2 * (1 - random.random()) ** (-1 / TAIL)), LARGEST)


def _franchise(first: int, size: int, words: Vocabulary, random: Random) -> list[Work]:
    """Return a franchise: a line of sequels, and what stands beside one of its works."""
    name, kana = words.title(random, random.choice((1, 2, 2, 3, 3, 4, 5)))
    year = NOW - min(int(random.expovariate(1 / 14)), 80)
    members: list[Work] = []
    line: list[Work] = []
    for place in range(size):
        on_line = place == 0 or random.random() < ON_LINE
        kind = random.choices(tuple(_TYPES), tuple(_TYPES.values()))[0]
        year = min(year + random.choice((0, 1, 1, 2)), NOW)
        if on_line:
            title, sort = (name, "") if not line else (f"{name} {len(line) + 1}", "Prequel")
            other = line[-1] if line else None
        else:
            more, _ = words.title(random, 2)
            title, sort = f"{name}: {more}", random.choice(_SIDES)[1]
            other = random.choice(line)
        work = Work(
            number=first + place,
            title=title,
            kana=kana if place == 0 else f"{kana} {place + 1}",
            type="TV" if on_line and size > 1 else kind,
            year=year,
            pages=_pages(first + place, title, random),
            relations=((sort, other),) if other else (),
        )
        members.append(work)
        if on_line:
            line.append(work)
    return members


def _pages(number: int, title: str, random: Random) -> list[str]:
    slug = "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())
    pages = [page.format(number=number, slug=slug) for page in _PAGES]
    if random.random() < KNOWN:
        return sorted(pages[: random.choice((8, 9, 10))])
    few = [pages[0]] if random.random() < ON_MAL else []
    return sorted({*few, *random.sample(pages[1:], random.choice((1, 1, 1, 2)))})


def write(works: int, folder: Path, seed: int = SEED) -> None:
    """Write the three files of a catalogue into `folder`."""
    for name in ("aodb", "jikan", "recommendations"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    random = Random(seed + 1)
    tags = [f"tag {word}" for word in _names(TAGS, random)]
    studios = _names(ceil(works * STUDIOS), random)
    backwards = _backwards()
    votes: dict[str, dict[str, int]] = {}
    with (
        (folder / "aodb" / "anime-offline-database.jsonl").open("wb") as entries,
        (folder / "jikan" / "jikan_v4_full.jsonl").open("wb") as objects,
    ):
        entries.write(_line({"repository": "a synthetic catalogue", "lastUpdate": DATE}))
        for members in franchises(works, seed):
            states = _both_ways(members, backwards)
            for work in members:
                related = states.get(work.number, [])
                entries.write(_line(_entry(work, related, tags, studios, random)))
                if related and _PAGES[0].format(number=work.number) in work.pages:
                    objects.write(_line(_jikan(work, related)))
                if random.random() < RECOMMENDED:
                    votes[str(work.number)] = _votes(work.number, random)
    text = msgspec.json.encode(votes)
    (folder / "recommendations" / "anilist_recommendations.json").write_bytes(text)


def _both_ways(
    members: Sequence[Work], backwards: dict[str, str]
) -> dict[int, list[tuple[str, Work]]]:
    """Return what each member states: relations to others, and those of the others to it."""
    own = {work.number for work in members}
    states: dict[int, list[tuple[str, Work]]] = {}
    for work, (kind, other) in ((w, r) for w in members for r in w.relations):
        states.setdefault(work.number, []).append((kind, other))
        if other.number in own:
            states.setdefault(other.number, []).append((backwards[kind], work))
    return states


def _backwards() -> dict[str, str]:
    return {"Prequel": "Sequel", **{back: kind for kind, back in reversed(_SIDES)}}


def _entry(
    work: Work,
    related: Sequence[tuple[str, Work]],
    tags: Sequence[str],
    studios: Sequence[str],
    random: Random,
) -> dict[str, object]:
    synonyms = [work.kana, *(f"{work.title} ({n})" for n in range(1, _few(random, 5)))]
    return {
        "sources": work.pages,
        "title": work.title,
        "type": work.type,
        "episodes": random.choice((12, 13, 24, 26)) if work.type == "TV" else 1,
        "status": "FINISHED" if work.year < NOW else "ONGOING",
        "animeSeason": {"season": random.choice(_SEASONS), "year": work.year},
        "duration": {"value": random.choice((300, 1440, 5400)), "unit": "SECONDS"},
        "score": {"arithmeticGeometricMean": min(max(random.gauss(6.3, 1.1), 1), 10)},
        "synonyms": synonyms,
        "studios": [studios[_rank(len(studios), random)] for _ in range(random.choice((0, 1, 1)))],
        "producers": [studios[_rank(len(studios), random)] for _ in range(_few(random, 1.6))],
        "relatedAnime": list(dict.fromkeys(page for _, other in related for page in other.pages)),
        "tags": sorted({tags[_rank(len(tags), random)] for _ in range(_few(random, 16))}),
    }


def _jikan(work: Work, related: Sequence[tuple[str, Work]]) -> dict[str, object]:
    kinds = sorted({kind for kind, _ in related})
    mal = _PAGES[0]
    return {
        "mal_id": work.number,
        "title": work.title,
        "type": _JIKAN_TYPES.get(work.type, work.type),
        "aired": {"prop": {"from": {"year": work.year}}, "string": str(work.year)},
        "relations": [
            {
                "relation": kind,
                "entry": [
                    {"mal_id": other.number, "type": "anime"}
                    for sort, other in related
                    if sort == kind and mal.format(number=other.number) in other.pages
                ],
            }
            for kind in kinds
        ],
    }


def _votes(number: int, random: Random) -> dict[str, int]:
    """Return votes for earlier works: `{number: votes}`."""
    targets = {random.randrange(1, number + 1) for _ in range(_few(random, 2))} - {number}
    return {str(target): _few(random, 6) + 1 for target in sorted(targets)}


def _names(count: int, random: Random) -> list[str]:
    words = Vocabulary(max(count, 100), random)
    return list(
        dict.fromkeys(
            f"{words.draw(random).latin} {words.draw(random).latin}" for _ in range(count)
        )
    )


def _rank(count: int, random: Random) -> int:
    """Return an index below `count`: the logarithm of it and FLAT is spread evenly."""
    return min(int(FLAT * ((count + FLAT) / FLAT) ** random.random()) - FLAT, count - 1)


def _few(random: Random, mean: float) -> int:
    return int(random.expovariate(1 / mean))


def _line(row: object) -> bytes:
    return msgspec.json.encode(row) + b"\n"


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("works", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    write(asked.works, asked.folder, asked.seed)
    files = [path for path in sorted(asked.folder.rglob("*")) if path.is_file()]
    for path in files:
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
