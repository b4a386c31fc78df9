"""The routes of recorded runs: what is wrong, what is not there, and what comes back."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from tests.server.asking import RECORD, told
from tests.server.recorded_project import NASTY, PNG, Recorded, record
from tests.unit.notebook.notebooks import with_parameters

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("recorded"))


@pytest.fixture
def jp_root_dir(recorded: Recorded) -> Path:
    """The server shows that project: a store takes seconds to make."""
    return recorded.folder


@pytest.fixture
def ask(jp_fetch: Any) -> Any:
    async def asked(*path: str, status: int = 200, **params: Any) -> Any:
        return await told(jp_fetch, "tracked", *path, params=params, status=status)

    return asked


@pytest.fixture
def change(jp_fetch: Any) -> Any:
    async def changed(method: str, *path: str, body: Any = None, status: int = 200) -> Any:
        text = None if body is None else json.dumps(body)
        options = {"method": method, "body": text, "allow_nonstandard_methods": True}
        try:
            response = await jp_fetch("dagbook", "api", "tracked", *path, **options)
        except HTTPClientError as error:
            response = error.response
        assert response.code == status, response.body
        return json.loads(response.body)

    return changed


def names(said: Any) -> list[str]:
    return [run["name"] for run in said["runs"]]


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        (("runs",), {"scope": "galaxy"}, "bad-scope"),
        (("runs",), {"scope": "notebook", "path": "../x.ipynb"}, "bad-path"),
        (("runs",), {"scope": "notebook"}, "bad-path"),
        (("runs",), {"limit": "1001"}, "bad-limit"),
        (("runs",), {"deleted": "yes"}, "bad-deleted"),
        (("runs",), {"order": "acc"}, "bad-order"),
        (("runs",), {"order": "attributes.mood"}, "bad-order"),
        (("runs",), {"after": "garbage"}, "bad-token"),
        (("runs",), {"filter": "metrics.acc >"}, "mlflow-refused"),
        (("runs",), {"filter": "params.depth = 4"}, "mlflow-refused"),
        (("runs", "a b"), {}, "bad-tracked-run"),
        (("runs", "~"), {}, "bad-tracked-run"),
        (("runs", RECORD, "artifacts"), {"path": "../../etc"}, "bad-artifact"),
        (("runs", RECORD, "preview"), {"path": "/etc/passwd"}, "bad-artifact"),
        (("runs", RECORD, "download"), {"path": "a/%2e%2e/b"}, "bad-artifact"),
        (("runs", RECORD, "notebook"), {"path": "a#b"}, "bad-artifact"),
        (("series",), {}, "bad-series"),
        (("series",), {"run": RECORD, "metric": "a", "points": "3"}, "bad-points"),
    ],
)
async def test_wrong_input_is_told_what_to_write(
    ask: Any, path: tuple[str, ...], params: dict[str, str], code: str
):
    said = await ask(*path, status=400, **params)

    assert said["code"] == code
    assert said["remedy"]


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        (("runs", RECORD), {}, "unknown-tracked-run"),
        (("runs", RECORD, "artifacts"), {}, "unknown-tracked-run"),
        (("runs", RECORD, "preview"), {"path": "a"}, "unknown-tracked-run"),
        (("runs", RECORD, "notebook"), {"path": "a"}, "unknown-tracked-run"),
        (("runs", RECORD, "download"), {"path": "a"}, "unknown-tracked-run"),
        (("series",), {"run": RECORD, "metric": "a"}, "unknown-tracked-run"),
        (("runs",), {"scope": "notebook", "path": "ghost.ipynb"}, "no-such-file"),
    ],
)
async def test_what_is_not_there_is_not_found(
    ask: Any, path: tuple[str, ...], params: dict[str, str], code: str
):
    assert (await ask(*path, status=404, **params))["code"] == code


@pytest.mark.parametrize("verb", ["PATCH", "DELETE"])
async def test_what_is_not_there_is_not_changed(change: Any, verb: str):
    said = await change(verb, "runs", RECORD, body={"name": "x"}, status=404)
    assert said["code"] == "unknown-tracked-run"


async def test_a_notebooks_runs_are_listed_newest_first(ask: Any, recorded: Recorded):
    said = await ask("runs", scope="notebook", path="train.ipynb")

    assert names(said) == ["going on", NASTY, "beta", "alpha", "rich", "own start_run"]
    assert (said["next"], said["away"]) == (None, [])
    rich = said["runs"][4]
    assert (rich["status"], rich["seconds"], rich["user"]) == ("finished", 5.0, "ada")
    assert (rich["path"], rich["experiment"], rich["project"]) == ("train.ipynb", "digits", ".")
    assert (rich["metrics"]["bad"], rich["metrics"]["worse"]) == ("NaN", "Infinity")
    assert rich["tags"] == {"team": "vision"}
    assert names(await ask("runs", scope="notebook", path="other.ipynb")) == ["elsewhere"]


async def test_everything_and_one_experiment(ask: Any):
    assert len(names(await ask("runs"))) == 7
    assert len(names(await ask("runs", scope="experiment", experiment="digits"))) == 7
    assert names(await ask("runs", scope="experiment", experiment="nobody's")) == []
    assert names(await ask("runs", deleted="1")) == ["gone"]
    found = (await ask("experiments"))["experiments"]
    assert {"name": "digits", "project": "."} in found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("metrics.acc > 0.6 and params.depth = '0'", ["alpha"]),
        ("attributes.status = 'FAILED'", ["beta"]),
        ("ALPH", ["alpha"]),
        ("failed bet", ["beta"]),
        ("<img", [NASTY]),
        ('it\'s "odd"', []),
        ("tags.team = 'vision'", ["rich"]),
    ],
)
async def test_a_filter_is_mlflows_or_words_of_a_name(ask: Any, typed: str, found: list[str]):
    assert names(await ask("runs", filter=typed)) == found


async def test_runs_are_ordered_by_any_column_and_without_a_value_last(ask: Any):
    best = names(await ask("runs", order="metrics.acc desc"))
    worst = names(await ask("runs", order="metrics.acc asc"))
    assert best[:2] == ["beta", "alpha"]
    assert worst[:2] == ["alpha", "beta"]
    assert names(await ask("runs", order="attributes.start_time asc"))[0] == "elsewhere"


@pytest.mark.parametrize(
    "params", [{}, {"scope": "notebook", "path": "train.ipynb"}], ids=["all", "notebook"]
)
async def test_pages_go_on_where_the_last_one_ended(ask: Any, params: dict[str, str]):
    whole = names(await ask("runs", **params))
    found, token = [], ""
    while token is not None:
        page = await ask("runs", limit="2", after=token, **params)
        found += names(page)
        token = page["next"]
    assert found == whole


async def test_one_run_is_told_whole(ask: Any, recorded: Recorded):
    said = await ask("runs", recorded.ids["rich"])

    assert said["params"] == {"depth": "4", "markup": NASTY}
    assert said["cells"]["metric"] == {"loss": "cell-2"}
    assert said["all_tags"]["mlflow.user"] == "ada"
    assert said["git"]["dirty"] == "yes"
    assert (said["models"], said["children"], said["link"]) == ([], [], None)


async def test_a_series_is_thinned_out_and_keeps_its_extremes(ask: Any, recorded: Recorded):
    (said,) = (await ask("series", run=recorded.ids["rich"], metric="loss", points="100"))["series"]

    assert said["total"] == 3000
    assert len(said["values"]) <= 100
    assert said["steps"] == sorted(said["steps"])
    assert (said["values"][0], said["steps"][-1]) == (1.0, 2999)
    assert said["values"][said["steps"].index(1500)] == 99.0


async def test_a_short_series_is_whole_and_strange_values_are_text(ask: Any, recorded: Recorded):
    run = recorded.ids["rich"]
    by_key = {
        key: (await ask("series", run=run, metric=key))["series"][0]
        for key in ("stepless", "bad", "worse", "nothing")
    }
    assert by_key["stepless"]["values"] == [float(at % 7) for at in range(40)]
    assert (by_key["bad"]["values"], by_key["worse"]["values"]) == (["NaN"], ["Infinity"])
    assert by_key["nothing"]["total"] == 0


async def test_artifacts_are_listed_folders_first(ask: Any, recorded: Recorded):
    said = await ask("runs", recorded.ids["rich"], "artifacts")

    assert said["entries"][0] == {"path": "sub folder", "name": "sub folder", "folder": True, "size": None}
    inside = await ask("runs", recorded.ids["rich"], "artifacts", path="sub folder")
    assert "sub folder/rows.csv" in [one["path"] for one in inside["entries"]]


async def test_artifacts_are_previewed_by_what_they_are(ask: Any, recorded: Recorded):
    async def seen(path: str) -> Any:
        return await ask("runs", recorded.ids["rich"], "preview", path=path)

    picture = await seen("figure.png")
    assert (picture["kind"], base64.b64decode(picture["data"])) == ("picture", PNG)
    table = await seen("sub folder/rows.csv")
    assert (table["kind"], table["columns"], table["rows"]) == (
        "table", ["name", "value"], [["<b>", "1"], ["y", "2"]],
    )  # fmt: skip
    assert (await seen("notes.txt"))["text"] == "plain\n"
    assert (await seen("page.html"))["kind"] == "text"
    assert (await seen("facts.json"))["text"] == '{\n  "a": 1\n}'
    large = await seen("large.log")
    assert (len(large["text"]), large["cut"]) == (200_000, True)
    assert (await seen("model.bin"))["kind"] == "binary"
    assert (await seen("executed.ipynb"))["kind"] == "notebook"
    assert (await seen("broken.ipynb"))["kind"] == "text"


async def test_a_notebook_among_the_artifacts_is_a_document(ask: Any, recorded: Recorded):
    run = recorded.ids["rich"]
    document = await ask("runs", run, "notebook", path="executed.ipynb")
    assert document["cells"][0]["source"]
    for path, code in (("broken.ipynb", "no-notebook"), ("ghost.ipynb", "no-artifact"), ("", "no-artifact")):
        assert (await ask("runs", run, "notebook", path=path, status=404))["code"] == code


async def test_a_link_out_of_the_artifacts_is_not_followed(ask: Any, recorded: Recorded):
    run = recorded.ids["alpha"]
    folder = Path(recorded.client.get_run(run).info.artifact_uri.removeprefix("file://"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "link.txt").symlink_to(recorded.notebook)
    for route in ("preview", "download"):
        assert (await ask("runs", run, route, path="link.txt", status=404))["code"] == "no-artifact"


async def test_an_artifact_is_downloaded_and_never_shown_as_a_page(jp_fetch: Any, recorded: Recorded):
    response = await jp_fetch(
        "dagbook", "api", "tracked", "runs", recorded.ids["rich"], "download", params={"path": "page.html"}
    )

    assert response.body == b"<script>alert(1)</script>"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")


async def test_a_run_is_renamed_tagged_and_noted(change: Any, recorded: Recorded):
    run = recorded.add("plain", at=2000)

    said = await change("PATCH", "runs", run, body={"name": " best ", "note": "*", "tags": {"team": "a"}})
    assert (said["name"], said["note"], said["tags"]) == ("best", "*", {"team": "a"})

    said = await change("PATCH", "runs", run, body={"tags": {"team": None, "absent": None, "new": "b"}})
    assert (said["name"], said["tags"]) == ("best", {"new": "b"})
    recorded.client.delete_run(run)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "bad-body"),
        ({}, "bad-body"),
        ({"status": "FINISHED"}, "bad-body"),
        ({"name": 3}, "bad-body"),
        ({"name": "  "}, "bad-name"),
        ({"name": "n" * 251}, "bad-name"),
        ({"note": "n" * 8001}, "bad-note"),
        ({"tags": {"mlflow.user": "eve"}}, "bad-tag"),
        ({"tags": {"": "x"}}, "bad-tag"),
        ({"tags": {"a": 3}}, "bad-tag"),
        ({"tags": {"a": "n" * 8001}}, "bad-tag"),
    ],
)
async def test_what_cannot_be_a_name_or_a_tag_is_told(change: Any, recorded: Recorded, body: Any, code: str):
    assert (await change("PATCH", "runs", recorded.ids["rich"], body=body, status=400))["code"] == code


async def test_a_deleted_run_comes_back(ask: Any, change: Any, recorded: Recorded):
    run = recorded.add("to and fro", at=700)

    assert await change("DELETE", "runs", run) == {"run": run, "deleted": True}
    await change("DELETE", "runs", run)
    assert "to and fro" not in names(await ask("runs"))
    assert (await ask("runs", run))["deleted"]
    assert await change("POST", "runs", run, "restore") == {"run": run, "deleted": False}
    assert "to and fro" in names(await ask("runs"))
    recorded.client.delete_run(run)


@pytest.mark.parametrize(
    ("typed", "is_words"),
    [
        ("metrics.acc > 0.9", False),
        ("acc>=3", False),
        ("start_time > 12 and x = 'a'", False),
        ("status IN ('FAILED')", False),
        ("a note is null", False),
        ("is it in the dark", True),
        ("a<b", True),
        ("depth=deep", True),
        ("<script>", True),
    ],
)
def test_what_is_a_filter_and_what_are_words(typed: str, is_words: bool):
    from dagbook.server.tracked.listing import filter_of

    assert (filter_of(typed) != typed) is is_words


async def test_the_executed_notebooks_of_two_runs_are_compared(
    jp_fetch: Any, recorded: Recorded, tmp_path: Path
):
    alpha, beta = recorded.ids["alpha"], recorded.ids["beta"]
    for run, depth in ((alpha, 4), (beta, 5)):
        (tmp_path / "notebook.ipynb").write_text(json.dumps(with_parameters(f"depth = {depth}")))
        recorded.client.log_artifact(run, str(tmp_path / "notebook.ipynb"))
    said = await told(jp_fetch, "tracked", "cells", params=[("run", alpha), ("run", beta)])
    assert (said["left"]["path"], said["right"]["path"]) == ("notebook.ipynb", "notebook.ipynb")
    (changed,) = said["cells"]
    assert (changed["change"], changed["lines"]) == ("source", [["-", "depth = 4"], ["+", "depth = 5"]])
    for other, status, code in (
        ([], 400, "which-runs"),
        ([("run", recorded.ids["elsewhere"])], 404, "no-notebook"),
        ([("run", RECORD)], 404, "unknown-tracked-run"),
    ):
        params = [("run", alpha), *other]
        assert (await told(jp_fetch, "tracked", "cells", params=params, status=status))["code"] == code
