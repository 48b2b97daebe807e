"""Guarantees of the HTTP core, each on both event loops and on real sockets."""

from __future__ import annotations

import json
import os
import socket
import time

import pytest
from support.server_process import ServerProcess

SCRIPT = os.path.join(os.path.dirname(__file__), "echo_server.py")
LIMITS = {
    "VIRIDIAN_SERVING_MAX_HEAD_BYTES": "4096",
    "VIRIDIAN_SERVING_MAX_BODY_BYTES": "100000",
    "VIRIDIAN_SERVING_RECEIVE_TIMEOUT_MS": "300",
}


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def loop_name(request):
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    return request.param


@pytest.fixture(scope="module")
def echo(loop_name):
    server = ServerProcess([SCRIPT], {"VIRIDIAN_SERVING_EVENT_LOOP": loop_name, **LIMITS}).wait_ready()
    yield server
    server.stop()


@pytest.fixture
def own_echo(loop_name):
    """A server that a test may end or configure."""
    started = []

    def start(wait=True, **environment):
        server = ServerProcess([SCRIPT], {"VIRIDIAN_SERVING_EVENT_LOOP": loop_name, **environment})
        started.append(server)
        return server.wait_ready() if wait else server

    yield start
    for server in started:
        server.stop()


class Client:
    """A bare socket, to send what no HTTP library would."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.buffer = b""

    def send(self, data: bytes) -> Client:
        self.socket.sendall(data)
        return self

    def read_until(self, end: bytes) -> bytes:
        while end not in self.buffer:
            part = self.socket.recv(65_536)
            assert part, f"the connection ended after {self.buffer!r}"
            self.buffer += part
        found, self.buffer = self.buffer.split(end, 1)
        return found

    def answer(self):
        """(status, headers, body) of the next answer with a Content-Length."""
        head = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:])
        length = int(headers.get("content-length", 0))
        while len(self.buffer) < length:
            self.buffer += self.socket.recv(65_536)
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(head[0].split(" ")[1]), headers, body

    def ended(self) -> bool:
        """Whether the server closes; waits for it."""
        while True:
            try:
                part = self.socket.recv(65_536)
            except ConnectionResetError:
                return True
            if not part:
                return True
            self.buffer += part


def test_shows_the_application_what_was_sent(echo):
    client = Client(echo.port).send(b"POST /a%20b?x=1&y HTTP/1.1\r\nHost: h\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: 3\r\n\r\nabc")
    status, _, body = client.answer()
    shown = json.loads(body)
    assert (status, shown["method"], shown["path"], shown["query"], shown["body"]) == (200, "POST", "/a%20b", "x=1&y", "abc")
    assert [pair for pair in shown["headers"] if pair[0] == "x-two"] == [["x-two", "1"], ["x-two", "2"]]


def test_keeps_the_connection_and_answers_pipelined_requests_in_order(echo):
    one = b"POST /%d HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
    client = Client(echo.port).send(b"".join(one % index for index in range(200)))
    assert [json.loads(client.answer()[2])["path"] for _ in range(200)] == [f"/{index}" for index in range(200)]


def test_a_pipelined_request_waits_for_the_slower_one_before_it(echo):
    client = Client(echo.port).send(b"GET /gate HTTP/1.1\r\nHost: h\r\n\r\nGET /second HTTP/1.1\r\nHost: h\r\n\r\n")
    other = Client(echo.port)
    while other.send(b"GET /waiting HTTP/1.1\r\nHost: h\r\n\r\n").answer()[2] == b"0":
        pass
    other.send(b"GET /open HTTP/1.1\r\nHost: h\r\n\r\n").answer()
    assert [json.loads(client.answer()[2])["path"] for _ in range(2)] == ["/gate", "/second"]


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_takes_bodies_in_chunks_however_they_are_cut(echo, step):
    raw = b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n 0123\r\n567\r\n0\r\nTrailer: 1\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n"
    client = Client(echo.port)
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for start in range(0, len(raw), step):
        client.send(raw[start : start + step])
    assert json.loads(client.answer()[2])["body"] == "hello 0123\r\n567"
    assert json.loads(client.answer()[2])["path"] == "/next"


def test_asks_for_the_body_of_a_client_that_waits_to_be_asked(echo):
    client = Client(echo.port).send(b"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert client.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue"
    assert json.loads(client.send(b"ok").answer()[2])["body"] == "ok"


def test_refuses_a_body_that_is_too_large_before_it_is_sent(echo):
    client = Client(echo.port).send(b"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\nExpect: 100-continue\r\n\r\n")
    assert client.answer()[0] == 413


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"BAD\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nA: b\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: h\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", 413),
        (b"POST / HTTP/1.0\r\n\r\n", 411),
        (b"GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", 417),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 5000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 5000, 431),
    ],
)
def test_refuses_what_two_parsers_could_read_differently(echo, raw, status):
    client = Client(echo.port).send(raw)
    answered, headers, body = client.answer()
    assert (answered, headers["connection"]) == (status, "close")
    assert json.loads(body)["error"]["message"]
    assert client.ended()


def test_tells_a_slow_client_so_and_ends(echo):
    head = Client(echo.port).send(b"GET / HT")
    body = Client(echo.port).send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
    assert head.answer()[0] == 408
    assert body.answer()[0] == 408
    assert head.ended() and body.ended()


def test_a_head_that_drips_is_cut_off(echo):
    client = Client(echo.port)
    client.socket.settimeout(0.05)
    answer = b""
    started = time.monotonic()
    while not answer and time.monotonic() - started < 30:
        try:
            client.send(b"G")
            answer = client.socket.recv(100)
        except socket.timeout:
            continue
    assert answer.startswith(b"HTTP/1.1 408")


def test_closes_idle_connections_silently(own_echo):
    server = own_echo(VIRIDIAN_SERVING_KEEP_ALIVE_MS="100")
    client = Client(server.port)
    assert client.ended() and client.buffer == b""


def test_an_exception_is_logged_and_not_told(echo):
    status, _, body = echo.request("GET", "/raise")
    assert status == 500 and b"secret" not in body
    echo.wait_for_line("a secret of the inside")


def test_a_header_value_cannot_add_a_header(echo):
    _, headers, _ = echo.request("GET", "/inject")
    assert headers["x-a"] == "1  x-b: 2" and "x-b" not in headers


def test_streams_in_chunks_and_keeps_the_connection(echo):
    client = Client(echo.port).send(b"GET /stream?2 HTTP/1.1\r\nHost: h\r\n\r\nGET /after HTTP/1.1\r\nHost: h\r\n\r\n")
    head = client.read_until(b"\r\n\r\n").lower()
    assert b"transfer-encoding: chunked" in head and b"content-length" not in head
    assert client.read_until(b"0\r\n\r\n") == b"7\r\npart 0;\r\n7\r\npart 1;\r\n"
    assert json.loads(client.answer()[2])["path"] == "/after"


def test_streams_to_http_1_0_until_the_end_of_the_connection(echo):
    client = Client(echo.port).send(b"GET /stream?2 HTTP/1.0\r\n\r\n")
    client.read_until(b"\r\n\r\n")
    assert client.ended() and client.buffer == b"part 0;part 1;"


def test_a_stream_that_fails_is_not_ended_as_if_it_were_whole(echo):
    client = Client(echo.port).send(b"GET /break HTTP/1.1\r\nHost: h\r\n\r\n")
    assert client.ended() and not client.buffer.endswith(b"0\r\n\r\n")


def test_head_and_empty_answers_have_no_body(echo):
    client = Client(echo.port).send(b"HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n")
    assert int(client.read_until(b"\r\n\r\n").lower().split(b"content-length: ")[1].split(b"\r\n")[0]) > 0
    client.send(b"GET /empty HTTP/1.1\r\nHost: h\r\n\r\n")
    assert b"content-length" not in client.read_until(b"\r\n\r\n").lower()
    assert client.send(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n").answer()[0] == 200


def test_probes_and_metrics_answer(echo):
    assert echo.request("GET", "/health/live")[0] == 200
    assert echo.request("GET", "/health/ready")[0] == 200
    assert b"viridian_serving_connections" in echo.request("GET", "/metrics")[2]


def test_probes_answer_while_the_application_loads(own_echo, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flag = tmp_path / "go"
    server = own_echo(wait=False, ECHO_LOAD_UNTIL=str(flag), PORT=str(port))
    server.wait_for_line("loading")
    server.port = port
    assert server.request("GET", "/health/live")[0] == 200
    assert server.request("GET", "/health/ready")[0] == 503
    assert server.request("POST", "/score", b"{}")[0] == 503
    flag.touch()
    server.wait_for_line("listening on")
    assert server.request("GET", "/health/ready")[0] == 200


def test_a_drain_answers_what_is_under_way_and_takes_nothing_new(own_echo):
    server = own_echo()
    idle = Client(server.port).send(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
    idle.answer()
    other = Client(server.port)
    waiting = Client(server.port).send(b"GET /gate HTTP/1.1\r\nHost: h\r\n\r\n")
    while other.send(b"GET /waiting HTTP/1.1\r\nHost: h\r\n\r\n").answer()[2] == b"0":
        pass
    half = Client(server.port).send(b"GET /open HTTP/1.1\r\nHo")
    while b"connections 4" not in other.send(b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").answer()[2]:
        pass
    server.terminate()
    assert idle.ended()
    status, headers, _ = half.send(b"st: h\r\n\r\n").answer()
    assert (status, headers["connection"]) == (200, "close")
    assert waiting.answer()[0] == 200
    assert server.wait() == 0


def test_a_drain_that_takes_too_long_ends_all_the_same(own_echo):
    server = own_echo(VIRIDIAN_SERVING_DRAIN_TIMEOUT_MS="100")
    Client(server.port).send(b"GET /gate HTTP/1.1\r\nHost: h\r\n\r\n")
    while server.request("GET", "/waiting")[2] == b"0":
        pass
    server.terminate()
    assert server.wait() == 1
    assert "still under way" in server.log


def test_says_which_setting_is_wrong(own_echo):
    server = own_echo(wait=False, VIRIDIAN_SERVING_KEEP_ALIVE_MS="soon")
    assert server.wait() != 0
    assert "VIRIDIAN_SERVING_KEEP_ALIVE_MS: 'soon' is not a whole number" in server.log
