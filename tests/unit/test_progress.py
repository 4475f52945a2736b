"""Progress: bars on a terminal, plain lines otherwise, nothing where a machine reads."""

import io
from collections.abc import Iterator

from rich.console import Console

from ingest.progress import Progress


def shown(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, force_terminal=terminal, width=120, _environ={}), text


def ticking(*seconds: float) -> Iterator[float]:
    yield from seconds


def test_off_a_terminal_a_stage_is_one_plain_line() -> None:
    console, text = shown()
    times = ticking(0, 1, 2, 3.5)
    with Progress(console, clock=lambda: next(times)).stage("works", 2000) as advance:
        advance(1000)
        advance(1000)
    assert text.getvalue() == "works: 2,000 in 3.5 s\n"


def test_off_a_terminal_a_long_stage_says_every_ten_seconds_how_far_it_is() -> None:
    console, text = shown()
    times = ticking(0, 4, 11, 11, 12, 30, 30, 31)
    with Progress(console, clock=lambda: next(times)).stage("works") as advance:
        for _ in range(4):
            advance(500)
    assert text.getvalue().splitlines() == [
        "works: 1,000 so far",
        "works: 2,000 so far",
        "works: 2,000 in 31.0 s",
    ]


def test_a_stage_that_counts_nothing_says_how_long_it_took() -> None:
    console, text = shown()
    times = ticking(0, 2)
    with Progress(console, clock=lambda: next(times)).stage("edges"):
        pass
    assert text.getvalue() == "edges: 2.0 s\n"


def test_off_a_terminal_nothing_moves_the_cursor() -> None:
    console, text = shown()
    with Progress(console).stage("works", 3) as advance:
        advance(3)
    assert "\x1b" not in text.getvalue()


def test_on_a_terminal_a_stage_is_a_bar_with_its_count() -> None:
    console, text = shown(terminal=True)
    with Progress(console).stage("works", 3) as advance:
        advance(3)
    assert "works" in text.getvalue()
    assert "3/3" in text.getvalue()


def test_on_a_terminal_a_stage_without_a_total_is_shown_as_well() -> None:
    console, text = shown(terminal=True)
    with Progress(console).stage("reading") as advance:
        advance(7)
    assert "7/?" in text.getvalue()


def test_a_quiet_progress_shows_nothing() -> None:
    console, text = shown(terminal=True)
    progress = Progress(console, quiet=True)
    with progress.stage("works", 1) as advance:
        advance(1)
    progress.say("a line")
    assert text.getvalue() == ""


def test_a_line_is_printed_as_it_is() -> None:
    console, text = shown()
    Progress(console).say("aodb: [bold]odd[/bold] name: 3")
    assert text.getvalue() == "aodb: [bold]odd[/bold] name: 3\n"
