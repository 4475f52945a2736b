"""How well searches read what libraries, sites and people write around a title.

    python -m benchmarks.bench_search_shapes --snapshot FOLDER [--data ../shared/data] [--misses]

Each shape is written around the title of each of the best-known works of the snapshot (the first of
their stories, so that the right answer is one work). The shapes in `KEPT_BACK` were written down
before the grammar and not looked at while it was made. `search_cases.jsonl` holds real texts.
"""

import argparse
import gzip
import json
import re
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from kensho.discovery.cursors import Cursors
from kensho.discovery.filters import Filters
from kensho.discovery.search import SearchRequest, TitleSearch
from kensho.errors import InvalidInputError
from kensho.platform.secret_values import Secret
from kensho.read_model.holder import Snapshot

WORKS: Final = 60
CASES: Final = "queries/search_cases.jsonl"
ERAI: Final = "[POR-BR][SPA-LA][SPA][ARA][FRE][GER][ITA][RUS][ENG][IND][THA][VIE][CHI][KOR][POL]"


class Work(NamedTuple):
    """A work as the shapes write it."""

    node: int
    title: str
    english: str
    japanese: str
    year: int
    episodes: int
    ids: dict[str, str]

    @property
    def slug(self) -> str:
        """Return the title as sites write it in addresses."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    @property
    def dotted(self) -> str:
        """Return the title with dots for spaces."""
        return ".".join(re.findall(r"\w+", self.title))


class Asked(NamedTuple):
    """A text, and the season and episode that it states."""

    text: str
    episode: int | None = None
    season: int | None = None


Shape = Callable[[Work], Asked | None]


def _with_id(form: str, provider: str) -> Shape:
    def shape(work: Work) -> Asked | None:
        local = work.ids.get(provider)
        return Asked(form.format(t=work.title, y=work.year, i=local)) if local else None

    return shape


def _plain(form: str, episode: int | None = None, season: int | None = None) -> Shape:
    def shape(work: Work) -> Asked | None:
        if episode is not None and work.episodes and episode > work.episodes:
            return None
        names = {"t": work.title, "e": work.english, "j": work.japanese, "y": work.year}
        text = form.format(**names, s=work.slug, d=work.dotted, p="+".join(work.title.split()))
        return Asked(text, episode, season)

    return shape


SHAPES: Final[dict[str, Shape]] = {
    "plain": _plain("{t}"),
    "[tvdbid-N]": _with_id("{t} ({y}) [tvdbid-{i}]", "tvdb"),
    "{tvdb-N}": _with_id("{t} ({y}) {{tvdb-{i}}}", "tvdb"),
    "[anidb-N]": _with_id("{t} [anidb-{i}]", "anidb"),
    "[tmdbid=N]": _with_id("{t} ({y}) [tmdbid={i}]", "tmdb"),
    "[imdbid-tt]": _with_id("{t} ({y}) [imdbid-{i}]", "imdb"),
    "unknown tags": _plain("{t} ({y}) [tmdbid=99999999]"),
    "drive path": _plain(r"D:\Anime\{t}\[Grp] {t} - 05 (1080p) [ABCD1234].mkv", 5),
    "T/Season 1/S01E05": _plain("{t}/Season 1/S01E05.mkv", 5, 1),
    "T/05": _plain("{t}/05.mkv", 5),
    "Erai languages": _plain("[Erai-raws] {t} - 03 [1080p][Multiple Subtitle]" + ERAI, 3),
    "slug episode": _plain("{s}-episode-12-1080p.mp4", 12),
    "English Subbed": _plain("{t} Episode 5 English Subbed", 5),
    "第5話「副題」": _plain("{j} 第5話「旅立ちの朝」", 5),
    "アニメ「題名」": _plain("アニメ「{j}」　＃０５【字】", 5),  # noqa: RUF001
    "title year": _plain("{t} ({y})"),
    "title #12": _plain("{t} #12", 12),
    "12. Title.mkv": _plain("12. {t}.mkv", 12),
    "12 - Title.mkv": _plain("12 - {t}.mkv", 12),
    "plus": _plain("{p}+Episode+5.mp4", 5),
    "s1 e4": _plain("{t} s1 e4", 4, 1),
    "double numbering": _plain("[Grp] {t} - 10 (S01E10) - (WEB 1080p)", 10, 1),
    "chinese group": _plain("[字幕组][{j}_{t}][05_新的开始][1080p]", 5),
    "watch url": _plain("https://site.example/watch/{s}-12345?ep=12", 12),
    "capitulo": _plain("{t} capitulo 12 sub español", 12),
    "(Dub)": _plain("{t} (Dub)"),
    "bare number": _plain("{t} 05", 5),
    "fansub": _plain("[SubsPlease] {t} - 07 (1080p) [F00DBABE].mkv", 7),
    "scene": _plain("{d}.S01E07.1080p.WEB-DL.AAC2.0.H.264-GRP.mkv", 7, 1),
    "english ep": _plain("{e} Episode 3", 3),
    "english (Sub)": _plain("{e} (Sub)"),
    "season pack": _plain("[Grp] {t} S01 (BD 1080p HEVC x265 10bit FLAC) [Dual Audio]", None, 1),
    "batch": _plain("[Grp] {t} (01-12) [BD 1080p]"),
    "NCOP": _plain("[Grp] {t} - NCOP1 [BD 1080p FLAC].mkv"),
    "folge": _plain("{e} Folge 4 German Dub", 4),
    "第N集": _plain("{j} 第12集", 12),
    "화": _plain("{t} 5화", 5),
    "01x05": _plain("{e} 01x05", 5, 1),
}
KEPT_BACK: Final[dict[str, Shape]] = {
    "épisode": _plain("{e} épisode 9 vostfr", 9),
    "saison-épisode": _plain("{e} Saison 1 Épisode 2", 2, 1),
    "из": _plain("{t} [05 из 12]", 5),
    "серия": _plain("{t} 5 серия", 5),
    "plex": _plain("/media/anime/{t} ({y})/Season 01/{t} ({y}) - S01E03 - Title.mkv", 3, 1),
    "windows share": _plain(r"\\nas\video\{e}\Season 1\{e} - s01e08 - Pilot.mp4", 8, 1),
    "crunchyroll url": _plain("https://www.site.example/series/GY9PJ5KWR/{s}"),
    "url episode path": _plain("https://site.example/anime/{s}/episode-6", 6),
    "gogo url": _plain("https://site.example/{s}-episode-8", 8),
    "youtube": _plain("{e} | Episode 1 | Full Episode HD", 1),
    "kodi nfo": _plain("{t} - 1x04.mkv", 4, 1),
    "underscored": _plain("[Grp]_{t}_-_11_[720p][DEADBEEF].mkv", 11),
    "v2": _plain("[Grp] {t} - 02v2 [720p].mkv", 2),
    "ep dot": _plain("{t} Ep.06", 6),
    "E dash": _plain("{t} - E07", 7),
    "season words": _plain("{e} Season 1 Episode 10", 10, 1),
    "hash ja": _plain("{j} ＃3", 3),  # noqa: RUF001
    "第十二话": _plain("{j} 第十二话", 12),
    "tv size": _plain("[Judas] {t} (Season 1) [1080p][HEVC x265 10bit][Multi-Subs]", None, 1),
    "(TV)": _plain("{t} (TV)"),
    "OP": _plain("{t} Opening 1"),
    "raws": _plain("[Ohys-Raws] {t} - 04 (BS11 1280x720 x264 AAC).mp4", 4),
    "end": _plain("[Grp] {t} - 12 END [1080p].mkv", 12),
    "quoted": _plain('"{t}" ep 5', 5),
    "anime word": _plain("{e} anime"),
    "watch online": _plain("watch {e} online free"),
    "folder of season": _plain("{t}/{t} S01/{t} S01E02 [1080p].mkv", 2, 1),
    "mal url": _with_id("https://myanimelist.net/anime/{i}/Some_Name", "mal"),
    "mal:N": _with_id("mal:{i}", "mal"),
    "anilist-N": _with_id("{t} [anilist-{i}]", "anilist"),
}


class Result(NamedTuple):
    """Whether the right work came first, and whether the episode was read as it was written."""

    work: bool
    episode: bool
    seconds: float


class Reader:
    """Asks the search of a snapshot in this process."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._search = TitleSearch(Cursors(Secret("a benchmark signs its cursors")), safe=True)

    def answer(self, text: str) -> tuple[Any, float]:
        """Return the page of a text, as JSON has it, and the seconds of a processor that it took.

        It is asked for twice, and the shorter time counts: what else the machine does is not ours.
        """
        request = SearchRequest(text=text, filters=Filters(safe=True), limit=3)
        began = time.thread_time()
        page = self._search.page(self._snapshot, request)
        then = time.thread_time()
        self._search.page(self._snapshot, request)
        return json.loads(page.bytes), min(then - began, time.thread_time() - then)

    def result(self, asked: Asked, right: set[str]) -> Result:
        """Return whether a text was understood; `right` are the ids of the works it may mean."""
        try:
            page, seconds = self.answer(asked.text)
        except InvalidInputError:  # a refused text is a miss, whatever it says
            return Result(work=False, episode=False, seconds=0.0)
        first = page["results"][0]["id"] if page["results"] else None
        read = page["read_as"]
        release = read.get("release") or {}
        episode = read.get("episode", release.get("episode"))
        return Result(first in right, asked.episode in (None, episode), seconds)


