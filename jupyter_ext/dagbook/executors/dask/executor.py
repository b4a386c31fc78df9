"""Attempts on a Dask cluster. The driver hands over what is due; Dask's own retries and graphs are not used.

Dask calls back in threads of its own; all they do is put a message into a queue, which `wait` empties.
"""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dagbook.engine.folders import REQUEST
from dagbook.engine.ports import Ended
from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.executors.dask import place
from dagbook.executors.dask.cluster import Cluster
from dagbook.executors.dask.storage import Storage
from dagbook.run.events import CellStarted, Event, OutputSeen, StepWarned, event_from_json
from dagbook.run.facts import NodeError

# Seconds that a worker may take over ending an attempt (its own grace is shorter) before we give it up.
_GRACE: Final = 30.0
# Seconds after which somebody is told that no worker takes an attempt.
_IMPATIENCE: Final = 20.0
_HANDS: Final = 8


@dataclass
class _Attempt:
    """An attempt that was handed over."""

    request: NodeRequest
    key: str
    handed_over: float
    future: Any = None
    worker: str = ""
    nonce: str = ""
    stopping: bool = False
    give_up_at: float | None = None
    warned: bool = False
    answered: bool = False


@dataclass(frozen=True)
class _Over:
    """A message of ours: how an attempt ended."""

    key: str
    ended: Ended


