"""A Dask cluster: one that is there, by its address, or one of this machine, made for the run."""

from __future__ import annotations

import importlib.metadata
import logging
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dagbook.errors import EnvironmentFault, Finding
from dagbook.executors.dask.place import versions

_PATIENCE: Final = 15.0
"""Seconds for a scheduler to answer."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A connection. `client` is distributed's; `own` is what is to be shut down with it, if anything."""

    client: Any
    own: Any
    address: str

    def resources(self) -> dict[str, float]:
        """Resource → the most of it that one worker declares, of resources that any worker declares."""
        most: dict[str, float] = {}
        for worker in self._workers().values():
            for name, amount in (worker.get("resources") or {}).items():
                most[name] = max(most.get(name, 0.0), float(amount))
        return most

    def workers(self) -> int:
        """How many there are now, as far as it is known here."""
        return len(self._workers())

    def close(self) -> None:
        """Let go of it; end it when it is our own."""
        self.client.close(timeout=5)
        if self.own is not None:
            self.own.close(timeout=20)

    def _workers(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.client.scheduler_info(n_workers=-1).get("workers", {})
        return found


def connect(address: str, jobs: int) -> Cluster:
    """The cluster at the address, or without one a cluster of this machine with `jobs` workers.

    Raises:
        EnvironmentFault: Dask is not installed, nobody answers, or the workers have other versions.
    """
    distributed = _distributed()
    own = None
    try:
        if not address:
            # It is ours alone: what it says of its own coming and going helps nobody.
            logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)
            own = distributed.LocalCluster(
                n_workers=jobs, threads_per_worker=1, processes=True, dashboard_address=None,
                # Attempts are processes of their own, with limits of their own.
                memory_limit=0,
            )  # fmt: skip
        client = distributed.Client(own or address, timeout=_PATIENCE, set_as_default=False, name="dagbook")
    except (OSError, ValueError, TypeError) as error:
        if own is not None:
            own.close()
        raise _away(address, error) from error
    cluster = Cluster(client=client, own=own, address=address)
    try:
        _require_same_versions(cluster)
    except BaseException:
        cluster.close()
        raise
    return cluster


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise EnvironmentFault(
            Finding(
                code="missing-extra", message=f"running on Dask needs distributed: {error}",
                remedy="pip install 'dagbook[dask]', here and on the workers",
            )
        ) from error  # fmt: skip
    return distributed


def _require_same_versions(cluster: Cluster) -> None:
    """Of the workers that are there now; those that come later say so themselves."""
    dagbook, python = versions()
    # Functions of the standard library: also a worker without Dagbook can answer.
    has = cluster.client.run(importlib.metadata.version, "dagbook", on_error="return")
    runs = cluster.client.run(platform.python_version, on_error="return")
    wrong = []
    for worker, found in has.items():
        its_python = ".".join(str(runs.get(worker, "")).split(".")[:2])
        its_dagbook = "no Dagbook" if isinstance(found, Exception) else f"Dagbook {found}"
        if (its_dagbook, its_python) != (f"Dagbook {dagbook}", python):
            wrong.append(f"{worker} has {its_dagbook} and Python {its_python}")
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise EnvironmentFault(
            Finding(
                code="version-mismatch",
                message=f"the worker {wrong[0]}{more}; here there are Dagbook {dagbook} and Python {python}",
                remedy="install the same on the workers as here",
            )
        )


def _away(address: str, error: Exception) -> EnvironmentFault:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return EnvironmentFault(
        Finding(
            code="cluster-away",
            message=f"the Dask cluster at {address or 'this machine'} cannot be reached: {said}",
            remedy="check the address (tcp://HOST:8786) and that its scheduler runs; nothing was run",
        )
    )
