"""The files of docs/howto/extend-dagbook.md, as Python has them."""

from __future__ import annotations

from typing import Any

from tests.architecture.sources import ROOT
from tests.docs.pages import fences

PAGE = ROOT / "docs" / "howto" / "extend-dagbook.md"


def files() -> dict[str, str]:
    """Name → source, of every file on the page."""
    shown = [fence for fence in fences(PAGE.read_text("utf-8")) if fence.language == "python"]
    return {fence.info[1]: fence.body for fence in shown}


def on_the_page(name: str) -> dict[str, Any]:
    """What a file of the page defines."""
    made: dict[str, Any] = {"__name__": f"page.{name}"}
    exec(compile(files()[name], f"{PAGE.name}:{name}", "exec", dont_inherit=True), made)
    return made
