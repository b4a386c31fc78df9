"""`dagbook compile … --to argo`, and pods that carry out what it wrote, with real kernels."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.argo_cluster import FolderCluster
from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project
from tests.conftest import ROOT

pytest.importorskip("hera", reason="the extra `argo` is not installed")
pytestmark = pytest.mark.kernel

COMPILE = ("compile", "p.pipeline.yaml", "--to", "argo", "--image", "p:1")


def squares(project: Project) -> None:
    """Numbers from `first`, each squared in a step of its own, and their sum."""
    project.notebook("first.ipynb", parameters("n = 2"), "import dagbook\ndagbook.output(base=n)")
    project.notebook(
        "square.ipynb", parameters("base = 1\nby = 1"), "import dagbook\ndagbook.output(made=base * by)"
    )
    project.notebook(
        "total.ipynb",
        parameters("made = [1]"),
        "from pathlib import Path\nimport dagbook\nPath('t.txt').write_text(str(sum(made)))",
        "dagbook.output(total=sum(made), text=Path('t.txt'))",
    )
    project.pipeline(
        "pipeline: p\nparams:\n  n: 2\nnodes:\n"
        "  first: {notebook: first.ipynb, params: {n: '${params.n}'}}\n"
        "  square:\n    notebook: square.ipynb\n    matrix: {by: [1, 2, 3]}\n"
        "    params: {base: '${first.base}', by: '${item.by}'}\n"
        "  total: {notebook: total.ipynb, params: {made: '${square.made}'}}\n"
    )


def result(cluster: FolderCluster, place: str) -> Any:
    return json.loads((cluster.store / "dagbook" / "uid-1" / place / "result.json").read_text())


def test_pods_run_in_the_image_that_a_package_makes(project: Project, tmp_path: Path):
    squares(project)
    image = tmp_path / "image"
    packed = project.dagbook("package", "p.pipeline.yaml", "-o", str(image))
    assert packed.code == 0, packed.err
    written = project.dagbook("compile", str(image), *COMPILE[2:])
    assert written.code == 0, written.err
    cluster = FolderCluster(image, tmp_path / "cluster")
    assert set(cluster.submit(written.out, n="5").values()) == {"Succeeded"}, cluster.log
    assert result(cluster, "total/total/1")["outputs"]["total"]["value"] == 30


def test_pods_that_share_nothing_but_artifacts_come_to_the_same_result(project: Project, tmp_path: Path):
    squares(project)
    written = project.dagbook(*COMPILE)
    assert written.code == 0, written.err
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    phases = cluster.submit(written.out, n="5")
    assert set(phases.values()) == {"Succeeded"}, cluster.log
    total = result(cluster, "total/total/1")
    assert total["outputs"]["total"]["value"] == 30
    assert (
        cluster.store / "dagbook/uid-1/total/total/1" / total["outputs"]["text"]["path"]
    ).read_text() == "30"


def test_a_node_that_fails_omits_what_follows_and_leaves_its_notebook(project: Project, tmp_path: Path):
    squares(project)
    project.notebook(
        "square.ipynb", parameters("base = 1\nby = 1"), "import dagbook\ndagbook.output(made=1 / (by - 2))"
    )
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    phases = cluster.submit(project.dagbook(*COMPILE).out)
    assert phases == {"first": "Succeeded", "square": "Failed", "total": "Omitted"}
    failed = result(cluster, "square/square.1/1")
    assert failed["error"]["name"] == "ZeroDivisionError"
    assert (cluster.store / "dagbook/uid-1/square/square.1/1/notebook.ipynb").exists()


def test_an_image_with_other_notebooks_is_refused_by_every_step(project: Project, tmp_path: Path):
    squares(project)
    manifest = project.dagbook(*COMPILE).out
    project.notebook("first.ipynb", parameters("n = 2"), "import dagbook\ndagbook.output(base=-n)")
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    with pytest.raises(FileNotFoundError):  # a refused step leaves no folder
        cluster.submit(manifest)
    assert not cluster.store.exists()


def stubborn(project: Project, *, retries: str, error: str = "OSError('away')", succeeds_at: int = 3) -> None:
    """A node that fails until it has been tried so often; and one that takes what it came to."""
    project.notebook(
        "try.ipynb",
        parameters("count = ''"),
        "from pathlib import Path\nimport dagbook\nseen = Path(count)\n"
        "seen.write_text(str(int(seen.read_text()) + 1) if seen.exists() else '1')\n"
        f"if int(seen.read_text()) < {succeeds_at}: raise {error}",
        "dagbook.output(tries=int(seen.read_text()))",
    )
    project.notebook("after.ipynb", parameters("tries = 0"), "import dagbook\ndagbook.output(got=tries)")
    project.pipeline(
        "pipeline: p\nnodes:\n"
        f"  a: {{notebook: try.ipynb, retries: {retries}, params: {{count: {project.folder}/count}}}}\n"
        "  b: {notebook: after.ipynb, params: {tries: '${a.tries}'}}\n"
    )


def test_attempts_follow_each_other_and_each_keeps_its_folder(project: Project, tmp_path: Path):
    stubborn(project, retries="{limit: 3, on: OSError}")
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    phases = cluster.submit(project.dagbook(*COMPILE).out)
    assert phases == {"a": "Succeeded", "b": "Succeeded"}, cluster.log
    assert [result(cluster, f"a/a/{n}")["state"] for n in (1, 2, 3)] == ["failed", "failed", "succeeded"]
    assert result(cluster, "b/b/1")["outputs"]["got"]["value"] == 3


@pytest.mark.parametrize(
    ("retries", "error", "tries"),
    [
        ("{limit: 3, on: OSError}", "KeyError('x')", "1"),
        ("1", "OSError('away')", "2"),
    ],
)
def test_no_attempt_is_made_that_would_not_be_made_here(
    project: Project, tmp_path: Path, retries: str, error: str, tries: str
):
    stubborn(project, retries=retries, error=error)
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    assert cluster.submit(project.dagbook(*COMPILE).out) == {"a": "Failed", "b": "Omitted"}, cluster.log
    assert (project.folder / "count").read_text() == tries


def test_a_kernel_that_is_killed_is_tried_again_where_the_rule_says_so(project: Project, tmp_path: Path):
    stubborn(project, retries="{limit: 1, on: killed}", error="os.kill(os.getpid(), 9)", succeeds_at=2)
    source = project.folder / "try.ipynb"
    source.write_text(
        source.read_text().replace("import dagbook", "import dagbook, os", 1).replace("raise ", "")
    )
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    assert cluster.submit(project.dagbook(*COMPILE).out)["a"] == "Succeeded", cluster.log
    assert result(cluster, "a/a/1")["state"] == "killed"


def test_a_matrix_with_a_limit_and_locks_comes_to_the_same_result(project: Project, tmp_path: Path):
    squares(project)
    file = project.folder / "p.pipeline.yaml"
    locks = "    mutex: gpu\n    semaphore: {licences: 2}"
    keys = f"\n    concurrency: 2\n    resources: {{cpu: 1, memory: 1Gi}}\n{locks}"
    file.write_text(file.read_text().replace("matrix: {by: [1, 2, 3]}", f"matrix: {{by: [1, 2, 3]}}{keys}"))
    written = project.dagbook(*COMPILE, "--semaphores", "locks")
    assert "kubectl create configmap locks --from-literal=licences=2" in written.err
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    phases = cluster.submit(written.out)
    assert phases == {"first": "Succeeded", "square": "Succeeded", "total": "Succeeded"}, cluster.log
    assert result(cluster, "total/total/1")["outputs"]["total"]["value"] == 12


def test_a_workflow_that_cron_fires_comes_to_the_same_result(project: Project, tmp_path: Path):
    squares(project)
    file = project.folder / "p.pipeline.yaml"
    file.write_text(f"{file.read_text()}on: {{schedule: {{cron: '0 6 * * *', missed: skip}}}}\n")
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    phases = cluster.submit(project.dagbook(*COMPILE, "--kind", "cron").out)
    assert set(phases.values()) == {"Succeeded"}, cluster.log
    assert result(cluster, "total/total/1")["outputs"]["total"]["value"] == 12


def branches(project: Project, *, fails: bool = False, more: str = "") -> None:
    """`a`, and what follows on it when it went well, when it failed, and in any case."""
    source = "import dagbook\ndagbook.output(y=x)" + ("\nraise ValueError('no data')" if fails else "")
    project.notebook("a.ipynb", parameters("x = 1"), source)
    project.notebook("note.ipynb", parameters("x = 0"), "import dagbook\ndagbook.output(y=x)")
    project.pipeline(
        "pipeline: p\nparams: {x: 1}\nnodes:\n"
        "  a: {notebook: a.ipynb, params: {x: '${params.x}'}}\n"
        "  large: {notebook: note.ipynb, needs: a, when: a.y > 3}\n"
        "  after: {notebook: note.ipynb, needs: large}\n"
        "  mend: {notebook: note.ipynb, needs: a, run_if: failure}\n"
        "  tidy: {notebook: note.ipynb, needs: [after, mend], run_if: always}\n" + more
    )


def skipped(cluster: FolderCluster, node: str) -> str:
    return str(
        json.loads((cluster.store / f"dagbook/uid-1/{node}/{node}/skipped.json").read_text())["because"]
    )


def ran(cluster: FolderCluster) -> set[str]:
    return {file.parts[-3] for file in cluster.store.glob("dagbook/uid-1/*/*/1/result.json")}


def here(project: Project, *words: str) -> tuple[set[str], int]:
    """What runs when we run it ourselves, and the exit code."""
    answer = project.dagbook("run", "p.pipeline.yaml", *words, "--json")
    steps = ("a", "large", "after", "mend", "tidy")
    return {step for step in steps if answer.step(step)["state"] != "skipped"}, answer.code


def test_a_condition_that_does_not_hold_is_in_nobodys_way(project: Project, tmp_path: Path):
    branches(project)
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    phases = cluster.submit(project.dagbook(*COMPILE).out)
    assert phases.pop("verdict") == "Omitted"
    assert set(phases.values()) == {"Succeeded"}, cluster.log
    assert (ran(cluster), 0) == ({"a", "after", "tidy"}, 0) == here(project)
    assert skipped(cluster, "large") == "when: a.y > 3 does not hold"
    assert skipped(cluster, "mend") == "nothing that it needs failed (run_if: failure)"


def test_a_condition_that_holds_lets_the_step_run(project: Project, tmp_path: Path):
    branches(project)
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    cluster.submit(project.dagbook(*COMPILE).out, x="5")
    assert (ran(cluster), 0) == ({"a", "large", "after", "tidy"}, 0) == here(project, "-p", "x=5")


def test_a_failure_is_dealt_with_and_remains_one(project: Project, tmp_path: Path):
    branches(project, fails=True)
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    phases = cluster.submit(project.dagbook(*COMPILE).out)
    assert phases == {
        "a": "Failed", "large": "Omitted", "after": "Omitted", "mend": "Succeeded", "tidy": "Succeeded",
        "verdict": "Failed",
    }  # fmt: skip
    assert (ran(cluster), 1) == ({"a", "mend", "tidy"}, 1) == here(project)


def test_a_condition_that_is_none_fails_the_step(project: Project, tmp_path: Path):
    branches(project, more="  odd: {notebook: note.ipynb, needs: a, when: str(a.y)}\n")
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    assert cluster.submit(project.dagbook(*COMPILE).out)["odd"] == "Failed"
    assert result(cluster, "odd/odd/1")["error"]["name"] == "WrongCondition"


def test_a_result_that_was_lost_is_a_failure_and_no_reason_to_skip(project: Project, tmp_path: Path):
    squares(project)
    manifest = project.dagbook(*COMPILE).out
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    cluster.loses = "square-1"
    phases = cluster.submit(manifest)
    assert phases == {"first": "Succeeded", "square": "Succeeded", "total": "Failed"}, cluster.log
    assert "left no result" in result(cluster, "total/total/1")["error"]["value"]


@pytest.mark.parametrize(("answer", "runs"), [(True, {"a", "b", "d"}), (False, {"a", "c", "d"})])
def test_a_person_decides(project: Project, tmp_path: Path, *, answer: bool, runs: set[str]):
    project.notebook("note.ipynb", parameters("x = 0"), "import dagbook\ndagbook.output(y=x)")
    project.pipeline(
        "pipeline: p\nnodes:\n  a: {notebook: note.ipynb}\n"
        "  b: {notebook: note.ipynb, approve: Ship it?, params: {x: '${a.y}'}}\n"
        "  c: {notebook: note.ipynb, needs: b, run_if: failure}\n"
        "  d: {notebook: note.ipynb, needs: c, run_if: always}\n"
    )
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    cluster.answers = {"b-approve": answer}
    phases = cluster.submit(project.dagbook(*COMPILE).out)
    assert cluster.asked == ["Ship it?"]
    assert (phases["b-approve"], phases["verdict"]) == (
        ("Succeeded", "Omitted") if answer else ("Failed", "Failed")
    )
    assert ran(cluster) == runs, cluster.log


def test_what_argo_cannot_do_is_refused_with_its_line(project: Project):
    squares(project)
    answer = project.dagbook("compile", "p.pipeline.yaml", "--to", "argo")
    assert answer.code == 2
    assert "p.pipeline.yaml:1:1" in answer.err
    assert "add --image NAME:TAG" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "agro"), "did you mean 'argo'?"),
        (("--to", "argo", "--kind", "templat"), "did you mean 'template'?"),
        (("--to", "argo", "--image", "p:1", "-o", "nowhere/p.yaml"), "cannot be written"),
    ],
)
def test_a_wrong_option_is_said(project: Project, words: tuple[str, ...], said: str):
    squares(project)
    answer = project.dagbook("compile", "p.pipeline.yaml", *words)
    assert answer.code in {2, 3}
    assert said in answer.err
    assert "Traceback" not in answer.said


@pytest.mark.slow
def test_the_digits_example_comes_to_the_same_accuracy_as_here(
    make_project: Callable[[Path], Project], tmp_path: Path
):
    shutil.copytree(
        ROOT / "examples" / "digits", tmp_path / "digits", ignore=shutil.ignore_patterns(".dagbook")
    )
    project = make_project(tmp_path / "digits")
    here = project.dagbook("run", "digits.pipeline.yaml", "-p", "rows=300", "--json")
    manifest = project.dagbook(
        "compile", "digits.pipeline.yaml", "--to", "argo", "--image", "d:1", "-p", "rows=300"
    )
    cluster = FolderCluster(project.folder, tmp_path / "cluster")
    phases = cluster.submit(manifest.out)
    assert set(phases.values()) == {"Succeeded"}, cluster.log
    there = result(cluster, "pick/pick/1")["outputs"]["accuracy"]["value"]
    assert there == here.step("pick")["outputs"]["accuracy"]
