"""Whether somebody follows what an attempt prints: then its notebook is saved more often.

The follower touches a file in the attempt's folder every now and then; when it is gone, the file grows old.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_MARK: Final = "followed"
_FRESH: Final = 10.0
TOUCH_EVERY: Final = 2.0
"""Seconds after which a follower says again that it is there."""


def say_followed(attempt: Path) -> None:
    """Tell whoever executes the attempt in that folder that somebody follows. Never raises."""
    with suppress(OSError):
        (attempt / _MARK).touch()


def is_followed(attempt: Path) -> bool:
    """Whether somebody said so a moment ago."""
    try:
        return abs(time.time() - (attempt / _MARK).stat().st_mtime) < _FRESH
    except OSError:
        return False
