"""A pipeline is drawn from an empty file, and its text is what one would have written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Lab
from tests.browser.test_launch import execute, no_kernel_is_left, write
from tests.browser.test_runs_panel import LONG, SOON, THEMES, show_theme

__all__ = ["no_kernel_is_left"]  # used by itself

pytestmark = pytest.mark.browser

COMMENTS = "# Asked for by sales.\n# Ask Ada.\n"
GOLDEN = (
    COMMENTS
    + """\
pipeline: churn
nodes:
  prepare:
    notebook: prepare.ipynb
  train:
    notebook: train.ipynb
    params:
      table: ${prepare.table}
  report:
    notebook: report.ipynb
    params:
      score: ${train.score}
    needs: [prepare]
"""
)


@pytest.fixture
def folder(lab: Lab, request: pytest.FixtureRequest) -> Path:
    """A project of its own with three notebooks and an almost empty pipeline file in it."""
    folder = lab.root / re.sub(r"\W+", "-", request.node.name)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / ".dagbook").mkdir(parents=True)
    publish = "import dagbook\n"
    write(folder / "prepare.ipynb", [("work", publish + "dagbook.output(table=[1, 2, 3])", [])])
    write(
        folder / "train.ipynb",
        [("p", "table: list", ["parameters"]), ("work", publish + "dagbook.output(score=sum(table))", [])],
    )
    write(folder / "report.ipynb", [("p", "score: int = 0", ["parameters"]), ("work", "print(score)", [])])
    (folder / "churn.pipeline.yaml").write_text(COMMENTS)
    return folder


def opened(page: Page, folder: Path, name: str = "churn.pipeline.yaml") -> Locator:
    execute(page, "filebrowser:open-path", {"path": folder.name})
    execute(page, "docmanager:open", {"path": f"{folder.name}/{name}"})
    document = page.locator(".jp-DagbookPipeline:visible")
    expect(document.get_by_role("region", name="Drawing")).to_be_visible(timeout=LONG)
    return document


def drag(page: Page, start: Locator, end: Locator, at: tuple[float, float] = (0.5, 0.5)) -> None:
    """From the middle of one to a place in the other, slowly enough to be noticed."""
    one, other = start.bounding_box(), end.bounding_box()
    assert one is not None
    assert other is not None
    page.mouse.move(one["x"] + one["width"] / 2, one["y"] + one["height"] / 2)
    page.mouse.down()
    x, y = other["x"] + other["width"] * at[0], other["y"] + other["height"] * at[1]
    page.mouse.move(x - 30, y - 8, steps=8)
    page.mouse.move(x, y, steps=4)
    page.mouse.up()


def settled(document: Locator, arrows: int) -> None:
    """Wait for so many arrows, and until the layout that follows from them has come to rest."""
    expect(document.locator(".react-flow__edge")).to_have_count(arrows, timeout=LONG)
    boxes = document.locator(".react-flow__node")
    before: list[object] = []
    for _ in range(50):
        now: list[object] = [box.bounding_box() for box in boxes.all()]
        if now == before:
            return
        before = now
        document.page.wait_for_timeout(400)


def node(document: Locator, name: str) -> Locator:
    return document.locator(f'.react-flow__node[data-id="{name}"]')


def port(document: Locator, name: str, handle: str) -> Locator:
    return node(document, name).locator(f'.react-flow__handle[data-handleid="{handle}"]')


def text_of(page: Page) -> str:
    said: str = page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.context.model.sharedModel.getSource()"
    )
    return said


def test_three_nodes_are_drawn_from_an_empty_file(page: Page, folder: Path, artifacts: Path):
    document = opened(page, folder)
    canvas = document.get_by_role("region", name="Drawing")
    for name in ("prepare", "train", "report"):
        drag(page, page.locator(".jp-DirListing-item", has_text=f"{name}.ipynb"), canvas)
        expect(node(document, name)).to_be_visible(timeout=LONG)
    expect(port(document, "train", "in:table")).to_be_visible(timeout=LONG)
    expect(document.get_by_role("button", name="1 problem")).to_be_visible(timeout=LONG)
    page.screenshot(path=artifacts / "pipeline-begun.png")
    page.keyboard.press("Escape")
    settled(document, 0)

    drag(page, port(document, "prepare", "out:table"), port(document, "train", "in:table"))
    expect(document.get_by_role("button", name="1 problem")).to_have_count(0, timeout=LONG)
    settled(document, 1)
    drag(page, port(document, "train", "out:score"), port(document, "report", "in:score"))
    settled(document, 2)
    drag(page, port(document, "prepare", "out"), port(document, "report", "in"))
    settled(document, 3)

    page.screenshot(path=artifacts / "pipeline-drawn.png")
    assert text_of(page) == GOLDEN


@pytest.mark.kernel
def test_a_part_of_a_pipeline_is_run_and_a_result_accepted(page: Page, folder: Path, artifacts: Path):
    (folder / "churn.pipeline.yaml").write_text(GOLDEN)
    document = opened(page, folder)
    node(document, "train").click()
    part = document.get_by_role("group", name="Run a part")
    page.screenshot(path=artifacts / "pipeline-part.png")

    part.get_by_role("button", name="Run up to here").click()

    view = page.get_by_role("region", name=re.compile("^Run 2"))
    expect(view.get_by_role("toolbar", name="Run")).to_contain_text("Succeeded", timeout=LONG)
    expect(node(view, "train")).to_contain_text("Succeeded")
    expect(node(view, "report")).to_contain_text("Skipped")
    execute(page, "application:close")

    # Another notebook, and its result of before taken as current in spite of that: nothing runs.
    cells = [("p", "table: list", ["parameters"]), ("w", "import dagbook\ndagbook.output(score=0)", [])]
    write(folder / "train.ipynb", cells)
    part.get_by_role("button", name="Accept as current").click()

    expect(view.get_by_role("toolbar", name="Run")).to_contain_text("Succeeded", timeout=LONG)
    expect(node(view, "train")).to_contain_text("accepted by")
    execute(page, "application:close")
    document.get_by_role("button", name="Plan", exact=True).click()
    expect(node(document, "train")).to_contain_text("Is current", timeout=LONG)


def test_the_text_is_written_with_help(page: Page, folder: Path, artifacts: Path):
    (folder / "churn.pipeline.yaml").write_text(
        "pipeline: churn\nnodes:\n  prepare:\n    notebook: prepare.ipynb\n    retris: 2\n"
    )
    document = opened(page, folder)
    editor = document.locator(".cm-content")
    # What is wrong is underlined, with the remedy.
    wrong = document.locator(".cm-lintRange-error")
    expect(wrong).to_have_text("retris", timeout=SOON)
    wrong.hover()
    expect(page.locator(".cm-tooltip-lint")).to_contain_text("retries", timeout=SOON)
    page.screenshot(path=artifacts / "pipeline-text-wrong.png")

    # What may stand there is offered, with what it means.
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Shift+ArrowUp")  # the line that is wrong
    page.keyboard.press("Backspace")
    page.keyboard.type("    run_")
    offers = page.locator(".cm-tooltip-autocomplete")
    expect(offers.get_by_role("option", selected=True)).to_contain_text("run_if", timeout=SOON)
    for theme, named in THEMES.items():
        show_theme(page, named)
        page.screenshot(path=artifacts / f"pipeline-text-offers-{theme}.png")
    page.keyboard.press("Enter")
    page.keyboard.type("al")
    expect(offers.get_by_role("option", selected=True)).to_have_text("always", timeout=SOON)
    page.wait_for_timeout(300)  # an offer that has just appeared is not taken by an Enter
    page.keyboard.press("Enter")
    expect(wrong).to_have_count(0, timeout=SOON)
    assert text_of(page).rstrip().endswith("notebook: prepare.ipynb\n    run_if: always")

    document.get_by_text("run_if", exact=True).hover()
    hint = page.locator(".jp-DagbookPipeline-hint")
    expect(hint).to_contain_text('string = "success"', timeout=SOON)
    page.screenshot(path=artifacts / "pipeline-text-hint.png")


def test_five_hundred_nodes_are_opened_and_moved_through(page: Page, folder: Path, artifacts: Path):
    """How long it takes stands in the artifacts; nothing is demanded of a busy machine."""
    nodes = [f"  n{place}: {{notebook: report.ipynb, needs: [n{place // 3}]}}" for place in range(1, 500)]
    text = "pipeline: many\nnodes:\n  n0: {notebook: report.ipynb}\n" + "\n".join(nodes)
    (folder / "many.pipeline.yaml").write_text(text + "\n")
    page.evaluate("() => { window.began = performance.now() }")
    document = opened(page, folder, "many.pipeline.yaml")
    expect(document.locator(".react-flow__node").first).to_be_visible(timeout=LONG)
    opening = page.evaluate("() => performance.now() - window.began")
    frames = page.evaluate(
        """async () => {
            const pane = document.querySelector('.react-flow__pane');
            const { left, top } = pane.getBoundingClientRect();
            const times = [];
            for (let turn = 0; turn < 60; turn += 1) {
                const [clientX, clientY, deltaY] = [left + 200, top + 200, turn % 20 < 10 ? 40 : -40];
                pane.dispatchEvent(new WheelEvent('wheel', { clientX, clientY, deltaY, bubbles: true }));
                times.push(await new Promise(requestAnimationFrame));
            }
            return times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b);
        }"""
    )
    said = f"open {opening:.0f} ms; zooming: median frame {frames[29]:.0f} ms, longest {frames[-1]:.0f} ms\n"
    (artifacts / "pipeline-500.txt").write_text(said)
    page.screenshot(path=artifacts / "pipeline-500.png")
    assert text_of(page).count("needs:") == 499
    expect(document.locator(".react-flow__minimap-node")).to_have_count(500, timeout=LONG)
