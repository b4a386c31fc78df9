"""What a report is made of: attempts on a timeline, a sweep's best, a notebook's cells made harmless."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dagbook.api.report.attempts import attempts, bars
from dagbook.api.report.executed import Allowance, ShownCell, read_cells
from dagbook.api.report.sweep import Aim, read_aim, sweeps
from dagbook.errors import InvalidInput
from dagbook.run.events import Entry, StepFailed, StepStarted, StepSucceeded
from dagbook.run.facts import NodeError

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


def at(second: int) -> str:
    return f"2026-01-31T10:00:{second:02d}.000+00:00"


def entries() -> list[Entry]:
    return [
        Entry(seq=1, at=at(0), event=StepStarted(step="a", attempt=1, folder="a/1")),
        Entry(
            seq=2, at=at(2),
            event=StepFailed(
                step="a", attempt=1, as_="failed", error=NodeError(name="E", value="v"), seconds=2
            ),
        ),
        Entry(seq=3, at=at(4), event=StepStarted(step="a", attempt=2, folder="a/2")),
        Entry(
            seq=4, at=at(8),
            event=StepSucceeded(step="a", attempt=2, outputs={}, notebook="", seconds=4, fingerprint="f"),
        ),
        Entry(seq=5, at=at(8), event=StepStarted(step="b", attempt=1, folder="b/1")),
    ]  # fmt: skip


def test_each_attempt_of_a_step_is_a_bar_of_its_own():
    drawn = bars(attempts(entries()))
    assert [(bar.number, bar.state, bar.left, bar.width) for bar in drawn["a"]] == [
        (1, "failed", 0, 25),
        (2, "succeeded", 50, 50),
    ]


def test_an_attempt_that_is_going_on_reaches_to_the_end():
    (bar,) = bars(attempts(entries()))["b"]
    assert (bar.state, bar.left, bar.left + bar.width) == ("running", 100, 100)


def test_a_clock_that_was_set_back_draws_no_negative_bar():
    found = entries()
    found[1] = found[1].model_copy(update={"at": "2026-01-31T09:00:00.000+00:00"})
    assert all(bar.width >= 0 for drawn in bars(attempts(found)).values() for bar in drawn)


def test_what_could_not_be_prepared_is_a_bar_without_length():
    found = entries()
    del found[0]
    found[0] = found[0].model_copy(update={"at": at(6)})
    found.insert(0, Entry(seq=1, at=at(4), event=StepStarted(step="c", attempt=1, folder="c/1")))
    (first, _) = bars(attempts(found))["a"]
    assert (first.number, first.state, first.width, first.seconds) == (1, "failed", 0, 0)


def test_nothing_that_began_draws_nothing():
    assert bars(attempts([])) == {}


def step(index: int, **outputs: Any) -> dict[str, Any]:
    return {"step": f"train[{index}]", "node": "train", "item": {"depth": index}, "state": "succeeded",
            "outputs": outputs}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "aim"),
    [
        ("accuracy", Aim(name="accuracy")),
        ("max:accuracy", Aim(name="accuracy")),
        ("min:loss", Aim(name="loss", lowest=True)),
        ("ratio:x", Aim(name="ratio:x")),
    ],
)
def test_what_is_best_is_said_by_a_name_and_perhaps_a_direction(text: str, aim: Aim):
    assert read_aim(text) == aim


@pytest.mark.parametrize(("aim", "best"), [("loss", "train[1]"), ("min:loss", "train[2]")])
def test_the_best_step_is_marked(aim: str, best: str):
    (sweep,) = sweeps([step(0, loss=2.0), step(1, loss=3.0), step(2, loss=1.0)], read_aim(aim))
    assert [row.step for row in sweep.rows if row.best] == [best]
    assert sweep.extremes == {"loss": (1.0, 3.0)}


def test_without_an_aim_nothing_is_called_best():
    (sweep,) = sweeps([step(0, loss=2.0), step(1, loss=3.0)])
    assert not any(row.best for row in sweep.rows)


def test_what_is_no_number_ranks_nowhere():
    (sweep,) = sweeps([step(0, loss=float("nan"), ok=True), step(1, loss=1.0), step(2)], Aim(name="loss"))
    assert sweep.outputs == ("loss",)
    assert [row.best for row in sweep.rows] == [False, True, False]


def test_an_unknown_output_names_the_nearest():
    with pytest.raises(InvalidInput, match="did you mean 'accuracy'"):
        sweeps([step(0, accuracy=0.5)], Aim(name="acuracy"))


def test_a_run_without_a_matrix_has_no_best():
    with pytest.raises(InvalidInput, match="leave out --best"):
        sweeps([{**step(0, accuracy=1.0), "item": {}}], Aim(name="accuracy"))


def read(tmp_path: Path, *outputs: dict[str, Any], most: int = 10_000_000) -> ShownCell:
    cell = {"cell_type": "code", "source": "print(1 < 2)\n", "metadata": {}, "outputs": list(outputs)}
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}}))
    cells = read_cells(path, Allowance(left=most))
    assert cells is not None
    return cells[0]


def display(**data: Any) -> dict[str, Any]:
    mimes = {"html": "text/html", "plain": "text/plain", "png": "image/png", "svg": "image/svg+xml",
             "markdown": "text/markdown"}  # fmt: skip
    return {"output_type": "display_data", "data": {mimes[name]: value for name, value in data.items()}}


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script><table><tr><td>1</td></tr></table>",
        "<table onclick='alert(1)'><tr><td>1</td></tr></table>",
        "<a href='javascript:alert(1)'>1</a>",
        "<img src=x onerror=alert(1)><p>1</p>",
        "<iframe src='https://example.org'></iframe><p>1</p>",
        "<style>body{display:none}</style><p>1</p>",
    ],
)
def test_html_of_outputs_keeps_its_tables_and_loses_what_acts(tmp_path: Path, hostile: str):
    (part,) = read(tmp_path, display(html=hostile, plain="1")).parts
    for word in ("script", "onclick", "onerror", "<img", "iframe", "style", "alert"):
        assert word not in part.html
    assert ">1<" in part.html


def test_what_draws_itself_by_script_is_shown_as_its_text(tmp_path: Path):
    (part,) = read(tmp_path, display(html="<script>draw()</script>", plain="Figure(…)")).parts
    assert (part.kind, "Figure(…)" in part.html) == ("text", True)


def test_a_picture_is_inside_the_page(tmp_path: Path):
    (part,) = read(tmp_path, display(png=PIXEL + "\n", plain="<Figure>")).parts
    assert part.html == f'<img alt="Figure" src="data:image/png;base64,{PIXEL}">'


def test_a_picture_that_is_no_base64_breaks_out_of_nothing(tmp_path: Path):
    (part,) = read(tmp_path, display(png='"><script>alert(1)</script>')).parts
    assert part.kind == "note"


def test_an_svg_is_an_image_in_which_no_script_runs(tmp_path: Path):
    (part,) = read(tmp_path, display(svg="<svg onload='alert(1)'></svg>")).parts
    assert part.html.startswith('<img alt="Figure" src="data:image/svg+xml;base64,')


def test_text_is_escaped_and_its_colours_dropped(tmp_path: Path):
    (part,) = read(tmp_path, {"output_type": "stream", "text": ["\x1b[31m<b>\x1b[0m\n"]}).parts
    assert part.html == "<pre>&lt;b&gt;\n</pre>"


def test_of_a_progress_bar_the_last_state_is_shown(tmp_path: Path):
    (part,) = read(tmp_path, {"output_type": "stream", "text": "10%\r50%\r100%\ndone\r\n"}).parts
    assert part.html == "<pre>100%\ndone\n</pre>"


def test_a_long_output_is_cut_in_the_middle_and_says_so(tmp_path: Path):
    (part,) = read(tmp_path, {"output_type": "stream", "text": "a" * 30_000 + "end"}).parts
    assert "10003 characters left out" in part.html
    assert part.html.endswith("end</pre>")


def test_what_would_make_the_page_too_large_is_named(tmp_path: Path):
    (part,) = read(tmp_path, display(png=PIXEL), most=10).parts
    assert "Left out" in part.html


def test_a_traceback_is_an_error_of_its_cell(tmp_path: Path):
    cell = read(
        tmp_path, {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[0mone", "<two>"]}
    )
    assert cell.failed
    assert cell.parts[0].html == "<pre>one\n&lt;two&gt;</pre>"


def test_markdown_is_rendered_without_its_html(tmp_path: Path):
    path = tmp_path / "n.ipynb"
    cell = {
        "cell_type": "markdown",
        "source": ["# Title\n", "<script>alert(1)</script>\n\n[x](javascript:alert(1))"],
    }
    path.write_text(json.dumps({"cells": [cell], "metadata": {}}))
    (shown,) = read_cells(path, Allowance(left=0)) or ()
    assert "<h1>Title</h1>" in shown.text
    assert "<script" not in shown.text
    assert 'href="javascript' not in shown.text


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": [1]}', '{"cells": [{}]}', "\x00"])
def test_what_is_no_notebook_is_none(tmp_path: Path, content: str):
    path = tmp_path / "n.ipynb"
    path.write_text(content)
    assert read_cells(path, Allowance(left=0)) is None


def test_a_notebook_that_is_gone_is_none(tmp_path: Path):
    assert read_cells(tmp_path / "gone.ipynb", Allowance(left=0)) is None
