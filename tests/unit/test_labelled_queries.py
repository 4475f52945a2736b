"""The labelled queries hold what a benchmark rests on, and a wrong row is named."""

import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.labelled_queries import KINDS, LabelError, LabelledQuery, load
from kensho.domain import ids

ENOUGH = 8
FEW = {"wrong_layout": 3}


@pytest.fixture(scope="module")
def labels() -> list[LabelledQuery]:
    return load()


def written(folder: Path, text: str) -> Path:
    path = folder / "labels.toml"
    path.write_text(text, "utf-8")
    return path


def test_there_are_enough_rows_to_measure_with(labels: list[LabelledQuery]) -> None:
    assert len(labels) >= 150


def test_every_kind_has_enough_rows(labels: list[LabelledQuery]) -> None:
    counts = Counter(label.kind for label in labels)

    assert {kind for kind in KINDS if counts[kind] < FEW.get(kind, ENOUGH)} == set()


def test_no_query_stands_twice(labels: list[LabelledQuery]) -> None:
    queries = Counter(label.query.casefold() for label in labels)

    assert [query for query, times in queries.items() if times > 1] == []


def test_every_row_says_why_it_is_hard(labels: list[LabelledQuery]) -> None:
    assert [label.query for label in labels if not label.reason.strip()] == []


def test_every_id_names_a_page_of_a_known_provider(labels: list[LabelledQuery]) -> None:
    wrong = [i for label in labels for i in label.ids if ids.parse(i) != i]

    assert wrong == []


def test_only_file_names_say_an_episode(labels: list[LabelledQuery]) -> None:
    slots = {label.kind for label in labels if (label.season, label.episode) != (None, None)}

    assert slots == {"release"}


def test_decomposed_hangul_survives_the_file(labels: list[LabelledQuery]) -> None:
    hangul = [label.query for label in labels if label.kind == "hangul"]

    assert not all(unicodedata.is_normalized("NFC", query) for query in hangul)


def test_a_row_is_read_whole(tmp_path: Path) -> None:
    row = '{query = "a S2 - 03.mkv", ids = ["mal:1", "anidb:2"], reason = "r",'
    slots = 'known_miss = "m", season = 2, episode = 3}'

    [label] = load(written(tmp_path, f"release = [{row} {slots}]"))

    assert label == LabelledQuery(
        "a S2 - 03.mkv", ("mal:1", "anidb:2"), "release", "r", "m", season=2, episode=3
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("typo = [", "labels.toml: "),
        ("typo = 3", "typo is no list"),
        ("typo = [3]", "typo row 1: a row is a table"),
        (
            'typo = [{query = "a", ids = ["mal:1"], reason = "r", kind = "kana"}]',
            "typo row 1: a row is",
        ),
        ('typos = [{query = "a", ids = ["mal:1"], reason = "r"}]', "typos row 1 .'a'.: .*kind"),
        ('typo = [{query = "a", ids = [], reason = "r"}]', "typo row 1 .'a'.: .*ids"),
        ('typo = [{query = "a", ids = ["mal:1"], reason = ""}]', "typo row 1 .'a'.: .*reason"),
        ('typo = [{query = " a", ids = ["mal:1"], reason = "r"}]', "typo row 1 .' a'.: .*query"),
        ('typo = [{query = "a", ids = ["mal:1"]}]', "typo row 1 .'a'.: .*reason"),
        ('typo = [{query = "a", ids = ["16498"], reason = "r"}]', "'16498' is no source id"),
        ('typo = [{query = "a", ids = ["myal:1"], reason = "r"}]', "'myal:1' is no source id"),
        ('typo = [{query = "a", ids = ["mal:1", "mal:1"], reason = "r"}]', "an id stands twice"),
        (
            'typo = [{query = "a", ids = ["mal:1"], reason = "r", eps = 3}]',
            "typo row 1 .'a'.: .*eps",
        ),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(LabelError, match=says):
        load(written(tmp_path, text))


def test_a_repeated_query_names_both_rows(tmp_path: Path) -> None:
    rows = '{query = "A", ids = ["mal:1"], reason = "r"}'
    text = f"typo = [{rows}]\nkana = [{rows.lower()}]"

    with pytest.raises(LabelError, match=r"kana row 1 \('a'\): repeats .*typo row 1 \('A'\)"):
        load(written(tmp_path, text))
