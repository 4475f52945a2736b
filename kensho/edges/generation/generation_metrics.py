"""What is counted of jobs, of the generator and of copies."""

from typing import Final, Literal, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from kensho.edges.generation.jobs import JobError

Move: TypeAlias = Literal[
    "submit",
    "retry",
    "claim",
    "hand_back",
    "lease_lost",
    "complete",
    "fail",
    "cancel",
    "delete",
    "restore",
]
CopyOutcome: TypeAlias = Literal["kept", "refused", "failed"]
_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_FIRST_S: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class GenerationMetrics:
    """Counts into one registry."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        own = CollectorRegistry() if registry is None else registry
        self._moves = Counter(
            "kensho_video_moves",
            "Transitions of jobs and videos that this process made",
            ("move",),
            registry=own,
        )
        self._failures = Counter(
            "kensho_video_failures", "Jobs that failed, by why", ("error",), registry=own
        )
        self._jobs = Gauge(
            "kensho_video_jobs", "Jobs that wait, and that are worked on", ("status",), registry=own
        )
        self._first = Histogram(
            "kensho_video_first_progress_seconds",
            "From asking for a video to the first progress of it",
            buckets=_FIRST_S,
            registry=own,
        )
        self._took = Histogram(
            "kensho_video_seconds",
            "From asking for a video to having it",
            buckets=_SECONDS,
            registry=own,
        )
        self._copies = Counter(
            "kensho_video_copies",
            "Copies of videos that were made, by what came of it",
            ("outcome",),
            registry=own,
        )
        self._streams = Gauge(
            "kensho_video_streams", "Streams of progress that are open", registry=own
        )

    def count_move(self, move: Move, count: int = 1) -> None:
        """Count transitions."""
        self._moves.labels(move).inc(count)

    def count_failure(self, error: JobError) -> None:
        """Count a job that failed."""
        self.count_move("fail")
        self._failures.labels(error).inc()

    def note_queue(self, pending: int, processing: int) -> None:
        """Take how many jobs there are."""
        self._jobs.labels("pending").set(pending)
        self._jobs.labels("processing").set(processing)

    def note_first_progress(self, seconds: float) -> None:
        """Take how long somebody waited for the first progress."""
        self._first.observe(seconds)

    def note_completed(self, seconds: float) -> None:
        """Count a job that has its video, and take how long that took."""
        self.count_move("complete")
        self._took.observe(seconds)

    def count_copy(self, outcome: CopyOutcome) -> None:
        """Count an attempt to copy a video."""
        self._copies.labels(outcome).inc()

    def hold_stream(self, streams: int) -> None:
        """Add to the streams that are open, or with a negative number take away."""
        self._streams.inc(streams)
