"""%runs, %compare, %pipeline and %input in real kernels: what is shown, bound and recorded."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, wait_until

pytestmark = pytest.mark.kernel

PIPELINE = """\
pipeline: churn
params: {rows: 3, fail: false}
nodes:
  prepare:
    notebook: prepare.ipynb
    params: {rows: "${params.rows}"}
  train:
    notebook: train.ipynb
    params: {features: "${prepare.features}", fail: "${params.fail}"}
"""
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def churn(project: Project) -> Project:
    """A project with two notebooks in a folder of their own, and a pipeline beside them."""
    project.folder.joinpath("work").mkdir()
    project.notebook(
        "work/prepare.ipynb",
        parameters("rows = 1"),
        "%load_ext dagbook\nfrom pathlib import Path\nPath('f.csv').write_text('a\\n' * rows)",
        "%output features=Path('f.csv') n=rows",
    )
    project.notebook(
        "work/train.ipynb",
        parameters("features = None\nfail = False"),
        "%load_ext dagbook\n%input features from prepare\nlines = len(open(features).readlines())",
        f"if fail:\n    raise ValueError('{EVIL}')",
        "%output lines",
    )
    project.pipeline(PIPELINE, "work/churn.pipeline.yaml")
    return project


class Executed:
    """A notebook that was executed in the project, cell by cell."""

    def __init__(self, project: Project, *sources: str, notebook: str = "work/look.ipynb") -> None:
        cells = [new_code_cell(source) for source in ("%load_ext dagbook", *sources)]
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        self.notebook = new_notebook(cells=cells, metadata={"kernelspec": spec})
        path = project.folder / notebook
        nbformat.write(self.notebook, path)
        self.updates: list[dict[str, Any]] = []
        client = _Listening(
            self.notebook, timeout=240, allow_errors=True, resources={"metadata": {"path": str(path.parent)}}
        )
        client.heard = self.updates
        client.execute(env={**os.environ, **project.env, "JPY_SESSION_NAME": str(path)})

    def outputs(self, cell: int) -> list[Any]:
        """The outputs of the cell with that number; 0 is the first that was given."""
        found: list[Any] = self.notebook.cells[cell + 1].outputs
        return found

    def html(self, cell: int) -> str:
        """The only HTML of a cell."""
        (html,) = [output.data["text/html"] for output in self.outputs(cell) if "data" in output]
        return str(html)

    def said(self, cell: int) -> str:
        """Everything that was printed in a cell."""
        return "".join(output.get("text", "") for output in self.outputs(cell))


class _Listening(NotebookClient):
    heard: list[dict[str, Any]]

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        if msg["header"]["msg_type"] == "update_display_data":
            self.heard.append(msg["content"])
        return super().process_message(msg, cell, cell_index)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.text += data


def read_html(html: str) -> _Tags:
    parsed = _Tags()
    parsed.feed(html)
    return parsed


def tracked(project: Project, name: str, **metrics: float) -> str:
    """A run of work/look.ipynb in the project's store, made by MLflow's own client."""
    from mlflow import MlflowClient

    uri = f"sqlite:///{project.folder / '.dagbook' / 'mlflow.db'}"
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    source = str(project.folder / "work" / "look.ipynb")
    run = client.create_run("0", run_name=name, tags={"mlflow.source.name": source})
    client.log_param(run.info.run_id, "depth", len(metrics) if metrics else "<i>none</i>")
    for key, value in metrics.items():
        client.log_metric(run.info.run_id, key, value)
    client.set_terminated(run.info.run_id, "FINISHED")
    time.sleep(0.01)
    return str(run.info.run_id)


def test_runs_are_listed_and_compared_and_nothing_in_them_is_markup(churn: Project):
    first = tracked(churn, "baseline", acc=0.5)
    second = tracked(churn, EVIL, acc=0.75)
    tracked(churn, "third")
    seen = Executed(
        churn, "%runs", "%runs metrics.acc > 0.6", "%runs metrics.acc >", "%compare baseline -2",
        f"%compare {first[:10]} {second[:10]}", "t = %runs -n 2\nlen(t), t[0].name", "%runs --all\nt",
    )  # fmt: skip
    table = read_html(seen.html(0))
    assert "script" not in table.tags
    assert "i" not in table.tags
    assert EVIL in table.text
    assert "<i>none</i>" in table.text
    assert [name in table.text for name in ("baseline", "third", first[:8], "finished")] == [True] * 4
    assert table.text.index("third") < table.text.index("baseline")
    assert "baseline" not in read_html(seen.html(1)).text
    (wrong,) = seen.outputs(2)
    assert wrong.text.startswith("UsageError: %runs: MLflow does not understand the filter")
    assert wrong.text.count("\n") == 1
    for cell in (3, 4):
        compared = read_html(seen.html(cell))
        assert "+0.25 (+50.0%)" in compared.text
        assert "details" in compared.tags
        assert "script" not in compared.tags
    assert seen.outputs(5)[-1].data["text/plain"] == "(2, 'third')"
    assert "3 runs of this project" in seen.outputs(6)[0].data["text/plain"]


def test_a_pipeline_runs_in_a_cell_and_its_display_is_updated_in_place(churn: Project):
    seen = Executed(
        churn,
        "rows = 7\nrun = %pipeline run churn.pipeline.yaml -p rows={rows} --jobs 1\nrun",
        "run['train'].outputs",
        "%input lines from train\nlines",
        "%pipeline plan churn.pipeline.yaml -p rows=7",
        "%%pipeline run fail=true\n" + PIPELINE,
        "%pipeline show",
        "run",
        "%%pipeline plan\npipeline: p\nnodes:\n  a: {notebook: prepare.ipynb, param: {rows: 3}}",
    )
    assert "succeeded" in read_html(seen.html(0)).text
    assert len({update["transient"]["display_id"] for update in seen.updates}) == 2
    live = [read_html(update["data"]["text/html"]).text for update in seen.updates]
    assert any("1 of 2 steps" in text and "running" in text for text in live)
    assert any("cell " in text for text in live)
    assert seen.outputs(1)[0].data["text/plain"] == "{'lines': 7}"
    assert "from 'train' in run" in seen.said(2)
    assert seen.outputs(2)[-1].data["text/plain"] == "7"
    assert "0 to run, 2 reused" in read_html(seen.html(3)).text
    failed = read_html(seen.html(4))
    assert f"ValueError: {EVIL}" in failed.text
    assert "in cell 4" in failed.text  # of the executed notebook, with its injected cell
    assert {"script", "svg"} & failed.tags == {"svg"}
    assert "failed" in read_html(seen.html(5)).text
    assert "succeeded" in read_html(seen.html(6)).text
    (wrong,) = seen.outputs(7)
    assert wrong.text == (
        "UsageError: this cell:4:32: node 'a': 'param' is no key here. Fix: did you mean 'params'?\n"
    )
    assert churn.show().json["state"] == "failed"


def test_a_notebook_takes_what_another_notebook_published_by_hand(churn: Project):
    Executed(churn, "rows = 2\n%output n=rows", notebook="work/prepare.ipynb")
    kept = churn.folder / ".dagbook" / "interactive" / "work" / "prepare"
    assert (kept / "outputs.jsonl").exists()
    assert not (churn.folder / "work" / ".dagbook").exists()
    seen = Executed(churn, "%input n from prepare\nn", "import dagbook\ndagbook.input('n', 'work/prepare')")
    assert "which you ran yourself" in seen.said(0)
    assert seen.outputs(0)[-1].data["text/plain"] == "2"
    assert seen.outputs(1)[-1].data["text/plain"] == "2"


@pytest.fixture
def kernel(churn: Project) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    """A kernel in the project's folder and a client that sends ids of cells, as JupyterLab does."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(churn.folder / "work"), env={**os.environ, **churn.env})
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_interrupting_the_cell_cancels_the_run_in_order(churn: Project, kernel: Any):
    manager, client = kernel
    churn.notebook("work/slow.ipynb", "import time\ntime.sleep(120)")
    path = churn.folder / "work" / "slow.pipeline.yaml"
    path.write_text("pipeline: slow\nnodes:\n  slow: {notebook: slow.ipynb}\n")
    client.execute_interactive("%load_ext dagbook", timeout=60)
    sent = client.execute("%pipeline run slow.pipeline.yaml\nafter = 1")
    run = churn.the_run()
    wait_until(lambda: churn.show(run).json["steps"][0]["cell"] == 1, seconds=60)
    manager.interrupt_kernel()
    reply = _reply(client, sent)
    assert churn.show(run).json["state"] == "cancelled"
    assert reply["ename"] == "UsageError"
    assert f"run {run} was cancelled" in reply["evalue"]


