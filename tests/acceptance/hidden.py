"""Workers that cannot see the driver's folders: a mount namespace with something empty in their place."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest


def need_namespaces() -> None:
    """Skip where the kernel permits no mount namespace; in CI it must."""
    command = ["unshare", "-m", "true"]
    permitted = (
        shutil.which("unshare") and not subprocess.run(command, check=False, capture_output=True).returncode
    )
    if not permitted and os.environ.get("CI") != "true":
        pytest.skip("mount namespaces are not permitted here")
    assert permitted, "mount namespaces are needed to hide folders from workers"


def without(folder: Path) -> Sequence[str]:
    """What begins the command line of a command that finds `folder` empty, and cannot write there."""
    script = 'mount -t tmpfs -o size=1m,ro none "$0" && exec "$@"'
    return ["unshare", "-m", "sh", "-c", script, str(folder)]
