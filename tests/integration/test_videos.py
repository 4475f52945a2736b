"""Videos over HTTP: asked for, followed, cancelled, retried, listed, played and deleted."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from httpx import AsyncClient

from deploy.demo.reference_generator import (
    GENERATOR_KEY,
    STYLES,
    GeneratorServer,
    GeneratorSettings,
    ReferenceGenerator,
)
from kensho.edges.generation import video_pages
from kensho.edges.generation.jobs import CANCELLED_WORDS, WORDS, JobProblem
from kensho.platform.environment import with_changes
from kensho.platform.secret_values import Secret
from kensho.platform.settings import Settings
from kensho.web.messages import Messages
from tests.integration.conftest import running, settings_for, until_ready
from tests.support.page_language import english_texts
from tests.support.published_contract import PublishedContract
from tests.support.videos import VIDEOS, Person, asked, events, has_ended, job_until, person

CONTRACTS: Final = Path(__file__).parents[3] / "shared" / "data" / "contracts"
QUICK: Final = GeneratorSettings(seconds=0.3, steps=3)


@pytest.fixture(scope="module")
def server() -> Iterator[GeneratorServer]:
    with GeneratorServer(ReferenceGenerator(QUICK)) as server:
        yield server


@pytest.fixture(scope="module")
def generator(server: GeneratorServer) -> ReferenceGenerator:
    return server.generator


@pytest.fixture(scope="module")
def video_settings(
    small_store: str, tmp_path_factory: pytest.TempPathFactory, server: GeneratorServer
) -> Settings:
    folder = tmp_path_factory.mktemp("videos")
    return with_changes(
        settings_for(small_store, folder),
        edges=("accounts", "generation"),
        edges_store_url="mem://",
        stream_longest_s=30.0,
        trusted_proxies=("127.0.0.1",),
        generation_url=server.url,
        generation_key=Secret(GENERATOR_KEY),
        generation_copies=str(folder / "copies"),
        generation_loopback=True,
        generation_stall_s=2.0,
        generation_waiting=4,
        generation_daily_quota=60,
    )


@pytest.fixture(scope="module")
async def api(video_settings: Settings) -> AsyncIterator[AsyncClient]:
    async with running(video_settings) as client:
        await until_ready(client)
        yield client


@pytest.fixture
async def ada(api: AsyncClient) -> Person:
    return await person(api)


async def test_a_video_is_made_followed_and_played(
    api: AsyncClient, ada: Person, generator: ReferenceGenerator
) -> None:
    job = await asked(api, ada, prompt="  A paper boat #split ")
    assert job["prompt"] == "A paper boat #split"
    assert (job["status"], job["orientation"], job["userId"]) == ("pending", "portrait", ada.id)
    stream = await api.get(f"{VIDEOS}/jobs/{job['id']}/stream", headers=ada.headers)
    assert stream.headers["content-type"].startswith("text/event-stream")
    told = events(stream.text)
    assert told[0].kind == "progress"
    assert told[-1].kind == "complete"
    steps = [one.data["progress"] for one in told[:-1]]
    assert steps == sorted(steps)
    assert {one.data["status"] for one in told[:-1]} <= {"pending", "processing"}
    assert len(steps) >= 1  # how many are seen depends on how busy the machine is
    ended = (await api.get(f"/api/jobs/{job['id']}", headers=ada.headers)).json()
    assert (ended["status"], ended["progress"], ended["videoId"]) == ("completed", 100, job["id"])
    assert ended["modelUsed"] == "video-portrait"
    video = (await api.get(f"{VIDEOS}/{job['id']}", headers=ada.headers)).json()
    assert video["videoUrl"] == told[-1].data["videoUrl"]
    assert video["videoUrl"].endswith(f"/api/videos/{job['id']}/file")
    assert video["duration"] == 6
    assert video["metadata"]["sourceUrl"].startswith("http://127.0.0.1")
    await plays(api, ada, video)


async def plays(api: AsyncClient, ada: Person, video: dict[str, Any]) -> None:
    """Check that a video can be had as a whole and in parts."""
    whole = await api.get(video["videoUrl"], headers=ada.headers)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.content[4:8] == b"ftyp"
    picture = await api.get(video["thumbnailUrl"], headers=ada.headers)
    assert picture.content[:2] == b"\xff\xd8"
    size = len(whole.content)
    for given, part in (
        ("bytes=0-99", slice(0, 100)),
        (f"bytes={size - 50}-", slice(size - 50, size)),
        ("bytes=-7", slice(size - 7, size)),
        (f"bytes=10-{size + 99}", slice(10, size)),
    ):
        answer = await api.get(video["videoUrl"], headers={**ada.headers, "range": given})
        assert answer.status_code == 206
        assert answer.content == whole.content[part]
        span = f"bytes {part.start}-{part.stop - 1}/{size}"
        assert answer.headers["content-range"] == span
    beyond = await api.get(video["videoUrl"], headers={**ada.headers, "range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    kept = await api.get(f"{video['videoUrl']}?download=true", headers=ada.headers)
    assert kept.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize("style", STYLES)
async def test_every_way_of_telling_is_understood(
    api: AsyncClient, ada: Person, style: str
) -> None:
    job = await asked(api, ada, prompt=f"100% cotton #{style}", orientation="landscape")
    stream = await api.get(f"{VIDEOS}/jobs/{job['id']}/stream", headers=ada.headers)
    told = events(stream.text)
    assert told[-1].kind == "complete"
    steps = [one.data["progress"] for one in told[:-1]]
    assert steps == sorted(steps)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("error", "generator_failed"),
        ("truncated", "cut_off"),
        ("no_video", "no_video"),
    ],
)
async def test_what_goes_wrong_is_told_and_can_be_tried_again(
    api: AsyncClient, ada: Person, fault: str, code: str
) -> None:
    job = await asked(api, ada, prompt=f"A paper boat #{fault}")
    ended = await job_until(api, ada, job["id"], has_ended)
    assert (ended["status"], ended["state"], ended["errorCode"]) == ("failed", "failed", code)
    assert ended["errorMessage"] == WORDS[code]  # type: ignore[index]
    stream = await api.get(f"{VIDEOS}/jobs/{job['id']}/stream", headers=ada.headers)
    (told,) = events(stream.text)
    assert (told.kind, told.data) == ("error", {"error": ended["errorMessage"], "code": code})
    listed = (await api.get(f"{VIDEOS}?status=failed", headers=ada.headers)).json()
    assert [one["id"] for one in listed["videos"]] == [job["id"]]
    assert "videoUrl" not in listed["videos"][0]


async def test_a_job_is_tried_again_once(api: AsyncClient, ada: Person) -> None:
    job = await asked(api, ada, prompt="A paper boat #no_video", orientation="landscape")
    early = await api.post(f"{VIDEOS}/jobs/{job['id']}/retry", headers=ada.headers)
    assert (early.status_code, early.json()["code"]) == (409, "not_failed")
    await job_until(api, ada, job["id"], has_ended)
    again = [
        (await api.post(f"{VIDEOS}/jobs/{job['id']}/retry", headers=ada.headers)).json()["job"]
        for _ in range(2)
    ]
    assert again[0]["id"] == again[1]["id"] != job["id"]
    assert (again[0]["retryOf"], again[0]["orientation"]) == (job["id"], "landscape")
    ended = await job_until(api, ada, again[0]["id"], has_ended)
    assert ended["errorCode"] == "no_video"


async def test_a_job_is_cancelled_while_it_waits_and_while_it_is_made(
    api: AsyncClient, ada: Person, generator: ReferenceGenerator
) -> None:
    jobs = [await asked(api, ada, prompt=f"Boat {n} #stall") for n in range(3)]
    listed = (await api.get(f"{VIDEOS}/jobs", headers=ada.headers)).json()["jobs"]
    assert [one["id"] for one in listed] == [one["id"] for one in reversed(jobs)]
    made = await job_until(api, ada, jobs[0]["id"], lambda job: job["progress"] >= 25)
    assert made["phase"] == "generating"
    waiting = (await api.get(f"{VIDEOS}/jobs/{jobs[2]['id']}", headers=ada.headers)).json()
    assert (waiting["status"], waiting["phase"]) == ("pending", "waiting")  # two at once
    following = asyncio.create_task(
        api.get(f"{VIDEOS}/jobs/{jobs[2]['id']}/stream", headers=ada.headers)
    )
    open_before = generator.open
    for job in reversed(jobs):
        for _ in range(2):
            answer = await api.post(f"{VIDEOS}/jobs/{job['id']}/cancel", headers=ada.headers)
            assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
            assert answer.json()["errorCode"] == "cancelled"
    told = events((await following).text)
    assert (told[-1].kind, told[-1].data["code"]) == ("error", "cancelled")
    assert open_before >= 2
    assert (await api.get(f"{VIDEOS}/jobs", headers=ada.headers)).json() == {"jobs": []}
    assert (await api.get(VIDEOS, headers=ada.headers)).json()["pagination"]["total"] == 0
    retried = await api.post(f"{VIDEOS}/jobs/{jobs[0]['id']}/retry", headers=ada.headers)
    assert retried.status_code == 202
    again = retried.json()["job"]["id"]
    await api.post(f"{VIDEOS}/jobs/{again}/cancel", headers=ada.headers)


async def test_what_is_another_accounts_is_refused(api: AsyncClient, ada: Person) -> None:
    eve, nobody = await person(api), {"sec-fetch-site": "same-origin"}
    job = await asked(api, ada)
    await job_until(api, ada, job["id"], has_ended)
    paths = [f"{VIDEOS}/{job['id']}{end}" for end in ("", "/file", "/thumbnail")]
    jobs = [f"{VIDEOS}/jobs/{job['id']}{end}" for end in ("", "/stream")]
    jobs += [f"/api/jobs/{job['id']}{end}" for end in ("", "/stream")]
    acts = [f"{VIDEOS}/jobs/{job['id']}/{act}" for act in ("cancel", "retry")]
    acts += [f"{VIDEOS}/{job['id']}/restore"]
    for method, path in [
        *(("GET", path) for path in (*paths, *jobs)),
        *(("POST", path) for path in acts),
        ("DELETE", f"{VIDEOS}/{job['id']}"),
    ]:
        theirs = await api.request(method, path, headers=eve.headers)
        assert (theirs.status_code, theirs.json()["code"]) == (403, "not_yours"), path
        unknown = path.replace(job["id"], str(uuid4()))
        missing = await api.request(method, unknown, headers=eve.headers)
        assert missing.status_code == 404, path
        assert missing.json()["code"] in ("job_not_found", "video_not_found")
        assert (await api.request(method, path, headers=nobody)).status_code == 401
    assert (await api.get(VIDEOS, headers=eve.headers)).json()["videos"] == []
    for path in ("", "/jobs"):
        assert (await api.get(f"{VIDEOS}{path}", headers=nobody)).status_code == 401


async def test_a_video_is_deleted_and_put_back(api: AsyncClient, ada: Person) -> None:
    jobs = [await asked(api, ada, prompt=f"Boat {number}") for number in range(3)]
    for job in jobs:
        await job_until(api, ada, job["id"], has_ended)
    first = (await api.get(f"{VIDEOS}?limit=2", headers=ada.headers)).json()
    assert [one["prompt"] for one in first["videos"]] == ["Boat 2", "Boat 1"]
    assert first["pagination"] == {"page": 1, "limit": 2, "total": 3, "totalPages": 2}
    second = (await api.get(f"{VIDEOS}?limit=2&page=2", headers=ada.headers)).json()
    assert [one["prompt"] for one in second["videos"]] == ["Boat 0"]
    target = f"{VIDEOS}/{jobs[1]['id']}"
    for _ in range(2):
        assert (await api.delete(target, headers=ada.headers)).status_code == 204
    for path in (target, f"{target}/file", f"{target}/thumbnail"):
        assert (await api.get(path, headers=ada.headers)).status_code == 404
    left = (await api.get(f"{VIDEOS}?status=completed", headers=ada.headers)).json()
    assert [one["prompt"] for one in left["videos"]] == ["Boat 2", "Boat 0"]
    assert left["pagination"]["total"] == 2
    for _ in range(2):
        back = await api.post(f"{target}/restore", headers=ada.headers)
        assert (back.status_code, back.json()["id"]) == (200, jobs[1]["id"])
    assert (await api.get(target, headers=ada.headers)).status_code == 200
    again = await api.post(f"{VIDEOS}/jobs/{jobs[0]['id']}/cancel", headers=ada.headers)
    assert (again.status_code, again.json()["code"]) == (409, "job_has_ended")


async def test_one_key_makes_one_job(api: AsyncClient, ada: Person) -> None:
    headers = {**ada.headers, "idempotency-key": f"k-{uuid4()}"}
    body = {"prompt": "A paper boat #no_video"}
    answers = await asyncio.gather(
        *(api.post(VIDEOS, json=body, headers=headers) for _ in range(5))
    )
    assert [answer.status_code for answer in answers] == [202] * 5
    assert len({answer.json()["job"]["id"] for answer in answers}) == 1
    other = await api.post(VIDEOS, json={"prompt": "Another"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    eve = await person(api)
    theirs = await api.post(VIDEOS, json=body, headers={**headers, **eve.headers})
    assert theirs.json()["job"]["id"] != answers[0].json()["job"]["id"]
    wrong = await api.post(VIDEOS, json=body, headers={**ada.headers, "idempotency-key": "a b"})
    assert wrong.status_code == 400


async def test_what_is_no_prompt_is_refused(api: AsyncClient, ada: Person) -> None:
    for body in (
        {},
        {"prompt": ""},
        {"prompt": " \n\t "},
        {"prompt": "x" * 1001},
        {"prompt": "bell \x07"},
        {"prompt": 7},
        {"prompt": "x", "orientation": "square"},
    ):
        answer = await api.post(VIDEOS, json=body, headers=ada.headers)
        assert answer.status_code == 400, body
        field = "orientation" if "orientation" in body else "prompt"
        assert answer.json()["errors"][0]["field"] == field
        assert answer.json()["error"]
    assert (await api.get(VIDEOS, headers=ada.headers)).json()["pagination"]["total"] == 0


async def test_limits_hold_however_many_ask_at_once(
    video_settings: Settings, generator: ReferenceGenerator
) -> None:
    settings = with_changes(video_settings, generation_waiting=3, generation_daily_quota=5)
    async with running(settings) as api:
        await until_ready(api)
        eve = await person(api)
        body = {"prompt": "🛶" * 1000, "orientation": "portrait"}
        answers = await asyncio.gather(
            *(api.post(VIDEOS, json=body, headers=eve.headers) for _ in range(12))
        )
        taken = [answer for answer in answers if answer.status_code == 202]
        assert 3 <= len(taken) <= 5
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(taken) + len(refused) == 12
        assert {answer.json()["scope"] for answer in refused} <= {"videos_waiting", "videos_daily"}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        for answer in taken:
            await job_until(api, eve, answer.json()["job"]["id"], has_ended)
        for _ in range(5 - len(taken)):
            assert (await api.post(VIDEOS, json=body, headers=eve.headers)).status_code == 202
        last = await api.post(VIDEOS, json=body, headers=eve.headers)
        assert (last.status_code, last.json()["scope"]) == (429, "videos_daily")
        metrics = (await api.get("/metrics")).text
        assert 'kensho_video_moves_total{move="submit"} 5.0' in metrics
        assert "kensho_video_first_progress_seconds_count" in metrics
    assert generator.most_open <= 4


@pytest.mark.skipif(not CONTRACTS.exists(), reason="needs the published contracts beside the clone")
async def test_clients_of_the_published_contract_are_served(api: AsyncClient, ada: Person) -> None:
    contract = PublishedContract(CONTRACTS / "video.openapi.yaml")
    found: list[str] = []

    def check(answer: Any, path: str, status: str, method: str = "get") -> None:
        assert str(answer.status_code) == status, answer.text
        found.extend(contract.problems(answer.json(), contract.schema(path, status, method)))

    body = {"prompt": "@sama celebrating", "orientation": "landscape"}
    begun = await api.post(VIDEOS, json=body, headers=ada.headers)
    check(begun, "/api/videos", "202", "post")
    stopped = await asked(api, ada)
    await api.post(f"{VIDEOS}/jobs/{stopped['id']}/cancel", headers=ada.headers)
    for job in (begun.json()["job"], stopped):
        await job_until(api, ada, job["id"], has_ended)
        answer = await api.get(f"{VIDEOS}/jobs/{job['id']}", headers=ada.headers)
        check(answer, "/api/videos/jobs/{jobId}", "200")
    check(await api.get(VIDEOS, headers=ada.headers), "/api/videos", "200")
    video = begun.json()["job"]["id"]
    check(await api.get(f"{VIDEOS}/{video}", headers=ada.headers), "/api/videos/{videoId}", "200")
    eve = await person(api)
    check(await api.get(f"{VIDEOS}/{video}", headers=eve.headers), "/api/videos/{videoId}", "403")
    missing = f"{VIDEOS}/{uuid4()}"
    check(await api.get(missing, headers=ada.headers), "/api/videos/{videoId}", "404")
    check(await api.post(VIDEOS, json={}, headers=ada.headers), "/api/videos", "400", "post")
    check(await api.get(VIDEOS), "/api/videos", "401")
    assert found == []


async def test_a_stream_goes_on_where_it_was_left(api: AsyncClient, ada: Person) -> None:
    job = await asked(api, ada)
    path = f"{VIDEOS}/jobs/{job['id']}/stream"
    told = events((await api.get(path, headers=ada.headers)).text)
    after_first = {**ada.headers, "last-event-id": told[0].id}
    again = events((await api.get(path, headers=after_first)).text)
    assert [one.kind for one in again] == ["complete"]  # of states, the last one counts
    after_last = {**ada.headers, "last-event-id": told[-1].id}
    assert (await api.get(path, headers=after_last)).status_code == 204
    for odd in ("x", "999999", "-1"):
        answer = await api.get(path, headers={**ada.headers, "last-event-id": odd})
        assert events(answer.text) == [told[-1]]
    waiting = await asked(api, ada, prompt="A paper boat #stall")
    target = f"{VIDEOS}/jobs/{waiting['id']}/stream"
    following = [asyncio.create_task(api.get(target, headers=ada.headers)) for _ in range(3)]
    await job_until(api, ada, waiting["id"], lambda one: one["progress"] >= 25)
    fourth = await api.get(target, headers=ada.headers)
    assert (fourth.status_code, fourth.json()["scope"]) == (429, "concurrency")
    await api.post("/api/auth/logout", headers=ada.headers)
    for stream in await asyncio.gather(*following):
        assert {one.kind for one in events(stream.text)} == {"progress"}


async def test_pages_of_videos_in_japanese_say_nothing_in_english(
    api: AsyncClient, ada: Person, generator: ReferenceGenerator
) -> None:
    job = await asked(api, ada)
    paths = [f"/videos/jobs/{job['id']}"]
    headers = {**ada.headers, "cookie": "lang=ja", "sec-fetch-site": "same-origin"}
    answers = [await api.get(paths[0], headers=headers)]
    await job_until(api, ada, job["id"], lambda one: one["completedAt"] is not None)
    gone = (await asked(api, ada))["id"]
    await api.post(f"{VIDEOS}/jobs/{gone}/cancel", headers=ada.headers)
    paths += ["/videos", "/videos?status=failed", "/videos/new", f"/videos/jobs/{gone}"]
    answers += [await api.get(path, headers=headers) for path in paths]
    answers += [await api.post("/videos", data={"prompt": ""}, headers=headers)]
    for answer in answers:
        assert '<html lang="ja">' in answer.text
        assert english_texts(answer.text) == [], answer.url
    assert "取りやめました" in answers[-2].text


@pytest.mark.parametrize("problem", [*WORDS, "cancelled"])
def test_pages_tell_why_there_is_no_video_in_the_words_of_the_api(problem: JobProblem) -> None:
    words = Messages.read(Path(video_pages.__file__).with_name("strings.toml"))
    told = CANCELLED_WORDS if problem == "cancelled" else WORDS[problem]
    assert words.label("video_problem", problem) == told
