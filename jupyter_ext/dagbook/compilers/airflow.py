"""Plan → an Airflow DAG file: a task a node, mapped where there are several steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dagbook.compilers.elsewhere import KEPT_NODE, KEPT_PIPELINE, PROJECT, common_problems, upstream
from dagbook.compilers.python_text import attribute_names, heading
from dagbook.compilers.refusals import instead, refused, unknown_keys
from dagbook.engine.deployment import Deployment, Manifest, Option
from dagbook.pipeline.problem import Problem

_ENGINE: Final = "Airflow"
_STARTING: Final = 300
"""Seconds that a task gets beyond the notebook's own limit, which our runner keeps."""
_TAKEN: Final = ("params", "step", "elements", "gather", "end", "dag", "dagbook")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class AirflowCompiler:
    """Implements `engine.ports.Compiler` for Airflow 3."""

    options: Mapping[str, Option] = {
        "project": PROJECT,
        "start-date": Option(help="from when on missed runs are made up for, as 2026-01-31"),
    }

    def compile(self, deployment: Deployment) -> Manifest:
        """The DAG file."""
        spec = deployment.spec
        problems = [
            *unknown_keys(spec, _ENGINE, node=KEPT_NODE, pipeline=KEPT_PIPELINE),
            *common_problems(deployment),
            *_problems(deployment),
        ]
        if any(problem.severity == "error" for problem in problems):
            return Manifest(text="", suffix=".py", problems=tuple(problems))
        return Manifest(text=_dag_file(deployment), suffix=".py", problems=tuple(problems))


def _problems(deployment: Deployment) -> Iterator[Problem]:
    spec, options = deployment.spec, deployment.options
    schedule = spec.on.schedule
    if schedule is not None and schedule.missed == "run-all" and not _DATE.fullmatch(options["start-date"]):
        yield refused(
            ("on", "schedule", "missed"),
            "`missed: run-all`: Airflow makes up for every run since a start date, and none is said",
            "add --start-date 2026-01-31, with the day of the first run",
        )
    places = [
        (("defaults", "retries"), None, spec.defaults.retries),
        *((("nodes", name, "retries"), name, node.retries) for name, node in spec.nodes.items()),
    ]
    for path, name, retries in places:
        if retries is not None and retries.backoff and retries.factor != 1:
            yield instead(
                path,
                "Airflow spreads growing waits at random, up to twice as long as written",
                "write `factor: 1` where the wait must be exact",
                name,
            )
    for name, node in spec.nodes.items():
        if node.foreach is not None:
            yield instead(
                ("nodes", name, "foreach"),
                f"Airflow shows three tasks: {name}.list, {name} (one for each element) and {name}.all",
                "nothing: an element that failed and is tolerated stays red, and the run succeeds",
                name,
            )


def _dag_file(deployment: Deployment) -> str:
    plan = deployment.plan
    names = attribute_names(plan.nodes, _TAKEN)
    filled = {
        "heading": heading(deployment, _ENGINE),
        "project": repr(deployment.options["project"]),
        "file": repr(deployment.file),
        "digest": repr(deployment.digest),
        "dag": "".join(f"    {line},\n" for line in _dag_arguments(deployment)),
        "params": "".join(f"        {name!r}: {_param(deployment, name)},\n" for name in deployment.params),
        "tasks": "\n".join(_tasks(deployment, name, names) for name in plan.nodes),
        "ends": ", ".join(names[name] for name in plan.nodes),
        "dag_id": _dag_id(plan.pipeline),
    }
    text = _TEXT
    for word, value in filled.items():
        text = text.replace(f"<<{word}>>", value)
    return text


def _dag_arguments(deployment: Deployment) -> Iterator[str]:
    spec, options = deployment.spec, deployment.options
    yield f"dag_id={_dag_id(deployment.plan.pipeline)!r}"
    if spec.description.strip():
        yield f"description={spec.description.strip().splitlines()[0]!r}"
    schedule = spec.on.schedule
    if schedule is None:
        yield "schedule=None"
    elif schedule.missed == "run-all":
        year, month, day = options["start-date"].split("-")
        yield f"schedule=CronTriggerTimetable({schedule.cron!r}, timezone={schedule.timezone!r})"
        yield f"start_date=datetime({int(year)}, {int(month)}, {int(day)}, tzinfo=timezone.utc)"
        yield "catchup=True"
    else:
        at_once = schedule.missed == "run-once"
        yield (
            f"schedule=CronTriggerTimetable({schedule.cron!r}, timezone={schedule.timezone!r}, "
            f"run_immediately={at_once})"
        )
        yield "catchup=False"
    if spec.concurrency is not None:
        yield f"max_active_tasks={spec.concurrency}"
    yield 'tags=["dagbook"]'


def _param(deployment: Deployment, name: str) -> str:
    """A text, read by the pipeline's own types; Airflow's form shows it with its choices."""
    spec = deployment.spec.params[name]
    more = [f"description={spec.help!r}"] if spec.help else []
    if spec.choices:
        more.append(f"enum={[str(choice) for choice in spec.choices]!r}")
    return f"Param({', '.join([repr(deployment.params[name]), 'type=' + repr('string'), *more])})"


