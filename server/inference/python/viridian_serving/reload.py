"""Starts the server again whenever the code or the model changes; for work on a laptop, not for production."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import Dict, Iterator, List, Mapping, Optional, Tuple

from .settings import read_port

_POLL_SECONDS = 0.3
_STOP_SECONDS = 10

#: Folders that hold nothing of the user's, or too much; so do those whose names begin with a dot.
_SKIPPED = {"__pycache__", "node_modules", "site-packages", "venv"}

#: What somebody edits in a folder of code. Logs and results that the script or its shell writes there must not start it again, without end.
_EDITED = (".py", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg")


def serve_with_reload(arguments: List[str], environ: Mapping[str, str]) -> int:
    """Runs the server as a child until it is told to stop. A server that does not start is tried again after the next change.

    Each child listens on the same port, also where any free one was asked for.
    """
    server = [sys.executable, "-m", "viridian_serving", *(item for item in arguments if item != "--reload")]
    # The last one of an option counts.
    command = [*server, "--port", str(_take_port(environ))]
    stop = _StopSignals()
    child = _Child(command, environ)
    seen = take_snapshot(environ)
    while not stop.asked:
        time.sleep(_POLL_SECONDS)
        if stop.asked:
            break
        child.tell_its_end()
        now = take_snapshot(environ)
        if now == seen:
            continue
        print(f"Changed: {', '.join(changed_files(seen, now)[:5])}. Starting again.", flush=True)
        seen = now
        child.end()
        child = _Child([*command, "--debug-announced"], environ)
    return child.end()


class _Child:
    """One run of the server."""

    def __init__(self, command: List[str], environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(command, env=dict(environ))
        self._has_told = False

    def tell_its_end(self) -> None:
        """Says once that the server has ended by itself; why stands above, in its own words."""
        status = self._process.poll()
        if status is not None and not self._has_told:
            self._has_told = True
            print(f"The server has ended with status {status}. It starts again after the next change.", flush=True)

    def end(self) -> int:
        """Stops the server and returns its exit status."""
        self._process.terminate()
        try:
            return self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _take_port(environ: Mapping[str, str]) -> int:
    """The port that was asked for; a free one where any would do, so that callers find the server again after a change."""
    port = read_port(environ)
    if port != 0:
        return port
    host = environ.get("VIRIDIAN_SERVING_HOST", "0.0.0.0")
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return probe.getsockname()[1]


def take_snapshot(environ: Mapping[str, str]) -> Dict[str, Tuple[int, int]]:
    """Path → (time of change in ns, size) of every file that may matter: all of the model, and of the code what somebody edits."""
    code, model = _folders(environ)
    found = dict(_walk(os.path.dirname(model) if os.path.isfile(model) else model))
    for folder in code:
        found.update((path, mark) for path, mark in _walk(folder) if path.endswith(_EDITED))
    return found


def _folders(environ: Mapping[str, str]) -> Tuple[List[str], str]:
    """Where the code lies, if it is a script that is served, and the model."""
    model = environ.get("AZUREML_MODEL_DIR", "")
    if environ.get("VIRIDIAN_SERVING_KIND") != "scoring":
        return [], model
    from .scoring.settings import SettingsError, read_settings

    try:
        settings = read_settings(environ)
    except SettingsError:
        return [environ.get("AML_APP_ROOT", ".")], model
    return [settings.app_root, os.path.dirname(settings.script_path)], settings.model_dir


def changed_files(before: Mapping[str, object], after: Mapping[str, object]) -> List[str]:
    """Paths that are new, gone or different, sorted."""
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def _walk(folder: str) -> Iterator[Tuple[str, Tuple[int, int]]]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        for name in files:
            path = os.path.join(parent, name)
            mark = _mark(path)
            if mark is not None and not name.endswith(".pyc"):
                yield path, mark


def _mark(path: str) -> Optional[Tuple[int, int]]:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


class _StopSignals:
    """Remembers that the user or a supervisor wants an end."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True
