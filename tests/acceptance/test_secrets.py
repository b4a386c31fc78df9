"""A secret leaves no trace in anything that a run leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, refused

SECRET = "s3cr3t-<&>-of-'ada'"
PIPELINE = """
pipeline: p
params:
  token: {secret: CHURN_TOKEN}
nodes:
  tells: {notebook: tells.ipynb, params: {token: "${params.token}"}}
  raises: {notebook: raises.ipynb, params: {token: "${params.token}"}}
on:
  exit: {notebook: last.ipynb, params: {token: "${params.token}"}}
"""
PRINTS = "import os, sys\nprint(token)\nprint('a', token, 'b', file=sys.stderr)\ntoken"
DISPLAYS = """
import html
from IPython.display import HTML, display
display(HTML(f'<b>{html.escape(token)}</b>'))
display({'application/json': {token: [token]}}, raw=True)
"""
WRITES_PAST_JUPYTER = """
import subprocess
subprocess.run(['sh', '-c', 'echo "$1"; echo "$1" >&2', 'sh', token])
os.write(2, token.encode())
"""
LOGS = """
%load_ext dagbook
%param token
import dagbook
try:
    dagbook.output(token=token)
except TypeError as refused:
    print(refused)
"""
IS_RIGHT = "assert token.startswith('s3cr3t') and len(token) == 19"
TELLS = (PRINTS, DISPLAYS, WRITES_PAST_JUPYTER, LOGS, IS_RIGHT)


def traces(folder: Path) -> list[str]:
    """Files that hold the secret, or what no way of writing it would change."""
    needles = (SECRET.encode(), b"s3cr3t-")
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    ]


@pytest.mark.kernel
@pytest.mark.parametrize("kept_in", ["environment", "file"])
def test_no_file_of_a_run_holds_a_secret_that_notebooks_print_and_raise(
    project: Project, tmp_path: Path, kept_in: str
):
    if kept_in == "environment":
        project.env["CHURN_TOKEN"] = SECRET
    else:
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "CHURN_TOKEN").write_text(SECRET + "\n")
        project.env["DAGBOOK_SECRETS_DIR"] = str(tmp_path / "secrets")
    declared = parameters("token: str = ''\n")
    project.notebook("tells.ipynb", declared, *TELLS)
    project.notebook("raises.ipynb", declared, "raise ValueError(f'no access with {token}')")
    project.notebook("last.ipynb", declared, "print('last', token)")
    project.pipeline(PIPELINE)
    ran = project.dagbook("run", "p.pipeline.yaml", timeout=300)
    shown = project.show().json
    states = {step["step"]: step["state"] for step in shown["steps"]}
    assert states == {"tells": "succeeded", "raises": "failed"}, ran
    assert [hook["state"] for hook in shown["hooks"]] == ["succeeded"]
    executed = Path(next(s["notebook"] for s in shown["steps"] if s["step"] == "tells")).read_text("utf-8")
    assert "••••" in executed
    assert "secrets are not published" in executed
    assert (project.folder / ".dagbook" / "mlflow.db").exists()
    assert traces(project.folder) == []
    said = [ran.said, *(project.dagbook("logs", shown["run"], step).said for step in states)]
    assert "s3cr3t-" not in "".join(said)


def test_a_secret_that_would_be_written_down_is_refused(project: Project):
    project.notebook("tells.ipynb", parameters("token: str = ''\n"))
    text = PIPELINE[: PIPELINE.index("  raises")]
    project.pipeline(text)
    answer = project.dagbook("run", "p.pipeline.yaml", "-p", f"token={SECRET}")
    refused(answer, "'token' is a secret", "set the environment variable CHURN_TOKEN")
    assert "s3cr3t" not in answer.said
    project.pipeline(text.replace("{secret: CHURN_TOKEN}", "{secret: CHURN_TOKEN, default: x}"))
    refused(project.dagbook("run", "p.pipeline.yaml"), ":4:", "a secret has no default")


@pytest.mark.kernel
def test_a_secret_inside_a_text_or_in_no_place_fails_its_step_with_the_remedy(project: Project):
    project.notebook("tells.ipynb", parameters("token: str = ''\n"))
    text = PIPELINE[: PIPELINE.index("  raises")]
    project.pipeline(text.replace('"${params.token}"', '"Bearer ${params.token}"'))
    ran = project.dagbook("run", "p.pipeline.yaml")
    assert (ran.code, "cannot be part of a text" in ran.said) == (1, True), ran
    project.pipeline(text)
    ran = project.dagbook("run", "p.pipeline.yaml")
    assert (ran.code, "$DAGBOOK_SECRETS_DIR" in ran.said) == (1, True), ran
