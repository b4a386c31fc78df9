"""For how long the kernel of a step that fails is kept: what was asked for, else the environment's word."""

from __future__ import annotations

from collections.abc import Mapping

from dagbook.errors import Finding, InvalidInput
from dagbook.pipeline.plan import Place
from dagbook.pipeline.written import parse_duration


def kept_seconds(asked: str | float | None, default: str, place: Place) -> tuple[float, tuple[Finding, ...]]:
    """Seconds, 0 for not at all; and a warning where the environment's word counts for nothing.

    Args:
        asked: of this run: `30m`, seconds, 0; None to leave it to the environment.
        default: `DAGBOOK_KEEP_FAILED`.
        place: where the steps run.

    Raises:
        InvalidInput: it is no duration, or the kernels run where nobody could attach to them.
    """
    said = default if asked is None else asked
    if said in {"", 0, "0"}:
        return 0.0, ()
    try:
        seconds = parse_duration(said)
    except ValueError as error:
        where = "--keep-failed" if asked is not None else "DAGBOOK_KEEP_FAILED"
        raise InvalidInput(
            Finding(code="keep-failed", message=f"{where}: {error}", remedy="30m keeps it for half an hour")
        ) from error
    if place.executor == "local":
        return seconds, ()
    finding = Finding(
        code="keep-failed",
        message=f"kernels that run on {place.executor} cannot be kept for a person",
        remedy="run it on this machine: --executor local",
        severity="warning" if asked is None else "error",
    )
    if asked is not None:
        raise InvalidInput(finding)
    return 0.0, (finding,)


def kept_when_taken_up(asked: str | float | None, place: Place) -> Mapping[str, float]:
    """Of a run that is taken up: `keep_failed` in seconds, or nothing where it stays as it was planned."""
    return {} if asked is None else {"keep_failed": kept_seconds(asked, "", place)[0]}
