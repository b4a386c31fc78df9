"""What a fork server and those who ask it say to each other: one JSON object a packet, with descriptors."""

from __future__ import annotations

import array
import json
import socket
from collections.abc import Sequence
from typing import Any

_LONGEST = 1 << 20
_MOST_FDS = 8


def say(connection: socket.socket, message: dict[str, Any], fds: Sequence[int] = ()) -> None:
    """Send one message. Raises OSError when nobody listens, or when it is too long."""
    socket.send_fds(connection, [json.dumps(message).encode()], list(fds))


def hear(connection: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """The next message and its descriptors; None when the other side is gone."""
    fds = array.array("i")
    try:
        data, ancillary, _, _ = connection.recvmsg(_LONGEST, socket.CMSG_SPACE(_MOST_FDS * fds.itemsize))
    except ConnectionError:
        return None, []
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
    return (json.loads(data) if data else None), list(fds)
