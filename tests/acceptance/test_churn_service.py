"""The churn example, from data to a service: a good model is promoted and served, a worse one stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from moto.server import ThreadedMotoServer

from dagbook.services.ask import ask
from tests.acceptance.project import Answer, Project, refused
from tests.architecture.sources import ROOT

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

ROLE = "arn:aws:iam::123456789012:role/serving"
FILE = "churn.pipeline.yaml"
GATE = "auc > 0.7 and auc >= current.auc"


def told(project: Project, *words: str) -> Answer:
    return project.dagbook(*words, timeout=400)


@pytest.fixture
def churn(tmp_path: Path, make_project: Callable[[Path], Project]) -> Iterator[Project]:
    project = make_project(tmp_path / "churn")
    for path in (ROOT / "examples" / "churn-service").iterdir():
        if path.is_file():
            shutil.copy(path, project.folder)
    yield project
    told(project, "serve", "churn@champion", "--stop")


@pytest.fixture
def amazon(churn: Project) -> Iterator[None]:
    """A simulation of S3 and SageMaker, and an account there."""
    server = ThreadedMotoServer(port=0)
    server.start()
    churn.env |= {
        "AWS_ENDPOINT_URL": "http://{}:{}".format(*server.get_host_and_port()), "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "eu-north-1",
    }  # fmt: skip
    yield
    server.stop()


def deployed(churn: Project) -> None:
    """The champion goes to SageMaker, and is taken away; what cannot be is said."""

    def deploy(*words: str, to: str = "sagemaker:/eu-north-1") -> Answer:
        return told(churn, "deploy", to, *words)

    told_it = ("-C", f"execution_role_arn={ROLE}", "-C", "image_url=1.dkr.ecr/mlflow:3")
    made = deploy("churn@champion", *told_it, "--json")
    assert made.code == 0, made.said
    there = {"target": "sagemaker:/eu-north-1", "name": "churn", "state": "InService", "warnings": []}
    assert made.json == there | {"model": "churn/1"}
    assert "churn  InService" in deploy("--list").out

    refused(deploy("churn@champion", *told_it), "has a deployment 'churn' already", "--update replaces it")
    refused(deploy("churn@champion", "--name", "chrun", "--update"), "did you mean 'churn'?")
    refused(deploy("churn@champion", "--name", "b", "-C", "instance_cuont=2"), "'instance_count'")
    refused(deploy("churn@champion", to="sagemakr"), "no deployment target 'sagemakr'", "'sagemaker'")
    failed = deploy("churn@champion", "--name", "b", "-C", "instance_count=two")
    assert failed.code == 3
    assert "invalid literal" in failed.err

    assert deploy("--delete", "churn", "--json").json["state"] == "deleted"
    refused(deploy("--delete", "churn"), "has no deployment 'churn'")


@pytest.mark.usefixtures("amazon")
def test_a_model_from_data_to_a_service_and_a_worse_one_stopped(churn: Project):
    made = told(churn, "run", FILE, "-p", "rows=600", "--json")
    assert made.code == 0, made.said

    version = told(churn, "models", "show", "churn/1", "--json").json
    assert (version["version"], version["made_by"]["step"]) == (1, "train")
    assert version["made_by"]["cell"] == "tra-6"
    assert version["metrics"]["check.better_than_guessing"] == 1.0
    assert (version["aliases"], version["promotions"][0]["condition"]) == (["champion"], GATE)

    scored = made.step("score")["outputs"]
    table = pd.read_parquet(scored["predictions"])
    assert (list(table), len(table)) == (["tenure", "monthly", "prediction"], scored["scored"])
    planned = told(churn, "plan", FILE, "-p", "rows=600", "--json").json
    assert {step["state"] for step in planned["steps"]} == {"reuse"}

    # Served where nothing of the environment is on PATH.
    churn.env["PATH"] = "/usr/bin:/bin"
    served = told(churn, "serve", "churn@champion", "--port", "0", "--detach", "--json")
    assert served.code == 0, served.said
    example = next((churn.folder / ".dagbook" / "artifacts").rglob("serving_input_example.json"))
    address = served.json["url"].removeprefix("http://").removesuffix("/invocations")
    reply = ask(address, "/invocations", example.read_bytes(), {"Content-Type": "application/json"}, 60)
    assert len(json.loads(reply.body)["predictions"]) == 2

    deployed(churn)

    worse = told(churn, "check", FILE, "-p", "rows=600", "-p", "noise=40", "--junit", "checks.xml", "--json")
    assert worse.code == 1
    held = {check["name"]: check["passed"] for check in worse.json["checks"]}
    assert (held["enough_customers"], held["better_than_guessing"]) == (True, False)
    failed = [case.get("name") for case in ET.parse(churn.folder / "checks.xml").iter("testcase")
              if case.find("failure") is not None]  # fmt: skip
    assert failed == ["train", "check better_than_guessing"]
    assert len(told(churn, "models", "show", "churn", "--json").json["versions"]) == 1
    (model,) = told(churn, "models", "--json").json["models"]
    assert model["aliases"] == {"champion": 1}
