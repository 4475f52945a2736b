"""The settings, each with its reason; `kensho.platform.environment` reads them.

Each section is one Struct. The text under a field says why it exists and what set its default.
`KENSHO_STORE_URL=ws://graph:8000` sets `store.url`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from kensho.platform.edge_settings import (
    BackupSettings,
    EdgeSettings,
    EdgeStoreSettings,
    FlagSettings,
    GenerationSettings,
    PortalSettings,
    ProviderSettings,
    TelemetrySettings,
)
from kensho.platform.secret_values import Secret, SigningKey

_ORIGIN: Final = r"https?://[^/\s?#@]+"

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,64}$")]
Origin = Annotated[str, Meta(pattern=rf"^{_ORIGIN}$")]
OriginOrAny = Annotated[str, Meta(pattern=rf"^(\*|{_ORIGIN})$")]
HostPattern = Annotated[
    str, Meta(pattern=r"^(\*|(\*\.)?[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?)$")
]
NamedHost = Annotated[
    str, Meta(pattern=r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$", max_length=262)
]
Network = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f:.]+(/\d{1,3})?$")]


PosterHost = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", max_length=253)]
POSTER_HOSTS: Final = (
    "cdn.myanimelist.net",
    "cdn.anime-planet.com",
    "cdn.anisearch.com",
    "image.tmdb.org",
    "media.kitsu.app",
    "s4.anilist.co",
    "cdn.animenewsnetwork.com",
    "m.media-amazon.com",
    "simkl.in",
    "u.livechart.me",
    "cdn.anidb.net",
)
"""Where the posters of the catalogues are, those of most works first."""


def _poster_variables(field: str) -> str:
    """Return how a field about posters is called in the environment, without `KENSHO_`."""
    return "posters" if field == "mode" else f"posters_{field}"


def _variables(prefix: str) -> Callable[[str], str]:
    """Return how the fields of a section are called in the environment, without `KENSHO_`."""
    return lambda field: f"{prefix}{field}"


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server listens, and under which names the world reaches it."""

    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    """The address to listen on. Loopback unless told otherwise: nothing is published by
    accident."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8700
    """The port to listen on; one that no well-known service uses."""
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    """Processes that serve; they share the snapshot's pages, and none opens the store. One that
    ends is replaced."""
    stop_deadline_s: Annotated[float, Meta(ge=0.1, le=600)] = 10.0
    """How long requests may go on after SIGTERM. Container runtimes and systemd kill after 10 to
    90 seconds."""
    drain_s: Annotated[float, Meta(ge=0, le=300)] = 0.3
    """How long requests are still accepted after SIGTERM, while readiness says 503 `draining`: a
    proxy or orchestrator needs that time to send new ones elsewhere. It is a part of the deadline
    above, at most half of it. Kubernetes needs about 5 seconds; where nobody probes, none is
    needed."""
    worker_silence_s: Annotated[float, Meta(ge=5, le=3600)] = 60.0
    """A worker whose event loop has not turned for so long is killed and replaced. The longest
    computations take seconds, and run in threads."""
    public_url: Origin | None = None
    """Scheme and host under which the world reaches the pages, for what other sites read of them.
    Without it their own addresses stay relative: a request's `Host` is not believed, since pages
    are kept for everybody."""
    allowed_hosts: tuple[HostPattern, ...] = ()
    """The hosts that requests may name, such as `anime.example,*.anime.example`; others are
    answered 400, probes and metrics excepted. Empty allows any: the API's answers don't depend on
    the host. A host listed here may stand in an absolute address where there is no public URL."""
    trusted_proxies: tuple[Network, ...] = ()
    """The networks whose `Forwarded` and `X-Forwarded-For` headers are believed, such as
    `10.0.0.0/8,::1`. Empty believes none, because anybody can send these headers."""
    cors_origins: tuple[OriginOrAny, ...] = ("*",)
    """The origins whose scripts may read the API, such as `https://app.example`. Any by default:
    the answers are public, and credentials are never allowed across origins."""


class ConnectionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How many clients may be connected, and how long they may take."""

    max_connections: Annotated[int, Meta(ge=16, le=60_000)] = 4_096
    """Open connections per worker; more wait to be accepted. The limit of open files is raised to
    make room for them, as far as the system allows."""
    header_timeout_s: Annotated[float, Meta(ge=1, le=600)] = 30.0
    """How long a connection may take to send the head of its next request, hence also how long it
    may be idle. A proxy that keeps connections open must close them sooner."""
    body_timeout_s: Annotated[float, Meta(ge=0.1, le=600)] = 15.0
    """How long a request may take to send its body, as a whole; a body is 64 KiB at most."""
    send_timeout_s: Annotated[float, Meta(ge=1, le=600)] = 30.0
    """How long a client may take nothing of an answer, or be unreachable, until it is cut off
    (Linux only)."""
    max_head_bytes: Annotated[int, Meta(ge=8_192, le=1_048_576)] = 32_768
    """The largest head of a request; browsers send 1 to 4 KB, and proxies forward 8 to 32."""
    http2: bool = False
    """Whether HTTP/2 is spoken as well (without TLS, by prior knowledge). Proxies speak HTTP/1.1 to
    what is behind them, and a connection of HTTP/2 may hold much more memory."""


class GraphStoreSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_variables("store_")):
    """Where the graph is stored, and the bounds on talking to it."""

    url: str = "surrealkv://var/kensho.db"
    """The graph store: embedded on disk needs no second process; `ws://` lets several processes
    share it."""
    namespace: Name = "kensho"
    """The namespace within the store: one server may hold several graphs."""
    database: Name = "kensho"
    """The database within the namespace."""
    username: str | None = None
    """Sign-in for a server; an embedded store has none."""
    password: Secret | None = None
    """The password of that sign-in; not shown in messages. It has no place in the URL."""
    sign_in: Literal["database", "root"] = "database"
    """Where that user is defined: in the database, with rights to nothing else (`kensho store-user`
    makes it), or at the root of the server."""
    pool_size: Annotated[int, Meta(ge=1, le=64)] = 4
    """Connections to a server; throughput stops growing at 4 to 16 concurrent queries each."""
    deadline_s: Seconds = 10.0
    """A call to the store that takes longer is cut: a viewer has gone by then."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is logged, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = msgspec.field(
        default="info", name="log_level"
    )
    """The least severe lines that are written."""
    format: Literal["console", "json"] = msgspec.field(default="console", name="log_format")
    """`json` for machines that collect logs: one object a line."""
    slow_request_s: Seconds = 1.0
    """A request that takes longer is logged; logging every request would cost three quarters of the
    throughput."""
    lines_per_minute: Annotated[int, Meta(ge=0)] = msgspec.field(
        default=60, name="log_lines_per_minute"
    )
    """Lines of one kind that a server writes a minute; one line tells how many more there were, so
    that a client who makes errors fills no disk. 0 writes all."""


class SnapshotSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the read model is kept, and how often a newer one is looked for."""

    read_model_dir: Path = Path("var/read_model")
    """Where snapshots are published; derived from the graph, on a disk with room for those that
    are kept and one more."""
    refresh_every_s: Seconds = 5.0
    """How often a newer snapshot is looked for; it is served at most this long after it was
    published."""
    publish_deadline_s: Seconds = 900.0
    """How long building and publishing a snapshot may take before it is given up: half a minute for
    40,000 works on an idle machine."""
    snapshots_kept: Annotated[int, Meta(ge=2, le=1_000)] = 4
    """Snapshots of the latest publications that stay, so that what was served then can be asked for
    (`as_of`): a month of weekly ones. Each takes 380 MB for 40,000 works. The one before the
    current one always stays."""
    past_snapshots_open: Annotated[int, Meta(ge=0, le=64)] = 3
    """Of those, how many a process holds open at once besides the current one: 3 MB and 90 open
    files each. To open one takes a fifth of a second the first time. With 0 nothing is answered
    of the past."""
    history_publications: Annotated[int, Meta(ge=0, le=10_000)] = 400
    """Publications of which is kept what changed with them, longer than snapshots are: daily ones
    of a year. The oldest go first; 0 keeps none, and lists no changes."""
    history_bytes: Annotated[int, Meta(ge=65_536, le=1_073_741_824)] = 67_108_864
    """How much of that is kept. A week in which all scores moved takes 1.2 MB; changes of a
    publication that take more by themselves are counted only."""
    snapshot_s3_endpoint: Origin | None = None
    """Where the bucket of `kensho snapshot push` and `fetch` is, if not at Amazon's, such as
    `https://s3.example`. It needs https, unless it is of this machine. Keys and region come from
    `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_REGION`."""


class SearchSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_variables("search_")):
    """How searches answer unless the request says otherwise."""

    safe: bool = True
    """Whether searches hide adult works unless asked with `safe=false`: a title typed in an office
    or by a child must not show them by surprise."""


class SigningSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What cursors are signed with."""

    secret: tuple[SigningKey, ...] = ()
    """Signs cursors: a list, of which the first signs and all verify. Machines behind one address
    share it; by default one is made once and kept."""
    secret_file: Path = Path("var/secret")
    """Where the secrets are read, one a line, if `KENSHO_SECRET` is not set; one that is missing is
    made, readable by its owner only."""


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Caching of answers and the limits on requests."""

    cache_bytes: Annotated[int, Meta(ge=0)] = 33_554_432
    """Encoded answers kept per process, so that hot ones are ready bytes: 32 MiB hold some 5,000.
    0 keeps none."""
    warm_at_start: Annotated[int, Meta(ge=0, le=2_000)] = 200
    """Answers made ready soon after a start, as browsers ask for them: of the best-known works, and
    pages of the best-known franchises. 200 take a second of a processor, beside requests."""
    max_age_s: Annotated[int, Meta(ge=0, le=86_400)] = 60
    """How long caches may keep an answer without asking; afterwards an ETag answers 304."""
    max_body_bytes: Annotated[int, Meta(ge=1_024, le=16_777_216)] = 65_536
    """The largest body read; a batch of 100 ids is 4 KB."""
    health_details: bool = False
    """Whether health and readiness tell why something is not well, and which snapshot is ready:
    for a private network, since reasons name folders and machines. The log has them always."""


class WorkSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_variables("work_")):
    """How much costly work (maps, explained searches, exports) is done and waits at once."""

    threads: Annotated[int, Meta(ge=1, le=16)] = 2
    """Threads per process that costly answers are made on. They share Python's lock, so that more
    make nothing faster; the second lets a short answer pass a long one."""
    queue: Annotated[int, Meta(ge=1, le=10_000)] = 64
    """Costly answers that wait for a thread; further requests are answered 503. At 50 ms each they
    are made in about three seconds."""
    per_client: Annotated[int, Meta(ge=1, le=10_000)] = 32
    """Costly requests of one client address that are served or wait at once; further ones are
    answered 429. A page shows up to 24 small maps. Without trusted proxies, all that a proxy
    passes on are one client."""
    deadline_s: Seconds = 10.0
    """A costly answer that is not made so soon after it was asked for, waiting included, is given
    up and answered 503: a reader has gone by then."""


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_variables("stream_")):
    """Streams of changes (`/api/changes/stream`): how many are open, and for how long."""

    listeners: Annotated[int, Meta(ge=0, le=10_000)] = 256
    """Streams that are open at once in a process, each of which is a connection of
    `KENSHO_MAX_CONNECTIONS`; further ones are answered 503. 0 opens none."""
    per_client: Annotated[int, Meta(ge=1, le=10_000)] = 8
    """Streams of one client address that are open at once; further ones are answered 429. Without
    trusted proxies, all that a proxy passes on are one client."""
    ping_s: Seconds = 15.0
    """How long a stream is silent until a comment shows that it lives. Proxies close connections
    that are silent for 30 to 60 seconds."""
    longest_s: Annotated[float, Meta(gt=0, le=86_400)] = 3_600.0
    """A stream is ended after so long; clients ask again by themselves, where the last event that
    they had is named. So they spread over workers that were started since."""


class RateLimitSettings(
    msgspec.Struct, frozen=True, kw_only=True, rename=_variables("rate_limit_")
):
    """How much a client may ask for, counted by what requests cost, in each process."""

    units: Annotated[int, Meta(ge=0, le=1_000_000)] = 1_000
    """Units that a client may spend in a window, at once or evenly; a unit is about a millisecond
    of a processor. A kept answer costs a tenth, a read 1, a page 5, a map 20 and more. Five people
    behind one address who open a new page every two seconds spend 300. 0 sets no limit."""
    window_s: Annotated[int, Meta(ge=1, le=3_600)] = 10
    """Seconds in which the units come back, evenly: with 1,000 units one client gets a tenth of a
    processor in the long run."""
    exempt: tuple[Network, ...] = ("127.0.0.1", "::1")
    """Networks that are not limited, such as those of monitoring: by default this machine, from
    which a proxy that is not listed as trusted asks for everybody."""
    bypass: bool = False
    """Whether requests pass the limits of the edges that bear a header of `kensho limits bypass`:
    for tests of load, never in service."""


class McpSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_variables("mcp_")):
    """Where `kensho mcp --http` listens, and whom it answers."""

    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    """The address to listen on. Loopback unless told otherwise; any other needs
    `KENSHO_MCP_ALLOWED_HOSTS`."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8701
    """The port to listen on: the next to that of `kensho serve`."""
    allowed_hosts: tuple[NamedHost, ...] = ()
    """Hosts that requests may name besides this machine's own, such as `anime.example`, with any
    port or with one; others are answered 421, so that no page of another site reaches the server
    under a name that leads here (DNS rebinding)."""
    allowed_origins: tuple[Origin, ...] = ()
    """Origins whose scripts may ask besides this machine's own, such as `https://app.example`;
    others are answered 403."""
    max_requests: Annotated[int, Meta(ge=1, le=10_000)] = 64
    """Requests over HTTP that are served or wait at once; further ones are answered 503. An answer
    takes up to 30 ms, and two are made at a time."""


class IngestSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_variables("ingest_")):
    """How much of other people's bytes is read before a file or a record is refused."""

    max_file_bytes: Annotated[int, Meta(ge=1)] = 4_294_967_296
    """The largest file fetched from an address; the largest known dump has under 1 GiB."""
    max_unpacked_bytes: Annotated[int, Meta(ge=1)] = 8_589_934_592
    """The bytes that a file may have unpacked: eight times IMDb's basics, the largest dump that is
    read."""
    max_unpack_ratio: Annotated[int, Meta(ge=1)] = 200
    """How many bytes may come of one packed byte, beyond the first 64 MiB. Dumps have 4 to 10;
    bombs have 1,000 (gzip) to 30,000 (zstd)."""
    max_archive_members: Annotated[int, Meta(ge=1)] = 100_000
    """The gzip members or zstd frames in one file; bgzip and seekable zstd need 16,000 for a
    gigabyte."""
    max_record_bytes: Annotated[int, Meta(ge=1_024, le=67_108_864)] = 2_097_152
    """The largest record (line, item of a document, XML element): 40 times the longest known, a
    collection of 49 KB. Decoded it may take thirty times as much memory."""
    max_depth: Annotated[int, Meta(ge=8, le=256)] = 64
    """How deep values may be nested; known documents have up to 8 levels."""
    max_members: Annotated[int, Meta(ge=1)] = 10_000
    """The members of one list of a record, such as its tags: 13 times the longest known, 759
    related works."""
    max_records: Annotated[int, Meta(ge=1)] = 2_000_000
    """The records of works that one source may bring, and the episodes or rules that a file may:
    their keys are held, at some 150 bytes each (1 KB an episode). The largest catalogue has 40,000
    works."""
    max_rejects: Annotated[int, Meta(ge=1)] = 100_000
    """The rejects of a source that are written down; more are counted only. Real sources have up to
    343."""
    journal_bytes: Annotated[int, Meta(ge=0)] = 268_435_456
    """How much is kept of what runs replaced, so that they can be taken back; the journal of the
    last run always is. A week in which all scores moved takes 9 MB, so this is half a
    year."""


class CurationSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_variables("curation_")):
    """Where curators' own statements are kept."""

    dir: Path = Path("var/curation")
    """The folder of what curators state here: `franchises/*.toml` in the form of Kenshō's own
    `curation/`, over which they win, and the findings of `kensho check` that they accepted. A
    folder under version control shows who changed what; it survives every ingest and every
    upgrade."""
    wait_s: Annotated[float, Meta(ge=0, le=600)] = 20.0
    """Seconds that a manager's act waits for a store that another process has open, before it is
    answered 503: another curator's act takes seconds, an ingest minutes."""


class ManagerSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_variables("managers_")):
    """Who may curate over HTTP."""

    file: Path = Path("var/managers.json")
    """The names of managers with digests of their tokens, as `kensho managers` writes them. Without
    a manager nobody can sign in, and whatever managers may do is not there."""


class QueueSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_variables("queue_")):
    """Where work items are kept, and what becomes one by itself."""

    file: Path = Path("var/queue.db")
    """The queue of work items and what curators decided of them. All processes of a machine write
    it; it can't be made again from the graph, and belongs into a backup."""
    search_days: Annotated[int, Meta(ge=0, le=3_650)] = 90
    """Days for which searches that nothing answers, and texts that people then correct, are
    counted: by text and day, without anything that tells of a person. 0 counts none."""
    reports: bool = True
    """Whether readers may report an error, from every page and without an account."""
    refresh: bool = True
    """Whether work items are looked for after every run that changed the graph, and after each act
    around its works. That takes some ten seconds for 43,000 works after a run, one after an act."""


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_variables("webhooks_")):
    """Where webhooks are kept, and what their addresses may reach."""

    dir: Path = Path("var/webhooks")
    """The folder of the file that holds webhooks, their secrets, and what is to be delivered. One
    server of a machine delivers at a time."""
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """How long a receiver may take for an answer, from its name's resolution to the last byte. The
    specification suggests 15 to 30; who does more than to note a message should do so later."""
    loopback: bool = False
    """Whether addresses may lead to this machine, by http too: for a receiver beside the server.
    Others must be https and public, so that nobody reaches what is inside by adding one."""


class PosterSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_poster_variables):
    """Who fetches the posters of pages, and what is kept of them."""

    mode: Literal["direct", "proxy"] = "direct"
    """`direct` lets browsers load posters from the catalogues' hosts; `proxy` fetches them here and
    hands them on: for networks from which those hosts can't be reached, or that tell them nothing
    of readers."""
    hosts: tuple[PosterHost, ...] = POSTER_HOSTS
    """The hosts, and those below them, that are asked; posters of others are loaded directly. By
    default those that the catalogues name."""
    dir: Path = Path("var/posters")
    """Where fetched posters are kept; it may be emptied at any time."""
    cache_bytes: Annotated[int, Meta(ge=1_048_576)] = 536_870_912
    """How much of the disk they take; those not asked for longest go first. A poster has some
    30 KB, so that half a gigabyte holds 17,000."""
    max_bytes: Annotated[int, Meta(ge=10_240, le=16_777_216)] = 2_097_152
    """A larger poster is refused: the largest real ones have less than 1 MB."""
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 8.0
    """How long a host may take for a poster; a page shows the drawn one meanwhile."""


class RedisSettings(msgspec.Struct, frozen=True, kw_only=True, rename=_variables("redis_")):
    """Where Redis is, which several processes share; without it each keeps such things itself."""

    url: str | None = None
    """The address of a Redis, such as `redis://cache:6379/0`, `rediss://` for TLS or
    `unix:///run/redis.sock`. With it processes share sessions, limits and costly answers; none by
    default: one process needs none."""
    username: str | None = None
    """Sign-in, where Redis has users of its own."""
    password: Secret | None = None
    """The password of that sign-in; not shown in messages. It has no place in the URL."""
    pool_size: Annotated[int, Meta(ge=1, le=1_000)] = 32
    """Connections of a process; further calls wait for one within the deadline."""
    deadline_s: Annotated[float, Meta(ge=0.01, le=10)] = 0.1
    """A call to Redis that takes longer is given up, and Redis is left alone until it answers
    again. On one machine a call takes 0.3 ms, so that 100 ms are a Redis that hangs."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How one Kenshō runs, by section."""

    server: ServerSettings = ServerSettings()
    connections: ConnectionSettings = ConnectionSettings()
    store: GraphStoreSettings = GraphStoreSettings()
    logs: LogSettings = LogSettings()
    snapshot: SnapshotSettings = SnapshotSettings()
    search: SearchSettings = SearchSettings()
    signing: SigningSettings = SigningSettings()
    http: HttpSettings = HttpSettings()
    work: WorkSettings = WorkSettings()
    streams: StreamSettings = StreamSettings()
    limits: RateLimitSettings = RateLimitSettings()
    mcp: McpSettings = McpSettings()
    ingest: IngestSettings = IngestSettings()
    curation: CurationSettings = CurationSettings()
    managers: ManagerSettings = ManagerSettings()
    queue: QueueSettings = QueueSettings()
    webhooks: WebhookSettings = WebhookSettings()
    posters: PosterSettings = PosterSettings()
    redis: RedisSettings = RedisSettings()
    edges: EdgeSettings = EdgeSettings()
    edge_store: EdgeStoreSettings = EdgeStoreSettings()
    provider: ProviderSettings = ProviderSettings()
    flags: FlagSettings = FlagSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    portal: PortalSettings = PortalSettings()
    generation: GenerationSettings = GenerationSettings()
    backup: BackupSettings = BackupSettings()
