"""From a request to the arguments of run(), one reader for each calling style."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, Sequence

from .raw_request import is_json_type, parse_query


@dataclass(frozen=True)
class Call:
    """A request for a prediction, whatever server it came by. `path` is decoded, `query` is as sent, without the question mark."""

    method: str
    path: str
    query: bytes
    headers: Sequence[tuple[str, str]]
    body: bytes
    remote_addr: str | None = None
    #: Whether the caller has left, so that nobody reads the answer.
    is_gone: Callable[[], bool] = lambda: False

    def header(self, name: str) -> str | None:
        """The first value of a field; `name` in lower case."""
        for field, value in self.headers:
            if field.lower() == name:
                return value
        return None


class BadInput(Exception):
    """The request cannot be read; its text and `status` (400 or 415) go to the caller."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class MethodNotSupported(Exception):
    """The calling style does not know the method."""


Arguments = Dict[str, Any]
InputReader = Callable[[Call], Arguments]


def read_string_input(parameter: str) -> InputReader:
    """Undecorated run(): the body as text, unparsed; for GET the query as a JSON object in text."""

    def read(call: Call) -> Arguments:
        if call.method == "POST":
            try:
                return {parameter: str(call.body, "utf-8")}
            except UnicodeDecodeError as error:
                raise BadInput(f"Input cannot be decoded as UTF-8: {error}") from None
        if call.method == "GET":
            return {parameter: json.dumps(read_query(call.query))}
        raise MethodNotSupported

    return read


def read_object_input(parameters: Sequence[inspect.Parameter]) -> InputReader:
    """run() with @input_schema: one argument for each key of the JSON object in the body, or of the query."""

    def read(call: Call) -> Arguments:
        if call.method == "POST":
            return _pick(parameters, _read_object(call))
        if call.method == "GET":
            return _pick(parameters, read_query(call.query))
        raise MethodNotSupported

    return read


def read_raw_input(parameter: str, make_request: Callable[[Call], Any]) -> InputReader:
    """run() with @rawhttp: the request itself, of any method."""
    return lambda call: {parameter: make_request(call)}


def read_query(query: bytes) -> dict[str, Any]:
    """Query parameters: each value as JSON where it is JSON, else as text; a repeated name makes a list."""
    values: dict[str, list[Any]] = {}
    for name, text in parse_query(query):
        values.setdefault(name, []).append(_parse_value(text))
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _parse_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _read_object(call: Call) -> dict[str, Any]:
    if not is_json_type(call.header("content-type")):
        raise BadInput("Expects Content-Type to be application/json", 415)
    try:
        value = json.loads(call.body)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        if not call.body:
            raise BadInput("POST body is empty. Expecting a JSON dictionary.") from None
        raise BadInput(f"POST body could not be decoded as JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadInput("POST body should be a JSON dictionary.")
    return value


def _pick(parameters: Sequence[inspect.Parameter], body: dict[str, Any]) -> Arguments:
    arguments: Arguments = {}
    for parameter in parameters:
        value = body.get(parameter.name, parameter.default)
        if value is inspect.Parameter.empty:
            raise BadInput(f"A value is not provided for the {parameter.name!r} parameter.")
        arguments[parameter.name] = value
    return arguments
