"""The answer of a chat-completion API, chunk by chunk, until it has ended; pure.

    {"choices": [{"delta": {"content": "Progress: 45%"}, "finish_reason": null}]}
    [DONE]

Guarantees: an answer is whole only with a reason why it ended, or the mark `[DONE]`; all else was
cut off. What is no chunk (a keep-alive, another event) is passed over. Chunks may have any shape.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from kensho.edges.generation.answer_text import ProgressReader, ThoughtSplitter, video_link
from kensho.edges.generation.jobs import JobError

_DONE: Final = "[DONE]"
_REFUSED: Final = ("policy", "moderat", "safety", "content_filter", "sensitive", "violat", "nsfw")
_MISCONFIGURED: Final = ("invalid_api_key", "model_not_found", "insufficient_quota", "billing")
_REASONING: Final = ("reasoning_content", "reasoning", "thinking")
_FILTERED: Final = "content_filter"
_MOST_CHARS: Final = 2_000_000


class GenerationError(Exception):
    """A video can't be made: why, as its owner is told, and what the log is told besides."""

    def __init__(self, error: JobError, detail: str = "") -> None:
        super().__init__(f"{error}: {detail}" if detail else error)
        self.error: JobError = error
        self.detail = detail


class ChatAnswer:
    """Takes the chunks of an answer to a prompt."""

    def __init__(self, prompt: str, *, loopback_allowed: bool = False) -> None:
        self._progress = ProgressReader(prompt)
        self._loopback_allowed = loopback_allowed
        self._text: list[str] = []
        self._chars = 0
        self._thoughts = ThoughtSplitter()
        self._finish: str | None = None
        self._is_done = False
        self._named: str | None = None

    @property
    def percent(self) -> int | None:
        """Return how far the video is, as far as that was told."""
        return self._progress.percent

    @property
    def is_done(self) -> bool:
        """Tell whether the end was marked: nothing that follows belongs to the answer."""
        return self._is_done

    @property
    def has_ended(self) -> bool:
        """Tell whether it is whole."""
        return self._is_done or self._finish is not None

    def take(self, data: str) -> None:
        """Take what an event holds.

        Raises:
            GenerationError: it tells of an error, or the answer has grown beyond all measure.
        """
        if data.strip() == _DONE:
            self._is_done = True
            return
        try:
            chunk: Any = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return
        if isinstance(chunk, dict):
            self._take(cast("Mapping[str, Any]", chunk))

    def link(self) -> str:
        """Return where the video is, once the answer has ended.

        Raises:
            GenerationError: it was cut off, refused, or there is no video in it.
        """
        if self._finish == _FILTERED:
            raise GenerationError("prompt_refused", "finish_reason content_filter")
        if not self.has_ended:
            raise GenerationError("cut_off", "the stream ended without a finish_reason or [DONE]")
        text = "".join(self._text)
        found = video_link(self._named or "", loopback_allowed=self._loopback_allowed) or (
            video_link(text, loopback_allowed=self._loopback_allowed)
        )
        if found is None:
            raise GenerationError("no_video", f"{len(text)} characters without a link")
        return found

    def _take(self, chunk: Mapping[str, Any]) -> None:
        error = chunk.get("error")
        if error:
            raise told_error(error)
        self._take_percent(chunk)
        choices: Any = chunk.get("choices")
        first: Any = (
            cast("Sequence[Any]", choices)[0] if isinstance(choices, list) and choices else None
        )
        if not isinstance(first, dict):
            return
        choice = cast("Mapping[str, Any]", first)
        finish = choice.get("finish_reason")
        if isinstance(finish, str) and finish:
            self._finish = finish
        for name in ("delta", "message"):
            part: Any = choice.get(name)
            if isinstance(part, dict):
                self._take_part(cast("Mapping[str, Any]", part))

    def _take_percent(self, part: Mapping[str, Any]) -> None:
        percent = part.get("progress")
        if isinstance(percent, int | float) and not isinstance(percent, bool):
            is_share = isinstance(percent, float) and percent <= 1
            self._progress.take(100 * percent if is_share else percent)

    def _take_part(self, part: Mapping[str, Any]) -> None:
        self._take_percent(part)
        for name in _REASONING:
            if isinstance(text := part.get(name), str):
                self._progress.read(text, is_reasoning=True)
        content: Any = part.get("content")
        pieces = cast("Sequence[Any]", content) if isinstance(content, list) else [content]
        for piece in pieces:
            if isinstance(piece, str):
                self._take_text(piece)
            elif isinstance(piece, dict):
                self._take_piece(cast("Mapping[str, Any]", piece))
        for name in ("video", "video_url"):
            self._take_named(part.get(name))

    def _take_piece(self, piece: Mapping[str, Any]) -> None:
        """Take a piece of content that has a type: a text, or a video by its address."""
        if isinstance(text := piece.get("text"), str):
            self._take_text(text)
        for name in ("video", "video_url"):
            self._take_named(piece.get(name))

    def _take_named(self, video: Any) -> None:
        """Take an address that is said to be the video's."""
        if isinstance(video, dict):
            video = cast("Mapping[str, Any]", video).get("url")
        if isinstance(video, str):
            self._named = f'<video src="{video}">'

    def _take_text(self, text: str) -> None:
        self._text.append(text)
        self._chars += len(text)
        if self._chars > _MOST_CHARS:
            raise GenerationError("generator_failed", f"over {_MOST_CHARS} characters")
        for part, is_reasoning in self._thoughts.split(text):
            self._progress.read(part, is_reasoning=is_reasoning)


def told_error(error: object) -> GenerationError:
    """Return what an error is that a generator tells of; its words are not repeated."""
    words = msgspec.json.encode(error).decode().lower()
    if any(word in words for word in _REFUSED):
        return GenerationError("prompt_refused", "the answer tells of its policy")
    if any(word in words for word in _MISCONFIGURED):
        return GenerationError("generator_misconfigured", "the answer tells of a key or a model")
    return GenerationError("generator_failed", "the answer tells of an error")
