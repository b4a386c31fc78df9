"""Take the pictures of README and documentation from the running product: `make pictures`.

The examples are copied and run, a JupyterLab is started on the copies, and a browser shows them in both
themes. Takes some minutes. Each picture is looked at before it is committed: the script cannot judge them.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT: Final = Path(__file__).parent.parent
PICTURES: Final = ROOT / "docs" / "_static" / "pictures"
THEMES: Final = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
EXAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "untouched": ("wine.pipeline.yaml",),
    "backtest": ("backtest.pipeline.yaml",),
    "daily-report": ("daily-report.pipeline.yaml", "-p", "day=2026-02-14"),
    "churn-service": ("churn.pipeline.yaml",),
    "access-log": ("access-log.pipeline.yaml",),
    "digits": ("digits.pipeline.yaml",),
}
"""The folder of an example → how it is run."""
CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE: Final = 180_000
_COLOURS: Final = 200


def main() -> int:
    """The command."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dagbook-pictures-") as made:
        folder = Path(made) / "examples"
        shutil.copytree(ROOT / "examples", folder, ignore=shutil.ignore_patterns(".dagbook", "__pycache__"))
        (folder / ".dagbook").mkdir()
        # A line of runs of its own, and a kernel for Bash.
        env = {**os.environ, "XDG_RUNTIME_DIR": made, "JUPYTER_PATH": f"{made}/kernels/share/jupyter"}
        install = [sys.executable, "-m", "bash_kernel.install", "--prefix", f"{made}/kernels"]
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
        runs = {name: _run(folder / name, arguments, env) for name, arguments in EXAMPLES.items()}
        with _lab(folder, env) as url, _browser_page(url) as page:
            for name, run in runs.items():
                _execute(page, "application:close-all")
                _show_run(page, run)
                _take(page, f"example-{name}")
            for theme, name in THEMES.items():
                _execute(page, "application:close-all")
                _theme(page, name)
                _document(page)
                _take(page, f"pipeline-{theme}")
                _live(page, folder / "digits", env)
                _take(page, f"run-{theme}")
                _over(page)
    return 0


def _run(folder: Path, arguments: tuple[str, ...], env: dict[str, str], *options: str) -> str:
    """The id of a run of an example that is over, however it ended, or that was only started."""
    command = [sys.executable, "-m", "dagbook", "run", "--json", *options, *arguments]
    said = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return str(json.loads(said.stdout)["run"])


@contextmanager
def _lab(folder: Path, env: dict[str, str]) -> Iterator[str]:
    """JupyterLab with nothing of this person's; its address."""
    own = folder.parent / "jupyter"
    runtime = own / "runtime"
    settings = own / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    settings.joinpath("notification.jupyterlab-settings").write_text('{"fetchNews": "false"}', "utf-8")
    around = {
        **env, "JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_CONFIG_DIR": str(own),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
    }  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--allow-root"]
    command += ["--IdentityProvider.token=pictures", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.expose_app_in_browser=True"]
    process = subprocess.Popen(
        command, env=around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        deadline = time.monotonic() + _PATIENCE / 1000
        while not (told := list(runtime.glob("jpserver-*.json"))):
            assert process.poll() is None, "JupyterLab ended"
            assert time.monotonic() < deadline, "JupyterLab does not start"
            time.sleep(0.2)
        yield str(json.loads(told[0].read_text("utf-8"))["url"])
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


@contextmanager
def _browser_page(url: str) -> Iterator[Page]:
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        sys.exit("There is no chromium here. Fix: install one; tools/bring-chromium tries to")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": 1280, "height": 600}, reduced_motion="reduce", locale="en-US"
        )
        page.set_default_timeout(_PATIENCE)
        page.goto(f"{url}lab?token=pictures&reset")
        page.locator("#jupyterlab-splash").wait_for(state="detached")
        page.locator(".jp-Launcher").first.wait_for()
        page.get_by_role("tab", name="Dagbook").click()
        page.get_by_role("tab", name="Pipelines").click()
        yield page
        browser.close()


def _execute(page: Page, command: str, **arguments: Any) -> None:
    page.evaluate(
        "async ([id, args]) => { await window.jupyterapp.commands.execute(id, args) }", [command, arguments]
    )


def _theme(page: Page, name: str) -> None:
    _execute(page, "apputils:change-theme", theme=name)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=name)


def _document(page: Page) -> None:
    """The pipeline file of the digits: drawing and text."""
    _execute(page, "docmanager:open", path="digits/digits.pipeline.yaml")
    page.locator(".jp-DagbookPipeline:visible .react-flow__node").first.wait_for()


def _live(page: Page, folder: Path, env: dict[str, str]) -> None:
    """A run of the digits in the middle of its six trainings."""
    run = _run(folder, EXAMPLES["digits"], env, "--no-cache", "--detach")
    view = _show_run(page, run)
    view.get_by_text("2 of 6 ok").first.wait_for()


def _over(page: Page) -> None:
    page.locator(".jp-DagbookRunView:visible").get_by_text("Succeeded").first.wait_for()


def _show_run(page: Page, run: str) -> Any:
    _execute(page, "dagbook:open-run-view", run=run)
    view = page.get_by_role("region", name=f"Run {run}")
    view.locator(".react-flow__node").first.wait_for()
    return view


def _take(page: Page, name: str) -> None:
    """A picture of the whole window, with few colours: what is drawn has no more."""
    page.mouse.move(640, 599)
    page.wait_for_timeout(1500)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    file = PICTURES / f"{name}.png"
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} KB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
