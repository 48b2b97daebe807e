"""The scoring server as a process: what a script may do while it serves, and what the log says."""

from __future__ import annotations

import json
import re
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from scoring.asking import Asking, StartScript, post, requests_read

GATED = """
    import os, threading, time

    def init(): pass

    def run(data):
        print("began", data)
        while data.startswith("wait") and not os.path.exists(data[5:]):
            time.sleep(0.01)
        return data[:4]
"""


def test_probes_are_answered_while_run_is_under_way(start_script: StartScript, tmp_path: Path) -> None:
    server = start_script(GATED)
    gate = tmp_path / "gate"
    waiting = Asking(server, f"wait {gate}".encode())
    server.wait_for_line("began wait")
    assert server.request("GET", "/")[2] == b"Healthy"
    assert server.request("GET", "/health/live")[0] == 200
    assert server.request("GET", "/swagger.json")[0] == 200
    gate.touch()
    assert waiting.result() == (200, "wait")


def test_probes_are_answered_while_run_computes_in_python(start_script: StartScript) -> None:
    script = """
        def init(): pass
        def run(data):
            print("began")
            while True: pass
    """
    server = start_script(script, {"SCORING_TIMEOUT_MS": "3000"})
    waiting = Asking(server, b"")
    server.wait_for_line("began")
    assert server.request("GET", "/")[2] == b"Healthy"
    assert waiting.result() == (500, {"message": "Scoring timeout after 3000 ms"})
    assert "while True: pass" in server.wait_for_line("did not end within 3000 ms")


def test_what_is_under_way_is_answered_before_the_server_ends(start_script: StartScript, tmp_path: Path) -> None:
    server = start_script(GATED)
    gate = tmp_path / "gate"
    waiting = Asking(server, f"wait {gate}".encode())
    server.wait_for_line("began wait")
    server.terminate()
    gate.touch()
    assert waiting.result() == (200, "wait")
    assert server.wait() == 0


