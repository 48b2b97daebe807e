"""One client connection: cuts its bytes into requests, hands them over one at a time, and writes the answers, so that pipelined requests are answered in order."""

from __future__ import annotations

import asyncio
import sys
import traceback
from typing import TYPE_CHECKING, List, Optional, Set, Tuple

from .chunked import ChunkedBody
from .encode import date_line, encode_answer, encode_head, error_response
from .head import Fault, Head, parse_head
from .message import Request, Response

if TYPE_CHECKING:
    from .server import HttpServer

#: Bytes that a client may send ahead of its answer before the socket is paused.
MAX_AHEAD_BYTES = 64 * 1024
#: Seconds a client may take to close its side after the last answer.
LINGER_SECONDS = 2.0

# Phases of a connection. A lent one is not this thread's (see lane.py).
HEAD, BODY, CHUNKS, ANSWERING, LENT, ENDED = range(6)

_END = b"Connection: close\r\n\r\n"
_KEEP_10 = b"Connection: keep-alive\r\n\r\n"

#: Streams under way; the event loop itself holds only weak references to tasks.
_streams: Set[asyncio.Task] = set()


class Connection(asyncio.Protocol):
    """The protocol of one socket. Everything happens in the loop's thread."""

    __slots__ = (
        "_server", "_loop", "_transport", "_phase", "ahead", "_head", "_parts", "_left", "_chunked", "_ends", "_peer_ended",
        "_is_reading_paused", "_writable", "peer", "_turn", "_head_since", "since", "_stream",
        "is_lendable",
    )  # fmt: skip

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._loop = server.loop
        self._transport: asyncio.Transport = None  # type: ignore[assignment]
        self._phase = HEAD
        #: What has come and waits to be understood; the lane's while the connection is lent.
        self.ahead = b""
        self._head: Optional[Head] = None
        self._parts: List[bytes] = []
        self._left = 0
        self._chunked: Optional[ChunkedBody] = None
        self._ends = False
        self._peer_ended = False
        self._is_reading_paused = False
        #: Cleared while the client does not take what was written.
        self._writable: Optional[asyncio.Event] = None
        self.peer: Optional[str] = None
        #: Which request of this connection is being answered; an answer to an earlier one is dropped.
        self._turn = 0
        #: When the client last moved, in the loop's time.
        self.since = self._loop.time()
        #: When the first byte of a head came that is not complete yet: one byte now and then must not keep a connection for ever.
        self._head_since = self.since
        self._stream: Optional[asyncio.Task] = None
        #: Whether its requests are of the kind that the lane serves.
        self.is_lendable = True

    # The transport's calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        name = transport.get_extra_info("peername")
        self.peer = name[0] if isinstance(name, tuple) else None
        self._server.remember(self)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._phase = ENDED
        self._peer_ended = True
        self.ahead = b""
        self._parts = []
        self._chunked = None
        if self._writable is not None:
            self._writable.set()
        if self._stream is not None:
            self._stream.cancel()
        self._server.forget(self)

    def eof_received(self) -> bool:
        """A client that ends its side has given up waiting, as nginx takes it too; what is already computed is still sent."""
        self._peer_ended = True
        self._ends = True
        if self._phase != ANSWERING:
            return False
        return True

    def pause_writing(self) -> None:
        self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        self.since = self._loop.time()
        if self._writable is not None:
            self._writable.set()
            self._writable = None
        if self._phase == HEAD and self.ahead:
            self._loop.call_soon(self._take_ahead)
        self._resume_reading()

    def data_received(self, data: bytes) -> None:
        self.since = self._loop.time()
        phase = self._phase
        try:
            if phase == HEAD and not self._is_blocked():
                self._take_head(self.ahead + data if self.ahead else data)
            elif phase == BODY:
                self._take_body(data)
            elif phase == CHUNKS:
                self._take_chunks(data)
            elif phase != ENDED:
                self._keep_ahead(data)
        except Fault as fault:
            self._refuse(fault)

    # From bytes to requests.

    def _take_head(self, data: bytes) -> None:
        end = data.find(b"\r\n\r\n")
        limit = self._server.settings.max_head_bytes
        if end > limit or (end < 0 and len(data) > limit):
            raise Fault(431, f"The request head is larger than {limit} bytes.")
        if end < 0:
            if not self.ahead:
                self._head_since = self.since
            # Empty lines before a request are skipped (RFC 9112, section 2.2).
            self.ahead = data.lstrip(b"\r\n") if data[:1] in b"\r\n" else data
            return
        self.ahead = b""
        if data[:1] in b"\r\n":
            return self._take_head(data.lstrip(b"\r\n"))
        head = parse_head(data[: end + 2])
        self._head = head
        length = head.content_length
        start = end + 4
        if length is not None and len(data) - start >= length:
            self._check_length(length)
            stop = start + length
            self._dispatch(data[start:stop], data[stop:] if len(data) > stop else b"")
        else:
            self._begin_body(head, data[start:])

    def _begin_body(self, head: Head, data: bytes) -> None:
        if head.content_length is not None:
            self._check_length(head.content_length)
        if head.expects_continue and not data:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if head.content_length is None:
            self._phase = CHUNKS
            self._chunked = ChunkedBody(self._server.settings.max_body_bytes)
            self._take_chunks(data)
        else:
            self._phase = BODY
            self._left = head.content_length
            self._take_body(data)

    def _check_length(self, length: int) -> None:
        limit = self._server.settings.max_body_bytes
        if length > limit:
            raise Fault(413, f"The body is larger than {limit} bytes.")

    def _take_body(self, data: bytes) -> None:
        if len(data) < self._left:
            self._left -= len(data)
            self._parts.append(data)
            return
        self._parts.append(data[: self._left])
        body = b"".join(self._parts)
        self._parts = []
        self._dispatch(body, data[self._left :])

    def _take_chunks(self, data: bytes) -> None:
        chunked = self._chunked
        assert chunked is not None
        rest = chunked.feed(data)
        if rest is not None:
            self._chunked = None
            self._dispatch(chunked.body, rest)

    def _dispatch(self, body: bytes, rest: bytes) -> None:
        head = self._head
        assert head is not None
        self._phase = ANSWERING
        self._turn += 1
        if rest:
            self._keep_ahead(rest)
        request = Request(head.method, head.path, head.query, head.headers, body, head.version, self.peer, self._has_left)
        turn = self._turn
        self._server.dispatch(request, lambda response: self._answer(turn, response))

    def _has_left(self) -> bool:
        return self._peer_ended

    def _keep_ahead(self, data: bytes) -> None:
        self.ahead += data
        if len(self.ahead) > MAX_AHEAD_BYTES and not self._is_reading_paused:
            self._is_reading_paused = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._is_reading_paused and self._phase != ENDED:
            self._is_reading_paused = False
            self._transport.resume_reading()

    def _is_blocked(self) -> bool:
        """Whether the client does not take its last answer; its next request then waits."""
        return self._writable is not None

    # From answers to bytes.

    def _answer(self, turn: int, response: Response) -> None:
        if self._phase != ANSWERING or turn != self._turn or self._stream is not None:
            if response.is_stream:
                self._run_stream(_close_stream(response))
            return
        if response.is_stream:
            self._stream = self._run_stream(self._send_stream(response))
        else:
            self._send(response)

    def _send(self, response: Response) -> None:
        head = self._head
        keeps = self._keeps(response)
        self._transport.write(encode_answer(response, self._closing(keeps), head is None or head.method != "HEAD"))
        self._finish(keeps)

    def _keeps(self, response: Response) -> bool:
        head = self._head
        return head is not None and head.keep_alive and not self._ends and not response.close and not self._server.draining

    def _closing(self, keeps: bool) -> bytes:
        if not keeps:
            return _END
        return b"\r\n" if self._head is None or self._head.version == "1.1" else _KEEP_10

    def _run_stream(self, coroutine) -> asyncio.Task:
        task = self._loop.create_task(coroutine)
        _streams.add(task)
        task.add_done_callback(_streams.discard)
        return task

    async def _send_stream(self, response: Response) -> None:
        """Sends parts as they come, each a chunk; HTTP/1.0 gets them bare and the end of the connection as the end of the body."""
        is_chunked = self._head is not None and self._head.version == "1.1"
        keeps = is_chunked and self._keeps(response)
        framing = b"Transfer-Encoding: chunked\r\n" if is_chunked else b""
        head = encode_head(response.status, response.headers) + date_line() + framing
        self._transport.write(head + self._closing(keeps))
        try:
            if self._head is not None and self._head.method != "HEAD":
                await self._send_parts(response, is_chunked)
        except asyncio.CancelledError:
            raise
        except Exception:
            # The status is gone; a connection that breaks off is the only way left to say that the answer is not whole.
            traceback.print_exc(file=sys.stderr)
            self._transport.abort()
            return
        finally:
            self._stream = None
            await _close_stream(response)
        self._finish(keeps)

    async def _send_parts(self, response: Response, is_chunked: bool) -> None:
        async for part in response.body:  # type: ignore[union-attr]
            if not part:
                continue
            self._transport.write(b"%x\r\n%b\r\n" % (len(part), part) if is_chunked else bytes(part))
            self.since = self._loop.time()
            if self._writable is not None:
                await self._writable.wait()
        if is_chunked:
            self._transport.write(b"0\r\n\r\n")

    def _finish(self, keeps: bool) -> None:
        self.since = self._loop.time()
        if not keeps:
            return self.end()
        self._phase = HEAD
        self._head = None
        if self.ahead:
            # Through the loop: a long pipeline must neither recurse nor keep other connections waiting.
            self._loop.call_soon(self._take_ahead)
        elif self._server.is_lending and self.is_lendable:
            # Once what was written has gone out.
            self._loop.call_soon(self._lend)
        self._resume_reading()

    # To the lane and back.

    def _lend(self) -> None:
        lane = self._server.lane
        is_at_rest = self.is_idle and not self._ends and self._transport.get_write_buffer_size() == 0
        if lane is None or not lane.is_open or not is_at_rest or self._server.draining:
            return
        self._phase = LENT
        self._transport.pause_reading()
        lane.lend(self._transport.get_extra_info("socket").fileno(), self)

    def take_back(self, answer: Optional[Tuple[Head, Response]] = None, unsent: bytes = b"") -> None:
        """Ends a loan, maybe with an answer that has still to be sent, or with the rest of one."""
        if self._phase != LENT:
            return
        self._phase = HEAD
        self.since = self._loop.time()
        self._transport.resume_reading()
        if unsent:
            self._transport.write(unsent)
        if answer is not None:
            self._head, response = answer
            self._phase = ANSWERING
            self._turn += 1
            self._answer(self._turn, response)
        elif self.ahead:
            self._take_ahead()
        elif self._ends or self._server.draining:
            self.end()

    def _take_ahead(self) -> None:
        if self._phase != HEAD or self._is_blocked() or not self.ahead:
            return
        data, self.ahead = self.ahead, b""
        self.since = self._loop.time()
        try:
            self._take_head(data)
        except Fault as fault:
            self._refuse(fault)

    # The end.

    def _refuse(self, fault: Fault) -> None:
        """Answers a request that cannot be understood; where its end lies is unknown, so the connection ends with it."""
        self._phase = ANSWERING
        self._ends = True
        self._head = None
        self._parts = []
        self._chunked = None
        self._server.count_refusal(fault.status)
        self._send(error_response(fault.status, "bad_request", str(fault)))

    def end(self) -> None:
        """Closes once everything is written. Bytes still to be read would turn the close into a reset that may overtake the answer, so they are read and dropped."""
        if self._phase == ENDED:
            return
        self._resume_reading()
        self._phase = ENDED
        if self._peer_ended or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._transport.write_eof()
        self._loop.call_later(LINGER_SECONDS, self._transport.abort)

    def close_when_idle(self) -> None:
        """Closes now if nothing is under way, else after the answer."""
        self._ends = True
        if self.is_idle:
            self.end()

    @property
    def is_idle(self) -> bool:
        return self._phase == HEAD and not self.ahead

    def expire(self, now: float, keep_alive: float, receive_timeout: float) -> None:
        """Gives up a connection that has been silent too long. Waiting for the model is not silence."""
        silent = now - self.since
        if self._phase == LENT:
            if silent > (receive_timeout if self.ahead else keep_alive) and self._server.lane is not None:
                self._server.lane.recall(self)
        elif self._is_blocked():
            if silent > receive_timeout:
                self._transport.abort()
        elif self.is_idle:
            if silent > keep_alive:
                self.end()
        elif silent > receive_timeout if self._phase in (BODY, CHUNKS) else self._is_head_late(now, receive_timeout):
            self._refuse(Fault(408, "The request did not arrive in time."))

    def _is_head_late(self, now: float, receive_timeout: float) -> bool:
        return self._phase == HEAD and now - self._head_since > receive_timeout


async def _close_stream(response: Response) -> None:
    close = getattr(response.body, "aclose", None)
    if close is not None:
        await close()
