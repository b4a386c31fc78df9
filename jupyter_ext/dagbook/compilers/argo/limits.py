"""How much a step takes, and beside whom it may run: our keys as Argo's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagbook.compilers.refusals import instead, refused
from dagbook.engine.deployment import Deployment
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.rules import Rules

OWN_MEMORY: Final = 256 * 2**20
"""Bytes for Dagbook beside the notebook: so that it can say what happened before it is killed."""


def resources(m: Any, rules: Rules) -> Any:
    """Requests and limits of a container; None when the node asks for nothing. `m` are Hera's models.

    Processors are asked for and not capped, as here. Memory is both; the step itself keeps the limit.
    """
    memory = str(rules.memory + OWN_MEMORY) if rules.memory else None
    asked = {"cpu": f"{rules.cpu:g}" if rules.cpu else None, "memory": memory}
    requests = {key: value for key, value in asked.items() if value is not None}
    if not requests:
        return None
    return m.ResourceRequirements(requests=requests, limits={"memory": memory} if memory else None)


def synchronization(m: Any, locks: Mapping[str, int], config_map: str) -> Any:
    """The locks that a step holds; None when there are none.

    Args:
        m: Hera's models.
        locks: `mutex NAME` or `semaphore NAME`, and how many may hold it.
        config_map: that says how many may hold each semaphore.
    """
    mutexes = [m.Mutex(name=name) for name in _of_kind("mutex", locks)]
    semaphores = [
        m.SemaphoreRef(config_map_key_ref=m.ConfigMapKeySelector(name=config_map, key=name))
        for name in _of_kind("semaphore", locks)
    ]
    if not mutexes and not semaphores:
        return None
    return m.Synchronization(mutexes=mutexes or None, semaphores=semaphores or None)


def limit_problems(deployment: Deployment) -> Iterator[Problem]:
    """Semaphores whose number is the cluster's to say."""
    config_map, sizes = deployment.options["semaphores"], dict[str, int]()
    for name, node in deployment.plan.nodes.items():
        place = ("nodes", name, "semaphore")
        for lock in _of_kind("semaphore", node.locks):
            size = node.locks[f"semaphore {lock}"]
            if sizes.setdefault(lock, size) != size:
                other = f"{size} here and {sizes[lock]} elsewhere"
                message = f"semaphore '{lock}' lets {other}; a cluster has one number"
                yield refused(place, message, "write the same number everywhere", name)
            elif not config_map:
                message = f"where the cluster says how many may hold semaphore '{lock}', nothing is said"
                yield refused(place, message, "add --semaphores NAME, of a ConfigMap", name)
    if sizes and config_map:
        literals = " ".join(f"--from-literal={lock}={size}" for lock, size in sizes.items())
        yield instead(
            ("nodes",),
            "how many may hold a semaphore is read from the cluster, not from this file",
            f"kubectl create configmap {config_map} {literals}",
        )


def _of_kind(kind: str, locks: Mapping[str, int]) -> list[str]:
    return [lock.removeprefix(f"{kind} ") for lock in locks if lock.startswith(f"{kind} ")]
