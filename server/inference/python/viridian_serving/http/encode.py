"""Heads of answers."""

from __future__ import annotations

import json
import re
import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Tuple

from .message import JSON_HEADERS, HeaderPairs, Response

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
#: Fields by which the core frames a message; an application that sets them would contradict it.
_FRAMING = frozenset(("content-length", "transfer-encoding", "connection", "date", "keep-alive"))

_NO_BODY = frozenset((204, 304))

_date_until = 0.0
_date_line = b""


def date_line() -> bytes:
    """The Date field, formatted once per second."""
    global _date_until, _date_line
    now = time.time()
    if now >= _date_until:
        _date_line = b"Date: " + formatdate(now, usegmt=True).encode("ascii") + b"\r\n"
        _date_until = now - now % 1 + 1
    return _date_line


def encode_head(status: int, headers: HeaderPairs) -> bytes:
    """Status line and the application's fields, without the empty line. Constant headers (tuples) are encoded once."""
    return _encode_constant(status, headers) if isinstance(headers, tuple) else _encode(status, headers)


def encode_answer(response: Response, closing: bytes, has_body: bool = True) -> bytes:
    """A whole answer that is no stream; `closing` is the last field and the empty line. To HEAD goes the same without the body."""
    parts = [encode_head(response.status, response.headers), date_line()]
    body: bytes = b"" if response.status in _NO_BODY else response.body  # type: ignore[assignment]
    if response.status not in _NO_BODY:
        parts.append(b"Content-Length: %d\r\n" % len(body))
    parts.append(closing)
    if has_body:
        parts.append(body)
    return b"".join(parts)


def error_response(status: int, code: str, message: str, extra: Tuple[Tuple[str, str], ...] = ()) -> Response:
    """A refusal by the server itself; it says what is wrong and nothing of the inside."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Response(status, body, (*JSON_HEADERS, *extra))


@lru_cache(maxsize=256)
def _encode_constant(status: int, headers: Tuple[Tuple[str, str], ...]) -> bytes:
    return _encode(status, headers)


def _encode(status: int, headers: HeaderPairs) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}\r\n"]
    for name, value in headers:
        if name.lower() in _FRAMING:
            continue
        # A line feed in a value would begin a field (or an answer) of somebody else's making.
        lines.append(f"{_UNSAFE.sub('', name)}: {_UNSAFE.sub(' ', value)}\r\n")
    return "".join(lines).encode("latin-1", "replace")
