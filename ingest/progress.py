"""Show progress: bars with rate and remaining time on a terminal, else a line each ten seconds."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text
from typing_extensions import override

_PLAIN_EVERY_S: Final = 10.0


class _RateColumn(ProgressColumn):
    """Shows how many a second, or nothing while that is not known."""

    @override
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")


class Progress:
    """Shows stages on `console`; `quiet` shows nothing (for `--json`)."""

    def __init__(
        self, console: Console, *, quiet: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._quiet = quiet
        self._clock = clock
        self._shown: Bars | None = None
        self._stages = 0

    def say(self, line: str) -> None:
        """Print one line."""
        if not self._quiet:
            self._console.print(line, highlight=False, markup=False)

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Generator[Callable[[int], None]]:
        """Show one stage; the function it yields is told how many more are done.

        Stages may run side by side, each with a bar or lines of its own.
        """
        if self._quiet:
            yield lambda _: None
        elif self._console.is_terminal:
            with self._bars() as bars:
                task = bars.add_task(name, total=total)
                try:
                    yield lambda more: bars.update(task, advance=more)
                finally:
                    bars.stop_task(task)
        else:
            with self._lines(name) as advance:
                yield advance

    @contextmanager
    def _bars(self) -> Generator[Bars]:
        """Return the bars that are shown, or show new ones until the last stage ends."""
        if self._shown is None:
            self._shown = Bars(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                _RateColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=self._console,
            )
            self._shown.start()
        bars = self._shown
        self._stages += 1
        try:
            yield bars
        finally:
            self._stages -= 1
            if not self._stages:
                bars.stop()
                self._shown = None

    @contextmanager
    def _lines(self, name: str) -> Generator[Callable[[int], None]]:
        started = last = self._clock()
        done = 0

        def advance(more: int) -> None:
            nonlocal done, last
            done += more
            if self._clock() - last >= _PLAIN_EVERY_S:
                last = self._clock()
                self.say(f"{name}: {done:,} so far")

        yield advance
        seconds = self._clock() - started
        self.say(f"{name}: {done:,} in {seconds:.1f} s" if done else f"{name}: {seconds:.1f} s")
