"""What scripts may do beyond the original: generators, also asynchronous ones, and run_batch()."""

from __future__ import annotations

import http.client
import socket
import threading
from pathlib import Path
from typing import Any, List

import pytest
from scoring.asking import Asking, StartScript, requests_read

STREAM = """
    import os

    def init(): pass

    def run(data):
        return STREAMS[data]()

    def objects():
        yield {"a": 1}
        yield [2]

    def words():
        yield "one "
        yield "two"

    def nothing():
        return
        yield

    def fails_at_once():
        raise ValueError("secret")
        yield

    def fails_later():
        yield "one"
        raise ValueError("secret")

    def endless():
        try:
            while True:
                yield b"x" * 65536
        finally:
            print("closed")

    STREAMS = {f.__name__: f for f in (objects, words, nothing, fails_at_once, fails_later, endless)}
"""


def test_a_generator_is_streamed(start_script: StartScript) -> None:
    server = start_script(STREAM)
    status, headers, body = server.request("POST", "/score", b"objects")
    assert (status, body) == (200, b'{"a": 1}\n[2]\n')
    assert headers["content-type"] == "application/x-ndjson"
    assert headers["transfer-encoding"] == "chunked"
    assert server.request("POST", "/score", b"words")[2] == b"one two"
    assert server.request("POST", "/score", b"nothing")[2] == b""
    assert server.wait_for_line("POST /score 200").endswith("N/A")


def test_a_generator_becomes_events_where_the_caller_wants_events(start_script: StartScript) -> None:
    server = start_script(STREAM)
    _, headers, body = server.request("POST", "/score", b"objects", {"Accept": "text/event-stream"})
    assert headers["content-type"].startswith("text/event-stream")
    assert body == b'data: {"a": 1}\n\ndata: [2]\n\n'


def test_a_generator_that_fails_at_once_is_answered_with_500(start_script: StartScript) -> None:
    server = start_script(STREAM)
    status, headers, body = server.request("POST", "/score", b"fails_at_once")
    assert (status, headers["x-ms-run-function-failed"]) == (500, "True")
    assert b"secret" not in body


def test_a_generator_that_fails_later_cuts_the_connection(start_script: StartScript) -> None:
    server = start_script(STREAM)
    with pytest.raises(http.client.IncompleteRead):
        server.request("POST", "/score", b"fails_later")
    assert "Its stream is cut" in server.wait_for_line("run() raised ValueError: secret")
    assert server.request("POST", "/score", b"words")[0] == 200


def test_a_generator_is_closed_when_its_caller_leaves_and_others_are_served_meanwhile(start_script: StartScript) -> None:
    server = start_script(STREAM)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nendless")
        assert connection.recv(1024).startswith(b"HTTP/1.1 200")
        assert server.request("POST", "/score", b"words")[2] == b"one two"
    server.wait_for_line("closed")


def test_an_asynchronous_generator_is_streamed(start_script: StartScript) -> None:
    script = """
        import asyncio

        def init(): pass

        async def run(data):
            try:
                for number in range(3):
                    await asyncio.sleep(0)
                    yield {"n": number}
                if data == "fail": raise ValueError("secret")
                while data == "endless":
                    await asyncio.sleep(0)
                    yield "x" * 65536
            finally:
                print("closed", data)
    """
    server = start_script(script)
    assert server.request("POST", "/score", b"")[2] == b'{"n": 0}\n{"n": 1}\n{"n": 2}\n'
    with pytest.raises(http.client.IncompleteRead):
        server.request("POST", "/score", b"fail")
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nendless")
        assert connection.recv(1024).startswith(b"HTTP/1.1 200")
    server.wait_for_line("closed endless")


BATCH = """
    import os, time

    def init(): pass

    def run(data):
        if data.startswith("wait"):
            print("began")
            while not os.path.exists(data[5:]):
                time.sleep(0.01)
        if data == "bad":
            raise ValueError("bad row")
        return ["alone", data]

    def run_batch(inputs):
        if "bad" in inputs:
            raise ValueError("bad batch")
        if "short" in inputs:
            return []
        return [["together", data] for data in inputs]
"""


def together(start: StartScript, tmp_path: Path, bodies: List[bytes], **env: str) -> List[Any]:
    """Answers to requests that came while the script was busy with another one."""
    server = start(BATCH, env)
    gate = tmp_path / "gate"
    first = Asking(server, f"wait {gate}".encode())
    server.wait_for_line("began")
    asking = [Asking(server, body) for body in bodies]
    while requests_read(server) < len(bodies) + 1:
        threading.Event().wait(0.01)
    gate.touch()
    assert first.result()[1][0] == "alone"
    return [each.result() for each in asking]


def test_requests_that_wait_are_scored_together(start_script: StartScript, tmp_path: Path) -> None:
    answers = together(start_script, tmp_path, [b"a", b"b", b"c"])
    assert sorted(body[1] for _, body in answers) == ["a", "b", "c"]
    assert all(body[0] == "together" for _, body in answers)


def test_nobody_pays_for_a_neighbour(start_script: StartScript, tmp_path: Path) -> None:
    answers = together(start_script, tmp_path, [b"a", b"bad", b"c"])
    assert [status for status, _ in answers] == [200, 500, 200]
    assert answers[0][1] == ["alone", "a"]


def test_a_batch_of_another_length_is_not_believed(start_script: StartScript, tmp_path: Path) -> None:
    answers = together(start_script, tmp_path, [b"a", b"short"])
    assert [body for _, body in answers] == [["alone", "a"], ["alone", "short"]]


def test_a_batch_is_bounded(start_script: StartScript, tmp_path: Path) -> None:
    answers = together(start_script, tmp_path, [b"a", b"b", b"c"], VIRIDIAN_MAX_BATCH="2")
    assert sorted(body[0] for _, body in answers) == ["alone", "together", "together"]
