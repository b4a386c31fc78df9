"""The server as a scheduler: it fires the schedules of the projects that it shows, or stands by for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event, Thread
from typing import Final

_LOOK_EVERY: Final = 15.0
_SCHEDULES: Final = Path(".dagbook") / "schedules"


class ServerScheduler:
    """One thread that looks which projects have schedules, and one for each that has.

    Args:
        projects: gives the folders of the projects that are shown; called in a thread.
        log: the server's.
    """

    def __init__(self, projects: Callable[[], Iterable[Path]], log: logging.Logger) -> None:
        self._projects = projects
        self._log = log
        self._stop = Event()
        self._serving: dict[Path, Thread] = {}
        self._looking = Thread(target=self._look, name="dagbook-schedules", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._looking.start()

    def stop(self) -> None:
        """End it; the lease passes on. Runs that were started go on."""
        self._stop.set()
        for thread in [self._looking, *self._serving.values()]:
            if thread.is_alive():
                thread.join(5.0)

    def _look(self) -> None:
        while not self._stop.is_set():
            for folder in self._projects():
                known = self._serving.get(folder)
                if (known is None or not known.is_alive()) and any(
                    (folder / _SCHEDULES).glob("*.entry.json")
                ):
                    self._serving[folder] = Thread(
                        target=self._serve,
                        args=(folder,),
                        name=f"dagbook-schedules-{folder.name}",
                        daemon=True,
                    )
                    self._serving[folder].start()
            self._stop.wait(_LOOK_EVERY)

    def _serve(self, folder: Path) -> None:
        from dagbook.api.scheduler import serve  # slow, and most servers have no schedules

        try:
            serve(
                folder, self._stop, lambda line: self._log.info("Dagbook schedules in %s: %s", folder, line)
            )
        except Exception:  # noqa: BLE001  # the next look begins it anew
            self._log.exception("Dagbook's scheduler of %s ended; it is begun anew", folder)
