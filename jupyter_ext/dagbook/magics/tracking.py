"""Registers what records: `%%track`, `%track`, `%param`, `%metric`, `%artifact`. Imports nothing heavy."""

from __future__ import annotations

from typing import Any, Final

from IPython.core.magic import no_var_expand

from dagbook.magics import log_lines
from dagbook.magics.completion import complete
from dagbook.magics.logbook import forget, logbook
from dagbook.magics.offers import artifact_offers, metric_offers, param_offers, track_offers
from dagbook.magics.track_magic import TrackMagic, without_track_line

_registered: Final[list[tuple[Any, TrackMagic]]] = []


def register(ip: Any) -> None:
    """Add the magics and hooks to the shell `ip`, once; a kernel gets its sender, too."""
    if any(shell is ip for shell, _ in _registered):
        return
    forget()  # of another shell in this process, as tests have
    magic = TrackMagic(ip, logbook)
    _registered[:] = [(ip, magic)]
    _register_track(ip, magic)
    _register_lines(ip, magic)
    ip.input_transformers_cleanup.append(without_track_line)
    ip.events.register("pre_run_cell", magic.before_cell)
    ip.events.register("post_run_cell", magic.after_cell)
    magic.loaded()
    book = logbook()
    is_for_people = getattr(ip, "kernel", None) is not None or type(ip).__name__ == "TerminalInteractiveShell"
    if is_for_people and not book.in_run:
        try:
            book.begin()
        except OSError:
            return  # said when something is to be recorded


def _register_track(ip: Any, magic: TrackMagic) -> None:
    @no_var_expand
    def track(line: str, cell: str | None = None) -> None:
        """Record work as an MLflow run: one cell by %%track, the cells that follow by %track start.

        %%track                                         this cell is a run; run it again, and it is another
        %%track forest -p depth,seed -m accuracy        named, with these variables when the cell is over
        %%track forest -e churn --tag stage=draft --note "first try" --autolog

        %track start tuning --tag stage=draft           one run for the cells that follow
        %track status                                   what is open, how much was logged, what waits
        %track stop                                     (-p and -m are looked up now)

        -p, --params a,b     log variables as parameters     -e, --experiment NAME   else the notebook's
        -m, --metrics a,b    log variables as metrics        -t, --tag KEY=VALUE     may be repeated
        --autolog            mlflow.autolog() in this cell   --note TEXT             a remark on the run

        Recorded without being asked: the notebook's parameters, figures and other rich outputs, duration,
        peak memory, source, git commit and uncommitted changes, who, and which notebook. MLflow's own calls
        in the cell land in the same run. It ends FINISHED, FAILED after an exception (your traceback stays as
        it is), KILLED when interrupted. Look at runs with %runs and %compare.
        In Python: `with dagbook.track("forest"):`, `@dagbook.track("forest")`.
        """
        if cell is None:
            magic.line(line)
        else:
            magic.cell(line, cell)

    ip.register_magic_function(track, "line_cell", "track")
    complete(ip, "track", lambda typed: track_offers(typed, ip))


def _register_lines(ip: Any, magic: TrackMagic) -> None:
    @no_var_expand
    def param(line: str) -> None:
        """Log parameters to the run that is going on.

        %param depth                       the variable `depth`
        %param lr=0.1 layers=[64, 32]      name=expression, several at once

        Values are kept as text. The first value of a name stays; another one is said, and kept as the tag
        dagbook.conflict.NAME. Without a run (%%track, %track start) one is opened for the notebook.
        In Python: dagbook.param(lr=0.1), or dagbook.param({"optimizer/lr": 0.1}).
        """
        __tracebackhide__ = True
        log_lines.param_line(line, ip)

    @no_var_expand
    def metric(line: str) -> None:
        """Log numbers to the run that is going on.

        %metric accuracy                       the variable `accuracy`
        %metric acc=0.93 loss=total / n        name=expression, several at once
        %metric loss --step 3                  at a step; without it each name counts its own points from 0

        Never waits: values are sent in the background, and none is lost while MLflow is away. NaN is kept;
        infinity, texts and arrays are refused in a line, and the cell goes on.
        In Python, also for loops: dagbook.metric(loss=0.3, step=3).
        """
        __tracebackhide__ = True
        log_lines.metric_line(line, ip)

    @no_var_expand
    def artifact(line: str) -> None:
        """Log a file, a folder or a variable to the run that is going on.

        %artifact model.png                a file or a folder, as it is now
        %artifact df --name features       a table as parquet, an array as npy, a figure as png,
                                           plain values as JSON
        In Python: dagbook.artifact(df, "features").
        """
        __tracebackhide__ = True
        log_lines.artifact_line(line, ip)

    for function, name in ((param, "param"), (metric, "metric"), (artifact, "artifact")):
        ip.register_magic_function(function, "line", name)
    complete(ip, "param", lambda typed: param_offers(typed, ip, magic.parameter_names))
    complete(ip, "metric", lambda typed: metric_offers(typed, ip, logbook()))
    complete(ip, "artifact", lambda typed: artifact_offers(typed, ip))
