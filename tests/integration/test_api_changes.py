"""`/api/changes` and `/api/diff`, the page and the feeds of changes, and `kensho runs`."""

import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from httpx import AsyncClient

from kensho.cli.runs import runs
from kensho.domain.works import work_uuid
from kensho.errors import InvalidInputError, NotFoundError
from kensho.platform.settings import Settings
from kensho.read_model.building.publishing import publish_store
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.franchise_rows import franchise_store
from tests.support.stores import own_queries

NEW: Final = work_uuid("mal:9001")
ADULT: Final = work_uuid("mal:9002")
ATOM: Final = "{http://www.w3.org/2005/Atom}"
_FIRST: Final = """
BEGIN;
LET $like = (SELECT * OMIT id FROM ONLY type::record('anime', <uuid>$bebop));
CREATE type::record('anime', <uuid>$new) CONTENT object::extend($like, {
  title: 'Cowboy Bebop: Session XX', titles: [{text: 'Cowboy Bebop: Session XX', kind: 'main'}],
  anime_type: 'special', sources: ['mal:9001'], imdb: NONE
}) RETURN NONE;
CREATE type::record('anime', <uuid>$adult) CONTENT object::extend($like, {
  title: 'Forbidden <Nights> & Days', titles: [{text: 'Forbidden <Nights> & Days', kind: 'main'}],
  anime_type: 'ova', sources: ['mal:9002'], imdb: NONE, adult: true
}) RETURN NONE;
INSERT RELATION INTO in_franchise [$new, $adult].map(|$w| {
  id: [<uuid>$w, 'cowboy-bebop'], in: type::record('anime', <uuid>$w),
  out: type::record('franchise', 'cowboy-bebop'), role: 'side', because: []
}) RETURN NONE;
INSERT RELATION INTO is_related_to {
  id: [<uuid>$bebop, <uuid>$new, 'side_story'], kind: 'side_story', assertions: [{
    source: 'mal', snapshot: '2026', kind: 'side_story', method: 'stated', confidence: 0.9}],
  in: type::record('anime', <uuid>$bebop), out: type::record('anime', <uuid>$new)
} RETURN NONE;
UPDATE meta:graph SET revision += 1 RETURN NONE;
CREATE ingest_run SET id = <uuid>'11111111-2222-4333-8444-555555555555', source = 'jikan',
  path = '/dumps/jikan.jsonl', sha256 = 'ab', snapshot = '2026-11-29', state = 'finished',
  finished_at = time::now() + 1h, counts = {read: 3} RETURN NONE;
CREATE ingest_run SET id = <uuid>'11111111-9999-4333-8444-555555555555', source = 'aodb',
  path = '/dumps/aodb.jsonl', sha256 = 'cd', snapshot = '2026-11-28', state = 'failed',
  started_at = time::now() - 1d, message = 'refused: half of the records are gone' RETURN NONE;
COMMIT;
"""
_SECOND: Final = """
BEGIN;
UPDATE type::record('anime', <uuid>$bebop) SET episodes = 27 RETURN NONE;
UPDATE type::record('rating', <uuid>$bebop) SET score = 8.8 RETURN NONE;
UPDATE type::record('rating', <uuid>$trigun) SET score = 8.3 RETURN NONE;
UPDATE type::record('anime', <uuid>$adult) SET episodes = 3 RETURN NONE;
UPDATE franchise:naruto SET title = 'NARUTO' RETURN NONE;
UPDATE meta:graph SET revision += 1 RETURN NONE;
COMMIT;
"""


