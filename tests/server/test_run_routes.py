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
