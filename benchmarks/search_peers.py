"""The engines that answer the same title queries: Kenshō's own, and what one would take instead.

Every peer is given the folded titles (`kensho.domain.titles`) and the folded query, and its 128
candidates are ranked again by rapidfuzz: the better of `ratio` and `token_sort_ratio`, which of
ratio, token_sort_ratio, WRatio and their sums and maxima gave both peers their best hit@1 and
hit@10. Settings were tried on 600 corruptions and 200 hard titles of 250,000 (median / p95 of the
candidates, hit@10 on corruptions and hard):

- tantivy: trigrams .72 / 1.5 ms, .993 and .980; trigrams, and bigrams where there is CJK, .71 / 1.5
  ms, .993 and .995 (taken); bigrams and trigrams of everything 3.0 / 6.3 ms, .993 and 1.0.
- pg_trgm: a similarity of at least .3 (its default, taken) 12 / 40 ms, .983 and .74; .25 21 / 66
  ms, .993 and .90; .2 33 / 109 ms, .993 and .955. Taken is the fastest, which asks most of us.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, Protocol

import numpy as np
import psycopg
import tantivy
from rapidfuzz import fuzz, process

from benchmarks.search_corpus import Corpus
from kensho.domain.titles import folded
from kensho.read_model import titles
from kensho.read_model.building.titles import TitleCollector
from kensho.read_model.identity import GraphPoint
from kensho.read_model.snapshot_folder import NewFolder, OpenFolder

POINT: Final = GraphPoint(1)
CANDIDATES: Final = 128
CJK: Final = re.compile(r"[぀-ヿ㐀-鿿가-힣]")
POSTGRES: Final = Path("/usr/lib/postgresql")
PG_SIMILARITY: Final = 0.3
PG_SETTINGS: Final = {
    "listen_addresses": "",
    "shared_buffers": "1GB",  # holds table and index whole
    "work_mem": "64MB",
    "maintenance_work_mem": "1GB",
    "fsync": "off",
    "jit": "off",  # compiling takes longer than the query
    "max_parallel_workers_per_gather": "0",  # as every engine here: one core a query
    "random_page_cost": "1.1",
    "log_min_messages": "panic",
}


class Engine(Protocol):
    """What answers title queries."""

    name: str

    def build(self, corpus: Corpus) -> None:
        """Index the titles and stand ready to search them."""
        ...

    def search(self, text: str, k: int = 10) -> list[int]:
        """Return up to `k` works, best first, each once."""
        ...

    def close(self) -> None:
        """Let go of what `build` took."""
        ...


class Kensho:
    """Our own index, in files under `folder`; `write` and `open` may be different processes."""

    name = "kensho"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def build(self, corpus: Corpus) -> None:
        self.write(corpus)
        self.open()

    def write(self, corpus: Corpus) -> None:
        """Write the index of these works under `folder`, as the read model's build does."""
        reading = TitleCollector()
        reading.add_works(corpus.rows)
        reading.add_edges(corpus.relations)
        reading.add_recommendations(corpus.recommendations)
        reading.add_memberships(corpus.memberships)
        with NewFolder(self.folder, POINT) as folder:
            titles.write(folder, reading.parts())
            order = np.argsort([row.id.bytes for row in corpus.rows], kind="stable")
            folder.arrays({"order": order})
            folder.commit({}, built_at_s=0)

    def open(self) -> None:
        """Map the files under `folder`."""
        folder = OpenFolder.open(self.folder / POINT.identity)
        self._index = titles.Titles(folder).index
        self._order = folder.array("order")

    def popularity(self) -> list[float]:
        """Return how well known each work of the corpus is, 0..1."""
        known = {int(work): entry for entry, work in enumerate(self._order)}
        return [self._index.popularity(known[work]) for work in range(len(known))]

    def search(self, text: str, k: int = 10, *, is_typing: bool = False) -> list[int]:
        """Return the numbers of works in the corpus that was written."""
        entries = self._index.search(text, is_typing=is_typing).hits.entries
        works = entries[entries < len(self._order)][:k]  # no franchises
        return [int(work) for work in self._order[works]]

    def close(self) -> None:
        """Nothing is held but mapped files."""


