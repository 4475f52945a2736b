"""Make the next weekly release of anime-offline-database out of one: what an ordinary week changes.

Every score moves, by hundredths; a few hundred works change in something else, some are new, some
are gone. Seeded, so that a release is the same on every machine.
"""

import datetime as dt
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import zstandard

_SCORE_MOVES: Final = 0.01
"""The standard deviation; works that are on air move more, the many old ones less."""
_CHANGED: Final = 200
_ADDED: Final = 60
_REMOVED: Final = 20
_FIRST_ID: Final = 900_000
"""No catalogue has ids so high yet."""
_A_YEAR_OF_WEEKS: Final = 100

Entry = dict[str, Any]


def write_next(release: Path, target: Path, week: int) -> None:
    """Write to `target` the release of a week after `release`; both are .jsonl.zst."""
    with release.open("rb") as file:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8")
        head: Entry = json.loads(next(lines))
        entries: list[Entry] = [json.loads(line) for line in lines]
    last = dt.date.fromisoformat(head["lastUpdate"])
    head["lastUpdate"] = (last + dt.timedelta(weeks=1)).isoformat()
    chance = random.Random(week)
    _move_scores(entries, chance)
    _change(entries, chance, week)
    gone = set(chance.sample(range(len(entries)), min(_REMOVED, len(entries) // 10)))
    entries = [entry for number, entry in enumerate(entries) if number not in gone]
    entries += list(_new(entries, chance, week))
    body = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in (head, *entries))
    target.write_bytes(zstandard.ZstdCompressor().compress(body.encode()))


def _move_scores(entries: list[Entry], chance: random.Random) -> None:
    for entry in entries:
        scores: dict[str, float] = entry.get("score") or {}
        move = chance.gauss(0, _SCORE_MOVES)
        for name, value in scores.items():
            scores[name] = min(10.0, max(1.0, value + move))


def _change(entries: list[Entry], chance: random.Random, week: int) -> None:
    tags = sorted({tag for entry in entries for tag in entry["tags"]})
    for entry in chance.sample(entries, min(_CHANGED, len(entries) // 5)):
        match chance.randrange(5):
            case 0:
                more = f"{entry['title']} ({week})"
                entry["synonyms"] = sorted({*entry["synonyms"], more})
            case 1:
                entry["episodes"] += 1
            case 2:
                entry["tags"] = sorted({*entry["tags"], chance.choice(tags)})
            case 3:
                entry["tags"] = entry["tags"][1:]
            case _:
                other = chance.choice(entries)
                for one, to in ((entry, other), (other, entry)):
                    one["relatedAnime"] = sorted({*one["relatedAnime"], to["sources"][0]})


def _new(entries: list[Entry], chance: random.Random, week: int) -> Iterator[Entry]:
    """Yield announced works, each a continuation of some other."""
    for number in range(_ADDED):
        other = chance.choice(entries)
        page = _FIRST_ID + _A_YEAR_OF_WEEKS * week + number
        yield {
            "sources": [
                f"https://anilist.co/anime/{page}",
                f"https://myanimelist.net/anime/{page}",
            ],
            "title": f"{other['title']} The Next {page}"[:400],
            "type": "TV",
            "episodes": 12,
            "status": "UPCOMING",
            "animeSeason": {"season": "SPRING", "year": 2026},
            "duration": {"value": 1440, "unit": "SECONDS"},
            "synonyms": [],
            "studios": other["studios"],
            "producers": [],
            "relatedAnime": [other["sources"][0]],
            "tags": other["tags"][:5],
        }
