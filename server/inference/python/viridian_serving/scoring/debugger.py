"""Lets an editor's debugger in: debugpy, where the environment has it."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Mapping, Optional

from . import failures
from .failures import Failure, ScriptFailure

_HOST = "127.0.0.1"


def start_debugger(port: Optional[int], environ: Mapping[str, str]) -> None:
    """Listens for an editor on `port` (--debug), or connects to the one that listens on AZUREML_DEBUG_PORT and waits for it.

    Raises ScriptFailure when debugpy is not installed.
    """
    outgoing = environ.get("AZUREML_DEBUG_PORT")
    if port is None and not outgoing:
        return
    debugpy = _import_debugpy()
    if port is not None:
        debugpy.listen((_HOST, port))
        print(f"A debugger can attach to {_HOST}:{port}. For VS Code, in .vscode/launch.json:\n{launch_snippet(port)}", flush=True)
        return
    print("!! Starting the inference server in DEBUGGING mode because AZUREML_DEBUG_PORT is set.")
    print("!! This environment variable should not be set in a production environment.")
    print(f"** Connecting to debugger at port {outgoing}...", flush=True)
    debugpy.connect(int(outgoing or 0))
    debugpy.wait_for_client()


def launch_snippet(port: int) -> str:
    """The run configuration with which VS Code attaches."""
    configuration = {
        "name": "Viridian: attach to the scoring script",
        "type": "debugpy",
        "request": "attach",
        "connect": {"host": _HOST, "port": port},
        "pathMappings": [{"localRoot": "${workspaceFolder}", "remoteRoot": os.getcwd()}],
        "justMyCode": True,
    }
    return json.dumps({"version": "0.2.0", "configurations": [configuration]}, indent=2)


def _import_debugpy() -> Any:
    try:
        import debugpy
    except ImportError:
        words = (
            f"A debugger cannot attach because debugpy is not installed in this environment. Install it with: {sys.executable} -m pip install debugpy"
        )
        raise ScriptFailure(Failure(failures.IMPORT_MISSING, words)) from None
    return debugpy
