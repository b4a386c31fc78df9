"""Schedules over REST, and the server as their scheduler."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tornado.httpclient import HTTPClientError

from dagbook.journals.lock import is_held
from tests.acceptance.notebooks import notebook, write
from tests.acceptance.project import wait_until
from tests.needs import needs_here

needs_here("cronsim")

PIPELINE = "pipeline: churn\nnodes:\n  n: {notebook: n.ipynb}\n"


@pytest.fixture
def pipeline(jp_root_dir: Path) -> Path:
    write(jp_root_dir / "n.ipynb", notebook("x = 1"))
    file = jp_root_dir / "churn.pipeline.yaml"
    file.write_text(PIPELINE)
    return file


async def add(jp_fetch, **body: object):
    body = {"path": "churn.pipeline.yaml", "cron": "0 6 1 1 *", **body}
    return await jp_fetch("dagbook", "api", "schedules", method="POST", body=json.dumps(body))


async def test_a_schedule_is_added_listed_and_deleted(pipeline: Path, jp_fetch):
    added = await add(jp_fetch, timezone="Europe/Oslo", missed="skip")
    assert added.code == 201
    assert json.loads(added.body)["schedule"] == "churn"
    listed = json.loads((await jp_fetch("dagbook", "api", "schedules")).body)
    (found,) = listed["schedules"]
    assert (found["schedule"], found["missed"], found["project"]) == ("churn", "skip", ".")
    gone = await jp_fetch("dagbook", "api", "schedules", "churn", method="DELETE")
    assert gone.code == 204
    assert json.loads((await jp_fetch("dagbook", "api", "schedules")).body)["schedules"] == []


async def test_the_first_thing_in_a_project_may_be_a_schedule(pipeline: Path, jp_fetch):
    assert json.loads((await jp_fetch("dagbook", "api", "schedules")).body)["schedules"] == []
    below = pipeline.parent / "below"
    (below / ".dagbook").mkdir(parents=True)
    pipeline.rename(below / pipeline.name)
    write(below / "n.ipynb", notebook("x = 1"))
    await add(jp_fetch, path="below/churn.pipeline.yaml")
    (found,) = json.loads((await jp_fetch("dagbook", "api", "schedules")).body)["schedules"]
    assert (found["schedule"], found["project"]) == ("churn", "below")


async def test_a_schedule_is_paused_and_goes_on(pipeline: Path, jp_fetch):
    await add(jp_fetch)
    for verb, is_paused in (("pause", True), ("pause", True), ("resume", False)):
        response = await jp_fetch("dagbook", "api", "schedules", "churn", verb, method="POST", body="{}")
        said = json.loads(response.body)
        assert (said["paused"], said["next"] is None) == (is_paused, is_paused)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"cron": "never"}, "schedule-cron"),
        ({"cron": 5}, "bad-body"),
        ({"path": "../x.pipeline.yaml"}, "bad-path"),
        ({"params": {"rows": 1}}, "bad-body"),
        ({"params": {"rows": "1"}}, "unknown-parameter"),
        ({"missed": "perhaps"}, "bad-body"),
    ],
)
async def test_a_wrong_schedule_is_refused_with_its_code(pipeline: Path, jp_fetch, body: dict, code: str):
    with pytest.raises(HTTPClientError) as refused:
        await add(jp_fetch, **body)
    assert refused.value.code in {400, 404}
    assert json.loads(refused.value.response.body)["code"] == code


async def test_a_schedule_that_does_not_exist_is_not_found(jp_fetch, jp_root_dir):
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("dagbook", "api", "schedules", "nightly", method="DELETE")
    assert refused.value.code == 404


async def test_the_server_takes_the_lease_of_a_project_with_schedules_and_lets_go(
    pipeline: Path, jp_fetch, jp_serverapp, tmp_path: Path
):
    from dagbook.server.scheduling import ServerScheduler

    await add(jp_fetch)
    folder = pipeline.parent / ".dagbook" / "schedules"
    serving = ServerScheduler(lambda: [pipeline.parent], jp_serverapp.log)
    serving.start()
    wait_until(lambda: is_held(folder), 30)
    serving.stop()
    wait_until(lambda: not is_held(folder), 60)
