"""A model server as its users start it: a process of its own."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import Dict, List, Optional, Tuple

PACKAGE_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_LISTENING = re.compile(r"listening on http://[^:]+:(\d+)")
START_SECONDS = 300


class ServerProcess:
    """Starts at once; `wait_ready` returns when it listens, or raises with its log."""

    def __init__(self, command: List[str], environment: Optional[Dict[str, str]] = None) -> None:
        self.lines: List[str] = []
        self.port = 0
        #: Set whenever the server says that it listens; clear it to wait for the next time.
        self.listening = threading.Event()
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AZUREML_", "VIRIDIAN_SERVING_"))}
        paths = os.pathsep.join([PACKAGE_ROOT, os.path.join(PACKAGE_ROOT, "tests")])
        own = {"PYTHONPATH": paths, "PORT": "0", "VIRIDIAN_SERVING_HOST": "127.0.0.1", "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, *command],
            env={**inherited, **own, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            match = _LISTENING.search(line)
            if match:
                self.port = int(match.group(1))
                self.listening.set()
        self.listening.set()

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def wait_ready(self) -> ServerProcess:
        self.listening.wait(START_SECONDS)
        if self.port == 0:
            raise AssertionError(f"the server does not listen:\n{self.log}")
        return self

    def request(self, method: str, path: str, body: bytes = b"", headers: Optional[Dict[str, str]] = None) -> Tuple[int, Dict[str, str], bytes]:
        """One request on a connection of its own: (status, headers in lower case, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body or None, headers or {})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def wait_for_line(self, text: str) -> str:
        """The first log line that holds a text, as soon as there is one."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if text in line:
                    return line
            if self.process.poll() is not None and not self._reader.is_alive():
                break
            time.sleep(0.01)
        raise AssertionError(f"no line with {text!r}:\n{self.log}")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """The exit status, once the process has ended and its log is complete."""
        status = self.process.wait(60)
        self._reader.join(10)
        return status

    def end(self) -> None:
        """Stops a server that has children of its own, which only a signal that it can catch ends too."""
        if self.process.poll() is None:
            self.terminate()
            self.process.wait(60)
        self.stop()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        self._reader.join(10)
