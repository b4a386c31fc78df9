"""Brings the records of one outbox into MLflow: in order, in batches, and the same if it is done twice.

MLflow itself drops a metric, tag or parameter that it has already, and a run is found again by a tag; so
after a crash whatever was not noted as delivered is simply sent once more.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagbook.engine.outbox import FILES
from dagbook.engine.outbox_reader import Line, OutboxReader, Progress
from dagbook.engine.ports import TrackerAway
from dagbook.trackers.refusal import is_refusal
from dagbook.trackers.store import LONGEST_TAG, PARENT_TAG, MlflowStore, bring_mlflow, reason_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

KEY_TAG: Final = "dagbook.key"
_CONFLICT: Final = "dagbook.conflict."
_CELL: Final = "dagbook.cell."
_LINES_AT_ONCE: Final = 1000
_MOST: Final = {"metrics": 1000, "params": 100, "tags": 100}
_TRIES_OF_A_FILE: Final = 3

Store = Callable[[str | None], MlflowStore]
"""The store of a tracking URI; None is the project's own."""


@dataclass
class _Batch:
    """What is collected for one run until it is sent: entities, each with the line it came from."""

    metrics: list[tuple[Any, str]] = field(default_factory=list)
    params: list[tuple[Any, str]] = field(default_factory=list)
    tags: dict[str, tuple[Any, str]] = field(default_factory=dict)


