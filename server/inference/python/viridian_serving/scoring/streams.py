"""Streaming answers: what a generator yields, as pieces of an HTTP body."""

from __future__ import annotations

import json
from typing import Any, Callable

_TEXT = "text/plain; charset=utf-8"
_LINES = "application/x-ndjson"
_BYTES = "application/octet-stream"


def content_type_for(item: Any) -> str:
    """The type of a stream that begins with `item`, when neither the script nor the caller chose one."""
    if isinstance(item, (bytes, bytearray)):
        return _BYTES
    return _TEXT if isinstance(item, str) else _LINES


def encode_for(content_type: str) -> Callable[[Any], bytes]:
    """How the items of a stream of that type are written."""
    return encode_event if content_type.startswith("text/event-stream") else encode_piece


def encode_piece(item: Any) -> bytes:
    """Bytes and text as they are, anything else as a line of JSON. Raises TypeError for what JSON cannot hold."""
    if isinstance(item, (bytes, bytearray)):
        return bytes(item)
    if isinstance(item, str):
        return item.encode("utf-8")
    return json.dumps(item).encode("utf-8") + b"\n"


def encode_event(item: Any) -> bytes:
    """A server-sent event: text line by line, anything else as JSON. Bytes, and text that is an event already, pass as they are."""
    if isinstance(item, (bytes, bytearray)):
        return bytes(item)
    if isinstance(item, str) and item.startswith(("data:", "event:", "id:", "retry:", ":")):
        return item.encode("utf-8") if item.endswith("\n\n") else item.encode("utf-8") + b"\n\n"
    text = item if isinstance(item, str) else json.dumps(item)
    return "".join(f"data: {line}\n" for line in text.split("\n")).encode("utf-8") + b"\n"
