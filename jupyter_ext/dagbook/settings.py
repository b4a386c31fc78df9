"""The one reader of the environment: where a project is, where it tracks, how much runs at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STATE_FOLDER = ".dagbook"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What Dagbook needs to know of its surroundings.

    Attributes:
        project: the folder that holds `.dagbook/`.
        tracking_uri: MLflow's store; None for the one embedded in the project.
        jobs: how many steps may run at once unless a command says otherwise.
        runs_at_once: how many runs of a person go on at a time on this machine; others wait for their turn.
        executor: where steps run; empty to leave it to the pipeline.
        dask_address: of the Dask scheduler; empty to leave it to the pipeline.
        storage: where files travel by to a cluster's workers; empty to leave it to the pipeline.
        warm: whether kernels may be forked from a warm process unless a command says otherwise; where nothing
            can be forked, they start cold whatever this says.
        keep_failed: how long the kernel of a step that fails is kept: `30m`; not at all if empty.
        shared_cache: a folder or an address where a team keeps results; None for none.
    """

    project: Path
    tracking_uri: str | None = None
    jobs: int = 2
    runs_at_once: int = 4
    executor: str = ""
    dask_address: str = ""
    storage: str = ""
    warm: bool = True
    keep_failed: str = ""
    shared_cache: str | None = None

    @property
    def state(self) -> Path:
        """The project's `.dagbook/` folder."""
        return self.project / STATE_FOLDER

    @property
    def runs(self) -> Path:
        """One folder per run."""
        return self.state / "runs"

    @property
    def schedules(self) -> Path:
        """What is run by the clock, and the lease of whoever does it."""
        return self.state / "schedules"

    @property
    def services(self) -> Path:
        """What is known of models that are served."""
        return self.state / "services"

    @property
    def cache(self) -> Path:
        """Results by fingerprint."""
        return self.state / "cache"


def project_of(start: Path) -> Path:
    """The project that `start` (a file or a folder) belongs to.

    The nearest folder upwards that holds `.dagbook/`, else the nearest with `.git`; else the folder we stand
    in if `start` is below it, so that `dagbook runs` finds what was just run; else the folder of `start`.
    The home folder and the root count only when `start` is directly in them: a stray `.git` there would
    gather every project of the machine.
    """
    place = start.resolve()
    folder = place if place.is_dir() else place.parent
    limits = {Path.home(), Path(folder.anchor)}
    candidates = [folder, *(up for up in folder.parents if up not in limits)]
    for mark in (STATE_FOLDER, ".git"):
        for candidate in candidates:
            if (candidate / mark).exists():
                return candidate
    here = Path.cwd()
    return here if here in candidates else folder


def read_settings(start: Path, env: Mapping[str, str] | None = None) -> Settings:
    """Settings for the project of `start`, from the environment: `DAGBOOK_…` and `MLFLOW_TRACKING_URI`."""
    env = os.environ if env is None else env
    processors = os.cpu_count() or 1
    return Settings(
        project=project_of(start),
        tracking_uri=env.get("MLFLOW_TRACKING_URI") or None,
        shared_cache=env.get("DAGBOOK_CACHE", "").strip() or None,
        jobs=_number(env.get("DAGBOOK_JOBS", ""), max(2, processors)),
        runs_at_once=_number(env.get("DAGBOOK_RUNS", ""), max(4, 2 * processors)),
        executor=env.get("DAGBOOK_EXECUTOR", ""),
        dask_address=env.get("DAGBOOK_DASK_ADDRESS", ""),
        storage=env.get("DAGBOOK_STORAGE", "").strip(),
        keep_failed=env.get("DAGBOOK_KEEP_FAILED", "").strip(),
        warm=env.get("DAGBOOK_WARM", "").casefold() not in {"0", "false", "no", "off"},
    )


@dataclass(frozen=True, kw_only=True)
class ArgoSettings:
    """How to reach an Argo server, by our own variables and by those of Argo's command.

    Attributes:
        server: its address: a URL, or `host:port`; empty when nothing is said.
        namespace: where workflows are made; empty when nothing is said.
        token: who we are, with or without `Bearer`; never shown or written.
        secure: whether an address without a scheme is asked by HTTPS.
        verify: whether its certificate is checked.
    """

    server: str = ""
    namespace: str = ""
    token: str = field(default="", repr=False)
    secure: bool = True
    verify: bool = True


def read_argo(env: Mapping[str, str] | None = None) -> ArgoSettings:
    """From the environment: `DAGBOOK_ARGO_SERVER` and `ARGO_…`, which mean what Argo means."""
    env = os.environ if env is None else env
    return ArgoSettings(
        server=env.get("DAGBOOK_ARGO_SERVER", "").strip() or env.get("ARGO_SERVER", "").strip(),
        namespace=env.get("ARGO_NAMESPACE", "").strip(),
        token=env.get("ARGO_TOKEN", "").strip(),
        secure=env.get("ARGO_SECURE", "").casefold() != "false",
        verify=env.get("ARGO_INSECURE_SKIP_VERIFY", "").casefold() != "true",
    )


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and int(text) > 0 else otherwise
