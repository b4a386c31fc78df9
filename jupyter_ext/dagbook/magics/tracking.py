"""Registers what records: `%%track`, `%track`, `%param`, `%metric`, `%artifact`. Imports nothing heavy."""

from __future__ import annotations

from typing import Any, Final

from IPython.core.magic import no_var_expand

from dagbook.magics import log_lines
from dagbook.magics.logbook import forget, logbook
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
    _register_lines(ip)
    ip.input_transformers_cleanup.append(without_track_line)
    ip.events.register("pre_run_cell", magic.before_cell)
    ip.events.register("post_run_cell", magic.after_cell)
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
        """Record work as an MLflow run: a cell by `%%track`, many cells by `%track start` … `%track stop`.

            %%track [NAME] [-e EXPERIMENT] [-p lr,depth] [-m acc,loss] [--tag k=v] [--note TEXT] [--autolog]

        -p and -m name variables whose values are logged as parameters and metrics when the cell is over;
        -e names an experiment, else it is the notebook's. Recorded by itself: the notebook's parameters,
        figures and other rich outputs, duration, peak memory, source, git commit and uncommitted changes,
        who and which notebook. Calls of MLflow in the cell, and with --autolog what it knows of models,
        land in the same run. The run is FAILED after an exception, KILLED when interrupted.

            %track start fit --tag stage=draft      the same for the cells that follow
            %track status                           what is open, how much was logged, what waits
            %track stop
        """
        if cell is None:
            magic.line(line)
        else:
            magic.cell(line, cell)

    ip.register_magic_function(track, "line_cell", "track")


def _register_lines(ip: Any) -> None:
    @no_var_expand
    def param(line: str) -> None:
        """Log parameters to the run that is going on: `%param lr=0.1 depth=2 * 4`, `%param lr`.

        Without a run (%%track, %track start) one is opened for the notebook. The first value of a name
        stays; another one is said and kept as the tag dagbook.conflict.NAME.
        In Python: dagbook.param(lr=0.1).
        """
        log_lines.param_line(line, ip)

    @no_var_expand
    def metric(line: str) -> None:
        """Log numbers to the run that is going on: `%metric acc=0.93 loss=total / n --step 3`.

        `%metric acc` logs a variable. Never waits: values are sent in the background, and none is lost while
        MLflow is away. Without --step each name counts its points from 0.
        In Python, also for loops: dagbook.metric(loss=0.3, step=3).
        """
        log_lines.metric_line(line, ip)

    @no_var_expand
    def artifact(line: str) -> None:
        """Log a file, folder or variable: `%artifact model.png`, `%artifact df --name data`.

        Tables become parquet, arrays npy, figures png, plain values JSON.
        In Python: dagbook.artifact(df, "data").
        """
        log_lines.artifact_line(line, ip)

    for magic, name in ((param, "param"), (metric, "metric"), (artifact, "artifact")):
        ip.register_magic_function(magic, "line", name)
