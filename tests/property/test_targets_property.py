"""Equal targets are one: whatever a target is spelled like, it is found under the same key."""

import random
from typing import Final, Literal
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.errors import KenshoError
from kensho.http import targets
from kensho.http.request_guards import parsed
from kensho.http.targets import DeclaredRoute, Target, Targets
from tests.support.respelling import asked_slowly, respelled


class Form(msgspec.Struct, frozen=True, rename={"view": "as"}):
    """What a page of the test knows."""

    q: str = ""
    page: int = 1
    safe: bool | None = None
    view: Literal["map", "list"] = "map"


DEFAULTS: Final = {"q": "", "page": "1", "safe": "", "as": "map"}
TABLE: Final = Targets(
    [
        DeclaredRoute("/page/{name}", targets.of_form(Form)),
        DeclaredRoute("/page/fixed", targets.none),
        DeclaredRoute("/", targets.none),
    ]
)


class Preferred(msgspec.Struct, frozen=True):
    """What a viewer of the test prefers."""

    titles: Literal["romaji", "english", "native"] = "romaji"
    lang: Literal["en", "ja"] = "en"


PREFERRING: Final = Targets(
    [
        DeclaredRoute("/page/{name}", targets.of_form(Form), preferences=Preferred),
        DeclaredRoute("/api", targets.none),
    ]
)
CHOICES: Final = st.sampled_from(("", "romaji", "english", "native", "klingon", "x" * 40))
FOREIGN: Final = st.sampled_from(("utm_source", "fbclid", "z", "Q", "pages", "gclid"))
WORDS: Final = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=12)
PARTS: Final = WORDS.filter(lambda word: word and "/" not in word)
SEEDS: Final = st.integers(0, 2**32)


def found(path: str, query: str, table: Targets = TABLE) -> Target:
    return table.canonical(path.encode(), query.encode())


@given(
    name=PARTS,
    known=st.fixed_dictionaries(
        {},
        optional={
            "q": WORDS,
            "page": st.integers(1, 99).map(str),
            "safe": st.sampled_from(("true", "false")),
            "as": st.sampled_from(("map", "list")),
        },
    ),
    foreign=st.dictionaries(FOREIGN, WORDS, max_size=3),
    seed=SEEDS,
)
def test_any_spelling_of_a_page_is_one_target(
    name: str, known: dict[str, str], foreign: dict[str, str], seed: int
) -> None:
    chance = random.Random(seed)
    path = f"/page/{name}"
    first = found(*respelled(path, known, chance))
    spelled = respelled(path, {**foreign, **known}, chance)
    assert found(*spelled) == first
    parts, parameters = asked_slowly(*spelled, None if name == "fixed" else DEFAULTS)
    assert [part for part in first.path.split("/") if part] == parts
    assert first.parameters == ({} if name == "fixed" else parameters)


@given(
    parameters=st.dictionaries(PARTS, WORDS, max_size=4),
    other=st.dictionaries(PARTS, WORDS, max_size=4),
    seed=SEEDS,
)
def test_where_no_form_is_declared_every_parameter_counts(
    parameters: dict[str, str], other: dict[str, str], seed: int
) -> None:
    chance = random.Random(seed)
    first = found(*respelled("/api/x", parameters, chance))
    second = found(*respelled("/api/x", other, chance))
    assert first.parameters == parameters
    assert (first == second) is (parameters == other)


@given(path=st.binary(max_size=40), query=st.binary(max_size=40))
def test_the_canonical_spelling_is_its_own(path: bytes, query: bytes) -> None:
    try:
        first = TABLE.canonical(b"/" + path, query)
    except KenshoError:
        return
    assert TABLE.canonical(first.raw_path, first.query) == first


@pytest.mark.parametrize("spelled", ["/page/a%2Fb", "/page/a%2fb", "/page%2Fa/b", "/page/a/b"])
def test_an_escaped_slash_parts_as_a_plain_one(spelled: str) -> None:
    assert found(spelled, "").raw_path == b"/page/a/b"


def test_ids_are_in_lower_case() -> None:
    upper = "/page/0198A2B0-1111-7222-8333-444455556666"
    assert found(upper, "").raw_path == upper.lower().encode()
    assert found("/page/0198A2B0-1111", "").path == "/page/0198A2B0-1111"


@pytest.mark.parametrize("path", ["/page/", "/page//a", "//"])
def test_a_path_with_an_empty_part_is_none(path: str) -> None:
    with pytest.raises(KenshoError):
        found(path, "")


def test_long_targets_are_not_remembered() -> None:
    table = Targets()
    long = "x" * 300
    assert found(f"/{long}", "", table) == found(f"/{long}", "", table)
    assert found(f"/{long}", "", table) is not found(f"/{long}", "", table)
    assert found("/short", "q=x", table) is found("/short", "q=x", table)


@given(cookie=CHOICES, asked=CHOICES.filter(lambda one: len(one) < 40), before=st.booleans())
def test_what_a_viewer_prefers_is_of_the_target(cookie: str, asked: str, before: bool) -> None:
    """The address wins over the cookie, the default is left out, and odd cookies are nothing."""
    query = f"titles={asked}" if asked else ""
    cookies = f"theme=dark; titles={cookie}; x=titles=native" if before else f"titles={cookie}"
    target = PREFERRING.canonical(b"/page/a", query.encode(), cookies.encode())
    known = cookie if cookie in ("english", "native") else ""
    wanted = (asked if asked != "romaji" else "") if asked else known
    assert target.parameters == ({"titles": wanted} if wanted else {})
    again = PREFERRING.canonical(target.raw_path, target.query)
    assert again == target
    other = PREFERRING.canonical(b"/api", query.encode(), cookies.encode())
    assert other.parameters == {}


def test_a_cookie_of_another_name_is_none_of_ours() -> None:
    target = PREFERRING.canonical(b"/page/a", b"", b"subtitles=native; lang=ja;titles=english")
    assert target.parameters == {"titles": "english", "lang": "ja"}


@given(
    st.lists(
        st.one_of(
            st.text(max_size=4),
            st.sampled_from(("&", "=", "+", "%", "%2", "%41", "%E3%81%82", "%e3", "a", "ü", "q=")),
        ),
        max_size=12,
    )
)
def test_queries_are_read_and_written_as_the_standard_library_does(pieces: list[str]) -> None:
    query = "".join(pieces).encode("utf-8", "surrogatepass")
    read: object
    try:
        read = parse_qsl(query.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(UnicodeDecodeError):
            parsed(query)
        return
    assert parsed(query) == read
    try:
        target = Targets().canonical(b"/no%20route", query)
    except KenshoError:
        return  # a parameter comes twice, or holds control characters
    assert target.query == urlencode(sorted(target.parameters.items()), quote_via=quote).encode()
