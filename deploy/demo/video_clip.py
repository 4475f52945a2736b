"""Six seconds of moving colours, upright and wide: made once by ffmpeg, then kept."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from deploy.demo.clip import ClipError

SIZES: Final = {"portrait": (360, 640), "landscape": (640, 360)}
SECONDS: Final = 6
_FRAMES: Final = 15
_PATIENCE_S: Final = 120.0
_VERSION: Final = "1"
"""Raised when what is made changes, so that an older clip is not taken for it."""


def video_clip(orientation: str) -> Path:
    """Return a clip of an orientation, which is made if it is not there.

    Raises:
        ClipError: ffmpeg is not installed, or ended with an error.
    """
    folder = Path(tempfile.gettempdir()) / f"kensho-video-{os.getuid()}-{_VERSION}"
    kept = folder / f"{orientation}.mp4"
    if kept.exists():
        return kept
    if shutil.which("ffmpeg") is None:
        raise ClipError("needs ffmpeg: `make system-packages` installs it")
    folder.mkdir(mode=0o700, exist_ok=True)
    made = folder / f"{orientation}-{os.getpid()}.mp4"
    width, height = SIZES[orientation]
    picture = f"gradients=size={width}x{height}:rate={_FRAMES}:speed=0.03:nb_colors=4:seed=7"
    command = (
        *("ffmpeg", "-v", "error", "-y", "-threads", "1", "-f", "lavfi", "-i", picture),
        *("-f", "lavfi", "-i", "sine=frequency=330:sample_rate=44100", "-t", str(SECONDS)),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"),
        *("-b:a", "48k", "-af", "volume=0.05", "-movflags", "+faststart", str(made)),
    )
    done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=False)
    if done.returncode:
        raise ClipError(f"ffmpeg failed: {done.stderr.decode(errors='replace')[-500:]}")
    made.replace(kept)  # whoever was faster made the same
    return kept
