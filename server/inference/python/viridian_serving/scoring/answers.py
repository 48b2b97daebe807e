"""From what run() returned, or raised, to an HTTP answer."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, field
from typing import Any, Callable, List, Optional, Tuple

from .raw_response import AMLResponse
from .streams import content_type_for, encode_for, encode_piece

HeaderList = List[Tuple[str, str]]

RUN_FAILED = "x-ms-run-function-failed"
RUN_MILLISECONDS = "x-ms-run-fn-exec-ms"

SCRIPT_ERROR = "An unexpected error occurred in scoring script. Check the logs for more info."
INTERNAL_ERROR = "An unexpected internal error occurred. Check the logs for more info."


@dataclass
class Answer:
    """An HTTP answer: `body` is all of it, or the first piece of a stream whose items `pieces` yields, maybe asynchronously."""

    status: int
    headers: HeaderList = field(default_factory=list)
    body: bytes = b""
    pieces: Optional[Any] = None
    encode: Callable[[Any], bytes] = encode_piece


class NotSerialisable(Exception):
    """run() returned what JSON cannot hold; the text says what and where in the value."""


def json_answer(value: Any, status: int = 200, run_failed: bool = False) -> Answer:
    """A JSON answer in the original's form. Raises TypeError or ValueError where json.dumps does."""
    headers = [("Content-Type", "application/json"), (RUN_FAILED, str(run_failed))]
    return Answer(status, headers, json.dumps(value).encode("utf-8"))


def error_answer(status: int, message: str, run_failed: bool = False) -> Answer:
    """The original's error body."""
    return json_answer({"message": message}, status, run_failed)


def answer_of(result: Any, elapsed_ms: float, accept: str = "") -> Answer:
    """The answer for what run() returned after `elapsed_ms`. `accept` decides how a generator's items are sent.

    Raises NotSerialisable.
    """
    if is_response(result):
        answer = _from_response(result)
    elif is_stream(result):
        answer = _from_generator(result, accept)
    else:
        answer = _from_value(result)
    # Always three decimals: a client would not expect 1.2e-2.
    answer.headers.append((RUN_MILLISECONDS, f"{elapsed_ms:.3f}"))
    return answer


def is_stream(result: Any) -> bool:
    """Whether run() returned a generator, of either kind."""
    return inspect.isgenerator(result) or inspect.isasyncgen(result)


def is_response(result: Any) -> bool:
    """AMLResponse of either origin, or Flask's Response."""
    return isinstance(result, AMLResponse) or (hasattr(result, "iter_encoded") and hasattr(result, "status_code") and hasattr(result, "headers"))


def _from_value(result: Any) -> Answer:
    try:
        return json_answer({} if result is None else result)
    except (TypeError, ValueError, RecursionError) as error:
        raise NotSerialisable(_explain_unserialisable(result, error)) from error


def _from_response(response: Any) -> Answer:
    headers = [(str(name), str(value)) for name, value in response.headers.items()]
    if response.status_code >= 500:
        headers = [(name, value) for name, value in headers if name.lower() != RUN_FAILED]
        headers.append((RUN_FAILED, "True"))
    if response.is_streamed:
        return Answer(response.status_code, headers, pieces=iter(response.iter_encoded()))
    headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
    return Answer(response.status_code, headers, bytes(response.get_data()))


def _from_generator(result: Any, accept: str) -> Answer:
    kind = "text/event-stream; charset=utf-8" if "text/event-stream" in accept else ""
    headers = [("Content-Type", kind)] if kind else []
    return Answer(200, [*headers, (RUN_FAILED, "False")], pieces=result, encode=encode_for(kind))


def begin_stream(answer: Answer, first: Any) -> None:
    """Puts the first item of a stream into its answer, which knows its type from now on."""
    if not any(name.lower() == "content-type" for name, _ in answer.headers):
        answer.headers.append(("Content-Type", content_type_for(first)))
    answer.body = answer.encode(first)


def end_empty_stream(answer: Answer) -> None:
    """Makes a whole, empty answer of a stream that yielded nothing."""
    if not any(name.lower() == "content-type" for name, _ in answer.headers):
        answer.headers.append(("Content-Type", content_type_for("")))
    answer.pieces = None


def has_not_a_number(body: bytes) -> bool:
    """Whether the JSON may hold NaN or Infinity, which many parsers refuse. Text with these words is taken for it, too."""
    return b"NaN" in body or b"Infinity" in body


def _explain_unserialisable(value: Any, error: Exception) -> str:
    found = _find_unserialisable(value, "result", 0)
    if found is None:
        return f"run() returned a value that JSON cannot hold: {error}"
    path, culprit = found
    return f"run() returned a {_type_name(culprit)} in {path}, which JSON cannot hold. {_advice(culprit)}"


def _find_unserialisable(value: Any, path: str, depth: int) -> Optional[Tuple[str, Any]]:
    if value is None or isinstance(value, (str, int, float)) or depth > 100:
        return None
    if isinstance(value, dict):
        for key, item in value.items():
            if not (key is None or isinstance(key, (str, int, float))):
                return f"a key of {path}", key
            found = _find_unserialisable(item, f"{path}[{key!r}]", depth + 1)
            if found:
                return found
        return None
    if isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            found = _find_unserialisable(item, f"{path}[{index}]", depth + 1)
            if found:
                return found
        return None
    return path, value


def _type_name(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _advice(value: Any) -> str:
    module = type(value).__module__.split(".")[0]
    if module == "pandas":
        return "Return value.to_dict(orient='records') of a frame, value.tolist() of a series, str(value) of a time."
    if hasattr(value, "tolist"):
        return "Return value.tolist() instead."
    if hasattr(value, "item"):
        return "Return value.item() instead."
    if isinstance(value, (bytes, bytearray)):
        return "Return text, or bytes in an AMLResponse."
    if isinstance(value, (set, frozenset)):
        return "Return list(value) instead."
    return "Turn it into numbers, text, lists and dicts first."
