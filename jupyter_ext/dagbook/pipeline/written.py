"""What may stand in a pipeline file: the base of its classes, and values with a unit."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict

_DURATION: Final = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>ms|s|m|h|d)?")
_LONGEST: Final = 1e12
_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, None: 1}

_SIZE: Final = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>[kKMGT]i?)?B?")
_BYTES: Final = {
    None: 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
    "ki": 2**10, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip
_MOST_BYTES: Final = 2**60
_MOST_CPU: Final = 1e6


class Written(BaseModel):
    """Base of everything that is written in a pipeline file: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


def parse_size(value: object) -> int:
    """Bytes from `512Mi`, `2Gi`, `1.5G` or a number of them; above zero."""
    match = _SIZE.fullmatch(str(value).strip())
    if match is None or isinstance(value, bool):
        raise ValueError(f"{value!r} is no amount of memory; write 512Mi, 2Gi or a number of bytes")
    size = min(float(match["number"]) * _BYTES[match["unit"]], _MOST_BYTES)
    if size < 1:
        raise ValueError("an amount of memory must be above zero; leave it out for no limit")
    return int(size)


def parse_cpu(value: object) -> float:
    """Processors from `2`, `0.5` or, as Kubernetes writes it, `500m`; above zero."""
    text = str(value).strip()
    try:
        count = float(text.removesuffix("m")) * (0.001 if text.endswith("m") else 1)
    except ValueError:
        count = -1
    if isinstance(value, bool) or not 0 < count < _MOST_CPU:
        raise ValueError(f"{value!r} is no number of processors; write 2, 0.5 or 500m")
    return count


Duration = Annotated[float, BeforeValidator(parse_duration)]
Size = Annotated[int, BeforeValidator(parse_size)]
Cpu = Annotated[float, BeforeValidator(parse_cpu)]
