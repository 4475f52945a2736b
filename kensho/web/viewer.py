"""What a viewer prefers: the language of titles, and that of the pages.

Every page takes both, from its address (`?titles=english&lang=ja`) or from cookies of the same
names, and shows and keeps itself by them (`kensho.http.targets`).
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec
from litestar import Request

from kensho.discovery.preferred_titles import TitleChoice
from kensho.errors import InvalidInputError
from kensho.http.request_state import state_of
from kensho.http.targets import PREFERENCES

PageLanguage: TypeAlias = Literal["en", "ja"]


class ViewerPreferences(msgspec.Struct, frozen=True):
    """How a viewer wants pages: which titles, and in which language."""

    titles: TitleChoice = "romaji"
    lang: PageLanguage = "en"


BY_PREFERENCE: Final[Mapping[str, Any] | None] = {PREFERENCES: ViewerPreferences}
"""Declares that answers depend on what a viewer prefers."""


def language_of(request: Request[Any, Any, Any]) -> PageLanguage:
    """Return the language that the viewer prefers; English where that is none of ours."""
    return language_in(state_of(request.scope).parameters)


def language_in(parameters: Mapping[str, str]) -> PageLanguage:
    """Return the language that a request with these parameters prefers."""
    asked = parameters.get("lang")
    return next((one for one in get_args(PageLanguage) if one == asked), "en")


def preferences_of(request: Request[Any, Any, Any]) -> ViewerPreferences:
    """Return what the viewer prefers, which is a part of the request's target.

    Raises:
        InvalidInputError: the address asks for titles or a language that there are not; names it.
    """
    return preferences_in(state_of(request.scope).parameters)


def preferences_in(given: Mapping[str, str]) -> ViewerPreferences:
    """Return what a request with these parameters prefers; raises as `preferences_of`."""
    fields = ViewerPreferences.__struct_fields__
    chosen = {name: given[name] for name in fields if name in given}
    try:
        return msgspec.convert(chosen, ViewerPreferences)
    except msgspec.ValidationError as error:
        name = next((one for one in fields if f"`$.{one}`" in str(error)), "")
        raise InvalidInputError.of(name, f"{chosen.get(name)!r} is none of the choices") from error
