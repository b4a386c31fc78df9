"""Tidying up a project by a rule: runs that are old enough, and results that no kept run refers to."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dagbook import bootstrap
from dagbook.api.removal import rm
from dagbook.api.run import Run
from dagbook.caches.sweep import Sweepings, sweepings
from dagbook.engine.content import size_of
from dagbook.engine.folders import half_gone
from dagbook.engine.run_filter import RunFilter
from dagbook.errors import RunBusy


@dataclass(frozen=True, kw_only=True)
class Retention:
    """Which runs may go; none when neither `keep` nor `older_than` is given, and both must allow it.

    Attributes:
        keep: so many of the newest of each pipeline stay.
        older_than: what started within so much time stays.
        pipelines: runs of others stay; of all may go when empty.
        keep_tags: runs with one of these stay: name → value, None for whatever value.
    """

    keep: int | None = None
    older_than: timedelta | None = None
    pipelines: tuple[str, ...] = ()
    keep_tags: dict[str, str | None] = field(default_factory=dict)

    @property
    def unused(self) -> float | None:
        """Seconds after which a result may go that no kept run refers to; None for never."""
        if self.older_than is not None:
            return self.older_than.total_seconds()
        return None if self.keep is None else 0.0


@dataclass(frozen=True, kw_only=True)
class Garbage:
    """What may go.

    Attributes:
        runs: as `dagbook runs --json` lists them, each with its `bytes`.
        kept: how many runs stay.
        leftovers: of runs whose removal was cut off.
        cache: of the results that are kept for reuse.
    """

    runs: list[dict[str, Any]]
    kept: int
    leftovers: list[Path]
    cache: Sweepings

    @property
    def bytes(self) -> int:
        """How much room it takes."""
        of_runs: int = sum(run["bytes"] for run in self.runs)
        return of_runs + self.cache.bytes + sum(map(_size, self.leftovers))

    def __bool__(self) -> bool:
        return bool(self.runs or self.leftovers or self.cache.results or self.cache.objects)


def garbage(where: Path, retention: Retention) -> Garbage:
    """What may go from the project of `where`. Runs that are going on stay, whatever the rule."""
    around = bootstrap.settings(where)
    queries = bootstrap.queries_of(around.runs)
    going: list[dict[str, Any]] = []
    staying: list[dict[str, Any]] = []
    for summary in _by_rule(queries.runs(), retention):
        (going if summary["may_go"] else staying).append(summary)
    needed = {
        step.fingerprint
        for summary in staying
        for step in queries.state(summary["run"]).steps.every()
        if step.fingerprint
    }
    return Garbage(
        runs=[{**summary, "bytes": _size(around.runs / summary["run"])} for summary in going],
        kept=len(staying),
        leftovers=half_gone(around.runs),
        cache=sweepings(around.cache, needed, retention.unused),
    )


def gc(where: Path, found: Garbage, *, mlflow: bool = False) -> list[str]:
    """Away with what was found; the runs that were taken up meanwhile, and stay.

    Raises:
        EnvironmentFault: something cannot be removed, or MLflow does not answer.
    """
    queries = bootstrap.queries(where)
    busy = []
    for summary in found.runs:
        try:
            rm(Run(summary["run"], queries), mlflow=mlflow)
        except RunBusy:
            busy.append(summary["run"])
    for leftover in found.leftovers:
        shutil.rmtree(leftover, ignore_errors=True)
    if not busy:  # what they refer to was not looked at
        found.cache.remove()
    return busy


def _by_rule(summaries: list[dict[str, Any]], retention: Retention) -> Iterator[dict[str, Any]]:
    """Each run, newest first, with `may_go`."""
    newest: Counter[str] = Counter()
    limit = None if retention.older_than is None else datetime.now(UTC) - retention.older_than
    tags = [RunFilter(tags={name: value}) for name, value in retention.keep_tags.items()]
    for summary in summaries:
        newest[summary["pipeline"]] += 1
        may_go = (
            (retention.keep is not None or limit is not None)
            and summary["state"] != "running"
            and (retention.keep is None or newest[summary["pipeline"]] > retention.keep)
            and (limit is None or _began(summary) < limit)
            and (not retention.pipelines or summary["pipeline"] in retention.pipelines)
            and not any(tag.admits(summary) for tag in tags)
        )
        yield {**summary, "may_go": may_go}


def _began(summary: dict[str, Any]) -> datetime:
    """When it started; of one that never told, far back."""
    started = summary["started"]
    return datetime.min.replace(tzinfo=UTC) if started is None else datetime.fromisoformat(started)


def _size(path: Path) -> int:
    try:
        return size_of(path)
    except OSError:
        return 0
