"""Keys of records: which there are, and what became of them from one release to the next."""

from typing import Any
from xml.etree.ElementTree import fromstring

from ingest.reading.record_keys import KeyCounts, RecordKeys, key_changes


def counted(*records: Any) -> KeyCounts:
    keys = RecordKeys()
    for record in records:
        keys.add(record)
    found = keys.counts()
    assert found is not None
    return found


def said(before: KeyCounts, now: KeyCounts) -> list[str]:
    return [change.sentence for change in key_changes(before, now)]


def test_keys_are_named_by_their_way() -> None:
    record = {"id": 1, "season": {"year": 2020}, "edges": [{"node": {"id": 2}}], "sites": ["a"]}
    assert counted(record, {"id": 3}) == KeyCounts(
        2, {"edges": 1, "edges.node": 1, "edges.node.id": 1, "id": 2, "season": 1,
            "season.year": 1, "sites": 1}
    )  # fmt: skip


def test_ids_that_are_keys_are_one_key() -> None:
    assert counted({"1": {"mal": 2}, "17": {"mal": 3}}).keys.keys() == {"*", "*.mal"}


def test_text_that_is_no_json_has_no_keys() -> None:
    keys = RecordKeys()
    keys.add_line(b'{"id": ')
    assert keys.counts() is None


def test_so_many_keys_are_data() -> None:
    keys = RecordKeys()
    for number in range(2000):
        keys.add({f"title {number}": 1})
    assert keys.counts() is None


def test_attributes_and_children_of_xml_are_keys() -> None:
    keys = RecordKeys()
    keys.add_element(fromstring('<anime aid="1"><title type="main">A</title></anime>'))
    assert keys.counts() == KeyCounts(1, {"@aid": 1, "title": 1, "title@type": 1})


def test_the_same_keys_need_no_word() -> None:
    records = [{"id": n, "name": "a"} for n in range(50)]
    assert said(counted(*records), counted(*records[:40])) == []


def test_a_renamed_key_is_named_once_with_its_new_name() -> None:
    before = counted(*({"id": n, "relatedAnime": []} for n in range(12)))
    now = counted(*({"id": n, "related_anime": []} for n in range(12)))
    assert said(before, now) == ["the key 'relatedAnime' seems to be renamed to 'related_anime'"]


def test_a_renamed_key_within_is_named_and_what_it_holds_is_not() -> None:
    before = counted(*({"season": {"year": n, "part": {"a": 1}}} for n in range(12)))
    now = counted(*({"season": {"years": n, "part": {"a": 1}}} for n in range(12)))
    assert said(before, now) == ["the key 'season.year' seems to be renamed to 'season.years'"]
    gone = counted(*({"id": n} for n in range(12)))
    assert said(before, gone) == [
        "the key 'season' is gone, which 100% of the records had",
        "the key 'id' is new, in 100% of the records",
    ]


def test_a_key_of_few_records_may_be_missing_by_chance() -> None:
    rare = [{"id": n} for n in range(98)] + [{"id": 98, "odd": 1}, {"id": 99, "odd": 1}]
    plain = [{"id": n} for n in range(100)]
    assert said(counted(*rare), counted(*plain)) == []
    assert said(counted(*plain), counted(*rare)) == []


def test_a_key_that_is_in_far_fewer_records_is_told() -> None:
    before = counted(*({"id": n, "score": n} for n in range(100)))
    now = counted(*({"id": n} | ({"score": n} if n < 30 else {}) for n in range(100)))
    assert said(before, now) == ["the key 'score' is in 30% of the records, 100% had it"]
