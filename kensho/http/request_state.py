"""What the request pipeline has learned of a request, for all that serve it after routing."""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
from litestar.types import Scope

from kensho.domain.searches import SearchOutcome
from kensho.http import privacy
from kensho.http.hosts import Hosts
from kensho.http.response_cache import Headers, Key, ResponseCache

_NAME: Final = "kensho"
_OUTCOME: Final = "kensho_outcome"
_LIMIT: Final = "kensho_limit"
_FOUND: Final = "kensho_found"


class RequestState(msgspec.Struct, frozen=True):
    """The sound parts of a request.

    `key` names the target and the encoding, for answers to everybody. `parameters` are those of the
    query, and `hosts` tells what the service is called in absolute addresses. `is_head` tells that
    nothing but the headers is sent.
    """

    request_id: str
    key: Key
    headers: Headers
    parameters: Mapping[str, str]
    if_none_match: bytes | None
    cache: ResponseCache
    hosts: Hosts
    is_head: bool = False

    @property
    def private_key(self) -> Key:
        """Return the key of an answer that is this caller's alone, whose name it bears."""
        return (*self.key[:3], privacy.caller_of(self.headers))


def attach(scope: Scope, state: RequestState) -> None:
    """Leave the state in the scope, where handlers find it."""
    scope["state"][_NAME] = state


def state_of(scope: Scope) -> RequestState:
    """Return the state of a request that passed the pipeline."""
    return cast("RequestState", cast("dict[str, Any]", scope)["state"][_NAME])


def parameters_of(scope: Scope) -> Mapping[str, str]:
    """Return the parameters of a request; none where it was refused before the pipeline had it."""
    state: RequestState | None = cast("dict[str, Any]", scope)["state"].get(_NAME)
    return {} if state is None else state.parameters


def leave_outcome(scope: Scope, outcome: SearchOutcome | None) -> None:
    """Leave in the scope what a search found, for the pipeline to count."""
    if outcome is not None:
        scope["state"][_OUTCOME] = outcome


def outcome_of(scope: Scope) -> SearchOutcome | None:
    """Return what a search found, if the request was one that is counted."""
    return scope["state"].get(_OUTCOME)


def leave_found(scope: Scope) -> None:
    """Leave in the scope that the answer was found in a layer of caches, and not made."""
    scope["state"][_FOUND] = True


def was_found(scope: Scope) -> bool:
    """Tell whether the answer was found and not made."""
    return _FOUND in scope["state"]


def leave_limit(scope: Scope, headers: Headers) -> None:
    """Leave in the scope what its own limit says of a request; `Retry-After` stands in errors."""
    scope["state"][_LIMIT] = [pair for pair in headers if pair[0] != b"retry-after"]


def limit_of(scope: Scope) -> Headers:
    """Return the headers of the limit of a route that has one of its own."""
    headers: Headers = scope["state"].get(_LIMIT, ())
    return headers


def request_id_of(scope: Scope) -> str:
    """Return the id of a request, or nothing if it did not pass the pipeline."""
    state: RequestState | None = scope["state"].get(_NAME)
    return "" if state is None else state.request_id
