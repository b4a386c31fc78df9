"""What a run leaves in the cache for others, and what it says when that does not work."""

from __future__ import annotations

from dagbook.engine.history import History
from dagbook.engine.ports import Cache, CachedResult
from dagbook.run.events import StepWarned


class Kept:
    """Results of one run that are kept for reuse; the run has them in any case.

    Args:
        cache: keeps them.
        history: where it is told that one could not be kept.
    """

    def __init__(self, cache: Cache, history: History) -> None:
        self._cache = cache
        self._history = history
        self._last = ""

    def keep(self, step: str, result: CachedResult) -> None:
        """Keep the result of a step."""
        try:
            self._cache.store(result)
        except OSError as error:
            message = f"its result could not be kept for reuse: {error.strerror or error}"
            self._history.happen(StepWarned(step=step, message=message))
        self._last = step
        self.tell_trouble(step)

    def tell_trouble(self, step: str) -> None:
        """Say once, at the step that was the first to meet it, that results are not shared."""
        trouble = self._cache.trouble()
        if trouble is not None:
            self._history.happen(StepWarned(step=step, message=trouble))

    def close(self) -> None:
        """Wait until everything is kept."""
        self._cache.close()
        if self._last:
            self.tell_trouble(self._last)
