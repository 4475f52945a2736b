"""`/docs`: the documentation of this version as pages and as Markdown; `/llms.txt` lists it."""

from typing import Final

from litestar import Controller, get
from litestar.params import FromPath

from kensho.errors import NotFoundError
from kensho.http.privacy import PUBLIC
from kensho.http.responses import HTML, PreparedResponse, ResponseMeta
from kensho.platform.installation import installed_version
from kensho.web import documentation, urls
from kensho.web.page_context import VARIES, GivenPageServices
from kensho.web.rendering import ENGLISH, PAGE_HEADERS

_MARKDOWN: Final = b"text/markdown; charset=utf-8"
_TEXT: Final = b"text/plain; charset=utf-8"
_PNG: Final = b"image/png"
_REPORT: Final = ResponseMeta(
    HTML,
    (
        (
            b"content-security-policy",
            b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
            b" frame-ancestors 'none'",
        ),
    ),
)
"""A report has its styles within itself, and nothing else."""
_SOURCE: Final = ".md"


class DocumentationController(Controller):
    """Documents by their names; with `.md` behind it, as they were written."""

    path = documentation.PATH
    opt = PUBLIC

    @get(sync_to_thread=True)
    def index(self, services: GivenPageServices) -> PreparedResponse:
        """List all documents."""
        body = services.renderer.page(
            "documentation_index.html.jinja", groups=documentation.installed().groups()
        )
        return _answer(body, HTML)

    @get("/{name:path}", sync_to_thread=True)
    def document(self, services: GivenPageServices, name: FromPath[str]) -> PreparedResponse:
        """Return a document, or a picture or report of one.

        Raises:
            NotFoundError: there is none of this name.
        """
        known, wanted = documentation.installed(), name.strip("/")
        picture = known.pictures.get(wanted)
        if picture is not None:
            return _answer(picture.read_bytes(), _PNG)
        report = known.reports.get(wanted)
        if report is not None:
            return PreparedResponse(report.read_bytes(), installed_version(), meta=_REPORT)
        document = known.documents.get(wanted.removesuffix(_SOURCE))
        if document is None:
            raise NotFoundError(f"there is no document {wanted[:80]!r}")
        if wanted.endswith(_SOURCE):
            return _answer(document.text.encode(), _MARKDOWN)
        body = services.renderer.page("documentation.html.jinja", document=document)
        return _answer(body, HTML)


class DocumentationListController(Controller):
    """The documentation for programs that read it."""

    path = "/llms.txt"
    opt = PUBLIC

    @get(sync_to_thread=True)
    def listed(self, services: GivenPageServices) -> PreparedResponse:
        """Return the list of documents in Markdown, each with its first paragraph."""
        messages = services.renderer.messages_in(ENGLISH)
        lines = [f"# {messages.format('site.name')}", "", f"> {messages.format('site.tagline')}"]
        for group, documents in documentation.installed().groups():
            lines += ["", f"## {messages.label('documents', group or 'guides')}", ""]
            lines += [
                f"- [{one.title}]({urls.document(one.name)}{_SOURCE}): {one.lead}"
                for one in documents
            ]
        return _answer(("\n".join(lines) + "\n").encode(), _TEXT)


def _answer(body: bytes, media_type: bytes) -> PreparedResponse:
    """Return what is the same in a language until another version is installed."""
    headers = (*PAGE_HEADERS, VARIES) if media_type == HTML else ()
    return PreparedResponse(
        body, installed_version(), meta=ResponseMeta(media_type=media_type, headers=headers)
    )
