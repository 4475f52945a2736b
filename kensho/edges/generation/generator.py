"""Asks a generator for a video: a chat-completion API that streams how far it is, then where.

Guarantees: the key is in the header of one call and nowhere else, and neither it nor a prompt is
logged. A call is repeated only before the first byte of an answer came. Every call bears the id of
its job as `Idempotency-Key`, so that a generator that knows such makes one video for a job whose
worker was lost. A generator that fails again and again is left alone (`kensho.platform.breaker`).
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import msgspec

from kensho.edges.generation.chat_answer import ChatAnswer, GenerationError, told_error
from kensho.edges.generation.jobs import JobError, Orientation, VideoJob
from kensho.errors import SettingsError, UpstreamUnavailableError
from kensho.platform.breaker import CIRCUIT_OPEN, BreakerState
from kensho.platform.edge_settings import GenerationSettings
from kensho.platform.event_upstream import EventUpstream, StreamBounds, StreamedAnswer
from kensho.platform.machine_metrics import MachineMetrics
from kensho.platform.resilience import EXHAUSTED, TIMED_OUT, UpstreamRequest, UpstreamRules

OnProgress: TypeAlias = Callable[[int], None]
_PATH: Final = "/chat/completions"
_REFUSES: Final = (401, 402, 403, 404, 405)
"""Statuses that say that this service, its model or its address is not right."""


class GeneratorBusyError(Exception):
    """The generator is not asked now: it failed again and again, or no connection is free."""


class VideoGenerator:
    """The generator; an async context manager that holds its connections."""

    def __init__(self, settings: GenerationSettings, metrics: MachineMetrics | None = None) -> None:
        """Take where it is, by which key and models.

        Raises:
            SettingsError: no generator is named.
        """
        if settings.url is None:
            raise SettingsError("KENSHO_GENERATION_URL: it is not set")
        self._settings = settings
        self._models: Mapping[Orientation, str] = {
            "portrait": settings.portrait_model,
            "landscape": settings.landscape_model,
        }
        rules = UpstreamRules(
            connections=max(1, settings.jobs), deadline_s=settings.stall_s, first_pause_s=0.5
        )
        self._upstream = EventUpstream("generator", settings.url, rules, metrics=metrics)
        self._bounds = StreamBounds(stall_s=settings.stall_s)

    async def __aenter__(self) -> "VideoGenerator":
        """Return the generator."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close its connections."""
        await self._upstream.__aexit__()

    @property
    def is_left_alone(self) -> bool:
        """Tell whether it is not asked now, because it failed again and again."""
        return self._upstream.breaker.state is BreakerState.OPEN

    def model_of(self, orientation: Orientation) -> str:
        """Return the model that makes videos of an orientation."""
        return self._models[orientation]

    async def generate(self, job: VideoJob, on_progress: OnProgress) -> str:
        """Return where the video of a job is, once it is made; tell of progress meanwhile.

        Raises:
            GenerationError: there is none, and why.
            GeneratorBusyError: it was not asked; the job may wait.
        """
        answer = ChatAnswer(job.prompt, loopback_allowed=self._settings.loopback)
        has_begun = False
        try:
            async with (
                asyncio.timeout(self._settings.total_s),
                self._upstream.stream(self._request(job), self._bounds) as streamed,
            ):
                has_begun = True
                await _read(streamed, answer, on_progress)
        except TimeoutError as error:
            raise GenerationError("timed_out", f"over {self._settings.total_s:g} s") from error
        except UpstreamUnavailableError as error:
            raise _told(error, has_begun=has_begun) from error
        return answer.link()

    def _request(self, job: VideoJob) -> UpstreamRequest:
        key = self._settings.key
        headers = {"idempotency-key": str(job.id)}
        if key is not None:
            headers["authorization"] = f"Bearer {key.reveal()}"
        return UpstreamRequest(
            method="POST",
            path=_PATH,
            headers=headers,
            json={
                "model": self.model_of(job.orientation),
                "messages": [{"role": "user", "content": job.prompt}],
                "stream": True,
            },
            is_repeatable=True,  # before the first byte, which is all that is repeated
        )


async def _read(streamed: StreamedAnswer, answer: ChatAnswer, on_progress: OnProgress) -> None:
    """Read an answer to its end; raises `GenerationError` where it tells of an error."""
    if streamed.status != HTTPStatus.OK:
        raise _refusal(streamed.status, streamed.body)
    if streamed.events is None:
        text = streamed.body.decode(errors="replace")
        answer.take(text)
        if not answer.has_ended:
            raise GenerationError("generator_failed", "neither a stream of events nor an answer")
        return
    last: int | None = None
    async with contextlib.aclosing(streamed.events) as events:
        async for data in events:
            answer.take(data)
            if answer.percent != last and answer.percent is not None:
                last = answer.percent
                on_progress(last)
            if answer.is_done:
                return


def _refusal(status: int, body: bytes) -> GenerationError:
    """Return what an answer is whose status says that it is none."""
    with contextlib.suppress(msgspec.DecodeError):
        told: Any = msgspec.json.decode(body)
        error = told_error(told)
        if error.error != "generator_failed":
            return GenerationError(error.error, f"{error.detail}, status {status}")
    code: JobError = "generator_misconfigured" if status in _REFUSES else "generator_failed"
    return GenerationError(code, f"status {status}")


def _told(error: UpstreamUnavailableError, *, has_begun: bool) -> Exception:
    """Return what it means that the generator can't be reached, or is not any more."""
    if error.code in (CIRCUIT_OPEN, EXHAUSTED):
        return GeneratorBusyError(error.message)
    otherwise: JobError = "cut_off" if has_begun else "generator_unavailable"
    code = "timed_out" if error.code == TIMED_OUT else otherwise
    return GenerationError(code, error.message)
