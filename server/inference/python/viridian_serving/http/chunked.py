"""The chunked transfer coding of request bodies (RFC 9112, section 7.1)."""

from __future__ import annotations

import re
from typing import Optional

from .head import Fault

#: A size with optional extensions; extensions are ignored, as the RFC asks of recipients that do not know them.
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_MAX_LINE = 1024
_MAX_TRAILERS = 8 * 1024


class ChunkedBody:
    """Gathers a body from chunks. `feed` until it returns the bytes that follow the body."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pending = bytearray()
        self._parts = bytearray()
        #: Bytes of the chunk under way that are still to come, its CRLF included; None while a size line is next.
        self._left: Optional[int] = None
        self._in_trailers = False
        self._trailer_bytes = 0

    @property
    def body(self) -> bytes:
        return bytes(self._parts)

    def feed(self, data: bytes) -> Optional[bytes]:
        """Takes bytes; returns what follows the body once it is complete, else None. Raises Fault."""
        self._pending += data
        while True:
            if self._left is not None:
                if not self._take_chunk():
                    return None
                continue
            end = self._pending.find(b"\r\n")
            if end < 0:
                if len(self._pending) > _MAX_LINE:
                    raise Fault(400, "A line between chunks is too long.")
                return None
            line = bytes(self._pending[:end])
            del self._pending[: end + 2]
            if self._in_trailers:
                if not line:
                    return bytes(self._pending)
                self._skip_trailer(line)
            else:
                self._begin_chunk(line)

    def _begin_chunk(self, line: bytes) -> None:
        match = _SIZE_LINE.fullmatch(line)
        if match is None or len(line) > _MAX_LINE:
            raise Fault(400, "The size of a chunk is not valid.")
        size = int(match.group(1), 16)
        if len(self._parts) + size > self._max_bytes:
            raise Fault(413, f"The body is larger than {self._max_bytes} bytes.")
        if size == 0:
            self._in_trailers = True
        else:
            self._left = size + 2

    def _take_chunk(self) -> bool:
        """Moves what is there of the chunk under way; True when the chunk is complete."""
        left = self._left or 0
        payload = min(len(self._pending), max(left - 2, 0))
        if payload:
            self._parts += self._pending[:payload]
            del self._pending[:payload]
            left -= payload
        self._left = left
        if left > 2 or len(self._pending) < 2:
            return False
        if self._pending[:2] != b"\r\n":
            raise Fault(400, "A chunk is longer than its size.")
        del self._pending[:2]
        self._left = None
        return True

    def _skip_trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line) + 2
        if self._trailer_bytes > _MAX_TRAILERS:
            raise Fault(431, "The trailers are too large.")
        if b":" not in line:
            raise Fault(400, "A trailer line is not valid.")
