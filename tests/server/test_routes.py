"""The routes that read: what is wrong input, what is not there, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from tests.server.asking import RUN


async def asked(fetch: Any, *path: str, **params: str) -> Any:
    response = await fetch("dagbook", "api", *path, params=params)
    assert response.headers["Content-Type"].startswith("application/json")
    return json.loads(response.body)


async def refused(fetch: Any, *path: str, params: dict[str, str] | None = None, **options: Any) -> Any:
    """The status and the JSON of a refusal."""
    with pytest.raises(HTTPClientError) as raised:
        await fetch("dagbook", "api", *path, params=params or {}, **options)
    assert raised.value.response is not None
    said = json.loads(raised.value.response.body)
    assert set(said) - {"findings"} == {"message", "code", "remedy"}
    return raised.value.code, said


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        (("runs",), {"limit": "many"}, "bad-limit"),
        (("runs",), {"limit": "0"}, "bad-limit"),
        (("runs",), {"limit": "501"}, "bad-limit"),
        (("runs",), {"limit": "9" * 5000}, "bad-limit"),
        (("runs",), {"before": "../../etc"}, "bad-run"),
        (("runs", ".hidden"), {}, "bad-run"),
        (("runs", "a" * 82), {}, "bad-run"),
        (("runs", "a\0b"), {}, "bad-run"),
        (("runs", "~root", "events"), {}, "bad-run"),
        (("runs", "~root", "steps", "a", "notebook"), {}, "bad-run"),
        (("runs", "~root", "steps", "a", "log"), {}, "bad-run"),
        (("runs", RUN, "events"), {"after": "-1"}, "bad-after"),
        (("runs", RUN, "events"), {"after": "٣"}, "bad-after"),
    ],
)
async def test_wrong_input_is_told_what_to_write(
    jp_fetch: Any, path: tuple[str, ...], params: dict[str, str], code: str
):
    status, said = await refused(jp_fetch, *path, params=params)

    assert (status, said["code"]) == (400, code)
    assert said["remedy"]


@pytest.mark.parametrize("end", ["", "/events", "/steps/a/notebook", "/steps/a/log"])
async def test_a_run_cannot_lead_out_of_the_runs_folder(
    http_server_client: Any, jp_auth_header: Any, jp_base_url: str, end: str
):
    path = f"{jp_base_url}dagbook/api/runs/..%2F..%2F..%2Fetc{end}"

    with pytest.raises(HTTPClientError) as raised:
        await http_server_client.fetch(path, headers=jp_auth_header)

    assert raised.value.response is not None
    assert (raised.value.code, json.loads(raised.value.response.body)["code"]) == (400, "bad-run")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (("runs", "20990101-000000-000000"), "unknown-run"),
        (("runs", "2026"), "unknown-run"),
        (("runs", "20990101-000000-000000", "events"), "unknown-run"),
        (("runs", "20990101-000000-000000", "steps", "a", "notebook"), "unknown-run"),
        (("runs", RUN, "steps", "ghost", "notebook"), "no-notebook"),
        (("runs", RUN, "steps", "ghost", "log"), "unknown-step"),
        (("runs", RUN, "steps", "best", "notebook"), "no-notebook"),
        (("elsewhere",), "unknown-route"),
    ],
)
async def test_what_is_not_there_is_not_found(jp_fetch: Any, runs: Any, path: tuple[str, ...], code: str):
    runs.add("success-matrix")  # and none of its notebooks

    status, said = await refused(jp_fetch, *path)

    assert (status, said["code"]) == (404, code)


async def test_a_verb_that_nobody_offers_is_refused_as_json(jp_fetch: Any):
    status, said = await refused(jp_fetch, "runs", method="DELETE")

    assert (status, said["code"]) == (405, "method-not-allowed")


async def test_runs_are_listed_newest_first_with_their_counts(jp_fetch: Any, runs: Any):
    failed = runs.add("failure-skips")
    good = runs.add("success-matrix")

    listed = (await asked(jp_fetch, "runs"))["runs"]

    assert [run["run"] for run in listed] == sorted([failed, good], reverse=True)
    assert listed[0]["pipeline"] == "churn"
    assert listed[0]["project"] == "."
    by_id = {run["run"]: run for run in listed}
    assert by_id[failed]["state"] == "failed"
    assert by_id[failed]["steps"] == {"total": 5, "done": 2, "failed": 1, "running": 0}


async def test_a_list_is_cut_and_continued(jp_fetch: Any, runs: Any):
    names = [runs.add("reused", run=f"20261122-19450{n}-00000{n}") for n in range(5)]

    first = (await asked(jp_fetch, "runs", limit="2"))["runs"]
    second = (await asked(jp_fetch, "runs", limit="2", before=names[3]))["runs"]

    assert [run["run"] for run in first] == [names[4], names[3]]
    assert [run["run"] for run in second] == [names[2], names[1]]


async def test_a_run_is_shown_whole(jp_fetch: Any, runs: Any):
    name = runs.add("failure-skips")

    shown = await asked(jp_fetch, "runs", name)

    assert shown["run"] == name
    steps = {step["step"]: step for step in shown["steps"]}
    assert steps["train"]["error"]["name"] == "ValueError"
    assert steps["publish"]["reason"] == "upstream train failed"


async def test_entries_come_from_a_position(jp_fetch: Any, runs: Any):
    name = runs.add("interrupted")

    whole = await asked(jp_fetch, "runs", name, "events")
    rest = await asked(jp_fetch, "runs", name, "events", after="6")
    nothing = await asked(jp_fetch, "runs", name, "events", after="8")

    assert [entry["seq"] for entry in whole["entries"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert whole["entries"][0]["kind"] == "run_started"
    assert [entry["seq"] for entry in rest["entries"]] == [7, 8]
    assert nothing == {"entries": [], "last": 8, "driver": "gone"}


@pytest.mark.parametrize(
    ("driven", "word", "state"), [(True, "alive", "running"), (False, "gone", "interrupted")]
)
async def test_whether_a_driver_lives_is_said(jp_fetch: Any, runs: Any, driven: bool, word: str, state: str):
    name = runs.add("interrupted", driven=driven)

    assert (await asked(jp_fetch, "runs", name, "events"))["driver"] == word
    assert (await asked(jp_fetch, "runs", name))["state"] == state


async def test_a_torn_last_line_is_not_served(jp_fetch: Any, runs: Any):
    name = runs.add("interrupted", 3)
    journal = runs.folder / name / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"crc":"00000000","seq":4,"at"')

    assert (await asked(jp_fetch, "runs", name, "events"))["last"] == 3


async def test_an_executed_notebook_is_served_though_its_folder_is_hidden(jp_fetch: Any, runs: Any):
    name = runs.add("success-matrix")
    runs.executed(name, "train.3/1/notebook.ipynb")

    notebook = await asked(jp_fetch, "runs", name, "steps", "train[3]", "notebook")

    assert notebook["nbformat"] == 4


async def test_the_log_of_a_step_is_what_its_cells_printed_and_of_much_the_end(jp_fetch: Any, runs: Any):
    name = runs.add("success-matrix")
    path = ("runs", name, "steps", "train[3]", "log")
    assert (await asked(jp_fetch, *path))["cells"] == []  # its notebook is gone

    def printing(*texts: str) -> None:
        runs.executed(name, "train.3/1/notebook.ipynb")
        cells = [
            {"cell_type": "code", "outputs": [{"output_type": "stream", "name": "stdout", "text": text}]}
            for text in texts
        ]
        notebook = runs.folder / name / "train.3/1/notebook.ipynb"
        notebook.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))

    printing("one\n", "", "three\n")
    said = await asked(jp_fetch, *path)
    assert said == {
        "step": "train[3]",
        "attempt": 1,
        "cells": [{"cell": 1, "text": "one\n"}, {"cell": 3, "text": "three\n"}],
        "cut": False,
    }

    printing("early\n", "x" * 99_999 + "\n", "last\n")
    said = await asked(jp_fetch, *path)
    assert said["cut"]
    assert [(one["cell"], len(one["text"])) for one in said["cells"]] == [(2, 99_995), (3, 5)]
