"""Answers probes while a model loads.

Loading blocks the main thread (imports, signal handlers and sessions belong there), so a small thread speaks for the instance until the event loop runs.
"""

from __future__ import annotations

import select
import socket
import threading
from typing import List

_LIVE = b'{"status":"live"}'
_LOADING = b'{"error":{"code":"loading","message":"The model is still being loaded."}}'
_NOT_READY = b'{"status":"loading"}'
_MAX_HEAD = 16 * 1024


class LoadingProbe:
    """Owns the accepting side of a listening socket between `start` and `stop`; connections still in the backlog go to whoever accepts next."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._wake_read, self._wake_write = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="loading-probe", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended, so that a fork or an event loop may follow."""
        self._wake_write.send(b"x")
        self._thread.join()
        self._wake_read.close()
        self._wake_write.close()

    def _run(self) -> None:
        self._listener.setblocking(False)
        while True:
            ready: List[socket.socket] = select.select([self._listener, self._wake_read], [], [])[0]
            if self._wake_read in ready:
                return
            try:
                client, _ = self._listener.accept()
            except OSError:
                continue
            with client:
                _answer(client)


def _answer(client: socket.socket) -> None:
    """One request, one answer, end of the connection; whoever is slow here is not a probe."""
    client.settimeout(1.0)
    try:
        data = b""
        while b"\r\n\r\n" not in data and len(data) < _MAX_HEAD:
            part = client.recv(4096)
            if not part:
                return
            data += part
        path = (data.split(b" ", 2) + [b"", b""])[1].split(b"?")[0]
        status, body, retry = _choose(path)
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{retry}Connection: close\r\n\r\n"
        client.sendall(head.encode() + body)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65_536):
            pass
    except OSError:
        return


def _choose(path: bytes) -> tuple:
    if path == b"/health/live":
        return "200 OK", _LIVE, ""
    unavailable = "503 Service Unavailable"
    return unavailable, _NOT_READY if path == b"/health/ready" else _LOADING, "Retry-After: 1\r\n"
