"""Writes the published JSON Schema of what commands answer with `--json`: `python -m tests.docs.answers`."""

# ruff: noqa: E501  # a table

from __future__ import annotations

import json
from typing import Any, get_args

from dagbook.run.state import RunStatus, StepStatus
from tests.architecture.sources import PACKAGE, ROOT

PLACES = (
    PACKAGE / "schemas" / "answers.schema.json",
    ROOT / "docs" / "reference" / "answers.schema.json",
)
TEXT, NUMBER, WHOLE, YES = ({"type": kind} for kind in ("string", "number", "integer", "boolean"))
ANY: dict[str, Any] = {}
NOTHING = {"type": "null"}
TIME = {"type": "string", "description": "ISO 8601."}
BYTES = {"type": "integer", "minimum": 0, "description": "Bytes."}
SECONDS = {"type": ["number", "null"], "description": "Seconds."}
PATH = {"type": "string", "description": "An absolute path."}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def a_list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def by_name(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": of}


def maybe(of: dict[str, Any]) -> dict[str, Any]:
    return (
        {**of, "type": [of["type"], "null"]}
        if isinstance(of.get("type"), str)
        else {"anyOf": [of, {"type": "null"}]}
    )


def one_of(*words: str) -> dict[str, Any]:
    return {"enum": list(words)}


def record(said: str, perhaps: dict[str, Any] | None = None, /, **keys: dict[str, Any]) -> dict[str, Any]:
    """An object with these keys, and perhaps others. A later version may add keys; it takes none away."""
    keys = {name.rstrip("_"): kind for name, kind in keys.items()}
    properties = {**keys, **(perhaps or {})}
    return {"type": "object", "description": said, "properties": properties, "required": list(keys)}


RUN_STATES, STEP_STATES = get_args(RunStatus), get_args(StepStatus)
MODEL = {
    "name": TEXT, "description": TEXT, "aliases": by_name(WHOLE), "latest": maybe(WHOLE), "changed": TEXT,
    "tags": by_name(TEXT),
}  # fmt: skip
PARTS = {
    "Finding": record(
        "One thing that is wrong, where, and what to do; see the page of errors.", code=TEXT, message=TEXT,
        remedy=TEXT, file=maybe(TEXT), line=maybe(WHOLE), column=maybe(WHOLE), node=maybe(TEXT),
        cell=maybe(WHOLE), parameter=maybe(TEXT), severity=one_of("error", "warning"),
    ),
    "Error": record("What a command answers that could not do what it was asked.", error=a_list(ref("Finding"))),
    "Run": record(
        "A run as a whole.", run=TEXT, pipeline=TEXT, state=one_of(*RUN_STATES), folder=PATH,
        tracking_uri=maybe(TEXT), tracking_lost=maybe(TEXT), experiment=maybe(TEXT), mlflow_run_id=maybe(TEXT), started=maybe(TIME),
        finished=maybe(TIME), seconds=SECONDS, user=TEXT, schedule=maybe(TEXT), due=maybe(TIME), file=TEXT,
        params=by_name(ANY), tags=by_name(TEXT), damage=maybe(TEXT), steps=a_list(ref("Step")),
        hooks=a_list(ref("Hook")),
    ),
    "Step": record(
        "A step of a run.", step=TEXT, node=TEXT, needs=a_list(TEXT), item=by_name(ANY),
        state=one_of(*STEP_STATES), reason=TEXT, outputs=by_name(ANY), notebook=maybe(PATH), log=maybe(PATH),
        mlflow_run_id=maybe(TEXT), attempt=WHOLE, cell=maybe(WHOLE), total=maybe(WHOLE), line=TEXT,
        waiting=maybe(TEXT), approval=maybe(ref("Approval")), held=maybe(ref("Held")), by_hand=maybe(TEXT), started=maybe(TIME), finished=maybe(TIME),
        seconds=SECONDS, peak_memory=maybe(BYTES), stopped_early=maybe(WHOLE), warnings=a_list(TEXT),
        error=maybe(ref("StepError")),
    ),
    "Plan": record(
        "What would be done: a run, with what only one that was made can know left empty.", run=NOTHING,
        pipeline=TEXT, state=one_of("planned"), folder=NOTHING, tracking_uri=NOTHING, mlflow_run_id=NOTHING,
        file=TEXT, params=by_name(ANY), steps=a_list(ref("PlannedStep")),
    ),
    "PlannedStep": record(
        "A step that would be run, reused or skipped, and why.", step=TEXT, node=TEXT, needs=a_list(TEXT),
        item=by_name(ANY), state=one_of("run", "reuse", "skip"), reason=TEXT, outputs=by_name(ANY),
        notebook=NOTHING, mlflow_run_id=NOTHING, seconds=NOTHING, error=NOTHING,
    ),
    "StepError": record(
        "Why a step failed. Cells and lines count from 1.", cell=maybe(WHOLE), name=TEXT, value=TEXT,
        line=maybe(TEXT), traceback=TEXT, remedy=TEXT,
    ),
    "Held": record(
        "A kernel that is kept for a person, after the error of a cell.", cell=maybe(WHOLE), name=TEXT, value=TEXT,
        since=TIME, until=TIME, connection=PATH,
    ),
    "Approval": record(
        "A question to a person.", message=TEXT, by=a_list(TEXT), timeout=SECONDS, asked=TIME,
        answer=TEXT, who=TEXT, comment=TEXT, answered=maybe(TIME),
    ),
    "Hook": record(
        "What followed on a run.", hook=TEXT, on=TEXT, what=TEXT, state=TEXT, notebook=maybe(PATH),
        log=maybe(PATH), mlflow_run_id=maybe(TEXT), started=maybe(TIME), finished=maybe(TIME), seconds=SECONDS,
        error=maybe(record("Why it failed.", cell=maybe(WHOLE), name=TEXT, value=TEXT, remedy=TEXT)),
    ),
    "Summary": record(
        "A run in a list.", run=TEXT, pipeline=TEXT, state=one_of(*RUN_STATES), started=maybe(TIME),
        finished=maybe(TIME), seconds=SECONDS, user=TEXT, schedule=maybe(TEXT), due=maybe(TIME), file=TEXT,
        tags=by_name(TEXT),
        steps=record("How many steps.", total=WHOLE, done=WHOLE, failed=WHOLE, running=WHOLE),
    ),
    "Difference": record(
        "One thing that two runs do not have in common.",
        kind=one_of("parameter", "code", "state", "output", "metric", "data", "source", "package"),
        where=TEXT, name=TEXT, left=TEXT, right=TEXT, change=TEXT,
    ),
    "Log": record(
        "What a step printed.", step=TEXT, state=one_of(*STEP_STATES),
        cells=a_list(record("Of one cell.", cell=WHOLE, text=TEXT)), worker=TEXT, error=maybe(ref("StepError")),
    ),
    "Model": record("A registered model.", **MODEL),
    "ModelWithVersions": record("One with its versions, newest first.", **MODEL, versions=a_list(ref("Version"))),
    "Version": record(
        "A version of a registered model.", name=TEXT, version=WHOLE, uri=TEXT, aliases=a_list(TEXT),
        description=TEXT, created=TEXT, status=TEXT, stage=TEXT, metrics=by_name(ANY), params=by_name(TEXT),
        made_by={"type": "object"}, promotions=a_list({"type": "object"}), tags=by_name(TEXT),
    ),
    "Service": record(
        "A model that is, or was, served.", service=TEXT, model=TEXT, name=TEXT, version=WHOLE,
        state=one_of("starting", "ready", "restarting", "stopped", "failed", "lost"), url=TEXT, pid=WHOLE,
        restarts=WHOLE, since=TIME, message=TEXT, warnings=a_list(TEXT), log=TEXT,
    ),
    "Container": record("The files of a container.", folder=TEXT, dockerfile=TEXT, model=TEXT, image=TEXT),
    "Deployment": record(
        "A model where others serve it.", target=TEXT, name=TEXT, model=TEXT, state=TEXT, warnings=a_list(TEXT)
    ),
    "Schedule": record(
        "A schedule.", schedule=TEXT, file=TEXT, cron=maybe(TEXT), timezone=TEXT, missed=TEXT, follows_file=YES,
        params=by_name(ANY), pin=maybe(TEXT), drift=a_list(TEXT), next=maybe(TIME), run=maybe(TEXT),
        last=maybe(TIME), missed_firings=WHOLE, paused=YES, problem=maybe(TEXT),
    ),
    "Started": record("A run that goes on by itself.", run=TEXT, folder=PATH),
}  # fmt: skip
SHOWN = {"anyOf": [ref("Version"), ref("ModelWithVersions")]}
RUN = {"anyOf": [ref("Run"), ref("Started")]}
ANSWERS = {
    "new": record("What was made.", folder=PATH, file=PATH, files=a_list(TEXT)),
    "init": record("What was written.", file=TEXT, nodes=a_list(TEXT)),
    "import": record(
        "What was written, and what needs a person.", file=TEXT, nodes=a_list(TEXT), notebooks=a_list(TEXT),
        changed=a_list(TEXT), open=a_list(ref("Finding")),
    ),
    "validate": a_list(ref("Finding")),
    "plan": ref("Plan"),
    "run": RUN,
    "demo": RUN,
    "resume": RUN,
    "retry": RUN,
    "submit": RUN,
    "show": ref("Run"),
    "check": record(
        "What a pipeline's checks came to.", run=TEXT, state=one_of(*RUN_STATES),
        checks=a_list(
            record("A check.", step=TEXT, name=TEXT, passed=YES, severity=one_of("error", "warn"), message=TEXT)
        ),
    ),
    "runs": a_list(ref("Summary")),
    "logs": {
        "anyOf": [
            ref("Log"),
            a_list(ref("Log")),
            record("Printed while it is followed.", step=TEXT, attempt=WHOLE, cell=WHOLE, text=TEXT),
            record("A step that ended while it is followed.", step=TEXT, attempt=WHOLE, state=TEXT),
        ],
        "description": "Of one step that was named, or of several. With --follow one object a line.",
    },
    "compare": record("Two runs.", left=TEXT, right=TEXT, differences=a_list(ref("Difference"))),
    "reproduce": record(
        "A run, and what came of doing it again.", run=TEXT, reproduction=TEXT, folder=PATH,
        state=one_of(*RUN_STATES), environment=ANY, equal=YES, differences=a_list(ref("Difference")),
        notes=a_list(TEXT),
    ),
    "report": record("What was written.", run=TEXT, report=PATH, bytes=BYTES),
    "open": record("What was written.", run=TEXT, step=TEXT, path=PATH),
    "history": record(
        "Runs of one pipeline side by side, newest first.", run=TEXT, pipeline=TEXT, file=TEXT, nodes=a_list(TEXT),
        runs=a_list(record(
            "A run, with how each of its nodes came out.", run=TEXT, state=one_of(*RUN_STATES),
            started=maybe(TIME), seconds=SECONDS, user=TEXT,
            nodes=by_name(record(
                "A node; its steps are counted.", state=one_of(*STEP_STATES, "held"), steps=WHOLE, ok=WHOLE,
                failed=WHOLE, seconds=SECONDS,
            )),
        )),
    ),
    "explain": record("What a code means.", code=TEXT, means=TEXT, section=TEXT),
    "attach": record(
        "Where to go on with a step whose kernel is kept.", run=TEXT, step=TEXT, path=PATH, connection=PATH,
        until=TIME, cell=maybe(WHOLE),
    ),
    "continue": record(
        "What was gone on from; `changed` are cells that are not those of the notebook.", run=TEXT, step=TEXT,
        state=one_of(*STEP_STATES), by=TEXT, changed=a_list(WHOLE),
    ),
    "release": record("What was let go.", run=TEXT, step=TEXT, state=one_of(*STEP_STATES)),
    "models list": record("Registered models.", models=a_list(ref("Model"))),
    "models show": SHOWN,
    "models register": ref("Version"),
    "models promote": record(
        "What was done.", {"from": ANY, "condition": ANY, "values": ANY, "at": ANY, "by": ANY, "reason": ANY},
        name=TEXT, version=WHOLE, alias=TEXT, promoted=YES, without_current=ANY,
    ),
    "models demote": record("What was done.", name=TEXT, alias=TEXT, from_=WHOLE),
    "models describe": SHOWN,
    "serve": {
        "anyOf": [ref("Service"), record("What is served.", services=a_list(ref("Service"))), ref("Container")],
        "description": "Of one service; in front of a terminal one object a line, at each change of its state.",
    },
    "deploy": {
        "anyOf": [
            ref("Deployment"),
            record("What is deployed.", target=TEXT, deployments=a_list(ref("Deployment"))),
        ]
    },
    "graph": record("What needs what.", nodes=a_list(TEXT), needs=by_name(a_list(TEXT))),
    "package": record(
        "What was written.", package=PATH, name=TEXT, files=a_list(TEXT), packages=WHOLE, bytes=BYTES,
        python=TEXT, platform=TEXT, notes=a_list(ref("Finding")),
    ),
    "approve": a_list(record("What was answered.", step=TEXT, answer=TEXT, by=TEXT)),
    "cancel": record("How the run stands.", run=TEXT, state=one_of(*RUN_STATES)),
    "rm": a_list(record("What was removed.", run=TEXT, bytes=BYTES, records=WHOLE)),
    "gc": record(
        "What was, or would be, removed.", dry_run=YES,
        runs=a_list(record("A run.", run=TEXT, pipeline=TEXT, state=one_of(*RUN_STATES), started=maybe(TIME),
                           bytes=BYTES)),
        kept=WHOLE, busy=a_list(TEXT), leftovers=a_list(TEXT), results=WHOLE, objects=WHOLE, bytes=BYTES,
    ),
    "sync": a_list(
        {
            "anyOf": [
                record("What a kernel logged.", folder=PATH, notebook=TEXT, waiting=WHOLE, reason=TEXT,
                       rejected=WHOLE),
                record("A run.", run=TEXT, made=WHOLE, mended=WHOLE, reason=TEXT),
            ]
        }
    ),
    "schedule add": ref("Schedule"),
    "schedule list": record(
        "Schedules, and whether somebody fires them.", schedules=a_list(ref("Schedule")),
        scheduler=record("Who does.", running=YES, holder=ANY),
    ),
    "schedule pause": ref("Schedule"),
    "schedule resume": ref("Schedule"),
    "schedule remove": record("What was removed.", removed=TEXT),
    "schedule run": ref("Run"),
    "scheduler": record("One object a line.", at=TIME, said=TEXT),
    "doctor": a_list(
        record("What was looked at.", name=TEXT, state=one_of("ok", "warning", "error"), message=TEXT, remedy=TEXT)
    ),
}  # fmt: skip


def schema() -> dict[str, Any]:
    """The schema as it is to be published."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What Dagbook's commands answer with --json",
        "$defs": {**PARTS, **{name: {"anyOf": [kind, ref("Error")]} for name, kind in ANSWERS.items()}},
    }


if __name__ == "__main__":
    for place in PLACES:
        place.write_text(json.dumps(schema(), indent=1) + "\n")
