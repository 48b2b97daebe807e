"""The routes of a scoring server and what every answer of it carries: ids, version, CORS, access line."""

from __future__ import annotations

import logging
import time
from typing import Callable, Optional
from urllib.parse import parse_qs

from .answers import Answer, error_answer
from .cors import cors_headers
from .inputs import Call
from .request_ids import RequestIds, read_ids
from .settings import ScoringSettings
from .swagger import Swagger

logger = logging.getLogger("azmlinfsrv")

#: Flask's own words, which the original passes on.
_NOT_FOUND = "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."
_NOT_ALLOWED = "The method is not allowed for the requested URL."
_DEPRECATED = "x-ms-request-id header has been deprecated and will be removed from future versions of the server. Please use x-ms-client-request-id."
_HTML = ("Content-Type", "text/html; charset=utf-8")

_METHODS = {
    "/": ("GET", "HEAD", "OPTIONS"),
    "/score": ("GET", "HEAD", "OPTIONS", "POST"),
    "/swagger.json": ("GET", "HEAD", "OPTIONS"),
}


class Visit:
    """One request on its way: what was read from it at the start, for the end."""

    __slots__ = ("call", "ids", "started")

    def __init__(self, call: Call, ids: RequestIds, started: float) -> None:
        self.call = call
        self.ids = ids
        self.started = started


class ScoringService:
    """Decides what a request is for. Scoring itself is done by whoever calls: `open` says that it is wanted, `close` ends it."""

    def __init__(self, settings: ScoringSettings, swagger: Swagger) -> None:
        self._settings = settings
        self._swagger = swagger
        self._direct: dict[str, Callable[[Call], Answer]] = {"/": _health, "/swagger.json": self._describe}

    def open(self, call: Call) -> tuple[Optional[Visit], Optional[Answer]]:
        """Reads a request. With an answer it is done; without one the visit has to be scored and closed."""
        methods = _METHODS.get(call.path)
        if methods is None:
            return None, error_answer(404, _NOT_FOUND)
        if call.method not in methods:
            return None, error_answer(405, _NOT_ALLOWED)
        visit = Visit(call, read_ids(call), time.perf_counter())
        if visit.ids.deprecated:
            logger.warning(_DEPRECATED)
        if visit.ids.error:
            return visit, self._sign(visit, error_answer(431, visit.ids.error))
        direct = self._direct.get(call.path)
        if direct is None:
            return visit, None
        if call.method == "OPTIONS":
            return visit, self._sign(visit, _options(methods))
        answer = direct(call)
        return visit, self._sign(visit, answer) if call.path == "/" else self.close(visit, answer)

    def close(self, visit: Visit, answer: Answer) -> Answer:
        """Completes the answer of a call of the API and writes its access line."""
        self._sign(visit, answer)
        call = visit.call
        elapsed = (time.perf_counter() - visit.started) * 1e3
        size = "N/A" if answer.pieces is not None else len(answer.body)
        query = f"?{call.query.decode('latin-1')}" if call.query else ""
        logger.info("%s %s%s %d %.3fms %s", call.method, call.path, query, answer.status, elapsed, size)
        return answer

    def _sign(self, visit: Visit, answer: Answer) -> Answer:
        """Adds ids, version and CORS; ids replace what the script set."""
        fields = visit.ids.headers()
        ours = {name.lower() for name, _ in fields}
        headers = [field for field in answer.headers if field[0].lower() not in ours]
        headers += cors_headers(visit.call, self._settings.cors_origins)
        if self._settings.server_version:
            headers.append(("x-ms-server-version", self._settings.server_version))
        answer.headers = headers + fields
        return answer

    def _describe(self, call: Call) -> Answer:
        asked = parse_qs(call.query.decode("latin-1"), keep_blank_values=True).get("version")
        return self._swagger.answer(asked[0] if asked else "2")


def _health(call: Call) -> Answer:
    return Answer(200, [_HTML], b"Healthy")


def _options(methods: tuple[str, ...]) -> Answer:
    return Answer(200, [_HTML, ("Allow", ", ".join(methods))])