class Ranked:
    """The distinct folded titles by row, and the second ranking that every peer gets."""

    def __init__(self, corpus: Corpus) -> None:
        bearers: dict[str, dict[int, None]] = {}
        for text, work in corpus.titles:
            bearers.setdefault(folded(text), {})[work] = None
        self.texts = list(bearers)
        self.bearers = [list(works) for works in bearers.values()]

    def best(self, words: str, rows: list[int], k: int) -> list[int]:
        """Return the works of the likest of these rows."""
        if not rows:
            return []
        texts = [self.texts[row] for row in rows]
        likeness = np.maximum(
            process.cdist([words], texts, scorer=fuzz.ratio)[0],
            process.cdist([words], texts, scorer=fuzz.token_sort_ratio)[0],
        )
        return self.works([rows[place] for place in (-likeness).argsort(kind="stable")], k)

    def works(self, rows: list[int], k: int) -> list[int]:
        """Return the first works of rows in order, each once."""
        found: dict[int, None] = {}
        for row in rows:
            found.update(dict.fromkeys(self.bearers[row]))
            if len(found) >= k:
                break
        return list(found)[:k]


class Tantivy:
    """tantivy with n-grams of padded titles, ranked by BM25, in memory."""

    name = "tantivy + rapidfuzz"

    def build(self, corpus: Corpus) -> None:
        self._ranked = Ranked(corpus)
        ngrams = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(2, 3, prefix_only=False))
        fields = tantivy.SchemaBuilder()
        fields.add_text_field("title", tokenizer_name="ngrams", index_option="freq")
        fields.add_integer_field("row", stored=True)
        self._schema = fields.build()
        index = tantivy.Index(self._schema)
        index.register_tokenizer("ngrams", ngrams.build())
        # One thread and enough heap make one segment, the fastest to search.
        writer = index.writer(4_000_000_000, 1)
        for row, text in enumerate(self._ranked.texts):
            writer.add_document(tantivy.Document(title=f" {text} ", row=row))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()
        self._rows = self._rows_by_address()

    def _rows_by_address(self) -> dict[tuple[int, int], int]:
        """Read every stored row once: fetching 128 documents would cost as much as the search."""
        every = self._searcher.search(tantivy.Query.all_query(), len(self._ranked.texts)).hits
        return {(at.segment_ord, at.doc): self._searcher.doc(at)["row"][0] for _, at in every}

    def search(self, text: str, k: int = 10) -> list[int]:
        words = folded(text)
        asked = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "title", gram))
                for gram in _grams(f" {words} ")
            ]
        )
        hits = self._searcher.search(asked, CANDIDATES, count=False).hits
        rows = [self._rows[at.segment_ord, at.doc] for _, at in hits]
        return self._ranked.best(words, rows, k)

    def close(self) -> None:
        """Nothing outlives the process."""


def _grams(padded: str) -> set[str]:
    threes = {padded[at : at + 3] for at in range(len(padded) - 2)}
    if not CJK.search(padded):
        return threes
    twos = {padded[at : at + 2] for at in range(len(padded) - 1)}
    return {gram for gram in threes if not CJK.search(gram)} | set(filter(CJK.search, twos))


