"""The site is built without a warning, and opening a page fetches nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.docs.pages import pages

FETCHED = re.compile(
    r"<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=\"(?:https?:)?//([^\"/]+)", re.IGNORECASE
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return out


def test_every_page_is_on_the_site(site):
    expected = {
        page.relative_to(ROOT / "docs").with_suffix(".html") for page in pages() if page.parent != ROOT
    }
    assert {page for page in expected if not (site / page).exists()} == set()


def test_opening_a_page_fetches_nothing_from_elsewhere(site):
    hosts = {host for page in site.rglob("*.html") for host in FETCHED.findall(page.read_text("utf-8"))}
    assert hosts == set()


def test_diagrams_are_drawn_by_a_script_of_the_site(site):
    page = (site / "architecture.html").read_text("utf-8")
    (script,) = re.findall(r"import mermaid from \"([^\"]+)\"", page)
    assert (site / script).exists()
