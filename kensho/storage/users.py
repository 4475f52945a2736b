"""Define the user that Kenshō signs in to a graph server as: an editor of one database.

An editor reads and writes the data and the schema of its database, which migrations need. It sees
no other database, makes no users, and can't remove the database.
"""

import re
from typing import Final

from kensho.errors import InvalidInputError, StorageError
from kensho.platform.secret_values import Secret
from kensho.storage.gateway import Gateway

_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,64}")
_HASH: Final = re.compile(r"\$argon2id\$[A-Za-z0-9$=,+/]+")
LEAST_CHARACTERS: Final = 12
"""Of a password; the server lets its ports be tried without limit."""


async def define_user(gateway: Gateway, username: str, password: Secret) -> None:
    """Make the user in the gateway's namespace and database, or give it this password.

    The gateway must be signed in as somebody who may do that. DEFINE USER binds no values: names
    and the hash, which the engine makes, are checked to be what needs no quoting.

    Raises:
        InvalidInputError: the name or the password is not as it must be.
        StorageError: the gateway's user may not define users, or the store can't be reached.
    """
    settings = gateway.settings
    if not _NAME.fullmatch(username):
        raise InvalidInputError.of(
            "KENSHO_STORE_USERNAME", f"{username!r} is not 1 to 64 letters, digits and _"
        )
    if len(password.reveal()) < LEAST_CHARACTERS:
        raise InvalidInputError.of(
            "KENSHO_STORE_PASSWORD", f"has fewer than {LEAST_CHARACTERS} characters"
        )
    digest = await gateway.fetch("meta.password_hash", {"password": password.reveal()}, into=str)
    names = (settings.namespace, settings.database)
    if not _HASH.fullmatch(digest) or not all(map(_NAME.fullmatch, names)):
        raise StorageError(f"can't name the user of {names} in a statement")
    namespace, database = names
    await gateway.run_script(
        f"DEFINE NAMESPACE IF NOT EXISTS {namespace}; USE NS {namespace};"
        f"DEFINE DATABASE IF NOT EXISTS {database}; USE NS {namespace} DB {database};"
        f"DEFINE USER OVERWRITE {username} ON DATABASE PASSHASH '{digest}' ROLES EDITOR;"
    )
