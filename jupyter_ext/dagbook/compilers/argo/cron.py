"""`on.schedule` as a CronWorkflow's times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dagbook.compilers.argo.lint.texts import is_schedule
from dagbook.compilers.refusals import instead, refused
from dagbook.engine.deployment import Deployment
from dagbook.pipeline.on_spec import EVENTS, ScheduleSpec
from dagbook.pipeline.problem import Problem

CATCH_UP: Final = 366 * 24 * 3600
"""Seconds after a firing within which a controller that was away still makes up for it: as good as ever."""
_PLACE: Final = ("on", "schedule")


def cron_spec(m: Any, schedule: ScheduleSpec, workflow: Any, labels: dict[str, str]) -> Any:
    """The spec of a CronWorkflow whose workflows are `workflow`. `m` are Hera's models."""
    return m.CronWorkflowSpec(
        schedules=[schedule.cron],
        timezone=schedule.timezone,
        # As here: there is never more than one.
        concurrency_policy="Forbid",
        starting_deadline_seconds=CATCH_UP if schedule.missed == "run-once" else 0,
        workflow_metadata=m.ObjectMeta(labels=labels),
        workflow_spec=workflow,
    )


def event_problems(deployment: Deployment) -> Iterator[Problem]:
    """What of `on:` Argo is not told, or does in another way."""
    on = deployment.spec.on
    for event in EVENTS:
        if getattr(on, event):
            yield refused(
                ("on", event), f"`on: {event}:` cannot be said to Argo yet", "take it away for this engine"
            )
    is_cron, schedule = deployment.options["kind"] == "cron", on.schedule
    if schedule is None:
        if is_cron:
            message = "a CronWorkflow is asked for, and the file does not say when"
            yield refused(
                ("pipeline",), message, "write `on: {schedule: {cron: …}}`, or leave --kind cron out"
            )
    elif not is_cron:
        message = f"nothing starts this at {schedule.cron} ({schedule.timezone})"
        yield instead(_PLACE, message, "add --kind cron for a CronWorkflow")
    else:
        yield from _of_schedule(schedule)


def _of_schedule(schedule: ScheduleSpec) -> Iterator[Problem]:
    if not is_schedule(schedule.cron):
        message = f"Argo does not read `{schedule.cron}`: it knows no L, W and #, and Sunday as 0 alone"
        yield refused((*_PLACE, "cron"), message, "write it with numbers, names, `*`, `/`, `-` and `,`")
    if schedule.missed == "run-all":
        message = "of the firings that nobody was there for, Argo makes up for the newest alone"
        yield refused((*_PLACE, "missed"), message, "write `missed: run-once` or `skip`")
    if schedule.missed == "run-once":
        message = "a firing that comes while the workflow before is going on is left out, and not made up for"
        yield instead((*_PLACE, "missed"), message, "nothing, if workflows are shorter than their interval")
    if schedule.timezone != "UTC":
        message = "when clocks change, what falls into the hour that comes twice may run twice, or not at all"
        yield instead((*_PLACE, "timezone"), message, "choose another hour, if that matters")
