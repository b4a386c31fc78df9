"""What only Luigi does: with the same key, what has a result is not done again."""

from __future__ import annotations

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project
from tests.engines.engines import Luigi, compiled

pytestmark = [pytest.mark.kernel, pytest.mark.slow, pytest.mark.timeout(3000)]


def test_a_run_that_failed_goes_on_where_it_failed(project: Project):
    project.notebook("first.ipynb", "import dagbook\ndagbook.output(x=1)\nopen('ran', 'a').write('x')")
    project.notebook(
        "second.ipynb",
        parameters("x = 0"),
        "from pathlib import Path\nassert Path('mended').exists()\nimport dagbook\ndagbook.output(y=x + 1)",
    )
    project.pipeline(
        "pipeline: p\nnodes:\n  first: {notebook: first.ipynb, cache: false}\n"
        "  second: {notebook: second.ipynb, params: {x: '${first.x}'}}\n"
    )
    engine = Luigi()
    manifest = compiled(project, engine)
    assert engine.run(project, manifest, "monday", {}).code == 1
    assert project.show().json["state"] == "failed"
    (project.folder / "mended").touch()
    again = engine.run(project, manifest, "monday", {})
    assert again.code == 0, again.said
    assert project.show().json["state"] == "succeeded"
    assert (project.folder / "ran").read_text() == "x"
    done = engine.run(project, manifest, "monday", {})
    assert "already done" in done.said or "were scheduled" in done.said or "complete ones" in done.said
    assert len(project.run_ids()) == 1