class Postgres:
    """PostgreSQL with pg_trgm and a GIN index, in a private cluster without TCP."""

    name = "pg_trgm + rapidfuzz"

    def __init__(self) -> None:
        self._held = ExitStack()

    def build(self, corpus: Corpus) -> None:
        self._ranked = Ranked(corpus)
        folder = self._start()
        self._session = self._held.enter_context(_connected(folder))
        self._session.execute("CREATE EXTENSION pg_trgm")
        self._session.execute("CREATE TABLE title (row int, text text)")
        with self._session.cursor().copy("COPY title FROM STDIN") as copy:
            for row in enumerate(self._ranked.texts):
                copy.write_row(row)
        self._session.execute(
            "CREATE INDEX ON title USING gin (text gin_trgm_ops) WITH (fastupdate = off)"
        )
        self._session.execute("VACUUM ANALYZE title")
        self._session.execute(f"SET pg_trgm.similarity_threshold = {PG_SIMILARITY}")
        self._session.execute("SET plan_cache_mode = force_generic_plan")

    def _start(self) -> Path:
        """Start a new cluster in a folder that `close` removes, as a user that isn't root."""
        binaries = postgres_binaries()
        folder = Path(tempfile.mkdtemp(prefix="kensho-pg-"))
        self._held.callback(shutil.rmtree, folder)
        owner = _unprivileged()
        user: dict[str, Any] = {"user": owner, "cwd": folder} if owner else {"cwd": folder}
        if owner:
            shutil.chown(folder, owner)
        data = folder / "data"
        cluster = ["--username=kensho", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        initdb: list[str | Path] = [binaries / "initdb", "--pgdata", data, "--no-sync", *cluster]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, **user)
        settings = [f"--{name}={value}" for name, value in PG_SETTINGS.items()]
        command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", folder, *settings]
        server = subprocess.Popen(command, stderr=subprocess.DEVNULL, **user)
        self._held.callback(server.wait, 60)
        self._held.callback(server.send_signal, signal.SIGINT)  # "fast shutdown"
        return folder

    def search(self, text: str, k: int = 10) -> list[int]:
        words = folded(text)
        # psycopg takes % for its own; %% reaches the server as one.
        found = self._session.execute(
            "SELECT row FROM title WHERE text %% %(words)s"
            " ORDER BY similarity(text, %(words)s) DESC LIMIT %(limit)s",
            {"words": words, "limit": CANDIDATES},
            prepare=True,
        )
        return self._ranked.best(words, [row for (row,) in found.fetchall()], k)

    def close(self) -> None:
        self._held.close()


def _connected(folder: Path, seconds: float = 30) -> psycopg.Connection[Any]:
    limit = monotonic() + seconds
    while monotonic() < limit:
        with suppress(psycopg.OperationalError):
            return psycopg.connect(
                host=str(folder), user="kensho", dbname="postgres", autocommit=True
            )
        sleep(0.1)
    raise SystemExit("PostgreSQL did not start")


def _unprivileged() -> str | None:
    """Return whom to run PostgreSQL as, for it refuses root; none: as whom we run."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def postgres_binaries() -> Path:
    """Return the folder of Debian's newest PostgreSQL; install it, saying so, if there is none."""
    if not list(POSTGRES.glob("*/bin/initdb")):
        print("PostgreSQL is missing: apt-get install postgresql", flush=True)
        become = [] if os.getuid() == 0 else ["sudo"]
        subprocess.run([*become, "apt-get", "update", "-q"], check=True)
        environment = [*become, "env", "DEBIAN_FRONTEND=noninteractive"]
        subprocess.run([*environment, "apt-get", "install", "-q", "-y", "postgresql"], check=True)
    folders = [found.parent for found in POSTGRES.glob("*/bin/initdb")]
    return max(folders, key=lambda folder: int(folder.parent.name))


class BruteForce:
    """rapidfuzz's WRatio over every title."""

    name = "rapidfuzz WRatio"

    def build(self, corpus: Corpus) -> None:
        self._ranked = Ranked(corpus)

    def search(self, text: str, k: int = 10) -> list[int]:
        texts = self._ranked.texts
        found = process.extract(folded(text), texts, scorer=fuzz.WRatio, limit=CANDIDATES)
        return self._ranked.works([row for _, _, row in found], k)

    def close(self) -> None:
        """Nothing outlives the process."""
