"""Read the settings from `KENSHO_*` variables, here and nowhere else.

An empty variable counts as not set, and lists are separated by commas.

Guarantees: an unknown `KENSHO_*` variable, or a value that makes no sense, is refused with its name
and value before anything is opened. Secrets are not shown, nor are the sign-ins of URLs.

A secret comes from its variable, or from the file that the variable with `_FILE` at its end names.
"""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args, get_origin

import msgspec

from kensho.errors import SettingsError
from kensho.platform.secret_values import (
    Secret,
    SigningKey,
    masked,
    read_secret_file,
    signing_keys_of,
)
from kensho.platform.settings import Settings

PREFIX: Final = "KENSHO_"
_STORES: Final = ("surrealkv://", "mem://", "ws://", "wss://")
_REDIS: Final = ("redis://", "rediss://", "unix://")
_SIGN_IN: Final = re.compile(r"wss?://.*@|[a-z]+://[^/]*:[^/]*@")
"""An `@` in the path of an embedded store is part of its name."""
_LOOPBACK: Final = re.compile(r"http://(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$")
_BEFORE_AT: Final = re.compile(r"^([A-Za-z+]+://)?.*@", re.DOTALL)
_FILE: Final = "_file"
_REPLACED: Final = {
    "rate_limit_per_minute": (
        "the limit counts what requests cost, and is set by KENSHO_RATE_LIMIT_UNITS in every"
        " KENSHO_RATE_LIMIT_WINDOW_S; 0 units set none"
    )
}
"""Settings of earlier versions, and what to set now."""


class SettingField(NamedTuple):
    """One setting: its section and field, its type, and its default."""

    section: str
    field: str
    type: Any
    default: object


def known_settings() -> dict[str, SettingField]:
    """Return every setting by the name of its variable, without `KENSHO_` and in lower case."""
    return {
        field.encode_name: SettingField(section.name, field.name, field.type, field.default)
        for section in msgspec.structs.fields(Settings)
        for field in msgspec.structs.fields(section.type)
    }


def take_over(variables: Mapping[str, str]) -> None:
    """Set variables of this process, which was started for one request and is told them there."""
    os.environ.update(variables)  # noqa: TID251 -- here alone


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process's environment, or of `environment`.

    Raises:
        SettingsError: a variable is unknown or its value makes no sense; names both.
    """
    variables = os.environ if environment is None else environment  # noqa: TID251 -- the one place that reads it
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in variables.items()
        if name.startswith(PREFIX) and value
    }
    known = known_settings()
    values: dict[str, object] = {}
    for name, text in given.items():
        own = name.removesuffix(_FILE)
        of_file = own != name and own in known and _is_secret(known[own].type)
        if of_file and own in given:
            raise SettingsError(f"{_variable(own)} and {_variable(name)}: set one of them")
        if name in known:
            values[name] = _value(name, text, known[name].type)
        elif of_file:
            values[own] = _secret(read_secret_file(Path(text), _variable(name)), _variable(name))
        elif name in _REPLACED:
            raise SettingsError(f"{_variable(name)}: {_REPLACED[name]}")
        else:
            raise SettingsError(f"{_variable(name)}: there is no such setting")
    return with_changes(Settings(), **values)


def with_changes(settings: Settings, **changes: object) -> Settings:
    """Return `settings` with values laid over them; `None` means not given.

    Each is named as its variable is, in lower case and without `KENSHO_`, such as `store_url`.

    Raises:
        SettingsError: a value makes no sense beside the others.
        KeyError: there is no such setting.
    """
    known = known_settings()
    sections: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        if value is not None:
            sections.setdefault(known[name].section, {})[known[name].field] = value
    replaced: dict[str, Any] = {
        name: msgspec.structs.replace(getattr(settings, name), **fields)
        for name, fields in sections.items()
    }
    return _checked(msgspec.structs.replace(settings, **replaced))


def _value(name: str, text: str, kind: Any) -> object:
    if kind is Path:
        return Path(text)
    if kind == tuple[SigningKey, ...]:
        return signing_keys_of(text, _variable(name), ",")
    if _is_secret(kind):
        return _secret(text, _variable(name))
    given: object = text
    if get_origin(kind) is tuple:
        given = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"{_variable(name)}: {_shown(text)!r} is not usable: {error}"
        ) from error


def _shown(text: str) -> str:
    """Return a value as messages may show it: of what stands before an `@`, the scheme at most."""
    return _BEFORE_AT.sub(r"\1***@", text)


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _is_secret(kind: Any) -> bool:
    return any(isinstance(one, type) and issubclass(one, Secret) for one in get_args(kind))


def _secret(text: str, variable: str) -> Secret:
    try:
        return Secret(text)
    except ValueError as error:
        raise SettingsError(f"{variable}: (hidden) is not usable: {error}") from error


def _checked(settings: Settings) -> Settings:
    _check_redis(settings.redis.url)
    graph, edges = settings.store, settings.edge_store
    _check_store("STORE", graph.url)
    _check_store("EDGES_STORE", edges.url)
    if settings.edges.names:
        _check_edges(settings)
        _check_provider(settings)
    endpoint = settings.snapshot.snapshot_s3_endpoint
    if (
        endpoint is not None
        and not endpoint.startswith("https://")
        and not _LOOPBACK.match(endpoint)
    ):
        raise SettingsError(
            f"{PREFIX}SNAPSHOT_S3_ENDPOINT: {endpoint!r}: only https, or http of this machine, is"
            " asked"
        )
    networks = {
        "TRUSTED_PROXIES": settings.server.trusted_proxies,
        "RATE_LIMIT_EXEMPT": settings.limits.exempt,
    }
    for name, network in ((name, one) for name, several in networks.items() for one in several):
        try:
            ip_network(network)
        except ValueError as error:
            raise SettingsError(f"{PREFIX}{name}: {error}") from error
    return settings


def _check_redis(url: str | None) -> None:
    """Refuse an address that is none of Redis, or that tells a sign-in."""
    if url is None:
        return
    if not url.startswith(_REDIS):
        raise SettingsError(
            f"{PREFIX}REDIS_URL: {_shown(url)!r} must start with one of {', '.join(_REDIS)}"
        )
    if "@" in url or "password=" in url:
        raise SettingsError(
            f"{PREFIX}REDIS_URL: {masked(url)!r} bears a sign-in, which lists of processes and logs"
            f" would show: use {PREFIX}REDIS_USERNAME and {PREFIX}REDIS_PASSWORD_FILE"
        )


def _check_store(name: str, url: str) -> None:
    """Refuse the URL of a store that can't be opened, or that tells a sign-in."""
    if not url.startswith(_STORES):
        raise SettingsError(
            f"{PREFIX}{name}_URL: {_shown(url)!r} must start with one of {', '.join(_STORES)}"
        )
    if _SIGN_IN.match(url):
        raise SettingsError(
            f"{PREFIX}{name}_URL: {_shown(url)!r} bears a sign-in, which lists of processes and"
            f" logs would show: use {PREFIX}{name}_USERNAME and {PREFIX}{name}_PASSWORD_FILE"
        )


