"""What crosses between the HTTP core and an application."""

from __future__ import annotations

from typing import Any, AsyncIterator, Callable, Dict, Iterator, List, Optional, Sequence, Tuple, Union

RawHeaders = List[Tuple[bytes, bytes]]
HeaderPairs = Sequence[Tuple[str, str]]

JSON_HEADERS: HeaderPairs = (("content-type", "application/json"),)
TEXT_HEADERS: HeaderPairs = (("content-type", "text/plain; charset=utf-8"),)


class Headers:
    """A read-only multi-map of lower-case names. Indexed on first use and kept with the head it belongs to: heads that come again are looked up, not parsed."""

    __slots__ = ("raw", "_first")

    def __init__(self, raw: Optional[RawHeaders] = None) -> None:
        #: (lower-case name, value) in order of arrival.
        self.raw: RawHeaders = raw if raw is not None else []
        self._first: Optional[Dict[str, str]] = None

    def get(self, name: str, default: Optional[str] = None) -> Optional[str]:
        """The first value of a header; bytes beyond ASCII are read as ISO 8859-1 (RFC 9110, section 5.5)."""
        first = self._first if self._first is not None else self._index()
        return first.get(name if name in first else name.lower(), default)

    def _index(self) -> Dict[str, str]:
        first: Dict[str, str] = {}
        for key, value in self.raw:
            first.setdefault(key.decode("latin-1"), value.decode("latin-1"))
        self._first = first
        return first

    def get_all(self, name: str) -> List[str]:
        """Every value of a header, in order."""
        wanted = name.lower().encode("latin-1")
        return [value.decode("latin-1") for key, value in self.raw if key == wanted]

    def items(self) -> Iterator[Tuple[str, str]]:
        """(lower-case name, value) pairs in order, repeated names included."""
        return ((key.decode("latin-1"), value.decode("latin-1")) for key, value in self.raw)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __len__(self) -> int:
        return len(self.raw)


class Request:
    """A complete request; the body is all there and already without transfer coding."""

    __slots__ = ("method", "path", "query_string", "headers", "body", "version", "peer", "_is_aborted")

    def __init__(
        self,
        method: str,
        path: str,
        query_string: str = "",
        headers: Optional[Headers] = None,
        body: bytes = b"",
        version: str = "1.1",
        peer: Optional[str] = None,
        is_aborted: Optional[Callable[[], bool]] = None,
    ) -> None:
        self.method = method
        #: As sent, percent-encoding included, without the query.
        self.path = path
        #: What follows the `?`, as sent.
        self.query_string = query_string
        self.headers = headers if headers is not None else Headers()
        self.body = body
        self.version = version
        #: Address of the client where the socket has one.
        self.peer = peer
        self._is_aborted = is_aborted

    @property
    def aborted(self) -> bool:
        """Whether the client has left: nobody reads the answer any more."""
        return self._is_aborted is not None and self._is_aborted()


class Response:
    """An answer. Length, connection and transfer headers are the core's; everything else is the application's.

    `body` is bytes, or an async iterator of bytes that is sent chunked as it comes, at the pace of the client, and closed (`aclose`) when the client
    leaves. Headers given as a tuple are encoded once and reused, so constant ones should be tuples.
    """

    __slots__ = ("status", "headers", "body", "close")

    def __init__(
        self,
        status: int = 200,
        body: Union[bytes, AsyncIterator[bytes]] = b"",
        headers: HeaderPairs = (),
        close: bool = False,
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers
        #: Whether the connection ends after this answer.
        self.close = close

    @property
    def is_stream(self) -> bool:
        return not isinstance(self.body, (bytes, bytearray, memoryview))


#: Called exactly once per request.
Respond = Callable[[Response], Any]
