"""Tries a model in the environment that it will have: loads it, scores one sample, and says in one JSON object how that went."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any, Dict, TextIO

from .app import App
from .failures import StartFailure
from .http.message import Headers, Request, Response
from .peak_memory import peak_memory_mib

#: Of an answer, so that one line stays readable; bytes.
_SHOWN_BYTES = 64 * 1024

_LOAD_PREFIX = "model does not load: "


def run_check(app: App, sample: bytes, content_type: str) -> int:
    """Prints the report as one line of JSON and returns the exit status; whatever the model writes goes to stderr."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as stdout:
        os.dup2(2, 1)
        return _print(check_model(app, sample, content_type), stdout)


def check_model(app: App, sample: bytes, content_type: str = "application/json") -> Dict[str, Any]:
    """Loads the model of an application and asks it once at `/score`.

    The report has `ok`, `load_seconds`, `score_ms`, `peak_memory_mib` and `response` (status, content_type, body, bytes); of a model that does not
    load only the memory and `failure`, in the form of a deployment's.
    """
    started = time.perf_counter()
    try:
        app.load()
        app.start_worker()
    except StartFailure as error:
        detail = str(error)
        failure = {"code": "deployment.model_not_loadable", "detail": detail[len(_LOAD_PREFIX) :] if detail.startswith(_LOAD_PREFIX) else detail}
        return {"ok": False, "peak_memory_mib": peak_memory_mib(), "failure": failure}
    report: Dict[str, Any] = {"load_seconds": round(time.perf_counter() - started, 3)}
    headers = Headers([(b"content-type", content_type.encode("latin-1"))])
    request = Request("POST", "/score", headers=headers, body=sample)
    response, seconds = asyncio.run(_score(app, request))
    report["score_ms"] = round(seconds * 1e3, 3)
    report["peak_memory_mib"] = peak_memory_mib()
    report["response"] = _present(response)
    report["ok"] = response.status < 400
    return report


async def _score(app: App, request: Request) -> tuple[Response, float]:
    await app.startup()
    answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
    started = time.perf_counter()
    app.dispatch(request, answered.set_result)
    response = await answered
    seconds = time.perf_counter() - started
    await app.shutdown()
    return response, seconds


def _present(response: Response) -> Dict[str, Any]:
    body = response.body if isinstance(response.body, bytes) else b""
    kind = next((value for name, value in response.headers if name.lower() == "content-type"), None)
    shown = body[:_SHOWN_BYTES].decode("utf-8", "replace")
    return {"status": response.status, "content_type": kind, "body": shown, "bytes": len(body)}


def _print(report: Dict[str, Any], stdout: TextIO) -> int:
    stdout.write(json.dumps(report) + "\n")
    stdout.flush()
    return 0 if report["ok"] else 1
