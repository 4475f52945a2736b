"""The words of pages: none is missing, none is left over, and what is told is told rightly."""

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

from kensho.domain.ids import PROVIDERS
from kensho.domain.relations import KINDS, Assertion, Kind
from kensho.web import messages, page_router
from kensho.web.descriptions import highlighted, provenance
from kensho.web.error_pages import words_of
from kensho.web.messages import Messages

HERE: Final = Path(page_router.__file__).parent
FOLDERS: Final = [HERE, *(one.parent for one in (HERE.parent / "edges").rglob("strings.toml"))]
MESSAGES: Final = Messages.read()
JAPANESE: Final = Messages.read(HERE / "strings.toml", HERE / "strings.ja.toml")
_KEYS: Final = re.compile(r'\b(?:message|messages\.format)\(\s*"([a-z_.0-9]+)"(?! ~)')
_COUNTS: Final = re.compile(r'(?<!_metrics\.)\bcount\(\s*"([a-z_]+)"')


def sources(folder: Path) -> str:
    files = [*folder.rglob("*.py"), *(folder / "templates").glob("*.jinja")]
    return "\n".join(file.read_text("utf-8") for file in files)


@pytest.mark.parametrize(
    "folder",
    FOLDERS,
    ids=lambda folder: folder.name,
)
def test_every_key_that_is_named_has_words(folder: Path) -> None:
    """Those of an edge in its own file, or in that of all pages."""
    known = Messages.read(HERE / "strings.toml", HERE / "strings.ja.toml", folder / "strings.toml")
    text = sources(folder)
    counts = [f"counts.{key}.{form}" for key in _COUNTS.findall(text) for form in ("one", "other")]
    missing = [key for key in (*_KEYS.findall(text), *counts) if key not in known]
    assert missing == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_translation_fills_in_what_the_first_language_does(folder: Path) -> None:
    """No key is left over, and every text has the fields of the English one.

    Reasons and tags may stand in translations alone: English says reasons by
    `kensho.read_model.wording`, and most tags as catalogues do.
    """
    first, other = (
        dict(messages.flat(tomllib.loads((folder / name).read_text("utf-8"))))
        for name in ("strings.toml", "strings.ja.toml")
    )
    own = [key for key in other if key.startswith(("reason.", "names.tag."))]
    assert other.keys() - first.keys() <= set(own)
    fields = re.compile(r"{[a-z_]+}")
    differing = [
        key
        for key, text in other.items()
        if key in first
        and not key.startswith("counts.")
        and set(fields.findall(text)) - set(fields.findall(first[key]))
    ]
    assert differing == []


def test_every_kind_and_provider_has_a_name() -> None:
    assert [kind for kind in KINDS if MESSAGES.label("kind", kind) == kind] == []
    assert [one for one in PROVIDERS if MESSAGES.label("provider", one) == one] == []


def said(kind: Kind, method: str, source: str, sure: float = 1.0) -> Assertion:
    return Assertion(source, "2024-01-01", kind, method, sure)  # type: ignore[arg-type]  # a literal


@pytest.mark.parametrize(
    ("assertions", "lines"),
    [
        (
            [said("sequel", "stated", "mal"), said("sequel", "stated", "anilist")],
            ["Stated by MyAnimeList and AniList"],
        ),
        (
            [said("sequel", "inferred", "inference", 0.94)],
            ["Inferred from titles and dates, 94 % sure"],
        ),
        (
            [said("related", "stated", "aodb"), said("sequel", "curated", "curators")],
            [
                MESSAGES.format("provenance.curated"),
                "Called related, no closer, by anime-offline-database",
            ],
        ),
        (
            [said("sequel", "stated", "jikan"), said("spin_off", "stated", "kitsu")],
            ["Stated by MyAnimeList", "Called “Spin-off” by Kitsu"],
        ),
    ],
)
def test_who_says_so_is_told(assertions: list[Assertion], lines: list[str]) -> None:
    assert provenance(assertions, "sequel", MESSAGES) == lines


def test_what_was_typed_is_marked_and_nothing_is_let_through() -> None:
    assert str(highlighted("<b>&", [(1, 2)])) == "&lt;<mark>b</mark>&gt;&amp;"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/anime/cowboy-bebop", "cowboy bebop"),
        ("/hub/Naruto%20Shippuuden", "Naruto Shippuuden"),
        ("/anime/4fb2cd29-1fcf-5450-a5fb-e02f410ddada", ""),
        ("/", ""),
        ("/anime/86-eighty-six", "86 eighty six"),
    ],
)
def test_the_words_of_a_path_are_looked_for_and_ids_are_not(path: str, words: str) -> None:
    assert words_of(path) == words


def test_figures_are_written_as_they_are_read() -> None:
    assert messages.number(12_345) == "12,345"
    assert [messages.percent(share) for share in (0.94, 0.999, 1.0)] == ["94 %", "99 %", "100 %"]
    assert messages.timestamp("2026-11-20T16:25:25.649828729Z") == "2026-11-20 16:25 UTC"
    assert MESSAGES.join(["A", "B", "C"]) == "A, B and C"


@pytest.mark.parametrize(
    ("words", "exact", "rounded"),
    [
        (MESSAGES, ["1 min", "24 min", "1 h", "1 h 55 min"], ["1 h 55 min", "14 h"]),
        (JAPANESE, ["1分", "24分", "1時間", "1時間55分"], ["1時間55分", "14時間"]),
    ],
)
def test_lengths_are_told_in_the_language_of_the_page(
    words: Messages, exact: list[str], rounded: list[str]
) -> None:
    assert [words.minutes(s) for s in (20, 1_440, 3_600, 6_900)] == exact
    assert [words.about(s) for s in (6_900, 50_000)] == rounded


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_text_with_words_is_translated_but_names(folder: Path) -> None:
    first, other = (
        dict(messages.flat(tomllib.loads((folder / name).read_text("utf-8"))))
        for name in ("strings.toml", "strings.ja.toml")
    )
    names = (
        *("names.provider.", "names.scorer.", "names.caption_format.", "names.act_field.imdb"),
        *("site.name", "work.rating"),
    )
    words = {
        key for key, text in first.items() if re.search("[A-Za-z]", re.sub("{[a-z_]*}", "", text))
    }
    assert [key for key in words - other.keys() if not key.startswith(names)] == []


def test_what_people_wrote_in_english_is_marked_in_another_language() -> None:
    one = Assertion("curators", "2024-01-01", "sequel", "curated", 1.0, because="a <b> tells it")
    [line] = provenance([one], "sequel", JAPANESE)
    assert line.endswith(': <span lang="en">a &lt;b&gt; tells it</span>')
    [line] = provenance([one], "sequel", MESSAGES)
    assert line.endswith(": a <b> tells it")
