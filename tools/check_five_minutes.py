"""check_five_minutes.py NOTEBOOK   Execute the notebook that Binder opens where it lies, and look at it.

For each of its cells that show something there is a word that must be shown.

Run by the Python of the image; the notebook itself is left as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

SHOWN = {
    "%compare shallow deep": "depth",
    "run = %pipeline run": "succeeded",
    'run["pick"].outputs': "best",
    "%input accuracy from pick": "accuracy",
    "%pipeline plan": "reuse",
    "from pathlib": "digits.html",
}
"""The beginning of a cell → what it has to show."""


def shown_by(notebook: Path) -> dict[str, str]:
    """The source of each code cell → everything that it printed or displayed, as text.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    document = nbformat.read(notebook, as_version=4)
    NotebookClient(
        document, timeout=300, kernel_name="python3", resources={"metadata": {"path": notebook.parent}}
    ).execute()
    return {
        cell.source: "\n".join(map(_text, cell.outputs))
        for cell in document.cells
        if cell.cell_type == "code"
    }


def faults(notebook: Path) -> list[str]:
    """What the executed notebook does not show that it should; empty: all is there."""
    shown = shown_by(notebook)
    found = []
    for begins, wanted in SHOWN.items():
        texts = [text for source, text in shown.items() if source.startswith(begins)]
        if len(texts) != 1 or wanted not in texts[0]:
            found.append(f"{begins!r} should show {wanted!r}, and showed {' '.join(texts)[-600:]!r}")
    page = notebook.parent / "digits.html"
    if not page.exists() or "data:image/png;base64" not in page.read_text("utf-8"):
        found.append("digits.html is not there, or holds no figure")
    return found


def _text(output: nbformat.NotebookNode) -> str:
    data = output.get("data", {})
    return str(output.get("text", "") or data.get("text/html", "") or data.get("text/plain", ""))


if __name__ == "__main__":
    wrong = faults(Path(sys.argv[1]).resolve())
    print("\n".join(wrong) or "The notebook shows what it should.")
    sys.exit(bool(wrong))
