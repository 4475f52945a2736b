"""A search against an obvious oracle: the hits of the index, filtered and counted one by one."""

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.discovery import suggestions
from kensho.discovery.cursors import Cursors
from kensho.discovery.filters import Filters
from kensho.discovery.search import SearchRequest, TitleSearch
from kensho.discovery.search_views import SearchPage
from kensho.domain.works import SEASONS
from kensho.platform.secret_values import Secret
from kensho.read_model.holder import Snapshot
from kensho.search.keys import key_of
from kensho.storage.rows import MembershipRow, RedirectRow, WorkRow
from tests.support.examples import examples
from tests.support.searches import Shelf, opened, work

WORDS: Final = ("Naru", "Naruto", "Gaiden", "Kaze", "no", "Uta", "II", "かぜ")
TAGS: Final = ("action", "drama", "ninja")
YEARS: Final = (None, 2002, 2003)
QUERIES: Final = (
    "naru",
    "naruto",
    "n",
    "kaze no",
    "naruto gaiden",
    "narto",
    "naruto - 03",
    "xyzzy",
)
steady = settings(deadline=None, max_examples=examples(25))

titles = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@st.composite
def shelves(draw: st.DrawFn) -> Shelf:
    """Draw up to twelve works whose titles share words."""
    works = [
        work(
            number,
            *draw(st.lists(titles, min_size=1, max_size=2)),
            anime_type=draw(st.sampled_from(("tv", "ova", "movie"))),
            status=draw(st.sampled_from(("finished", "upcoming"))),
            season=draw(st.sampled_from((None, "fall", "winter"))),
            year=draw(st.sampled_from(YEARS)),
            adult=draw(st.sampled_from((None, False, True))),
        )
        for number in range(1, draw(st.integers(1, 12)) + 1)
    ]
    tagged = st.lists(st.sampled_from(TAGS), unique=True)
    two = draw(st.permutations(works))[:2]
    return Shelf(
        works,
        {w.id: draw(tagged) for w in works},
        [MembershipRow(w.id, "naruto", "Naruto") for w in works if draw(st.booleans())],
        [RedirectRow(two[0].id, two[-1].id, 3, None, 1)]
        if len(two) > 1 and draw(st.booleans())
        else [],
    )


filters = st.builds(
    Filters,
    type=st.sampled_from((None, "tv", "ova")),
    status=st.sampled_from((None, "finished")),
    season=st.sampled_from((None, *SEASONS)),
    year=st.sampled_from(YEARS),
    tag=st.sampled_from((None, *TAGS, "no such tag")),
    safe=st.booleans(),
)


def passes(w: WorkRow, tags: Any, wanted: Filters, *, but: str = "") -> bool:
    """Tell whether a work passes all filters, or all but one."""
    checks = {
        "type": wanted.type in (None, w.anime_type),
        "status": wanted.status in (None, w.status),
        "season": wanted.season in (None, w.season),
        "year": wanted.year in (None, w.year),
        "tag": wanted.tag is None or wanted.tag in tags[w.id],
        "safe": not (wanted.safe and w.adult),
    }
    return all(holds for name, holds in checks.items() if name != but)


def asked(text: str, wanted: Filters, limit: int = 100, **more: Any) -> SearchRequest:
    return SearchRequest(text=text, filters=wanted, limit=limit, **more)


def page(held: Snapshot, query: SearchRequest) -> SearchPage:
    searching = TitleSearch(Cursors(Secret("a secret of tests")), safe=True)
    return searching.page(held, query).decode()


def hits(held: Snapshot, shelf: Shelf, text: str) -> list[WorkRow]:
    """Return the works that the index finds, in order, an episode's own work first."""
    works = sorted(shelf.works, key=lambda w: w.id)
    found = held.titles.index.search(text)
    order = [int(e) for e in found.hits.entries if e < len(works)]
    if order:
        number = next(
            int(n)
            for e, n in zip(found.hits.entries, found.hits.interpretations, strict=True)
            if e == order[0]
        )
        episode = found.interpretations[number].title_parts.episode
        for redirect in shelf.redirects:
            if works[order[0]].id == redirect.work and episode is not None and episode >= 3:
                first = next(n for n, w in enumerate(works) if w.id == redirect.to)
                order = [first, *(n for n in order if n != first)]
    return [works[node] for node in order]


