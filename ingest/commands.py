"""What ingestion adds to the `kensho` command, found by entry point; imported when it runs."""

from typing import Final

from kensho.platform.lazy_commands import LazyCommand

ingest: Final = LazyCommand(
    "ingest", "ingest.cli:ingest", "Bring dumps of other catalogues into the graph."
)
fetch: Final = LazyCommand(
    "fetch",
    "ingest.fetch_cli:fetch",
    "Download the dumps of all sources with a public address into FOLDER.",
)
update: Final = LazyCommand(
    "update",
    "ingest.fetch_cli:update",
    "Fetch what is new into FOLDER, and ingest all of it: `fetch`, then `ingest --all`.",
)
harvest: Final = LazyCommand(
    "harvest",
    "ingest.harvest_cli:harvest",
    "Walk the interface of SOURCE (anilist, jikan or kitsu) into a file that ingest reads.",
)
check: Final = LazyCommand(
    "check",
    "ingest.check_cli:check",
    "Verify the graph: mirrors, dangling ends, loops, duplicate ids, impossible dates, losses.",
)
curate: Final = LazyCommand(
    "curate",
    "ingest.curate_cli:curate",
    "State, prefer, deny or undo something of a work or franchise, with a reason.",
)
forget: Final = LazyCommand(
    "forget",
    "ingest.cli:forget",
    "Take back all that SOURCE has said; what other sources and curators said stays.",
)
dump: Final = LazyCommand(
    "dump",
    "ingest.dump_cli:dump",
    "Write the records that may be passed on, and the graph they come to, into FOLDER.",
)
load: Final = LazyCommand(
    "load",
    "ingest.dump_cli:load",
    "Load the dump in FOLDER into an empty store, compose its graph and publish it.",
)
rollback: Final = LazyCommand(
    "rollback",
    "ingest.runs_cli:rollback",
    "Take back what RUN wrote; what a later act depends on stays, and is named.",
)
approve: Final = LazyCommand(
    "approve",
    "ingest.runs_cli:approve",
    "Carry out RUN, which waits because guards stopped it.",
)
reject: Final = LazyCommand(
    "reject",
    "ingest.runs_cli:reject",
    "Drop what RUN has read, which waits because guards stopped it.",
)
