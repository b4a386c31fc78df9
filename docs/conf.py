"""How Sphinx makes the pages of this folder into a site: `make docs`.

The pages are plain Markdown that reads well without it. Nothing is fetched when a page is opened: Mermaid's
script, which draws the diagrams, is the one that JupyterLab ships with, taken from the front end's packages.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent

project = "Dagbook"
author = "The Dagbook contributors"
copyright = author  # noqa: A001  # Sphinx reads this name
release = json.loads((ROOT / "labextension" / "package.json").read_text(encoding="utf-8"))["version"]
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinxcontrib.mermaid",
]
exclude_patterns = ["_build", "decisions/README.md"]
nitpicky = True
# Types of other libraries that have no inventory here.
nitpick_ignore_regex = [("py:.*", r".*")]

myst_enable_extensions = ["colon_fence"]
# The anchors of GitHub, so that a link is the same there and here.
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]

autodoc_typehints = "description"
autodoc_member_order = "bysource"

# Shell comments and prompts are not part of what is copied.
copybutton_exclude = ".linenos, .gp"

html_theme = "pydata_sphinx_theme"
html_title = "Dagbook"
html_static_path = ["_static"]
html_theme_options = {
    "navigation_with_keys": False,
    "show_nav_level": 1,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

mermaid_use_local = "mermaid/mermaid.esm.min.mjs"
mermaid_fullscreen = False
mermaid_height = "auto"
mermaid_include_elk = False
suppress_warnings = ["misc.highlighting_failure"]  # an ellipsis in JSON is meant


def setup(app: object) -> None:  # noqa: ARG001  # Sphinx calls it so
    """Bring Mermaid's script, and the pieces it loads, to where the pages look for it."""
    made = ROOT / "labextension" / "node_modules" / "mermaid" / "dist"
    here = HERE / "_static" / "mermaid"
    for name in ("mermaid.esm.min.mjs", "chunks/mermaid.esm.min"):
        if (made / name).is_dir():
            shutil.copytree(
                made / name, here / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.map")
            )
        elif (made / name).exists():
            here.mkdir(parents=True, exist_ok=True)
            shutil.copy(made / name, here / name)
