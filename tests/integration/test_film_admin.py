"""Managers' pages of films, and the pages that viewers see: without scripts, form by form."""

import datetime as dt
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from kensho.platform.environment import with_changes
from kensho.platform.managers import ManagerFile
from kensho.platform.settings import Settings
from tests.integration.conftest import running, settings_for, until, until_ready
from tests.integration.test_web_pages import Markup
from tests.support import graphs
from tests.support.film_origin import MEDIA, TTML, WEBVTT, FilmOrigin
from tests.support.page_language import english_texts

NOW: Final = dt.datetime.now(dt.UTC)
DAY: Final = dt.timedelta(days=1)
SPIRITED_AWAY: Final = next(iter(graphs.MOVIES))["id"]
OWN: Final = {"sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def admin_settings(small_store: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("film_admin")
    return with_changes(
        settings_for(small_store, folder),
        edges=("accounts", "portal"),
        edges_store_url="mem://",
        portal_keys_file=folder / "portal_keys.json",
        portal_loopback=True,
        portal_fetch_s=3.0,
    )


@pytest.fixture(scope="module")
async def site(admin_settings: Settings) -> AsyncIterator[AsyncClient]:
    async with running(admin_settings) as client:
        await until_ready(client)
        yield client


@pytest.fixture
def ada(admin_settings: Settings) -> dict[str, str]:
    """Return the header of a manager that no test has used: each has a limit of its own."""
    return as_manager(admin_settings)


def as_manager(settings: Settings) -> dict[str, str]:
    token = ManagerFile(settings.managers.file).add(f"m{uuid4().hex[:12]}", NOW.date())
    return {"authorization": f"Bearer {token}"}


def filled(origin: FilmOrigin, **changes: str) -> dict[str, str]:
    """Return the form of a new film that can be published."""
    return {
        "title": f"Night Train {uuid4().hex[:8]}",
        "synopsis": "A train, and a night.",
        "genres": "drama, night",
        "minutes": "93",
        "poster": "https://posters.example/night-train.jpg",
        "start": typed(NOW - DAY),
        "source": origin.url("/film/master.m3u8"),
        "language_2": "en",
        "url_2": origin.url("/film/en.vtt"),
        "default": "2",
        "step": "publish",
        **changes,
    }


def typed(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


def whole(answer: Response) -> str:
    """Return the text of a page, which is well formed, names no id twice and runs nothing."""
    page = Markup(answer.text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    named = [*page.values("label", "for"), *page.values("input", "aria-describedby")]
    assert {one for text in named for one in text.split()} <= set(page.ids)
    assert not any(name == "style" or name.startswith("on") for _, name, _ in page.attributes)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"].endswith("no-store")
    return answer.text


def wrong_at(text: str) -> dict[str, str]:
    """Return what a page says at its fields."""
    return dict(re.findall(r'id="wrong-[a-z]+\d*-(\w+)"><bdi>([^<]*)<', text))


async def film(site: AsyncClient, who: dict[str, str], form: dict[str, str]) -> str:
    """Make a film and return the path of its page."""
    answer = await site.post("/admin/films/new", data=form, headers=who)
    assert answer.status_code == 303, wrong_at(answer.text) or answer.text
    return answer.headers["location"].partition("?")[0]


async def revision(site: AsyncClient, who: dict[str, str], path: str) -> str:
    text = whole(await site.get(path, headers=who))
    found: set[str] = set(re.findall(r'name="revision" value="(\d+)"', text))
    assert len(found) == 1
    return found.pop()


async def act(
    site: AsyncClient, who: dict[str, str], path: str, part: str, **form: str
) -> Response:
    """Send a form of a film's page, as it is now."""
    given = {"revision": await revision(site, who, path), **form}
    return await site.post(f"{path}/{part}", data=given, headers=who)


async def test_the_form_tells_all_that_is_wrong_and_keeps_what_was_typed(
    site: AsyncClient, ada: dict[str, str], origin: FilmOrigin
) -> None:
    new = "/admin/films/new"
    assert wrong_at(whole(await site.get(new, headers=ada))) == {}
    given = filled(
        origin,
        title="",
        minutes="an hour",
        start="tomorrow",
        poster="ftp://x",
        work="Spirited Away",
        language_2="english!",
        language_4="de",
        format_4="ASS",
    )
    answer = await site.post(new, data=given, headers=ada)
    assert answer.status_code == 400
    text = whole(answer)
    assert set(wrong_at(text)) == {
        *("title", "minutes", "start", "poster", "work"),
        *("language_2", "format_4", "url_4"),
    }
    assert all(f'value="{given[one]}"' in text for one in ("minutes", "poster", "language_2"))
    assert not origin.asked
    origin.files["/film/en.vtt"] = "WEBVTT\n\n00:02.000 --> 00:01.000\nx\n"
    late = filled(origin, source=origin.url("/none.m3u8"), end=typed(NOW - 2 * DAY))
    assert set(wrong_at(whole(await site.post(new, data=late, headers=ada)))) == {"end"}
    broken = {**late, "end": ""}
    told = wrong_at(whole(await site.post(new, data=broken, headers=ada)))
    assert (told["url_2"], "404" in told["source"]) == (
        "line 3: the cue ends before it begins",
        True,
    )
    path = await film(site, ada, {**broken, "step": "draft"})
    page = whole(await site.get(f"{path}?done=drafted", headers=ada))
    assert ">Draft<" in page
    assert (
        page.count("line 3: the cue ends before it begins") == 2
    )  # it blocks, and where it stands
    origin.reset()
    twin = await site.post(new, data=filled(origin, title=late["title"]), headers=ada)
    assert (twin.status_code, set(wrong_at(whole(twin)))) == (409, {"title"})
    filled_in = await site.get(f"{new}?work={SPIRITED_AWAY}", headers=ada)
    assert "Spirited Away" in whole(filled_in) or "Sen to Chihiro" in filled_in.text
    found = whole(await site.get(f"{new}?find=spirited", headers=ada))
    assert f"/admin/films/new?work={SPIRITED_AWAY}" in found
    assert "title begins like this" in whole(await site.get(f"{new}?find=zzzz", headers=ada))


async def test_sources_and_captions_are_added_replaced_and_removed(
    site: AsyncClient, ada: dict[str, str], origin: FilmOrigin
) -> None:
    path = await film(site, ada, filled(origin))
    origin.files["/other/index.m3u8"] = MEDIA.replace(".ts", ".ts")
    other = origin.url("/other/index.m3u8")
    added = await act(site, ada, path, "sources", action="add", url=other, tag="spare")
    assert added.headers["location"] == f"{path}?done=saved#sources"
    page = whole(await site.get(path, headers=ada))
    first, second = re.findall(
        r'name="action" value="remove"><input type="hidden" name="source" value="([^"]+)"', page
    )
    assert "spare" in page
    assert "0:11" in page  # its length
    assert (
        await act(site, ada, path, "sources", action="primary", source=second)
    ).status_code == 303
    assert (await act(site, ada, path, "sources", action="remove", source=first)).status_code == 303
    gone = await act(site, ada, path, "sources", action="remove", source=first)
    assert (gone.status_code, "any more" in whole(gone)) == (400, True)
    only = await act(site, ada, path, "sources", action="remove", source=second)
    assert "needs a source" in whole(only)
    bad = await act(
        site, ada, path, "sources", action="replace", source=second, url=origin.url("/x")
    )
    assert wrong_at(whole(bad)) == {"url": "the address does not end with .m3u8"}
    assert f'value="{origin.url("/x")}"' in bad.text
    looked = await act(site, ada, path, "sources", action="check")
    assert looked.headers["location"] == f"{path}?done=checked#sources"
    assert "Looked at." in whole(await site.get(f"{path}?done=checked", headers=ada))


async def test_a_window_that_conflicts_with_an_exclusive_one_is_told_at_its_field(
    site: AsyncClient, ada: dict[str, str], origin: FilmOrigin
) -> None:
    alone = filled(origin, start=typed(NOW + 900 * DAY), end=typed(NOW + 901 * DAY))
    path = await film(site, ada, alone)
    about = {one: alone[one] for one in ("title", "synopsis", "genres", "minutes", "poster")}
    form = {**about, "start": alone["start"], "exclusive": "true"}
    lacking = await act(site, ada, path, "about", **form)
    assert wrong_at(whole(lacking)) == {"end": "an exclusive window needs its end"}
    form["end"] = alone["end"]
    await film(site, ada, filled(origin))  # which has no end
    taken = await act(site, ada, path, "about", **form)
    assert taken.status_code == 409
    text = whole(taken)
    assert "choose another time" in wrong_at(text)["start"]
    assert 'name="exclusive" value="true" aria-describedby="hint-about-exclusive" checked' in text
    draft = await film(site, ada, {**alone, "title": "Gala", "exclusive": "true", "step": "draft"})
    assert "plays alone" in whole(await site.get(draft, headers=ada))
    publish = await act(site, ada, draft, "visibility", visibility="VISIBLE")
    assert (publish.status_code, "choose another time" in whole(publish)) == (409, True)


async def test_captions_are_fetched_sent_shown_and_removed(
    site: AsyncClient, ada: dict[str, str], origin: FilmOrigin
) -> None:
    path = await film(site, ada, filled(origin))
    fetched = await act(
        *(site, ada, path, "captions"),
        action="add",
        language="ja",
        format="TTML",
        is_default="true",
        url=origin.url("/film/ja.ttml"),
    )
    assert fetched.headers["location"].endswith("#captions")
    text = whole(await site.get(path, headers=ada))
    japanese = re.findall(r'href="[^"]*preview=([^#"]+)#', text)[-1]
    shown = whole(await site.get(f"{path}?preview={japanese}", headers=ada))
    assert "こんにちは" in shown

    async def send(content: bytes | None, **form: str) -> Response:
        given = {"revision": await revision(site, ada, path), "language": "de", **form}
        files: Any = (
            {"file": ("de.vtt", content, "text/vtt")} if content is not None else {"x": b""}
        )
        return await site.post(f"{path}/upload", data=given, files=files, headers=ada)

    assert (await send(WEBVTT.encode())).status_code == 303
    assert (await send(TTML.encode(), format="TTML", language="fr")).status_code == 303
    for content, form, field in (
        (None, {}, "file"),
        (b"", {}, "file"),
        (b"\xff\xfe\x00", {}, "file"),
        (b"WEBVTT\n\nx --> y\n", {}, "file"),
        (WEBVTT.encode(), {"format": "ASS"}, "format"),
        (WEBVTT.encode(), {"language": "!"}, "language"),
    ):
        refused = await send(content, **form)
        assert (refused.status_code, set(wrong_at(whole(refused)))) == (400, {field}), content
    default = await act(site, ada, path, "captions", action="default", track=str(uuid4()))
    assert default.status_code == 400
    text = whole(await site.get(path, headers=ada))
    tracks = re.findall(r'value="default"><input type="hidden" name="track" value="([^"]+)"', text)
    assert len(tracks) == 3
    for track in tracks:
        assert (
            await act(site, ada, path, "captions", action="remove", track=track)
        ).status_code == 303
    last = await act(site, ada, path, "captions", action="remove", track=japanese)
    assert "needs captions" in whole(last)
    plain = await site.post(f"{path}/upload", data={"language": "de"}, headers=ada)
    assert plain.status_code == 415


async def test_a_film_is_changed_published_hidden_and_brought_back_and_who_comes_late_is_told(
    site: AsyncClient, ada: dict[str, str], admin_settings: Settings, origin: FilmOrigin
) -> None:
    path = await film(site, ada, filled(origin, step="draft", default="1"))
    assert (await act(site, ada, path, "visibility", visibility="VISIBLE")).headers[
        "location"
    ] == f"{path}?done=published"
    page = whole(await site.get(f"{path}?done=published", headers=ada))
    assert "Published: it plays" in page
    old = await revision(site, ada, path)
    about = {
        "title": "Day Train",
        "synopsis": "Light.",
        "genres": "",
        "minutes": "95",
        "poster": "https://posters.example/1.jpg",
        "end": typed(NOW + DAY),
    }
    saved = await act(site, ada, path, "about", **about)
    assert saved.headers["location"] == f"{path}?done=saved#about"
    ben = as_manager(admin_settings)
    late = await site.post(
        f"{path}/about", data={**about, "title": "Dawn Train", "revision": old}, headers=ben
    )
    text = whole(late)
    assert (late.status_code, "Somebody else has changed this film" in text) == (412, True)
    assert 'value="Dawn Train"' in text
    assert "changed it at" in text
    pressed = await site.post(f"{path}/undo", data={"revision": old}, headers=ben)
    assert (pressed.status_code, "Do it again" in whole(pressed)) == (412, True)
    wrong = await act(
        site,
        ben,
        path,
        "about",
        **{**about, "minutes": "0", "end": typed(NOW - 9 * DAY), "start": typed(NOW)},
    )
    assert set(wrong_at(whole(wrong))) == {"minutes", "end"}
    assert (await act(site, ben, path, "undo")).headers["location"] == f"{path}?done=undone"
    assert "Day Train" not in whole(await site.get(path, headers=ben))
    assert (await act(site, ben, path, "visibility", visibility="HIDDEN")).status_code == 303
    history = whole(await site.get(path, headers=ben)).partition('id="history"')[2]
    for words in ("hid it", "took the last change back", "published it", "made the film"):
        assert words in history


async def test_a_draft_is_deleted_from_its_page_and_a_published_film_is_not(
    site: AsyncClient, ada: dict[str, str], origin: FilmOrigin
) -> None:
    path = await film(site, ada, filled(origin, step="draft"))
    assert "Delete it for good" in whole(await site.get(path, headers=ada))
    late = await site.post(f"{path}/delete", data={"revision": "7"}, headers=ada)
    assert (late.status_code, "Do it again" in whole(late)) == (412, True)
    gone = await act(site, ada, path, "delete")
    assert gone.headers["location"] == "/admin?done=deleted"
    assert "The film is deleted." in whole(await site.get("/admin?done=deleted", headers=ada))
    assert (await site.get(path, headers=ada)).status_code == 404
    path = await film(site, ada, filled(origin, step="draft", default="1"))
    await act(site, ada, path, "visibility", visibility="VISIBLE")
    await act(site, ada, path, "visibility", visibility="HIDDEN")
    assert "Delete it for good" not in whole(await site.get(path, headers=ada))
    kept = await act(site, ada, path, "delete")
    assert (kept.status_code, "only drafts are deleted" in whole(kept)) == (409, True)


async def test_pages_of_films_in_japanese_say_nothing_in_english(
    site: AsyncClient, ada: dict[str, str], origin: FilmOrigin
) -> None:
    path = await film(site, ada, filled(origin))
    draft = await film(site, ada, filled(origin, step="draft", source="", default="1"))
    preview = re.findall(
        r'href="[^"]*(\?preview=[^#"]+)#', (await site.get(path, headers=ada)).text
    )
    watched = path.replace("/admin/films", "/watch/film")
    headers = {**ada, "cookie": "lang=ja"}
    answers = [
        await site.get(one, headers=headers)
        for one in (
            *("/admin", "/admin?q=no+such+film", "/admin/calendar", "/admin/films/new"),
            *(path, path + preview[0], f"{path}?done=published", draft, "/watch/film", watched),
        )
    ]
    answers += [
        await site.post("/admin/films/new", data={"step": "publish"}, headers=headers),
        await site.post(f"{path}/about", data={"revision": "7"}, headers=headers),
    ]
    for answer in answers:
        assert '<html lang="ja">' in whole(answer)
        assert english_texts(answer.text) == [], answer.url


async def test_who_changes_too_much_is_told_and_keeps_what_was_typed(
    site: AsyncClient, ada: dict[str, str], origin: FilmOrigin
) -> None:
    given = filled(origin, title="", step="draft")
    for _ in range(20):
        assert (await site.post("/admin/films/new", data=given, headers=ada)).status_code == 400
    last = await site.post("/admin/films/new", data=given, headers=ada)
    text = whole(last)
    assert (last.status_code, "20 times a minute" in text) == (429, True)
    assert int(last.headers["retry-after"]) >= 1
    assert given["poster"] in text


async def test_the_pages_are_for_managers_for_whom_they_are_switched_on(
    site: AsyncClient, origin: FilmOrigin, admin_settings: Settings, tmp_path: Path
) -> None:
    assert (await site.get("/admin")).status_code == 401
    account = {"email": f"{uuid4().hex}@example.org", "password": "correct horse battery"}
    viewer = (await site.post("/api/auth/register", json=account)).json()["token"]
    who = {"authorization": f"Bearer {viewer}"}
    for method, path in (("GET", "/admin"), ("POST", "/admin/films/new")):
        assert (await site.request(method, path, headers=who)).status_code == 403
    token = ManagerFile(admin_settings.managers.file).add(f"m{uuid4().hex[:12]}", NOW.date())
    signed_in = await site.post("/login", data={"name": "m", "password": token}, headers=OWN)
    cookie = signed_in.headers.get("set-cookie", "").partition(";")[0]
    if cookie:  # what another site sends with it is refused
        elsewhere = {"cookie": cookie, "sec-fetch-site": "cross-site"}
        crossed = await site.post("/admin/films/new", data=filled(origin), headers=elsewhere)
        assert crossed.status_code == 403
    flags = tmp_path / "flags.toml"
    off = "owner = 'x'\nremove_by = 2099-01-01\npercent = 0\n"
    flags.write_text(f"[client_logs]\n{off}[admin]\n{off}accounts = ['manager:few']\n")
    settings = with_changes(admin_settings, flags_file=str(flags))
    few = ManagerFile(settings.managers.file).add("few", NOW.date())
    async with running(settings) as other:
        await until_ready(other)
        for secret, status in ((few, 200), (token, 404)):
            headers = {"authorization": f"Bearer {secret}"}
            assert (await other.get("/admin", headers=headers)).status_code == status


async def test_films_are_listed_by_state_and_stand_in_a_calendar(
    site: AsyncClient, ada: dict[str, str], origin: FilmOrigin, admin_settings: Settings
) -> None:
    word = uuid4().hex
    for at, changes in enumerate(
        (
            {"step": "draft", "source": "", "language_2": "", "url_2": "", "start": ""},
            {"step": "draft"},
            {"start": "2190-03-05T18:30", "end": "2190-05-02T00:00"},
            {},
            {"start": typed(NOW - 3 * DAY), "end": typed(NOW - 2 * DAY)},
        )
    ):
        await film(site, ada, filled(origin, title=f"{word} {at}", **changes))

    async def titles(query: str) -> set[str]:
        text = whole(await site.get(f"/admin?q={word}{query}", headers=ada))
        return set(re.findall(rf"{word} (\d)</bdi>", text))

    assert await titles("") == set("01234")
    for state, wanted in zip(
        ("draft", "ready", "scheduled", "playing", "ended"), "01234", strict=True
    ):
        assert await titles(f"&state={state}") == {wanted}
    assert await titles("&state=blocked") == set()
    assert (await site.get("/admin?state=x", headers=ada)).status_code == 400
    assert await titles("&page=9") == set()
    march = whole(await site.get("/admin/calendar?month=2190-03", headers=ada))
    assert "from 18:30" in march
    assert "/admin/calendar?month=2190-04" in march
    april = whole(await site.get("/admin/calendar?month=2190-04", headers=ada))
    assert f"{word} 2" in april.partition('id="throughout"')[2]
    december = whole(await site.get("/admin/calendar?month=2190-12", headers=ada))
    assert "/admin/calendar?month=2191-01" in december
    for text in ("nonsense", "2190-13", "0000-01"):
        assert "aria-current" in whole(await site.get(f"/admin/calendar?month={text}", headers=ada))
    seen = whole(await site.get("/watch/film"))
    assert (f"{word} 3" in seen, f"{word} 2" in seen, f"{word} 1" in seen) == (True, True, False)
    ids = {
        one["title"]: one["movieId"]
        for one in (await site.get("/api/movies?visibility=ALL", headers=ada)).json()["movies"]
    }
    for at, words in ((2, "plays from"), (3, 'id="watch"'), (4, "available until")):
        assert words in whole(await site.get(f"/watch/film/{ids[f'{word} {at}']}"))
    assert (await site.get(f"/watch/film/{ids[f'{word} 1']}")).status_code == 404
    assert (await site.get(f"/watch/film/{uuid4()}")).status_code == 404
    blocked = f"/admin/films/{ids[f'{word} 3']}"
    origin.files["/film/master.m3u8"] = "<html>"
    assert (await act(site, ada, blocked, "sources", action="check")).status_code == 303
    assert await titles("&state=blocked") == {"3"}
    assert "be played just now" in whole(await site.get(f"/watch/film/{ids[f'{word} 3']}"))


async def test_pages_of_films_in_the_graph_say_where_they_are_watched_and_from_when(
    site: AsyncClient, ada: dict[str, str], origin: FilmOrigin
) -> None:
    explorer = f"/movies/{SPIRITED_AWAY}"
    before = await site.get(explorer)
    assert "/watch/film/" not in before.text.partition("<main")[2]
    work = f"http://test{explorer}"
    path = await film(site, ada, filled(origin, work=work, start="2190-03-05T18:30"))
    assert path.endswith(str(SPIRITED_AWAY))
    await until(site, explorer, lambda answer: "from 2190-03-05 18:30 UTC" in answer.text)
    now = await act(site, ada, path, "undo")
    assert (now.status_code, "hide it instead" in whole(now)) == (409, True)
    form = {**filled(origin), "end": ""}
    kept = {name: form[name] for name in ("title", "synopsis", "minutes", "poster", "start", "end")}
    assert (await act(site, ada, path, "about", **kept)).status_code == 303
    link = f'<a class="button" href="/watch/film/{SPIRITED_AWAY}"'
    await until(site, explorer, lambda answer: link in answer.text)
    assert (await site.get(explorer)).headers["etag"] != before.headers["etag"]
    assert explorer in whole(await site.get(f"/watch/film/{SPIRITED_AWAY}"))
    await act(site, ada, path, "visibility", visibility="HIDDEN")
    await until(site, explorer, lambda answer: link not in answer.text)