class DaskExecutor:
    """Implements `engine.ports.Executor`.

    Args:
        cluster: connected; shut down with the executor.
        command: what begins the command line of an attempt's process; the request's path follows.
        storage: what files travel by; None where workers have the project's folder. Emptied at the end.
    """

    def __init__(
        self, cluster: Cluster, command: Sequence[str] | None = None, storage: Storage | None = None
    ) -> None:
        self._storage = storage
        self._cluster = cluster
        self._client = cluster.client
        self._command = list(command) if command else None
        self._attempts: dict[str, _Attempt] = {}
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._topic = f"dagbook-{secrets.token_hex(8)}"
        self._hands = ThreadPoolExecutor(_HANDS, thread_name_prefix="dask")
        # Files may take long; what is told to workers must not wait for them.
        self._movers = ThreadPoolExecutor(_HANDS, thread_name_prefix="files")
        self._resources = self._cluster.resources()
        # A tuple: the scheduler's clock, and the message.
        self._client.subscribe_topic(self._topic, lambda event: self._messages.put(event[1]))
        self._client.subscribe_topic("all", lambda event: self._messages.put(event[1]))

    # --- the port -----------------------------------------------------------------------------------

    def start(self, request: NodeRequest) -> None:
        """Hand the attempt over; a worker takes it when it has room."""
        key = f"dagbook-{request.run}-{request.step}-{request.attempt}-{secrets.token_hex(4)}"
        attempt = _Attempt(request=request, key=key, handed_over=time.monotonic())
        self._attempts[key] = attempt
        self._movers.submit(self._hand_over, attempt)

    def stop(self, step: str) -> None:
        """Have its worker end the attempt; one that no worker has taken yet ends at once."""
        for attempt in list(self._attempts.values()):
            if attempt.request.step == step and not attempt.stopping:
                attempt.stopping = True
                attempt.give_up_at = time.monotonic() + _GRACE
                if attempt.worker:
                    self._hands.submit(self._call, place.stop, attempt)
                else:
                    self._end(attempt, "it was stopped before a worker took it")

    def wait(self, seconds: float) -> Sequence[Event | Ended]:
        """Events and ends since the last call; blocks at most `seconds` while there are none."""
        happened: list[Event | Ended] = []
        try:
            message = self._messages.get(timeout=seconds) if seconds else self._messages.get_nowait()
            while True:
                happened += self._heard(message)
                message = self._messages.get_nowait()
        except queue.Empty:
            pass
        return happened + self._overdue()

    def close(self) -> None:
        """Stop everything, wait for it, and let go of the cluster."""
        for attempt in list(self._attempts.values()):
            self.stop(attempt.request.step)
        while self._attempts:
            self.wait(0.1)
        self._movers.shutdown(cancel_futures=True)
        self._hands.shutdown(cancel_futures=True)
        if self._client.status == "running":
            for topic in (self._topic, "all"):
                self._client.unsubscribe_topic(topic)
        self._cluster.close()
        if self._storage is not None:
            self._storage.close()

    # --- handing over -------------------------------------------------------------------------------

    def _hand_over(self, attempt: _Attempt) -> None:
        request = attempt.request
        try:
            order = self._order(attempt)
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or error
            self._say(attempt, f"it could not be handed over: {said}")
            return
        wanted, problem = wanted_resources(request, self._resources)
        if problem is not None:
            self._say(attempt, "", NodeResult(state="failed", error=problem, notebook=""))
            return
        if self._client.status != "running":
            self._say(attempt, self._gone())
            return
        future = self._client.submit(
            place.run_attempt, order, key=attempt.key, pure=False, retries=0, resources=wanted or None
        )
        attempt.future = future
        future.add_done_callback(lambda done: self._done(attempt, done))
        if attempt.key not in self._attempts:  # stopped meanwhile
            future.cancel()

    def _order(self, attempt: _Attempt) -> place.Order:
        request = attempt.request
        dagbook, python = place.versions()
        folder = Path(request.folder)
        folder.mkdir(parents=True, exist_ok=True)
        # Whether it is seen there tells the worker that it has the run's folder too.
        (folder / REQUEST).write_text(request.model_dump_json(indent=1), "utf-8")
        order = place.Order(
            key=attempt.key, topic=self._topic, dagbook=dagbook, python=python,
            request=request.model_dump_json(), command=self._command,
        )  # fmt: skip
        if self._storage is not None:
            order["travel"] = self._storage.send(request)
        return order

    def _done(self, attempt: _Attempt, future: Any) -> None:
        """Called by Dask, in a thread, when it has done with the task, however."""
        if future.status == "finished":
            try:
                answer = future.result()
                # From here on its worker may go.
                attempt.answered = True
                self._movers.submit(self._bring, attempt, answer)
            except Exception as error:  # noqa: BLE001  # the worker died with the answer, or it is none
                self._say(attempt, f"its worker's answer was lost: {_said(error)}", lost=True)
        elif future.status == "error":
            fault = future.exception()
            lost = type(fault).__name__ == "KilledWorker"
            self._say(attempt, f"the worker could not make it: {_said(fault)}", lost=lost)
        else:
            self._say(attempt, self._gone())
        future.release()

    def _bring(self, attempt: _Attempt, answer: Mapping[str, Any]) -> None:
        """Take an answer; what the attempt left is here before it counts."""
        try:
            if self._storage is not None and "left" in answer:
                self._storage.bring(answer["left"], Path(attempt.request.folder))
            result = answer["result"]
            read = None if result is None else NodeResult.model_validate_json(result)
            self._say(attempt, str(answer["reason"]), read)
        except OSError as error:
            fault = NodeError(
                name="StorageAway",
                value=f"what it left could not be brought: {error}",
                remedy="check the storage; `dagbook resume` goes on",
            )
            self._say(attempt, "", NodeResult(state="failed", error=fault, notebook=""))
        except Exception as error:  # noqa: BLE001  # it is no answer
            self._say(attempt, f"its worker's answer was lost: {_said(error)}", lost=True)

    # --- hearing ------------------------------------------------------------------------------------

    def _heard(self, message: Any) -> list[Event | Ended]:
        if isinstance(message, _Over):
            attempt = self._attempts.pop(message.key, None)
            return [] if attempt is None else [message.ended]
        if message.get("action") == "remove-worker":
            return self._lost_with(message["worker"])
        attempt = self._attempts.get(message.get("key", ""))
        if attempt is None:
            return []
        if message["what"] == "claim":
            return self._claimed(attempt, message)
        if message["what"] == "events" and message["nonce"] == attempt.nonce:
            events = (_event(raw, attempt.request) for raw in message["events"])
            return [event for event in events if event is not None]
        return []

    def _claimed(self, attempt: _Attempt, message: Mapping[str, Any]) -> list[Event | Ended]:
        """A worker is there and asks whether it may begin: the first one may."""
        if attempt.nonce:
            return self._lost_with(attempt.worker)
        attempt.worker, attempt.nonce = message["worker"], message["nonce"]
        self._hands.submit(self._call, place.grant, attempt)
        return []

    def _lost_with(self, worker: str) -> list[Event | Ended]:
        for attempt in self._attempts.values():
            if attempt.worker != worker or attempt.answered:
                continue
            self._end(attempt, f"its worker {worker} was lost", lost=True)
        return []

    def _overdue(self) -> list[Event | Ended]:
        now, warnings = time.monotonic(), list[Event | Ended]()
        for attempt in list(self._attempts.values()):
            if attempt.answered:
                continue
            if attempt.give_up_at is not None and now > attempt.give_up_at:
                self._end(attempt, f"its worker {attempt.worker} did not end it within {_GRACE:.0f} s")
            elif not attempt.worker and not attempt.warned and now > attempt.handed_over + _IMPATIENCE:
                attempt.warned = True
                if self._cluster.workers() == 0:
                    message = "the Dask cluster has no workers: it waits for one"
                    warnings.append(StepWarned(step=attempt.request.step, message=message))
        return warnings

    # --- telling ------------------------------------------------------------------------------------

    def _call(self, function: Callable[[str], bool], attempt: _Attempt) -> None:
        """Have the attempt's worker do something, in a thread: the worker may be slow, or gone."""
        try:
            self._client.run(function, attempt.nonce, workers=[attempt.worker], on_error="return")
        except Exception:  # noqa: BLE001  # whoever is not there any more is told of by the scheduler
            return

    def _end(self, attempt: _Attempt, reason: str, *, lost: bool = False) -> None:
        """Give the attempt up: its task is taken back, and a worker that has it ends it when it sees that."""
        self._say(attempt, reason, lost=lost)
        if attempt.future is not None:
            # Dask waits for its scheduler here.
            self._hands.submit(attempt.future.cancel)

    def _say(
        self, attempt: _Attempt, reason: str, result: NodeResult | None = None, *, lost: bool = False
    ) -> None:
        request = attempt.request
        ended = Ended(step=request.step, attempt=request.attempt, result=result, reason=reason, lost=lost)
        self._messages.put(_Over(attempt.key, ended))

    def _gone(self) -> str:
        return f"the Dask cluster at {self._cluster.address or 'this machine'} went away"


def wanted_resources(
    request: NodeRequest, declared: Mapping[str, float]
) -> tuple[dict[str, float], NodeError | None]:
    """What the attempt takes, by the names that workers declare; and why no worker can ever take it.

    Workers declare what they like, in what case they like (`dask worker --resources "cpu=4,memory=16e9"`); of
    what none of them declares nothing can be asked.
    """
    asked = {"cpu": request.cpu, "memory": float(request.memory or 0)}
    wanted = {}
    for name, most in declared.items():
        amount = asked.get(name.lower(), 0.0)
        if amount > most:
            error = NodeError(
                name="NoSuchWorker",
                value=f"it asks for {name} {amount:g}, and no worker of the cluster has more than {most:g}",
                remedy="ask for less under `resources:`, or start a larger worker",
            )
            return {}, error
        if amount:
            wanted[name] = amount
    return wanted, None


def _event(raw: Any, request: NodeRequest) -> Event | None:
    try:
        event = event_from_json(raw)
    except (ValueError, AttributeError, TypeError):
        return None
    if isinstance(event, CellStarted | OutputSeen | StepWarned) and event.step == request.step:
        return event
    return None


def _said(error: BaseException | None) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:300]}" if text else type(error).__name__
