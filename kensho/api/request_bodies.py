"""The bodies that operations take, with the bounds that are enforced and documented alike."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from kensho.discovery.resolve import Provider

MAX_BATCH: Final = 100
LOCAL_ID: Final = "^[!-9;-~]{1,200}$"
"""An id at its provider: visible ASCII without a colon, which parts it from the provider's name."""


class BatchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ids of up to 100 works."""

    ids: Annotated[list[UUID], Meta(max_length=MAX_BATCH)]


class ResolveRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 100 ids of one provider."""

    provider: Provider
    ids: Annotated[list[Annotated[str, Meta(pattern=LOCAL_ID)]], Meta(max_length=MAX_BATCH)]
