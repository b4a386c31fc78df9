"""The routes that take runs up again and remove them: who may ask, what is wrong input, what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from dagbook.server.handlers import DagbookHandler
from dagbook.server.run_handlers import RUN_ROUTES
from tests.golden.runs import GoldenRuns
from tests.server.test_routes import RUN, VERBS, asked

# A verb and a path for each route of the table; a new route has to be added here.
EXAMPLES = {
    r"dagbook/api/runs/([^/]+)/resume": ("POST", ("runs", RUN, "resume")),
    r"dagbook/api/runs/([^/]+)/retry": ("POST", ("runs", RUN, "retry")),
    r"dagbook/api/runs/([^/]+)": ("DELETE", ("runs", RUN)),
}


async def told(fetch: Any, verb: str, *path: str, status: int, body: str = "{}", **options: Any) -> Any:
    """The JSON of an answer, which must have that status."""
    if verb == "POST":
        options["body"] = body
    try:
        response = await fetch("dagbook", "api", *path, method=verb, **options)
    except HTTPClientError as error:
        response = error.response
    said = json.loads(response.body)
    assert response.code == status, said
    return said


def test_every_route_has_an_example():
    assert set(EXAMPLES) == {pattern for pattern, _ in RUN_ROUTES}


@pytest.mark.parametrize("handler", [handler for _, handler in RUN_ROUTES], ids=lambda one: one.__name__)
def test_every_verb_of_every_handler_asks_for_authentication_and_authorization(handler: type[DagbookHandler]):
    own = [vars(handler)[verb] for verb in VERBS if verb in vars(handler)]
    assert own
    for method in own:
        assert hasattr(method.__wrapped__, "__wrapped__")


@pytest.mark.parametrize(("verb", "path"), EXAMPLES.values(), ids=str)
async def test_without_a_token_every_route_is_forbidden(
    jp_fetch: Any, runs: GoldenRuns, verb: str, path: tuple[str, ...]
):
    runs.add("success-matrix", run=RUN)

    said = await told(
        jp_fetch, verb, *path, status=403, headers={"Authorization": ""}, follow_redirects=False
    )

    assert said["code"] == "forbidden"
    assert (runs.folder / RUN).exists()


@pytest.mark.parametrize(("verb", "path"), EXAMPLES.values(), ids=str)
async def test_what_is_not_there_is_not_found(jp_fetch: Any, verb: str, path: tuple[str, ...]):
    assert (await told(jp_fetch, verb, *path, status=404))["code"] == "unknown-run"


@pytest.mark.parametrize(("verb", "path"), EXAMPLES.values(), ids=str)
async def test_a_run_that_is_driven_is_left_alone(
    jp_fetch: Any, runs: GoldenRuns, verb: str, path: tuple[str, ...]
):
    runs.add("success-matrix", lines=9, run=RUN, driven=True)

    said = await told(jp_fetch, verb, *path, status=409)

    assert said["code"] == "run-busy"
    assert (runs.folder / RUN).exists()


@pytest.mark.parametrize("verb", ["resume", "retry"])
@pytest.mark.parametrize("body", ["[]", '{"way": "sideways"}', '{"jobs": "two"}', '{"step": "a"}'])
async def test_wrong_input_is_refused(jp_fetch: Any, runs: GoldenRuns, verb: str, body: str):
    runs.add("success-matrix", run=RUN)

    assert (await told(jp_fetch, "POST", "runs", RUN, verb, status=400, body=body))["code"] == "bad-body"


async def test_a_run_is_removed(jp_fetch: Any, runs: GoldenRuns):
    runs.add("success-matrix", run=RUN)

    said = await told(jp_fetch, "DELETE", "runs", RUN, status=200)

    assert said["run"] == RUN
    assert not (runs.folder / RUN).exists()
    assert await asked(jp_fetch, "runs") == {"runs": []}


async def test_runs_are_listed_by_what_the_query_asks_for(jp_fetch: Any, runs: GoldenRuns):
    succeeded, cancelled = runs.add("success-matrix"), runs.add("cancelled")

    def ids(said: dict[str, Any]) -> list[str]:
        return [run["run"] for run in said["runs"]]

    assert set(ids(await asked(jp_fetch, "runs"))) == {succeeded, cancelled}
    assert ids(await asked(jp_fetch, "runs", state="cancelled")) == [cancelled]
    assert ids(await asked(jp_fetch, "runs", until="2001-01-01")) == []
    assert ids(await asked(jp_fetch, "runs", tag="nobody")) == []
    for wrong, code in (("state", "unknown-state"), ("since", "wrong-time")):
        with pytest.raises(HTTPClientError) as raised:
            await asked(jp_fetch, "runs", **{wrong: "soonish"})
        assert raised.value.response is not None
        assert json.loads(raised.value.response.body)["code"] == code
