"""The connections of one worker, and the routes that are the same whatever is served: probes and metrics."""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from typing import Any, Callable, Dict, Optional, Set

from ..app import INTERNAL_ERROR, App
from ..settings import ServerSettings
from .connection import Connection
from .lane import FastLane
from .message import JSON_HEADERS, HeaderPairs, Request, Respond, Response

_METRICS_HEADERS: HeaderPairs = (("content-type", "text/plain; version=0.0.4; charset=utf-8"),)


class HttpServer:
    """Everything of a worker that its connections share."""

    def __init__(self, app: App, settings: ServerSettings, loop: asyncio.AbstractEventLoop) -> None:
        self.app = app
        self.settings = settings
        self.loop = loop
        self.connections: Set[Connection] = set()
        self.draining = False
        self._idle: Optional[asyncio.Event] = None
        self._refusals: Dict[int, int] = {}
        #: Connections that the application's own thread serves by itself, at times.
        self.lane = FastLane(self) if app.owns_main_thread and FastLane.is_possible else None
        #: Hears how many connections there are whenever that changes.
        self.on_count: Callable[[int], Any] = _ignore
        self._own = {"/health/live": self._live, "/health/ready": self._ready, "/metrics": self._metrics}

    def connect(self) -> Connection:
        return Connection(self)

    def dispatch(self, request: Request, respond: Respond) -> None:
        """Answers probes and metrics, and hands everything else to the application."""
        own = self._own.get(request.path)
        if own is not None:
            respond(own(request))
            return
        try:
            self.app.dispatch(request, respond)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            respond(Response(500, INTERNAL_ERROR, JSON_HEADERS))

    def answers_itself(self, path: str) -> bool:
        """Whether a path is a probe's or the metrics', which are no business of the application."""
        return path in self._own

    @property
    def is_lending(self) -> bool:
        """Whether connections at rest go to the lane."""
        return self.lane is not None and self.lane.is_open

    def remember(self, connection: Connection) -> None:
        self.connections.add(connection)
        self.on_count(len(self.connections))

    def forget(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self.on_count(len(self.connections))
        if self._idle is not None and not self.connections:
            self._idle.set()

    def count_refusal(self, status: int) -> None:
        self._refusals[status] = self._refusals.get(status, 0) + 1

    async def expire_silent_connections(self) -> None:
        """Runs as long as the worker: one timer for all connections, since one per request would cost more than most requests."""
        settings = self.settings
        pause = max(0.05, min(1.0, settings.receive_timeout / 4, settings.keep_alive / 4))
        while True:
            await asyncio.sleep(pause)
            now = self.loop.time()
            for connection in list(self.connections):
                connection.expire(now, settings.keep_alive, settings.receive_timeout)

    async def drain(self) -> bool:
        """Answers what is under way, and closes. False when that took longer than the drain time-out."""
        self.draining = True
        self._idle = asyncio.Event()
        if self.lane is not None:
            self.lane.close()
        for connection in list(self.connections):
            connection.close_when_idle()
        if not self.connections:
            return True
        try:
            await asyncio.wait_for(self._idle.wait(), self.settings.drain_timeout)
        except asyncio.TimeoutError:
            return False
        return True

    def _live(self, request: Request) -> Response:
        return _state("live", 200) if self.app.live else _state("failed", 503)

    def _ready(self, request: Request) -> Response:
        if self.draining:
            return _state("draining", 503)
        return _state("ready", 200) if self.app.ready else _state("not ready", 503)

    def _metrics(self, request: Request) -> Response:
        lines = ["# TYPE viridian_serving_connections gauge", f"viridian_serving_connections {len(self.connections)}"]
        lines.append("# TYPE viridian_serving_refused_requests_total counter")
        for status, count in sorted(self._refusals.items()):
            lines.append(f'viridian_serving_refused_requests_total{{status="{status}"}} {count}')
        return Response(200, ("\n".join(lines) + "\n" + self.app.metrics()).encode(), _METRICS_HEADERS)


def _ignore(_count: int) -> None:
    pass


def _state(word: str, status: int) -> Response:
    return Response(status, json.dumps({"status": word}).encode(), JSON_HEADERS)
