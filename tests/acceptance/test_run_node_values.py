"""What goes into a notebook arrives as what it is, and what it publishes comes out as what it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance.run_node_attempt import Attempt, code, prepare

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("quiet_home")]

MakeAttempt = Callable[..., Attempt]


@pytest.fixture
def attempt(tmp_path: Path) -> MakeAttempt:
    """Prepares an attempt of a notebook with the given cells."""
    return partial(prepare, tmp_path)


SECRET = "s3cr3t-värde<&'\"1"


def test_parameters_arrive_as_what_they_are(attempt: MakeAttempt):
    made = attempt(
        code("day = where = bad = items = None", "parameters"),
        "import math, datetime, pathlib\n"
        "assert day == datetime.date(2024, 2, 29), day\n"
        "assert where == pathlib.Path('data/a b.csv'), where\n"
        "assert math.isnan(bad) and bad is not None\n"
        'assert items == [1, {"q": "it\'s \\"x\\"\\n"}], items',
    )
    params = {
        "day": {"$date": "2024-02-29"},
        "where": {"$path": "data/a b.csv"},
        "bad": {"$float": "nan"},
        "items": [1, {"q": 'it\'s "x"\n'}],
    }
    result = made.run(params=params)
    assert result.state == "succeeded", result.error
    cells = made.executed["cells"]
    assert cells[1]["metadata"]["tags"] == ["injected-parameters"]
    assert made.executed["metadata"]["papermill"]["parameters"] == params


def test_a_long_value_arrives_whole_and_is_published_whole(attempt: MakeAttempt):
    long = "ä<\n" * 100_000
    made = attempt(
        code("text = ''", "parameters"),
        "import dagbook\nassert text == 'ä<\\n' * 100_000\n"
        "dagbook.output(back=text, many=list(range(50_000)))",
    )
    result = made.run(params={"text": long})
    assert result.state == "succeeded", result.error
    assert result.outputs["back"].value == long
    assert result.outputs["many"].value == list(range(50_000))


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        pytest.param(
            [code("a = 0", "parameters"), "a"], ["a = 0", "INJECTED", "a"], id="after the parameters"
        ),
        pytest.param(["a = 0", "a"], ["INJECTED", "a = 0", "a"], id="at the top"),
        pytest.param(
            [code("a = 0", "parameters"), "b", code("old", "injected-parameters")],
            ["a = 0", "b", "INJECTED"],
            id="in place of an old one",
        ),
        pytest.param(
            ["%%parameters\na = 0", code("boom()", "skip"), "a"],
            ["# %%parameters\na = 0", "INJECTED", "a"],
            id="after the magic, without what is skipped",
        ),
    ],
)
def test_the_injected_cell_goes_where_papermill_puts_it(
    attempt: MakeAttempt, cells: list[str], order: list[str]
):
    from dagbook.runners.inject import to_execute
    from tests.acceptance.run_node_attempt import notebook

    prepared = to_execute(notebook(*cells), {"a": 1}, "python3")
    sources = [cell["source"] for cell in prepared["cells"]]
    assert [source if "written by Dagbook" not in source else "INJECTED" for source in sources] == order


def test_a_secret_reaches_the_code_and_nothing_on_the_disk(
    attempt: MakeAttempt, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MY_TOKEN", SECRET)
    made = attempt(
        code("token = None", "parameters"),
        f"assert len(token) == {len(SECRET)}\nprint('it is', token)\nprint({{'t': token}})",
        "import os, sys\nfrom IPython.display import HTML, display\n"
        "display(HTML(token), {'text/plain': token}, raw=False)\n"
        "for part in token: print(part, end='', flush=True)\nprint()",
        "os.system('echo $DAGBOOK_SECRET_MY_TOKEN')\nsys.stderr.write(token)\nsys.__stderr__.write(token)",
        "raise ValueError(token)",
    )
    result = made.run(params={"token": {"$secret": "MY_TOKEN"}})
    assert result.error is not None
    assert (result.error.name, result.error.cell) == ("ValueError", 6)
    assert "••••" in made.printed(2)
    everything = b"".join(path.read_bytes() for path in made.folder.rglob("*") if path.is_file())
    everything += repr(made.events).encode()
    for form in (SECRET, json.dumps(SECRET)[1:-1], SECRET[:12]):
        assert form.encode() not in everything


def test_a_secret_that_is_not_set_is_refused_before_anything_starts(attempt: MakeAttempt):
    from dagbook.errors import InvalidInput

    made = attempt("1")
    with pytest.raises(InvalidInput, match="set the environment variable NOT_SET_ANYWHERE"):
        made.run(params={"token": {"$secret": "NOT_SET_ANYWHERE"}})
    assert not (made.folder / "notebook.ipynb").exists()


def test_outputs_of_every_kind_are_published(attempt: MakeAttempt):
    made = attempt(
        "%load_ext dagbook\nimport dagbook, numpy as np, pandas as pd, pathlib, os\n"
        "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt",
        "acc = np.float64(0.5)\n%output acc best=max(1, 2)",
        "fig, ax = plt.subplots(figsize=(1, 1))\npathlib.Path('report.html').write_text('<p>')\n"
        "dagbook.output(table=pd.DataFrame({'a': [1, 2]}), grid=np.zeros((2, 2)), plot=fig,"
        " page=pathlib.Path('report.html'), nothing=float('nan'))\nplt.close()",
        "folder = pathlib.Path('model'); folder.mkdir(); (folder / 'w.bin').write_bytes(b'12')\n"
        "dagbook.output(model=folder)\ndagbook.output(thing={1, 2}, pickle=True)",
        "out = pathlib.Path(os.environ['DAGBOOK_OUTPUTS'])\n"
        "(out / 'other.csv').write_text('a\\n1\\n')\n(out / 'scores.json').write_text('[1, 2.5]')",
        "dagbook.output(acc=0.75)\nassert len(dagbook.load(out / 'table.parquet')) == 2",
    )
    result = made.run(expected=("acc", "table"))
    assert result.state == "succeeded", result.error
    outputs = result.outputs
    assert {name: output.value for name, output in outputs.items() if output.kind == "value"} == {
        "acc": 0.75,
        "best": 2,
        "nothing": {"$float": "nan"},
        "scores": [1, 2.5],
    }
    assert {name: (output.path, output.format) for name, output in outputs.items() if output.path} == {
        "table": ("outputs/table.parquet", "parquet"),
        "grid": ("outputs/grid.npy", "npy"),
        "plot": ("outputs/plot.png", "png"),
        "page": ("outputs/page.html", "html"),
        "model": ("outputs/model", "folder"),
        "thing": ("outputs/thing.pkl", "pickle"),
        "other": ("outputs/other.csv", "csv"),
    }
    for output in outputs.values():
        if output.kind == "file":
            assert len(output.sha256) == 64
            assert (made.folder / output.path).exists()
    assert outputs["model"].bytes == 2
    shown = made.executed["cells"][1]["outputs"][0]["data"]
    assert shown["application/vnd.dagbook.output+json"]["name"] == "acc"
    assert "".join(shown["text/plain"]) == "published acc = 0.5"


def test_a_secret_is_not_published(attempt: MakeAttempt, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MY_TOKEN", SECRET)
    made = attempt("import dagbook\ndagbook.output(found={'in': ['here ' + token]})")
    result = made.run(params={"token": {"$secret": "MY_TOKEN"}})
    assert result.error is not None
    assert result.error.value == "output 'found' holds the secret MY_TOKEN; secrets are not published"
    assert not (made.folder / "outputs.jsonl").exists()


def test_declared_files_are_collected(attempt: MakeAttempt):
    made = attempt("open('m.bin', 'wb').write(b'x')")
    result = made.run(collect={"model": "m.bin"})
    assert result.outputs["model"].path == "outputs/model.bin"
    assert (made.folder / "outputs/model.bin").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("request_more", "says"),
    [
        pytest.param({"collect": {"model": "m.bin"}}, ["m.bin", "train.ipynb"], id="declared"),
        pytest.param({"expected": ("accuracy",)}, ["'accuracy'", "loss"], id="needed downstream"),
    ],
)
def test_an_output_that_is_missing_fails_the_node_and_says_what_there_is(
    attempt: MakeAttempt, request_more: dict[str, object], says: list[str]
):
    made = attempt("import dagbook\ndagbook.output(loss=1)")
    result = made.run(**request_more)
    assert result.state == "failed"
    assert result.error is not None
    assert result.error.name == "MissingOutput"
    for part in says:
        assert part in result.error.value


def test_a_value_that_cannot_be_published_is_one_plain_line(attempt: MakeAttempt):
    made = attempt("%load_ext dagbook", "%output thing=object()")
    result = made.run()
    assert result.error is not None
    assert result.error.name == "UsageError"
    assert "pickle=True" in result.error.value
    assert "Traceback" not in made.printed(1)


def test_the_kernel_has_the_marks_of_its_attempt_and_no_history_file(attempt: MakeAttempt):
    made = attempt(
        "import os\nip = get_ipython()\n"
        "print(os.environ['DAGBOOK_RUN'], os.environ['DAGBOOK_STEP'], os.environ['DAGBOOK_ATTEMPT'],"
        " os.environ['EXTRA'], ip.history_manager.enabled, ip.history_manager.hist_file)"
    )
    made.run(env={"EXTRA": "yes"})
    assert made.printed(0) == "r1 train 1 yes False :memory:\n"


def test_sockets_and_connection_file_are_private_and_gone_afterwards(attempt: MakeAttempt):
    made = attempt(
        "import os, stat\nfrom ipykernel import get_connection_file\nfile = get_connection_file()\n"
        "folder = os.path.dirname(file)\n"
        "print(folder, oct(os.stat(folder).st_mode & 0o777), oct(os.stat(file).st_mode & 0o777))"
    )
    made.run()
    folder, folder_mode, file_mode = made.printed(0).split()
    assert (folder_mode, file_mode) == ("0o700", "0o600")
    assert len(folder) < 70
    assert not Path(folder).exists()
    assert "TCP" not in (made.folder / "notebook.ipynb").read_text()
    assert Path.cwd() != made.cwd
