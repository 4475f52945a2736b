"""Many codes are sorted in parts as by one stable sort; texts come back as they were added."""

from itertools import pairwise
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kensho.search.sorting import CodedRows, merged
from kensho.search.strings import NewTexts, packed

CODES = st.lists(st.lists(st.integers(0, 2**63) | st.integers(0, 12), max_size=300), max_size=5)


@given(CODES)
def test_parts_in_a_row_are_one_stable_sort(drawn: list[list[int]]) -> None:
    pieces: list[CodedRows] = []
    count = 0
    for codes in drawn:
        rows = np.arange(count, count + len(codes), dtype=np.int32)
        count += len(codes)
        pieces.append(CodedRows(np.array(codes, dtype=np.uint64), rows).in_order())
    found = [
        pair
        for part in merged(pieces)
        for pair in zip(part.codes.tolist(), part.rows.tolist(), strict=True)
    ]
    every = [code for codes in drawn for code in codes]
    assert found == sorted(zip(every, range(count), strict=True), key=lambda pair: pair[0])


@given(CODES)
def test_no_code_is_in_two_parts(drawn: list[list[int]]) -> None:
    pieces = [
        CodedRows(np.array(codes, dtype=np.uint64), np.zeros(len(codes), np.int32)).in_order()
        for codes in drawn
    ]
    parts: list[set[int]] = [set(part.codes.tolist()) for part in merged(pieces)]
    assert sum(map(len, parts)) == len({code for part in parts for code in part})


@given(st.lists(st.text(st.characters(codec=None), max_size=60), max_size=40), st.randoms())
def test_texts_come_back_in_the_order_that_is_asked_for(texts: list[str], chance: Random) -> None:
    kept = NewTexts()
    kept.add(texts[:3])
    kept.add(texts[3:])
    order = list(range(len(texts)))
    chance.shuffle(order)
    found = kept.in_order(np.array(order, dtype=np.int64))
    assert list(found) == [texts[place] for place in order]
    arrays, blobs = packed("x", found)
    ends = arrays["x_ends"].tolist()
    assert [
        blobs["x"][start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends)
    ] == list(found)
