"""What is wrong with a request, in words for its sender."""

from __future__ import annotations

import json
from typing import Any

_LONGEST = 120


class InputError(Exception):
    """The request cannot be answered as it is. The message names the input, what was expected and what came."""


def clip(text: str) -> str:
    """A text that cannot flood an answer."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def show_value(value: Any) -> str:
    """A JSON value as its sender wrote it, with its kind."""
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return f"text {clip(json.dumps(value, ensure_ascii=False))}"
    return clip(json.dumps(value))
