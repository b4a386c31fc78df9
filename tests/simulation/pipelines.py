"""Pipelines by chance: everything that a node may say about when, how often and beside whom it runs."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from dagbook.pipeline.check import check_spec
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.planner import Circumstances, StepPlanner, plan_nodes
from dagbook.pipeline.rules import Limits
from dagbook.pipeline.spec import PipelineSpec
from tests.unit.pipeline.specs import facts, spec

# Every notebook declares one parameter, and publishes a number and a list of numbers.
DECLARES = "x: object = None"
PUBLISHES = "n items"
CAPACITY = (4.0, 8 << 30)


def random_plan(random: Random, folder: Path) -> Plan:
    """A plan of one to eight nodes."""
    written = _spec(random)
    problems = [problem for problem in check_spec(written) if problem.severity == "error"]
    assert not problems, problems
    graph = make_graph(written)
    around = Circumstances(
        params={"p": 1}, facts={name: facts(name, DECLARES, PUBLISHES) for name in written.nodes}
    )
    return Plan(
        pipeline="p", file=str(folder / "p.pipeline.yaml"), project=str(folder), params={"p": 1},
        jobs=random.randint(1, 4), limits=Limits(fail_fast=written.fail_fast),
        nodes=plan_nodes(written, graph, around), steps=StepPlanner(written, graph, around).steps(),
    )  # fmt: skip


def _spec(random: Random) -> PipelineSpec:
    nodes: dict[str, dict[str, Any]] = {}
    for number in range(random.randint(1, 8)):
        nodes[f"n{number}"] = _node(random, nodes)
    return spec(nodes, fail_fast=random.random() < 0.2, params={"p": 1})


def _node(random: Random, before: dict[str, dict[str, Any]]) -> dict[str, Any]:
    node: dict[str, Any] = {}
    plain = [name for name, said in before.items() if "matrix" not in said and "foreach" not in said]
    if before and random.random() < 0.7:
        node["needs"] = random.sample(list(before), random.randint(1, min(3, len(before))))
    if before and random.random() < 0.4:
        node["params"] = {"x": f"${{{random.choice(list(before))}.n}}"}
    kind = random.random()
    if kind < 0.15:
        node["matrix"] = {"k": list(range(random.randint(1, 4)))}
        node.setdefault("params", {"x": "${item.k}"})
    elif kind < 0.4 and plain:
        node["foreach"] = f"${{{random.choice(plain)}.items}}"
        node["params"] = {"x": "${item}"}
        node["tolerate"] = random.choice([0, 0, 1, 3])
    if random.random() < 0.2:
        about = ["params.p > 0", "params.p > 1", *(f"{name}.n > 2" for name in plain)]
        about += ["item > 1"] if "foreach" in node else []
        node["when"] = random.choice(about)
    node |= _manners(random)
    if not ("needs" in node or "foreach" in node) and node.get("run_if") in {"failure", "any"}:
        del node["run_if"]
    return node


def _manners(random: Random) -> dict[str, Any]:
    """How it behaves beside others."""
    chances: list[tuple[float, str, Any]] = [
        (0.2, "run_if", random.choice(["failure", "always", "any"])),
        (0.4, "retries", {"limit": random.randint(1, 3), "backoff": random.choice([1, 30])}),
        (0.15, "concurrency", random.randint(1, 2)),
        (0.15, "mutex", random.choice(["gpu", "db"])),
        (0.15, "semaphore", {"licences": 2}),
        (0.2, "resources", {"cpu": random.choice([1, 3, 9]), "memory": random.choice(["1Gi", "6Gi"])}),
        (0.12, "approve", {"message": "Go on?", **random.choice([{}, {"timeout": 40}])}),
        (0.1, "cache", False),
        (0.2, "timeout", random.choice([5, 60])),
    ]
    return {key: value for chance, key, value in chances if random.random() < chance}
