"""Requests of the tests to a scoring server."""

from __future__ import annotations

import json
import re
import threading
from typing import Any, Callable, Dict, Optional, Tuple

StartScript = Callable[..., Any]

JSON = {"Content-Type": "application/json"}


def post(server: Any, body: bytes = b"", headers: Optional[Dict[str, str]] = None) -> Tuple[int, Any]:
    """Status and parsed body of a scoring request."""
    status, _, content = server.request("POST", "/score", body, {**JSON, **(headers or {})})
    return status, json.loads(content)


class Asking(threading.Thread):
    """A request under way in a thread; `result()` waits for its answer."""

    def __init__(self, server: Any, body: bytes) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._body = body
        self._result: Any = None
        self.start()

    def run(self) -> None:
        self._result = post(self._server, self._body)

    def result(self) -> Any:
        self.join(60)
        return self._result


def requests_read(server: Any) -> int:
    """How many requests have been handed to the script, or wait for it."""
    metrics = server.request("GET", "/metrics")[2].decode()
    found = re.search(r"^viridian_scoring_requests_total (\d+)", metrics, re.MULTILINE)
    return int(found.group(1)) if found else 0
