"""The settings of the edges: what is switched on, and where what they hold is kept.

Each section is one Struct of `kensho.platform.settings.Settings`, as that module says.
"""

from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from kensho.platform.secret_values import Secret

EdgeName: TypeAlias = Literal["accounts", "provider", "streams", "portal", "generation"]
_ORIGIN: Final = r"^https?://[^/\s?#@]+$"
_HOST: Final = r"^[a-z0-9.-]{1,253}$"
_NAME: Final = r"^[A-Za-z0-9_]{1,64}$"


def _edge_store_variable(field: str) -> str:
    """Return how a field of the edges' store is called in the environment, without `KENSHO_`."""
    return f"edges_store_{field}"


class EdgeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which edges stand around discovery."""

    names: tuple[EdgeName, ...] = msgspec.field(default=(), name="edges")
    """The edges that are switched on, such as `accounts,provider,streams`. None by default: then
    there are no accounts, nothing of them is loaded, and no further store is opened."""


class EdgeStoreSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_edge_store_variable):
    """Where accounts, and all else that the edges hold, is stored."""

    url: str = "surrealkv://var/edges.db"
    """The store of the edges, apart from the graph: that can be made again from records, accounts
    can't. Embedded it serves one process; several workers need a server (`ws://`)."""
    namespace: Annotated[str, Meta(pattern=_NAME)] = "kensho"
    """The namespace within the store."""
    database: Annotated[str, Meta(pattern=_NAME)] = "kensho_edges"
    """The database within the namespace; never that of the graph."""
    username: str | None = None
    """Sign-in for a server; an embedded store has none."""
    password: Secret | None = None
    """The password of that sign-in; not shown in messages. It has no place in the URL."""
    sign_in: Literal["database", "root"] = "database"
    """Where that user is defined: in the database of the edges, or at the root of the server."""


def _provider_variable(field: str) -> str:
    """Return how a field of the provider is called in the environment, without `KENSHO_`."""
    return f"provider_{field}"


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_provider_variable):
    """Which provider of streams people sign in to, and what works it has."""

    url: Annotated[str, Meta(pattern=_ORIGIN)] | None = None
    """Scheme and host of the provider's API. It needs https, unless it is of this machine."""
    client_token: Secret | None = None
    """The `id:secret` by which the provider knows this service. It is the operator's own: none
    comes with Kenshō, and providers retire theirs at least once a year."""
    media_origins: tuple[Annotated[str, Meta(pattern=_ORIGIN)], ...] = ()
    """Where streams and captions may lead, such as `https://media.example`: browsers and this
    service ask no other host. The provider's own by default."""
    links: Path = Path("var/provider_links.json")
    """The works that the provider has, as `kensho link` writes them; all processes read the
    file."""
    connections: Annotated[int, Meta(ge=1, le=1_000)] = 32
    """Calls to the provider that a process makes at once; further ones fail at once."""
    deadline_s: Annotated[float, Meta(gt=0, le=60)] = 6.0
    """How long a call to the provider may take, its repetitions included: a viewer waits."""


class FlagSettings(
    msgspec.Struct, frozen=True, kw_only=True, rename=lambda field: f"flags_{field}"
):
    """Where feature flags are read from."""

    file: str | None = None
    """A file of feature flags in place of the one that is shipped (`kensho/platform/flags.toml`),
    to switch something off, or on for some, without a new version."""


class TelemetrySettings(
    msgspec.Struct, frozen=True, kw_only=True, rename=lambda field: f"otlp_{field}"
):
    """Whether, and whereto, spans of requests are exported (OpenTelemetry, OTLP over HTTP)."""

    endpoint: Annotated[str, Meta(pattern=r"^https?://[^\s?#@]+$")] | None = None
    """The address of a collector, such as `http://127.0.0.1:4318`; spans go to `/v1/traces` under
    it. None by default: nothing is recorded, and OpenTelemetry (the extra `otel`) is not loaded."""
    token: Secret | None = None
    """A token that the collector asks for, sent as `Authorization: Bearer`."""
    sample_share: Annotated[float, Meta(ge=0, le=1)] = 0.01
    """The share of requests whose spans are recorded, where their caller did not decide. A recorded
    request costs 0.2 ms of a processor, so that one in a hundred adds 2 µs to each."""
    requests_per_s: Annotated[int, Meta(ge=1, le=10_000)] = 100
    """Requests that are recorded a second at most, in each process: anybody may send a
    `traceparent` that asks for it."""
    service_name: Annotated[str, Meta(min_length=1, max_length=100)] = "kensho"
    """What the service is called in traces."""


def _portal_variable(field: str) -> str:
    """Return how a field of the portal is called in the environment, without `KENSHO_`."""
    return f"portal_{field}"


class PortalSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_portal_variable):
    """Where films of the portal come from, and under what addresses they are played."""

    edge_url: Annotated[str, Meta(pattern=_ORIGIN)] | None = None
    """Scheme and host under which the edge serves `/hls/`, such as `https://cdn.example`. By
    default the addresses of streams have neither, and are those of the site that asked."""
    edge_secret: Secret | None = None
    """What the edge sends to learn where a film's files are (`X-Edge-Secret`); without it
    `/internal/edge/origins/…` answers nobody."""
    keys_file: Path = Path("var/portal_keys.json")
    """The keys that sign tickets, as `kensho keys` writes them; the edge reads the same file."""
    ticket_s: Annotated[int, Meta(ge=10, le=300)] = 300
    """How long the address of a stream is good; players ask for the next one before."""
    hosts: tuple[Annotated[str, Meta(pattern=_HOST)], ...] = ()
    """Hosts of sources and captions that may be asked wherever their names lead, and at any port:
    an origin of one's own inside. All others must have public addresses."""
    ports: tuple[Annotated[int, Meta(ge=1, le=65_535)], ...] = (443, 8443)
    """The ports at which other hosts are asked."""
    loopback: bool = False
    """Whether sources and captions may be of this machine, by http too: for trying it out."""
    fetch_s: Annotated[float, Meta(gt=0, le=30)] = 5.0
    """How long the check of one source or of one file of captions may take."""
    recheck_h: Annotated[float, Meta(gt=0, le=168)] = 24.0
    """After how many hours a source is checked again."""


def _generation_variable(field: str) -> str:
    """Return how a field of generation is called in the environment, without `KENSHO_`."""
    return f"generation_{field}"


class GenerationSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_generation_variable):
    """Which generator makes videos, how many for whom, and where copies of them are kept."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s?#@]+$")] | None = None
    """The address of the generator's API, such as `https://generator.example/v1`;
    `/chat/completions` under it is asked. It needs https, unless it is of this machine."""
    key: Secret | None = None
    """The key that the generator knows this service by, sent as `Authorization: Bearer`."""
    portrait_model: Annotated[str, Meta(min_length=1, max_length=200)] = "video-portrait"
    """The generator's model of upright videos."""
    landscape_model: Annotated[str, Meta(min_length=1, max_length=200)] = "video-landscape"
    """The generator's model of wide videos."""
    jobs: Annotated[int, Meta(ge=0, le=64)] = 4
    """Videos that a process of the server works on at once. 0 leaves all to `kensho work`, which
    needs a store on a server."""
    per_account: Annotated[int, Meta(ge=1, le=64)] = 2
    """Videos of one account that are worked on at once; its further ones wait."""
    waiting: Annotated[int, Meta(ge=1, le=1_000)] = 10
    """Videos of one account that wait at once; further ones are answered 429."""
    daily_quota: Annotated[int, Meta(ge=1, le=100_000)] = 50
    """Videos that one account may ask for on a day (UTC); further ones are answered 429."""
    streams: Annotated[int, Meta(ge=1, le=100)] = 3
    """Streams of progress that one account has open at once; further ones are answered 429."""
    metrics_host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    """The address at which `kensho work` tells its figures."""
    metrics_port: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    """The port at which `kensho work` tells its figures (`/metrics`), each process at one of its
    own. None by default: then its log alone tells of it."""
    lease_s: Annotated[int, Meta(ge=1, le=3_600)] = 60
    """After how long without a sign of its worker a job is another's. It is renewed three times as
    often."""
    stall_s: Annotated[float, Meta(gt=0, le=3_600)] = 60.0
    """How long the generator may say nothing before it is given up."""
    total_s: Annotated[float, Meta(gt=0, le=86_400)] = 600.0
    """How long the generator may take for one video."""
    copies: str | None = None
    """Where copies of videos are kept, because the generator's addresses end: a folder, or
    `s3://bucket/prefix`. None by default: then only their addresses are."""
    copy_bytes: Annotated[int, Meta(ge=1_024)] = 536_870_912
    """The largest video that is copied; of a larger one the address is kept."""
    s3_endpoint: Annotated[str, Meta(pattern=_ORIGIN)] | None = None
    """Where the bucket is, where that is not Amazon's own, such as `https://s3.example`."""
    s3_region: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,64}$")] = "us-east-1"
    """The region of the bucket."""
    s3_key_id: str | None = None
    """The id of the key that opens the bucket."""
    s3_key: Secret | None = None
    """That key; not shown in messages."""
    loopback: bool = False
    """Whether videos may be copied from this machine, by http too: for trying it out. Otherwise
    they are fetched from public addresses by https alone."""


class BackupSettings(
    msgspec.Struct, frozen=True, kw_only=True, rename=lambda field: f"backup_{field}"
):
    """What backups are sealed with."""

    key: Secret | None = None
    """Seals what `kensho backup` writes, and opens it again: 16 characters at least. Without it no
    backup is made, and one whose key is lost can't be opened; keep it elsewhere than backups."""
