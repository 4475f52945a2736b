"""Text within XML: escaped, and without the characters that XML 1.0 can't hold in any form.

Those (most control characters, U+FFFE, U+FFFF) become U+FFFD, the sign of something lost.
"""

import re
from typing import Final
from xml.sax import saxutils

_UNHOLDABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A reader would make a line feed of a carriage return that is written as itself.
_ENTITIES: Final = {"\r": "&#13;"}


def holdable(text: str) -> str:
    """Return `text` as far as XML can hold it."""
    return _UNHOLDABLE.sub("\ufffd", text)


def content(text: str) -> str:
    """Return `text` to stand between tags."""
    return saxutils.escape(holdable(text), _ENTITIES)


def attribute(text: str) -> str:
    """Return `text` to stand after an equals sign, with its quotation marks."""
    return saxutils.quoteattr(holdable(text))
