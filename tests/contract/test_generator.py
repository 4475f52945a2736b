"""The generator of videos as its protocol has it: every fault, and what it is asked again after."""

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest

from deploy.demo.reference_generator import (
    GENERATOR_KEY,
    STYLES,
    GeneratorServer,
    GeneratorSettings,
    ReferenceGenerator,
)
from kensho.edges.generation.chat_answer import GenerationError
from kensho.edges.generation.generator import GeneratorBusyError, VideoGenerator
from kensho.edges.generation.jobs import VideoJob
from kensho.errors import SettingsError
from kensho.platform.edge_settings import GenerationSettings
from kensho.platform.machine_metrics import MachineMetrics
from kensho.platform.secret_values import Secret

pytestmark = pytest.mark.contract

QUICK: Final = GeneratorSettings(seconds=0.2, steps=4, retry_after_s=1)
REGISTRY: Final = CollectorRegistry()


@pytest.fixture(scope="module")
def server() -> Iterator[GeneratorServer]:
    with GeneratorServer(ReferenceGenerator(QUICK)) as server:
        yield server


@pytest.fixture
async def generator(server: GeneratorServer) -> AsyncIterator[VideoGenerator]:
    server.generator.asked.clear()
    async with VideoGenerator(settings_of(server)) as generator:
        yield generator


def settings_of(
    server: GeneratorServer, key: str = GENERATOR_KEY, **changes: float
) -> GenerationSettings:
    return GenerationSettings(
        url=server.url,
        key=Secret(key),
        loopback=True,
        **{"stall_s": 4.0, "total_s": 20.0, **changes},  # type: ignore[arg-type]
    )


def job(prompt: str) -> VideoJob:
    return VideoJob(
        id=uuid.uuid4(),
        subject=uuid.uuid4(),
        prompt=prompt,
        orientation="landscape",
        created_at=dt.datetime.now(dt.UTC),
    )


@pytest.mark.parametrize("style", STYLES)
async def test_progress_and_link_are_told(
    generator: VideoGenerator, server: GeneratorServer, style: str
) -> None:
    told: list[int] = []
    asked = job(f"A shirt of 100% cotton #{style}")
    link = await generator.generate(asked, told.append)
    assert link.startswith(server.url.removesuffix("/v1"))
    assert link.endswith(".mp4")
    assert told == ([] if style == "whole" else [20, 40, 60, 80])
    (seen,) = server.generator.asked
    assert (seen.model, seen.key, seen.prompt) == ("video-landscape", str(asked.id), asked.prompt)


@pytest.mark.parametrize(
    ("fault", "code", "attempts"),
    [
        ("down", "generator_unavailable", 3),
        ("cut", "generator_unavailable", 3),
        ("busy", "generator_unavailable", 3),
        ("refused", "prompt_refused", 1),
        ("unauthorized", "generator_misconfigured", 1),
        ("error", "generator_failed", 1),
        ("truncated", "cut_off", 1),
        ("broken", "cut_off", 1),
        ("no_video", "no_video", 1),
        ("nonsense", "generator_failed", 1),
        ("no_file", None, 1),
    ],
)
async def test_a_fault_is_told_and_asked_again_before_the_first_byte_alone(
    generator: VideoGenerator, server: GeneratorServer, fault: str, code: str | None, attempts: int
) -> None:
    if code is None:
        assert await generator.generate(job(f"A boat #{fault}"), lambda _: None)
    else:
        with pytest.raises(GenerationError) as told:
            await generator.generate(job(f"A boat #{fault}"), lambda _: None)
        assert told.value.error == code
    assert len(server.generator.asked) == attempts


async def test_silence_and_slowness_are_given_up(server: GeneratorServer) -> None:
    for prompt, stall_s, total_s in (
        ("A boat #hang", 0.4, 20.0),
        ("A boat #stall", 0.4, 20.0),
        ("A boat", 4.0, 0.1),
    ):
        settings = settings_of(server, stall_s=stall_s, total_s=total_s)
        async with VideoGenerator(settings) as generator:
            with pytest.raises(GenerationError) as told:
                await generator.generate(job(prompt), lambda _: None)
        assert told.value.error == "timed_out", prompt


async def test_one_that_fails_again_and_again_is_left_alone(server: GeneratorServer) -> None:
    metrics = MachineMetrics(REGISTRY)
    async with VideoGenerator(settings_of(server), metrics) as generator:
        for _ in range(2):
            with pytest.raises(GenerationError):
                await generator.generate(job("A boat #cut"), lambda _: None)
        assert generator.is_left_alone
        seen = len(server.generator.asked)
        with pytest.raises(GeneratorBusyError):
            await generator.generate(job("A boat"), lambda _: None)
        assert len(server.generator.asked) == seen
    told = generate_latest(REGISTRY).decode()
    assert 'kensho_upstream_requests_total{outcome="refused",upstream="generator"} 1.0' in told
    assert 'kensho_upstream_calls_open{upstream="generator"} 0.0' in told
    assert 'kensho_breaker_state{upstream="generator"} 2.0' in told


async def test_whoever_is_not_known_is_refused_and_no_key_is_told(
    server: GeneratorServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "a key that nobody knows"
    with structlog.testing.capture_logs() as lines:
        async with VideoGenerator(settings_of(server, wrong)) as generator:
            with pytest.raises(GenerationError) as told:
                await generator.generate(job("A very secret boat"), lambda _: None)
    assert told.value.error == "generator_misconfigured"
    everything = (
        f"{lines} {caplog.text} {told.value!r} {generator!r} {settings_of(server, wrong)!r}"
    )
    assert wrong not in everything
    assert "secret boat" not in everything


async def test_a_call_that_is_cancelled_lets_the_generator_go(
    generator: VideoGenerator, server: GeneratorServer
) -> None:
    begun = asyncio.Event()
    asking = asyncio.create_task(generator.generate(job("A boat #stall"), lambda _: begun.set()))
    async with asyncio.timeout(10):
        await begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not generator.is_left_alone


def test_a_generator_must_be_named() -> None:
    with pytest.raises(SettingsError, match="KENSHO_GENERATION_URL"):
        VideoGenerator(GenerationSettings())
