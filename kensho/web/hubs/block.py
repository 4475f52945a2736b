"""The JSON-LD of a franchise: its works with the addresses of their pages."""

import msgspec

from kensho.discovery import json_ld
from kensho.discovery.hub_views import Hub
from kensho.discovery.json_ld import Place
from kensho.discovery.views import StoredDetail
from kensho.web import places
from kensho.web.desk import WebDesk

_DETAIL = msgspec.json.Decoder(StoredDetail)


def text_of(desk: WebDesk, hub: Hub) -> str:
    """Return the text of the element, safe inside it."""
    model = desk.model
    works = [member.work.id for member in hub.members]
    nodes = [node for work in works if (node := model.node(work)) is not None]
    block = json_ld.of_hub(
        Place(hub.title, f"{desk.origin}{places.hub(hub.slug)}"),
        [_DETAIL.decode(model.detail(node)) for node in nodes],
        [f"{desk.origin}{desk.place_of(model.id(node))}" for node in nodes],
    )
    return json_ld.script_text(block)
