"""`kensho store-user`: make the user of least rights that Kenshō signs in to a graph server as."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec
from rich_click import RichCommand

from kensho.errors import SettingsError
from kensho.platform import environment
from kensho.platform.installation import data_root
from kensho.platform.secret_values import Secret, read_secret_file
from kensho.storage import queries
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from kensho.storage.users import define_user


@click.command(cls=RichCommand, name="store-user")
@click.option(
    "--admin", metavar="NAME", help="A user at the root of the server; default SURREAL_USER."
)
@click.option(
    "--admin-password-file",
    type=click.Path(path_type=Path),
    help="The file of its password; default SURREAL_PASS.",
)
def store_user(admin: str | None, admin_password_file: Path | None) -> None:
    """Make the user of least rights that Kenshō signs in to a graph server as.

    It is the one that KENSHO_STORE_USERNAME and KENSHO_STORE_PASSWORD (or its file) name, and may
    edit KENSHO_STORE_DATABASE only. One that is there gets this password and these rights. The
    server's own SURREAL_USER and SURREAL_PASS are who may do that; nothing else here needs them.
    """
    own = StoreSettings.of(environment.load())
    if own.username is None or own.password is None:
        raise SettingsError(
            "set KENSHO_STORE_USERNAME and KENSHO_STORE_PASSWORD to the user to make"
        )
    admin, password = _administrator(os.environ, admin, admin_password_file)
    signed_in = msgspec.structs.replace(own, username=admin, password=password, sign_in="root")
    asyncio.run(_define(own.username, own.password, signed_in))
    click.echo(f"{own.username} may edit {own.namespace}/{own.database} of {own.shown_url}")


def _administrator(
    environment: Mapping[str, str], name: str | None, file: Path | None
) -> tuple[str | None, Secret | None]:
    """Return whom to sign in as, and its password; an embedded store asks for neither."""
    name = name or environment.get("SURREAL_USER") or None
    if file is not None:
        return name, Secret(read_secret_file(file, "--admin-password-file"))
    password = environment.get("SURREAL_PASS")
    return name, Secret(password) if password else None


async def _define(username: str, password: Secret, admin: StoreSettings) -> None:
    async with Gateway.open(admin, queries.load(data_root("queries"))) as gateway:
        await define_user(gateway, username, password)
