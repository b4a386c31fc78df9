"""Any object, as a pickle, for those who ask for it. Loading one runs whatever code it holds."""

from __future__ import annotations

import pickle
from pathlib import Path


class PickleFormat:
    """Python's pickle."""

    suffix = ".pkl"

    def fits(self, value: object) -> bool:  # noqa: ARG002
        """Anything."""
        return True

    def write(self, value: object, path: Path) -> None:
        """Write it; TypeError when the object does not let itself be pickled."""
        try:
            with path.open("wb") as file:
                pickle.dump(value, file, protocol=pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, AttributeError, TypeError, RecursionError) as error:
            raise TypeError(f"{type(value).__name__} cannot be pickled: {error}") from error
