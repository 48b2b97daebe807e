"""What the HTTP core needs from whatever answers requests."""

from __future__ import annotations

import asyncio
import sys
import traceback
from typing import TYPE_CHECKING, Optional, Set

from .http.message import JSON_HEADERS, Request, Respond, Response

if TYPE_CHECKING:
    from .http.lane import FastLane

INTERNAL_ERROR = b'{"error":{"code":"internal","message":"An unexpected internal error occurred. Check the logs for more info."}}'


class App:
    """An application, in the order in which its methods are called.

    `load` and `start_worker` run in the main thread before any event loop, so they may block, import and set signal handlers; meanwhile a thread answers
    `/health/live` with 200 and everything else with 503. They raise `StartFailure` for what cannot be served.
    """

    #: The name of the kind, as in `--kind`.
    kind = "app"

    #: Whether the application needs the main thread for itself: the event loop then runs in a second thread, and `run_main` in the main one.
    owns_main_thread = False

    #: With `owns_main_thread`: the connections that run_main may serve by itself; set before startup(), None where the system has no such thing.
    lane: Optional[FastLane] = None

    def load(self) -> None:
        """Once per instance, before worker processes are forked: what is shared between them."""

    def start_worker(self) -> None:
        """Once per worker process, after the fork: whatever has threads (sessions of torch and onnxruntime, `init()` of a script)."""

    def run_main(self) -> None:
        """With `owns_main_thread`: works on the main thread, from after start_worker() until stop_main()."""

    def stop_main(self) -> None:
        """With `owns_main_thread`: lets run_main return; called from the loop's thread after shutdown()."""

    def answer_now(self, request: Request) -> Response:
        """With `owns_main_thread`: answers one request from inside run_main, for the lane."""
        raise NotImplementedError

    async def startup(self) -> None:
        """In the event loop of the worker, right before the first request."""

    async def handle(self, request: Request) -> Response:
        """Answers one request. Whatever it raises is logged and answered with 500; its text never reaches the caller."""
        raise NotImplementedError

    def dispatch(self, request: Request, respond: Respond) -> None:
        """Begins to answer; `respond` is called once, now or later. Override it only where the cost of a task per request matters."""
        task = asyncio.get_running_loop().create_task(self._answer(request, respond))
        _running.add(task)
        task.add_done_callback(_running.discard)

    async def _answer(self, request: Request, respond: Respond) -> None:
        try:
            response = await self.handle(request)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            response = Response(500, INTERNAL_ERROR, JSON_HEADERS)
        respond(response)

    @property
    def live(self) -> bool:
        """False when only a restart helps: `/health/live` then answers 503."""
        return True

    @property
    def ready(self) -> bool:
        """False while requests should go elsewhere. Loading and draining are the core's own and need nothing here."""
        return True

    def metrics(self) -> str:
        """Lines in the text format of Prometheus that `/metrics` shows after the core's own; each ends with a line feed."""
        return ""

    async def shutdown(self) -> None:
        """After the last answer of a drain, before the process ends."""


#: Tasks under way; the event loop itself holds only weak references to them.
_running: Set[asyncio.Task] = set()
