"""From `%metric` in a cell to the chart of the run's page, in a real JupyterLab and a real browser."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from harness import Ways, comparison
from load import lab

_PATIENCE: Final = 120.0
_LOOP: Final = """\
%%track live
import time
from pathlib import Path
for step in range(4000):
    at = time.time()
    %metric loss=1/(step+1) --step step
    with open("logged", "a") as file:
        file.write(f"{at}\\n")
    time.sleep(0.4)
    if Path("enough").exists():
        break
"""
# Every count that the chart's text says, and when it first did: looking late misses nothing.
_NOTE: Final = """(chart) => {
    window.noted = [];
    const note = () => {
        const count = Number(/(\\d+) value/.exec(chart.textContent)?.[1] ?? 0);
        if (count > (window.noted.at(-1)?.[0] ?? 0)) window.noted.push([count, Date.now() / 1000]);
    };
    new MutationObserver(note).observe(chart, {subtree: true, childList: true, characterData: true});
    note();
}"""


@comparison(
    "From a log call to the screen",
    ours="the chart of the run's page",
    unit="s",
    note=(
        "A cell logs a number every 0.4 s. From the call until the chart of the run's page says that it has "
        "it, and until MLflow's store has it; of the number that was logged next."
    ),
    rounds=30,
)
def to_the_screen() -> Iterator[Ways]:
    """The cell runs and the chart is open before anything counts."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        folder = Path(made)
        _study(folder)
        with lab(folder) as (url, token, _):
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            page = browser.new_page(reduced_motion="reduce")
            _open_chart(page, f"{url}lab/tree/study.ipynb?token={token}&reset")
            yield {
                "the chart of the run's page": lambda: _next(folder, lambda count: _noted(page, count)),
                "MLflow's store": lambda: _next(folder, lambda count: _stored(folder, count)),
            }
            (folder / "enough").touch()
            browser.close()


def _study(folder: Path) -> None:
    from nbformat import v4

    cells = [v4.new_code_cell(source) for source in ("%load_ext dagbook", _LOOP)]
    notebook = v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (folder / ".dagbook").mkdir()
    (folder / "study.ipynb").write_text(json.dumps(notebook), "utf-8")
    (folder / "logged").touch()


def _open_chart(page: Any, url: str) -> None:
    page.goto(url, timeout=180_000)
    page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=180_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=180_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.get_by_role("tab", name="Dagbook").click()
    row = page.get_by_role("region", name="Dagbook runs").get_by_role("row").filter(has_text="live")
    row.get_by_role("button", name="live", exact=True).click(timeout=120_000)
    shown = page.get_by_role("region", name="Run live")
    shown.get_by_role("tab", name="Charts").click()
    chart = shown.locator('[data-metric="loss"]')
    chart.locator("canvas").wait_for(timeout=60_000)
    chart.evaluate(_NOTE)


def _next(folder: Path, seen: Callable[[int], float | None]) -> float:
    """Seconds from the next call until it was seen."""
    count = len(_logged(folder)) + 1
    deadline = time.monotonic() + _PATIENCE
    while True:
        at = seen(count)
        if at is not None and len(_logged(folder)) >= count:
            return at - _logged(folder)[count - 1]
        if time.monotonic() > deadline:
            raise RuntimeError(f"the number {count} was not seen within {_PATIENCE} s")
        time.sleep(0.01)


def _logged(folder: Path) -> list[float]:
    return [float(line) for line in (folder / "logged").read_text("utf-8").splitlines()]


def _noted(page: Any, count: int) -> float | None:
    """When the chart first said so many."""
    found = page.evaluate("count => window.noted.find(([seen]) => seen >= count)?.[1] ?? null", count)
    return None if found is None else float(found)


def _stored(folder: Path, count: int) -> float | None:
    with sqlite3.connect(folder / ".dagbook" / "mlflow.db") as store:
        (found,) = store.execute("select count(*) from metrics where key = 'loss'").fetchone()
    return time.time() if found >= count else None
