"""Starts the server again whenever the code or the model changes; for work on a laptop, not for production."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Iterator, Mapping, Optional

from .settings import SettingsError, read_settings

_POLL_SECONDS = 0.3
_STOP_SECONDS = 10

#: Folders that hold nothing of the user's, or too much.
_SKIPPED = {"__pycache__", ".git", ".venv", "node_modules"}


def serve_with_reload(arguments: list[str], environ: Mapping[str, str]) -> int:
    """Runs the server as a child until it is told to stop. A server that does not start is tried again after the next change."""
    command = [sys.executable, "-m", "viridian_serving", *(item for item in arguments if item != "--reload")]
    stop = _StopSignals()
    child = subprocess.Popen(command, env=dict(environ))
    seen = take_snapshot(watched_folders(environ))
    while not stop.asked:
        time.sleep(_POLL_SECONDS)
        now = take_snapshot(watched_folders(environ))
        if now == seen:
            continue
        print(f"Changed: {', '.join(changed_files(seen, now)[:5])}. Starting again.", flush=True)
        seen = now
        _end(child)
        child = subprocess.Popen(command, env=dict(environ))
    return _end(child)


def watched_folders(environ: Mapping[str, str]) -> list[str]:
    """The app root, the script's folder and the model's folder, as far as they are there."""
    try:
        settings = read_settings(environ)
    except SettingsError:
        return [environ.get("AML_APP_ROOT", ".")]
    folders = [settings.app_root, os.path.dirname(settings.script_path), settings.model_dir]
    return [folder for folder in dict.fromkeys(folders) if folder and os.path.isdir(folder)]


def take_snapshot(folders: list[str]) -> dict[str, tuple[int, int]]:
    """Path → (time of change in ns, size) of every file that may matter."""
    return {path: mark for folder in folders for path, mark in _walk(folder)}


def changed_files(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Paths that are new, gone or different, sorted."""
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def _walk(folder: str) -> Iterator[tuple[str, tuple[int, int]]]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        for name in files:
            path = os.path.join(parent, name)
            mark = _mark(path)
            if mark is not None and not name.endswith(".pyc"):
                yield path, mark


def _mark(path: str) -> Optional[tuple[int, int]]:
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


def _end(child: subprocess.Popen[bytes]) -> int:
    child.terminate()
    try:
        return child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
