"""`submit`: a pipeline carried out by another scheduler's server, and shown here like any run."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from dagbook import bootstrap, errors
from dagbook.api.compiling import Target, compile_pipeline
from dagbook.api.driver import start_driver
from dagbook.api.following import submission_of
from dagbook.api.params import parse_assignments
from dagbook.api.planning import Checked, Choices, check_file, make_plan
from dagbook.api.run import Run, not_writable, write_run_folder
from dagbook.engine.folders import CANCEL, new_run_id
from dagbook.engine.submission import SubmittedGone, write_submission
from dagbook.errors import Finding, InvalidInput, NotFound
from dagbook.loaders.notebook_pipeline import is_notebook
from dagbook.pipeline.plan import MOST_STEPS
from dagbook.run.state import RunState

_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST: Final = 63


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a pipeline is submitted to; what is empty is taken from the environment.

    Attributes:
        to: the scheduler.
        server: a URL, or `host:port`.
        namespace: where in the cluster; `default` when nobody says.
        name: of the workflow; made of the pipeline's name and the run's id when empty.
        options: of the compiler, by name.
    """

    to: str = "argo"
    server: str = ""
    namespace: str = ""
    name: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Submittable:
    """A pipeline that was checked and compiled. `notes` are what is done there in another way than here."""

    checked: Checked
    destination: Destination
    params: Mapping[str, Any]
    manifest: dict[str, Any]
    notes: tuple[Finding, ...]


def submit(  # noqa: PLR0913  # each is an option of `dagbook submit`
    file: str | Path,
    *,
    to: str = "argo",
    server: str = "",
    namespace: str = "",
    name: str = "",
    options: Mapping[str, str] | None = None,
    wait: bool = True,
    **params: Any,
) -> Run:
    """Have a pipeline carried out by another scheduler's server, and wait for the end unless told otherwise.

    Args:
        file: the pipeline file.
        to: the scheduler: `argo`.
        server: its address; `DAGBOOK_ARGO_SERVER` or `ARGO_SERVER` when empty.
        namespace: where in the cluster; `ARGO_NAMESPACE` when empty.
        name: of the workflow; one of its own when empty.
        options: of the compiler: `{"image": "churn:1"}`.
        wait: False comes back at once; the run goes on without us.
        params: values for its parameters. A failed run is no exception: see `run.state`.

    Raises:
        InvalidInput: the pipeline or a value is wrong, or the server refuses it; nothing was started.
        EnvironmentFault: the server does not answer, or does not let us in; nothing was started.
    """
    destination = Destination(to=to, server=server, namespace=namespace, name=name, options=options or {})
    run = start_submitted(prepare_submission(Path(file), destination, params))
    if wait:
        run.wait()
    return run


def prepare_submission(
    file: Path, destination: Destination, params: Mapping[str, Any] | tuple[str, ...]
) -> Submittable:
    """Check and compile a pipeline; `params` are values, or texts `NAME=VALUE`. Raises as `submit` does."""
    bootstrap.require_submitter(destination.to)
    if is_notebook(file):
        raise InvalidInput(
            Finding(
                code="not-submittable", message="this is a notebook: only pipeline files are submitted",
                remedy="`dagbook init` makes a pipeline file of it", file=str(file),
            )
        )  # fmt: skip
    if destination.name and not _NAME.fullmatch(destination.name):
        raise InvalidInput(
            Finding(
                code="workflow-name", message=f"a workflow cannot be called {destination.name!r:.80}",
                remedy=f"use lower-case letters, digits and dashes, at most {_LONGEST}",
            )
        )  # fmt: skip
    checked = check_file(file)
    checked.require()
    _require_followed(checked)
    values = params if isinstance(params, Mapping) else parse_assignments(checked.spec, params)
    compiled = compile_pipeline(checked, Target(to=destination.to, options=destination.options), values)
    manifest = YAML(typ="safe", pure=True).load(io.StringIO(compiled.text))
    if manifest["kind"] != "Workflow":
        raise InvalidInput(
            Finding(
                code="not-submittable", message=f"it compiles to a {manifest['kind']}: that starts no run",
                remedy="write it by `dagbook compile`, and bring it to the cluster by `argo`", file=str(file),
            )
        )  # fmt: skip
    return Submittable(
        checked=checked, destination=destination, params=values, manifest=manifest, notes=compiled.notes
    )