def test_a_run_that_never_ends_does_not_keep_the_server(start_script: StartScript, tmp_path: Path) -> None:
    server = start_script(GATED, {"VIRIDIAN_SERVING_DRAIN_TIMEOUT_MS": "100"})
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        body = f"wait {tmp_path / 'never'}".encode()
        connection.sendall(b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        server.wait_for_line("began wait")
        server.terminate()
        assert server.wait() == 1


def test_the_script_does_not_work_for_callers_that_left_while_they_waited(start_script: StartScript, tmp_path: Path) -> None:
    server = start_script(GATED)
    gate = tmp_path / "gate"
    first = Asking(server, f"wait {gate}".encode())
    server.wait_for_line("began wait")
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nleft")
        while requests_read(server) < 2:
            threading.Event().wait(0.01)
    assert server.request("GET", "/")[0] == 200
    gate.touch()
    assert first.result() == (200, "wait")
    assert post(server, b"last") == (200, "last")
    server.wait_for_line("POST /score 499")
    assert "began left" not in server.log


@pytest.mark.parametrize(
    "raised",
    [
        "KeyboardInterrupt()",
        "GeneratorExit()",
        "ValueError('secret')",
        "SystemExit(5)",
        "MemoryError()",
        "TimeoutError('secret')",
        "RecursionError()",
    ],
)
def test_whatever_run_raises_costs_only_its_request(start_script: StartScript, raised: str) -> None:
    server = start_script(f"def init(): pass\ndef run(data):\n    if data == 'fail': raise {raised}\n    return 'fine'")
    status, body = post(server, b"fail")
    assert (status, body) == (500, {"message": "An unexpected error occurred in scoring script. Check the logs for more info."})
    assert "score.py:3" in server.wait_for_line("run() raised")
    assert post(server, b"go on") == (200, "fine")


def test_a_script_that_does_not_load_ends_the_process_as_the_original_does(start_script: StartScript) -> None:
    server = start_script("import no_such_module\ndef init(): pass\ndef run(data): pass", wait=False)
    assert server.wait() == 3
    prefix, _, told = server.lines[-1].partition(" ")
    assert prefix == "viridian-failure:"
    assert json.loads(told)["code"] == "deployment.import_missing"


def test_a_script_that_does_not_load_in_workers_ends_them_all(start_script: StartScript) -> None:
    server = start_script("def init(): raise OSError('no')\ndef run(data): pass", {"WORKER_COUNT": "2"}, wait=False)
    assert server.wait() == 3
    assert any(line.startswith("viridian-failure: ") for line in server.lines)


def test_a_setting_that_cannot_be_used_ends_the_process_as_the_original_does(start_script: StartScript) -> None:
    server = start_script("def init(): pass\ndef run(data): pass", {"SCORING_TIMEOUT_MS": "soon"}, wait=False)
    assert server.wait() == 3
    assert "SCORING_TIMEOUT_MS: 'soon' is not a whole number" in server.log


LINE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"


def test_the_log_has_the_lines_of_the_original(start_script: StartScript) -> None:
    script = """
        import sys
        def init():
            print("hello", "100 %s", sep="-")
            print("to stderr", file=sys.stderr)
        def run(data): return 1
    """
    server = start_script(script)
    pid = server.process.pid
    post(server)
    server.request("GET", "/")
    server.request("GET", "/swagger.json?version=9")
    server.wait_for_line("GET /swagger.json?version=9")
    for pattern in (
        rf"{LINE} I \[{pid}\] azmlinfsrv\.print - hello-100 %s",
        r"to stderr",
        rf"{LINE} I \[{pid}\] azmlinfsrv\.user_script - Found user script at .*/score\.py",
        rf"{LINE} I \[{pid}\] azmlinfsrv\.user_script - run\(\) is not decorated\. Server will invoke it with the input in JSON string\.",
        rf"{LINE} I \[{pid}\] azmlinfsrv\.user_script - Invoking user's init function",
        rf"{LINE} I \[{pid}\] azmlinfsrv\.user_script - Users's init has completed successfully",
        rf"{LINE} I \[{pid}\] azmlinfsrv\.swagger - Swaggers are prepared for the following versions: \[2, 3, 3\.1\]\.",
        rf"{LINE} I \[{pid}\] azmlinfsrv - Scoring timeout is set to 3600000",
        rf"{LINE} I \[{pid}\] azmlinfsrv - Worker with pid {pid} ready for serving traffic",
        rf"{LINE} I \[{pid}\] azmlinfsrv - POST /score 200 \d+\.\d{{3}}ms 1",
        rf"{LINE} I \[{pid}\] azmlinfsrv - GET /swagger\.json\?version=9 404 \d+\.\d{{3}}ms 81",
        r"Entry Script Name: .*/score\.py",
        r"Liveness Probe: GET   127\.0\.0\.1:\d+/",
    ):
        assert any(re.fullmatch(pattern, line) for line in server.lines), f"{pattern}\n{server.log}"
    assert not any(" GET / " in line for line in server.lines)


def test_the_users_own_logging_configuration_is_taken(start_script: StartScript, tmp_path: Path) -> None:
    configuration = {
        "version": 1,
        "formatters": {"plain": {"format": "MINE %(name)s %(message)s"}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stdout"}},
        "root": {"level": "INFO", "handlers": ["out"]},
    }
    (tmp_path / "logging.json").write_text(json.dumps(configuration))
    server = start_script("def init(): print('x')\ndef run(data): return 1")
    assert "MINE azmlinfsrv.print x" in server.lines
    assert any(line.startswith("MINE azmlinfsrv Loaded logging config from ") for line in server.lines)


def test_a_logging_configuration_of_the_original_works(start_script: StartScript, tmp_path: Path) -> None:
    formatter = {"class": "azureml_inference_server_http.log_config.AMLLogFormatter", "format": "ORIGINAL %(message)s"}
    root_filter = {"()": "azureml_inference_server_http.log_config.RootAccessFilter"}
    configuration = {
        "version": 1,
        "formatters": {"aml": formatter},
        "filters": {"root": root_filter},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "aml", "stream": "ext://sys.stdout", "filters": ["root"]}},
        "loggers": {"azmlinfsrv": {"level": "INFO", "handlers": ["out"], "propagate": False}},
    }
    (tmp_path / "logging.json").write_text(json.dumps(configuration))
    server = start_script("def init(): print('x')\ndef run(data): return 1")
    assert "ORIGINAL x" in server.lines


