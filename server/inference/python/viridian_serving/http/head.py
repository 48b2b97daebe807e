"""The head of an HTTP/1.1 request (RFC 9112), read strictly: whatever two parsers could understand differently is refused, because a gateway stands in front.

One parser for every event loop, in Python: its work is done by a few regular expressions, and clients that keep a connection send the same head again and
again, which then costs one dictionary look-up. That is faster than a compiled parser that calls back for each field.
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Tuple

from .message import Headers

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") (/[\x21-\x7e]*|\*) HTTP/(\d)\.(\d)\r\n")
#: One field; visible characters, spaces and tabs; bytes above 0x7f are opaque (RFC 9110, section 5.5).
_FIELD = re.compile(rb"(" + _TOKEN + rb"):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*\r\n")
_FIELDS = re.compile(rb"(?:" + _TOKEN + rb":[\t\x20-\x7e\x80-\xff]*\r\n)*")
_DIGITS = re.compile(rb"\d{1,15}")

#: Fields whose repetition would be understood differently by different parsers.
_SINGLE = frozenset((b"content-length", b"transfer-encoding", b"host", b"expect", b"inference-header-content-length"))

_CACHED_HEADS = 512
_CACHED_HEAD_BYTES = 2048


class Fault(Exception):
    """A request that is not answered by the application; its connection ends with the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Head:
    """A parsed head. Shared between requests, so nobody changes it."""

    __slots__ = ("method", "path", "query", "version", "headers", "keep_alive", "content_length", "expects_continue")

    def __init__(self, method: str, target: str, version: str, headers: Headers) -> None:
        self.method = method
        self.path, _, self.query = target.partition("?")
        self.version = version
        self.headers = headers
        self.keep_alive = True
        #: Bytes of the body; None when it comes in chunks.
        self.content_length: Optional[int] = 0
        self.expects_continue = False


_cache: Dict[bytes, Head] = {}


def parse_head(data: bytes) -> Head:
    """Reads a head, from the request line to its last CRLF, without the empty line after it. Raises Fault."""
    head = _cache.get(data)
    if head is None:
        head = _parse(data)
        if len(data) <= _CACHED_HEAD_BYTES:
            if len(_cache) >= _CACHED_HEADS:
                _cache.clear()
            _cache[data] = head
    return head


def _parse(data: bytes) -> Head:
    line = _REQUEST_LINE.match(data)
    if line is None:
        raise Fault(400, "The request line is not valid.")
    method, target, major, minor = line.groups()
    if major != b"1":
        raise Fault(505, "Only HTTP/1.1 is spoken here.")
    if _FIELDS.fullmatch(data, line.end()) is None:
        raise Fault(400, "A header line is not valid.")
    fields = [(name.lower(), value) for name, value in _FIELD.findall(data, line.end())]
    version = "1.0" if minor == b"0" else "1.1"
    head = Head(method.decode("ascii"), target.decode("ascii"), version, Headers(fields))
    _frame(head, _single_fields(fields))
    return head


def _single_fields(fields: List[Tuple[bytes, bytes]]) -> Dict[bytes, bytes]:
    single: Dict[bytes, bytes] = {}
    for name, value in fields:
        if name in _SINGLE:
            if name in single:
                raise Fault(400, f"{name.decode('ascii')} is given twice.")
            single[name] = value
    return single


def _frame(head: Head, single: Dict[bytes, bytes]) -> None:
    """Decides where the body ends and whether the connection stays (RFC 9112, sections 6.3 and 9.3)."""
    is_11 = head.version == "1.1"
    if is_11 and b"host" not in single:
        raise Fault(400, "The Host header is missing.")
    _frame_body(head, single, is_11)
    expect = single.get(b"expect")
    if expect is not None and expect.lower() != b"100-continue":
        raise Fault(417, 'Only "Expect: 100-continue" is met.')
    head.expects_continue = is_11 and expect is not None
    tokens = {token.strip() for value in head.headers.get_all("connection") for token in value.lower().split(",")}
    head.keep_alive = "close" not in tokens if is_11 else "keep-alive" in tokens


def _frame_body(head: Head, single: Dict[bytes, bytes], is_11: bool) -> None:
    length = single.get(b"content-length")
    coding = single.get(b"transfer-encoding")
    if coding is not None:
        if length is not None or not is_11:
            raise Fault(400, "Transfer-Encoding with Content-Length or in HTTP/1.0 is refused.")
        if coding.lower() != b"chunked":
            raise Fault(501, f"Transfer-Encoding {coding.decode('latin-1')} is not supported.")
        head.content_length = None
    elif length is not None:
        if _DIGITS.fullmatch(length) is None:
            raise Fault(400, "Content-Length is not a number.")
        head.content_length = int(length)
    elif head.method in ("POST", "PUT", "PATCH") and not is_11:
        # An HTTP/1.0 client may mean "until I close", which cannot be told from a body that was cut off.
        raise Fault(411, "Content-Length is missing.")
