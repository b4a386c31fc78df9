"""Which runs there are: those of a project, or some of them, as a person asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, get_args

from dagbook import bootstrap
from dagbook.api.run import Run
from dagbook.engine.run_filter import RunFilter, moment
from dagbook.errors import Finding, InvalidInput, did_you_mean
from dagbook.run.state import RunStatus

STATES: Final[tuple[str, ...]] = get_args(RunStatus)


def runs(
    *,
    pipeline: str | Iterable[str] = (),
    state: str | Iterable[str] = (),
    tags: Mapping[str, str] | Iterable[str] = (),
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    limit: int | None = 20,
) -> list[Run]:
    """The runs of the project that we are in, newest first.

    Args:
        pipeline: only of this one, or of one of these.
        state: only in this one, or in one of these.
        tags: only with all of these: name and value, or texts `NAME` and `NAME=VALUE`.
        since: started then or later: a time, or a text as of `dagbook runs --since`.
        until: started then or earlier.
        limit: at most so many; None for all.

    Raises:
        InvalidInput: there is no such state, or a time is none.
    """
    texts = [f"{name}={value}" for name, value in tags.items()] if isinstance(tags, Mapping) else tags
    wanted = read_filter(
        pipelines=_several(pipeline), states=_several(state), tags=_several(texts), since=since, until=until
    )
    queries = bootstrap.queries(Path())
    return [Run(summary["run"], queries) for summary in queries.runs(limit, wanted=wanted)]


def read_filter(
    *,
    pipelines: Iterable[str] = (),
    states: Iterable[str] = (),
    tags: Iterable[str] = (),
    since: str | datetime | None = None,
    until: str | datetime | None = None,
) -> RunFilter:
    """The filter that these ask for. Raises InvalidInput for a state or a time that is none."""
    states = tuple(states)
    unknown = [state for state in states if state not in STATES]
    if unknown:
        raise InvalidInput(
            *(
                Finding(
                    code="unknown-state",
                    message=f"no run is ever '{state}'",
                    remedy=did_you_mean(state, STATES),
                )
                for state in unknown
            )
        )
    named = (tag.partition("=") for tag in tags)
    return RunFilter(
        pipelines=tuple(pipelines),
        states=states,
        tags={name: value if equals else None for name, equals, value in named},
        since=_moment(since, "since", end=False),
        until=_moment(until, "until", end=True),
    )


def _several(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _moment(said: str | datetime | None, name: str, *, end: bool) -> datetime | None:
    if said is None:
        return None
    if isinstance(said, datetime):
        return said.astimezone()
    try:
        return moment(said, datetime.now().astimezone(), end=end)
    except ValueError as error:
        message, _, remedy = str(error).partition("; ")
        raise InvalidInput(Finding(code="wrong-time", message=f"{name}: {message}", remedy=remedy)) from error
