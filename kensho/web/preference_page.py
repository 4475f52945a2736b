"""`/prefer`: keeps in cookies what a viewer prefers, and leads back to where it was chosen.

It works without scripts, and takes links: what it changes is how pages look to whoever follows one.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from litestar import Controller, Request, get

from kensho.discovery.preferred_titles import TitleChoice
from kensho.http.responses import HTML, UncachedResponse
from kensho.http.targets import FORM, PREFERENCES
from kensho.web.forms import read
from kensho.web.rendering import PAGE_HEADERS
from kensho.web.sign_in_page import own_path
from kensho.web.viewer import PageLanguage, ViewerPreferences

_YEAR_S: Final = 365 * 86_400
_FOUND: Final = 302


class PreferenceForm(msgspec.Struct, frozen=True):
    """What a viewer chose, of one thing or both."""

    titles: TitleChoice | None = None
    lang: PageLanguage | None = None


_FORM: Final[Mapping[str, Any] | None] = {FORM: PreferenceForm, PREFERENCES: None}


class PreferenceController(Controller):
    """What viewers prefer."""

    path = "/prefer"
    opt = _FORM

    @get()
    async def prefer(self, request: Request[Any, Any, Any]) -> UncachedResponse:
        """Keep in cookies what was chosen, and lead back."""
        form = read(request, PreferenceForm)
        headers = [(b"location", _back(request).encode("ascii")), *PAGE_HEADERS]
        for name, value in (("titles", form.titles), ("lang", form.lang)):
            if value is not None:
                cookie = f"{name}={value}; Path=/; Max-Age={_YEAR_S}; SameSite=Lax"
                headers.append((b"set-cookie", cookie.encode("ascii")))
        return UncachedResponse(b"", status=_FOUND, media_type=HTML, headers=headers)


def _back(request: Request[Any, Any, Any]) -> str:
    """Return the page of ours that the choice was made on, without a choice in its address."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host"):
        return "/"
    fields = ViewerPreferences.__struct_fields__
    kept = [(name, value) for name, value in parse_qsl(came_from.query) if name not in fields]
    return own_path(f"{came_from.path}?{urlencode(kept)}" if kept else came_from.path)
