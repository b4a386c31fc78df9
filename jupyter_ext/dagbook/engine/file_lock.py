"""A lock on an open file, and the word for a file system that knows none."""

from __future__ import annotations

import fcntl
from pathlib import Path

from dagbook.errors import EnvironmentFault, Finding


def lock_file(descriptor: int, how: int, path: Path) -> None:
    """`fcntl.flock` on the open file of `path`; `how` is as there.

    Raises:
        BlockingIOError: somebody else holds it, and `how` says not to wait.
        EnvironmentFault: `no-locks`: the file system it lies on cannot lock files, as some network folders.
    """
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        raise
    except OSError as error:
        raise EnvironmentFault(
            Finding(
                code="no-locks",
                message=f"files cannot be locked where the project lies: {error.strerror}",
                remedy="keep the project on a disk of this machine, or mount the network folder with locks",
                file=str(path),
            )
        ) from error
