"""`/api/openapi.json` and `/api/docs`: the document, and Swagger UI over it, all served by us.

Swagger UI comes from npm's `swagger-ui-dist` (the first line to show OpenAPI 3.1 is 5) by `make
assets`, which puts its script and style sheet into `kensho/web/static/vendor/swagger-ui`. Without
it the page lists the operations plainly. The content security policy lets the page load nothing
from anywhere else.
"""

import re
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Router, get
from litestar.datastructures import ResponseHeader
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Contact, License, Tag
from litestar.params import FromPath
from litestar.response import File
from typing_extensions import override

from kensho.api.openapi import Document, Schemes, amend_openapi, bodies_of
from kensho.api.operations import OTHER_PATH
from kensho.discovery.browse import Calendar
from kensho.http.privacy import PUBLIC

_STATIC: Final = Path(str(files("kensho"))) / "web" / "static"
ASSETS: Final = {
    "swagger-ui.css": (_STATIC / "vendor" / "swagger-ui" / "swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": (
        _STATIC / "vendor" / "swagger-ui" / "swagger-ui-bundle.js",
        "text/javascript",
    ),
    "docs.js": (_STATIC / "docs.js", "text/javascript"),
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kenshō API</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css"></head>
<body><main id="docs"><h1>Kenshō API</h1><p><a href="/api/openapi.json">OpenAPI document</a></p>
<ul>{operations}</ul></main>
<script src="/api/docs/assets/swagger-ui-bundle.js"></script>
<script src="/api/docs/assets/docs.js"></script>
</body></html>"""


class DocumentPlugin(JsonRenderPlugin):
    """Serves the document as it is enforced, encoded once."""

    def __init__(self, calendar: Calendar, schemes: Schemes) -> None:
        super().__init__(path="/openapi.json")
        self._calendar = calendar
        self._schemes = schemes
        self._body: bytes | None = None

    @override
    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:
        """Return the amended document."""
        if self._body is None:
            self._body = msgspec.json.encode(self.amended(request.app, openapi_schema))
        return self._body

    def amended(self, app: Litestar, document: Document) -> Document:
        """Return Litestar's document of an application with what holds for every operation."""
        return amend_openapi(document, self._calendar, self._schemes, bodies_of(app))


class PagePlugin(OpenAPIRenderPlugin):
    """Serves the page for people; also at `/api`."""

    def __init__(self) -> None:
        super().__init__(path="/docs")

    @override
    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:
        """Return the page; the list in it is what is shown until Swagger UI has loaded."""
        operations = "".join(
            f"<li><code>{method.upper()} {escape(path)}</code> {escape(operation['summary'])}</li>"
            for path, item in openapi_schema["paths"].items()
            for method, operation in item.items()
        )
        return _PAGE.format(operations=operations).encode()


def document_of(app: Litestar) -> Document:
    """Return the OpenAPI document of an application, as it is served and enforced."""
    config = app.openapi_config
    plugins = config.render_plugins if config else ()
    (plugin,) = (one for one in plugins if isinstance(one, DocumentPlugin))
    return plugin.amended(app, app.openapi_schema.to_schema())


def operation_id(handler: HTTPRouteHandler, _method: object, _path: object) -> str:
    """Return the name of an operation, which clients' methods bear: "Read a work" is `readWork`.

    It is made of the summary, without articles, so that pages and clients use the same words; where
    the same is to be had by another path, of what `OTHER_PATH` says of that path too.
    """
    said = f"{handler.summary or handler.handler_name} {handler.opt.get(OTHER_PATH, '')}"
    words: list[str] = [one for one in _WORD.findall(said) if one not in _ARTICLES]
    words = [one.removesuffix("'s") for one in words]
    return words[0].lower() + "".join(one[0].upper() + one[1:] for one in words[1:])


_WORD: Final = re.compile(r"[^\W_]+(?:'s)?")
_ARTICLES: Final = ("a", "an", "the")


@get("/docs/assets/{name:str}", include_in_schema=False)
async def asset(name: FromPath[str]) -> File:
    """Return one of the three files the page is made of."""
    if name not in ASSETS or not ASSETS[name][0].is_file():
        raise NotFoundException
    path, media_type = ASSETS[name]
    return File(path, media_type=media_type, content_disposition_type="inline")


def configuration(
    version: str, calendar: Calendar, schemes: Schemes | None = None
) -> OpenAPIConfig:
    """Return Litestar's OpenAPI configuration: the document's head, and where it is served.

    `schemes` are further ways of signing in.
    """
    return OpenAPIConfig(
        title="Kenshō",
        version=version,
        summary="A graph of anime and films: what belongs together, and how.",
        description=_DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        contact=Contact(name="Kenshō"),
        tags=[Tag(name=name, description=text) for name, text in _TAGS.items()],
        use_handler_docstrings=True,
        operation_id_creator=operation_id,
        render_plugins=[PagePlugin(), DocumentPlugin(calendar, schemes or {})],
        openapi_router=Router(
            "/api",
            route_handlers=[asset],
            opt=PUBLIC,
            include_in_schema=False,
            before_request=_refuse_unknown,
            response_headers=[ResponseHeader(name="content-security-policy", value=_POLICY)],
        ),
    )


async def _refuse_unknown(request: Request[Any, Any, Any]) -> None:
    """Answer 404 as elsewhere where Litestar's own router would answer with a page of HTML."""
    if request.scope["path_template"] == "/api/{path}":
        raise NotFoundException


_DESCRIPTION: Final = """
Public reads over a graph of works. Ids are UUIDs that survive re-ingestion: a merged one answers
308, a removed one 410. Errors are RFC 9457 problems. Every read has a strong ETag and answers 304.
"""
_TAGS: Final = {
    "anime": "Works, their episodes and the graph around them.",
    "movies": "Films.",
    "browse": "Seasons.",
    "tags": "Tags and the works that bear them.",
    "search": "Titles, in any spelling.",
    "resolve": "Ids of other catalogues.",
    "changes": "What changed lately, and between two publications.",
    "health": "How the service is.",
}
