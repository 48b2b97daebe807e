"""Connections that the script's thread serves by itself: nothing of what a server guarantees may depend on who serves."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from pathlib import Path
from typing import Any, Iterator, Tuple

import pytest
from scoring.asking import Asking, StartScript, post

SCRIPT = """
    import os, time

    def init(): pass

    def run(data):
        if data.startswith("wait"):
            print("began", data)
            while not os.path.exists(data[5:]):
                time.sleep(0.01)
        if data == "hang":
            print("began", data)
            while True: pass
        if data == "fail":
            raise ValueError("secret")
        if data == "large":
            return "x" * 50_000_000
        if data == "stream":
            return (f"{number};" for number in range(5))
        return data[:4]
"""


class Kept:
    """A connection that is kept, and served by the script's thread by the time it is made."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.lend()

    def lend(self) -> None:
        """Asks until the script's thread answers this connection by itself."""
        before = direct_requests(self._server)
        while direct_requests(self._server) == before:
            for _ in range(40):
                assert self.post(b"fast") == (200, "fast")

    def post(self, body: bytes, **headers: str) -> Tuple[int, Any]:
        status, content = self.request("POST", "/score", body, **headers)
        return status, json.loads(content)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Tuple[int, bytes]:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def send(self, data: bytes) -> None:
        self._connection.sock.sendall(data)

    def receive(self, wanted: bytes) -> bytes:
        """What comes, until `wanted` has come."""
        received = b""
        while wanted not in received:
            part = self._connection.sock.recv(65536)
            assert part, received
            received += part
        return received

    def end_sending(self) -> None:
        self._connection.sock.shutdown(socket.SHUT_WR)

    def is_ended(self) -> bool:
        return self._connection.sock.recv(1) == b""

    def close(self) -> None:
        self._connection.close()


def direct_requests(server: Any) -> int:
    metrics = server.request("GET", "/metrics")[2].decode()
    found = re.search(r"^viridian_scoring_direct_requests_total (\d+)", metrics, re.MULTILINE)
    return int(found.group(1)) if found else 0


@pytest.fixture(params=["uvloop", "asyncio"])
def server(request: Any, start_script: StartScript) -> Iterator[Any]:
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    yield start_script(SCRIPT, {"VIRIDIAN_SERVING_EVENT_LOOP": request.param, "SCORING_TIMEOUT_MS": "3000"})


def test_everybody_is_answered_while_one_call_is_under_way(server: Any, tmp_path: Path) -> None:
    lent, other = Kept(server), Kept(server)
    gate = tmp_path / "gate"
    waiting = threading.Thread(target=lambda: answers.append(lent.post(f"wait {gate}".encode())))
    answers: list[Tuple[int, Any]] = []
    waiting.start()
    server.wait_for_line("began wait")
    assert other.request("GET", "/") == (200, b"Healthy")
    assert other.request("GET", "/health/ready")[0] == 200
    assert server.request("GET", "/metrics")[0] == 200
    gate.touch()
    waiting.join(60)
    assert answers == [(200, "wait")]
    assert lent.post(b"more") == (200, "more")


def test_a_call_that_takes_too_long_is_interrupted(server: Any) -> None:
    lent = Kept(server)
    assert lent.post(b"hang") == (500, {"message": "Scoring timeout after 3000 ms"})
    assert lent.post(b"more") == (200, "more")


def test_what_is_under_way_is_answered_before_the_server_ends(server: Any, tmp_path: Path) -> None:
    lent, idle = Kept(server), Kept(server)
    gate = tmp_path / "gate"
    lent.send(b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nwait %s" % (5 + len(str(gate)), str(gate).encode()))
    server.wait_for_line("began wait")
    server.terminate()
    assert idle.is_ended()
    gate.touch()
    assert b"Connection: close" in lent.receive(b'"wait"')
    assert server.wait() == 0


def test_lent_connections_at_rest_end_with_the_server(server: Any) -> None:
    lent = Kept(server)
    server.terminate()
    assert lent.is_ended()
    assert server.wait() == 0


def test_a_lent_connection_may_send_whatever_another_may(server: Any) -> None:
    head = b"POST /score HTTP/1.1\r\nHost: x\r\n"
    lent = Kept(server)
    lent.send(head + b"Content-Length: 4\r\n\r\nfi")
    lent.send(b"rs")
    assert b'"firs"' in lent.receive(b'"firs"')
    for sent, wanted in (
        (head + b"Transfer-Encoding: chunked\r\n\r\n2\r\nch\r\n2\r\nnk\r\n0\r\n\r\n", b'"chnk"'),
        ((head + b"Content-Length: 1\r\n\r\na") + (head + b"Content-Length: 1\r\n\r\nb"), b'"b"'),
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", b'{"status": "live"}'),
        (b"GET /score?a=1 HTTP/1.1\r\nHost: x\r\n\r\n", b"a"),
        (b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 404"),
        (head + b"Content-Length: 4\r\nConnection: close\r\n\r\nlast", b'"last"'),
        (head + b"Content-Length: x\r\n\r\n", b"HTTP/1.1 400"),
    ):
        each = Kept(server)
        each.send(sent)
        assert wanted in each.receive(wanted)
        each.close()


def test_a_client_that_leaves_is_forgotten(server: Any) -> None:
    gone, lent = Kept(server), Kept(server)
    gone.end_sending()
    assert gone.is_ended()
    assert lent.post(b"more") == (200, "more")


def test_a_run_that_raises_costs_only_its_request(server: Any) -> None:
    lent = Kept(server)
    assert lent.post(b"fail")[0] == 500
    assert lent.post(b"more") == (200, "more")


def test_streams_reach_a_lent_connection(server: Any) -> None:
    lent = Kept(server)
    assert lent.request("POST", "/score", b"stream") == (200, b"0;1;2;3;4;")
    assert lent.post(b"more") == (200, "more")


def test_a_client_that_does_not_read_keeps_nobody_waiting(server: Any) -> None:
    slow, lent = Kept(server), Kept(server)
    slow.send(b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nlarge")
    first = slow.receive(b"200 OK")
    assert lent.post(b"more") == (200, "more")
    assert Asking(server, b"new").result() == (200, "new")
    length = len(first)
    while length < 50_000_000:
        length += len(slow.receive(b"x"))
    assert lent.post(b"more") == (200, "more")


def test_a_lent_connection_that_is_silent_ends_while_others_are_served(start_script: StartScript) -> None:
    server = start_script(SCRIPT, {"VIRIDIAN_SERVING_KEEP_ALIVE_MS": "300"})
    silent, busy = Kept(server), Kept(server)
    ended = threading.Thread(target=silent.is_ended)
    ended.start()
    while ended.is_alive():
        assert busy.post(b"more") == (200, "more")
    assert post(server, b"last") == (200, "last")
