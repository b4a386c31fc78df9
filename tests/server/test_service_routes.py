"""Models that are served, over REST. That MLflow's server answers is seen in the acceptance tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dagbook.server.handlers import DagbookHandler
from dagbook.server.service_handlers import SERVICE_ROUTES
from dagbook.services.folder import Service, watching, write_service
from tests.server.test_launch_routes import options_of, told
from tests.server.test_routes import VERBS

EXAMPLES = {
    r"dagbook/api/models/([^/]+)/interface": ("GET", ("models", "churn", "interface")),
    r"dagbook/api/services": ("GET", ("services",)),
    r"dagbook/api/services/([^/]+)": ("GET", ("services", "churn")),
    r"dagbook/api/services/([^/]+)/invocations": ("POST", ("services", "churn", "invocations")),
}


def test_every_route_has_an_example():
    assert set(EXAMPLES) == {pattern for pattern, _ in SERVICE_ROUTES}


@pytest.mark.parametrize("handler", [handler for _, handler in SERVICE_ROUTES], ids=lambda one: one.__name__)
def test_every_verb_of_every_handler_asks_for_authentication_and_authorization(handler: type[DagbookHandler]):
    own = [vars(handler)[verb] for verb in {*VERBS, "delete"} if verb in vars(handler)]
    assert own
    for method in own:
        assert hasattr(method.__wrapped__, "__wrapped__")


@pytest.mark.parametrize(("verb", "path"), EXAMPLES.values(), ids=str)
async def test_without_a_token_every_route_is_forbidden(jp_fetch: Any, verb: str, path: tuple[str, ...]):
    said = await told(
        jp_fetch, *path, status=403, headers={"Authorization": ""}, follow_redirects=False, **options_of(verb)
    )
    assert said["code"] == "forbidden"


async def test_services_are_listed_and_what_is_not_ready_is_said(jp_fetch: Any, jp_root_dir: Path):
    folder = jp_root_dir / ".dagbook" / "services" / "churn"
    (jp_root_dir / ".dagbook" / "runs").mkdir(parents=True)
    service = Service(
        service="churn", model="churn@champion", name="churn", version=2, state="starting",
        address=f"unix:{jp_root_dir}/none", log=str(folder / "log"),
    )  # fmt: skip
    with watching(folder):
        write_service(folder, service)
        (folder / "log").write_text("loading")
        (listed,) = (await told(jp_fetch, "services"))["services"]
        assert (listed["model"], listed["state"], listed["project"]) == ("churn@champion", "starting", ".")
        assert (await told(jp_fetch, "services", "churn"))["log_text"] == "loading"
        said = await told(jp_fetch, "services", "churn", "invocations", body={}, status=503)
        assert said["code"] == "service-not-ready"
    assert (await told(jp_fetch, "services", "churn"))["state"] == "lost"


REFUSED = [
    (("services", "ghost"), None, 404, "unknown-service"),
    (("services", "ghost", "invocations"), {}, 404, "unknown-service"),
    (("services",), {}, 400, "bad-body"),
    (("services",), {"model": "a/b/c"}, 400, "model-name"),
    (("services",), {"model": "churn@champion"}, 404, "unknown-model"),
    (("models", "churn", "interface"), None, 404, "unknown-model"),
]


async def test_what_cannot_be_is_refused(jp_fetch: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for path, body, status, code in REFUSED:
        assert (await told(jp_fetch, *path, body=body, status=status))["code"] == code
