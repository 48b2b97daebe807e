"""Tries a script in the environment that it will have: loads it, scores one sample, and says in one JSON object how that went."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, TextIO

from ..peak_memory import peak_memory_mib
from .answers import Answer
from .boot import LoadedScript, load, start_logging
from .check_source import check_file
from .failures import EXIT_SCRIPT_FAILED, Failure, ScriptFailure
from .inputs import Call
from .scorer import Scorer
from .settings import ScoringSettings

#: Of an answer, so that one line stays readable; bytes.
_SHOWN_BYTES = 64 * 1024


def check_script(settings: ScoringSettings, sample: bytes, content_type: str = "application/json") -> dict[str, Any]:
    """Loads the script and scores the sample once.

    The report has `ok`, `load_seconds`, `score_ms`, `peak_memory_mib` and `response` (status, content_type, body); when something failed
    also `failure`, in the form of a deployment's, and then only what there was to tell before it.
    """
    started = time.perf_counter()
    try:
        start_logging(settings)
        loaded = load(settings)
    except ScriptFailure as error:
        return {"ok": False, "peak_memory_mib": peak_memory_mib(), "failure": error.failure.as_dict()}
    report: dict[str, Any] = {"ok": True, "load_seconds": round(time.perf_counter() - started, 3)}
    told: list[Failure] = []
    scorer = Scorer(settings, loaded.script, loaded.mismatches, on_failure=told.append)
    call = Call("POST", "/score", b"", [("Host", "localhost"), ("Content-Type", content_type)], sample)
    started = time.perf_counter()
    answer, body = _score(scorer, call, loaded)
    report["score_ms"] = round((time.perf_counter() - started) * 1e3, 3)
    report["peak_memory_mib"] = peak_memory_mib()
    report["response"] = _present(answer, body)
    report["ok"] = answer.status < 400 and not told
    if told:
        report["failure"] = told[0].as_dict()
    return report


def _score(scorer: Scorer, call: Call, loaded: LoadedScript) -> tuple[Answer, bytes]:
    """The answer and its whole body, also of a stream."""
    if not loaded.script.is_async:
        answer = scorer.score(call)
        body = answer.body
        while answer.pieces is not None:
            piece = scorer.next_piece(answer)
            if not isinstance(piece, bytes):
                break
            body += piece
        return answer, body
    loop = loaded.loop or asyncio.new_event_loop()
    return loop.run_until_complete(_score_async(scorer, call))


async def _score_async(scorer: Scorer, call: Call) -> tuple[Answer, bytes]:
    answer = await scorer.score_async(call)
    body = answer.body
    while answer.pieces is not None:
        piece = await scorer.next_piece_async(answer)
        if not isinstance(piece, bytes):
            break
        body += piece
    return answer, body


def _present(answer: Answer, body: bytes) -> dict[str, Any]:
    kind = next((value for name, value in answer.headers if name.lower() == "content-type"), None)
    shown = body[:_SHOWN_BYTES].decode("utf-8", "replace")
    return {"status": answer.status, "content_type": kind, "body": shown, "bytes": len(body)}


def check_syntax(path: str) -> dict[str, Any]:
    """Compiles a script, without running it: `ok`, and `failure` with file, line and column."""
    failure = check_file(path)
    return {"ok": True} if failure is None else {"ok": False, "failure": failure.as_dict()}


def print_report(report: dict[str, Any], stream: TextIO) -> int:
    """Prints a report as one line; returns the exit status: 0 when all is well, else 3 as a server that does not start."""
    stream.write(json.dumps(report) + "\n")
    stream.flush()
    return 0 if report["ok"] else EXIT_SCRIPT_FAILED
