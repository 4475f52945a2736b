"""Values of dumps: what is kept, what is cleaned, what is refused under which name."""

import datetime as dt
import json
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.reading.decoding import (
    MAX_INT,
    Int,
    MalformedJsonError,
    PageNumber,
    RawDecoder,
    RawTitle,
    RecordSpot,
    choice_or_reject,
    clean_line,
    clean_names,
    clean_tags,
    clean_text,
    clean_title,
    clean_titles,
    count_or_reject,
    date_or_reject,
    fold_tag,
    latest_year,
    main_title_or_reject,
    score_or_reject,
    url_or_reject,
    year_or_reject,
)
from kensho.domain.works import Title
from tests.support.adapter_runs import RejectList


class Part(msgspec.Struct, frozen=True):
    name: str
    size: Int = 0


class Whole(msgspec.Struct, frozen=True):
    id: PageNumber
    label: str = "?"
    parts: tuple[Part, ...] = ()
    notes: dict[str, str] = {}
    score: float | None = None


def decoded(line: bytes) -> tuple[Whole | None, list[tuple[str, str]]]:
    rejects = RejectList()
    whole = RawDecoder(Whole).decode(line, 7, rejects)
    assert {reject.line for reject in rejects.all} <= {7}
    return whole, [(reject.field, reject.value) for reject in rejects.all]


def spot() -> tuple[RecordSpot, RejectList]:
    rejects = RejectList()
    return RecordSpot(rejects, 3, "mal:1"), rejects


def test_a_sound_line_is_decoded_as_it_stands() -> None:
    line = b'{"id": 1, "label": "a", "unknown": [1e999], "parts": [{"name": "p", "size": 2}]}'

    assert decoded(line) == (Whole(1, "a", (Part("p", 2),)), [])


@pytest.mark.parametrize(
    ("line", "whole", "refused"),
    [
        (b'{"id": 1, "label": 5}', Whole(1), [("label", "5")]),
        (b'{"id": 1, "score": "x"}', Whole(1), [("score", "x")]),
        (b'{"id": 1, "score": 1e400}', Whole(1, score=float("inf")), []),
        (
            b'{"id": 1, "parts": [{"name": "a"}, {"name": 3}, {"name": "c"}]}',
            Whole(1, parts=(Part("a"), Part("c"))),
            [("parts", "{'name': 3}")],
        ),
        (
            b'{"id": 1, "parts": [{"name": "a", "size": 9223372036854775808}]}',
            Whole(1),
            [("parts", "{'name': 'a', 'size': 9223372036854775808}")],
        ),
        (b'{"id": 1, "parts": [{}, 4]}', Whole(1), [("parts", "{}"), ("parts", "4")]),
        (b'{"id": 1, "parts": null}', Whole(1), [("parts", "None")]),
        (b'{"id": 1, "notes": {"a": 1}}', Whole(1), [("notes", "{'a': 1}")]),
        (b'{"id": 1, "label": 5, "score": []}', Whole(1), [("label", "5"), ("score", "[]")]),
    ],
)
def test_a_faulty_member_is_reported_and_left_out(
    line: bytes, whole: Whole, refused: list[tuple[str, str]]
) -> None:
    assert decoded(line) == (whole, refused)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b"{}", "id"),
        (b'{"id": 0}', "id"),
        (b'{"id": null}', "id"),
        (b'{"id": 99999999999999999999}', "id"),
        (b"[1]", "record"),
        (b"null", "record"),
        (b'"text"', "record"),
    ],
)
def test_a_record_without_what_its_shape_requires_is_rejected_once(line: bytes, field: str) -> None:
    whole, refused = decoded(line)

    assert whole is None
    assert [name for name, _ in refused] == [field]


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"nul", b"{'id': 1}", b'{"id": NaN}', b'{"label": "\xff"}', b"[" * 100_000],
)
def test_what_is_no_json_is_left_to_whoever_reads_the_file(line: bytes) -> None:
    with pytest.raises(MalformedJsonError):
        decoded(line)


