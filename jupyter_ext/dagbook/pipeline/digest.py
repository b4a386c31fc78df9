"""What a compiled pipeline was made of, as one digest: whether two places have the same one."""

from __future__ import annotations

import hashlib
import json

from dagbook.pipeline.plan import Plan


def plan_digest(plan: Plan) -> str:
    """64 hexadecimal digits over notebooks, modules and pipeline; not over places, values or kernels."""
    nodes = {
        name: {
            **node.model_dump(mode="json", exclude={"notebook", "code"}),
            "code": {part: digest for part, digest in node.code.items() if part != "kernel"},
        }
        for name, node in plan.nodes.items()
    }
    steps = [[step.step, step.item, step.needs] for step in plan.steps]
    text = json.dumps([plan.pipeline, nodes, steps], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
