"""Connections that the main thread serves by itself while its answers take next to no time.

An application that owns the main thread gets its requests from the event loop's thread, and each of them changes threads twice: eight context switches, which
cost as much as many a script. So while computing is short, the loop lends connections: it stops reading them, and the main thread reads, computes and writes.
Everything else stays with the loop, which takes all connections back as soon as one answer takes long, so that probes, metrics and a drain never wait for it.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from ..app import INTERNAL_ERROR
from .encode import encode_answer
from .head import Fault, Head, parse_head
from .message import JSON_HEADERS, Request, Response

if TYPE_CHECKING:
    from .connection import Connection
    from .server import HttpServer

#: The lane opens after so many answers in a row that took less than this, and closes when their moving average takes more.
SHORT_ANSWERS = 32
SHORT_SECONDS = 0.002
#: One answer that takes longer than this closes the lane while it is under way.
LONG_SECONDS = 0.02
_WATCH_SECONDS = 0.02
#: The lane closes after a second without a request, so that an idle server sleeps.
_IDLE_TURNS = 50
_WEIGHT = 1 / 8
#: A thread that sleeps wakes up late and with cold caches: 50 µs at each request of a client that asks again at once. So it looks for so long before it sleeps,
#: unless that was in vain lately; then only one time in so many.
_LOOK_SECONDS = 0.0001
_LOOK_TRIES = 4
_LOOK_AGAIN = 64
_READ_BYTES = 64 * 1024
#: What is larger takes several reads anyway, and is read by the loop.
_MOST_BYTES = 64 * 1024


class Pace:
    """How long answers take. Written by the thread that computes, read by both."""

    def __init__(self) -> None:
        self.answers = 0
        self._began: Optional[float] = None
        self._average = 0.0
        self._short_answers = 0

    def begin(self) -> None:
        self._began = time.monotonic()

    def end(self) -> None:
        took = time.monotonic() - (self._began or 0.0)
        self._began = None
        self.answers += 1
        self._average += (took - self._average) * _WEIGHT
        self._short_answers = self._short_answers + 1 if took < SHORT_SECONDS else 0

    def restart(self) -> None:
        """Forgets the short answers that were seen."""
        self._short_answers = 0

    @property
    def is_steady(self) -> bool:
        """Whether answers have been short for long enough."""
        return self._short_answers >= SHORT_ANSWERS

    @property
    def is_slow(self) -> bool:
        """Whether answers take long by now, or the one under way does."""
        began = self._began
        return self._average > SHORT_SECONDS or (began is not None and time.monotonic() - began > LONG_SECONDS)


class FastLane:
    """The connections that are lent. A connection that is in here is read by the main thread alone; whoever takes it out (under the lock) owns it."""

    #: Whether this system has what the lane is made of.
    is_possible = hasattr(select, "epoll")

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._loop = server.loop
        self.pace = Pace()
        self.is_open = False
        #: Requests that were answered here.
        self.answered = 0
        self._lock = threading.Lock()
        self._lent: Dict[int, Connection] = {}
        self._poll = select.epoll()
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        self._poll.register(self._woken, select.EPOLLIN)
        self._looks_in_vain = 0
        self._idle_turns = 0
        self._answers_seen = 0

    # For the main thread.

    def open(self) -> None:
        """Lets the loop lend connections from now on."""
        self.is_open = True
        self._tell_loop(self._watch)

    def turn(self) -> None:
        """Waits for requests on lent connections, or for wake(), and answers what has come."""
        for fd, _ in self._look() or self._poll.poll():
            if fd == self._woken:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, _READ_BYTES)
            else:
                self._serve(fd)

    def _look(self) -> List[Tuple[int, int]]:
        """What has come, or comes soon; nothing when it is better to sleep."""
        found = self._poll.poll(0)
        if found:
            return found
        if self._looks_in_vain >= _LOOK_TRIES:
            self._looks_in_vain += 1
            if self._looks_in_vain < _LOOK_AGAIN:
                return []
            self._looks_in_vain = _LOOK_TRIES
        until = time.monotonic() + _LOOK_SECONDS
        while not found and time.monotonic() < until:
            found = self._poll.poll(0)
        self._looks_in_vain = 0 if found else self._looks_in_vain + 1
        return found

    def _serve(self, fd: int) -> None:
        with self._lock:
            connection = self._lent.get(fd)
            if connection is None:
                return
            try:
                data = os.read(fd, _READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                # The loop finds the same, and tells the connection.
                data = b""
            del self._lent[fd]
        if not connection.ahead:
            connection.since = time.monotonic()
        connection.ahead += data
        if data and self._is_partial(connection.ahead):
            return self._keep(fd, connection)
        head = self._usual_head(connection.ahead)
        if head is None:
            # The loop understands whatever it is, or that the client has left.
            connection.is_lendable = False
            return self._give_back(fd, connection)
        return self._serve_request(fd, connection, head)

    def _serve_request(self, fd: int, connection: Connection, head: Head) -> None:
        data, connection.ahead = connection.ahead, b""
        body = data[len(data) - (head.content_length or 0) :]
        response = self._answer(Request(head.method, head.path, head.query, head.headers, body, head.version, connection.peer))
        self.answered += 1
        connection.since = time.monotonic()
        if response.is_stream or response.close or not self.is_open:
            return self._give_back(fd, connection, answer=(head, response))
        unsent = _send(fd, encode_answer(response, b"\r\n"))
        return self._give_back(fd, connection, unsent=unsent) if unsent else self._keep(fd, connection)

    def _keep(self, fd: int, connection: Connection) -> None:
        """Waits for what comes next on a connection, unless the lane has been closed meanwhile."""
        with self._lock:
            if self.is_open:
                self._lent[fd] = connection
                return
        self._give_back(fd, connection)

    def _is_partial(self, data: bytes) -> bool:
        """Whether more of a request is to come: many clients send its head and its body one after the other."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return len(data) < _MOST_BYTES
        head = _parse(data[: end + 2])
        return head is not None and not head.expects_continue and len(data) - end - 4 < (head.content_length or 0) < _MOST_BYTES

    def _usual_head(self, data: bytes) -> Optional[Head]:
        """The head of a request that is complete, alone, and for the application; None for everything else."""
        end = data.find(b"\r\n\r\n")
        settings = self._server.settings
        head = _parse(data[: end + 2]) if 0 <= end <= settings.max_head_bytes else None
        if head is None or head.method != "POST" or head.version != "1.1" or not head.keep_alive:
            return None
        is_whole = head.content_length == len(data) - end - 4 <= settings.max_body_bytes
        return head if is_whole and not self._server.answers_itself(head.path) else None

    def _answer(self, request: Request) -> Response:
        self.pace.begin()
        try:
            return self._server.app.answer_now(request)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return Response(500, INTERNAL_ERROR, JSON_HEADERS)
        finally:
            self.pace.end()

    def _give_back(self, fd: int, connection: Connection, **under_way: Any) -> None:
        self._poll.unregister(fd)
        self._tell_loop(lambda: connection.take_back(**under_way))

    def _tell_loop(self, callback: Any) -> None:
        # A loop that has closed has no connections any more.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback)

    # For any thread.

    def wake(self) -> None:
        """Lets turn() return."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake, b"x")

    # For the loop.

    def lend(self, fd: int, connection: Connection) -> None:
        """Hands a connection over of which nothing is under way and which is not read any more."""
        with self._lock:
            self._lent[fd] = connection
        self._poll.register(fd, select.EPOLLIN)

    def recall(self, connection: Connection) -> None:
        """Takes one connection back, unless it is being served."""
        with self._lock:
            found = [fd for fd, lent in self._lent.items() if lent is connection]
            for fd in found:
                del self._lent[fd]
        for fd in found:
            self._poll.unregister(fd)
            connection.take_back()

    def close(self) -> None:
        """Takes every connection back; the one that is being served comes by itself, with its answer."""
        with self._lock:
            self.is_open = False
            lent, self._lent = self._lent, {}
        self.pace.restart()
        for fd, connection in lent.items():
            self._poll.unregister(fd)
            connection.take_back()
        self.wake()

    def _watch(self) -> None:
        if not self.is_open:
            return
        self._idle_turns = self._idle_turns + 1 if self.pace.answers == self._answers_seen else 0
        self._answers_seen = self.pace.answers
        if self.pace.is_slow or self._idle_turns >= _IDLE_TURNS:
            self.close()
        else:
            self._loop.call_later(_WATCH_SECONDS, self._watch)


def _parse(data: bytes) -> Optional[Head]:
    try:
        return parse_head(data)
    except Fault:
        return None


def _send(fd: int, data: bytes) -> bytes:
    """Sends what the socket takes at once, and returns the rest. An error of the socket is left for the loop to find."""
    try:
        return data[os.write(fd, data) :]
    except BlockingIOError:
        return data
    except OSError:
        return data
