"""Accepts connections from a socket that other processes accept from, too, so that each gets as many as the others."""

from __future__ import annotations

import asyncio
import mmap
import socket
from typing import TYPE_CHECKING, Any, Set

if TYPE_CHECKING:
    from .server import HttpServer

#: Seconds that the others have to take a connection before one that has more of them already does.
_HEAD_START_SECONDS = 0.005
#: Seconds without accepting after the system had no more files or memory for connections.
_PAUSE_SECONDS = 1.0
_ABSENT = -1


class Shares:
    """How many connections each process holds, in memory that all of them share. Made before they are forked; each writes its own number only."""

    def __init__(self, count: int) -> None:
        self._counts = memoryview(mmap.mmap(-1, 4 * count)).cast("i")
        for index in range(count):
            self.leave(index)

    def set(self, index: int, connections: int) -> None:
        self._counts[index] = connections

    def leave(self, index: int) -> None:
        """Takes a process out of account: it accepts nothing, or is dead."""
        self._counts[index] = _ABSENT

    def is_ahead(self, index: int) -> bool:
        """Whether another process that accepts holds fewer connections."""
        mine = self._counts[index]
        return any(_ABSENT < other < mine for other in self._counts)


class SharedAcceptor:
    """Takes one connection per turn of the loop, and lets others go first while it holds more than they do.

    Left to themselves, processes race, and the one that is awake wins nearly always: all kept connections end up with it.
    """

    def __init__(self, http: HttpServer, listener: socket.socket, shares: Shares, index: int) -> None:
        self._loop = http.loop
        self._http = http
        self._listener = listener
        self._shares = shares
        self._index = index
        self._is_closed = False
        self._waits_no_more = False
        self._tasks: Set[asyncio.Task[Any]] = set()
        http.on_count = lambda count: shares.set(index, count)
        shares.set(index, 0)
        self._resume()

    async def close(self) -> None:
        """Accepts nothing more; returns when every accepted connection has its protocol."""
        self._is_closed = True
        self._loop.remove_reader(self._listener)
        self._listener.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _resume(self) -> None:
        if not self._is_closed:
            self._loop.add_reader(self._listener, self._accept)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._listener)
        self._loop.call_later(seconds, self._resume)

    def _accept(self) -> None:
        if not self._waits_no_more and self._shares.is_ahead(self._index):
            self._waits_no_more = True
            return self._pause(_HEAD_START_SECONDS)
        self._waits_no_more = False
        try:
            client, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return None
        except OSError:
            return self._pause(_PAUSE_SECONDS)
        client.setblocking(False)
        task = self._loop.create_task(self._loop.connect_accepted_socket(self._http.connect, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return None
