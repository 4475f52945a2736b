"""What the provider answers, as far as it is read; unknown members are left alone.

Facts: crunchyroll-rs (July 2026) and EDGES.md §3. Members that the provider leaves out or calls
null have defaults, so that a new form of an answer fails only where something needed is missing.
"""

from typing import Any, TypeAlias

import msgspec

Locale: TypeAlias = str
"""A language as the provider writes it, such as `en-US`."""


class TokenAnswer(msgspec.Struct, frozen=True):
    """Tokens; those of the client alone have no refresh token and no account."""

    access_token: str
    expires_in: int
    refresh_token: str | None = None
    country: str | None = None
    account_id: str | None = None


class Subtitle(msgspec.Struct, frozen=True):
    """A file of subtitles: `vtt` or `ass`."""

    url: str
    language: Locale = ""
    format: str = "vtt"


class Version(msgspec.Struct, frozen=True):
    """The same episode in another language; `guid` is what is played."""

    guid: str
    audio_locale: Locale = ""
    original: bool = False


class PlaybackSession(msgspec.Struct, frozen=True, rename="camel"):
    """How long a slot is held without a sign of life, and whether slots are counted."""

    renew_seconds: int = 300
    uses_stream_limits: bool = True


class PlaybackAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A stream and its slot: `token` is what gives the slot back."""

    url: str
    token: str
    audio_locale: Locale = ""
    subtitles: dict[str, Subtitle] = {}
    versions: list[Version] | None = None
    session: PlaybackSession = PlaybackSession()
    drm: Any = None

    @property
    def is_protected(self) -> bool:
        """Tell whether a licence is needed to play it."""
        return bool(self.drm)


class Series(msgspec.Struct, frozen=True):
    """A series that a search found."""

    id: str
    title: str = ""


class SeriesGroup(msgspec.Struct, frozen=True):
    """What a search found of one kind."""

    items: list[Series] = []


class ProviderSearch(msgspec.Struct, frozen=True):
    """What a search found."""

    data: list[SeriesGroup] = []


class Season(msgspec.Struct, frozen=True):
    """A season of a series."""

    id: str
    title: str = ""
    season_number: int | None = None
    number_of_episodes: int | None = None


class ProviderSeasons(msgspec.Struct, frozen=True):
    """The seasons of a series."""

    data: list[Season] = []


class Episode(msgspec.Struct, frozen=True):
    """An episode of a season; specials have no number, or one with a fraction."""

    id: str
    title: str = ""
    episode_number: float | None = None
    sequence_number: float | None = None
    versions: list[Version] | None = None

    @property
    def is_regular(self) -> bool:
        """Tell whether the episode is one of those that are counted."""
        return self.episode_number is not None and self.episode_number == int(self.episode_number)


class ProviderEpisodes(msgspec.Struct, frozen=True):
    """The episodes of a season."""

    data: list[Episode] = []
