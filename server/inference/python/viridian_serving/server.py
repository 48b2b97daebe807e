"""The life of the process: listen, load, fork workers, serve, drain."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
import traceback
from typing import Awaitable, Callable, List, Optional, Tuple

from .app import App
from .failures import StartFailure
from .http.acceptor import SharedAcceptor
from .http.server import HttpServer
from .loading_probe import LoadingProbe
from .settings import ServerSettings
from .workers import WorkerLink, WorkerPool

_EXIT_DRAIN_TIMEOUT = 1
_BACKLOG = 2048


def serve(app: App, settings: ServerSettings) -> int:
    """Serves until SIGTERM or SIGINT and returns the exit status. Raises StartFailure for what cannot be served."""
    # The first process of a container has no default reaction to signals.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, frame: os._exit(128 + received))
    listener = _bind(settings.host, settings.port)
    with _Probing(listener):
        app.load()
        if settings.workers == 1:
            app.start_worker()
        _freeze()
    if settings.workers == 1:
        return _serve_one(app, settings, listener)
    return WorkerPool(settings.workers, listener, lambda link: _serve_worker(app, settings, listener, link)).run()


def _freeze() -> None:
    """Keeps the collector away from everything made so far: to walk it (sklearn alone imports 300,000 objects) pauses requests for 40 ms each time,
    and undoes the sharing of pages with forked workers.
    """
    gc.collect()
    gc.freeze()


class _Probing:
    """Lets a thread answer probes while the body of the `with` blocks."""

    def __init__(self, listener: socket.socket) -> None:
        self._probe = LoadingProbe(listener)

    def __enter__(self) -> None:
        self._probe.start()

    def __exit__(self, *exception: object) -> None:
        self._probe.stop()


def _bind(host: str, port: int) -> socket.socket:
    """A listening TCP socket."""
    try:
        info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(info[0], info[1], info[2])
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(info[4])
        listener.listen(_BACKLOG)
        listener.set_inheritable(False)
        return listener
    except OSError as error:
        raise StartFailure(f"cannot listen on {host}:{port}: {error.strerror or error}", 1) from error


def _serve_worker(app: App, settings: ServerSettings, listener: socket.socket, link: WorkerLink) -> int:
    """Serves in a forked process, once the parent lets it."""
    app.start_worker()
    _freeze()
    link.wait_for_start()
    return _serve_one(app, settings, listener, link)


def _serve_one(app: App, settings: ServerSettings, listener: socket.socket, link: Optional[WorkerLink] = None) -> int:
    """Serves in this process; `link` leads to the process that forked it."""
    worker = _Worker(app, settings, listener, link)
    return _serve_beside(app, settings, worker) if app.owns_main_thread else _run_loop(settings, worker.run())


def _serve_beside(app: App, settings: ServerSettings, worker: _Worker) -> int:
    """Serves from a second thread while the application has the main thread, where alone a signal can interrupt its code."""
    results: List[int] = []

    def serve_beside() -> None:
        try:
            results.append(_run_loop(settings, worker.run()))
        except BaseException:
            traceback.print_exc(file=sys.stderr)
        finally:
            if not results or results[0] == _EXIT_DRAIN_TIMEOUT:
                # The main thread may never come back from what it does.
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(_EXIT_DRAIN_TIMEOUT)
            app.stop_main()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    # Written by the C handler at once, even while the main thread is in compiled code.
    signal.set_wakeup_fd(worker.wake_up_socket().fileno(), warn_on_full_buffer=False)
    thread = threading.Thread(target=serve_beside, name="http")
    thread.start()
    app.run_main()
    thread.join()
    return results[0]


def _run_loop(settings: ServerSettings, main) -> int:
    factory = _loop_factory(settings.event_loop)
    loop = factory()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _loop_factory(choice: str):
    if choice == "asyncio":
        return asyncio.new_event_loop
    try:
        import uvloop
    except ImportError as error:
        if choice == "uvloop":
            raise StartFailure(f"uvloop was asked for and cannot be imported: {error}", 78) from error
        return asyncio.new_event_loop
    return uvloop.new_event_loop


class _Worker:
    """One process that accepts connections."""

    def __init__(self, app: App, settings: ServerSettings, listener: socket.socket, link: Optional[WorkerLink]) -> None:
        self._app = app
        self._link = link
        self._settings = settings
        self._listener = listener
        self._stop: Optional[asyncio.Event] = None
        self._signals: Optional[Tuple[socket.socket, socket.socket]] = None

    def wake_up_socket(self) -> socket.socket:
        """Where numbers of signals are to be written when the loop is not in the main thread; before run()."""
        self._signals = socket.socketpair()
        for end in self._signals:
            end.setblocking(False)
        return self._signals[1]

    def _parent_ended(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._link)
        self._stop.set()

    def _read_signals(self) -> None:
        numbers = self._signals[0].recv(4096)
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            self._stop.set()

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        if self._signals is None:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._stop.set)
        else:
            loop.add_reader(self._signals[0], self._read_signals)
        if self._link is not None:
            # A parent that was killed cannot tell its workers to end; its end of the link is closed all the same.
            loop.add_reader(self._link, self._parent_ended, loop)
        http = HttpServer(self._app, self._settings, loop)
        self._app.lane = http.lane
        await self._app.startup()
        self._listener.setblocking(False)
        host, port = self._listener.getsockname()[:2]
        stop_accepting = await self._accept(loop, http)
        expiring = loop.create_task(http.expire_silent_connections())
        # Not by print(), which a scoring script's log may have taken over.
        sys.stdout.write(f"listening on http://{f'[{host}]' if ':' in host else host}:{port}\n")
        sys.stdout.flush()
        await self._stop.wait()
        await stop_accepting()
        drained = await http.drain()
        expiring.cancel()
        await self._app.shutdown()
        if not drained:
            print(f"requests were still under way after {self._settings.drain_timeout:g} s", file=sys.stderr)
        return 0 if drained else _EXIT_DRAIN_TIMEOUT

    async def _accept(self, loop: asyncio.AbstractEventLoop, http: HttpServer) -> Callable[[], Awaitable[None]]:
        """Begins to accept connections, and returns what ends that."""
        if self._link is not None:
            return SharedAcceptor(http, self._listener, self._link.shares, self._link.index).close
        acceptor = await loop.create_server(http.connect, sock=self._listener, backlog=_BACKLOG)

        async def close() -> None:
            acceptor.close()

        return close
