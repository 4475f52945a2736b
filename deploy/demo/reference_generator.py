"""A generator of videos behind a chat-completion API, on loopback, with every way of failing.

It speaks what `kensho.edges.generation` speaks: `POST /v1/chat/completions` with `stream: true` is
answered by chunks that tell in prose how far the video is and at last where it is, which it then
serves. How it says so is a `style`, and what goes wrong a `fault`; a prompt that ends with `#` and
the name of either has it for itself, such as `A paper boat #down`.

    generator = ReferenceGenerator()
    with GeneratorServer(generator) as server:
        generator.settings.fault = "truncated"        # from now on
        generator.asked                               # what it was asked, in order

It can be told the same by `PUT /control` with the fields of `GeneratorSettings`.
"""

import dataclasses
import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final, cast

from typing_extensions import override

from deploy.demo.loopback import ReferenceServer
from deploy.demo.video_clip import video_clip

GENERATOR_KEY: Final = "reference-generator-key"
MODELS: Final = {"video-portrait": "portrait", "video-landscape": "landscape"}
_REMEMBERED: Final = 10_000
STYLES: Final = ("plain", "split", "reasoning", "tag", "chinese", "json", "whole")
"""How it tells of a video: by a line of prose for each step; in pieces of three bytes; as reasoning
first; by an element of HTML; in Chinese; as JSON within prose; or in one answer that is no stream.
"""
FAULTS: Final = (
    *("down", "busy", "hang", "cut", "refused", "unauthorized", "error", "truncated"),
    *("no_video", "stall", "broken", "nonsense", "gone", "no_file"),
)
"""What goes wrong: 503; 429; no answer; a connection closed before the first byte; a prompt that is
against the rules; a key that is not known; an error within the stream; an end without a reason; an
answer without a link; silence in the middle; a connection closed in the middle; HTML; a link to
what is not there; a link to a page.
"""
REFUSALS: Final = {
    "unauthorized": (401, "invalid_api_key"),
    "no model": (404, "model_not_found"),
    "down": (503, "overloaded"),
    "busy": (429, "rate_limit"),
    "refused": (400, "content_policy_violation"),
}
"""The status and code of what is refused before anything is made."""


@dataclasses.dataclass
class GeneratorSettings:
    """How long a video takes, in how many steps, how it is told, and what goes wrong."""

    seconds: float = 12.0
    steps: int = 6
    style: str = "plain"
    fault: str = ""
    retry_after_s: int = 1


@dataclasses.dataclass(frozen=True)
class AskedVideo:
    """What it was asked, when, and under which idempotency key."""

    prompt: str
    model: str
    key: str
    at_s: float


class ReferenceGenerator:
    """What the generator knows: how it is set, what it was asked, and what it made."""

    def __init__(self, settings: GeneratorSettings | None = None) -> None:
        self.settings = settings or GeneratorSettings()
        self.asked: list[AskedVideo] = []
        self.sent: deque[tuple[float, str, bytes]] = deque(maxlen=_REMEMBERED)
        """The pieces of streams that were sent last: when, for which prompt, and what."""
        self.made: dict[str, str] = {}
        """The orientation of each video, by the name of its file."""
        self.open = 0
        self.most_open = 0
        self.lock: Final = threading.RLock()
        self.is_stopping: Final = threading.Event()

    def of_prompt(self, prompt: str) -> GeneratorSettings:
        """Return the settings for a prompt, which may name its own style or fault."""
        name = prompt.rpartition("#")[2].strip()
        if name in FAULTS:
            return dataclasses.replace(self.settings, fault=name)
        if name in STYLES:
            return dataclasses.replace(self.settings, style=name)
        return self.settings

    def make(self, model: str) -> str:
        """Make a video; return the name of its file."""
        name = f"{secrets.token_hex(12)}.mp4"
        self.made[name] = MODELS[model]
        return name

    def file(self, name: str) -> Path | None:
        """Return the file of a video that was made."""
        orientation = self.made.get(name)
        return None if orientation is None else video_clip(orientation)


class GeneratorServer(ReferenceServer):
    """The generator on a port of loopback while the block runs."""

    def __init__(self, generator: ReferenceGenerator, port: int = 0) -> None:
        self.generator: Final = generator
        super().__init__(GeneratorHandler, port)

    @property
    @override
    def url(self) -> str:
        """Return the address of its API."""
        return f"{super().url}/v1"

    @override
    def release(self) -> None:
        """Give up what is being answered."""
        self.generator.is_stopping.set()


