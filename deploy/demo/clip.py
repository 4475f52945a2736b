"""A minute of moving colours as an HLS stream, with captions: made once by ffmpeg, then kept.

The folder holds, for each language of `AUDIO`, `{language}/master.m3u8` with a variant for each of
`HEIGHTS`, and `captions/{language}.vtt` for each language of `CAPTIONS`. Each language has a tone
of its own, so that a listener hears which it is.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

AUDIO: Final = {"ja-JP": 330, "en-US": 440}
"""The languages, and their tones in Hz."""
CAPTIONS: Final = {"en-US": "Second", "de-DE": "Sekunde"}
"""The languages of captions, and the word that each cue begins with."""
HEIGHTS: Final = {360: 400_000, 480: 800_000, 720: 1_600_000}
"""The variants, and the bits a second that their playlist tells."""
SECONDS: Final = 60
SEGMENT_S: Final = 2
_FRAMES: Final = 12
"""A second: enough to see that it moves, and few enough to be made in seconds."""
_PATIENCE_S: Final = 180.0
_VERSION: Final = "2"
"""Raised when what is made changes, so that an older clip is not taken for it."""


class ClipError(Exception):
    """ffmpeg is missing, or failed."""


def clip_folder() -> Path:
    """Return the folder of the clip, which is made if it is not there.

    Several processes may ask at once: each makes its own, and the first to finish is kept.

    Raises:
        ClipError: ffmpeg is not installed, or ended with an error.
    """
    kept = Path(tempfile.gettempdir()) / f"kensho-clip-{os.getuid()}-{_VERSION}"
    if (kept / "complete").exists():
        return kept
    if shutil.which("ffmpeg") is None:
        raise ClipError("needs ffmpeg: `make system-packages` installs it")
    made = Path(tempfile.mkdtemp(prefix="kensho-clip-"))
    _make(made)
    (made / "complete").touch()
    try:
        made.rename(kept)
    except OSError:  # another process was faster
        shutil.rmtree(made)
    return kept


def captions(language: str) -> str:
    """Return the captions of the clip as WebVTT: a cue every two seconds."""
    word = CAPTIONS[language]
    cues = (f"{_time(at)} --> {_time(at + 1.8)}\n{word} {at}\n" for at in range(0, SECONDS, 2))
    return "WEBVTT\n\n" + "\n".join(cues)


def _make(folder: Path) -> None:
    for height in HEIGHTS:
        _ffmpeg(
            *("-f", "lavfi", "-i", _picture(height), "-t", str(SECONDS), "-c:v", "libx264"),
            *("-preset", "ultrafast", "-pix_fmt", "yuv420p", "-b:v", str(HEIGHTS[height] // 2)),
            *("-g", str(_FRAMES * SEGMENT_S), "-sc_threshold", "0", str(folder / f"{height}.mp4")),
        )
    for language, tone in AUDIO.items():
        for height in HEIGHTS:
            variant = folder / language / str(height)
            variant.mkdir(parents=True)
            _ffmpeg(
                *("-i", str(folder / f"{height}.mp4")),
                *("-f", "lavfi", "-i", f"sine=frequency={tone}:sample_rate=44100"),
                *("-t", str(SECONDS), "-c:v", "copy", "-c:a", "aac", "-b:a", "48k", "-ac", "1"),
                *("-af", "volume=0.05", "-f", "hls", "-hls_time", str(SEGMENT_S)),
                *("-hls_playlist_type", "vod", "-hls_segment_filename", str(variant / "%03d.ts")),
                str(variant / "index.m3u8"),
            )
        (folder / language / "master.m3u8").write_text(_master(), encoding="utf-8")
    (folder / "captions").mkdir()
    for language in CAPTIONS:
        (folder / "captions" / f"{language}.vtt").write_text(captions(language), encoding="utf-8")


def _picture(height: int) -> str:
    size = f"{_width(height)}x{height}"
    colours = "c0=0x16305a:c1=0xd8572a:c2=0xf2c14e:c3=0x2a7f62:nb_colors=4"
    return f"gradients=size={size}:rate={_FRAMES}:speed=0.02:{colours}:seed=7"


def _width(height: int) -> int:
    return height * 16 // 9 // 2 * 2


def _master() -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for height, bits in HEIGHTS.items():
        size = f"{_width(height)}x{height}"
        lines += [
            f'#EXT-X-STREAM-INF:BANDWIDTH={bits},RESOLUTION={size},CODECS="avc1.42c01f,mp4a.40.2"',
            f"{height}/index.m3u8",
        ]
    return "\n".join(lines) + "\n"


def _ffmpeg(*arguments: str) -> None:
    command = ("ffmpeg", "-v", "error", "-y", "-threads", "1", *arguments)
    done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=False)
    if done.returncode:
        raise ClipError(f"ffmpeg failed: {done.stderr.decode(errors='replace')[-500:]}")


def _time(seconds: float) -> str:
    return f"00:{int(seconds) // 60:02}:{seconds % 60:06.3f}"
