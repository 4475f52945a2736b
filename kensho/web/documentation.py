"""The project's documentation as pages: Markdown of the folder `docs`, read once and rendered once.

Guarantees: only what was found in the folder is served, by its name; no HTML of documents is passed
on. Reports are pages as they are, and run and ask nothing where they are shown. Links between
documents lead to pages, and those to files that are not served become plain text.
"""

import functools
import itertools
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from kensho.platform.installation import data_root

PATH: Final = "/docs"
_GROUPS: Final = ("", "decisions", "releases", "models")
"""Folders of documents in the order in which the index tells of them; guides are at the top."""
_UNHEARD: Final = re.compile(r"[^\w\- ]")
_SCROLLING: Final = (
    ("<pre>", '<pre tabindex="0">'),
    ("<table>", '<div class="document-table" tabindex="0"><table>'),
    ("</table>", "</table></div>"),
)
"""What may be wider than the page scrolls by itself, and keys must reach it; text is escaped, so
that none of these marks is a document's own."""
_OUTSIDE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


class Document(NamedTuple):
    """A document: its name is its path in the folder without the suffix."""

    name: str
    title: str
    lead: str
    text: str
    html: str

    @property
    def group(self) -> str:
        """Return the folder that it is in, empty for guides."""
        return self.name.rpartition("/")[0]


class Documentation:
    """All documents of a folder; none where the installation has no such folder."""

    def __init__(self, root: Path) -> None:
        files = [path for group in _GROUPS for path in sorted((root / group).glob("*.md"))]
        texts = {
            path.relative_to(root).with_suffix("").as_posix(): path.read_text("utf-8")
            for path in files
        }
        self._texts: Final = texts
        self.pictures: Final = {path.name: path for path in sorted(root.glob("*.png"))}
        self.reports: Final = {path.name: path for path in sorted(root.glob("*.html"))}
        """Pages that programs of ours wrote, without scripts, such as that of a load."""

    @functools.cached_property
    def documents(self) -> dict[str, Document]:
        """Return the documents by their names, guides first."""
        return {name: self._rendered(name, text) for name, text in self._texts.items()}

    def groups(self) -> list[tuple[str, list[Document]]]:
        """Return the documents by their folders; folders without any are left out."""
        found = [
            (group, [one for one in self.documents.values() if one.group == group])
            for group in _GROUPS
        ]
        return [(group, documents) for group, documents in found if documents]

    def _rendered(self, name: str, text: str) -> Document:
        parser = MarkdownIt("commonmark", {"html": False}).enable("table")
        tokens = _without_empty_headings(parser.parse(text))
        _number_headings(tokens)
        for token in tokens:
            self._resolve(name, token.children or ())
        title = next((t.content for t in tokens if t.type == "inline"), name)
        paragraphs = (i for i, t in enumerate(tokens) if t.type == "paragraph_open")
        lead = next((_plain(tokens[i + 1]) for i in paragraphs), "")
        html = parser.renderer.render(tokens, parser.options, {})
        for plain, reached in _SCROLLING:
            html = html.replace(plain, reached)
        return Document(name, title, lead, text, html)

    def _resolve(self, name: str, tokens: Sequence[Token]) -> None:
        """Lead links and pictures of a document to what we serve."""
        opened: list[bool] = []
        for token in tokens:
            if token.type == "image":
                picture = PurePosixPath(str(token.attrs["src"])).name
                token.attrs["src"] = f"{PATH}/{picture}"
            elif token.type == "link_open":
                target = self._target(name, str(token.attrs["href"]))
                opened.append(target is not None)
                if target is None:
                    token.tag = "span"
                    token.attrs = {}
                else:
                    token.attrs["href"] = target
            elif token.type == "link_close" and not opened.pop():
                token.tag = "span"

    def _target(self, name: str, href: str) -> str | None:
        """Return where a link of a document leads; `None` where we don't serve that."""
        if _OUTSIDE.match(href) or href.startswith("#"):
            return href
        path, _, anchor = href.partition("#")
        parts: list[str] = [*PurePosixPath(name).parent.parts]
        for part in PurePosixPath(path).parts:
            if part != "..":
                parts.append(part)
            elif not parts:
                return None
            else:
                parts.pop()
        found = "/".join(parts)
        if found.removesuffix(".md") in self._texts and found.endswith(".md"):
            return f"{PATH}/{found.removesuffix('.md')}" + (f"#{anchor}" if anchor else "")
        return f"{PATH}/{found}" if found in {*self.pictures, *self.reports} else None


def _without_empty_headings(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens without heads of tables that say nothing; Markdown has no table without."""
    kept: list[Token] = []
    for token in tokens:
        kept.append(token)
        if token.type == "thead_close":
            start = max(i for i, one in enumerate(kept) if one.type == "thead_open")
            if not any(one.content for one in kept[start:] if one.type == "inline"):
                del kept[start:]
    for opening, content, closing in zip(kept, kept[1:], kept[2:], strict=False):
        if opening.type == "th_open" and not content.content:
            opening.tag = closing.tag = "td"
    return kept


def _number_headings(tokens: Sequence[Token]) -> None:
    """Give each heading the id by which other documents link to it, as repositories show them."""
    used: dict[str, int] = {}
    for opening, content in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            plain = _UNHEARD.sub("", _plain(content).lower()).replace(" ", "-")
            times = used[plain] = used.get(plain, -1) + 1
            opening.attrs["id"] = f"{plain}-{times}" if times else plain


def _plain(token: Token) -> str:
    """Return the words of a line, without marks."""
    return "".join(
        one.content if one.type in ("text", "code_inline") else " " * (one.type == "softbreak")
        for one in token.children or ()
    )


@functools.cache
def installed() -> Documentation:
    """Return the documentation that is installed with the program."""
    return Documentation(data_root("docs"))
