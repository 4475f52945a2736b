"""The JSON-LD of a franchise: its works with the addresses of their pages."""

import msgspec

from kensho.discovery import json_ld
from kensho.discovery.json_ld import PageRef
from kensho.read_model.franchise_views import FranchiseDetail
from kensho.read_model.views import StoredDetail
from kensho.web import urls
from kensho.web.page_context import PageContext

_DETAIL = msgspec.json.Decoder(StoredDetail)


def text_of(desk: PageContext, hub: FranchiseDetail) -> str:
    """Return the text of the element, safe inside it."""
    model = desk.model
    works = [member.work.id for member in hub.members]
    nodes = [node for work in works if (node := model.node(work)) is not None]
    block = json_ld.of_hub(
        PageRef(hub.title, f"{desk.origin}{urls.hub(hub.slug)}"),
        [_DETAIL.decode(model.detail(node)) for node in nodes],
        [f"{desk.origin}{desk.place_of(model.id(node))}" for node in nodes],
    )
    return json_ld.script_text(block)
