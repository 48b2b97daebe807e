"""Fixtures of all tests."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Optional

import pytest
from support.server_process import ServerProcess

StartServer = Callable[..., ServerProcess]


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Starts `python -m viridian_serving --kind KIND` and waits until it listens (`wait=False`: not); stops it after the test."""
    started: List[ServerProcess] = []

    def start(kind: str, env: Optional[Dict[str, str]] = None, args: Optional[List[str]] = None, wait: bool = True) -> ServerProcess:
        server = ServerProcess(["-m", "viridian_serving", "--kind", kind, *(args or [])], env)
        started.append(server)
        return server.wait_ready() if wait else server

    yield start
    for server in started:
        server.stop()
