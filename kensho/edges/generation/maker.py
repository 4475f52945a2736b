"""Makes the video of a job: asks the generator where it is, then keeps a copy where those are kept.

Whoever takes over a job whose link is known does not ask the generator again.
"""

from collections.abc import Callable
from typing import Final

from typing_extensions import override

from kensho.edges.generation.copies import VideoCopies
from kensho.edges.generation.generator import VideoGenerator
from kensho.edges.generation.job_store import NO_FILE, StoredFile
from kensho.edges.generation.jobs import MOST_PROGRESS, JobNews, VideoJob
from kensho.edges.generation.runner import VideoMaker


class GeneratedVideos(VideoMaker):
    """Makes videos by a generator; without `copies`, only their addresses are known."""

    def __init__(self, generator: VideoGenerator, copies: VideoCopies | None) -> None:
        self._generator: Final = generator
        self._copies: Final = copies

    @property
    @override
    def is_ready(self) -> bool:
        """Tell whether the generator is asked now."""
        return not self._generator.is_left_alone

    @override
    async def make(self, job: VideoJob, tell: Callable[[JobNews], None]) -> StoredFile:
        """Make the video of a job; raises as `VideoGenerator.generate`."""
        model = job.model or self._generator.model_of(job.orientation)
        link = job.link
        if link is None:
            tell(JobNews(phase="asking", model=model))

            def on_progress(percent: int) -> None:
                tell(JobNews(phase="generating", progress=percent, model=model))

            link = await self._generator.generate(job, on_progress)
        tell(JobNews(phase="saving", progress=MOST_PROGRESS, model=model, link=link))
        return NO_FILE if self._copies is None else await self._copies.keep(job, link)
