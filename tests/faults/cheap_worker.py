"""A worker that executes no notebook: it publishes what the notebook would, and has a child as kernels have.

Called as workers are: `python cheap_worker.py request.json --report-fd N`. Imports nothing of ours, so that
hundreds of attempts cost little.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path


def work(request: dict[str, object]) -> None:
    """Publish the sum of what came in, as a value and as a file, a moment later."""
    folder, params = Path(str(request["folder"])), request["params"]
    assert isinstance(params, dict)
    log = os.open(Path(str(request["cwd"])) / "executions.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(log, f"{request['run']} {request['step']}\n".encode())
    # Where a kernel would be: in a session of its own, and not minding that we die.
    child = subprocess.Popen(
        [sys.executable, "-S", "-c", "import time; time.sleep(60)"], start_new_session=True
    )
    time.sleep(params["pause"])
    total = sum(params["given"]) + params["own"]
    outputs = folder / "outputs"
    outputs.mkdir()
    content = f"{total}\n".encode()
    (outputs / "text.txt").write_bytes(content)
    child.kill()
    child.wait()
    result = {
        "state": "succeeded", "notebook": "", "seconds": params["pause"],
        "outputs": {
            "total": {"name": "total", "kind": "value", "value": total, "format": "json", "type": "int"},
            "text": {"name": "text", "kind": "file", "path": "outputs/text.txt", "format": "txt",
                     "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)},
        },
    }  # fmt: skip
    waiting = folder / ".result.new"
    waiting.write_text(json.dumps(result))
    waiting.replace(folder / "result.json")


if __name__ == "__main__":
    work(json.loads(Path(sys.argv[1]).read_text()))
