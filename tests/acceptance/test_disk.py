"""A disk that is full or may not be written: said plainly, nothing cut in half, and it goes on afterwards."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.project import Answer, Project, refused

pytestmark = pytest.mark.kernel

# Node `b` fills the disk, unless there is a file `go`.
FILLS = """import os, dagbook
if not os.path.exists('go'):
    open(os.environ['DAGBOOK_OUTPUTS'] + '/big.bin', 'wb').write(b'x' * 20_000_000)
dagbook.output(done=1)"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a file system of its own, in memory; only root may."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system takes root; the limit on file sizes is tried all the same")
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            pytest.skip(f"this machine does not let root mount: {done.stderr.strip()}")
        return place

    yield mount
    subprocess.run(["umount", "--lazy", place], check=False, capture_output=True)


def two_nodes(project: Project) -> None:
    project.notebook("a.ipynb", "import dagbook", "dagbook.output(total=42)")
    project.notebook("b.ipynb", "print('before')", FILLS)
    project.pipeline("pipeline: p\nnodes:\n  a: {notebook: a.ipynb}\n  b: {notebook: b.ipynb, needs: a}\n")


def nothing_is_cut_in_half(project: Project) -> None:
    """Whatever has its final name is whole."""
    for path in project.runs.rglob("*"):
        assert not path.name.endswith(".tmp"), path
        if path.suffix in {".ipynb", ".json"}:
            json.loads(path.read_text("utf-8"))


def has_failed_plainly(answer: Answer, project: Project) -> None:
    assert answer.code in {1, 3}, answer
    assert "Traceback" not in answer.said
    nothing_is_cut_in_half(project)
    (run,) = project.run_ids()
    shown = project.show(run).json
    assert shown["steps"][0]["state"] == "succeeded"
    assert shown["steps"][0]["outputs"] == {"total": 42}
    assert shown["steps"][1]["state"] == "failed"
    said = shown["steps"][1]["error"]["value"].lower()
    assert "no space left" in said or "file too large" in said
    assert said in answer.out.lower()


def goes_on(project: Project) -> None:
    (project.folder / "go").touch()
    answer = project.dagbook("run", "p.pipeline.yaml", "--json")
    assert answer.code == 0, answer.said
    assert [step["state"] for step in answer.json["steps"]] == ["reused", "succeeded"]


def test_a_disk_that_fills_up_fails_the_step_and_loses_nothing(
    small_disk: Callable[[str], Path], make_project: Callable[[Path], Project]
):
    project = make_project(small_disk("size=4m") / "project")
    two_nodes(project)
    answer = project.dagbook("run", "p.pipeline.yaml")
    has_failed_plainly(answer, project)
    for big in project.runs.rglob("big.bin"):
        big.unlink()
    goes_on(project)


def test_a_file_that_may_not_grow_fails_the_step_and_loses_nothing(project: Project):
    two_nodes(project)
    limit = ("prlimit", f"--fsize={2_000_000}")
    if shutil.which("prlimit") is None:
        pytest.skip("there is no prlimit here")
    answer = project.dagbook("run", "p.pipeline.yaml", prefix=limit)
    has_failed_plainly(answer, project)
    goes_on(project)


def test_a_full_disk_starts_nothing_and_leaves_no_half_made_run(
    small_disk: Callable[[str], Path], make_project: Callable[[Path], Project]
):
    place = small_disk("size=2m")
    project = make_project(place / "project")
    project.single("print('never')", "# " + "x" * 100_000)
    # Enough for a folder and its first file, and not for all that belongs to a run.
    free = shutil.disk_usage(place).free
    (place / "ballast").write_bytes(b"x" * (free - 50_000))
    refused(
        project.dagbook("run", "p.pipeline.yaml"), "No space left on device", "nothing was started", code=3
    )
    assert project.run_ids() == []
    assert project.dagbook("validate", "p.pipeline.yaml").code == 0
    (place / "ballast").unlink()
    assert project.dagbook("run", "p.pipeline.yaml").code == 0


@pytest.fixture
def read_only(
    tmp_path: Path, make_project: Callable[[Path], Project], request: pytest.FixtureRequest
) -> Iterator[Project]:
    """A project with a pipeline, in a folder that may be read and not written."""
    if os.geteuid() == 0:
        mount = request.getfixturevalue("small_disk")
        project = make_project(mount("size=8m") / "project")
        project.single("1")
        subprocess.run(["mount", "-o", "remount,ro", tmp_path / "disk"], check=True)
        yield project
        return
    project = make_project(tmp_path / "project")
    project.single("1")
    for folder in (project.folder / ".dagbook", project.folder):
        folder.chmod(0o555)
    yield project
    for folder in (project.folder, project.folder / ".dagbook"):
        folder.chmod(0o755)


def test_a_folder_that_may_not_be_written_is_named_and_nothing_starts(read_only: Project):
    answer = read_only.dagbook("run", "p.pipeline.yaml")
    refused(answer, str(read_only.folder), "cannot be written", "nothing was started", code=3)
    assert read_only.run_ids() == []


def test_reading_commands_work_where_nothing_may_be_written(read_only: Project):
    assert read_only.dagbook("validate", "p.pipeline.yaml").code == 0
    plan = read_only.dagbook("plan", "p.pipeline.yaml", "--json")
    assert plan.code == 0
    assert [step["state"] for step in plan.json["steps"]] == ["run"]
    assert read_only.dagbook("runs", "--json").json == []
    doctor = read_only.dagbook("doctor", "--json")
    assert doctor.code == 3
    (found,) = [check for check in doctor.json if check["name"] == "project"]
    assert found["state"] == "error"
    assert found["remedy"]


def test_init_says_where_it_may_not_write(read_only: Project):
    refused(read_only.dagbook("init", ".", "--name", "new"), "new.pipeline.yaml", "cannot be written", code=3)