def start_submitted(wanted: Submittable) -> Run:
    """Make the run's folder, have the server make the workflow, and start the process that follows it.

    Raises:
        InvalidInput: the server refuses it; nothing was started.
        EnvironmentFault: the server does not answer or does not let us in, or the folder cannot be written.
    """
    where, run = wanted.destination, new_run_id()
    name = where.name or _workflow_name(wanted.manifest, run)
    submission = bootstrap.submission_to((where.to, where.server, where.namespace), wanted.manifest, name)
    prepared = make_plan(wanted.checked, Choices(params=wanted.params, use_cache=False, jobs=MOST_STEPS))
    tags = {
        "dagbook.scheduler": submission.to, "dagbook.server": submission.server,
        "dagbook.workflow": f"{submission.namespace}/{submission.workflow}",
    }  # fmt: skip
    plan = prepared.plan.model_copy(update={"tags": {**prepared.plan.tags, **tags}})
    around = bootstrap.settings(Path(plan.project))
    folder = around.runs / run
    try:
        write_run_folder(folder, prepared, plan)
        write_submission(folder, submission)
        bootstrap.submitted(submission).begin(wanted.manifest, run)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise not_writable(error, folder) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # half a run would be listed for ever
        raise
    return Run(run, bootstrap.queries_of(around.runs), _started(folder))


def take_up_submitted(run: Run, state: RunState) -> Run:
    """Go on with following a run, and ask for what failed to be done again when it had ended.

    Raises:
        NotFound: the workflow is not there any more.
        InvalidInput: the server refuses it.
        EnvironmentFault: the server does not answer, or does not let us in.
    """
    submission = submission_of(run.folder)
    (run.folder / CANCEL).unlink(missing_ok=True)
    if state.state not in {"interrupted", "running"}:
        try:
            ended = bootstrap.submitted(submission).ask_again()
        except SubmittedGone as error:
            raise NotFound(
                Finding(
                    code="workflow-gone",
                    message=f"the workflow {submission.workflow} is not on {submission.server} any more",
                    remedy="submit the pipeline again", file=str(run.folder),
                )
            ) from error  # fmt: skip
        try:
            write_submission(run.folder, submission.model_copy(update={"ended": ended}))
        except OSError as error:
            raise not_writable(error, run.folder) from error
    return Run(run.id, bootstrap.queries_of(run.folder.parent), _started(run.folder), after=state.seq)


def refuse_choices(run: Run, **chosen: object) -> None:
    """Raise InvalidInput when something is chosen that means nothing to another scheduler."""
    for name, value in chosen.items():
        if value not in (None, (), [], "") and value != {}:
            raise InvalidInput(
                Finding(
                    code="submitted-run",
                    message=f"run {run.id} is carried out by {submission_of(run.folder).to}, which "
                    f"does again what failed: --{name.replace('_', '-')} means nothing there",
                    remedy="leave it out, or submit the pipeline again",
                    file=str(run.folder),
                )
            )


def _started(folder: Path) -> Any:
    try:
        return start_driver(folder)
    except OSError as error:
        remedy = f"the workflow goes on; make room, then `dagbook resume {folder.name}`"
        what = "the process that follows the run could not be started"
        raise errors.not_writable(what, error, folder, remedy) from error


def _workflow_name(manifest: Mapping[str, Any], run: str) -> str:
    stem = str(manifest["metadata"].get("generateName") or manifest["metadata"].get("name") or "p")
    return f"{stem.rstrip('-')[: _LONGEST - len(run) - 1].rstrip('-')}-{run}"


def _require_followed(checked: Checked) -> None:
    """What the other scheduler may be able to do, but whose events we could not tell truly."""
    for name, node in checked.spec.nodes.items():
        for key in ("foreach", "approve"):
            if getattr(node, key, None):
                raise InvalidInput(
                    Finding(
                        code="not-submittable", node=name, file=str(checked.loaded.file),
                        message=f"a submitted run cannot be followed where a node says `{key}`",
                        remedy="run it here; or write it by `dagbook compile`, and watch it by `argo`",
                    )
                )  # fmt: skip


__all__ = [
    "Destination", "Submittable", "prepare_submission", "refuse_choices", "start_submitted",
    "submit", "take_up_submitted",
]  # fmt: skip
