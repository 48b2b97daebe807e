"""Lets an editor's debugger in: debugpy, where the environment has it."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from . import failures
from .failures import Failure, ScriptFailure

_HOST = "127.0.0.1"


def listen_for_debugger(port: int, waits: bool, is_announced: bool) -> None:
    """Lets an editor attach at `port` (--debug), at any time or before anything is loaded.

    Raises ScriptFailure when debugpy is not installed or the port is taken.
    """
    debugpy = _import_debugpy()
    try:
        debugpy.listen((_HOST, port))
    except (OSError, RuntimeError) as error:
        words = f"A debugger cannot attach at {_HOST}:{port}: {error}. Choose another port: --debug PORT."
        raise ScriptFailure(Failure(failures.SCRIPT_FAILED, words)) from None
    if not is_announced:
        print(f"A debugger can attach to {_HOST}:{port}. For VS Code, in .vscode/launch.json:\n{launch_snippet(port)}", flush=True)
    if waits:
        print("Waiting for a debugger to attach…", flush=True)
        debugpy.wait_for_client()


def connect_debugger(port: str) -> None:
    """Connects to the editor that listens at AZUREML_DEBUG_PORT, and waits for it. Raises ScriptFailure when debugpy is not installed."""
    debugpy = _import_debugpy()
    print("!! Starting the inference server in DEBUGGING mode because AZUREML_DEBUG_PORT is set.")
    print("!! This environment variable should not be set in a production environment.")
    print(f"** Connecting to debugger at port {port}...", flush=True)
    debugpy.connect(int(port))
    debugpy.wait_for_client()


def launch_snippet(port: int) -> str:
    """The run configuration with which VS Code attaches; paths are those of this machine, so none is mapped."""
    configuration = {
        "name": "Viridian: attach to the model server",
        "type": "debugpy",
        "request": "attach",
        "connect": {"host": _HOST, "port": port},
        "justMyCode": True,
    }
    return json.dumps({"version": "0.2.0", "configurations": [configuration]}, indent=2)


def _import_debugpy() -> Any:
    # It warns of breakpoints inside the standard library, which nobody sets here.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    try:
        import debugpy
    except ImportError:
        words = (
            f"A debugger cannot attach because debugpy is not installed in this environment. Install it with: {sys.executable} -m pip install debugpy"
        )
        raise ScriptFailure(Failure(failures.IMPORT_MISSING, words)) from None
    return debugpy
