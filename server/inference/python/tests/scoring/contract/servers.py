"""Our server and the original, started on a script of the contract."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Optional

from scoring.contract.cases import Case
from support.server_process import PACKAGE_ROOT, ServerProcess

ORIGINAL = "azureml-inference-server-http==1.5.1"
SCRIPTS = Path(__file__).parent / "scripts"
_START_SECONDS = 120
_REQUIREMENTS = [ORIGINAL, "flask-cors", "numpy==2.4.6", "pandas==3.1.1"]

#: Fields that say who serves and when, and the framing, which is the server's own business.
_NOT_COMPARED = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "x-ms-server-version"}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Answer:
    """What came back; repeated fields joined by `|`, names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def comparable(self, with_body: bool) -> object:
        """What has to be equal on both servers; made-up ids and times stand as signs."""
        headers = {name: _sign(name, value) for name, value in self.headers.items() if name not in _NOT_COMPARED}
        return self.status, headers, self.body if with_body else b""


def _sign(name: str, value: str) -> str:
    if name == "x-ms-run-fn-exec-ms":
        assert re.fullmatch(r"\d+\.\d{3}", value), value
        return "*"
    if name == "allow":
        return ", ".join(sorted(value.split(", ")))
    return "*" if _UUID.fullmatch(value) else value


def ask(port: int, case: Case) -> Answer:
    """Sends the request of a case, byte for byte as it says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.putrequest(case.method, case.target)
        for name, value in case.headers:
            connection.putheader(name, value)
        chunked = any(name == "Transfer-Encoding" for name, _ in case.headers)
        if not chunked and (case.sent or case.method in ("POST", "PUT", "PATCH")):
            connection.putheader("Content-Length", str(len(case.sent)))
        connection.endheaders(case.sent)
        answer = connection.getresponse()
        headers: Dict[str, str] = {}
        for name, value in answer.getheaders():
            name = name.lower()
            headers[name] = f"{headers[name]}|{value}" if name in headers else value
        return Answer(answer.status, headers, answer.read())
    finally:
        connection.close()


def environment_of(case: Case) -> Dict[str, str]:
    """Variables with which either server finds the script of a case."""
    folder = SCRIPTS / case.script if (SCRIPTS / case.script).is_dir() else SCRIPTS
    script = str(folder / f"{case.script}.py")
    return {"AML_APP_ROOT": str(folder), "AZUREML_ENTRY_SCRIPT": script, "SCORING_TIMEOUT_MS": "2000", **case.environ}


def start_ours(case: Case) -> ServerProcess:
    """Our server on the script of a case."""
    return ServerProcess(["-m", "viridian_serving", "--kind", "scoring"], environment_of(case)).wait_ready()


class OtherProcess:
    """A server on the script of a case in another environment than that of the tests."""

    def __init__(self, command: List[str], port: int, environment: Mapping[str, str]) -> None:
        self.port = port
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        # Read only when it does not start; open as long as the process.
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(command, env={**inherited, **environment}, stdout=self._log, stderr=subprocess.STDOUT)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        self._log.seek(0)
        raise AssertionError(f"the server does not start:\n{self._log.read().decode()}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._log.close()


def start_original(python: str, case: Case) -> OtherProcess:
    """The original server, in its own environment."""
    port = free_port()
    environment = environment_of(case)
    script = environment["AZUREML_ENTRY_SCRIPT"]
    return OtherProcess([python, "-m", "azureml_inference_server_http", "--entry_script", script, "--port", str(port)], port, environment)


def start_ours_beside_real_packages(python: str, case: Case) -> OtherProcess:
    """Our server in the original's environment, where scripts import the real packages: Flask's requests, the real inference-schema."""
    port = free_port()
    address = {"PYTHONPATH": PACKAGE_ROOT, "PORT": str(port), "VIRIDIAN_SERVING_HOST": "127.0.0.1"}
    return OtherProcess([python, "-m", "viridian_serving", "--kind", "scoring"], port, {**environment_of(case), **address})


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find_original() -> str:
    """A Python that has the original: VIRIDIAN_ORIGINAL_PYTHON, else one that is made once in the folder for temporary files.

    Raises RuntimeError, with the reason, where it cannot be installed.
    """
    given = os.environ.get("VIRIDIAN_ORIGINAL_PYTHON")
    if given:
        return given
    place = Path(tempfile.gettempdir()) / f"viridian-original-{os.getuid()}-{'.'.join(map(str, sys.version_info[:2]))}"
    python = place / "bin" / "python"
    if not (place / "complete").is_file():
        _install(place, python)
        (place / "complete").touch()
    return str(python)


def _install(place: Path, python: Path) -> None:
    uv = _find_uv()
    make = [uv, "venv", "--clear", "--python", sys.executable, str(place)] if uv else [sys.executable, "-m", "venv", "--clear", str(place)]
    fill = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    for command in (make, [*fill, *_REQUIREMENTS]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RuntimeError(f"{ORIGINAL} cannot be installed: {error}") from None
        if done.returncode != 0:
            raise RuntimeError(f"{ORIGINAL} cannot be installed: {done.stderr.strip()[-500:]}")


def _find_uv() -> Optional[str]:
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.is_file() else shutil.which("uv")
