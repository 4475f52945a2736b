"""What the edges add to the `kensho` command, found by entry point; imported when it runs."""

from typing import Final

from kensho.platform.lazy_commands import LazyCommand

accounts: Final = LazyCommand(
    "accounts",
    "kensho.edges.accounts.commands:accounts",
    "Make accounts, give them roles, disable and list them.",
)
portal: Final = LazyCommand(
    "portal", "kensho.edges.portal.commands:portal", "Bring films into the portal."
)
keys: Final = LazyCommand(
    "keys",
    "kensho.edges.portal.commands:keys",
    "Make, list and retire the keys that sign tickets of films.",
)
link: Final = LazyCommand(
    "link",
    "kensho.edges.provider.commands:link",
    "Say which works the provider of streams has, as which season.",
)
work: Final = LazyCommand(
    "work",
    "kensho.edges.generation.commands:work",
    "Make the videos that people ask for, until told to stop.",
)
limits: Final = LazyCommand(
    "limits",
    "kensho.edges.accounts.commands:limits",
    "Make the header by which tests of load pass the limits.",
)
backup: Final = LazyCommand(
    "backup",
    "kensho.edges.backups.commands:backup",
    "Write what can't be made again into one sealed file: accounts, films, videos.",
)
restore: Final = LazyCommand(
    "restore", "kensho.edges.backups.commands:restore", "Check a backup, or put it back."
)