def _check_provider(settings: Settings) -> None:
    """Refuse edges that need a provider where none is named, or one on an open line."""
    names, provider = settings.edges.names, settings.provider
    if "streams" in names and "provider" not in names:
        raise SettingsError(f"{PREFIX}EDGES: streams are the provider's; name provider too")
    if "provider" not in names:
        return
    for name, value in (("URL", provider.url), ("CLIENT_TOKEN", provider.client_token)):
        if value is None:
            raise SettingsError(
                f"{PREFIX}PROVIDER_{name}: it must be set where {PREFIX}EDGES names provider"
            )
    for url in (provider.url or "", *provider.media_origins):
        if not url.startswith("https://") and not _LOOPBACK.match(url):
            raise SettingsError(
                f"{PREFIX}PROVIDER_URL, {PREFIX}PROVIDER_MEDIA_ORIGINS: {url!r}: only https, or"
                " http of this machine, is asked"
            )


def _check_edges(settings: Settings) -> None:
    """Refuse edges whose store is the graph's, or can't be shared by the workers there are."""
    graph, edges = settings.store, settings.edge_store
    places = [(one.url, one.namespace, one.database) for one in (graph, edges)]
    is_embedded = not edges.url.startswith(("ws://", "wss://"))
    is_kept = not edges.url.startswith("mem://")
    if is_kept and (places[0] == places[1] or (is_embedded and graph.url == edges.url)):
        raise SettingsError(
            f"{PREFIX}EDGES_STORE_URL: {edges.url!r} is the store of the graph, which may be made"
            " again from nothing; accounts need one of their own"
        )
    if is_embedded and settings.server.workers > 1:
        raise SettingsError(
            f"{PREFIX}WORKERS: {settings.server.workers} with {PREFIX}EDGES: an embedded store of"
            f" the edges serves one process; set {PREFIX}EDGES_STORE_URL to a server (ws://)"
        )
    if settings.redis.url is None and settings.server.workers > 1:
        raise SettingsError(
            f"{PREFIX}WORKERS: {settings.server.workers} with {PREFIX}EDGES: a session that begins"
            f" in one process must be known in all; set {PREFIX}REDIS_URL"
        )