def test_in_a_console_a_run_is_told_in_lines(churn: Project, kernel: Any):
    _, client = kernel
    client.execute_interactive("%load_ext dagbook", timeout=60)
    heard: list[Any] = []
    code = "run = %pipeline run churn.pipeline.yaml --only prepare"
    client.execute_interactive(code, timeout=240, output_hook=heard.append, allow_stdin=True)
    kinds = [message["header"]["msg_type"] for message in heard]
    assert "update_display_data" not in kinds
    said = "".join(message["content"].get("text", "") for message in heard)
    assert "✓ succeeded  prepare" in said
    assert "churn succeeded" in said


def _reply(client: BlockingKernelClient, sent: str) -> dict[str, Any]:
    while True:
        reply = client.get_shell_msg(timeout=60)
        if reply["parent_header"].get("msg_id") == sent:
            content: dict[str, Any] = reply["content"]
            return content


def test_plain_ipython_shows_text(churn: Project):
    program = "%load_ext dagbook\n%pipeline plan churn.pipeline.yaml"
    ran = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", program],
        cwd=churn.folder / "work", env={**os.environ, **churn.env}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "2 to run, 0 reused, 0 skipped" in ran.stdout
    assert "<" not in ran.stdout


def test_a_store_that_does_not_answer_is_one_line_and_the_cell_goes_on(churn: Project):
    churn.env["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
    seen = Executed(churn, "%runs\nprint('went on')")
    said = seen.said(0).splitlines()
    assert said[0].startswith("MLflow's store at http://127.0.0.1:9 does not answer")
    assert said[1:] == ["went on"]


def test_without_a_store_none_is_made_by_looking(churn: Project):
    Path(churn.folder / ".dagbook" / "mlflow.db").unlink()
    seen = Executed(churn, "%runs")
    assert "no runs of look.ipynb yet" in seen.said(0)
    assert not (churn.folder / ".dagbook" / "mlflow.db").exists()
