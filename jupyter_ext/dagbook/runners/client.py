"""Runs the cells of a notebook in one kernel, over papermill's client.

Limits of time and memory, bounded outputs, and the truth about how each of them ended.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import zmq
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionComplete, CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient

from dagbook.runners.cell_outputs import CellOutputs
from dagbook.runners.deadline import Deadline
from dagbook.runners.ending import Ending, error_of, is_exit
from dagbook.runners.execution import Execution
from dagbook.runners.kernel_life import KernelLife
from dagbook.runners.true_record import Status, TrueRecord

_WATCH_EVERY = 0.1
_SILENCE = 10_000
"""Milliseconds without a word from the kernel after which it is asked whether we missed one."""

_AT_ONCE = 200
"""Messages that are taken in before anything else gets a turn."""

_NEVER = 10**9
_DISPLAYS = frozenset(
    {"display_data", "execute_result", "update_display_data", "error", "comm_open", "comm_msg"}
)


class CellClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill ships no types
    """Executes `record.nb`; what is learnt goes into `execution` and the record."""

    def __init__(self, record: TrueRecord, execution: Execution, **kwargs: Any) -> None:
        super().__init__(record, raise_on_iopub_timeout=False, iopub_timeout=_NEVER, timeout=None, **kwargs)
        self.record = record
        self.execution = execution
        self._collectors: dict[int, CellOutputs] = {}
        self._index_of: dict[str, int] = {}
        self._reply: dict[str, Any] = {}
        self.clear_before_next_output: bool = False
        record.before_save = self._write_out

    def execute(self, **_kwargs: Any) -> Any:
        """Execute every cell, or until something ends it; never raises for what the notebook does."""
        self.reset_execution_trackers()
        run_sync(self._execute)()
        return self.nb

    async def _execute(self) -> None:
        kernel = await self._started()
        if kernel is None:
            self.execution.ending = Ending(how="stopped", index=None, name="Stopped", value="asked to stop")
            return
        self.km, self.kc, self._kernel = kernel.manager, kernel.client, kernel
        self.execution.cold_because = kernel.cold_because
        self.nb.metadata["language_info"] = kernel.info.get("language_info", {})
        kernel.memory_limit = self.execution.bounds.memory
        self._deadline = Deadline(kernel, bounds=self.execution.bounds, stop_asked=self.execution.stop_asked)
        try:
            await self._execute_cells()
            self.set_widgets_metadata()
        finally:
            self._write_out()
            ending = self.execution.ending
            await kernel.end(politely=ending is None or ending.how in {"raised", "exited"})
            self.execution.peak_memory = kernel.peak_memory
            self.km = self.kc = None

    async def _started(self) -> KernelLife | None:
        """The kernel, ready; None when somebody stopped us before it was."""
        starting = asyncio.ensure_future(self.execution.start())
        while not starting.done():
            await asyncio.wait({starting}, timeout=_WATCH_EVERY)
            if self.execution.stop_asked():
                starting.cancel()
                break
        try:
            return KernelLife(*await starting)
        except asyncio.CancelledError:
            return None

    async def _execute_cells(self) -> None:
        total = len(self.nb.cells)
        for index, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                self.record.passed(cell)
                continue
            self.record.cell_start(cell, index)
            self.execution.progress.cell_started(index + 1, total)
            self._deadline.cell_begins()
            # As JupyterLab says it: what the cell logs knows where it comes from.
            self.kc.session.metadata = {"cellId": cell.get("id", "")}
            status, self.execution.ending = await self._outcome(cell, index)
            self._write_out()
            self.record.cell_ended(cell, status)
            if self.execution.ending is not None:
                await self._hold(self.execution.ending)
                return

    async def _hold(self, ending: Ending) -> None:
        """Where it is wanted, keep the kernel of a cell that raised; a person may mend what it did."""
        holding, error = self.execution.holding, error_of(ending, self.nb)
        if holding is None or error is None or ending.how != "raised":
            return
        self.record.save_now()
        who = await holding.decided(self._kernel, error, self._drain)
        if who is None:
            return
        try:
            holding.taken_up(self.nb, self.execution.mask)
        except (OSError, ValueError):
            return  # it was put there whole; whoever took it away again gets the failure
        self._collectors.clear()
        self.execution.ending, self.execution.by_hand = None, who

    def _drain(self) -> None:
        """What the kernel says while it is a person's, is said to that person."""
        while any(True for _ in self._messages_at_hand()):
            pass

    async def _outcome(self, cell: NotebookNode, index: int) -> tuple[Status, Ending | None]:
        """Run one cell: how it ended, and how the notebook did if it did."""
        self._reply = {}
        try:
            await self.async_execute_cell(cell, index)
        except CellExecutionError:
            raised = True
        except DeadKernelError:
            return self._after_death(index)
        else:
            raised = False
        ended = self._after_deadline(index)
        if ended is not None:
            return ended
        content = self._reply.get("content", {})
        name, value = str(content.get("ename", "")), str(content.get("evalue", ""))
        if (raised and is_exit(name, value)) or _asks_exit(content):
            return "completed", Ending(how="exited", index=index)
        if not raised:
            return "completed", None
        mask = self.execution.mask
        traceback = [mask.text(line) for line in content.get("traceback", [])]
        return "failed", Ending(
            how="raised",
            index=index,
            # Bash's kernel says what a command returned, and gives it no name.
            name=name or ("ExitStatus" if value.isdecimal() else "CellFailed"),
            value=mask.text(value),
            traceback=traceback,
        )

    def _after_death(self, index: int) -> tuple[Status, Ending]:
        ended = self._after_deadline(index)
        if ended is not None:
            return ended
        cause = self._kernel.cause_of_death()
        return "died", Ending(how="died", index=index, name="KernelDied", value=cause)

    def _after_deadline(self, index: int) -> tuple[Status, Ending] | None:
        ending = self._deadline.ending(index)
        if ending is None:
            return None
        return ("timed-out" if ending.how == "timed-out" else "died"), ending

    async def _check_raise_for_error(
        self, cell: Any, cell_index: int, exec_reply: dict[str, Any] | None
    ) -> None:
        self._reply = exec_reply or {}
        await super()._check_raise_for_error(cell, cell_index, exec_reply)

    async def _async_poll_kernel_alive(self) -> None:
        """Look after the kernel while a cell runs; cancels the wait for its reply when it is dead."""
        while True:
            await asyncio.sleep(_WATCH_EVERY)
            self.execution.progress.tell_if_due()
            self._kernel.look_at_memory()
            self.record.autosave_cell()
            if not await self._kernel.is_alive():
                await self._heard_out()
                self.task_poll_for_reply.cancel()
                return
            await self._deadline.enforce()

    async def _heard_out(self) -> None:
        """Let what a dead kernel still said be taken in."""
        until = time.monotonic() + 2.0
        while time.monotonic() < until and await self.kc.iopub_channel.socket.poll(_WATCH_EVERY * 1000):
            await asyncio.sleep(0.01)

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: NotebookNode, cell_index: int) -> None:
        """Take in what the kernel says, until it says that the cell is done."""
        self._collectors[cell_index] = CellOutputs(
            cell.outputs, self.execution.mask, _empty_stream, self.execution.output_limit
        )
        self._index_of[parent_msg_id] = cell_index
        probe = None
        while True:
            if not await self.kc.iopub_channel.socket.poll(_SILENCE):
                # Answered after the cell. Hearing of it first means that the word of the cell's end was lost.
                probe = probe or self.kc.kernel_info()
            for msg in self._messages_at_hand():
                parent = msg["parent_header"].get("msg_id")
                if probe is not None and parent == probe:
                    return
                try:
                    self._take_in(msg, self._index_of.get(parent))
                except CellExecutionComplete:
                    if parent == parent_msg_id:
                        return
            await asyncio.sleep(0)

    def _messages_at_hand(self) -> Iterator[dict[str, Any]]:
        channel = self.kc.iopub_channel
        plain: Any = zmq.Socket.shadow(channel.socket)
        for _ in range(_AT_ONCE):
            _, msg = channel.session.recv(plain, zmq.NOBLOCK)
            if msg is None:
                return
            yield msg

    def _take_in(self, msg: dict[str, Any], index: int | None) -> None:
        """What a thread of an earlier cell prints belongs to that cell."""
        if index is None:
            return
        if msg["msg_type"] in _DISPLAYS:
            msg["content"] = self.execution.mask.data(msg["content"])
        self.process_message(msg, self.nb.cells[index], index)

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        """Take in one output of a cell, unless there is no more room for it."""
        if self.output_hook_stack[msg["parent_header"].get("msg_id")]:
            return super().output(outs, msg, display_id, cell_index)
        collector = self._collectors[cell_index]
        content = msg["content"]
        if self.clear_before_next_output:
            outs[:] = []
            self.clear_display_id_mapping(cell_index)
            self.clear_before_next_output = False
            collector.clear()
        if msg["msg_type"] == "stream":
            collector.add_text(content["name"], content["text"])
            self.execution.progress.printed(content["text"])
            return None
        if not collector.admits({**content, "output_type": msg["msg_type"]}):
            return None
        return super().output(outs, msg, display_id, cell_index)

    def clear_output(self, outs: list[Any], msg: dict[str, Any], cell_index: int) -> None:
        """The cell wants its output gone, now or before the next."""
        super().clear_output(outs, msg, cell_index)
        if not msg["content"].get("wait"):
            self._collectors[cell_index].clear()

    def _write_out(self) -> None:
        for collector in self._collectors.values():
            collector.write_out()


def _empty_stream(name: str) -> NotebookNode:
    return NotebookNode(output_type="stream", name=name, text="")


def _asks_exit(reply: dict[str, Any]) -> bool:
    """Whether the cell called `quit()` or `exit()`, which raise nothing in a kernel."""
    return any(part.get("source") == "ask_exit" for part in reply.get("payload") or ())
