"""What people call the browser that a session is of, from how it names itself."""

import re
from typing import Final

from kensho.web.messages import Messages

_BROWSERS: Final = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:Chrome|Chromium|CriOS|HeadlessChrome)/")),
    ("Safari", re.compile(r"\bSafari/")),
)
"""In this order: each also bears the names of those after it."""
_SYSTEMS: Final = (
    ("iOS", re.compile(r"\b(?:iPhone|iPad|iPod)\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("macOS", re.compile(r"\b(?:Macintosh|Mac OS X)\b")),
    ("Linux", re.compile(r"\b(?:Linux|X11)\b")),
)
_PRODUCT: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")


def device_name(agent: str, messages: Messages) -> str:
    """Return "Firefox on Linux" of a `User-Agent`; of a program its own name."""
    browser = _first(_BROWSERS, agent)
    system = _first(_SYSTEMS, agent)
    if browser and system:
        return messages.format("account.on", browser=browser, system=system)
    product = _PRODUCT.match(agent)
    return browser or (product[0] if product else messages.format("account.unknown_device"))


def _first(names: tuple[tuple[str, re.Pattern[str]], ...], agent: str) -> str | None:
    return next((name for name, pattern in names if pattern.search(agent)), None)
