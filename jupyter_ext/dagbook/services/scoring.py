"""MLflow's scoring server in a process of its own, which ends with whoever started it.

`python -m dagbook.services.scoring ADDRESS`, with the model's folder in the environment. It needs no program
on PATH: uvicorn runs in this very Python.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
APP: Final = "mlflow.pyfunc.scoring_server.app:app"


def main(address: str) -> None:
    """Answer at `unix:PATH` or `HOST:PORT` until the process is told to end."""
    if sys.platform == "linux":
        parent = os.getppid()
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            return
    import uvicorn

    if address.startswith("unix:"):
        uvicorn.run(APP, uds=address.removeprefix("unix:"), log_level="info")
    else:
        host, _, port = address.rpartition(":")
        uvicorn.run(APP, host=host, port=int(port), log_level="info")


if __name__ == "__main__":
    main(sys.argv[1])
