"""The documentation as pages: every document is served, and every link in it leads somewhere."""

import re
from pathlib import Path
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from kensho.web.documentation import Documentation, installed

ROOT: Final = Path(__file__).parents[2] / "docs"


def test_every_document_of_the_project_is_a_page() -> None:
    files = {path.relative_to(ROOT).with_suffix("").as_posix() for path in ROOT.rglob("*.md")}
    documents = installed().documents
    assert set(documents) == files
    for one in documents.values():
        assert one.title, one.name
        assert "<h1" in one.html, one.name


def test_every_link_within_the_documentation_leads_somewhere() -> None:
    known = installed()
    anchors = {
        name: set(re.findall(r'<h\d id="([^"]+)"', one.html))
        for name, one in known.documents.items()
    }
    for name, one in known.documents.items():
        for href in re.findall(r'<a href="(/docs/[^"]+|#[^"]+)"', one.html):
            page, _, anchor = href.partition("#")
            target = page.removeprefix("/docs/") or name
            there = {*known.documents, *known.pictures, *known.reports}
            assert target in there, (name, href)
            assert not anchor or anchor in anchors[target], (name, href)


def test_links_to_what_is_not_served_are_text(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text(
        "# One\n\nSee [the file](../deploy/x.conf), [two](two.md#there), [us](https://example.org),"
        " [up](../../etc/passwd).\n"
    )
    (tmp_path / "two.md").write_text("# Two\n\n## There\n\n## There\n")
    documents = Documentation(tmp_path).documents
    assert documents["one"].html.count("<a ") == 2
    assert '<a href="/docs/two#there">two</a>' in documents["one"].html
    assert "passwd" not in documents["one"].html
    assert 'id="there"' in documents["two"].html
    assert 'id="there-1"' in documents["two"].html


def test_reports_are_small_and_neither_run_nor_ask_anything() -> None:
    for path in installed().reports.values():
        text = path.read_text("utf-8")
        assert len(text) < 100_000, path.name
        assert not re.search(r"https?:|<script|<iframe|\bon[a-z]+=|src=|@import|url\(", text)


def test_tables_have_no_heads_that_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text(
        "# One\n\n| | |\n|-|-|\n| a | b |\n\n| | x |\n|-|-|\n| c | d |\n"
    )
    html = Documentation(tmp_path).documents["one"].html
    assert html.count("<thead>") == 1
    assert "<td></td>\n<th>x</th>" in html


@given(st.text(max_size=200))
def test_no_text_becomes_markup_that_was_not_meant(text: str) -> None:
    folder = Path("/nonexistent")
    html = Documentation(folder)._rendered("one", f"<script>{text}").html
    assert "<script" not in html


def test_an_installation_without_documents_has_none(tmp_path: Path) -> None:
    assert Documentation(tmp_path / "missing").groups() == []
