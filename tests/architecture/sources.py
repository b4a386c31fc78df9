"""The project's own source files, as the architecture tests see them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "jupyter_ext" / "dagbook"
BUNDLE = PACKAGE / "labextension"  # made by the front end's build


def python_files(folder: Path = PACKAGE) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if BUNDLE not in path.parents)


def front_end_files() -> list[Path]:
    folder = ROOT / "labextension" / "src"
    return sorted(path for path in folder.rglob("*") if path.suffix in {".ts", ".tsx", ".css"})


def kept_files() -> list[Path]:
    """Every file that git tracks, or would on the next `git add`."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(path for name in listing.split("\0") if name and (path := ROOT / name).is_file())


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each absolute import in the tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def place(path: Path, line: int | None = None) -> str:
    """The path from the root, and the line if given, as an editor opens it."""
    name = str(path.relative_to(ROOT))
    return f"{name}:{line}" if line else name
