"""Captions are read strictly: what is wrong is told by its line, and what is right shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.edges.portal import captions, ttml, webvtt
from kensho.edges.portal.webvtt import CaptionsError, Cue

TT = '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:p="http://www.w3.org/ns/ttml#parameter" '
TT += 'xmlns:s="http://www.w3.org/ns/ttml#styling" {}><body {}>\n<div>\n{}\n</div></body></tt>'


def lines(text: str, longest_ms: int | None = None) -> list[tuple[int, str]]:
    with pytest.raises(CaptionsError) as error:
        webvtt.read(text, longest_ms)
    return [(one.line, one.message) for one in error.value.problems]


def ttml_lines(text: str) -> list[tuple[int, str]]:
    with pytest.raises(CaptionsError) as error:
        ttml.read(text)
    return [(one.line, one.message) for one in error.value.problems]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "is not WEBVTT"),
        ("<html>", 1, "is not WEBVTT"),
        ("WEBVTTX\n\n00:00.000 --> 00:01.000\nx", 1, "is not WEBVTT"),
        ("WEBVTT\n", 1, "no cue"),
        ("WEBVTT\n00:00.000 --> 00:01.000\nx", 2, "blank line is missing"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nx", 3, "ends before it begins"),
        ("WEBVTT\n\n00:01.000 --> 00:01.000\nx", 3, "ends before it begins"),
        ("WEBVTT\n\n00:61.000 --> 01:02.000\nx", 3, "are no times"),
        ("WEBVTT\n\n0:01.000 --> 00:02.000\nx", 3, "are no times"),
        ("WEBVTT\n\n00:01,000 --> 00:02,000\nx", 3, "are no times"),
        ("WEBVTT\n\n1\n2\n3\n", 3, "has no times"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n", 3, "has no text"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>", 3, "has no text"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000 align:up\nx", 3, "no setting"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nx\n00:02.000 --> 00:03.000\ny", 5, "blank line"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nx\n\n00:01.000 --> 00:04.000\ny", 6, "begins before"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nx\n\nSTYLE\n::cue{}", 6, "after the first cue"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nx\0", 4, "NUL"),
        ("WEBVTT\n\n00:02.000 --> 00:09.000\nx", 3, "after the film"),
    ],
)
def test_a_slip_in_webvtt_is_told_by_its_line(text: str, line: int, said: str) -> None:
    found = lines(text, 8_000)
    assert found[0][0] == line
    assert said in found[0][1]


def test_all_of_webvtt_that_browsers_show_is_read() -> None:
    text = (
        "\ufeffWEBVTT - a title\r\nKind: captions\r\n\r\nNOTE\r\nmade by hand\r\n\r\nSTYLE\r\n"
        "::cue { color: red }\r\n\r\nREGION\r\nid:a\r\n\r\nintro\r\n"
        "00:01.000 --> 00:02.500 line:0 position:50%,center align:start size:80%\r\n"
        "- <v Ann>Hi</v>\r\n- <i>You</i>\r\n\r\nNOTE between\r\n\r\n"
        "100:00:01.000\t-->\t100:00:02.000\r\nLate."
    )
    first, second = webvtt.read(webvtt.decoded(text.encode()))
    assert (first.start_ms, first.end_ms, first.line) == (1_000, 2_500, 13 + 1)
    assert first.text == "- <v Ann>Hi</v>\n- <i>You</i>"
    assert second.start_ms == 360_001_000
    assert captions.checked(b"\xff", "WEBVTT", 1).problem == "line 1: it is no UTF-8"
    assert "bytes" in str(captions.checked(b"x" * 1_048_577, "WEBVTT", 1).problem)
    many = captions.checked(b"WEBVTT\n\nx\n\ny\n\nz\n\nw\n", "WEBVTT", 1)
    assert many.problem is not None
    assert many.problem.endswith("; and 1 more")


_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1
).filter(lambda text: "-->" not in text and not set(text) & set("<>&"))


@given(
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 10**5), _TEXTS), min_size=1).map(
        sorted
    )
)
def test_what_is_written_is_read_back(cues: list[tuple[int, int, str]]) -> None:
    held = [Cue(start, start + length, text) for start, length, text in cues]
    read = webvtt.read(webvtt.written(held))
    assert [one[:3] for one in read] == [one[:3] for one in held]


@given(st.text(max_size=200))
def test_any_text_is_read_or_told_to_be_wrong(text: str) -> None:
    for form in ("WEBVTT", "TTML"):
        found = captions.checked(text.encode("utf-8", "replace"), form, 5)
        assert (found.status, found.problem is None) in (("VALID", True), ("INVALID", False))


@pytest.mark.parametrize(
    ("attributes", "body", "paragraph", "times"),
    [
        ("", "", 'begin="00:00:01.5" end="00:00:02"', (1_500, 2_000)),
        ("", "", 'begin="1500ms" dur="0.5s"', (1_500, 2_000)),
        ("", 'begin="10s"', 'begin="1m" end="2m"', (70_000, 130_000)),
        ("", 'begin="10s" end="75s"', 'begin="1m" end="2m"', (70_000, 75_000)),
        ('p:frameRate="25"', "", 'begin="00:00:01:05" end="50f"', (1_200, 2_000)),
        (
            'p:frameRate="24" p:frameRateMultiplier="1000 1001"',
            "",
            'begin="24f" end="48f"',
            (1_001, 2_002),
        ),
        ('p:tickRate="10000000"', "", 'begin="15000000t" end="20000000t"', (1_500, 2_000)),
        ("", "", 'begin="0.5h" end="0.6h"', (1_800_000, 2_160_000)),
    ],
)
def test_times_of_ttml_are_read(
    attributes: str, body: str, paragraph: str, times: tuple[int, int]
) -> None:
    (cue,) = ttml.read(TT.format(attributes, body, f"<p {paragraph}>x</p>"))
    assert (cue.start_ms, cue.end_ms, cue.line) == (*times, 3)


def test_texts_of_ttml_are_read() -> None:
    words = (
        '<p begin="2s" end="3s">  two <metadata>no</metadata> words\n here</p>'
        '<p begin="1s" end="2s"><span s:fontStyle="italic" s:fontWeight="bold">a &lt; b</span>'
        "<br/>c</p><p begin='4s'> </p>"
    )
    cues = ttml.read(TT.format("", "", words))
    assert [one.text for one in cues] == ["<i><b>a &lt; b</b></i>\nc", "two words here"]
    assert webvtt.read(webvtt.written(cues))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("<a/>", 1, "not with tt"),
        ("<tt xmlns='http://www.w3.org/ns/ttml'>\n<body>", 2, "no XML"),
        ("<!DOCTYPE tt [<!ENTITY a 'aaaa'>]>\n<tt/>", 1, "document type"),
        (TT.format("", "", ""), 1, "no cue"),
        (TT.format("", "", "<p begin='1s'>x</p>"), 3, "no end"),
        (TT.format("", "", "<p begin='2s' end='1s'>x</p>"), 3, "ends before"),
        (TT.format("", "", "<p begin='1x' end='1s'>x</p>"), 3, "no time"),
        (TT.format('p:timeBase="smpte"', "", "<p begin='1s' end='2s'>x</p>"), 1, "timeBase"),
        (TT.format('p:frameRate="0"', "", "<p begin='1s' end='2s'>x</p>"), 1, "frameRate"),
        (TT.format("", 'timeContainer="seq"', "<p begin='1s' end='2s'>x</p>"), 1, "timeContainer"),
        (TT.format("", "", "<div>" * 80), 3, "too deeply"),
    ],
)
def test_a_slip_in_ttml_is_told_by_its_line(text: str, line: int, said: str) -> None:
    found = ttml_lines(text)
    assert (found[0][0], said in found[0][1]) == (line, True), found
