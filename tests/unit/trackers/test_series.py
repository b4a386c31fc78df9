"""Series that are thinned out: whatever stood out in the whole stands out in what is left."""

from __future__ import annotations

import math

import pytest

from dagbook.trackers.series import Point, in_order, thin_out


def thinned(points: list[Point], most: int) -> list[Point]:
    steps, times = [point[0] for point in points], [point[1] for point in points]
    return thin_out(points, ((min(steps), min(times), 0.0), (max(steps), max(times), 0.0)), most)


def test_extremes_first_and_last_are_kept():
    points = [(step, step * 10, math.sin(step / 500)) for step in range(100_000)]
    points[70_001] = (70_001, 700_010, 5.0)
    points[30_003] = (30_003, 300_030, -5.0)

    left = thinned(list(reversed(points)), 400)

    assert len(left) <= 400
    assert left == in_order(left)
    assert max(left, key=lambda point: point[2]) == points[70_001]
    assert min(left, key=lambda point: point[2]) == points[30_003]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_what_fits_stays_whole(count: int):
    points = [(step, step, float(step)) for step in range(count)]
    assert thinned(points, 100) == points


def test_without_steps_time_tells_points_apart():
    points = [(0, at, float(at)) for at in range(10_000)]
    left = thinned(points, 100)
    assert 90 < len(left) <= 100
    assert (left[0], left[-1]) == (points[0], points[-1])


def test_a_gap_stays_a_gap():
    points = [(step, step, math.nan if 400 <= step < 600 else 1.0) for step in range(1000)]
    left = thinned(points, 20)
    assert {point[0] for point in left if math.isnan(point[2])} >= {400, 500}


def test_steps_may_be_negative_and_far_apart():
    points = [(-(10**12), 5, 1.0), (0, 6, 2.0), (10**12, 7, 3.0)]
    assert thinned(points, 100) == points
