"""Tries a script in the environment that it will have: loads it, scores one sample, and says in one JSON object how that went."""

from __future__ import annotations

import asyncio
import json
import sys
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
from .user_script import UserScript, is_schema_decorated

#: Of an answer, so that one line stays readable; bytes.
_SHOWN_BYTES = 64 * 1024


def check_script(settings: ScoringSettings, sample: bytes, content_type: str = "application/json") -> dict[str, Any]:
    """Loads the script and scores the sample once; an empty one stands for that of the script's @input_schema, and without it nothing is scored.

    The report has `ok`, `load_seconds`, `peak_memory_mib`, and of what was scored `score_ms` and `response` (status, content_type, body); when
    something failed also `failure`, in the form of a deployment's, and then only what there was to tell before it.
    """
    started = time.perf_counter()
    try:
        start_logging(settings)
        loaded = load(settings)
    except ScriptFailure as error:
        return {"ok": False, "peak_memory_mib": peak_memory_mib(), "failure": error.failure.as_dict()}
    report: dict[str, Any] = {"ok": True, "load_seconds": round(time.perf_counter() - started, 3)}
    body = sample or _own_sample(loaded.script)
    if body:
        _score_sample(settings, loaded, body, content_type, report)
    report["peak_memory_mib"] = peak_memory_mib()
    return report


def _own_sample(script: UserScript) -> bytes:
    """A request made of the values that the script describes its parameters with; none where it describes none."""
    if not is_schema_decorated(script.run):
        return b""
    schema = sys.modules["inference_schema.schema_util"].get_input_schema(script.run)
    return json.dumps(schema["example"]).encode() if "example" in schema else b""


def _score_sample(settings: ScoringSettings, loaded: LoadedScript, sample: bytes, content_type: str, report: dict[str, Any]) -> None:
    """Writes into the report how that went."""
    told: list[Failure] = []
    scorer = Scorer(settings, loaded.script, loaded.mismatches, on_failure=told.append)
    call = Call("POST", "/score", b"", [("Host", "localhost"), ("Content-Type", content_type)], sample)
    started = time.perf_counter()
    answer, body = _score(scorer, call, loaded)
    report["score_ms"] = round((time.perf_counter() - started) * 1e3, 3)
    report["response"] = _present(answer, body)
    report["ok"] = answer.status < 400 and not told
    if told:
        report["failure"] = told[0].as_dict()


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
