"""`%input NAME from NODE` and `dagbook.input`: what another node published, to write a notebook with."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagbook.api.phrases import since_text, value_text
from dagbook.errors import Finding, InvalidInput
from dagbook.magics.completion import Typed, complete
from dagbook.magics.logbook import logbook
from dagbook.magics.place import place
from dagbook.magics.screen import plain_errors, say
from dagbook.magics.tracebacks import without_our_frames
from dagbook.magics.words import LineParser
from dagbook.notebook.values import is_name

if TYPE_CHECKING:
    from dagbook.magics.input_sources import InputSources

USAGE: Final = "%input NAME … from NODE [--run RUN] [--pipeline PIPELINE]"
_LONGEST: Final = 80
_PARTS: Final = 4


def register(ip: Any) -> None:
    """Add `%input` to the shell."""

    def input_magic(line: str) -> None:
        """Bind what another node published last, so that this notebook can be written with real data.

        %input features from prepare              the newest output `features` of the node `prepare`
        %input model threshold from train         several at once
        %input acc from train[2]                  of one step of a matrix; `train` alone gives a list
        %input features from prepare --run 2025   of one run, by the beginning of its id
        %input features from prepare --pipeline churn

        A value arrives as it is, a file as its absolute path, just as a node downstream receives them.
        What a person published by running the notebook `prepare.ipynb` counts too, if it is newer.
        In a run of a pipeline the parameter that the pipeline gave is kept, and nothing is looked up.
        """
        bind(line, ip)

    ip.register_magic_function(input_magic, "line", "input")
    complete(ip, "input", _offers)


@without_our_frames
def input(name: str, node: str, *, run: str | None = None, pipeline: str | None = None) -> Any:  # noqa: A001
    """What the node published last as `name`: the value, or the absolute path of the file.

    Args:
        name: of the output.
        node: of a pipeline, or a notebook that a person ran. A node with a matrix gives a list.
        run: only this run, by the beginning of its id.
        pipeline: only runs of the pipeline of that name.

    Raises:
        InvalidInput: there is no such output (NotFound), or this is a run, which is given its inputs.
    """
    return _take(name, node, run, pipeline, _names_of_person())


def bind(line: str, ip: Any) -> None:
    """Do what `%input` was told."""
    parser = _parser()
    asked = parser.read(line.replace(",", " "))
    words = list(asked.words)
    if "from" not in words[1:-1] or words.index("from") != len(words) - 2:
        parser.error("say what is wanted, and from where")
    names, node = words[:-2], words[-1]
    wrong = [name for name in names if not is_name(name)]
    if wrong:
        parser.error(f"'{wrong[0]}' is no name")
    with plain_errors("%input"):
        found = {name: _take(name, node, asked.run, asked.pipeline, ip.user_ns) for name in names}
    ip.user_ns.update(found)


def _take(name: str, node: str, run: str | None, pipeline: str | None, known: dict[str, Any]) -> Any:
    if place().in_run:
        if name in known:
            return known[name]
        raise InvalidInput(
            Finding(
                code="input-in-run",
                message=f"in a run of a pipeline '{name}' must be given by the pipeline, and was not",
                remedy=f"declare `{name} = None` in the parameters cell, "
                f"and write `{name}: ${{{node}.{name}}}` under `params:` of this node",
            )
        )
    source = _sources(run, pipeline).newest(name, node)
    when = since_text(source.at)
    shown = source.value
    if source.files and isinstance(shown, str):
        shown = f"…/{'/'.join(Path(shown).parts[-_PARTS:])}"
    with suppress(OSError):  # a project that cannot be written can still be read
        logbook().took(name, source.origin)
    say(f"{name} = {value_text(shown, _LONGEST)} (from {source.origin}, {when})")
    return source.value


def _sources(run: str | None, pipeline: str | None) -> InputSources:
    from dagbook import bootstrap
    from dagbook.magics.input_sources import InputSources

    around = bootstrap.settings(Path.cwd())
    return InputSources(around.project, bootstrap.queries_of(around.runs), run, pipeline)


def _names_of_person() -> dict[str, Any]:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return {} if shell is None else shell.user_ns


def _parser() -> LineParser:
    parser = LineParser("%input", USAGE)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--run")
    parser.add_argument("--pipeline")
    return parser


def _offers(typed: Typed) -> list[str]:
    from dagbook import bootstrap

    if typed.option == "--run":
        return [summary["run"] for summary in bootstrap.queries(Path.cwd()).runs(limit=20)]
    if typed.option == "--pipeline":
        return [summary["pipeline"] for summary in bootstrap.queries(Path.cwd()).runs(limit=100)]
    sources = _sources(None, None)
    if typed.words[-1:] == ("from",):
        return sources.nodes()
    if "from" in typed.words:
        return ["--run", "--pipeline"]
    return [*(["from"] if typed.words else []), *sources.outputs()]
