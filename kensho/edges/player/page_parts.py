"""What pages with the player are made with: its files, headers and words.

The page of an edge shows `player.html.jinja`'s macro, and loads a script of its own that tells
`player.js` where streams come from.

Guarantees: pages with the player alone may load media and start workers, and connect to the origins
of streams that are named here.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from markupsafe import Markup

from kensho.web import json_ld
from kensho.web.messages import Messages
from kensho.web.rendering import POLICY, headers_under

FOLDER: Final = Path(__file__).parent
VENDOR: Final = Path(str(files("kensho"))) / "web" / "static" / "vendor" / "hls"
"""Where `make assets` puts hls.js."""
_HLS: Final = "hls.min.js"
_KEYS: Final = (
    ("Space, K", "play"),
    ("← →, J L", "seek"),
    ("↑ ↓", "volume"),
    ("M", "mute"),
    ("C", "captions"),
    ("F", "full"),
)
_NEXT_KEY: Final = ("N", "next")
_SAID: Final = ("loading", "buffering", "time", "ended", "lost", "press_play", "unsupported")
"""The words that the player's script says; a page may have others for some of them."""


def folders() -> Sequence[Path]:
    """Return the folders of the player."""
    return (FOLDER, VENDOR)


def has_player() -> bool:
    """Tell whether what plays streams is installed."""
    return (VENDOR / "static" / _HLS).is_file()


def player_headers(origins: Sequence[str]) -> Sequence[tuple[bytes, bytes]]:
    """Return the headers of a page whose streams come from these origins, or from ours."""
    allowed = " ".join(["'self'", *sorted(set(origins))])
    policy = POLICY.replace("connect-src 'self'", f"connect-src {allowed}")
    policy += f"; media-src {allowed} blob:; worker-src blob:"
    return headers_under(policy)


def player_words(messages: Messages, own: Mapping[str, str], problems: Mapping[str, str]) -> Markup:
    """Return the words of the player's script, as the text of a block of JSON.

    `own` are those of a page, some in place of the player's; `problems` tell what went wrong, by
    the words that answers have for it.
    """
    said = {name: messages.format(f"player.{name}") for name in _SAID}
    words = {**said, **own, "problem": dict(problems)}
    return Markup(json_ld.script_text(words))  # noqa: S704 -- made safe there


def player_keys(messages: Messages, *, has_next: bool) -> Sequence[tuple[str, str]]:
    """Return the keys of the player, and what each does."""
    keys = (*_KEYS, _NEXT_KEY) if has_next else _KEYS
    return [(key, messages.format(f"player.key.{name}")) for key, name in keys]