def test_a_record_that_is_nothing_but_faults_is_given_up() -> None:
    line = json.dumps({"id": 1, "parts": list(range(1000))}).encode()
    whole, refused = decoded(line)

    assert whole is None
    assert refused[-1][0] == "record"
    assert len(refused) < 100


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "label", "parts", "name"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_any_json_is_decoded_or_rejected(value: object) -> None:
    whole, refused = decoded(json.dumps(value).encode())

    assert (whole is not None) or refused


@pytest.mark.parametrize("year", [1900, 2026, 2031, None])
def test_a_year_in_reach_is_kept(year: int | None) -> None:
    place, rejects = spot()

    assert year_or_reject(year, place, latest=2031) == year
    assert rejects.all == []


@pytest.mark.parametrize("year", [0, 1899, 2032, 20111, -5])
def test_a_year_out_of_reach_is_refused_by_name(year: int) -> None:
    place, rejects = spot()

    assert year_or_reject(year, place, latest=2031) is None
    (reject,) = rejects.all
    assert (reject.line, reject.key, reject.field) == (3, "mal:1", "year")
    assert reject.value == str(year)
    assert "1900..2031" in reject.reason


def test_announced_years_are_believed_five_years_ahead() -> None:
    assert latest_year(dt.datetime(2026, 11, 20, tzinfo=dt.UTC)) == 2031


@pytest.mark.parametrize("parts", [(2011, None, 4), (None, 1, 4), (2011, 10, None)])
def test_an_incomplete_date_is_unknown(parts: tuple[int | None, int | None, int | None]) -> None:
    place, rejects = spot()

    assert date_or_reject(parts, "aired", place, latest=2031) is None
    assert rejects.all == []


@pytest.mark.parametrize(
    "parts", [(2011, 2, 29), (2011, 13, 1), (2011, 0, 1), (1899, 1, 1), (2032, 1, 1), (2**63, 1, 1)]
)
def test_a_date_that_never_was_or_is_out_of_reach_is_refused(parts: tuple[int, int, int]) -> None:
    place, rejects = spot()

    assert date_or_reject(parts, "aired", place, latest=2031) is None
    assert [reject.field for reject in rejects.all] == ["aired"]


@pytest.mark.parametrize(
    ("count", "kept", "refused"),
    [(None, None, 0), (0, None, 0), (1, 1, 0), (MAX_INT, MAX_INT, 0), (-1, None, 1)],
)
def test_a_count_is_positive_and_zero_is_unknown(
    count: int | None, kept: int | None, refused: int
) -> None:
    place, rejects = spot()

    assert count_or_reject(count, "episodes", place) == kept
    assert len(rejects.all) == refused


def test_a_count_beyond_64_bits_is_refused() -> None:
    place, rejects = spot()

    assert count_or_reject(MAX_INT + 1, "duration", place) is None
    assert [reject.field for reject in rejects.all] == ["duration"]


@pytest.mark.parametrize("score", [-0.1, 10.1, float("inf"), float("nan")])
def test_a_score_outside_its_scale_is_refused(score: float) -> None:
    place, rejects = spot()

    assert score_or_reject(score, place) is None
    assert [reject.field for reject in rejects.all] == ["score"]


@pytest.mark.parametrize("score", [None, 0, 10, 7.25])
def test_a_score_on_its_scale_is_kept(score: float | None) -> None:
    assert score_or_reject(score, spot()[0]) == score


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://a", "//a/b", "https://a/b c", "https://a\n", "x"]
)
def test_only_web_addresses_are_kept(url: str) -> None:
    place, rejects = spot()

    assert url_or_reject(url, "picture", place) is None
    assert [reject.field for reject in rejects.all] == ["picture"]
    assert url_or_reject("https://a.example/b?c=d", "picture", place) == "https://a.example/b?c=d"
    assert url_or_reject("", "picture", place) is None


