"""However a notebook ends, its result, its cells and its file say the same, and it is the truth."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from dagbook.engine.request import NodeResult
from dagbook.errors import EnvironmentFault, InvalidInput
from dagbook.run.events import CellStarted, OutputSeen
from tests.acceptance.run_node_attempt import Attempt, code, notebook, prepare

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("quiet_home")]

MakeAttempt = Callable[..., Attempt]


@pytest.fixture
def attempt(tmp_path: Path) -> MakeAttempt:
    """Prepares an attempt of a notebook with the given cells."""
    return partial(prepare, tmp_path)


def test_a_notebook_that_ends_well_is_succeeded_in_every_record(attempt: MakeAttempt):
    made = attempt("print('one')", "import os; print(os.getcwd())", {"cell_type": "markdown", "source": "x"})
    result = made.run()
    assert result.state == "succeeded"
    assert result.error is None
    assert made.statuses == ["completed"] * 3
    assert made.printed(1) == f"{made.cwd}\n"
    assert [timing.cell for timing in result.cells] == [1, 2]
    assert result.peak_memory is not None
    assert 20_000_000 < result.peak_memory < 2_000_000_000
    stored = NodeResult.model_validate_json((made.folder / "result.json").read_bytes())
    assert stored == result


def test_progress_is_told_by_cell_and_last_line(attempt: MakeAttempt):
    made = attempt("print('\\x1b[31mred\\x1b[0m')", "", "1")
    made.run()
    started = [(event.cell, event.total) for event in made.events if isinstance(event, CellStarted)]
    assert started == [(1, 3), (3, 3)]
    assert [event.line for event in made.events if isinstance(event, OutputSeen)] == ["red"]


def test_an_exception_names_its_cell_and_the_line_that_raised(attempt: MakeAttempt):
    made = attempt("def f(x):\n    y = 0\n    return x / y  # here", "f(1)", "print('never')")
    result = made.run()
    assert result.state == "failed"
    assert result.error is not None
    assert (result.error.name, result.error.value) == ("ZeroDivisionError", "division by zero")
    assert (result.error.cell, result.error.line) == (2, "return x / y  # here")
    assert "\x1b" not in result.error.traceback
    assert made.statuses == ["completed", "failed", "not-run"]
    assert len(made.executed["cells"]) == 3


@pytest.mark.parametrize(
    ("source", "name", "says"),
    [
        pytest.param("x = = 1", "SyntaxError", "invalid syntax", id="syntax"),
        pytest.param("import sys; sys.exit(3)", "SystemExit", "3", id="exit 3"),
        pytest.param("input('name? ')", "StdinNotImplementedError", "", id="input"),
        pytest.param("raise KeyboardInterrupt", "KeyboardInterrupt", "", id="interrupt"),
    ],
)
def test_what_raises_fails_the_node(attempt: MakeAttempt, source: str, name: str, says: str):
    made = attempt(source, "1")
    result = made.run()
    assert result.state == "failed"
    assert result.error is not None
    assert result.error.name == name
    assert says in result.error.value
    assert made.statuses == ["failed", "not-run"]
    if name == "StdinNotImplementedError":
        assert "use a parameter instead of input()" in result.error.remedy


@pytest.mark.parametrize("source", ["import sys; sys.exit(0)", "quit()", "exit()", "raise SystemExit"])
def test_leaving_early_is_success_that_says_where(attempt: MakeAttempt, source: str):
    made = attempt("1", source, "print('never')")
    result = made.run()
    assert (result.state, result.stopped_early) == ("succeeded", 2)
    assert made.statuses == ["completed", "completed", "not-run"]


def test_an_expected_exception_does_not_end_the_notebook(attempt: MakeAttempt):
    made = attempt(code("1/0", "raises-exception"), "print('on')")
    result = made.run()
    assert result.state == "succeeded"
    assert made.printed(1) == "on\n"


def test_a_killed_kernel_leaves_the_notebook_and_says_what_killed_it(attempt: MakeAttempt):
    # What is printed takes a moment to leave a process; nothing can bring it out of one that is gone.
    dies = "import os, time\nprint('last', flush=True)\ntime.sleep(0.5)\nos.kill(os.getpid(), 9)"
    made = attempt("print('kept')", dies, "1")
    started = time.monotonic()
    result = made.run()
    assert time.monotonic() - started < 20
    assert result.state == "killed"
    assert result.error is not None
    assert (result.error.name, result.error.cell) == ("KernelDied", 2)
    assert result.error.value.startswith("kernel died: signal 9 (SIGKILL)")
    assert made.statuses == ["completed", "died", "not-run"]
    assert made.printed(0) == "kept\n"
    assert made.printed(1) == "last\n"


def test_a_kernel_that_ends_itself_is_told_by_its_exit_code(attempt: MakeAttempt):
    result = attempt("import os; os._exit(3)").run()
    assert result.state == "killed"
    assert result.error is not None
    assert result.error.value == "kernel died: exit code 3"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import time\ntime.sleep(60)", id="sleeps"),
        pytest.param(
            "import time\nwhile True:\n try: time.sleep(60)\n except KeyboardInterrupt: pass",
            id="ignores SIGINT",
        ),
    ],
)
def test_time_up_ends_the_notebook_whatever_it_does(attempt: MakeAttempt, source: str):
    made = attempt("1", source, "2")
    started = time.monotonic()
    result = made.run(timeout=1.0)
    assert time.monotonic() - started < 1 + 10
    assert result.state == "timed-out"
    assert result.error is not None
    assert (result.error.name, result.error.cell) == ("TimedOut", 2)
    assert made.statuses == ["completed", "timed-out", "not-run"]


def test_a_child_in_a_session_of_its_own_is_gone_and_named(attempt: MakeAttempt, tmp_path: Path):
    made = attempt(
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '987'], start_new_session=True)\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))"
    )
    result = made.run()
    pid = int((tmp_path / "pid").read_text())
    assert result.state == "succeeded"
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]
    assert any(f"{pid} (sleep 987)" in warning for warning in result.warnings)


def test_duplicate_cell_ids_do_not_keep_a_notebook_from_running(attempt: MakeAttempt):
    made = attempt(code("print(1)", id="same"), code("print(2)", id="same"))
    assert made.run().state == "succeeded"
    ids = [cell["id"] for cell in made.executed["cells"]]
    assert len(set(ids)) == 2


def test_a_notebook_of_an_old_format_is_refused_with_the_command_that_upgrades_it(attempt: MakeAttempt):
    made = attempt("1")
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}
    (made.cwd / "train.ipynb").write_text(json.dumps(old))
    with pytest.raises(InvalidInput, match="nbconvert --to notebook --nbformat 4"):
        made.run()
    stored = json.loads((made.folder / "result.json").read_text())
    assert stored["state"] == "failed"


def test_another_kernel_of_the_same_language_is_used_visibly(attempt: MakeAttempt):
    made = attempt("1")
    content = notebook("1", kernel={"name": "conda-env-x", "language": "python", "display_name": "x"})
    (made.cwd / "train.ipynb").write_text(json.dumps(content))
    result = made.run()
    assert (result.state, result.kernel) == ("succeeded", "python3")
    assert any("conda-env-x" in warning and "python3" in warning for warning in result.warnings)


def test_a_language_without_a_kernel_is_the_environments_fault(attempt: MakeAttempt):
    made = attempt("1")
    content = notebook("1", kernel={"name": "cobol", "language": "cobol", "display_name": "x"})
    (made.cwd / "train.ipynb").write_text(json.dumps(content))
    with pytest.raises(EnvironmentFault, match=r"'cobol' is not installed.*python3"):
        made.run()


def test_a_flood_of_output_is_cut_in_the_middle(attempt: MakeAttempt):
    made = attempt("for i in range(50_000): print(f'line {i} ' + 'x' * 1000)", "print('after')")
    started = time.monotonic()
    result = made.run(output_limit=2_000_000)
    assert time.monotonic() - started < 30
    assert result.state == "succeeded"
    text = made.printed(0)
    assert len(text) < 2_200_000
    assert text.startswith("line 0 ")
    assert "characters left out by Dagbook" in text
    assert text.rstrip("x\n").endswith("line 49999 ")
    assert len(made.executed["cells"][0]["outputs"]) == 1


def test_flushed_prints_are_one_output_with_overwritten_lines_gone(attempt: MakeAttempt):
    made = attempt("for i in range(300): print(f'\\r{i} %', end='', flush=True)\nprint()\nprint('done')")
    made.run()
    outputs = made.executed["cells"][0]["outputs"]
    assert [output["name"] for output in outputs] == ["stdout"]
    assert "".join(outputs[0]["text"]) == "299 %\ndone\n"


def test_papermill_itself_can_use_the_engine_and_gets_the_truth(tmp_path: Path):
    import papermill
    from nbclient.exceptions import DeadKernelError

    (tmp_path / "in.ipynb").write_text(json.dumps(notebook("1", "import os; os._exit(1)", "2")))
    with pytest.raises(DeadKernelError):
        papermill.execute_notebook(
            tmp_path / "in.ipynb", tmp_path / "out.ipynb", engine_name="dagbook", progress_bar=False
        )
    written = json.loads((tmp_path / "out.ipynb").read_text())
    statuses = [cell["metadata"]["papermill"]["status"] for cell in written["cells"]]
    assert statuses == ["completed", "died", "not-run"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("train.py", "# %% tags=['parameters']\na = 1\n# %%\nprint('a is', a)\n"),
        (
            "train.md",
            "# Title\n\n```python tags=['parameters']\na = 1\n```\n\n```python\nprint('a is', a)\n```\n",
        ),
    ],
)
def test_a_notebook_written_as_text_runs_as_one(attempt: MakeAttempt, name: str, text: str):
    made = attempt("1")
    (made.cwd / name).write_text(text)
    result = made.run(notebook=str(made.cwd / name), params={"a": 5})
    assert result.state == "succeeded", result.error
    assert made.printed() == "a is 5\n"


def test_a_cell_may_have_a_limit_of_its_own(attempt: MakeAttempt):
    # The cells before it do not count.
    made = attempt("import time; time.sleep(1.2)", "time.sleep(1.2)", "time.sleep(60)", "2")
    result = made.run(cell_timeout=2.0, timeout=60.0)
    assert result.state == "timed-out"
    assert result.error is not None
    assert (result.error.name, result.error.cell) == ("TimedOut", 3)
    assert result.error.value == "the cell ran longer than 2 s"
    assert made.statuses == ["completed", "completed", "timed-out", "not-run"]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("kept = b'x' * 400_000_000\ntime.sleep(60)", id="the kernel"),
        pytest.param(
            "import subprocess, sys\n"
            "grow = 'import time; kept = b\"x\" * 400_000_000; time.sleep(60)'\n"
            "subprocess.run([sys.executable, '-c', grow])",
            id="its child",
        ),
    ],
)
def test_who_outgrows_its_memory_is_killed_and_told_both_figures(attempt: MakeAttempt, source: str):
    made = attempt("import time\nprint('kept')", source, "2")
    result = made.run(memory=300 << 20, timeout=60.0)
    assert result.state == "killed"
    assert result.error is not None
    assert (result.error.name, result.error.cell) == ("MemoryLimit", 2)
    assert re.search(r"took \d+ MiB of memory, and `resources` allow 300 MiB", result.error.value)
    assert "resources.memory" in result.error.remedy
    assert result.peak_memory is not None
    assert result.peak_memory > 300 << 20
    assert made.statuses == ["completed", "died", "not-run"]
    assert made.printed(0) == "kept\n"
