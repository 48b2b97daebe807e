"""CORS as the original does it with flask-cors: GET and POST, for the origins of AML_CORS_ORIGINS."""

from __future__ import annotations

import re
from typing import Sequence

from .inputs import Call

_METHODS = ("GET", "POST")
_PATTERN_SIGNS = re.compile(r"[*\\\]?$^\[()]")


def cors_headers(call: Call, origins: Sequence[str]) -> list[tuple[str, str]]:
    """The fields to add to an answer; none when CORS is off or the origin is not allowed. Origins may be regular expressions."""
    if not origins:
        return []
    allowed = _allowed_origin(call.header("origin"), origins)
    if allowed is None:
        return []
    fields = [("Access-Control-Allow-Origin", allowed)]
    if call.method == "OPTIONS":
        fields += _preflight(call)
    if allowed != "*" and (len(origins) > 1 or _is_pattern(origins[0])):
        fields.append(("Vary", "Origin"))
    return fields


def _allowed_origin(origin: str | None, origins: Sequence[str]) -> str | None:
    if origin:
        return origin if any(_matches(item, origin) for item in origins) else None
    if "*" in origins:
        return "*"
    # Without an Origin the first one is told, so that caches do not keep an answer without CORS.
    return min((item for item in origins if not _is_pattern(item)), default=None)


def _is_pattern(item: str) -> bool:
    return _PATTERN_SIGNS.search(item) is not None


def _matches(item: str, origin: str) -> bool:
    if item == "*":
        return True
    if _is_pattern(item):
        return re.match(item, origin, re.IGNORECASE) is not None
    return item.casefold() == origin.casefold()


def _preflight(call: Call) -> list[tuple[str, str]]:
    if (call.header("access-control-request-method") or "").upper() not in _METHODS:
        return []
    asked = call.header("access-control-request-headers")
    headers = ", ".join(sorted(name.strip() for name in asked.split(","))) if asked else ""
    allowed = [("Access-Control-Allow-Headers", headers)] if headers else []
    return [*allowed, ("Access-Control-Allow-Methods", ", ".join(_METHODS))]
