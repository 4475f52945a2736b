"""What a canary reads of a version's figures, and what it makes of them."""

import pytest

from deploy.canary.watching import Counts, Limits, read, why_not

METRICS = """\
# TYPE kensho_http_requests_total counter
kensho_http_requests_total{method="GET",route="/api/search",status="200",worker="0"} 90.0
kensho_http_requests_total{method="GET",route="/api/search",status="200",worker="1"} 7.0
kensho_http_requests_total{method="GET",route="/api/search",status="503",worker="1"} 3.0
kensho_http_requests_total{method="GET",route="/health/ready",status="503",worker="0"} 50.0
kensho_http_requests_total{method="GET",route="/metrics",status="200",worker="0"} 9.0
kensho_http_requests_total{method="GET",route="/internal/edge/origins/{movie_id}",status="403"} 9.0
# TYPE kensho_http_request_seconds histogram
kensho_http_request_seconds_bucket{route="/api/search",le="0.1"} 80.0
kensho_http_request_seconds_bucket{route="/api/search",le="0.2"} 95.0
kensho_http_request_seconds_bucket{route="/api/search",le="+Inf"} 100.0
kensho_http_request_seconds_count{route="/api/search"} 100.0
kensho_http_request_seconds_sum{route="/api/search"} 9.0
# TYPE kensho_worker_restarts_total counter
kensho_worker_restarts_total 2.0
"""


def test_figures_are_of_all_workers_and_of_people_s_requests() -> None:
    found = read(METRICS)
    assert found == Counts(requests=100, errors=3, timed=100, in_time=95, restarts=2)
    assert found.error_share == pytest.approx(0.03)
    assert found.slow_share == pytest.approx(0.05)
    assert found.since(found) == Counts()
    assert found.told() == "100 answers, 3 errors, 5.0% over 200 ms"


WELL = Counts(requests=100, timed=100, in_time=100)


@pytest.mark.parametrize(
    ("new", "old", "reason"),
    [
        (WELL, WELL, None),
        (Counts(), Counts(), None),
        (WELL._replace(errors=1), WELL, None),
        (WELL._replace(errors=2), WELL, "2 of 100 answers were errors"),
        (Counts(requests=10, errors=2), WELL, None),
        (Counts(requests=10, errors=3), WELL, "3 of 10 answers were errors"),
        (WELL._replace(in_time=96), WELL, None),
        (WELL._replace(in_time=94), WELL, "6.0% of its answers were slow, 0.0% of the old's"),
        (WELL._replace(in_time=60), WELL._replace(in_time=64), None),
        (Counts(requests=49, timed=49, in_time=0), WELL, None),
        (WELL._replace(restarts=1), WELL, "1 of its workers ended"),
        (WELL._replace(requests=-5), WELL, "its figures went back: a worker was replaced"),
    ],
)
def test_a_version_is_judged_beside_the_other(new: Counts, old: Counts, reason: str | None) -> None:
    assert why_not(new, old, Limits()) == reason
