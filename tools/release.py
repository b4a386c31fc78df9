"""`make release`: wheel and sdist of the last commit, tried in new environments; notes from the changelog.

Nothing is uploaded, and no tag is made: a person does both, by CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import release_parts as parts  # noqa: E402

PYTHONS = ("3.11", "3.12", "3.13")
NODE = ("node", "npm", "npx", "corepack", "yarn", "jlpm")


def main() -> int:
    """Make the release; 0, or 1 with what is wrong on stderr."""
    arguments = argparse.ArgumentParser(prog="make release", description=__doc__)
    arguments.add_argument("--into", type=Path, default=ROOT / "dist", help="where to, emptied before")
    arguments.add_argument("--python", action="append", help="try only this version; may be repeated")
    given = arguments.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="dagbook-release-") as place:
            _release(given.into.resolve(), Path(place), tuple(given.python or PYTHONS))
    except parts.NotReady as fault:
        print(f"No release: {fault}", file=sys.stderr)
        return 1
    return 0


def _release(into: Path, place: Path, wanted: tuple[str, ...]) -> None:
    changed = _run(["git", "status", "--porcelain"], cwd=ROOT).strip()
    if changed:
        raise parts.NotReady(
            f"a release is of a commit, and these are not in one. Fix: commit them\n{changed}"
        )
    version = json.loads((ROOT / "labextension" / "package.json").read_text("utf-8"))["version"]
    notes = parts.notes((ROOT / "CHANGELOG.md").read_text("utf-8"), version)
    commit = _run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT).strip()
    print(f"Dagbook {version}, commit {commit}")
    shutil.rmtree(into, ignore_errors=True)
    wheel, sdist = _build(into, place / "clone", version)
    tried: dict[str, str | None] = {}
    for wish in wanted:
        python = _find(wish)
        tried[wish] = None if python is None else _try(python, wheel, place / wish, version)
    first = next((wish for wish in wanted if tried[wish] is not None), None)
    if first is None:
        raise parts.NotReady(f"no Python of {', '.join(wanted)} was found, so that nothing could be tried")
    python = _find(first)
    assert python is not None
    _install_from_source(python, sdist, place / "from-sdist", version)
    (into / "NOTES.md").write_text(notes, "utf-8")
    print("\n".join(["Tried:", *parts.summary(tried)]))
    print(f"In {into}: {', '.join(sorted(path.name for path in into.iterdir()))}")


def _build(into: Path, clone: Path, version: str) -> tuple[Path, Path]:
    """Wheel and sdist from a clone of the last commit, which has nothing that git does not know."""
    _say("clone and build")
    _run(["git", "clone", "--quiet", ROOT, clone])
    env = {
        **os.environ,
        "YARN_CACHE_FOLDER": str(ROOT / "labextension" / ".yarn" / "cache"),
        "YARN_ENABLE_GLOBAL_CACHE": "false",
    }
    env.pop("SKIP_JUPYTER_BUILDER", None)
    _run([sys.executable, "-m", "build", "--outdir", into, "."], cwd=clone, env=env)
    (wheel,) = into.glob("*.whl")
    (sdist,) = into.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        missing = parts.missing_in_wheel(archive.namelist(), version)
        metadata = archive.read(f"dagbook-{version}.dist-info/METADATA").decode()
    with tarfile.open(sdist) as archive:
        written = archive.extractfile(f"dagbook-{version}/PKG-INFO")
        assert written is not None
        source_metadata = written.read().decode()
    faults = [f"{wheel.name} lacks {name}" for name in missing]
    for of, text in ((wheel, metadata), (sdist, source_metadata)):
        faults += [f"{of.name}: {fault}" for fault in parts.faults_of_metadata(text, version)]
    if faults:
        raise parts.NotReady("\n  ".join(["what was built is not whole:", *faults]))
    behind = parts.links_that_stay_behind(str(Parser().parsestr(metadata).get_payload()))
    if behind:
        print(f"  (on the page of an index {len(behind)} links of README.md lead nowhere: they are to files)")
    return wheel, sdist


def _find(version: str) -> str | None:
    """A Python of this version that starts: from PATH, else pyenv's or uv's; None: there is none."""
    homes = [Path.home() / ".pyenv" / "versions", Path.home() / ".local" / "share" / "uv" / "python"]
    kept = [path for home in homes for path in sorted(home.glob(f"*{version}.*/bin/python{version}"))]
    for python in (f"python{version}", *map(str, reversed(kept))):
        # Started, not only looked for: version managers leave names on PATH that do nothing.
        asked = f"import sys, venv, ensurepip; assert '{version}' == '%d.%d' % sys.version_info[:2]"
        if (
            shutil.which(python)
            and subprocess.run([python, "-c", asked], capture_output=True, check=False).returncode == 0
        ):
            return python
    return None


def _try(python: str, wheel: Path, place: Path, version: str) -> str:
    """Install the wheel with JupyterLab into a new environment and use it; what was seen, in a line."""
    _say(f"Python {python}: install and run")
    env = _new_environment(python, place)
    _run(["pip", "install", "--quiet", f"{wheel}[lab]"], env=env)
    _run(["pip", "check"], env=env)
    _expect(version, _run(["dagbook", "--version"], env=env), f"dagbook --version, on {python}")
    _run(["dagbook", "new", "first"], cwd=place, env=env)
    answer = json.loads(
        _run(["dagbook", "run", "first/first.pipeline.yaml", "-p", "rows=50", "--json"], cwd=place, env=env)
    )
    _expect("succeeded", answer["state"], f"a run of `dagbook new` on {python}")
    for listed in (["jupyter", "labextension", "list"], ["jupyter", "server", "extension", "list"]):
        said = _run(listed, env=env)
        line = next((line for line in said.splitlines() if "dagbook" in line and "OK" in line), "")
        _expect("OK", line, f"{' '.join(listed)} on {python}")
    steps = len(answer["steps"])
    shutil.rmtree(place, ignore_errors=True)
    return f"installed, {steps} steps of a new project ran, both extensions are on"


def _install_from_source(python: str, sdist: Path, place: Path, version: str) -> None:
    """The sdist carries the built front end, so that installing it needs no Node."""
    _say("install from the sdist, without Node")
    env = _new_environment(python, place)
    env["PATH"] = os.pathsep.join(
        [
            env["PATH"].split(os.pathsep)[0],
            *(_without_node(env["PATH"].split(os.pathsep)[1:], place / "programs")),
        ]
    )
    _run(["pip", "install", "--quiet", "--no-deps", sdist], env=env)
    listed = _run(["pip", "show", "--files", "dagbook"], env=env)
    _expect(f"Version: {version}", listed, "pip show of the sdist")
    _expect("labextensions/dagbook/static/style.js", listed, "the files of the sdist")


def _without_node(path: list[str], programs: Path) -> list[str]:
    """PATH as one folder of links to every program except Node and what comes with it."""
    programs.mkdir()
    for folder in reversed(path):
        for program in Path(folder).glob("*") if folder else []:
            if program.name not in NODE:
                link = programs / program.name
                link.unlink(missing_ok=True)
                link.symlink_to(program)
    return [str(programs)]


def _new_environment(python: str, place: Path) -> dict[str, str]:
    """A virtual environment and a home folder of its own; its process environment."""
    _run([python, "-m", "venv", place / "venv"])
    home = place / "home"
    home.mkdir()
    # How pip reaches its index is the machine's own affair, and is kept.
    dropped = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in dropped and not name.startswith(("DAGBOOK_", "MLFLOW_", "JUPYTER_"))
    }
    here = str(place / "venv" / "bin")
    return {**env, "PATH": f"{here}{os.pathsep}{env['PATH']}",
            "JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"), "IPYTHONDIR": str(home / "ipython")}  # fmt: skip


def _expect(wanted: str, seen: str, where: str) -> None:
    if wanted not in seen:
        raise parts.NotReady(f"{where}: {wanted!r} was expected, and it said {seen.strip()[:600]!r}")


def _run(command: list[str | Path], cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Everything that it printed.

    Raises:
        NotReady: it failed; with the end of what it printed.
    """
    program = shutil.which(str(command[0]), path=(env or os.environ).get("PATH")) or str(command[0])
    done = subprocess.run(
        [program, *map(str, command[1:])], cwd=cwd, env=env, stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=1800, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        told = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        raise parts.NotReady(f"`{' '.join(map(str, command))}` failed ({done.returncode}):\n{told}")
    # JupyterLab's lists go to stderr; JSON must not be mixed with it.
    return done.stdout if "--json" in command else done.stdout + done.stderr


def _say(what: str) -> None:
    print(f"· {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
