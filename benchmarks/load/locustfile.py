"""Load by locust: journeys under a shape, and a verdict by what is promised.

    locust -f benchmarks/load/locustfile.py --headless --host http://127.0.0.1:8700 --shape normal

The exit code is 1 where a promise is broken: 95 of 100 answers within 200 ms, fewer than 1 in 100
failed, over 80 in 100 sent as kept bytes (where the server's metrics are to be had), and in a soak
no worker that grew by over 20 MB, or by open files, since the first tenth of the time.
"""

from typing import Any, Final

from locust import LoadTestShape, events
from locust.runners import WorkerRunner

from benchmarks.load.journeys import Curator, FilmViewer, SearchClient, VideoMaker, Viewer
from benchmarks.load.shapes import shapes
from benchmarks.load.verdict import Figures, growth, kept, verdict

__all__ = ["Curator", "FilmViewer", "SearchClient", "VideoMaker", "Viewer"]
WARM: Final = 0.1
"""The part of the time after which growth is looked at: until then a server fills what it keeps."""
_BEGUN: Final[dict[str, Figures]] = {}
"""What the server's metrics said when a tenth of the time was over."""


@events.init_command_line_parser.add_listener
def _options(parser: Any) -> None:
    parser.add_argument("--shape", choices=shapes(1), default="normal", help="how load comes")
    parser.add_argument("--height", type=int, default=100, help="users at the height of it")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long; 0 is the shape's own")


class Shaped(LoadTestShape):
    """The shape that the command line names."""

    def __init__(self) -> None:
        super().__init__()
        self._users = 0

    def tick(self) -> tuple[int, float] | None:
        """Return how many users there shall be now, None at the end."""
        options = self.runner.environment.parsed_options
        shape = shapes(options.height)[options.shape]
        seconds = options.seconds or shape.seconds
        part = self.get_run_time() / seconds
        if part >= WARM and not _BEGUN:
            _BEGUN["then"] = Figures.asked(self.runner.environment.host)
        users, a_second = shape.users(part)
        if self._users and (part >= 1 or users != self._users):
            self._tell_step()
        self._users = users
        return (users, a_second) if part < 1 else None

    def _tell_step(self) -> None:
        """Print what so many users were answered: stress shows by it where the knee is."""
        total = self.runner.stats.total
        p95_ms = total.get_current_response_time_percentile(0.95)
        print(f"{self._users} users: {total.current_rps:,.0f} answers a second, p95 {p95_ms} ms")


@events.quitting.add_listener
def _judge(environment: Any, **_: object) -> None:
    if isinstance(environment.runner, WorkerRunner):
        return
    total = environment.stats.total
    broken = verdict(total.get_response_time_percentile(0.95), total.fail_ratio)
    then = _BEGUN.get("then")
    if then is not None:
        now = Figures.asked(environment.host)
        broken += kept(then, now)
        broken += growth(then, now) if environment.parsed_options.shape == "soak" else []
        print(f"kept answers {now.kept_share(then):.0%}, memory {now.grown_mb(then):+.1f} MB")
    print(
        f"{total.num_requests:,} answers, {total.total_rps:,.0f} a second,"
        f" median {total.median_response_time} ms,"
        f" p95 {total.get_response_time_percentile(0.95):.0f} ms,"
        f" p99 {total.get_response_time_percentile(0.99):.0f} ms,"
        f" failed {total.fail_ratio:.2%}"
    )
    for one in broken:
        print(f"broken: {one}")
    environment.process_exit_code = 1 if broken else 0
