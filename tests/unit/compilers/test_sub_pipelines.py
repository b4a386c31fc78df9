"""Every engine can have a pipeline inside another: there are only notebooks left when it is compiled."""

from __future__ import annotations

import pytest

from dagbook.bootstrap import COMPILERS, compiler
from dagbook.notebook.outputs import PublishedOutputs
from dagbook.pipeline.groups import Group
from dagbook.pipeline.inlining import Part
from dagbook.pipeline.sub_pipelines import take_apart
from tests.unit.compilers.deployments import deployment
from tests.unit.compilers.test_every_key import OPTIONS, sound
from tests.unit.pipeline.specs import spec


@pytest.mark.parametrize("engine", sorted(COMPILERS))
def test_a_pipeline_inside(engine: str):
    if engine == "argo":
        pytest.importorskip("hera", reason="the extra `argo` is not installed")
    inner = spec(
        {"load": {"params": {"rows": "${params.rows}"}}, "scale": {"params": {"x": "${load.data}"}}},
        params={"rows": 3},
    )
    part = Part(spec=inner, folder="deep", top=Group(nodes={name: name for name in inner.nodes}))
    outer = spec({"first": {}, "use": {"params": {"y": "${features.scale.table}"}}})
    features = {"features": outer.nodes["first"].model_copy(update={"notebook": "", "pipeline": "f"})}
    whole = outer.model_copy(update={"nodes": {**outer.nodes, **features}})
    apart = take_apart(whole, {"features": part}, lambda _: PublishedOutputs(names=(), complete=False))
    assert apart.problems == ()
    written = {
        name: node.model_dump(exclude_unset=True, by_alias=True) for name, node in apart.spec.nodes.items()
    }
    params = {name: param.model_dump(exclude_unset=True) for name, param in apart.spec.params.items()}

    manifest = compiler(engine).compile(
        deployment(compiler(engine), written, OPTIONS.get(engine), params=params)
    )

    assert not manifest.is_refused
    assert "features__scale" in manifest.text
    assert "features__rows" in manifest.text
    assert sound(engine, manifest)