@steady
@given(shelves(), st.sampled_from(QUERIES), filters)
def test_filters_leave_hits_out_and_change_nothing_else(
    shelf: Shelf, text: str, wanted: Filters
) -> None:
    with opened(shelf) as held:
        every = hits(held, shelf, text)
        found = page(held, asked(text, wanted))
        kept = [w.id for w in every if passes(w, shelf.tags, wanted)]
        assert [result.id for result in found.results] == kept
        assert found.total == len(kept)
        assert found.hidden.adult == sum(
            bool(w.adult) and wanted.safe
            for w in every
            if passes(w, shelf.tags, wanted, but="safe")
        )
        assert (found.reason is None) == (found.suggestions is None) == bool(kept)


@steady
@given(shelves(), st.sampled_from(QUERIES), filters)
def test_facets_count_the_hits_under_the_other_filters(
    shelf: Shelf, text: str, wanted: Filters
) -> None:
    values: dict[str, Callable[[WorkRow], Any]] = {
        "type": lambda w: [w.anime_type],
        "status": lambda w: [w.status],
        "season": lambda w: [w.season] if w.season else [],
        "year": lambda w: [str(w.year)] if w.year else [],
        "tag": lambda w: shelf.tags[w.id],
    }
    with opened(shelf) as held:
        found = page(held, asked(text, wanted)).facets
        every = hits(held, shelf, text)
    assert found is not None
    counted = {
        "type": found.type,
        "status": found.status,
        "season": found.season,
        "year": found.year,
        "tag": {tag.name: tag.count for tag in found.tag},
    }
    for name, of in values.items():
        under = [w for w in every if passes(w, shelf.tags, wanted, but=name)]
        assert counted[name] == Counter(value for w in under for value in of(w))


@steady
@given(shelves(), st.sampled_from(QUERIES), st.integers(1, 4), st.booleans())
def test_a_walk_by_cursors_or_offsets_meets_every_hit_once(
    shelf: Shelf, text: str, limit: int, by_franchise: bool
) -> None:
    with opened(shelf) as held:
        whole = page(held, asked(text, Filters(), by_franchise=by_franchise))
        walked, cursor = [], None
        while True:
            part = page(
                held, asked(text, Filters(), limit, by_franchise=by_franchise, cursor=cursor)
            )
            walked += part.results
            skipped = page(
                held,
                asked(
                    text,
                    Filters(),
                    limit,
                    by_franchise=by_franchise,
                    offset=len(walked) - len(part.results),
                ),
            )
            assert skipped.results == part.results
            cursor = part.next_cursor
            if cursor is None:
                break
    assert walked == whole.results
    assert len({result.id for result in walked}) == whole.total


@steady
@given(shelves(), st.sampled_from(QUERIES), filters)
def test_a_group_is_shown_by_its_best_hit_and_counts_the_others(
    shelf: Shelf, text: str, wanted: Filters
) -> None:
    with opened(shelf) as held:
        single = page(held, asked(text, wanted))
        grouped = page(held, asked(text, wanted, by_franchise=True))
        group_of = {
            w.id: held.titles.group(node)
            for node, w in enumerate(sorted(shelf.works, key=lambda w: w.id))
        }
    members: dict[int, list[uuid.UUID]] = {}
    for result in single.results:
        members.setdefault(group_of[result.id], []).append(result.id)
    assert [result.id for result in grouped.results] == [found[0] for found in members.values()]
    assert (grouped.total, grouped.total_works) == (len(members), single.total)
    for result, found in zip(grouped.results, members.values(), strict=True):
        assert result.group is not None
        assert result.group.works == len(found)
        assert [more.id for more in result.group.more] == found[1:6]


@steady
@given(shelves(), st.sampled_from(QUERIES))
def test_the_parts_of_an_explanation_add_up_to_the_score(shelf: Shelf, text: str) -> None:
    with opened(shelf) as held:
        for result in page(held, asked(text, Filters(), explain=True)).results:
            assert result.explain is not None
            assert (
                abs(sum(part.value for part in result.explain.parts) - result.explain.score) < 1e-6
            )
            assert abs(result.explain.score - result.score) < 1e-4
            assert "rest" not in {part.name for part in result.explain.parts}


@steady
@given(shelves(), st.data())
def test_every_prefix_of_a_title_is_completed_by_titles_that_begin_with_it(
    shelf: Shelf, data: st.DataObject
) -> None:
    title = data.draw(st.sampled_from([t.text for w in shelf.works for t in w.titles]))
    typed = title[: data.draw(st.integers(1, len(title)))]
    letters = key_of(typed).plain
    with opened(shelf) as held:
        found = suggestions.completions(held, typed, 20, safe=False).decode().suggestions
    begin = [key_of(each.matched_title).plain.startswith(letters) for each in found]
    assert begin[0]
    assert begin == sorted(begin, reverse=True)
