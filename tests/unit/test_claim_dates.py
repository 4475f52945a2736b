"""Since when a record makes each of its claims."""

from ingest.pipeline.claim_dates import dates_of, kept_dates
from kensho.domain.records import Claim

A, B = Claim("sequel", "mal:2"), Claim("related", "mal:3")


def test_what_is_claimed_on_keeps_its_date_and_what_is_new_has_that_of_the_snapshot() -> None:
    kept = kept_dates([B, A], "2026-02-01", {A: "2026-01-01"})
    assert list(dates_of([B, A], "2026-02-01", kept)) == ["2026-02-01", "2026-01-01"]


def test_claims_as_old_as_the_record_need_no_dates_of_their_own() -> None:
    assert kept_dates([A, B], "2026-02-01", {}) is None
    assert list(dates_of([A, B], "2026-02-01", None)) == ["2026-02-01", "2026-02-01"]


def test_a_claim_that_another_kind_replaces_is_a_new_one() -> None:
    assert kept_dates([Claim("prequel", "mal:2")], "2026-02-01", {A: "2026-01-01"}) is None


def test_a_claim_of_an_older_snapshot_that_is_applied_again_is_as_old() -> None:
    assert kept_dates([A], "2026-01-01", {A: "2026-02-01"}) is None


def test_a_snapshot_without_a_date_leaves_the_date_that_is_known() -> None:
    kept = kept_dates([A, B], "", {A: "2026-01-01"})
    assert list(dates_of([A, B], "", kept)) == ["2026-01-01", ""]


def test_what_was_claimed_since_nobody_knows_when_stays_so() -> None:
    kept = kept_dates([A, B], "2026-02-01", {A: ""})
    assert list(dates_of([A, B], "2026-02-01", kept)) == ["", "2026-02-01"]
