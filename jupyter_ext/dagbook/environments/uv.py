"""Environments by uv: resolved to a lock when a run is planned, made when a kernel is to start in one.

Both are kept in a folder, by hash. A set of requirements that was resolved once stays as it was.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from dagbook.engine.disk import write_whole
from dagbook.errors import EnvironmentFault, Finding, InvalidInput
from dagbook.notebook.environment import Requirements

PROVIDED: Final = ("ipykernel>=6.29", "pydantic>=2.8", "psutil>=5.9", "simpleeval>=1.0.3,<2")
"""What a kernel needs, and Dagbook in it."""

INSTALL: Final = "pip install 'dagbook[environments]'"
_READY: Final = "ready"
_PYTHON: Final = re.compile(r"^# python: (.*)$", re.MULTILINE)
_NAMED: Final = re.compile(r"[Bb]ecause ([A-Za-z0-9][A-Za-z0-9._-]*) was not found")


class UvEnvironments:
    """Environments kept below `folder`, which is `.dagbook/environments` of a project."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def lock(self, wanted: Requirements) -> str:
        """Every package with its version, as text; from the folder if these were resolved before.

        Raises:
            EnvironmentFault: `uv-missing`, or `environment-unresolved`: the registry cannot be reached.
            InvalidInput: `environment-unresolved`: the requirements cannot be met.
        """
        kept = self._kept(wanted)
        if kept.is_file():
            return kept.read_text("utf-8")
        python = wanted.requires_python or _our_python()
        version = re.search(r"3(\.\d+)+", python)
        arguments = ["pip", "compile", "--quiet", "--no-header", "--no-annotate", "--color", "never", "-"]
        arguments += ["--python", sys.executable] if not wanted.requires_python else []
        arguments += ["--python-version", version[0]] if wanted.requires_python and version else []
        done = _uv(arguments, "\n".join([*PROVIDED, *wanted.dependencies]))
        if done.returncode:
            raise _unresolved(done.stderr)
        text = f"# python: {python}\n{done.stdout}"
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(kept, text.encode())
        return text

    def keep(self, wanted: Requirements, lock: str) -> None:
        """Take this lock for these requirements from now on, unless there is one in the folder.

        Raises:
            EnvironmentFault: `not-writable`.
        """
        kept = self._kept(wanted)
        try:
            if not kept.exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                write_whole(kept, lock.encode())
        except OSError as error:
            raise EnvironmentFault(
                Finding(
                    code="not-writable", message=f"an environment's lock cannot be written: {error.strerror}",
                    remedy="make room or allow writing there", file=str(error.filename or kept),
                )
            ) from error  # fmt: skip

    def prepare(self, lock: str) -> str:
        """The Python of the environment that the lock describes, made if it is not there yet.

        Raises:
            EnvironmentFault: `uv-missing`; `environment-failed`, which names the package.
        """
        folder = self._folder / hashlib.sha256(lock.encode()).hexdigest()[:24]
        python = folder / "bin" / "python"
        with self._alone(folder):
            if not (folder / _READY).exists():
                shutil.rmtree(folder, ignore_errors=True)
                _made(_uv(["venv", "--quiet", "--python", _interpreter(lock), str(folder)]))
                target = ["--python", str(python), "--quiet", "--color", "never"]
                _made(_uv(["pip", "install", *target, "--no-deps", "-r", "-"], lock))
                _bring_dagbook(folder)
                (folder / _READY).touch()
        return str(python)

    def _kept(self, wanted: Requirements) -> Path:
        told = [sorted(wanted.dependencies), wanted.requires_python, PROVIDED, _our_python()]
        return self._folder / f"{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]}.lock"

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with folder.with_suffix(".making").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield


def uv_command() -> str | None:
    """Where uv is: on the PATH, or as a wheel beside us; None when it is not installed."""
    beside = Path(sys.executable).parent / "uv"
    found = shutil.which("uv") or (str(beside) if beside.exists() else None)
    if found is None and find_spec("uv") is not None:
        from uv import find_uv_bin

        found = find_uv_bin()
    return found


def _interpreter(lock: str) -> str:
    """What uv is to look for: ours, where that will do. The first on the PATH may be an older patch of it."""
    found = _PYTHON.search(lock)
    return sys.executable if found is None or found[1] == _our_python() else found[1]


def _our_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _uv(arguments: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    command = uv_command()
    if command is None:
        raise EnvironmentFault(
            Finding(
                code="uv-missing",
                message="a node asks for an environment of its own, and uv is not installed",
                remedy=INSTALL,
            )
        )
    around = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    return subprocess.run(
        [command, *arguments], input=text, capture_output=True, text=True, check=False, env=around
    )


def _bring_dagbook(folder: Path) -> None:
    """Dagbook itself, and nothing else of where it lies."""
    ours = folder / "ours"
    ours.mkdir()
    (ours / "dagbook").symlink_to(Path(__file__).resolve().parents[1], target_is_directory=True)
    for site in (folder / "lib").glob("python3*/site-packages"):
        (site / "dagbook.pth").write_text(f"{ours}\n", "utf-8")


def _said(stderr: str) -> str:
    text = re.sub(r"\s+", " ", stderr.replace("error:", "").replace("cause:", "")).strip()
    return text[:600] or "uv gave no reason"


def _unresolved(stderr: str) -> InvalidInput | EnvironmentFault:
    named = _NAMED.search(stderr)
    what = f"package {named[1]}: " if named else ""
    finding = Finding(
        code="environment-unresolved",
        message=f"the environment cannot be resolved: {what}{_said(stderr)}",
        remedy="correct the requirements, or see that the package registry can be reached",
    )
    away = any(word in stderr for word in ("Failed to fetch", "network", "dns", "connect"))
    return EnvironmentFault(finding) if away else InvalidInput(finding)


def _made(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise EnvironmentFault(
            Finding(
                code="environment-failed",
                message=f"the environment cannot be made: {_said(done.stderr)}",
                remedy="see that the package registry can be reached; what was downloaded before is kept",
            )
        )
