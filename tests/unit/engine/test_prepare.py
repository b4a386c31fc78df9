"""A step made ready: values of the declared types, or words for what is missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.model_registry import ModelVersion
from dagbook.engine.prepare import FrozenNotebook, PreparedStep, Unprepared, prepare_step, show_value
from dagbook.engine.upstream import Around
from dagbook.errors import EnvironmentFault, Finding, NotFound
from dagbook.notebook.outputs import Output
from dagbook.notebook.values import FileValue, Secret, decode, encode
from dagbook.pipeline.plan import Plan, PlannedNode, PlannedStep
from dagbook.run.events import Event, StepReused, StepSucceeded
from dagbook.run.state import RunState, fold
from dagbook.testing import entries, outline, run_started, step_started, values
from tests.unit.notebook.notebooks import code, notebook, with_parameters

FOLDER = Path("/runs/r1")
TABLE = Output(name="table", kind="file", path="up/1/outputs/t.csv", sha256="ab" * 32, format="csv")


def published(*outputs: dict[str, Output]) -> RunState:
    """A run whose step `up`, or `up[0]`, `up[1]`, …, published these."""
    names = ["up"] if len(outputs) == 1 else [f"up[{index}]" for index in range(len(outputs))]
    events: list[Event] = [run_started(*(outline(name) for name in names), outline("down", *names))]
    for name, given in zip(names, outputs, strict=True):
        events += [step_started(name), StepSucceeded(step=name, attempt=1, outputs=given, seconds=1)]
    return fold(entries(*events))


def prepare(
    params: dict[str, Any], document: dict[str, Any], state: RunState | None = None, **node: Any
) -> PreparedStep:
    state = state or published({})
    ups = [name for name in state.steps if name != "down"]
    item = node.pop("item", {})
    plan = Plan(
        pipeline="p", file="/p/p.pipeline.yaml", project="/p",
        params={"rows": 5, "day": {"$date": "2026-01-02"}},
        nodes={
            "up": PlannedNode(notebook="/p/up.ipynb"),
            "down": PlannedNode(
                notebook="/p/down.ipynb", params={name: encode(value) for name, value in params.items()},
                code={"code cell 1": "x"}, **node,
            ),
        },
        steps=(
            *(
                PlannedStep(step=name, node="up", index=index if len(ups) > 1 else None)
                for index, name in enumerate(ups)
            ),
            PlannedStep(step="down", node="down", needs=tuple(ups), item=item),
        ),
    )  # fmt: skip
    around = Around(plan=plan, step=plan.steps[-1], state=state, folder=FOLDER)
    return prepare_step(around, FrozenNotebook.of(document))


def received(found: PreparedStep) -> dict[str, Any]:
    return {name: decode(value) for name, value in found.params.items()}


@pytest.mark.parametrize(
    ("declared", "template", "value"),
    [
        ("x: float = 0", "${params.rows}", 5.0),
        ("x: int = 0", "${params.rows * 2}", 10),
        ("x: str = ''", "n=${params.rows}", "n=5"),
        ("x: date = None", "2026-01-02", date(2026, 1, 2)),
        ("x: date = None", "${params.day}", date(2026, 1, 2)),
        ("x: Path = None", "data/a.csv", Path("data/a.csv")),
        ("x: list[float] = []", "${[1, 2]}", [1.0, 2.0]),
        ("x = 0", "${params.rows}", 5),
        ("x = None", "${params}", {"rows": 5, "day": date(2026, 1, 2)}),
        ("x = ''", "${run.id}", "r1"),
    ],
)
def test_a_value_arrives_as_the_notebook_declares_it(declared: str, template: str, value: Any):
    (found,) = received(prepare({"x": template}, with_parameters(declared))).values()
    assert found == value
    assert type(found) is type(value)


def test_a_file_arrives_by_its_absolute_path():
    found = prepare({"x": "${up.table}"}, with_parameters("x = ''"), published({"table": TABLE}))
    assert received(found) == {
        "x": FileValue(path="/runs/r1/up/1/outputs/t.csv", sha256="ab" * 32, format="csv")
    }
    assert found.inputs == {"x": "up.table"}
    assert found.shown["x"] == "t.csv (sha256 abababababab)"


def test_a_matrix_arrives_as_a_list_in_order():
    state = published(*(dict(values(n=number).outputs) for number in (3, 1, 2)))
    assert received(prepare({"x": "${up.n}"}, with_parameters("x = []"), state)) == {"x": [3, 1, 2]}


def test_what_was_reused_arrives_like_what_was_made():
    reused = StepReused(step="up", outputs=dict(values(n=7).outputs), fingerprint="f", from_run="r0")
    state = fold(entries(run_started(outline("up"), outline("down", "up")), reused))
    assert received(prepare({"x": "${up.n}"}, with_parameters("x = 0"), state)) == {"x": 7}


@pytest.mark.parametrize(
    ("declared", "template", "name", "said"),
    [
        ("x: int = 0", "${up.word}", "WrongParameter", "parameter 'x': expected int, got 'many' (str)"),
        ("x: int = 0", "${up.table}", "WrongParameter", "parameter 'x': expected int, got a file (csv)"),
        ("x = 0", "${up.nothing}", "WrongInput", "was not published; 'up' published word, table"),
        ("x = 0", "${up.word / 2}", "WrongInput", "unsupported operand"),
        ("x = 0", "${(1, 2)}", "WrongInput", "a value of type tuple cannot be passed on"),
        ("y = 0", "${params.rows}", "WrongParameter", "the notebook declares no parameter 'x'"),
        ("x = 0\ny: int", "1", "WrongParameter", "parameter 'y' (int) must be given"),
    ],
)  # fmt: skip
def test_what_the_notebook_cannot_take_is_told_in_words(declared: str, template: str, name: str, said: str):
    state = published({**values(word="many").outputs, "table": TABLE})
    with pytest.raises(Unprepared) as caught:
        prepare({"x": template}, with_parameters(declared), state)
    assert caught.value.error.name == name
    assert said in caught.value.error.value
    assert caught.value.error.remedy


def test_a_notebook_in_another_language_takes_what_it_is_given():
    found = prepare({"x": "${params.rows}"}, notebook(code("x <- 1", tags=["parameters"]), language="R"))
    assert received(found) == {"x": 5}


def test_the_fingerprint_is_of_code_and_of_values_as_they_were_given():
    document = with_parameters("x: float = 0")
    same = prepare({"x": "${params.rows}"}, document).fingerprint
    assert prepare({"x": 5}, document).fingerprint == same
    assert prepare({"x": 6}, document).fingerprint != same
    assert prepare({"x": "${params.rows}"}, document).parts.keys() == {"code cell 1", "parameter x"}


def test_declared_outputs_are_places_of_this_step():
    found = prepare({}, notebook(code("")), outputs={"model": "m-${item.d}-${run.id}.pkl"}, item={"d": 4})
    assert found.collect == {"model": "m-4-r1.pkl"}


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x"])
def test_a_declared_output_that_lies_elsewhere_is_refused(path: str):
    with pytest.raises(Unprepared) as caught:
        prepare({}, notebook(code("")), outputs={"o": "${item.where}"}, item={"where": path})
    assert path in caught.value.error.value


def test_defaults_are_shown_beside_what_was_given():
    found = prepare({"x": 1}, with_parameters("x = 0\ny = 'forest'\nz = compute()\nsize: int = 3"))
    assert found.shown == {"x": "1", "y": "forest", "z": "compute()", "size": "3"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5, "5"),
        (None, "None"),
        ([1, Secret("KEY")], "[1, secret KEY]"),
        (FileValue(path="/a/b.csv", sha256="0123456789abcdef", format="csv"), "b.csv (sha256 0123456789ab)"),
    ],
)
def test_a_value_for_people(value: Any, shown: str):
    assert show_value(value) == shown


def scoring(answer: ModelVersion | Exception, params: dict[str, Any] | None = None) -> PreparedStep:
    """A step made ready that scores with whatever version is found."""

    def find(reference: str) -> ModelVersion:
        assert reference == "models:/churn@champion"
        if isinstance(answer, Exception):
            raise answer
        return answer

    node = PlannedNode(notebook="/p/x.ipynb", params=params or {}, predict="models:/churn@champion")
    step = PlannedStep(step="score", node="score")
    plan = Plan(pipeline="p", file="/p/p.pipeline.yaml", project="/p", nodes={"score": node}, steps=(step,))
    state = fold(entries(run_started(outline("score"))))
    around = Around(plan=plan, step=step, state=state, folder=FOLDER)
    return prepare_step(around, FrozenNotebook.of(with_parameters("model: str = ''")), find)


def test_a_step_scores_with_the_version_that_its_alias_means_now():
    third, other = (ModelVersion(name="churn", version=3, model_id=known) for known in ("m-3", "m-9"))
    assert scoring(third).params == {"model": "models:/churn/3"}
    assert scoring(third).shown == {"model": "models:/churn/3"}
    assert scoring(third).fingerprint == scoring(third).fingerprint != scoring(other).fingerprint


@pytest.mark.parametrize(
    ("raised", "name"),
    [
        (NotFound(Finding(code="unknown-alias", message="no champion", remedy="give it")), "UnknownModel"),
        (EnvironmentFault(Finding(code="tracking-away", message="no answer", remedy="")), "RegistryAway"),
    ],
)
def test_a_step_without_its_model_cannot_start(raised: Exception, name: str):
    with pytest.raises(Unprepared) as unprepared:
        scoring(raised)
    assert (unprepared.value.error.name, bool(unprepared.value.error.remedy)) == (name, True)
