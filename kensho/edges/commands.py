"""What the edges add to the `kensho` command, found by entry point; imported when it runs."""

from typing import Final

from kensho.platform.lazy_commands import LazyCommand

accounts: Final = LazyCommand(
    "accounts",
    "kensho.edges.accounts.commands:accounts",
    "Make accounts, give them roles, disable and list them.",
)
link: Final = LazyCommand(
    "link",
    "kensho.edges.provider.commands:link",
    "Say which works the provider of streams has, as which season.",
)
