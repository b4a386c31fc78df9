"""`%pipeline` and `%%pipeline`: run, plan and show pipelines from inside a notebook, by the same engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from IPython.core.error import UsageError

from dagbook.errors import did_you_mean
from dagbook.magics.completion import Typed, complete
from dagbook.magics.place import notebook_path, told_by
from dagbook.magics.screen import cell_number, in_kernel, plain_errors, say
from dagbook.magics.words import LineParser, count

if TYPE_CHECKING:
    from dagbook.api.planning import Checked, Prepared
    from dagbook.api.run import Run
    from dagbook.magics.pipeline_display import PlanView, RunView

USAGE: Final = (
    "%pipeline run FILE [-p NAME=VALUE …] [--only NODE] [--from NODE] [--no-cache] [--jobs N], "
    "%pipeline plan FILE …, or %pipeline show [RUN]"
)
CELL_USAGE: Final = "%%pipeline [run|plan] [-p NAME=VALUE …] [--only NODE] …, with the YAML below"
_VERBS: Final = ("run", "plan", "show")
_RUN: Final = ("dagbook.api.run", "Run")

_shown: dict[str, int | None] = {}


def register(ip: Any) -> None:
    """Add `%pipeline` and `%%pipeline` to the shell, and how it shows a run."""

    def pipeline(line: str, cell: str | None = None) -> Run | PlanView | RunView:
        """Run a pipeline from here and watch it, see what a run would do, or look at one that was.

        %pipeline run churn.pipeline.yaml                   run it; what is unchanged is reused
        %pipeline run churn.pipeline.yaml -p rows=500 -p name="a b"
        %pipeline run churn.pipeline.yaml --only train      this node alone (--from: and what follows it)
        %pipeline run churn.pipeline.yaml --no-cache --jobs 4
        %pipeline plan churn.pipeline.yaml -p rows=500      what would run, be reused or skipped, and why
        %pipeline show                                      the newest run; or: %pipeline show 20261122

        A cell can hold the pipeline itself; paths count from this notebook's folder:

        %%pipeline run -p rows=500
        pipeline: churn
        params: {rows: 10000}
        nodes:
          prepare: {notebook: prepare.ipynb, params: {rows: "${params.rows}"}}
          train: {notebook: train.ipynb, params: {features: "${prepare.features}"}}

        `%%pipeline plan` plans it. Variables of the notebook can be used in the line: -p rows={n}.
        The run is a process of its own: it goes on when this notebook is closed. Interrupting the cell
        cancels it in order. `run = %pipeline run …` keeps it: `run["train"].outputs`, `run.state`.
        """
        return act(line, cell, ip)

    ip.register_magic_function(pipeline, "line_cell", "pipeline")
    complete(ip, "pipeline", _offers)
    formatters = ip.display_formatter
    formatters.formatters["text/html"].for_type_by_name(*_RUN, _run_html)
    formatters.ipython_display_formatter.for_type_by_name(*_RUN, _unless_shown)


def act(line: str, cell: str | None, ip: Any) -> Run | PlanView | RunView:
    """Do what `%pipeline` was told."""
    asked = _read(line, is_cell=cell is not None)
    with plain_errors("%pipeline"):
        if asked.verb == "show":
            return _show(asked.words)
        prepared = _prepare(asked, cell, ip)
        for warning in prepared.warnings:
            say(f"warning: {warning}")
        if asked.verb == "plan":
            return _plan(prepared)
        return _run(prepared, ip)


def _read(line: str, *, is_cell: bool) -> Any:
    parser = _parser(is_cell=is_cell)
    asked = parser.read(line)
    verb = asked.words.pop(0) if asked.words else ("run" if is_cell else "")
    if is_cell and "=" in verb:
        asked.words.insert(0, verb)
        verb = "run"
    verbs = _VERBS[:2] if is_cell else _VERBS
    if verb not in verbs:
        if not verb:
            parser.error("say what to do")
        parser.error(f"'{verb}' is nothing to do: {did_you_mean(verb, verbs)}")
    asked.verb = verb
    # `a=1` may stand without its -p.
    asked.params += [word for word in asked.words if "=" in word]
    asked.words = [word for word in asked.words if "=" not in word]
    least, most = (0, 1) if verb == "show" else (0, 0) if is_cell else (1, 1)
    if not least <= len(asked.words) <= most:
        what = f"'{asked.words[most]}' is too much" if len(asked.words) > most else "name the pipeline file"
        parser.error(what)
    return asked


def _parser(*, is_cell: bool = False) -> LineParser:
    parser = LineParser("%%pipeline" if is_cell else "%pipeline", CELL_USAGE if is_cell else USAGE)
    parser.add_argument("words", nargs="*")
    parser.add_argument("-p", "--param", action="append", default=[], dest="params")
    parser.add_argument("--params-file", type=Path)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--from", action="append", default=[], dest="start")
    parser.add_argument("--no-cache", action="store_true")
    parser.add_argument("--jobs", type=count)
    return parser


def _prepare(asked: Any, cell: str | None, ip: Any) -> Prepared:
    from dagbook.api.params import parse_assignments, read_params_file
    from dagbook.api.planning import Choices, make_plan
    from dagbook.pipeline.selection import Selection

    checked = _checked(asked, cell, ip)
    checked.require()
    given = read_params_file(asked.params_file) if asked.params_file else {}
    given |= parse_assignments(checked.spec, asked.params)
    selection = Selection(only=tuple(asked.only), start=tuple(asked.start))
    return make_plan(
        checked,
        Choices(params=given, jobs=asked.jobs, selection=selection, use_cache=not asked.no_cache),
    )


def _checked(asked: Any, cell: str | None, ip: Any) -> Checked:
    from dagbook.api.planning import check, check_file

    if cell is None:
        return check_file(Path(asked.words[0]))
    from dagbook.magics.cell_pipeline import load_cell

    notebook = notebook_path(session=told_by(ip))
    return check(load_cell(cell, notebook.parent if notebook else Path.cwd().resolve()))


def _plan(prepared: Prepared) -> PlanView:
    from dagbook.magics.pipeline_display import PlanView

    view = PlanView(prepared.plan)
    view.show()
    return view


def _show(words: list[str]) -> RunView:
    from dagbook.api.run import find
    from dagbook.magics.pipeline_display import RunView

    run = find(words[0] if words else None, Path())
    view = RunView(run.id, run.state)
    view.show()
    return view


def _run(prepared: Prepared, ip: Any) -> Run:
    from dagbook.api.run import start
    from dagbook.magics.pipeline_display import planned
    from dagbook.magics.pipeline_live import follow

    run = start(prepared)
    _shown.clear()
    _shown[run.id] = cell_number()
    ended = follow(run, planned(prepared.plan), ip)
    if ended.state == "cancelled":
        # As an interrupt does, this keeps the cells below from running.
        raise UsageError(f"run {run.id} was cancelled; what had finished is reused when you run it again")
    return run


def _run_html(run: Run) -> str:
    from dagbook.magics.pipeline_display import run_html

    return run_html(run.id, run.state)


def _unless_shown(run: Run) -> None:
    """The cell that ran it has shown it already; elsewhere IPython shows it as any result."""
    if not (in_kernel() and run.id in _shown and _shown[run.id] == cell_number()):
        raise NotImplementedError


def _offers(typed: Typed) -> list[str]:
    words = [word for word in typed.words if not word.startswith("-")]
    verb = words[0] if words else ""
    if not typed.words:
        return list(_VERBS)
    if verb == "show":
        from dagbook import bootstrap

        return [summary["run"] for summary in bootstrap.queries(Path.cwd()).runs(limit=20)]
    if typed.option in {"-p", "--param", "--only", "--from"}:
        return _names_in(words[1:], nodes=typed.option in {"--only", "--from"})
    if typed.option in {"--params-file", "--jobs"}:
        return _files(typed.fragment) if typed.option == "--params-file" else []
    options = [option for option in _parser().options() if option != "--param"]
    return options if typed.fragment.startswith("-") else [*_files(typed.fragment), *options]


def _names_in(words: list[str], *, nodes: bool) -> list[str]:
    from dagbook.api.pipelines import open_pipeline

    loaded = open_pipeline(Path(words[0]))
    return list(loaded.top.names()) if nodes else [f"{name}=" for name in loaded.spec.params]


def _files(fragment: str) -> list[str]:
    """Folders and pipeline files (or any YAML, where there are none) below what is typed."""
    head = fragment[: fragment.rfind("/") + 1]
    entries = sorted(Path(head or ".").iterdir())
    folders = [f"{head}{entry.name}/" for entry in entries if entry.is_dir() and entry.name[0] not in "._"]
    files = [f"{head}{entry.name}" for entry in entries if entry.suffix in {".yaml", ".yml", ".json"}]
    named = [name for name in files if ".pipeline." in name]
    return [*(named or files), *folders]
