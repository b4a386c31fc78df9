"""The values of one metric in order, thinned out so that a million points can be drawn: extremes are kept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dagbook.trackers.store import MlflowStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

Point = tuple[int, int, float]
"""Step, milliseconds since 1970, value."""

_AT_ONCE: Final = 50_000
_STEP: Final = 0
_TIME: Final = 1
_VALUE: Final = 2


@dataclass(frozen=True, kw_only=True)
class Series:
    """One metric of one run.

    Attributes:
        points: in order of step, or of time where the step never moves.
        total: how many there are in the store.
    """

    points: tuple[Point, ...]
    total: int

    @property
    def thinned(self) -> bool:
        """Whether some were left out."""
        return len(self.points) < self.total


@dataclass
class _Span:
    """What a first look says of a series."""

    total: int = 0
    first: Point = (0, 0, 0.0)
    last: Point = (0, 0, 0.0)


def read_series(store: MlflowStore, run_id: str, key: str, most: int) -> Series:
    """At most about `most` points of a metric: where there are more, least and greatest of each stretch.

    Raises:
        TrackerAway: the store cannot be read.
    """
    return store.reach(lambda: _read(store.client(), run_id, key, most))


def thin_out(points: Iterable[Point], span: tuple[Point, Point], most: int) -> list[Point]:
    """The first, the last, and of each of `most // 2` equal stretches the least and the greatest value.

    Args:
        points: in any order.
        span: the least and the greatest step and time.
        most: about how many to keep.
    """
    # By what points are told apart: somebody who logs without a step has all of them at 0.
    by_time = span[0][_STEP] == span[1][_STEP]
    low, high = (span[0][_TIME], span[1][_TIME]) if by_time else (span[0][_STEP], span[1][_STEP])
    parts = max(1, most // 2)
    least: dict[int, Point] = {}
    greatest: dict[int, Point] = {}
    gaps: dict[int, Point] = {}
    for point in points:
        part = ((point[_TIME] if by_time else point[_STEP]) - low) * parts // (high - low + 1)
        if math.isnan(point[_VALUE]):
            gaps.setdefault(part, point)
            continue
        if part not in least or point[_VALUE] < least[part][_VALUE]:
            least[part] = point
        if part not in greatest or point[_VALUE] > greatest[part][_VALUE]:
            greatest[part] = point
    return in_order({*least.values(), *greatest.values(), *gaps.values()})


def in_order(points: Iterable[Point]) -> list[Point]:
    """By step, then by time."""
    return sorted(points, key=lambda point: point[:_VALUE])


def _read(client: MlflowClient, run_id: str, key: str, most: int) -> Series:
    # MLflow's client gives every point as an object, which takes half a minute for a million of them; where
    # its store is a database, the same tables are read as plain rows.
    sessions = getattr(_behind(client), "ManagedSessionMaker", None)
    if sessions is None:
        logged = client.get_metric_history(run_id, key)
        whole = in_order((point.step, point.timestamp, point.value) for point in logged)
        if len(whole) <= most:
            return Series(points=tuple(whole), total=len(whole))
        return Series(points=tuple(thin_out(whole, _bounds(whole), most)), total=len(whole))
    with sessions() as session:
        span = _span(session, run_id, key)
        rows = _rows(session, run_id, key)
        points = in_order(rows) if span.total <= most else thin_out(rows, (span.first, span.last), most)
    return Series(points=tuple(points), total=span.total)


def _behind(client: MlflowClient) -> Any:
    return getattr(getattr(client, "_tracking_client", None), "store", None)


def _bounds(points: list[Point]) -> tuple[Point, Point]:
    steps, times = [point[_STEP] for point in points], [point[_TIME] for point in points]
    return (min(steps), min(times), 0.0), (max(steps), max(times), 0.0)


def _span(session: Any, run_id: str, key: str) -> _Span:
    from mlflow.store.tracking.dbmodels.models import SqlMetric
    from sqlalchemy import func, select

    asked = select(
        func.count(), func.min(SqlMetric.step), func.max(SqlMetric.step),
        func.min(SqlMetric.timestamp), func.max(SqlMetric.timestamp),
    ).where(SqlMetric.run_uuid == run_id, SqlMetric.key == key)  # fmt: skip
    total, first_step, last_step, began, ended = session.execute(asked).one()
    if not total:
        return _Span()
    return _Span(total=total, first=(first_step, began, 0.0), last=(last_step, ended, 0.0))


def _rows(session: Any, run_id: str, key: str) -> Iterator[Point]:
    from mlflow.store.tracking.dbmodels.models import SqlMetric
    from sqlalchemy import select

    asked = select(SqlMetric.step, SqlMetric.timestamp, SqlMetric.value, SqlMetric.is_nan).where(
        SqlMetric.run_uuid == run_id, SqlMetric.key == key
    )
    for step, at, value, is_nan in session.execute(asked.execution_options(yield_per=_AT_ONCE)):
        yield step, at, math.nan if is_nan else value
