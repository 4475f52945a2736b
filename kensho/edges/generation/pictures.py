"""The picture and the duration of a video, by ffmpeg, where that is installed.

Guarantees: it reads the one file as the one format that was found by its first bytes, so that no
file makes it open another or ask the network; it is ended after `_PATIENCE_S`, and what it can't
read has neither.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

_PATIENCE_S: Final = 20.0
_WIDTH: Final = 480
_FORMATS: Final = {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm"}
_MOST_BYTES: Final = 2_097_152


class VideoPicture(NamedTuple):
    """A picture of a video as JPEG, and how long it is; nothing of what can't be told."""

    jpeg: bytes | None = None
    duration_s: float | None = None


class _Format(msgspec.Struct, frozen=True):
    duration: str = ""


class _Probed(msgspec.Struct, frozen=True):
    format: _Format = _Format()


async def picture_of(video: Path, media_type: str) -> VideoPicture:
    """Return the picture and the duration of a video, as far as they can be told."""
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        return VideoPicture()
    source = ("-protocol_whitelist", "file", "-f", _FORMATS[media_type], "-i", str(video))
    duration_s = _duration_s(
        await _said(
            ("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "json", *source)
        )
    )
    at_s = min(1.0, (duration_s or 0.0) / 2)
    jpeg = await _said(
        (
            *("ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-ss", f"{at_s:.2f}", *source),
            *("-frames:v", "1", "-vf", f"scale={_WIDTH}:-2", "-f", "mjpeg", "-q:v", "5", "pipe:1"),
        )
    )
    return VideoPicture(jpeg if 0 < len(jpeg) <= _MOST_BYTES else None, duration_s)


def _duration_s(said: bytes) -> float | None:
    with contextlib.suppress(msgspec.DecodeError, ValueError):
        duration_s = float(msgspec.json.decode(said, type=_Probed).format.duration)
        if 0 < duration_s < 1e6:  # noqa: PLR2004 -- neither endless nor without a number
            return duration_s
    return None


async def _said(command: Sequence[str]) -> bytes:
    """Return what a command says; nothing where it fails or takes too long."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_PATIENCE_S):
            said, _ = await process.communicate()
    except TimeoutError:
        return b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said if process.returncode == 0 else b""