def test_a_config_file_sets_what_the_environment_does_not(start_script: StartScript, tmp_path: Path) -> None:
    settings = {"SCORING_TIMEOUT_MS": 1234, "SERVICE_NAME": "from file", "SERVICE_VERSION": "9", "MISSPELT": 1}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    server = start_script("def init(): pass\ndef run(data): return 1", {"SERVICE_NAME": "from environment"})
    info = json.loads(server.request("GET", "/swagger.json")[2])["info"]
    assert (info["title"], info["version"]) == ("from environment", "9")
    server.wait_for_line("Scoring timeout is set to 1234")
    server.wait_for_line("Extra keys = ['MISSPELT']")


def test_modules_of_the_app_root_and_of_the_source_directory_can_be_imported(start_script: StartScript, tmp_path: Path) -> None:
    (tmp_path / "near.py").write_text("NEAR = 1")
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "far.py").write_text("FAR = 2")
    script = "import near, far\ndef init(): pass\ndef run(data): return near.NEAR + far.FAR"
    server = start_script(script, {"AZUREML_SOURCE_DIRECTORY": "library"})
    assert post(server) == (200, 3)


def test_a_driver_script_hands_requests_to_the_script_behind_it(start_script: StartScript, tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("def run(data): return ['real', data]")
    server = start_script("import real as driver_module\ndef init(): print('driver init')\ndef run(data): return 'driver'")
    assert post(server, b"x") == (200, ["real", "x"])
    server.wait_for_line("driver init")


def test_each_worker_loads_the_script_and_preload_loads_it_once(start_script: StartScript) -> None:
    script = "import os\ndef init(): print('init in', os.getpid())\ndef run(data): return os.getpid()"
    each = start_script(script, {"WORKER_COUNT": "2"})
    each.wait_for_line("ready for serving")
    _wait_for_count(each, "ready for serving traffic", 2)
    assert _count(each, "init in") == 2
    assert post(each)[0] == 200
    once = start_script(script, {"WORKER_COUNT": "2", "WORKER_PRELOAD": "true"})
    _wait_for_count(once, "ready for serving traffic", 2)
    assert _count(once, "init in") == 1
    assert post(once)[0] == 200


def test_workers_end_with_a_parent_that_is_killed(start_script: StartScript) -> None:
    server = start_script("import os\ndef init(): pass\ndef run(data): return os.getpid()", {"WORKER_COUNT": "2"})
    _wait_for_count(server, "listening on", 2)
    _, worker = post(server)
    server.process.kill()
    server.process.wait(60)
    while Path(f"/proc/{worker}/stat").exists() and Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        threading.Event().wait(0.01)


def _count(server: Any, text: str) -> int:
    return sum(text in line for line in server.lines)


def _wait_for_count(server: Any, text: str, count: int) -> None:
    while _count(server, text) < count:
        assert server.process.poll() is None, server.log
        threading.Event().wait(0.01)


ASYNC = """
    import asyncio

    async def init():
        global waiting, both
        waiting, both = 0, asyncio.Event()

    async def run(data):
        global waiting
        if data == "meet":
            waiting += 1
            if waiting == 2:
                both.set()
            await both.wait()
        if data == "hang":
            await asyncio.sleep(3600)
        if data == "fail":
            raise ValueError("secret")
        return data
"""


def test_requests_of_an_asynchronous_run_are_under_way_together(start_script: StartScript) -> None:
    server = start_script(ASYNC)
    first, second = Asking(server, b"meet"), Asking(server, b"meet")
    assert first.result() == second.result() == (200, "meet")


def test_an_asynchronous_run_fails_and_times_out_as_a_plain_one(start_script: StartScript) -> None:
    server = start_script(ASYNC, {"SCORING_TIMEOUT_MS": "1000"})
    assert post(server, b"hang") == (500, {"message": "Scoring timeout after 1000 ms"})
    assert post(server, b"fail")[0] == 500
    assert "score.py:" in server.wait_for_line("run() raised ValueError: secret")
    assert post(server, b"x") == (200, "x")
    server.terminate()
    assert server.wait() == 0


def test_a_script_that_is_kept_from_its_dataclass_module_still_loads(start_script: StartScript) -> None:
    script = """
        from __future__ import annotations
        import dataclasses, typing

        @dataclasses.dataclass
        class Row:
            value: typing.ClassVar[int] = 1

        def init(): pass
        def run(data): return Row.value
    """
    assert post(start_script(script)) == (200, 1)
