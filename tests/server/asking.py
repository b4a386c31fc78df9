"""How the tests ask the server, and every route with what it is asked."""

from __future__ import annotations

import json
from typing import Any

from tornado.httpclient import HTTPClientError

RUN = "20261122-194502-ab12cd"
RECORD = "0123456789abcdef0123456789abcdef"
VERBS = ("get", "head", "post", "put", "patch", "delete")

# For each route its verbs, and the path they are asked at; a new route has to be added here.
EXAMPLES: dict[str, tuple[str, tuple[str, ...]]] = {
    r"dagbook/api/runs": ("GET POST", ("runs",)),
    r"dagbook/api/runs/([^/]+)": ("GET DELETE", ("runs", RUN)),
    r"dagbook/api/runs/([^/]+)/events": ("GET", ("runs", RUN, "events")),
    r"dagbook/api/runs/([^/]+)/steps/([^/]+)/notebook": ("GET", ("runs", RUN, "steps", "best", "notebook")),
    r"dagbook/api/runs/([^/]+)/steps/([^/]+)/log": ("GET", ("runs", RUN, "steps", "best", "log")),
    r"dagbook/api/runs/([^/]+)/steps/([^/]+)/open": ("POST", ("runs", RUN, "steps", "best", "open")),
    r"dagbook/api/runs/([^/]+)/steps/([^/]+)/attach": ("POST", ("runs", RUN, "steps", "best", "attach")),
    r"dagbook/api/runs/([^/]+)/steps/([^/]+)/continue": ("POST", ("runs", RUN, "steps", "best", "continue")),
    r"dagbook/api/runs/([^/]+)/steps/([^/]+)/release": ("POST", ("runs", RUN, "steps", "best", "release")),
    r"dagbook/api/runs/([^/]+)/steps/([^/]+)/values": ("GET", ("runs", RUN, "steps", "best", "values")),
    r"dagbook/api/runs/([^/]+)/steps/([^/]+)/preview": ("GET", ("runs", RUN, "steps", "best", "preview")),
    r"dagbook/api/runs/([^/]+)/history": ("GET", ("runs", RUN, "history")),
    r"dagbook/api/runs/([^/]+)/report": ("GET", ("runs", RUN, "report")),
    r"dagbook/api/runs/([^/]+)/resume": ("POST", ("runs", RUN, "resume")),
    r"dagbook/api/runs/([^/]+)/retry": ("POST", ("runs", RUN, "retry")),
    r"dagbook/api/runs/([^/]+)/cancel": ("POST", ("runs", RUN, "cancel")),
    r"dagbook/api/runs/([^/]+)/approve": ("POST", ("runs", RUN, "approve")),
    r"dagbook/api/runs/([^/]+)/trials": ("GET", ("runs", RUN, "trials")),
    r"dagbook/api/launchables": ("GET", ("launchables",)),
    r"dagbook/api/parameters": ("GET", ("parameters",)),
    r"dagbook/api/plan": ("POST", ("plan",)),
    r"dagbook/api/defaults": ("POST", ("defaults",)),
    r"dagbook/api/cells": ("GET", ("cells",)),
    r"dagbook/api/pipeline/check": ("POST", ("pipeline", "check")),
    r"dagbook/api/pipeline/draft": ("POST", ("pipeline", "draft")),
    r"dagbook/api/pipeline/schema": ("GET", ("pipeline", "schema")),
    r"dagbook/api/schedules": ("GET POST", ("schedules",)),
    r"dagbook/api/schedules/([A-Za-z0-9_-]+)": ("DELETE", ("schedules", "churn")),
    r"dagbook/api/schedules/([A-Za-z0-9_-]+)/run": ("POST", ("schedules", "churn", "run")),
    r"dagbook/api/schedules/([A-Za-z0-9_-]+)/pause": ("POST", ("schedules", "churn", "pause")),
    r"dagbook/api/schedules/([A-Za-z0-9_-]+)/resume": ("POST", ("schedules", "churn", "resume")),
    r"dagbook/api/models": ("GET POST", ("models",)),
    r"dagbook/api/models/([^/]+)": ("GET PATCH", ("models", "churn")),
    r"dagbook/api/models/([^/]+)/promote": ("POST", ("models", "churn", "promote")),
    r"dagbook/api/models/([^/]+)/aliases/([^/]+)": ("DELETE", ("models", "churn", "aliases", "champion")),
    r"dagbook/api/models/([^/]+)/interface": ("GET", ("models", "churn", "interface")),
    r"dagbook/api/services": ("GET POST", ("services",)),
    r"dagbook/api/services/([^/]+)": ("GET DELETE", ("services", "churn")),
    r"dagbook/api/services/([^/]+)/invocations": ("POST", ("services", "churn", "invocations")),
    r"dagbook/api/tracked/runs": ("GET", ("tracked", "runs")),
    r"dagbook/api/tracked/experiments": ("GET", ("tracked", "experiments")),
    r"dagbook/api/tracked/series": ("GET", ("tracked", "series")),
    r"dagbook/api/tracked/cells": ("GET", ("tracked", "cells")),
    r"dagbook/api/tracked/runs/([^/]+)": ("GET PATCH DELETE", ("tracked", "runs", RECORD)),
    r"dagbook/api/tracked/runs/([^/]+)/restore": ("POST", ("tracked", "runs", RECORD, "restore")),
    r"dagbook/api/tracked/runs/([^/]+)/artifacts": ("GET", ("tracked", "runs", RECORD, "artifacts")),
    r"dagbook/api/tracked/runs/([^/]+)/preview": ("GET", ("tracked", "runs", RECORD, "preview")),
    r"dagbook/api/tracked/runs/([^/]+)/notebook": ("GET", ("tracked", "runs", RECORD, "notebook")),
    r"dagbook/api/tracked/runs/([^/]+)/download": ("GET", ("tracked", "runs", RECORD, "download")),
    r"dagbook/api/openapi\.json": ("GET", ("openapi.json",)),
    r"dagbook/api(?:/.*)?": ("GET POST PATCH DELETE", ("elsewhere",)),
}
EVERY = [(verb, path) for verbs, path in EXAMPLES.values() for verb in verbs.split()]


async def told(fetch: Any, *path: str, body: Any = None, status: int = 200, **options: Any) -> Any:
    """The JSON of an answer, which must have that status. What has a body is posted."""
    if body is not None:
        options = {"method": "POST", "body": body if isinstance(body, str) else json.dumps(body)} | options
    try:
        response = await fetch("dagbook", "api", *path, **options)
    except HTTPClientError as error:
        response = error.response
    assert response.headers["Content-Type"].startswith("application/json")
    said = json.loads(response.body)
    assert response.code == status, said
    return said


def options_of(verb: str) -> dict[str, Any]:
    """What to fetch with, for a request with this verb and perhaps an empty body."""
    return {"method": verb, **({"body": "{}"} if verb in ("POST", "PATCH") else {})}