def test_a_word_that_the_vocabulary_lacks_is_refused_with_those_it_has() -> None:
    place, rejects = spot()

    assert choice_or_reject("TV", {"TV": "tv"}, "type", place) == "tv"
    assert choice_or_reject(None, {"TV": "tv"}, "type", place) is None
    assert choice_or_reject("Radio", {"TV": "tv"}, "type", place) is None
    assert rejects.all[0].reason == "expected one of TV"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Plain", "Plain"),
        ("  a  b ", "a  b"),
        ("a\nb\tc", "a b c"),
        ("a\x00\x07b\x85", "ab"),
        ("\u3000題\u3000名\u3000", "題\u3000名"),
        ("a\ud800b", "ab"),
        ("نیم‌فاصله", "نیم‌فاصله"),
        ("\n\t ", ""),
    ],
)
def test_a_line_loses_control_characters_and_outer_blanks(raw: str, clean: str) -> None:
    assert clean_line(raw) == clean


def test_a_text_keeps_its_lines() -> None:
    assert clean_text(" a\r\nb\x00\n\nc ") == "a\nb\n\nc"
    assert clean_text(" \x00 ") is None
    assert clean_text(None) is None


def test_a_main_title_is_there_and_not_too_long() -> None:
    place, rejects = spot()

    assert main_title_or_reject(" A\x00 ", place) == "A"
    assert main_title_or_reject("z" * 500, place) == "z" * 500
    assert main_title_or_reject("z" * 501, place) is None
    assert main_title_or_reject("\x00", place) is None
    assert [reject.field for reject in rejects.all] == ["title", "title"]


def test_a_title_stands_once_per_language_and_keeps_its_first_role() -> None:
    titles: list[RawTitle] = [
        ("Naruto", None, "main"),
        ("Naruto", "en", "official"),
        ("Naruto", None, "synonym"),
        ("Naruto", "en", "synonym"),
        (None, "ja", "official"),
        ("", None, "synonym"),
        ("z" * 501, None, "synonym"),
    ]
    place, rejects = spot()

    assert clean_titles(titles, place) == (
        Title("Naruto", None, "main"),
        Title("Naruto", "en", "official"),
    )
    assert [reject.field for reject in rejects.all] == ["titles"]


def test_what_markup_writes_for_a_character_is_that_character_in_a_title() -> None:
    assert clean_title("Bill &amp; Ted&#39;s &quot;Bogus&quot; Journey") == (
        'Bill & Ted\'s "Bogus" Journey'
    )
    assert clean_title("Rock&Roll; R&B; &II; &amp") == "Rock&Roll; R&B; &II; &amp"


def test_names_stand_once_as_they_are_written() -> None:
    place, rejects = spot()
    names = ["Studio Tori", " STUDIO TORI", "", "z" * 501]

    assert clean_names(names, "studios", place) == ("Studio Tori",)
    assert [reject.field for reject in rejects.all] == ["studios"]


@given(st.text())
def test_folding_a_tag_twice_changes_nothing_more(name: str) -> None:
    folded = fold_tag(name)

    assert fold_tag(folded) == folded
    assert unicodedata.is_normalized("NFKC", folded)
    assert folded == " ".join(folded.split())


def test_tags_are_folded_kept_once_and_bounded() -> None:
    place, rejects = spot()
    names = ["Sci-Fi", "SCI-FI", "\uff33lice\u3000of  Life", "z" * 51, "\x00 "]
    tags = clean_tags(names, place, category="genre", relevance=1.0)

    assert [(tag.name, tag.category, tag.relevance) for tag in tags] == [
        ("sci-fi", "genre", 1.0),
        ("slice of life", "genre", 1.0),
    ]
    assert [(reject.field, reject.value) for reject in rejects.all] == [("tags", "z" * 51)]