@pytest.fixture(scope="module")
async def installed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Publish the small graph, and twice what changes in it; return the settings of a server."""
    folder: Path = tmp_path_factory.mktemp("changes")
    url = await franchise_store(folder)
    settings = settings_for(url, folder)
    store, root = StoreSettings.of(settings), settings.snapshot.read_model_dir
    ids = {
        name: str(work)
        for name, work in (
            ("bebop", graphs.BEBOP),
            ("trigun", graphs.TRIGUN),
            ("new", NEW),
            ("adult", ADULT),
        )
    }
    await publish_store(store, root)
    for script in (_FIRST, _SECOND):
        async with Gateway.open(store, own_queries()) as gateway:
            await gateway.run_script(script, ids)
        await publish_store(store, root)
    return settings


@pytest.fixture(scope="module")
async def served(installed: Settings) -> AsyncIterator[AsyncClient]:
    async with running(installed) as client:
        await until_ready(client)
        yield client


async def asked(client: AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def told(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change["kind"], change["text"]) for change in document["changes"]]


SECOND: Final = [
    ("franchise_renamed", "Naruto is now called NARUTO"),
    ("work_changed", "Cowboy Bebop: episodes 26 → 27; score 8.75 → 8.8"),
]
FIRST: Final = [
    ("franchise_changed", "Cowboy Bebop: new: Cowboy Bebop: Session XX"),
    ("work_came", "Cowboy Bebop: Session XX (special, 1998) is new in Cowboy Bebop"),
    ("relation_came", "Cowboy Bebop: Session XX is a side story of Cowboy Bebop"),
]


async def test_changes_are_listed_latest_publication_first(served: AsyncClient) -> None:
    document = await asked(served, "/api/changes")
    assert told(document) == [*SECOND, *FIRST]
    assert document["total"] == 5
    assert document["next_cursor"] is None
    revisions = [change["revision"] for change in document["changes"]]
    assert document["known_from"]["revision"] == revisions[-1] == revisions[0] - 1
    change = document["changes"][1]
    assert change["work"]["id"] == str(graphs.BEBOP)
    assert change["franchise"] == {"slug": "cowboy-bebop", "title": "Cowboy Bebop"}
    assert change["fields"][0] == {"field": "episodes", "old": 26, "new": 27}


async def test_adult_works_are_shown_only_to_who_asks_and_members_too(served: AsyncClient) -> None:
    assert "Forbidden" not in (await served.get("/api/changes")).text
    document = await asked(served, "/api/changes?safe=false")
    assert ("work_changed", "Forbidden <Nights> & Days: episodes 26 → 3") in told(document)
    [members] = [
        change["members"] for change in document["changes"] if change["kind"] == "franchise_changed"
    ]
    assert {member["work"]["title"] for member in members} == {
        "Cowboy Bebop: Session XX",
        "Forbidden <Nights> & Days",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("franchise=cowboy-bebop", [SECOND[1], *FIRST]),
        ("franchise=naruto", SECOND[:1]),
        ("franchise=ghost-in-the-shell", []),
        ("franchise=bebop", [SECOND[1], *FIRST]),
        ("kind=work", [SECOND[1], FIRST[1]]),
        ("kind=relation_came,franchise_renamed", [SECOND[0], FIRST[2]]),
        ("kind=franchise&franchise=cowboy-bebop", FIRST[:1]),
        ("since=2000-01-01", [*SECOND, *FIRST]),
        ("since=0", [*SECOND, *FIRST]),
        ("since=9999-01-01", []),
    ],
)
async def test_changes_are_filtered(
    served: AsyncClient, query: str, expected: list[tuple[str, str]]
) -> None:
    assert told(await asked(served, f"/api/changes?{query}")) == expected


async def test_since_a_revision_are_the_changes_after_it(served: AsyncClient) -> None:
    document = await asked(served, "/api/changes")
    latest = document["changes"][0]["revision"]
    assert told(await asked(served, f"/api/changes?since={latest - 1}")) == SECOND
    assert told(await asked(served, f"/api/changes?since={latest}")) == []


async def test_pages_join_to_the_whole_list(served: AsyncClient) -> None:
    whole = (await asked(served, "/api/changes?safe=false"))["changes"]
    read: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        assert len(read) < len(whole)
        more = f"&cursor={cursor}" if cursor else ""
        page = await asked(served, f"/api/changes?safe=false&limit=2{more}")
        read += page["changes"]
        cursor = page["next_cursor"]
    assert read == whole
    assert len({change["id"] for change in read}) == len(read)


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/api/changes?since=yesterday", 400, "since"),
        ("/api/changes?since=2026-02-30", 400, "since"),
        ("/api/changes?kind=nothing", 400, "kind"),
        ("/api/changes?kind=figures_moved", 400, "kind"),
        ("/api/changes?limit=0", 400, "limit"),
        ("/api/changes?cursor=x", 400, "cursor"),
        ("/api/changes?franchise=nothing", 404, None),
        ("/api/diff?from=x", 400, "from"),
        ("/api/diff?to=1-000000000000", 400, "to"),
        ("/api/diff?from=99&to=0", 404, None),
        ("/api/diff?from=9999-01-01&to=1-1", 400, "to"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_name(
    served: AsyncClient, path: str, status: int, field: str | None
) -> None:
    answer = await served.get(path)
    assert answer.status_code == status, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == ([field] if field else [])


async def test_the_latest_publication_is_compared_with_the_one_before(served: AsyncClient) -> None:
    document = await asked(served, "/api/diff")
    assert told(document) == [
        *SECOND,
        ("figures_moved", "Trigun: score 8.2 → 8.3"),
    ]
    assert document["counts"] == {"franchise_renamed": 1, "work_changed": 1, "figures_moved": 1}
    assert document["fields"] == [{"field": "score", "works": 2}, {"field": "episodes", "works": 1}]
    assert document["relations"] == []
    assert document["to"]["revision"] == document["from"]["revision"] + 1


async def test_publications_further_apart_are_compared_as_one(served: AsyncClient) -> None:
    latest = await asked(served, "/api/diff")
    first = latest["from"]["revision"] - 1
    document = await asked(served, f"/api/diff?from={first}&safe=false")
    kinds = [change["kind"] for change in document["changes"]]
    assert kinds.count("work_came") == 2
    assert document["relations"] == [{"kind": "side_story", "came": 1, "went": 0}]
    [came] = [
        one
        for one in document["changes"]
        if one["text"].startswith("Cowboy Bebop: Session") and one["kind"] == "work_came"
    ]
    assert came["work"]["id"] == str(NEW)
    one = await asked(served, f"/api/diff?from={first}&safe=false&limit=1&kind=work")
    assert one["counts"] == document["counts"]
    two = await asked(
        served, f"/api/diff?from={first}&safe=false&limit=9&kind=work&cursor={one['next_cursor']}"
    )
    listed = [change for change in document["changes"] if change["kind"].startswith("work")]
    assert [*one["changes"], *two["changes"]] == listed


async def test_who_compares_a_later_with_an_earlier_publication_is_told(
    served: AsyncClient,
) -> None:
    latest = await asked(served, "/api/diff")
    first, last = latest["from"]["revision"], latest["to"]["revision"]
    answer = await served.get(f"/api/diff?from={last}&to={first}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "from"
    same = await asked(served, f"/api/diff?from={last}&to={last}")
    assert same["counts"] == {}


async def test_answers_are_tagged_by_snapshot_and_history(served: AsyncClient) -> None:
    for path in ("/api/changes", "/api/diff", "/changes", "/changes.atom"):
        answer = await served.get(path)
        again = await served.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
        assert "history" in answer.headers["etag"]


async def test_the_page_lists_changes_by_publication_and_leads_to_works(
    served: AsyncClient,
) -> None:
    page = (await served.get("/changes")).text
    assert '<meta name="robots" content="noindex, follow">' in page
    assert page.count('<ul class="changes">') == 2
    assert f'href="/anime/{NEW}"' in page
    assert "MyAnimeList" in page
    assert "Forbidden" not in page
    only = (await served.get("/changes?franchise=naruto&kind=franchise")).text
    assert "NARUTO" in only
    assert "Session XX" not in only
    assert (await served.get("/changes?franchise=nothing")).status_code == 404
    assert (await served.get("/changes?kind=nothing")).status_code == 400


async def test_a_publication_has_a_page_by_run_and_by_revision(served: AsyncClient) -> None:
    latest = (await asked(served, "/api/changes"))["changes"][0]["revision"]
    assert f'href="/changes/{latest}"' in (await served.get("/changes")).text
    for point, changes in (("11111111-2", FIRST), (latest - 1, FIRST), (latest, SECOND)):
        page = (await served.get(f"/changes/{point}")).text
        assert '<meta name="robots" content="noindex, follow">' in page
        assert page.count('<span class="change-text">') == len(changes)
        assert "Forbidden" not in page
    assert "episodes 1" in (await served.get(f"/changes/{latest}")).text
    assert "Side story 1 came, 0 went" in (await served.get("/changes/11111111-2")).text
    for unknown in ("22222222-2", "x", "0", "<script>"):
        assert (await served.get(f"/changes/{quote(unknown)}")).status_code == 404


async def test_a_hub_leads_to_its_feed_and_the_feed_is_atom(served: AsyncClient) -> None:
    hub = (await served.get("/hub/cowboy-bebop")).text
    link = re.search(r'<link rel="alternate" type="application/atom\+xml" href="([^"]+)"', hub)
    assert link is not None
    answer = await served.get(link[1])
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert answer.headers["x-robots-tag"] == "noindex"
    feed = ET.fromstring(answer.content)
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [
        text for _, text in (SECOND[1], *FIRST)
    ]
    for one in (feed, *entries):
        assert str(one.findtext(f"{ATOM}id")).startswith("urn:uuid:")
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", one.findtext(f"{ATOM}updated") or ""
        )
    relations = {one.get("rel"): one.get("href") for one in feed.findall(f"{ATOM}link")}
    assert relations == {"self": "/hub/cowboy-bebop/changes.atom", "alternate": "/hub/cowboy-bebop"}


async def test_the_feed_of_all_has_all_and_a_retired_slug_leads_to_its_successor(
    served: AsyncClient,
) -> None:
    feed = ET.fromstring((await served.get("/changes.atom")).content)
    assert len(feed.findall(f"{ATOM}entry")) == 5
    moved = await served.get("/hub/bebop/changes.atom")
    assert moved.status_code == 308
    assert moved.headers["location"] == "/hub/cowboy-bebop/changes.atom"
    assert (await served.get("/hub/noir/changes.atom")).status_code == 410


async def test_a_service_without_history_lists_nothing_and_says_so(client: AsyncClient) -> None:
    document = await asked(client, "/api/changes")
    assert document == {"changes": [], "total": 0, "known_from": None, "next_cursor": None}
    assert (await client.get("/api/changes?franchise=nothing")).status_code == 404
    assert (await client.get("/api/diff")).status_code == 404
    assert "Nothing is known to have changed" in (await client.get("/changes")).text
    assert ET.fromstring((await client.get("/changes.atom")).content) is not None


class TestCommands:
    """`kensho runs` and its commands."""

    @pytest.fixture
    def run(self, installed: Settings) -> Callable[..., Any]:
        variables: dict[str, str | None] = dict.fromkeys(
            name for name in os.environ if name.startswith("KENSHO_")
        )
        variables |= {
            "KENSHO_STORE_URL": installed.store.url,
            "KENSHO_READ_MODEL_DIR": str(installed.snapshot.read_model_dir),
            "KENSHO_SECRET_FILE": str(installed.signing.secret_file),
        }
        return lambda *arguments: CliRunner().invoke(runs, arguments, env=variables)

    def test_runs_are_listed_with_what_became_of_them(self, run: Callable[..., Any]) -> None:
        listed = run().stdout
        assert re.search(r"11111111 +jikan +finished", listed)
        assert "refused: half of the records are gone" in listed
        assert '"source":"jikan"' in run("--json").stdout

    def test_a_run_is_shown_by_how_its_id_begins(self, run: Callable[..., Any]) -> None:
        assert "/dumps/jikan.jsonl" in run("show", "11111111-2").stdout
        assert '"sha256":"cd"' in run("show", "11111111-9", "--json").stdout
        assert isinstance(run("show", "11111111").exception, InvalidInputError)
        assert isinstance(run("show", "2222").exception, NotFoundError)

    def test_a_comparison_names_what_changed(self, run: Callable[..., Any]) -> None:
        told = run("diff").stdout
        assert "1  franchises renamed" in told
        assert "fields: score 2, episodes 1" in told
        assert "  Cowboy Bebop: episodes 26 → 27; score 8.75 → 8.8" in told
        assert "Forbidden" not in told
        assert "Forbidden" in run("diff", "--no-safe").stdout

    def test_a_comparison_begins_with_a_run_a_date_or_a_revision(
        self, run: Callable[..., Any]
    ) -> None:
        assert "relations: side_story +1 -0" in run("diff", "2").stdout
        assert run("diff", "11111111-2", "--json").stdout == run("diff", "2", "3", "--json").stdout
        assert run("diff", "11111111-2", "4", "--json").stdout == run("diff", "--json").stdout
        assert "nothing changed" in run("diff", "2999-01-01").stdout
        assert isinstance(run("diff", "x").exception, InvalidInputError)
        assert isinstance(run("diff", "0").exception, NotFoundError)