def best_known(snapshot: Snapshot, data: Path) -> Iterator[Work]:
    """Yield the works that viewers recommend most often, the first of their stories."""
    path = data / "recommendations" / "anilist_recommendations.json.gz"
    votes: dict[str, int] = {}
    for one, others in json.loads(gzip.decompress(path.read_bytes())).items():
        for other, count in others.items():
            votes[one] = votes.get(one, 0) + count
            votes[other] = votes.get(other, 0) + count
    model, franchises = snapshot.model, snapshot.model.franchises
    roots = set()
    for number in range(len(franchises.listed)):
        roots.add(int(franchises.members(number)[0]))
    for mal, _ in sorted(votes.items(), key=lambda pair: -pair[1]):
        found = model.resolve(f"mal:{mal}")
        if len(found) == 1 and found[0].node in roots:
            work = _work(snapshot, found[0].node)
            if work is not None:
                yield work


def _work(snapshot: Snapshot, node: int) -> Work | None:
    model = snapshot.model
    detail = json.loads(bytes(model.detail(node)))
    titles = json.loads(model.further(node).bytes).get("titles", [])
    if detail.get("anime_type") != "tv":
        return None

    def official(language: str) -> str | None:
        kinds = ("official", "main")
        return next(
            (t["text"] for t in titles if t["language"] == language and t.get("kind") in kinds),
            None,
        )

    season = detail.get("anime_season") or {}
    ids: dict[str, str] = {}
    for one in detail["sources"]:
        ids.setdefault(one["provider"], one["id"].rpartition("/")[2])
    japanese, english = official("ja"), official("en")
    if not japanese or not english or not season.get("year"):
        return None
    return Work(
        node,
        detail["title"],
        english,
        japanese,
        season["year"],
        detail.get("episodes") or 0,
        ids,
    )


