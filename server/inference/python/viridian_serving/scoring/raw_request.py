"""The request of `@rawhttp` scripts, shaped as Flask's, which such scripts were written against."""

from __future__ import annotations

import codecs
import json
import re
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any, Iterator, Optional, Sequence, Union
from urllib.parse import parse_qsl

from .multi_values import Headers, MultiDict


class UploadedFile(BytesIO):
    """A file of a multipart form: a readable stream with a name and a type."""

    def __init__(self, content: bytes, name: str, filename: str, headers: Headers) -> None:
        super().__init__(content)
        self.name = name
        self.filename = filename
        self.headers = headers

    @property
    def content_type(self) -> Optional[str]:
        return self.headers.get("Content-Type")

    @property
    def mimetype(self) -> str:
        return mimetype_of(self.content_type)

    @property
    def stream(self) -> BytesIO:
        return self

    def save(self, destination: Any) -> None:
        """Writes the content to a path or to an open file."""
        if hasattr(destination, "write"):
            destination.write(self.read())
            return
        with open(destination, "wb") as file:
            file.write(self.read())


def _keep_escaped(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "".join(f"%{byte:02X}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("viridian.keep_escaped", _keep_escaped)


def parse_query(query: bytes) -> list[tuple[str, str]]:
    """Names and values in order. Escaped bytes that are not UTF-8 stay escaped, as in werkzeug."""
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True, errors="viridian.keep_escaped")


def mimetype_of(content_type: Optional[str]) -> str:
    """The content type without its parameters, in lower case."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_json_type(content_type: Optional[str]) -> bool:
    """Whether Flask takes the type for JSON: application/json or application/…+json."""
    mimetype = mimetype_of(content_type)
    return mimetype == "application/json" or (mimetype.startswith("application/") and mimetype.endswith("+json"))


class AMLRequest:
    """What an `@rawhttp` script gets: the part of Flask's request that scoring scripts use."""

    def __init__(
        self,
        method: str,
        path: str,
        query_string: bytes = b"",
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        remote_addr: Optional[str] = None,
    ) -> None:
        self.method = method
        self.path = path
        self.query_string = query_string
        self.headers = Headers(headers)
        self.remote_addr = remote_addr
        self.scheme = "http"
        self._body = body
        self._form: Optional[tuple[MultiDict, MultiDict]] = None

    def __repr__(self) -> str:
        return f"<AMLRequest {self.url!r} [{self.method}]>"

    @property
    def host(self) -> str:
        return self.headers.get("Host") or "localhost"

    @property
    def host_url(self) -> str:
        return f"{self.scheme}://{self.host}/"

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"

    @property
    def url(self) -> str:
        query = self.query_string.decode("latin-1")
        return f"{self.base_url}?{query}" if query else self.base_url

    @property
    def full_path(self) -> str:
        """Path and query; the question mark is there even without a query, as in Flask."""
        return f"{self.path}?{self.query_string.decode('latin-1')}"

    @property
    def args(self) -> MultiDict:
        return MultiDict(parse_query(self.query_string))

    @property
    def cookies(self) -> dict[str, str]:
        jar: SimpleCookie = SimpleCookie(self.headers.get("Cookie") or "")
        return {name: morsel.value for name, morsel in jar.items()}

    @property
    def content_type(self) -> Optional[str]:
        return self.headers.get("Content-Type")

    @property
    def content_length(self) -> int:
        return len(self._body)

    @property
    def mimetype(self) -> str:
        return mimetype_of(self.content_type)

    @property
    def is_json(self) -> bool:
        return is_json_type(self.content_type)

    @property
    def data(self) -> bytes:
        return self._body

    @property
    def stream(self) -> BytesIO:
        return BytesIO(self._body)

    @property
    def json(self) -> Any:
        return self.get_json()

    @property
    def form(self) -> MultiDict:
        return self._parse_form()[0]

    @property
    def files(self) -> MultiDict:
        return self._parse_form()[1]

    @property
    def values(self) -> MultiDict:
        """Query parameters, then form fields."""
        return MultiDict([*self.args.items(multi=True), *self.form.items(multi=True)])

    def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> Union[bytes, str]:
        """The body, as bytes or decoded as UTF-8. The other two parameters have no effect: the body is always kept."""
        return self._body.decode("utf-8", "replace") if as_text else self._body

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body parsed as JSON. Raises ValueError when it is not JSON or not declared so, unless `silent`."""
        try:
            if not (force or self.is_json):
                raise ValueError("Did not attempt to load JSON data because the request Content-Type was not 'application/json'.")
            return json.loads(self._body)
        except ValueError:
            if silent:
                return None
            raise

    def _parse_form(self) -> tuple[MultiDict, MultiDict]:
        if self._form is None:
            self._form = parse_form(self.content_type, self._body)
        return self._form


def parse_form(content_type: Optional[str], body: bytes) -> tuple[MultiDict, MultiDict]:
    """Fields and files of a form body; both empty for other types."""
    mimetype = mimetype_of(content_type)
    if mimetype == "application/x-www-form-urlencoded":
        return MultiDict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)), MultiDict()
    if mimetype != "multipart/form-data":
        return MultiDict(), MultiDict()
    boundary = _header_parameter(content_type or "", "boundary")
    if not boundary:
        return MultiDict(), MultiDict()
    fields: list[tuple[str, Any]] = []
    files: list[tuple[str, Any]] = []
    for head, content in _split_multipart(body, boundary.encode("latin-1")):
        disposition = head.get("Content-Disposition") or ""
        name = _header_parameter(disposition, "name")
        filename = _header_parameter(disposition, "filename")
        if name is None:
            continue
        if filename is None:
            fields.append((name, content.decode("utf-8", "replace")))
        else:
            files.append((name, UploadedFile(content, name, filename, head)))
    return MultiDict(fields), MultiDict(files)


def _split_multipart(body: bytes, boundary: bytes) -> Iterator[tuple[Headers, bytes]]:
    """Header fields and content of each part, by RFC 2046: the line break before a boundary belongs to the boundary."""
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if part.startswith(b"--"):
            return
        head, separator, content = part.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if separator:
            lines = (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n"))
            yield Headers((name.strip(), value.strip()) for name, _, value in lines), content


_PARAMETER = re.compile(r""";\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))""")


def _header_parameter(value: str, name: str) -> Optional[str]:
    for found, quoted, plain in _PARAMETER.findall(value):
        if found.lower() == name:
            return re.sub(r"\\(.)", r"\1", quoted) or plain
    return None
