"""HTML reduced to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.reading.source_values import text_of_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Plain text.", "Plain text."),
        ("One.<br><br>\nTwo.", "One.\n\nTwo."),
        ("One.<BR/>Two.</br>Three.", "One.\nTwo.\nThree."),
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<i>Wind</i> &amp; rain &mdash; &eacute;t&eacute;&nbsp;all", "Wind & rain — été all"),
        ("&lt;b&gt; is no tag", "<b> is no tag"),
        ("I <3 you, 1 < 2 > 0", "I <3 you, 1 < 2 > 0"),
        ('A <a href="https://x.example/?a=1&b=2">link</a>.', "A link."),
        ("a   b \n\n\n\n c", "a b\n\nc"),
        ("a<!-- note -->b", "ab"),
        ("unclosed <i", "unclosed <i"),
        ("", ""),
    ],
)
def test_markup_becomes_text(html: str, text: str) -> None:
    assert text_of_html(html) == text


@given(st.text(alphabet="ab <>/&;br\n!-", max_size=60))
def test_the_text_has_no_blanks_to_spare(html: str) -> None:
    text = text_of_html(html)

    assert text == text.strip()
    assert "\n\n\n" not in text
    assert "  " not in text
