"""Several worker processes behind one port: who is accepted, and what a worker that dies costs. On real processes and both event loops."""

from __future__ import annotations

import collections
import http.client
import os
import signal
import socket
import threading
from typing import Any, Callable, Dict, Iterator, List

import pytest
from support.server_process import ServerProcess

SCRIPT = os.path.join(os.path.dirname(__file__), "echo_server.py")
Start = Callable[..., ServerProcess]


@pytest.fixture(params=["uvloop", "asyncio"])
def start(request: Any) -> Iterator[Start]:
    """Starts an echo server with two workers."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    started: List[ServerProcess] = []

    def start(wait: bool = True, **environment: str) -> ServerProcess:
        server = ServerProcess([SCRIPT], {"VIRIDIAN_SERVING_EVENT_LOOP": request.param, "WORKER_COUNT": "2", **environment})
        started.append(server)
        return server.wait_ready() if wait else server

    yield start
    for server in started:
        server.end()


def pid_of_a_worker(server: ServerProcess) -> int:
    return int(server.request("GET", "/pid")[2])


def all_workers(server: ServerProcess, count: int = 2) -> List[int]:
    pids: Dict[int, None] = {}
    while len(pids) < count:
        pids[pid_of_a_worker(server)] = None
    return list(pids)


class Caller(threading.Thread):
    """Asks on one connection after another until it is stopped; counts the statuses, and connections that broke as 0."""

    def __init__(self, server: ServerProcess, path: str) -> None:
        super().__init__(daemon=True)
        self.statuses: Dict[int, int] = collections.Counter()
        self._server = server
        self._path = path
        self._is_stopped = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._is_stopped.is_set():
            try:
                self.statuses[self._server.request("GET", self._path)[0]] += 1
            except (OSError, http.client.HTTPException):
                self.statuses[0] += 1

    def stop(self) -> Dict[int, int]:
        self._is_stopped.set()
        self.join(60)
        return dict(self.statuses)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_nobody_is_answered_before_every_worker_has_loaded_and_everybody_after(start: Start, tmp_path: Any) -> None:
    port = free_port()
    server = start(wait=False, PORT=str(port), ECHO_WORKERS_UNTIL=str(tmp_path))
    server.port = port
    (tmp_path / "0").touch()
    server.wait_for_line("worker 0 loaded")
    for _ in range(20):
        assert server.request("GET", "/health/live")[0] == 200
        assert server.request("GET", "/health/ready")[0] == 503
        assert server.request("GET", "/pid")[0] == 503
    (tmp_path / "1").touch()
    server.wait_for_line("listening on")
    for _ in range(50):
        assert server.request("GET", "/health/ready")[0] == 200
        assert server.request("GET", "/pid")[0] == 200


def test_a_worker_that_is_killed_costs_nobody_but_those_it_held_and_is_replaced(start: Start, tmp_path: Any) -> None:
    for worker in ("0", "1"):
        (tmp_path / worker).touch()
    server = start(ECHO_WORKERS_UNTIL=str(tmp_path))
    first, second = all_workers(server)
    kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    kept.request("GET", "/pid")
    survivor = int(kept.getresponse().read())
    victim = first if survivor == second else second
    callers = [Caller(server, "/pid") for _ in range(4)]
    os.kill(victim, signal.SIGKILL)
    server.wait_for_line("was ended by signal 9; another takes its place")
    server.wait_for_line("worker 2 loads")
    # Nobody meets the one that still loads.
    assert {pid_of_a_worker(server) for _ in range(50)} == {survivor}
    (tmp_path / "2").touch()
    assert victim not in all_workers(server)
    kept.request("GET", "/pid")
    assert int(kept.getresponse().read()) == survivor
    statuses: Dict[int, int] = collections.Counter()
    for caller in callers:
        statuses.update(caller.stop())
    # At most one of each caller's requests was with the worker when it died.
    assert statuses.pop(0, 0) <= len(callers)
    assert set(statuses) == {200}
    server.terminate()
    assert server.wait() == 0


def test_connections_that_nobody_accepted_survive_a_worker(start: Start) -> None:
    server = start()
    first, second = all_workers(server)
    for pid in (first, second):
        os.kill(pid, signal.SIGSTOP)
    waiting = [Asking(server) for _ in range(8)]
    for asking in waiting:
        asking.sent.wait(60)
    os.kill(first, signal.SIGKILL)
    server.wait_for_line("another takes its place")
    assert all(asking.result() == 200 for asking in waiting)
    os.kill(second, signal.SIGCONT)


class Asking(threading.Thread):
    """One request under way; `sent` once the system has taken it."""

    def __init__(self, server: ServerProcess) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._status = 0
        self.sent = threading.Event()
        self.start()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=60)
        connection.request("GET", "/pid")
        self.sent.set()
        self._status = connection.getresponse().status
        connection.close()

    def result(self) -> int:
        self.join(60)
        return self._status


def test_a_worker_that_dies_again_and_again_ends_the_instance(start: Start) -> None:
    server = start()
    while server.process.poll() is None:
        try:
            os.kill(pid_of_a_worker(server), signal.SIGKILL)
        except (OSError, http.client.HTTPException):
            continue
    assert server.wait() == 1
    assert server.log.count("another takes its place") == 5
    assert "the others end too" in server.log


def test_a_worker_that_cannot_load_ends_the_instance_with_its_status(start: Start, tmp_path: Any) -> None:
    (tmp_path / "0").touch()
    (tmp_path / "1").write_text("7")
    server = start(wait=False, ECHO_WORKERS_UNTIL=str(tmp_path))
    assert server.wait() == 7, server.log


def test_kept_connections_are_shared_out(start: Start) -> None:
    server = start()
    all_workers(server)
    kept: Dict[int, List[http.client.HTTPConnection]] = collections.defaultdict(list)
    # One that is awake already would otherwise win every race for the next connection.
    while len(kept) < 2 or min(map(len, kept.values())) < 8:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", "/pid")
        kept[int(connection.getresponse().read())].append(connection)
        assert sum(map(len, kept.values())) < 200


def test_workers_end_with_the_parent(start: Start) -> None:
    server = start()
    workers = all_workers(server)
    server.process.kill()
    server.process.wait(60)
    for pid in workers:
        while _is_running(pid):
            threading.Event().wait(0.01)


def _is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
