"""What everything in a pipeline file is made of: frozen mappings without unknown keys, and durations."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict

_DURATION: Final = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>ms|s|m|h|d)?")
_LONGEST: Final = 1e12
_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, None: 1}


def parse_duration(value: object) -> float:
    """Seconds from `90`, `1.5`, `30s`, `30m`, `2h`, `1d` or `250ms`; above zero."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(max(-1, min(value, _LONGEST)))
    else:
        match = _DURATION.fullmatch(str(value).strip())
        if match is None:
            raise ValueError(f"{value!r} is no duration; write 90, 30s, 30m, 2h or 1d")
        seconds = float(match["number"]) * _SECONDS[match["unit"]]
    if not 0 < seconds < _LONGEST:
        raise ValueError("a duration must be above zero and end some day; leave it out for no limit")
    return seconds


Duration = Annotated[float, BeforeValidator(parse_duration)]


class Written(BaseModel):
    """Base of everything that is written in a pipeline file: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")
