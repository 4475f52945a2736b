"""Turns files of captions into the WebVTT that is served: fetched or uploaded, checked by cue."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from kensho.edges.portal import sources, ttml, webvtt
from kensho.edges.portal.movies import CaptionFormat, CheckStatus
from kensho.edges.portal.webvtt import CaptionProblem, CaptionsError, Cue
from kensho.errors import InvalidInputError, UpstreamError, UpstreamUnavailableError
from kensho.platform.safe_fetch import SafeFetcher

_OK: Final = 200
_SHOWN: Final = 3
_SLACK_MS: Final = 60_000
"""A film's length is told in whole minutes, so that a last cue may end after as many."""


class CheckedCaptions(NamedTuple):
    """What came of looking at a file of captions: its text as WebVTT where it is right."""

    status: CheckStatus
    problem: str | None = None
    webvtt: str | None = None
    cues: int = 0


class CaptionReader:
    """Reads captions that are fetched from addresses."""

    def __init__(self, fetcher: SafeFetcher) -> None:
        self._fetcher = fetcher

    async def fetched(
        self, url: str, form: CaptionFormat, duration_minutes: int
    ) -> CheckedCaptions:
        """Return what a file at an address is found to be; what is wrong is told and not raised."""
        try:
            answer = await self._fetcher.get(url)
        except UpstreamUnavailableError as error:
            return CheckedCaptions("UNKNOWN", sources.told(error.message))
        except InvalidInputError as error:
            return CheckedCaptions("INVALID", sources.told(error.problems[0].message))
        except UpstreamError as error:
            return CheckedCaptions("INVALID", sources.told(error.message))
        if answer.status != _OK:
            return CheckedCaptions("INVALID", f"the file is not there: it answers {answer.status}")
        return checked(answer.body, form, duration_minutes)


def checked(content: bytes, form: CaptionFormat, duration_minutes: int) -> CheckedCaptions:
    """Return what a file is found to be; what is wrong is told with its lines."""
    try:
        cues = read(content, form, duration_minutes)
    except CaptionsError as error:
        return CheckedCaptions("INVALID", _said(error.problems))
    text = webvtt.written(cues)
    if len(text.encode()) > webvtt.MAX_BYTES:
        return CheckedCaptions("INVALID", f"as WebVTT it has over {webvtt.MAX_BYTES:,} bytes")
    return CheckedCaptions("VALID", None, text, len(cues))


def read(content: bytes, form: CaptionFormat, duration_minutes: int) -> Sequence[Cue]:
    """Return the cues of a file of captions for a film of so many minutes.

    Raises:
        CaptionsError: it is not right; names the lines.
    """
    reader = webvtt.read if form == "WEBVTT" else ttml.read
    return reader(webvtt.decoded(content), duration_minutes * 60_000 + _SLACK_MS)


def _said(problems: Sequence[CaptionProblem]) -> str:
    shown = [f"line {one.line}: {one.message}" for one in problems[:_SHOWN]]
    more = len(problems) - _SHOWN
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