def main() -> None:
    """Print the share of right answers of each shape, and of the real cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snapshot", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--works", type=int, default=WORKS)
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    snapshot = Snapshot.open(options.snapshot)
    reader = Reader(snapshot)
    works = []
    for work in best_known(snapshot, options.data):
        works.append(work)
        if len(works) == options.works:
            break
    for heading, shapes in (("shapes", SHAPES), ("kept back", KEPT_BACK)):
        report(heading, shapes, works, reader, snapshot, misses=options.misses)
    report_cases(reader, snapshot, options.data / CASES, misses=options.misses)


def report(
    heading: str,
    shapes: dict[str, Shape],
    works: list[Work],
    reader: Reader,
    snapshot: Snapshot,
    *,
    misses: bool,
) -> None:
    """Print a line for each shape, and their mean."""
    shares, times = [], []
    for name, shape in shapes.items():
        results = []
        for work in works:
            asked = shape(work)
            if asked is None:
                continue
            right = {str(snapshot.model.id(work.node))}
            result = reader.result(asked, right)
            results.append(result)
            if misses and not (result.work and result.episode):
                print(f"    {'episode' if result.work else 'WORK'} {asked.text}")
        if results:
            work_share = statistics.mean(one.work for one in results)
            episode = statistics.mean(one.episode for one in results)
            shares.append(work_share)
            times += [one.seconds for one in results]
            print(f"{heading}: {name:22} work {work_share:.3f} episode {episode:.3f}")
    p95 = statistics.quantiles(times, n=20)[-1] * 1e3
    print(
        f"{heading}: mean {statistics.mean(shares):.3f}, lowest {min(shares):.3f},"
        f" processor time p95 {p95:.2f} ms (at most 2), longest {max(times) * 1e3:.2f} (at most 10)"
    )


def report_cases(reader: Reader, snapshot: Snapshot, path: Path, *, misses: bool) -> None:
    """Print how many real texts find their work and their episode."""
    work = episode = total = stated = 0
    for line in path.read_text("utf-8").splitlines():
        case = json.loads(line)
        expected = case["expected_mal"]
        mals = expected if isinstance(expected, list) else [expected] if expected else []
        right = {
            str(snapshot.model.id(f.node)) for m in mals for f in snapshot.model.resolve(f"mal:{m}")
        }
        asked = Asked(case["query"], case["expected_episode"], case["expected_season"])
        result = reader.result(asked, right)
        if not right:
            continue
        total += 1
        work += result.work
        stated += asked.episode is not None
        episode += asked.episode is not None and result.episode
        if misses and not (result.work and result.episode):
            missed = "episode" if result.work else "WORK"
            print(f"    {missed} {case['kind']}: {asked.text} -> {mals}")
    print(f"cases: work {work}/{total} = {work / total:.3f}")
    print(f"cases: episode {episode}/{stated} = {episode / stated:.3f}")


if __name__ == "__main__":
    main()
