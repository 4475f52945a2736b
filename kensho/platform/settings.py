"""Settings: every knob with its reason, read from `KENSHO_*` variables here and nowhere else.

`KENSHO_STORE_URL=ws://graph:8000` sets `store_url`; an empty variable counts as not set. A value
that makes no sense is refused with the variable's name and the value, before anything is opened.
Secrets are not shown.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from kensho.errors import SettingsError

PREFIX: Final = "KENSHO_"
_HIDDEN: Final = frozenset(("secret", "store_password"))
_STORES: Final = ("surrealkv://", "mem://", "ws://", "wss://")
_SECRET_BYTES: Final = 32

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Positive = Annotated[int, Meta(ge=1)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How one Kenshō runs. The text under a field is why it exists, and why it has this default."""

    store_url: str = "surrealkv://var/kensho.db"
    """Where the graph stands: embedded on disk needs no second process; `ws://` lets several
    processes share it."""
    store_namespace: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,64}$")] = "kensho"
    store_database: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,64}$")] = "kensho"
    """Namespace and database within the store: one server may hold several graphs."""
    store_username: str | None = None
    store_password: str | None = None
    """Sign-in for a server; an embedded store has none."""
    store_pool_size: Annotated[int, Meta(ge=1, le=64)] = 4
    """Connections to a server; throughput stops growing at 4 to 16 concurrent queries each."""
    store_deadline_s: Seconds = 10.0
    """A call to the store that takes longer is cut: a viewer has gone by then."""

    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    """Loopback unless told otherwise: nothing is published by accident."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8700
    public_url: Annotated[str, Meta(pattern=r"^https?://[^/\s?#]+$")] | None = None
    """Scheme and host under which the world reaches the pages, for what other sites read of them.
    Without it their own addresses stay relative: a request's `Host` is not believed, since pages
    are kept for everybody."""
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    """Processes that serve; more than one needs a `ws://` store: one owns an embedded one."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    """`json` for machines that collect logs: one object a line."""
    slow_request_s: Seconds = 1.0
    """A request that takes longer is logged; logging every request would cost three quarters of the
    throughput."""

    read_model_dir: Path = Path("var/read_model")
    """Derived from the graph and safe to delete; on a disk with room for twice its size."""
    refresh_every_s: Seconds = 5.0
    """How often the graph's revision is looked up; a change is served at most this long after it
    was written."""

    search_safe: bool = True
    """Whether searches hide adult works unless asked with `safe=false`: a title typed in an office
    or by a child must not show them by surprise."""

    secret: Annotated[str, Meta(min_length=16, max_length=512)] | None = None
    """Signs cursors. Machines behind one address share it; by default it is made once and kept."""
    secret_file: Path = Path("var/secret")
    """Where the made secret is kept, readable by its owner only."""

    cache_bytes: Annotated[int, Meta(ge=0)] = 67_108_864
    """Encoded answers kept per process, so that hot ones are ready bytes: 64 MiB hold some 10,000.
    0 keeps none."""
    max_age_s: Annotated[int, Meta(ge=0, le=86_400)] = 60
    """How long caches may keep an answer without asking; afterwards an ETag answers 304."""
    max_body_bytes: Annotated[int, Meta(ge=1_024, le=16_777_216)] = 65_536
    """The largest body read; a batch of 100 ids is 4 KB."""
    rate_limit_per_minute: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """Requests per client address and minute, per process; 0 leaves that to the proxy in front."""


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
    for field in given:
        if field not in Settings.__struct_fields__:
            raise SettingsError(f"{PREFIX}{field.upper()}: there is no such setting")
    return _checked(msgspec.structs.replace(Settings(), **_converted(given)))


def with_changes(settings: Settings, **changes: object) -> Settings:
    """Return `settings` with command-line options laid over them; `None` means not given."""
    given = {name: value for name, value in changes.items() if value is not None}
    return _checked(msgspec.structs.replace(settings, **given))


def signing_secret(settings: Settings) -> str:
    """Return the secret that signs cursors; made and kept in `secret_file` where none is set.

    Raises:
        SettingsError: the file can't be read or written.
    """
    if settings.secret is not None:
        return settings.secret
    path = settings.secret_file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _kept(path) or _made(path)
    except OSError as error:
        raise SettingsError(f"{PREFIX}SECRET_FILE: can't use {str(path)!r}: {error}") from error


def _kept(path: Path) -> str | None:
    return path.read_text("ascii").strip() if path.exists() else None


def _made(path: Path) -> str:
    """Write a new secret; a process that lost the race to write it reads the winner's."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(_SECRET_BYTES) + "\n")
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()
    return path.read_text("ascii").strip()


def _converted(given: Mapping[str, str]) -> dict[str, Any]:
    types = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    return {name: _value(name, text, types[name]) for name, text in given.items()}


def _value(name: str, text: str, kind: Any) -> object:
    if kind is Path:
        return Path(text)
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        shown = "(hidden)" if name in _HIDDEN else repr(text)
        raise SettingsError(f"{PREFIX}{name.upper()}: {shown} is not usable: {error}") from error


def _checked(settings: Settings) -> Settings:
    url = settings.store_url
    if not url.startswith(_STORES):
        raise SettingsError(
            f"{PREFIX}STORE_URL: {url!r} must start with one of {', '.join(_STORES)}"
        )
    if settings.workers > 1 and not url.startswith(("ws://", "wss://")):
        raise SettingsError(
            f"{PREFIX}WORKERS: {settings.workers} processes can't share the store {url!r}; "
            "use 1, or a ws:// store"
        )
    return settings
