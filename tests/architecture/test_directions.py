"""Arrows run downward, nothing is exempt, and the centre knows neither files nor processes."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGE, ROOT, imports, parsed, place, python_files

LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]

PURE = ["errors.py", "notebook", "schedule", "pipeline", "run"]
IMPURE_MODULES = {
    *("asyncio", "glob", "http", "io", "logging", "multiprocessing", "os", "random", "select", "shutil"),
    *("signal", "socket", "sqlite3", "subprocess", "tempfile", "threading", "time", "urllib", "uuid"),
    *("click", "IPython", "jupyter_client", "jupyter_core", "jupyter_server", "jupytext", "mlflow"),
    *("nbclient", "nbformat", "pandas", "papermill", "psutil", "rich", "ruamel", "tornado"),
}
IMPURE_BUILTINS = {"open", "print", "input", "eval", "exec", "__import__"}
PATH_METHODS = {
    *("exists", "is_dir", "is_file", "iterdir", "mkdir", "open", "read_bytes", "read_text", "rglob"),
    *("rename", "resolve", "stat", "touch", "unlink", "write_bytes", "write_text"),
}

# Doors start quickly, and adapters need packages that may be absent or slow to import; nobody else has a
# reason to hide an import in a function.
MAY_IMPORT_LATE = {
    *(
        "api",
        "bootstrap",
        "bootstrap.py",
        "caches",
        "cli",
        "executors",
        "formats",
        "kernels",
        "loaders",
        "magics",
    ),
    *("compilers", "environments", "notifiers", "runners", "server", "services", "stores", "trackers"),
}


def pure_files() -> list[Path]:
    return [path for name in PURE for path in (python_files(PACKAGE / name) or [PACKAGE / name])]


def test_import_contracts_hold():
    linter = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([linter, "--no-cache"], check=False, cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_import_contracts_exempt_nothing():
    assert [c["name"] for c in LINTER["contracts"] if c.get("ignore_imports")] == []
    assert [c["name"] for c in LINTER["contracts"] if c.get("exhaustive_ignores")] == []


def test_each_package_has_its_place_among_the_layers():
    layers = next(c for c in LINTER["contracts"] if c["type"] == "layers")
    assert layers["exhaustive"] is True
    placed = {name.strip(" ()") for layer in layers["layers"] for name in layer.replace(":", "|").split("|")}
    present = {
        path.stem
        for path in PACKAGE.iterdir()
        if path.name != "__init__.py" and (path.suffix == ".py" or (path / "__init__.py").exists())
    }
    assert present - placed == set()


def test_pure_packages_do_no_input_or_output():
    found = []
    for path in pure_files():
        tree = parsed(path)
        found += [
            f"{place(path, line)} imports {name}"
            for line, name in imports(tree)
            if name.partition(".")[0] in IMPURE_MODULES
        ]
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            if isinstance(called, ast.Name) and called.id in IMPURE_BUILTINS:
                found.append(f"{place(path, node.lineno)} calls {called.id}()")
            if isinstance(called, ast.Attribute) and called.attr in PATH_METHODS:
                found.append(f"{place(path, node.lineno)} calls .{called.attr}()")
    assert found == []


def test_only_doors_and_adapters_import_inside_functions():
    found = [
        f"{place(path, line)} imports {name} inside {function.name}()"
        for path in python_files()
        if path.relative_to(PACKAGE).parts[0] not in MAY_IMPORT_LATE
        for function in ast.walk(parsed(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for line, name in imports(function)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source", ["import sqlite3", "def f():\n    from os import path", "import urllib.request"]
)
def test_an_impure_import_would_be_seen(source: str):
    assert [name for _, name in imports(ast.parse(source)) if name.partition(".")[0] in IMPURE_MODULES]
