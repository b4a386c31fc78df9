"""Notebooks that do what nobody should: their own step ends truly, and nobody else notices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.project import Project

pytestmark = pytest.mark.kernel

PRINTS_ACROSS_CELLS = (
    """
import threading, time
def speak():
    for _ in range(10):
        print('late')
        time.sleep(0.05)
t = threading.Thread(target=speak)
t.start()
""",
    "print('second')",
    "t.join()\nprint('third')",
)
SHOWS = (
    """
from IPython.display import HTML, JSON, SVG, Markdown, Math, display
empty = '<svg xmlns="http://www.w3.org/2000/svg"/>'
for one in (HTML('<b>x</b>'), JSON({'a': 1}), Markdown('*x*'), Math('x^2'), SVG(empty)):
    display(one)
""",
    """
class Broken:
    def _repr_html_(self):
        raise ValueError('cannot draw myself')
display(Broken())
""",
    "display({'application/x-nobody-knows': 'x', 'text/plain': 'kept'}, raw=True)",
)
FORKS = ("import os\nif os.fork() == 0:\n    print('a child')", "print('went on')")
CHANGES_EVERYTHING = (
    """
import os, signal
os.environ['PATH'] = ''
os.environ['CHANGED'] = 'yes'
os.chdir('/')
os.umask(0)
for one in (signal.SIGTERM, signal.SIGINT):
    signal.signal(one, signal.SIG_IGN)
""",
    "print('changed')",
)
NOTICES_NOTHING = (
    """
import os, signal
assert 'CHANGED' not in os.environ
assert os.environ['PATH']
assert os.path.exists('after.ipynb'), os.getcwd()
assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, signal.getsignal(signal.SIGTERM)
""",
)
REMOVES_ITS_FOLDER = """
import os, shutil
from pathlib import Path
shutil.rmtree(Path(os.environ['DAGBOOK_OUTPUTS']).parent)
"""


def texts(step: dict[str, object]) -> str:
    """All that the executed notebook of a step holds, as text."""
    return Path(str(step["notebook"])).read_text("utf-8")


def test_a_notebook_that_misbehaves_ends_as_the_table_says(project: Project):
    for name, cells in {
        "threads": PRINTS_ACROSS_CELLS,
        "shows": SHOWS,
        "forks": FORKS,
        "changes": CHANGES_EVERYTHING,
        "after": NOTICES_NOTHING,
    }.items():
        project.notebook(f"{name}.ipynb", *cells)
    project.pipeline(
        "pipeline: p\nnodes:\n  threads: {notebook: threads.ipynb}\n  shows: {notebook: shows.ipynb}\n"
        "  forks: {notebook: forks.ipynb, timeout: 2m}\n  changes: {notebook: changes.ipynb}\n"
        "  after: {notebook: after.ipynb, needs: changes}\n"
    )

    answer = project.dagbook("run", "p.pipeline.yaml", "--json", timeout=300)

    assert {step["step"]: step["state"] for step in answer.json["steps"]} == dict.fromkeys(
        ("threads", "shows", "forks", "changes", "after"), "succeeded"
    ), answer
    assert texts(answer.step("threads")).count("late") == 11  # ten times, and the source
    shown = json.loads(texts(answer.step("shows")))["cells"]
    kinds = set().union(*(output.get("data", {}) for output in shown[0]["outputs"]))
    assert kinds >= {"text/html", "application/json", "text/markdown", "text/latex", "image/svg+xml"}
    assert "cannot draw myself" in json.dumps(shown[1]["outputs"])
    assert "kept" in json.dumps(shown[2]["outputs"])
    assert texts(answer.step("forks")).count("went on") == 2  # once, and the source
    # What the fork left is gone: the fixture looks.


def test_who_holds_the_interpreters_lock_is_ended_by_its_time(project: Project):
    # PyDLL keeps the lock while C runs: no interrupt is heard, no thread of the kernel runs.
    project.single("import ctypes\nctypes.PyDLL(None).sleep(600)", more="    timeout: 3s\n")
    answer = project.dagbook("run", "p.pipeline.yaml", "--json", timeout=120)
    assert answer.code == 1
    assert answer.step("n")["state"] == "timed-out"


def test_a_notebook_that_removes_its_own_folder_fails_alone(project: Project):
    project.notebook("removes.ipynb", REMOVES_ITS_FOLDER, "print('on')")
    project.notebook("good.ipynb", "import dagbook", "dagbook.output(kept=1)")
    project.pipeline(
        "pipeline: p\nnodes:\n"
        "  good: {notebook: good.ipynb}\n  removes: {notebook: removes.ipynb, needs: good}\n"
    )
    answer = project.dagbook("run", "p.pipeline.yaml", "--json")
    assert answer.code == 1
    assert "Traceback" not in answer.err
    assert answer.step("removes")["error"]["name"] == "FolderGone"
    assert answer.step("good")["outputs"]["kept"] == 1
    assert project.dagbook("plan", "p.pipeline.yaml", "--json").step("good")["state"] == "reuse"
