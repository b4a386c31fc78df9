"""The routes that take runs up again and remove them: what is wrong input, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from tests.golden.runs import GoldenRuns
from tests.server.asking import RUN, options_of, told

PLACES = [("POST", ("runs", RUN, "resume")), ("POST", ("runs", RUN, "retry")), ("DELETE", ("runs", RUN))]


@pytest.mark.parametrize(("verb", "path"), PLACES, ids=str)
async def test_what_is_not_there_is_not_found(jp_fetch: Any, verb: str, path: tuple[str, ...]):
    assert (await told(jp_fetch, *path, status=404, **options_of(verb)))["code"] == "unknown-run"


@pytest.mark.parametrize(("verb", "path"), PLACES, ids=str)
async def test_a_run_that_is_driven_is_left_alone(
    jp_fetch: Any, runs: GoldenRuns, verb: str, path: tuple[str, ...]
):
    runs.add("success-matrix", lines=9, run=RUN, driven=True)

    said = await told(jp_fetch, *path, status=409, **options_of(verb))

    assert said["code"] == "run-busy"
    assert (runs.folder / RUN).exists()


@pytest.mark.parametrize("verb", ["resume", "retry"])
@pytest.mark.parametrize("body", ["[]", '{"way": "sideways"}', '{"jobs": "two"}', '{"step": "a"}'])
async def test_wrong_input_is_refused(jp_fetch: Any, runs: GoldenRuns, verb: str, body: str):
    runs.add("success-matrix", run=RUN)

    assert (await told(jp_fetch, "runs", RUN, verb, status=400, body=body))["code"] == "bad-body"


async def test_a_run_is_removed(jp_fetch: Any, runs: GoldenRuns):
    runs.add("success-matrix", run=RUN)

    said = await told(jp_fetch, "runs", RUN, method="DELETE")

    assert said["run"] == RUN
    assert not (runs.folder / RUN).exists()
    assert await told(jp_fetch, "runs") == {"runs": []}


async def test_runs_are_listed_by_what_the_query_asks_for(jp_fetch: Any, runs: GoldenRuns):
    succeeded, cancelled = runs.add("success-matrix"), runs.add("cancelled")

    def ids(said: dict[str, Any]) -> list[str]:
        return [run["run"] for run in said["runs"]]

    assert set(ids(await told(jp_fetch, "runs"))) == {succeeded, cancelled}
    assert ids(await told(jp_fetch, "runs", params={"state": "cancelled"})) == [cancelled]
    assert ids(await told(jp_fetch, "runs", params={"until": "2001-01-01"})) == []
    assert ids(await told(jp_fetch, "runs", params={"tag": "nobody"})) == []
    for wrong, code in (("state", "unknown-state"), ("since", "wrong-time")):
        with pytest.raises(HTTPClientError) as raised:
            await jp_fetch("dagbook", "api", "runs", params={wrong: "soonish"})
        assert raised.value.response is not None
        assert json.loads(raised.value.response.body)["code"] == code


async def test_a_run_is_reported_as_a_page_that_is_saved_and_cannot_act(jp_fetch: Any, runs: GoldenRuns):
    runs.add("success-matrix", run=RUN)

    response = await jp_fetch("dagbook", "api", "runs", RUN, "report", params={"best": "accuracy"})

    page = response.body.decode()
    assert page.startswith("<!doctype html>")
    assert RUN in page
    assert response.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert response.headers["Content-Disposition"].endswith(f"-{RUN}.html")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'"} <= set(policy)
    assert "script" not in response.headers["Content-Security-Policy"]


async def test_a_report_by_an_output_that_no_matrix_has_is_refused(jp_fetch: Any, runs: GoldenRuns):
    runs.add("success-matrix", run=RUN)

    said = await told(jp_fetch, "runs", RUN, "report", status=400, params={"best": "nothing"})

    assert said["remedy"]


async def test_what_a_step_published_is_looked_at(jp_fetch: Any, runs: GoldenRuns):
    run = runs.add("success-matrix")
    file = runs.folder / run / "prepare" / "1" / "outputs" / "features.parquet"
    file.parent.mkdir(parents=True)
    asked = ("runs", run, "steps", "prepare", "preview")
    gone = await told(jp_fetch, *asked, status=404, params={"name": "features"})
    file.write_text("a text, whatever it is called")

    said = await told(jp_fetch, *asked, params={"name": "features"})

    assert gone["code"] == "no-file"
    assert said == {
        "path": "features.parquet", "size": 29, "kind": "text", "cut": False,
        "text": "a text, whatever it is called",
    }  # fmt: skip
    values = await told(jp_fetch, "runs", run, "steps", "prepare", "values")
    assert {output["name"]: output["file"] for output in values["outputs"]}["features"]
    assert (values["params"], bool(values["why"])) == (None, True)  # the golden run has no plan


@pytest.mark.parametrize("of", ["input", "output"])
@pytest.mark.parametrize("name", ["rows", "", "../journal.jsonl", "nothing"])
async def test_only_files_of_the_step_are_looked_at(jp_fetch: Any, runs: GoldenRuns, of: str, name: str):
    run = runs.add("success-matrix")
    asked = ("runs", run, "steps", "prepare", "preview")
    status = 404 if of == "output" else 503  # the golden run has no plan
    await told(jp_fetch, *asked, status=status, params={"of": of, "name": name})
    wrong = await told(jp_fetch, *asked, status=400, params={"of": "journal", "name": name})
    assert wrong["code"] == "bad-body"


async def test_runs_of_a_pipeline_stand_side_by_side(jp_fetch: Any, runs: GoldenRuns):
    older, newer = runs.add("held", run="20261127-100000-aaaaaa"), runs.add("held")

    said = await told(jp_fetch, "runs", older, "history")

    assert [run["run"] for run in said["runs"]] == [newer, older]
    assert said["runs"][0]["nodes"]["train"]["state"] == "failed"
    assert (await told(jp_fetch, "runs", older, "history", status=400, params={"limit": "0"}))[
        "code"
    ] == "bad-limit"


@pytest.mark.parametrize("verb", ["attach", "continue", "release"])
async def test_where_no_kernel_is_kept_that_is_said(jp_fetch: Any, runs: GoldenRuns, verb: str):
    run = runs.add("success-matrix")
    known = await told(jp_fetch, "runs", run, "steps", "prepare", verb, status=400, body={})
    unknown = await told(jp_fetch, "runs", run, "steps", "nothing", verb, status=404, body={})
    assert (known["code"], unknown["code"]) == ("not-kept", "unknown-step")


async def test_a_kernel_that_is_gone_is_not_taken_up(jp_fetch: Any, runs: GoldenRuns):
    run = runs.add("held", driven=True)
    notebook = runs.folder / run / "score" / "1" / "attached"
    notebook.parent.mkdir(parents=True)
    copy = runs.folder.parent.parent / "score-copy.ipynb"
    copy.write_text("{}")
    notebook.write_text(str(copy))

    said = await told(jp_fetch, "runs", run, "steps", "score", "attach", status=503, body={})

    assert said["code"] == "kernel-elsewhere"
    assert "jupyter console --existing /tmp/dagbook-1-c/kernel.json" in said["remedy"]
    assert (await told(jp_fetch, "runs", run, "steps", "score", "continue", status=400, body={"x": 1}))[
        "code"
    ] == "bad-body"
