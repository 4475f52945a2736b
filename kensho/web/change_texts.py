"""Changes in one line each, in the language of a page.

`kensho.read_model.change_wording` tells them, in English or by the templates of `[reason.change]`
in the strings of another language; facts are called as `[reason.fact]` says.

Guarantees: pure.
"""

from typing_extensions import override

from kensho.domain.relations import RelationKind
from kensho.read_model.change_views import Change
from kensho.read_model.change_wording import FACT_NAMES, ChangeWords, told
from kensho.web.messages import Messages


def change_text(change: Change, messages: Messages) -> str:
    """Return a change as a sentence without a full stop."""
    return told(change, _TranslatedWords(messages) if messages.is_translation else None)


def fact_name(name: str, messages: Messages) -> str:
    """Return what a fact is called; its name in documents where it has none."""
    return messages.texts.get(f"reason.fact.{name}") or FACT_NAMES.get(name, name)


class _TranslatedWords(ChangeWords):
    """The words of a language that has strings of its own."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    @override
    def say(self, key: str, **values: object) -> str:
        return self._messages.format(f"reason.change.{key}", **values)

    @override
    def cited(self, title: str) -> str:
        return self._messages.format("reason.title", title=title)

    @override
    def fact(self, name: str) -> str:
        return fact_name(name, self._messages)

    @override
    def type(self, anime_type: str) -> str:
        return self._messages.label("type", anime_type)

    @override
    def role(self, role: str) -> str:
        return self._messages.label("role", role)

    @override
    def number(self, value: float) -> str:
        return str(value)

    @override
    def works(self, total: int) -> str:
        return self._messages.count("works", total)

    @override
    def stated(self, one: str, kind: RelationKind, other: str) -> str:
        kind_ = self._messages.label("kind", kind)
        what = self._messages.format("reason.between", other=other, kind=kind_)
        return self._messages.format("reason.of", one=one, what=what)
