"""What a pipeline file says about when and how often nodes run, in real kernels and through the command."""

from __future__ import annotations

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, finish, refused, wait_until
from tests.acceptance.test_kills import states

pytestmark = pytest.mark.kernel


@pytest.fixture
def release(project: Project) -> Project:
    """`pick` publishes a number, and a person is asked about it before `ship` runs."""
    project.notebook("pick.ipynb", "import dagbook\ndagbook.output(acc=0.93)")
    project.notebook("ship.ipynb", parameters("acc = 0.0"), "print('shipped', acc)")
    project.pipeline(
        "pipeline: p\nnodes:\n  pick: {notebook: pick.ipynb}\n"
        "  ship:\n    notebook: ship.ipynb\n    params: {acc: '${pick.acc}'}\n"
        "    approve: Ship ${pick.acc}?\n"
    )
    return project


def test_a_run_waits_for_a_person_through_the_death_of_its_driver(release: Project):
    process = release.start("run", "p.pipeline.yaml")
    run = release.the_run()

    def asked() -> bool:
        return "waits for approval: Ship 0.93?" in release.dagbook("show", run).said

    wait_until(asked, seconds=240)
    release.driver(run).kill()
    finish(process)
    kept = release.dagbook("approve", run, "ship", "--comment", "good")
    assert kept.code == 0
    assert "your answer is kept" in kept.said

    resumed = release.dagbook("resume", run, "--json")
    assert states(resumed.json) == {"pick": "succeeded", "ship": "succeeded"}
    approval = resumed.step("ship")["approval"]
    assert (approval["message"], approval["answer"], approval["comment"]) == (
        "Ship 0.93?", "approved", "good",
    )  # fmt: skip
    again = release.dagbook("approve", run, "ship")
    refused(again, "was approved by")


def test_limits_and_failures_of_a_list_end_as_the_file_says(project: Project):
    project.notebook("grow.ipynb", "kept = b'x' * 600_000_000\nimport time\ntime.sleep(60)")
    project.notebook("slow.ipynb", "import time", "time.sleep(60)")
    project.notebook(
        "part.ipynb",
        parameters("n = 0"),
        "import dagbook\nassert n != 2, 'two'\ndagbook.output(square=n * n)",
    )
    project.notebook("sum.ipynb", parameters("squares = []\nmissing = []"),
                     "import dagbook\ndagbook.output(total=sum(squares), lost=len(missing))")  # fmt: skip
    project.pipeline(
        "pipeline: p\nnodes:\n"
        "  grow: {notebook: grow.ipynb, resources: {memory: 300Mi}}\n"
        "  slow: {notebook: slow.ipynb, cell_timeout: 1s}\n"
        "  part: {notebook: part.ipynb, foreach: [1, 2, 3], params: {n: '${item}'}, tolerate: 1}\n"
        "  sum:\n    notebook: sum.ipynb\n"
        "    params: {squares: '${part.square}', missing: '${part.failures}'}\n"
    )
    answer = project.dagbook("run", "p.pipeline.yaml", "--json")
    assert answer.code == 1
    found = states(answer.json)
    assert (found["grow"], found["slow"], found["part"], found["sum"]) == (
        "killed", "timed-out", "succeeded", "succeeded",
    )  # fmt: skip
    assert answer.step("grow")["error"]["name"] == "MemoryLimit"
    assert answer.step("slow")["error"]["cell"] == 2
    assert answer.step("sum")["outputs"] == {"total": 10, "lost": 1}
