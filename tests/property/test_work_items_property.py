"""Work items over random histories: what refreshes and curators make of them, against a model."""

import datetime as dt
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.domain.work_items import (
    STATE_AFTER,
    FoundItem,
    ItemAction,
    ItemChangeRequest,
    ItemState,
    Settled,
)
from kensho.errors import ConflictError
from kensho.storage.work_items import ItemFilter, WorkItemStore
from tests.support.examples import examples

START = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
ABOUT = st.integers(0, 4)
SEEN = st.dictionaries(ABOUT, st.tuples(st.integers(0, 1), st.booleans()), max_size=5)
ACTED = st.tuples(ABOUT, st.sampled_from(sorted(STATE_AFTER)))
STEPS = st.lists(st.one_of(SEEN, ACTED), max_size=12)


def item(about: int, facts: int, *, settled: bool = False) -> FoundItem:
    return FoundItem(
        kind="finding",
        about=(str(about),),
        facts=(str(facts),),
        sentence=f"{about} is {facts}",
        weight=about / 10,
        settled=Settled("ada", "as it is") if settled else None,
    )


class Model:
    """The rules once more, slowly: what each item is."""

    def __init__(self) -> None:
        self.known: dict[int, dict[str, Any]] = {}

    def see(self, seen: dict[int, tuple[int, bool]]) -> None:
        for about, (facts, settled) in seen.items():
            one = self.known.get(about)
            if one is None:
                one = {"state": "open", "changes": int(settled)}
                self.known[about] = one
                if settled:
                    one["state"] = "wontfix"
            else:
                state = self._again(one, facts, settled=settled)
                one["changes"] += state != one["state"]
                one["state"] = state
            one |= {"facts": facts, "gone": False}
        for about, one in self.known.items():
            if about not in seen and not one["gone"]:
                one["gone"] = True
                if one["state"] in ("open", "accepted"):
                    one |= {"state": "fixed", "changes": one["changes"] + 1}

    @staticmethod
    def _again(one: dict[str, Any], facts: int, *, settled: bool) -> str:
        state = str(one["state"])
        if (one["facts"] != facts and state in ("fixed", "wontfix")) or (
            one["gone"] and state == "fixed"
        ):
            state = "open"
        return "wontfix" if settled and state in ("open", "accepted") else state

    def act(self, about: int, state: ItemState) -> None:
        self.known[about]["state"] = state
        self.known[about]["changes"] += 1


@given(STEPS)
@settings(max_examples=examples(60), deadline=None)
def test_items_are_what_a_slow_model_says(
    steps: list[dict[int, tuple[int, bool]] | tuple[int, ItemAction]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, model = WorkItemStore(Path(folder) / "queue.db"), Model()
        for number, step in enumerate(steps):
            now = START + dt.timedelta(minutes=number)
            if isinstance(step, dict):
                found = [item(about, f, settled=s) for about, (f, s) in step.items()]
                store.refresh(("finding",), found, now)
                model.see(step)
            elif step[0] in model.known:
                asked = ItemChangeRequest(action=step[1], author="bob", reason="why")
                if model.known[step[0]]["state"] == STATE_AFTER[step[1]]:
                    with pytest.raises(ConflictError):
                        store.change(item(step[0], 0).id, asked, now)
                else:
                    store.change(item(step[0], 0).id, asked, now)
                    model.act(step[0], STATE_AFTER[step[1]])
            for about, one in model.known.items():
                id_ = item(about, 0).id
                assert store.item(id_).state == one["state"]
                changes = store.changes(id_)
                assert len(changes) == one["changes"] == store.item(id_).version - 1
                for before, after in pairwise(changes):
                    assert before.after == after.before


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=30), st.integers(1, 7))
@settings(max_examples=examples(30), deadline=None)
def test_pages_are_the_whole_list_in_order_each_item_once(
    made: list[tuple[int, bool]], limit: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = WorkItemStore(Path(folder) / "queue.db")
        items = [
            FoundItem(
                kind="conflict", about=(str(n),), sentence=str(n), weight=weight / 4, adult=adult
            )
            for n, (weight, adult) in enumerate(made)
        ]
        store.refresh(("conflict",), items, START)
        for safe in (True, False):
            shown = [one for one in items if not (safe and one.adult)]
            expected = [one.id for one in sorted(shown, key=lambda one: (-one.weight, one.id))]
            found: list[str] = []
            after: str | None = None
            for _ in range(len(items) + 1):
                page = store.page(ItemFilter(safe=safe), limit, after)
                assert (page.total, page.hidden) == (len(shown), len(items) - len(shown))
                found += [one.id for one in page.items]
                if page.is_last:
                    break
                after = page.items[-1].id
            assert found == expected