class GeneratorHandler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def generator(self) -> ReferenceGenerator:
        """Return what the generator knows."""
        return cast("GeneratorServer", self.server).generator

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send a video."""
        name = self.path.partition("?")[0].rpartition("/")[2]
        if name == "page":
            self._send(200, b"<!doctype html><title>It is gone</title>", "text/html")
            return
        file = self.generator.file(name)
        if file is None:
            self._json(404, {"error": {"message": "there is no such file"}})
            return
        self._send(200, file.read_bytes(), "video/mp4")

    def do_PUT(self) -> None:
        """Take other settings."""
        given = json.loads(self._body() or b"{}")
        known = {field.name for field in dataclasses.fields(GeneratorSettings)}
        if set(given) - known:
            self._json(400, {"error": {"message": f"known are {', '.join(sorted(known))}"}})
            return
        for name, value in given.items():
            setattr(self.generator.settings, name, value)
        self._json(200, dataclasses.asdict(self.generator.settings))

    def do_POST(self) -> None:
        """Make a video, and tell of it."""
        asked: Any = json.loads(self._body() or b"{}")
        prompt, model = str(asked["messages"][-1]["content"]), str(asked.get("model"))
        settings = self.generator.of_prompt(prompt)
        with self.generator.lock:
            key = self.headers.get("idempotency-key", "")
            self.generator.asked.append(AskedVideo(prompt, model, key, time.monotonic()))
            self.generator.open += 1
            self.generator.most_open = max(self.generator.most_open, self.generator.open)
        try:
            if not self._refused(model, settings):
                self._tell(prompt, model, settings)
        finally:
            with self.generator.lock:
                self.generator.open -= 1

    def _refused(self, model: str, settings: GeneratorSettings) -> bool:
        """Send what goes wrong before a stream begins, if that is set."""
        fault = settings.fault
        if fault == "hang":
            self.generator.is_stopping.wait(600)
        if fault in ("hang", "cut"):
            self.close_connection = True
            return True
        if fault == "nonsense":
            self._send(200, b"<!doctype html><title>Welcome</title>", "text/html")
            return True
        is_known = self.headers.get("authorization") == f"Bearer {GENERATOR_KEY}"
        said = "unauthorized" if not is_known else fault if model in MODELS else "no model"
        if said not in REFUSALS:
            return False
        status, code = REFUSALS[said]
        after = {"Retry-After": str(settings.retry_after_s)} if fault == "busy" else None
        self._json(status, {"error": {"message": said, "code": code}}, after)
        return True

    def _tell(self, prompt: str, model: str, settings: GeneratorSettings) -> None:
        link = self._link(model, settings.fault)
        if settings.style == "whole":
            self.generator.is_stopping.wait(settings.seconds)
            content = f"Here it is: {link}"
            choice = {"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
            self._json(200, {"object": "chat.completion", "choices": [choice]})
            return
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in told(settings, link, self.generator.is_stopping.wait):
            self.generator.sent.append((time.monotonic(), prompt, piece))
            for part in _parts(piece, 3 if settings.style == "split" else len(piece)):
                self.wfile.write(part)
                self.wfile.flush()
            if self.generator.is_stopping.is_set():
                return

    def _link(self, model: str, fault: str) -> str:
        server = cast("GeneratorServer", self.server)
        base = f"{server.url.removesuffix('/v1')}/files"
        if fault == "no_file":
            return f"{base}/page?video=1"
        name = "gone.mp4" if fault == "gone" else self.generator.make(model)
        return f"{base}/{name}"

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _json(self, status: int, told: object, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, json.dumps(told).encode(), "application/json", headers)

    def _send(
        self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def told(settings: GeneratorSettings, link: str, wait: Any) -> Iterator[bytes]:
    """Yield the pieces of a stream, and wait between them as long as the video takes."""
    style, fault = settings.style, settings.fault
    yield b": ping\n\n"
    yield chunk({"role": "assistant"})
    if style == "reasoning":
        yield chunk({"reasoning_content": f"{link}.draft.mp4 would be 99% of it. "})
    for step in range(1, settings.steps + 1):
        wait(settings.seconds / settings.steps)
        percent = 100 * step // (settings.steps + 1)
        yield chunk(step_of(style, percent))
        if fault == "stall" and step > 1:
            wait(600)
        if fault == "broken" and step > 1:
            yield chunk({"content": "and th"})[:-9]
            return
        if fault == "error" and step > 1:
            yield _event({"error": {"message": "the render farm is on fire", "code": "internal"}})
            return
    yield b": ping\n\n"
    if fault == "truncated":
        return
    yield chunk({"content": "I could not." if fault == "no_video" else end_of(style, link)})
    yield chunk({}, finish="stop")
    yield b"data: [DONE]\n\n"


def step_of(style: str, percent: int) -> dict[str, str]:
    """Return how a style says how far a video is."""
    if style == "reasoning":
        return {"reasoning_content": f"**Progress**: {percent}.0%\n"}
    if style == "chinese":
        return {"content": f"> 进度 {percent}.0%\n"}
    if style == "json":
        return {"content": f'{{"status": "running", "progress": {percent / 100:.2f}}}\n'}
    return {"content": f"Progress: {percent}%\n"}


def end_of(style: str, link: str) -> str:
    """Return how a style says where a video is."""
    if style == "tag":
        return f"```html\n<video src='{link}' controls></video>\n```"
    if style == "chinese":
        return f"✅ 视频生成成功。[点击这里]({link}) 查看视频。"
    if style == "json":
        return json.dumps({"video_url": link}).replace("/", "\\/")
    return f"Done.\u2028[Watch the video]({link})"


def chunk(delta: Mapping[str, str], finish: str | None = None) -> bytes:
    """Return a chunk of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _event({"object": "chat.completion.chunk", "choices": [choice]})


def _event(told: object) -> bytes:
    return b"data: " + json.dumps(told, ensure_ascii=False).encode() + b"\n\n"


def _parts(piece: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(piece), size):
        yield piece[at : at + size]