def _tasks(deployment: Deployment, node: str, names: Mapping[str, str]) -> str:
    """The tasks of a node; the one that others wait for has the node's name."""
    planned, variable = deployment.plan.nodes[node], names[node]
    settings = _settings(deployment, node)
    ups = [names[up] for up in upstream(deployment, node)]
    after = "" if not ups else f"    [{', '.join(ups)}] >> "
    if planned.rules.foreach:
        lines = [
            f"    {variable}_list = part({node + '.list'!r}, elements, [{node!r}])",
            f"    {variable}_each = mapped({node!r}, step, {variable}_list.output, {settings})",
            f"    {variable} = part({node + '.all'!r}, gather, [{node!r}])",
            f"    {variable}_each >> {variable}",
        ]
        first = f"{variable}_list"
    elif deployment.spec.nodes[node].matrix:
        steps = [[step.step] for step in deployment.plan.steps_of(node)]
        lines = [f"    {variable} = mapped({node!r}, step, {steps!r}, {settings})"]
        first = variable
    else:
        lines = [f"    {variable} = part({node!r}, step, [{node!r}], {settings})"]
        first = variable
    return "\n".join([*lines, *([f"{after}{first}"] if after else [])])


def _settings(deployment: Deployment, node: str) -> str:
    planned, spec = deployment.plan.nodes[node], deployment.spec.nodes[node]
    retries = planned.rules.retries
    said = [f"retries={retries.limit}"]
    if retries.limit:
        said.append(f"retry_delay=timedelta(seconds={retries.backoff:g})")
        if retries.backoff and retries.factor != 1:
            said.append(f"retry_exponential_backoff={retries.factor:g}")
        if retries.max_backoff is not None:
            said.append(f"max_retry_delay=timedelta(seconds={retries.max_backoff:g})")
    if planned.timeout is not None:
        said.append(f"execution_timeout=timedelta(seconds={planned.timeout + _STARTING:g})")
    if planned.rules.concurrency is not None:
        said.append(f"max_active_tis_per_dagrun={planned.rules.concurrency}")
    if spec.description:
        said.append(f"doc={spec.description!r}")
    return ", ".join(said)


def _dag_id(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:200].strip("_") or "pipeline"


_TEXT: Final = '''<<heading>>#
#   airflow dags test <<dag_id>> --dagfile-path THIS_FILE
#
# Every task is a process `dagbook part step`, in Dagbook's environment ($DAGBOOK names the command); this
# file needs Airflow alone. Values travel by the files of Dagbook's run, never by XCom. Each task is started
# whatever became of those before it (`all_done`): Dagbook says what that means for it, and Airflow shows it.

import os
import shlex
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param, get_current_context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow.timetables.trigger import CronTriggerTimetable

DAGBOOK = shlex.split(os.environ.get("DAGBOOK", "dagbook"))
PROJECT = Path(os.environ.get("DAGBOOK_PROJECT") or <<project>> or Path(__file__).resolve().parent)
FILE = <<file>>
DIGEST = <<digest>>
FAILED, CANCELLED, LEFT_OUT, SKIPPED = 1, 5, 76, 77  # what `dagbook part` ends with


def dagbook(verb, name="", output=None):
    context = get_current_context()
    words = [verb, "--key", context["dag_run"].run_id, "--scheduler", "airflow", "--digest", DIGEST]
    for param, value in context["params"].items():
        if param in PARAMS:
            words += ["-p", f"{param}={value}"]
    command = [*DAGBOOK, "part", *words, "--", FILE, *([name] if name else [])]
    done = subprocess.run(command, cwd=PROJECT, stdout=output, text=True)
    return done.returncode, done.stdout


def step(name, verb="step"):
    """One step; another attempt is Airflow's to make where the pipeline wants one."""
    code, _ = dagbook(verb, name)
    if code in (SKIPPED, LEFT_OUT):
        raise AirflowSkipException(f"{name} does not run; why is said above")
    if code in (FAILED, CANCELLED):
        raise AirflowFailException(f"{name} came to nothing; why is said above")
    if code:
        raise AirflowException(f"{name} ended with code {code}; what it said is above")


def elements(name):
    """The steps that a list becomes; none when it cannot be told, which is for the last task to say."""
    code, said = dagbook("expand", name, output=subprocess.PIPE)
    return [[f"{name}[{index}]"] for index in range(int(said.split()[0]))] if code == 0 else []


def gather(name):
    step(name, "gather")


def end():
    """Hooks have their turn; a run that failed is one in Airflow too."""
    code, _ = dagbook("end")
    if code:
        raise AirflowFailException("the run did not succeed; which step failed is in the log of its task")


def part(task_id, does, arguments, **settings):
    return PythonOperator(
        task_id=task_id, python_callable=does, op_args=arguments, trigger_rule="all_done", **settings
    )


def mapped(task_id, does, arguments, **settings):
    return PythonOperator.partial(
        task_id=task_id, python_callable=does, trigger_rule="all_done",
        map_index_template="{{ task.op_args[0] }}", **settings,
    ).expand(op_args=arguments)


with DAG(
<<dag>>    params={
<<params>>    },
) as dag:
    PARAMS = tuple(dag.params)
<<tasks>>
    [<<ends>>] >> part("end", end, [])
'''
