"""The response of `@rawhttp` scripts, shaped as Flask's, which such scripts were written against."""

from __future__ import annotations

import json
from typing import Any, Iterator, Mapping, Optional, Union

from .multi_values import Headers


class AMLResponse:
    """What an `@rawhttp` script answers with; the same construction as the original's AMLResponse on Flask's Response.

    `message` is text, bytes, or an iterable of either, which is then sent as a stream; with `json_str` anything that JSON can hold.
    A comma in a header's value makes several fields of it.
    """

    default_mimetype = "text/html; charset=utf-8"

    def __init__(
        self,
        message: Any,
        status_code: Union[int, str],
        response_headers: Optional[Mapping[str, str]] = None,
        json_str: bool = False,
        run_function_failed: bool = False,
    ) -> None:
        given = response_headers or {}
        self.status_code = int(str(status_code).split(" ", 1)[0])
        self.headers = Headers()
        if message is None or json_str:
            self.response: Any = [json.dumps({} if message is None else message).encode("utf-8")]
            self.headers["Content-Type"] = "application/json"
        else:
            self.response = [message] if isinstance(message, (str, bytes, bytearray, memoryview)) else message
            if "Content-Type" not in given:
                self.headers["Content-Type"] = self.default_mimetype
        self.headers["x-ms-run-function-failed"] = run_function_failed
        for name, value in given.items():
            for part in value.split(","):
                self.headers.add(name, part.strip())

    @property
    def status(self) -> str:
        return str(self.status_code)

    @property
    def is_streamed(self) -> bool:
        """Whether the length is not known before the end, as with a generator."""
        return not hasattr(self.response, "__len__")

    @property
    def content_type(self) -> Optional[str]:
        return self.headers.get("Content-Type")

    @content_type.setter
    def content_type(self, value: str) -> None:
        self.headers["Content-Type"] = value

    @property
    def data(self) -> bytes:
        return self.get_data()

    def get_data(self, as_text: bool = False) -> Any:
        """The whole body."""
        body = b"".join(self.iter_encoded())
        self.response = [body]
        return body.decode("utf-8") if as_text else body

    def set_data(self, value: Union[str, bytes]) -> None:
        """Replaces the body."""
        self.response = [value]

    def iter_encoded(self) -> Iterator[bytes]:
        """The body piece by piece; text as UTF-8."""
        return (piece.encode("utf-8") if isinstance(piece, str) else bytes(piece) for piece in self.response)

    def set_cookie(self, name: str, value: str = "", max_age: Optional[int] = None, path: str = "/", **_rest: Any) -> None:
        """Adds a Set-Cookie field."""
        age = "" if max_age is None else f"; Max-Age={int(max_age)}"
        self.headers.add("Set-Cookie", f"{name}={value}{age}; Path={path}")
