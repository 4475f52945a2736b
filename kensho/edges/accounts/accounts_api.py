"""`/api/accounts`: accounts and their roles, for managers, and for commands beside the server."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, Request
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import Body, PathParameter, QueryParameter, SkipValidation

from kensho.api.operations import Documented, get_operation, patch_operation, post_operation
from kensho.api.parameters import DEFAULT_LIMIT, Limit
from kensho.edges.accounts.account_store import MAX_EMAIL_CHARS, ListedAccount
from kensho.edges.accounts.administration import PATH, Administration
from kensho.edges.accounts.authentication import SessionCaller
from kensho.edges.accounts.documents import AccountChangeBody, AccountList, NewAccountBody
from kensho.errors import ConflictError
from kensho.http.authentication import MANAGER_GUARDS, MANAGER_SECURITY, Caller, manager_of
from kensho.http.request_costs import costing
from kensho.http.responses import UncachedResponse
from kensho.read_model.encoded import encoded

_CREATED: Final = 201
_HASH_COST: Final = 50
"""A password takes 45 ms of one core."""
_WRITE_COST: Final = 5
_AT: Final = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
_ACCOUNT: Final = ListedAccount(
    id=UUID("5f8d6f0e-6f43-4c1e-9a57-0f6f1c3f9b10"),
    email="ada@example.org",
    username="ada",
    role="manager",
    created_at=_AT,
    changed_at=_AT,
)
AccountId: TypeAlias = Annotated[
    UUID,
    PathParameter(description="The id of an account.", examples=[Example(value=str(_ACCOUNT.id))]),
]
GivenAdministration: TypeAlias = NamedDependency[SkipValidation[Callable[[str], Administration]]]
"""The annotation under which handlers ask for `administration`, which is of an actor."""


class AccountQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts are asked for."""

    email: Annotated[
        str | None,
        QueryParameter(
            min_length=1,
            max_length=MAX_EMAIL_CHARS,
            description="That of this address alone, if there is one.",
            examples=[Example(value="ada@example.org")],
        ),
    ] = None
    after: Annotated[
        str | None,
        QueryParameter(
            max_length=MAX_EMAIL_CHARS,
            description="Those whose addresses come after: the `next_after` of the page before.",
        ),
    ] = None
    limit: Limit = DEFAULT_LIMIT


class AccountsController(Controller):
    """What managers do to accounts."""

    path = PATH
    guards = MANAGER_GUARDS
    security = MANAGER_SECURITY
    tags: Sequence[str] | None = ("accounts",)

    @get_operation(
        None,
        Documented("List accounts", "Accounts in the order of their addresses."),
        AccountList(accounts=[_ACCOUNT]),
    )
    async def accounts(
        self,
        request: Request[Any, Any, Any],
        administration: GivenAdministration,
        query: AccountQuery,
    ) -> UncachedResponse[AccountList]:
        """Return accounts, or the one of an address."""
        asked = administration(_actor(manager_of(request)))
        if query.email is not None:
            one = await asked.of_email(query.email)
            return UncachedResponse(encoded(AccountList(accounts=[] if one is None else [one])))
        found = await asked.page(query.after or "", query.limit)
        next_after = found[-1].email if len(found) == query.limit else None
        return UncachedResponse(encoded(AccountList(accounts=found, next_after=next_after)))

    @post_operation(
        None,
        Documented(
            "Make an account for somebody",
            "The account.",
            {409: "The address has an account (`email_taken`)."},
        ),
        _ACCOUNT,
        opt=costing(_HASH_COST),
        status=_CREATED,
    )
    async def create(
        self,
        request: Request[Any, Any, Any],
        administration: GivenAdministration,
        data: Annotated[NewAccountBody, Body(description="The account.")],
    ) -> UncachedResponse[ListedAccount]:
        """Make an account of a role, which nobody is signed in to yet."""
        made = await administration(_actor(manager_of(request))).create(data)
        return UncachedResponse(encoded(made), status=_CREATED)

    @patch_operation(
        "/{account_id:str}",
        Documented(
            "Change an account",
            "The account as it is now.",
            {
                404: "There is no such account (`no_such_account`).",
                409: "It is the manager's own, who would shut out themselves (`own_account`).",
            },
        ),
        _ACCOUNT,
        opt=costing(_WRITE_COST),
    )
    async def change(
        self,
        request: Request[Any, Any, Any],
        administration: GivenAdministration,
        account_id: AccountId,
        data: Annotated[AccountChangeBody, Body(description="What becomes of it.")],
    ) -> UncachedResponse[ListedAccount]:
        """Give an account a role, or let nobody sign in to it; its sessions end in seconds."""
        manager = manager_of(request)
        if _actor(manager) == str(account_id) and (data.role == "viewer" or data.disabled):
            raise ConflictError("this is your own account", code="own_account")
        changed = await administration(_actor(manager)).change(account_id, data)
        return UncachedResponse(encoded(changed))


def _actor(caller: Caller) -> str:
    """Return who is noted: an account by its id, else a manager or the command by the name."""
    return str(caller.session.subject) if isinstance(caller, SessionCaller) else caller.name
