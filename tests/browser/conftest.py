"""A real JupyterLab with our extension, in a real browser."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).parent.parent.parent
BUILT = ROOT / "jupyter_ext" / "dagbook" / "labextension"
PATIENCE = 180
# As in tools/bring-chromium.
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# What JupyterLab itself says on its console; everything else is taken for ours.
FOREIGN_NOISE = (
    "[LSP]",
    "Unrecognized feature",
    "The FetchEvent for",
    "GPU stall",
    "Download the React DevTools",
    "ms to activate",  # a plugin of JupyterLab's, on a busy machine
    "is taking too long to activate",
    "Could not restore the debugger state",  # its kernel was ended while it was asked
    "Measure loop restarted",  # CodeMirror's, while the machine is slow
)


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    root: Path


@pytest.fixture(scope="package")
def lab(
    quiet_home: Path, tmp_path_factory: pytest.TempPathFactory, lacking: Callable[[str], Any]
) -> Iterator[Lab]:
    """JupyterLab on a port of the system's choice, with settings of its own and our extension in it."""
    if not (BUILT / "package.json").exists():
        lacking("the front end is not built: `make test` builds it")
    root = tmp_path_factory.mktemp("lab")
    folder = root / "notebooks"
    extensions = root / "labextensions"
    for made in (folder, extensions):
        made.mkdir()
    (extensions / "dagbook").symlink_to(BUILT)
    news = quiet_home / "lab-settings" / "@jupyterlab" / "apputils-extension"
    news.mkdir(parents=True, exist_ok=True)
    (news / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    token = secrets.token_hex(16)
    with (root / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-m",
                    "jupyterlab",
                    "--no-browser",
                    "--ip=127.0.0.1",
                    "--port=0",
                    "--allow-root",
                ),
                f"--IdentityProvider.token={token}",
                f"--ServerApp.root_dir={folder}",
                "--ServerApp.jpserver_extensions={'dagbook': True}",
                f"--LabApp.extra_labextensions_path={extensions}",
                "--LabApp.expose_app_in_browser=True",
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT / "jupyter_ext")},
            start_new_session=True,
        )
    try:
        yield Lab(url=_url_of(process, quiet_home / "jupyter-runtime", root), token=token, root=folder)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="package")
def browser(lacking: Callable[[str], Any]) -> Iterator[Browser]:
    """The machine's own Chromium; nothing is downloaded."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        lacking("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(lab: Lab, browser: Browser) -> Iterator[Page]:
    """JupyterLab, ready to be used. The test fails when the page or its console complains."""
    about = browser.new_context(
        viewport={"width": 1280, "height": 800}, reduced_motion="reduce", locale="en-US"
    )
    page = about.new_page()
    page.set_default_navigation_timeout(PATIENCE * 1000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
    page.on("console", lambda message: complaints.extend(_complaint(message)))
    page.goto(f"{lab.url}lab?token={lab.token}&reset")
    page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=PATIENCE * 1000)
    page.locator(".jp-Launcher").first.wait_for(timeout=PATIENCE * 1000)
    yield page
    about.close()
    assert complaints == []


def _complaint(message: ConsoleMessage) -> list[str]:
    if message.type not in {"error", "warning"} or any(noise in message.text for noise in FOREIGN_NOISE):
        return []
    # The browser writes down every refusal. For a form that is still being filled in they are answers,
    # and for a run that is taken up a question.
    url = message.location.get("url", "")
    if "400 (Bad Request)" in message.text and re.search(
        r"/dagbook/api/(plan|schedules|runs/[^/]+/(retry|resume)|services/[^/]+/invocations)(\?|$)", url
    ):
        return []
    return [f"{message.type}: {message.text} ({message.location.get('url', '')})"]


def _url_of(process: subprocess.Popen[bytes], runtime: Path, root: Path) -> str:
    """The address that the server wrote down once it was listening."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        for info in runtime.glob("jpserver-*.json"):
            try:
                said = json.loads(info.read_text())
            except ValueError:  # half written
                continue
            if said["pid"] == process.pid:
                return str(said["url"])
        time.sleep(0.1)
    log = (root / "server.log").read_text(errors="replace")
    raise AssertionError(f"JupyterLab did not start:\n{log[-4000:]}")
