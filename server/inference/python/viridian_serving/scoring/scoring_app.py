"""The scoring server as an application of the HTTP core."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, AsyncIterator, Mapping, Optional
from urllib.parse import unquote

from .. import __version__
from ..app import App
from ..failures import StartFailure
from ..http.message import Request, Respond, Response
from .answers import Answer
from .banner import banner
from .boot import LoadedScript, Prepared, announce_ready, load, prepare, settings_failure, start_logging
from .failures import EXIT_SCRIPT_FAILED, Failure, ScriptFailure, describe_for_people, machine_line
from .inputs import Call
from .runner import Runner
from .service import Visit
from .settings import SettingsError, read_settings


class ScoringApp(App):
    """Serves one script. The script has the main thread; requests come in on the thread of the event loop."""

    kind = "scoring"
    owns_main_thread = True

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Reads the settings; raises StartFailure when they cannot be used."""
        try:
            self._settings = read_settings(environ, f"viridian-serving/{__version__}")
        except SettingsError as error:
            raise start_failure(settings_failure(error)) from None
        self._environ = environ
        self._requests = 0
        self._loaded: Optional[LoadedScript] = None
        self._prepared: Optional[Prepared] = None

    def load(self) -> None:
        """Prints the banner; with WORKER_PRELOAD also loads the script, once for all workers. Raises StartFailure."""
        print(banner(self._settings, self._environ, __version__), flush=True)
        if self._settings.worker_preload:
            self._load_script()

    def start_worker(self) -> None:
        """Loads the script, unless that was done before the fork. Raises StartFailure."""
        if self._loaded is None:
            self._load_script()

    def _load_script(self) -> None:
        try:
            start_logging(self._settings)
            self._loaded = load(self._settings)
            self._prepared = prepare(self._settings, self._loaded)
        except ScriptFailure as error:
            raise start_failure(error.failure) from None

    async def startup(self) -> None:
        """Lets results find the event loop."""
        self._runner.attach(asyncio.get_running_loop(), self.lane)
        announce_ready()

    def run_main(self) -> None:
        """Runs the script for requests; on the main thread, until stop_main()."""
        # The HTTP thread would wait 5 ms for a script that computes in Python; 1 ms costs the script nothing to speak of.
        sys.setswitchinterval(0.001)
        self._runner.run_forever()

    def stop_main(self) -> None:
        """Lets run_main return once what is under way is done; from any thread."""
        self._runner.stop()

    def dispatch(self, request: Request, respond: Respond) -> None:
        """Answers at once what needs no script; the rest when the main thread has scored it."""
        prepared = self._serving()
        call = to_call(request)
        visit, answer = prepared.service.open(call)
        if answer is not None or visit is None:
            respond(self._to_response(answer))
            return
        self._requests += 1
        prepared.runner.submit(call, _Reply(self, visit, respond))

    def answer_now(self, request: Request) -> Response:
        """Answers a request on the main thread, which has read it by itself."""
        prepared = self._serving()
        call = to_call(request)
        visit, answer = prepared.service.open(call)
        if answer is None and visit is not None:
            answer = prepared.service.close(visit, prepared.scorer.score(call))
        return self._to_response(answer)

    def metrics(self) -> str:
        """Counts of this worker."""
        direct = 0 if self.lane is None else self.lane.answered
        return _counter("viridian_scoring_requests_total", "Requests handed to the script.", self._requests + direct) + _counter(
            "viridian_scoring_direct_requests_total", "Requests that the script's thread served without the event loop.", direct
        )

    @property
    def _runner(self) -> Runner:
        return self._serving().runner

    def _serving(self) -> Prepared:
        if self._prepared is None:
            raise RuntimeError("The script has not been loaded.")
        return self._prepared

    def finish(self, visit: Visit, answer: Answer, respond: Respond) -> None:
        """Sends what the script answered; on the loop."""
        respond(self._to_response(self._serving().service.close(visit, answer)))

    def _to_response(self, answer: Any) -> Response:
        if answer.pieces is None:
            return Response(answer.status, answer.body, answer.headers)
        return Response(answer.status, _stream(answer, self._runner), answer.headers)


class _Reply:
    """What happens with a request's answer; a class, because a closure per request costs more."""

    __slots__ = ("_app", "_visit", "_respond")

    def __init__(self, app: ScoringApp, visit: Visit, respond: Respond) -> None:
        self._app = app
        self._visit = visit
        self._respond = respond

    def __call__(self, answer: Answer) -> None:
        self._app.finish(self._visit, answer, self._respond)


def _counter(name: str, meaning: str, value: int) -> str:
    return f"# HELP {name} {meaning}\n# TYPE {name} counter\n{name} {value}\n"


def to_call(request: Request) -> Call:
    """A request of the HTTP core as the scoring server sees it."""
    return Call(
        request.method,
        unquote(request.path),
        request.query_string.encode("latin-1"),
        list(request.headers.items()),
        bytes(request.body),
        request.peer,
        lambda: request.aborted,
    )


async def _stream(answer: Answer, runner: Runner) -> AsyncIterator[bytes]:
    """The body of a stream: the script makes a piece when the client has room for it."""
    loop = asyncio.get_running_loop()
    try:
        yield answer.body
        while True:
            piece: asyncio.Future[Any] = loop.create_future()
            runner.next_piece(answer, _settle(piece))
            result = await piece
            if result is None:
                return
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        runner.abandon(answer)


def _settle(future: asyncio.Future[Any]) -> Any:
    def settle(result: Any) -> None:
        if not future.done():
            future.set_result(result)

    return settle


def start_failure(failure: Failure) -> StartFailure:
    """Prints the failure for people; what is raised ends as the last line on stderr, for the control plane."""
    sys.stderr.write(describe_for_people(failure))
    sys.stderr.flush()
    return StartFailure(machine_line(failure), EXIT_SCRIPT_FAILED)
