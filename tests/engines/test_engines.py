"""One contract for all engines: they come to what a run here comes to, and leave the same behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Answer, Project
from tests.conftest import ROOT
from tests.engines.engines import ENGINES, Luigi, compiled, tree

pytestmark = [pytest.mark.kernel, pytest.mark.slow, pytest.mark.timeout(3000)]

each_engine = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)


def outputs(shown: Answer, project: Project) -> dict[str, Any]:
    """Step → what it published; files by their names."""
    return {
        step["step"]: {
            name: Path(value).name if isinstance(value, str) and "/" in value else value
            for name, value in step["outputs"].items()
        }
        for step in shown.json["steps"]
    }


def told(project: Project, run: str) -> dict[str, list[str]]:
    """Step → what the journal tells of it, in order; not how far it was meanwhile."""
    found: dict[str, list[str]] = {}
    for line in (project.runs / run / "journal.jsonl").read_text("utf-8").splitlines():
        event = json.loads(line)
        if event["kind"] not in {"cell_started", "output_seen", "step_warned"}:
            found.setdefault(event.get("step", ""), []).append(event["kind"])
    return found


@pytest.fixture(scope="module")
def here(
    tmp_path_factory: pytest.TempPathFactory, database: Path, quiet_home: Path
) -> tuple[dict[str, Any], dict[str, list[str]], dict[str, tuple[str, str]]]:
    """The digits example as it runs here: outputs, journal, records."""
    from tests.acceptance.conftest import _projects

    with _projects(database, quiet_home) as make:
        project = digits(make, tmp_path_factory.mktemp("here") / "digits")
        shown = project.dagbook("run", "digits.pipeline.yaml", "-p", "rows=300", "--json", timeout=900)
        assert shown.code == 0, shown.said
        run = shown.json["run"]
        return outputs(shown, project), told(project, run), tree(project, run)


def digits(make: Callable[[Path], Project], folder: Path) -> Project:
    shutil.copytree(
        ROOT / "examples" / "digits", folder, ignore=shutil.ignore_patterns(".dagbook", "__pycache__")
    )
    return make(folder)


@each_engine
def test_the_digits_example_is_the_same_everywhere(
    engine: Luigi, here: Any, make_project: Callable[[Path], Project], tmp_path: Path
):
    project = digits(make_project, tmp_path / "digits")
    manifest = compiled(project, engine, "digits.pipeline.yaml")
    done = engine.run(project, manifest, "a", {"rows": "300"})
    assert done.code == 0, done.said[-6000:]
    shown = project.show()
    run = shown.json["run"]
    assert shown.json["state"] == "succeeded"
    assert outputs(shown, project) == here[0]
    assert told(project, run) == here[1]
    assert tree(project, run) == here[2]


def fan(project: Project) -> None:
    """A list that is known only during the run, of which one element fails and may; conditions, attempts."""
    project.notebook(
        "first.ipynb", parameters("n = 2"), "import dagbook\ndagbook.output(numbers=list(range(n)))"
    )
    project.notebook(
        "half.ipynb",
        parameters("x = 1"),
        "import dagbook\nassert x != 1, 'one is odd'\ndagbook.output(made=x * 10)",
    )
    project.notebook(
        "flaky.ipynb",
        "from pathlib import Path\nseen = Path('seen')\nonce = seen.exists()\nseen.touch()",
        "import dagbook\nif not once:\n    raise OSError('not yet')\ndagbook.output(good=True)",
    )
    project.notebook(
        "total.ipynb", parameters("made = []"), "import dagbook\ndagbook.output(total=sum(made))"
    )
    project.pipeline(
        "pipeline: p\nparams:\n  n: 2\nnodes:\n"
        "  first: {notebook: first.ipynb, params: {n: '${params.n}'}}\n"
        "  half:\n    notebook: half.ipynb\n    foreach: ${first.numbers}\n    tolerate: 1\n"
        "    params: {x: '${item}'}\n"
        "  flaky: {notebook: flaky.ipynb, retries: {limit: 2, backoff: 1s}}\n"
        "  never: {notebook: flaky.ipynb, when: len(first.numbers) > 100}\n"
        "  total: {notebook: total.ipynb, params: {made: '${half.made}'}, needs: [never, flaky]}\n"
    )


@each_engine
def test_lists_conditions_and_attempts_mean_the_same_everywhere(engine: Luigi, project: Project):
    fan(project)
    done = engine.run(project, compiled(project, engine), "a", {"n": "4"})
    assert done.code == 0, done.said[-6000:]
    shown = project.show()
    found = {step["step"]: step["state"] for step in shown.json["steps"]}
    assert found == {
        "first": "succeeded", "half": "succeeded", "half[0]": "succeeded", "half[1]": "failed",
        "half[2]": "succeeded", "half[3]": "succeeded", "flaky": "succeeded", "never": "skipped",
        "total": "succeeded",
    }  # fmt: skip
    assert shown.step("total")["outputs"] == {"total": 50}
    assert shown.step("flaky")["attempt"] == 2
    assert shown.json["state"] == "succeeded"


@each_engine
def test_a_failure_is_one_everywhere(engine: Luigi, project: Project):
    project.notebook("bad.ipynb", "1 / 0")
    project.notebook("good.ipynb", "import dagbook\ndagbook.output(x=1)")
    project.pipeline(
        "pipeline: p\nnodes:\n  bad: {notebook: bad.ipynb}\n  after: {notebook: good.ipynb, needs: bad}\n"
        "  beside: {notebook: good.ipynb}\n"
    )
    done = engine.run(project, compiled(project, engine), "a", {})
    assert done.code != 0
    assert "ZeroDivisionError" in done.said
    shown = project.show()
    assert {step["step"]: step["state"] for step in shown.json["steps"]} == {
        "bad": "failed", "after": "skipped", "beside": "succeeded",
    }  # fmt: skip
    assert shown.json["state"] == "failed"