class Delivery:
    """One outbox on its way.

    Args:
        reader: the outbox.
        store_of: gives the store of a tracking URI.
        known: runs that were made elsewhere: key → `id`, `uri`.
    """

    def __init__(
        self, reader: OutboxReader, store_of: Store, known: Mapping[str, dict[str, str]] | None = None
    ) -> None:
        self._reader = reader
        self._store_of = store_of
        self._batches: dict[str, _Batch] = {}
        self._cells: dict[tuple[str, str], str] = {}
        self._tries: dict[tuple[str, int], int] = {}
        self.progress: Progress = reader.progress()
        self.progress.runs.update(known or {})

    def send(self) -> bool:
        """Send some of what waits; whether there was anything.

        Raises:
            TrackerAway: nothing gets through; what was sent so far is noted, the rest stays.
        """
        if not self._reader.has_more(self.progress):
            return False
        bring_mlflow()
        sent = False
        try:
            for name in self._reader.files():
                lines = list(
                    islice(self._reader.lines(name, self.progress.offsets.get(name, 0)), _LINES_AT_ONCE)
                )
                if lines:
                    sent = True
                    self._send_lines(lines)
                if len(lines) == _LINES_AT_ONCE:
                    break  # a child's records may belong to a run that its parent's rest opens
            self._note(error="")
        except TrackerAway as error:
            self._forget()
            self._note(error=str(error))
            raise
        except OSError as error:  # of the outbox itself
            self._forget()
            raise TrackerAway(f"{self._reader.folder}: {error.strerror or error}") from error
        return sent

    def _forget(self) -> None:
        """What was collected is read again from the outbox, and so is which cell logged it."""
        self._batches.clear()
        self._cells.clear()

    def _note(self, *, error: str) -> None:
        self.progress.error = error
        self._reader.save(self.progress)

    def _send_lines(self, lines: list[Line]) -> None:
        for line in lines:
            if line.record is None:
                if line.text.strip():
                    self._reject(line.text, "the line is damaged")
            else:
                try:
                    self._take(line, line.record)
                except (KeyError, TypeError, ValueError) as error:
                    self._reject(line.text, f"the record is not as it should be: {error}")
        self._flush()
        self.progress.offsets[lines[-1].file] = lines[-1].end

    def _take(self, line: Line, record: dict[str, Any]) -> None:
        kind, key = record.get("kind"), str(record.get("run"))
        if kind == "open":
            self._open(key, record)
        elif key not in self.progress.runs:
            self._reject(line.text, "it belongs to no run")
        elif "gone" in self.progress.runs[key]:
            self._reject(line.text, self.progress.runs[key]["gone"])
        elif kind in {"metric", "param", "tag"}:
            self._collect(key, kind, record, line.text)
        elif kind in {"text", "artifact", "close"}:
            self._flush()
            self._act(key, kind, record, line)
            # Everything before this is in the store: no reason to send it again after a failure.
            self.progress.offsets[line.file] = line.end

    # --- runs ---------------------------------------------------------------------------------------

    def _open(self, key: str, record: dict[str, Any]) -> None:
        if key in self.progress.runs:
            return
        uri = record.get("uri")
        store = self._store_of(uri)
        if record.get("id"):  # made by the user's own code
            self.progress.runs[key] = {"id": str(record["id"]), "uri": store.uri}
            return
        self._flush()
        self.progress.runs[key] = store.reach(lambda: self._found_or_made(store, key, record))
        self._reader.save(self.progress)

    def _found_or_made(self, store: MlflowStore, key: str, record: dict[str, Any]) -> dict[str, str]:
        client = store.client()
        experiment_id = str(record.get("experiment_id") or "") or store.experiment_id(
            record.get("experiment") or "Default"
        )
        tags = {name: str(value)[:LONGEST_TAG] for name, value in (record.get("tags") or {}).items()}
        parent = self.progress.runs.get(str(record.get("parent")), {}).get("id")
        if parent:
            tags[PARENT_TAG] = parent
        found = client.search_runs([experiment_id], f"tags.`{KEY_TAG}` = '{key}'", max_results=1)
        run = (
            found[0]
            if found
            else client.create_run(
                experiment_id,
                start_time=record["t"],
                tags={**tags, KEY_TAG: key},
                run_name=record.get("name"),
            )
        )
        return {
            "id": run.info.run_id,
            "name": run.info.run_name or "",
            "experiment_id": experiment_id,
            "uri": store.uri,
        }

    def _store(self, key: str) -> MlflowStore:
        return self._store_of(self.progress.runs[key].get("uri"))

    # --- values -------------------------------------------------------------------------------------

    def _collect(self, key: str, kind: str, record: dict[str, Any], text: str) -> None:
        from mlflow.entities import Metric, Param, RunTag

        batch = self._batches.setdefault(key, _Batch())
        for name, value in (record.get("values") or {}).items():
            if kind == "metric":
                metric = Metric(name, float(value), int(record["t"]), int(record.get("step") or 0))
                batch.metrics.append((metric, text))
            elif kind == "param":
                batch.params.append((Param(name, str(value)), text))
            else:
                batch.tags[name] = (RunTag(name, str(value)[:LONGEST_TAG]), text)
            self._note_cell(key, f"{kind}.{name}", record)
        if (
            len(batch.metrics) >= _MOST["metrics"]
            or len(batch.params) >= _MOST["params"]
            or len(batch.tags) >= _MOST["tags"]
        ):
            self._flush()

    def _note_cell(self, key: str, what: str, record: dict[str, Any]) -> None:
        """A tag says which cell logged a value, so that one leads to the other."""
        from mlflow.entities import RunTag

        cell = record.get("cell")
        if cell and self._cells.get((key, what)) != cell and not what.startswith("tag."):
            self._cells[key, what] = str(cell)
            tag = _CELL + what
            self._batches.setdefault(key, _Batch()).tags[tag] = (RunTag(tag, str(cell)), "")

    def _flush(self) -> None:
        batches, self._batches = self._batches, {}
        for key, batch in batches.items():
            tags = list(batch.tags.values())
            for kind, items in (("params", batch.params), ("tags", tags), ("metrics", batch.metrics)):
                most = _MOST[kind]
                for begin in range(0, len(items), most):
                    self._send_items(key, kind, items[begin : begin + most])

    def _send_items(self, key: str, kind: str, items: list[tuple[Any, str]]) -> None:
        """Send them all; if the store refuses, halve until what it refuses stands alone."""
        if "gone" in self.progress.runs[key]:
            for _, text in items:
                self._reject(text, self.progress.runs[key]["gone"])
            return
        store = self._store(key)
        client = store.reach(store.client)
        run_id = self.progress.runs[key]["id"]
        try:
            client.log_batch(run_id, **{kind: [entity for entity, _ in items]})
        except Exception as error:
            if not is_refusal(error):
                raise TrackerAway(f"{store.uri}: {reason_of(error)}") from error
            if self._is_gone(key, client):
                self._send_items(key, kind, items)
            elif len(items) > 1:
                half = len(items) // 2
                self._send_items(key, kind, items[:half])
                self._send_items(key, kind, items[half:])
            else:
                self._refused(key, kind, *items[0], reason_of(error))

    def _refused(self, key: str, kind: str, entity: Any, text: str, reason: str) -> None:
        from mlflow.entities import RunTag

        self._reject(text, reason)
        if kind == "params":
            # It has another value already: the first one stays, the second is not forgotten.
            tag = RunTag(f"{_CONFLICT}{entity.key}", entity.value[:LONGEST_TAG])
            self._send_items(key, "tags", [(tag, text)])

    def _is_gone(self, key: str, client: MlflowClient) -> bool:
        """Whether the run was deleted meanwhile; then nothing more can be added to it."""
        try:
            run = client.get_run(self.progress.runs[key]["id"])
            deleted = bool(run.info.lifecycle_stage == "deleted")
        except Exception as error:  # noqa: BLE001  # looked at, not swallowed
            deleted = is_refusal(error)
        if deleted:
            self.progress.runs[key]["gone"] = "the run is not, or no more, in this store"
        return deleted

    # --- files and ends -----------------------------------------------------------------------------

    def _act(self, key: str, kind: str, record: dict[str, Any], line: Line) -> None:
        store = self._store(key)
        client = store.reach(store.client)
        run_id = self.progress.runs[key]["id"]
        try:
            if kind == "close":
                client.set_terminated(run_id, record.get("status", "FINISHED"), end_time=record["t"])
            elif kind == "text":
                client.log_text(run_id, record.get("text", ""), record["name"])
                self._note_cell(key, f"artifact.{record['name']}", record)
            else:
                self._send_file(client, run_id, key, record)
        except Exception as error:
            if is_refusal(error) or self._is_hopeless(line, kind, client, run_id):
                self._is_gone(key, client)
                self._reject(line.text, reason_of(error))
            else:
                raise TrackerAway(f"{store.uri}: {reason_of(error)}") from error

    def _send_file(self, client: MlflowClient, run_id: str, key: str, record: dict[str, Any]) -> None:
        path = Path(record["path"])
        path = path if path.is_absolute() else self._reader.folder / path
        folder = record.get("to") or None
        if path.is_dir():
            client.log_artifacts(run_id, str(path), f"{folder}/{path.name}" if folder else path.name)
        elif path.exists():
            client.log_artifact(run_id, str(path), folder)
        self._note_cell(key, f"artifact.{folder + '/' if folder else ''}{path.name}", record)
        # Copies that we made have done their work.
        if path.parent.parent == self._reader.folder / FILES:
            shutil.rmtree(path.parent, ignore_errors=True)

    def _is_hopeless(self, line: Line, kind: str, client: MlflowClient, run_id: str) -> bool:
        """Whether a file fails again and again though the store answers: it must not hold up the rest."""
        if kind == "close":
            return False
        place = (line.file, line.end)
        self._tries[place] = self._tries.get(place, 0) + 1
        if self._tries[place] < _TRIES_OF_A_FILE:
            return False
        try:
            client.get_run(run_id)
        except Exception:  # noqa: BLE001  # the store does not answer: that is the reason
            return False
        return True

    def _reject(self, text: str, reason: str) -> None:
        if text:
            self.progress.rejected += 1
            self._reader.reject(text, reason)
