"""The arithmetic on the sources' figures, each worked out by hand once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.scale.model import ScaleResults
from lab.scale.published import (
    PUBLISHED_PEAKS,
    SALE_SECONDS,
    crew,
    end_of_sale,
    fitting_seconds,
    like_theirs,
    published_readings,
    rate_that_fits,
    workers_it_would_take,
)


@pytest.mark.parametrize(
    ("workers", "waiting"), [(1, 3_430), (5, 3_350), (20, 3_050), (100, 1_450)]
)
def test_what_is_not_paid_waits_at_the_end_of_the_sale(workers: int, waiting: int) -> None:
    """(57.5 - workers / 3) * 60."""
    assert end_of_sale(workers) == pytest.approx(waiting)


@pytest.mark.parametrize(("workers", "least"), [(1, 3_410), (5, 3_253), (20, 2_696), (100, 609)])
def test_the_least_reading_is_where_one_before_and_one_after_the_peak_are_equal(
    workers: int, least: int
) -> None:
    """60 * (57.5 - workers / 3)^2 / 57.5."""
    assert published_readings(workers)[0] == pytest.approx(least, abs=3)
    assert published_readings(workers)[1] == pytest.approx(end_of_sale(workers))


def test_no_published_peak_is_above_what_waits_at_the_end_of_the_sale() -> None:
    assert all(end_of_sale(workers) >= peak for workers, peak in PUBLISHED_PEAKS.items())


def test_readings_once_a_minute_explain_one_and_five_workers_hardly_100_and_never_20() -> None:
    assert fitting_seconds(1) == pytest.approx(30, abs=1)
    assert fitting_seconds(5) == pytest.approx(15, abs=1)
    assert 0 < fitting_seconds(100) < 1
    assert fitting_seconds(20) == 0


@pytest.mark.parametrize("workers", PUBLISHED_PEAKS)
def test_at_the_rate_that_fits_the_least_reading_is_the_published_peak(workers: int) -> None:
    rate = rate_that_fits(workers)
    least = SALE_SECONDS * (rate - crew(workers).rate) ** 2 / rate
    assert least == pytest.approx(PUBLISHED_PEAKS[workers])


def test_the_published_peaks_would_take_more_workers_by_factors_of_their_own() -> None:
    factors = [round(workers_it_would_take(w) / w, 1) for w in PUBLISHED_PEAKS]
    assert factors == [1.5, 1.7, 2.2, 1.4]


def test_a_sale_is_like_theirs_only_at_their_length_and_with_their_payments(
    seeds: ScaleResults,
) -> None:
    point = seeds.points[0]
    assert like_theirs(point)
    assert not like_theirs(replace(point, sale=replace(point.sale, duration_seconds=10)))
    assert not like_theirs(replace(point, sale=replace(point.sale, users=30)))
    assert not like_theirs(replace(point, config={**point.config, "paymentSeconds": "1"}))
