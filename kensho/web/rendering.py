"""Templates become pages: escaped by themselves, strict about what is missing.

Guarantees: nothing inline is run. The policy lets a page load scripts and styles from us alone, and
images from us or over https; a block of JSON-LD is data and not run. No text of others turns the
direction of ours, or brings control characters. A template is compiled once for all languages.
Litestar's own template responses are not used: they can't be tagged and kept as
`http.response_cache` does.
"""

import copy
import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import CodeType
from typing import Any, Final

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from typing_extensions import override

from kensho.web import messages as text
from kensho.web import posters, title_languages, urls, work_entries
from kensho.web.assets import Assets
from kensho.web.messages import Messages
from kensho.web.page_code import PageCode, written

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def headers_under(policy: str) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of a page that may load what a policy says."""
    return (
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"strict-origin-when-cross-origin"),
    )


PAGE_HEADERS: Final = headers_under(POLICY)
FRAMED_HEADERS: Final = headers_under(POLICY.replace("frame-ancestors 'none'", "frame-ancestors *"))
"""The headers of the one page that other sites may show in a frame."""


ENGLISH: Final = "en"
"""The language of the pages unless a viewer chose another."""
_OFFERS: Final = (
    *("offers_reports", "offers_histories", "offers_accounts", "offers_films", "offers_videos"),
    "reports_scripts",
)
"""What every page links or loads only where it is there."""


class _CompiledTemplates(BytecodeCache):
    """The code of templates that this process has compiled, 15 ms each, for every environment.

    Ours differ in their globals, which code looks up when it runs.
    """

    def __init__(self) -> None:
        self._code: dict[str, tuple[str, CodeType]] = {}

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        """Find the code of a template, if it was compiled from this source."""
        checksum, code = self._code.get(bucket.key, ("", None))
        bucket.code = code if checksum == bucket.checksum else None

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if bucket.code is not None:
            self._code[bucket.key] = bucket.checksum, bucket.code


_COMPILED: Final = _CompiledTemplates()


class Renderer:
    """Fills templates, and holds the functions that every one of them may call.

    `messages` are the texts of the first language, `translations` those of others by their names.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        assets: Assets,
        messages: Messages,
        translations: Mapping[str, Messages] | None = None,
    ) -> None:
        self.language = ENGLISH
        self._messages = {ENGLISH: messages, **(translations or {})}
        self._environments = {
            language: _environment(folders, assets, texts, language)
            for language, texts in self._messages.items()
        }

    def messages_in(self, language: str) -> Messages:
        """Return the texts of a language, the first one's where it has none."""
        return self._messages.get(language, self._messages[ENGLISH])

    @property
    def messages(self) -> Messages:
        """Return the texts of the language that pages are in unless another is named."""
        return self._messages[self.language]

    def in_language(self, language: str) -> "Renderer":
        """Return this renderer, of pages in a language; itself where that is none of its own."""
        if language == self.language or language not in self._messages:
            return self
        found = copy.copy(self)
        found.language = language
        return found

    def offer_reports(self) -> None:
        """Link the form of reports on every page; to be called before the first page is made."""
        self._set("offers_reports")

    def offer_accounts(self) -> None:
        """Link the account's page on every page; to be called as `offer_reports`."""
        self._set("offers_accounts")

    def offer_videos(self) -> None:
        """Link the gallery of videos on every page; to be called as `offer_reports`."""
        self._set("offers_videos")

    def offer_films(self) -> None:
        """Link the films that can be watched on every page; to be called as `offer_reports`."""
        self._set("offers_films")

    def proxy_posters(self, hosts: Collection[str]) -> None:
        """Let pages load posters of these hosts from this service; to be called as above."""
        for environment in self._environments.values():
            known: Any = environment.globals
            image_of = functools.partial(posters.proxied_image, hosts=hosts)
            known.update(poster_image=image_of, poster=posters.framed(image_of))

    def report_scripts(self) -> None:
        """Let every page report errors of its scripts; to be called as `offer_reports`."""
        self._set("reports_scripts")

    def offer_histories(self) -> None:
        """Link from works and franchises to who says what of them; to be called as above."""
        self._set("offers_histories")

    def prepare(self) -> None:
        """Compile every template, 0.5 s in all: who asks for a page first would wait for its own.

        Other languages run the same code.
        """
        environment = self._environments[ENGLISH]
        for template in environment.list_templates(extensions=("jinja",)):
            environment.get_template(template)

    def page(self, template: str, language: str | None = None, **variables: Any) -> bytes:
        """Return a page as UTF-8."""
        environment = self._environments.get(language or self.language, self._environments[ENGLISH])
        return environment.get_template(template).render(variables).encode()

    def _set(self, offer: str) -> None:
        for environment in self._environments.values():
            known: Any = environment.globals
            known[offer] = True


def _environment(
    folders: Sequence[Path], assets: Assets, messages: Messages, language: str
) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        bytecode_cache=_COMPILED,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=written,
    )
    environment.code_generator_class = PageCode
    functions: dict[str, Callable[..., object]] = {
        "asset": assets.url,
        "message": messages.format,
        "count": messages.count,
        "label": messages.label,
        "number": text.number,
        "minutes": messages.minutes,
        "about": messages.about,
        "tag_name": messages.tag,
        "entry_brief": work_entries.entry_brief(messages),
        "entry_lines": work_entries.entry_lines(messages),
        "timestamp": text.timestamp,
        "line_colour": posters.colour,
        "placeholder": posters.placeholder,
        "poster_url": posters.loadable,
        "poster_image": posters.direct_image,
        "poster_element": posters.element,
        "poster": posters.framed(posters.direct_image),
        "title_of": work_entries.title_of,
        "tick": work_entries.tick(messages),
        "language": title_languages.language,
    }
    known: Any = environment.globals  # typed as no more than what Jinja brings itself
    known.update(functions, urls=urls, page_language=language, **dict.fromkeys(_OFFERS, False))
    return environment
