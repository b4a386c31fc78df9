"""A small TCP proxy to switch off and on: to whoever connects, a server that went away and came back."""

from __future__ import annotations

import contextlib
import select
import socket
import threading


class Switch:
    """Passes connections on to `port` while it is on; refuses them while it is off."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener: socket.socket | None = None
        self._live: set[socket.socket] = set()
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
            self.port = int(probe.getsockname()[1])

    def on(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def off(self) -> None:
        """No new connections, and the present ones break."""
        assert self._listener is not None
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in list(self._live):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                outside, _ = listener.accept()
                inside = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                if listener.fileno() < 0:
                    return
                continue
            threading.Thread(target=self._pass, args=(outside, inside), daemon=True).start()

    def _pass(self, outside: socket.socket, inside: socket.socket) -> None:
        ends = {outside, inside}
        self._live |= ends
        try:
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    content = end.recv(65536)
                    if not content:
                        return
                    (inside if end is outside else outside).sendall(content)
        except OSError:
            return
        finally:
            self._live -= ends
            outside.close()
            inside.close()
