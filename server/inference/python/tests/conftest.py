"""Fixtures of all tests."""

from __future__ import annotations

import json
from typing import Callable, Dict, Iterator, List, Optional

import pytest
from support.server_process import ServerProcess


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--counts", metavar="FILE", help="write the number of passed tests and the names of failed ones to a JSON file")


def pytest_terminal_summary(terminalreporter, config) -> None:
    """The result for the runner of all suites; an error in a fixture is a failure."""
    path = config.getoption("--counts")
    if path:
        reports = {name: terminalreporter.stats.get(name, []) for name in ("passed", "failed", "error")}
        failed = [report.nodeid for report in reports["failed"] + reports["error"]]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"passed": len(reports["passed"]), "failed": failed}, file)


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
