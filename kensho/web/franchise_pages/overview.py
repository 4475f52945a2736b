"""`/hub/{slug}`: where to start, what belongs to a franchise and why, and what its works share."""

from typing import Final, NamedTuple

from litestar import Controller
from litestar.params import FromPath
from markupsafe import Markup

from kensho.discovery import viewing_guide
from kensho.domain.works import Role
from kensho.http.pooled import pooled
from kensho.http.request_costs import public_costing
from kensho.http.responses import PreparedResponse
from kensho.read_model.franchise_views import (
    FOLDED_ROLES,
    ROLES,
    FranchiseDetail,
    FranchiseGuest,
    FranchiseMember,
    MemberWork,
)
from kensho.web import descriptions, json_ld, urls
from kensho.web.forms import PastForm, get_page
from kensho.web.franchise_pages import frame
from kensho.web.franchise_pages.memberships import MembershipReasons
from kensho.web.json_ld import PageRef
from kensho.web.messages import Messages
from kensho.web.page_context import GivenPageContext, PageContext

SHOWN_AT_ONCE: Final = 24
"""Works of a role that are seen at once; the rest unfolds."""
LINES_AT_ONCE: Final = 6
"""Lines that are seen at once, so that the map below is still found; the rest unfolds."""
SKIPPED_NAMED: Final = 12
"""Works to skip that a line names; the page of the line has all."""


class MemberEntry(NamedTuple):
    """A work, and why it is here; `note` says how sure that is, where it is inferred."""

    work: MemberWork
    facts: str
    reason: str
    note: str
    guest: FranchiseGuest | None = None


class RoleGroup(NamedTuple):
    """The works of one role; songs and promotions are folded away until somebody asks."""

    role: Role
    works: list[MemberEntry]

    @property
    def is_folded(self) -> bool:
        """Whether the works are shown only when asked for."""
        return self.role in FOLDED_ROLES


class FranchiseOverviewController(Controller):
    """The first page of a franchise."""

    path = "/hub/{slug:str}"
    opt = public_costing(5, as_of=30)

    @get_page()
    @pooled
    def overview(
        self, context: GivenPageContext, form: PastForm, slug: FromPath[str]
    ) -> PreparedResponse:
        """Show what belongs to a franchise, and why."""
        context = context.as_of(form.as_of)
        number = frame.locate(context, slug)
        franchise = context.franchise(number)
        reasons = MembershipReasons(franchise, context.messages)
        return frame.tab_page(
            context,
            franchise,
            "overview",
            guide=viewing_guide.guide(context.model, number),
            groups=role_groups(franchise, reasons),
            shown_at_once=SHOWN_AT_ONCE,
            lines_at_once=LINES_AT_ONCE,
            skipped_named=SKIPPED_NAMED,
            guests=[_entry(one, reasons)._replace(guest=one) for one in franchise.guests],
            json_ld=Markup(_json_ld(context, franchise)),  # noqa: S704 -- made safe there
        )


def role_groups(franchise: FranchiseDetail, reasons: MembershipReasons) -> list[RoleGroup]:
    """Return the members by role, each role's by date."""
    by_role: dict[Role, list[MemberEntry]] = {role: [] for role in ROLES}
    for member in franchise.members:
        by_role[member.role].append(_entry(member, reasons))
    return [RoleGroup(role, works) for role, works in by_role.items() if works]


def facts(work: MemberWork, messages: Messages) -> str:
    """Return what a list says of a work in one line."""
    return descriptions.facts(
        messages.label("type", work.anime_type),
        messages,
        year=work.year,
        episodes=work.episodes,
        status=work.status,
    )


def _entry(one: FranchiseMember | FranchiseGuest, reasons: MembershipReasons) -> MemberEntry:
    work, edges = one.work, one.because
    if isinstance(one, FranchiseMember):
        reason, note = reasons.of_member(one), reasons.note_of_member(one)
    else:
        reason, note = reasons.of(work.id, edges), reasons.note(edges)
    return MemberEntry(work, facts(work, reasons.messages), reason, note)


def _json_ld(context: PageContext, franchise: FranchiseDetail) -> str:
    """Return the JSON-LD of a franchise: its works with the addresses of their pages."""
    model = context.model
    works = [one.work for one in franchise.members if model.node(one.work.id) is not None]
    block = json_ld.of_franchise(
        PageRef(franchise.title, context.absolute(urls.franchise(franchise.slug))),
        works,
        [context.absolute(context.today_url_of(work.id)) for work in works],
    )
    return json_ld.script_text(block)
