"""The contract as a table: what a request to a script is answered, on our server and on the original.

`differs` says why our answer is meant to be another one; such a case is in docs/scoring-scripts.md, and has to differ.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Sequence

JSON = ("Content-Type", "application/json")
LONG = "x" * 101
BOUNDARY = "bound"
MULTIPART = ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")

INTERNAL = {"message": "An unexpected internal error occurred. Check the logs for more info."}
SCRIPT = {"message": "An unexpected error occurred in scoring script. Check the logs for more info."}
NOT_ALLOWED = {"message": "The method is not allowed for the requested URL."}


@dataclass(frozen=True)
class Case:
    """A request and what is expected of the answer; `body` is bytes, or anything else that the JSON of the answer has to equal.

    A header that is expected to be None has to be absent.
    """

    script: str
    name: str
    method: str = "POST"
    target: str = "/score"
    headers: Sequence[tuple[str, str]] = ()
    sent: bytes = b""
    status: int = 200
    body: Any = None
    expected: Mapping[str, Optional[str]] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    differs: Optional[str] = None
    #: Parts of the answer that are compared with the original's; a document that is too long to write here is compared by `agree` alone.
    compare_body: bool = True

    @property
    def id(self) -> str:
        return f"{self.script}-{self.name}".replace(" ", "-")


def order(what: str, **more: Any) -> bytes:
    """The body that makes text.py do something."""
    return json.dumps({"do": what, **more}).encode()


def text(name: str, **more: Any) -> Case:
    return Case("text", name, **{"headers": [JSON], **more})


OK = {"x-ms-run-function-failed": "False", "content-type": "application/json"}
FAILED = {"x-ms-run-function-failed": "True", "content-type": "application/json", "x-ms-run-fn-exec-ms": None}

TEXT = [
    text("echo", sent=b'{"a": 1}', body='{"a": 1}', expected={**OK, "x-ms-run-fn-exec-ms": "*"}),
    text("no parsing of the body", sent=b"{not json", body="{not json"),
    text("empty body", body=""),
    text("no content type", headers=[], sent=b"abc", body="abc"),
    text("other content type", headers=[("Content-Type", "image/png")], sent=b"abc", body="abc"),
    text("utf-8", sent="ü€😀".encode(), body="ü€😀"),
    text(
        "bad utf-8",
        sent=b"\xff\xfe",
        status=400,
        body={"message": "Input cannot be decoded as UTF-8: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"},
        expected=OK,
    ),
    text(
        "form content type",
        headers=[("Content-Type", "application/x-www-form-urlencoded")],
        sent=b'{"a": 1}',
        body='{"a": 1}',
        differs="the original empties form bodies before run() sees them, which is what `curl -d` sends by default",
    ),
    text("none", sent=order("none"), body=b"{}", expected=OK),
    text("json string is encoded twice", sent=order("json_string"), body=b'"{\\"a\\": 1}"'),
    text("dict", sent=order("dict"), body=b'{"a": [1, 2.5, "\\u00fc", null, true]}'),
    text("list", sent=order("list"), body=b"[1, [2]]"),
    text("number", sent=order("number"), body=b"0.1"),
    text("true", sent=order("true"), body=b"true"),
    text("empty text", sent=order("empty"), body=b'""'),
    text("tuple", sent=order("tuple"), body=b"[1, 2]"),
    text("keys that are not text", sent=order("int_keys"), body=b'{"1": "a", "null": "b", "2.5": "c"}'),
    text("nan and infinity", sent=order("nan"), body=b"[NaN, Infinity, -Infinity]"),
    text("raise", sent=order("raise"), status=500, body=SCRIPT, expected=FAILED),
    text("timeout", sent=order("sleep", seconds=30), status=500, body={"message": "Scoring timeout after 2000 ms"}, expected=FAILED),
    text(
        "a TimeoutError of its own",
        sent=order("own_timeout"),
        status=500,
        body=SCRIPT,
        expected=FAILED,
        differs="the original takes it for the scoring time-out",
    ),
    text("generator", sent=order("generator"), body=b'{"n": 0}\n{"n": 1}\n', differs="the original cannot send generators"),
    text("in time", sent=order("sleep", seconds=0.01), body="slept"),
    text(
        "not serialisable",
        sent=order("set"),
        status=500,
        body=INTERNAL,
        expected={"x-ms-run-function-failed": "False", "x-ms-run-fn-exec-ms": None},
    ),
    text(
        "request headers",
        headers=[JSON, ("x-custom-thing", "1"), ("X-UPPER", "2"), ("accept", "*/*")],
        sent=order("headers"),
        body={
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "X-Custom-Thing": "1",
            "X-Upper": "2",
            "Accept": "*/*",
            "Content-Length": "17",
        },
    ),
    text(
        "repeated request headers",
        headers=[JSON, ("x-many", "1"), ("x-many", "2")],
        sent=order("headers"),
        body={"Accept-Encoding": "identity", "Content-Type": "application/json", "X-Many": "1,2", "Content-Length": "17"},
    ),
    text("get", method="GET", headers=[], target="/score?a=1&b=[1,2]&c=x&d=null", body=json.dumps({"a": 1, "b": [1, 2], "c": "x", "d": None})),
    text("get without query", method="GET", headers=[], body="{}"),
    text("get repeated", method="GET", headers=[], target="/score?a=1&a=z&b=", body=json.dumps({"a": [1, "z"], "b": ""})),
    text(
        "get escapes",
        method="GET",
        headers=[],
        target="/score?a%20b=%7B%22c%22%3A1%7D&d=a+b&e=%22t%22",
        body=json.dumps({"a b": {"c": 1}, "d": "a b", "e": "t"}),
    ),
    text("get bad escapes", method="GET", headers=[], target="/score?a=%ff&b&c=%zz", body=json.dumps({"a": "%FF", "b": "", "c": "%zz"})),
    text("get unicode", method="GET", headers=[], target="/score?a=%C3%BC", body=json.dumps({"a": "ü"})),
    text("options", method="OPTIONS", headers=[], body=b"", expected={"content-type": "text/html; charset=utf-8", "allow": None}),
    text("head", method="HEAD", headers=[], status=405, body=b""),
    text("put", method="PUT", status=405, body=NOT_ALLOWED, expected={"x-request-id": None, "x-ms-run-function-failed": "False"}),
    text("delete", method="DELETE", status=405, body=NOT_ALLOWED),
    text("patch", method="PATCH", status=405, body=NOT_ALLOWED),
    text("chunked body", headers=[JSON, ("Transfer-Encoding", "chunked")], sent=b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", body="abcde"),
]

HEALTH = [
    text("health", method="GET", headers=[], target="/", body=b"Healthy", expected={"content-type": "text/html; charset=utf-8", "x-request-id": "*"}),
    text("health with query", method="GET", headers=[], target="/?x=1", body=b"Healthy"),
    text("health head", method="HEAD", headers=[], target="/", body=b""),
    text("health options", method="OPTIONS", headers=[], target="/", body=b"", expected={"allow": "GET, HEAD, OPTIONS"}),
    text("health post", target="/", status=405, body=NOT_ALLOWED),
    text(
        "not found",
        method="GET",
        target="/nope",
        headers=[("x-request-id", "A")],
        status=404,
        body={"message": "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."},
        expected={"x-request-id": None},
    ),
    text("trailing slash", target="/score/", status=404, compare_body=True),
    text("escaped path", target="/sc%6Fre", sent=b"x", body="x"),
]

IDS = [
    text("only A", headers=[("x-request-id", "A")], expected={"x-request-id": "A", "x-ms-request-id": "A", "x-ms-client-request-id": None}),
    text("only B", headers=[("x-ms-request-id", "B")], expected={"x-request-id": "*", "x-ms-request-id": "B", "x-ms-client-request-id": "B"}),
    text("only C", headers=[("x-ms-client-request-id", "C")], expected={"x-request-id": "*", "x-ms-request-id": "C", "x-ms-client-request-id": "C"}),
    text(
        "A and B",
        headers=[("x-request-id", "A"), ("x-ms-request-id", "B")],
        expected={"x-request-id": "A", "x-ms-request-id": "B", "x-ms-client-request-id": "B"},
    ),
    text(
        "A and C",
        headers=[("x-request-id", "A"), ("x-ms-client-request-id", "C")],
        expected={"x-request-id": "A", "x-ms-request-id": "C", "x-ms-client-request-id": "C"},
    ),
    text(
        "B and C",
        headers=[("x-ms-request-id", "B"), ("x-ms-client-request-id", "C")],
        expected={"x-request-id": "*", "x-ms-request-id": "B", "x-ms-client-request-id": "C"},
    ),
    text(
        "A, B and C",
        headers=[("x-request-id", "A"), ("x-ms-request-id", "B"), ("x-ms-client-request-id", "C")],
        expected={"x-request-id": "A", "x-ms-request-id": "B", "x-ms-client-request-id": "C"},
    ),
    text("no ids", headers=[], expected={"x-request-id": "*", "x-ms-request-id": "*", "x-ms-client-request-id": None}),
    text("empty ids", headers=[("x-request-id", ""), ("x-ms-request-id", "")], expected={"x-ms-client-request-id": None}),
    text("exactly 100", headers=[("x-request-id", "x" * 100)], expected={"x-request-id": "x" * 100}),
    text("A too long", headers=[("x-request-id", LONG)], status=431, body={"message": "x-request-id must not exceed 100 characters"}),
    text(
        "B too long",
        headers=[("x-request-id", "A"), ("x-ms-request-id", LONG)],
        status=431,
        body={"message": "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters"},
        expected={"x-request-id": "A", "x-ms-request-id": None},
    ),
    text("C too long", headers=[("x-ms-client-request-id", LONG)], status=431),
    text("too long at the health route", method="GET", target="/", headers=[("x-request-id", LONG)], status=431),
    text("trace id", headers=[("TraceId", "T")], expected={"traceid": "T"}),
    text("ids of an error", headers=[JSON, ("x-request-id", "A")], sent=order("raise"), status=500, expected={"x-request-id": "A"}),
]

NUMBERS = [
    Case("numbers", name, headers=[JSON], sent=json.dumps(name).encode(), status=status, body=body)
    for name, status, body in (
        ("float64", 200, b"0.5"),
        ("float32", 500, INTERNAL),
        ("int64", 500, INTERNAL),
        ("bool_", 500, INTERNAL),
        ("array", 500, INTERNAL),
        ("listed", 200, b"[1.0, 2.0]"),
        ("list_of_int64", 500, INTERNAL),
        ("list_of_float64", 200, b"[1.0]"),
        ("frame", 500, INTERNAL),
        ("records", 200, b'[{"a": 1, "b": "x"}]'),
        ("series", 500, INTERNAL),
        ("timestamp", 500, INTERNAL),
        ("nat", 500, INTERNAL),
        ("na", 500, INTERNAL),
    )
]

FULL = {
    "array": [[5, 6], [7, 8], [9, 10]],
    "frame": [{"age": 1, "name": "x", "score": 2}],
    "flag": False,
    "blob": "aGVsbG8=",
    "moment": "2020-01-01 00:00:00.000000 +0000",
    "ratio": 3,
    "nested": {"inner": [[1, 2]], "plain": "p"},
}


def schema(name: str, sent: Any, status: int = 200, script: str = "schema", **more: Any) -> Case:
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return Case(script, name, **{"headers": [JSON], "sent": content, "status": status, **more})


SCHEMA = [
    schema(
        "everything",
        FULL,
        body={
            "types": ["ndarray", "DataFrame", "bool", "bytes", "datetime", "int", "ndarray"],
            "dtype": "int64",
            "sum": 47.0,
            "columns": ["age", "name", "score"],
            "blob": "hello",
            "moment": "2020-01-01T00:00:00+00:00",
            "untouched": "as it is",
        },
    ),
    schema("undecorated parameter", {**FULL, "untouched": [1]}),
    schema("unknown keys are ignored", {**FULL, "more": 1}),
    schema("wrong width", {**FULL, "array": [[1, 2, 3]]}, 500, body=SCRIPT),
    schema("wrong depth", {**FULL, "array": [1, 2]}, 500, body=SCRIPT),
    schema("not an array", {**FULL, "array": "text"}, 500, body=SCRIPT),
    schema("column missing", {**FULL, "frame": [{"age": 1}]}, 500, body=SCRIPT),
    schema("column type", {**FULL, "frame": [{"age": "x", "name": "x", "score": 2}]}, 500, body=SCRIPT),
    schema("wrong flag", {**FULL, "flag": "yes"}, 500, body=SCRIPT),
    schema("nested wrong", {**FULL, "nested": [1]}, 500, body=SCRIPT),
    schema("nested part missing", {**FULL, "nested": {"inner": [[1.5, 2]]}}),
    schema("simple", {"data": [3], "factor": 1.5}, script="simple_schema", body={"data": [3], "factor": 1.5, "extra": "more", "agent": None}),
    schema("optional absent", {"data": [3]}, script="simple_schema", body={"data": [3], "factor": 10, "extra": "more", "agent": None}),
    schema(
        "optional null", {"data": [3], "factor": None}, script="simple_schema", body={"data": [3], "factor": None, "extra": "more", "agent": None}
    ),
    schema(
        "headers",
        {"data": []},
        script="simple_schema",
        headers=[JSON, ("x-agent", "007")],
        body={"data": [], "factor": 10, "extra": "more", "agent": "007"},
    ),
    schema("missing parameter", {"factor": 1.0}, 400, script="simple_schema", body={"message": "A value is not provided for the 'data' parameter."}),
    schema("wrong type", {"data": {"a": 1}}, 500, script="simple_schema", body=SCRIPT),
    schema("not an object", [1], 400, script="simple_schema", body={"message": "POST body should be a JSON dictionary."}),
    schema("empty body", b"", 400, script="simple_schema", body={"message": "POST body is empty. Expecting a JSON dictionary."}),
    schema(
        "not json",
        b"{'a'",
        400,
        script="simple_schema",
        body={"message": "POST body could not be decoded as JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"},
    ),
    schema("utf-16", '{"data": [1]}'.encode("utf-16"), script="simple_schema"),
    schema(
        "bad utf-8",
        b'{"data": "\xff"}',
        400,
        script="simple_schema",
        differs="the original answers bytes that are not text with 500, although the caller is to blame",
    ),
    schema("nan in the body", b'{"data": [NaN]}', script="simple_schema", body=b'{"data": [NaN], "factor": 10, "extra": "more", "agent": null}'),
    schema(
        "no content type", {"data": [1]}, 415, script="simple_schema", headers=[], body={"message": "Expects Content-Type to be application/json"}
    ),
    schema("text content type", {"data": [1]}, 415, script="simple_schema", headers=[("Content-Type", "text/plain")]),
    schema("content type with charset", {"data": [1]}, script="simple_schema", headers=[("Content-Type", "Application/JSON; charset=utf-8")]),
    schema("content type with suffix", {"data": [1]}, script="simple_schema", headers=[("Content-Type", "application/vnd.x+json")]),
    schema(
        "get",
        b"",
        script="simple_schema",
        method="GET",
        headers=[],
        target="/score?data=[1,2]&factor=0.5",
        body={"data": [1, 2], "factor": 0.5, "extra": "more", "agent": None},
    ),
    schema(
        "get missing",
        b"",
        400,
        script="simple_schema",
        method="GET",
        headers=[],
        body={"message": "A value is not provided for the 'data' parameter."},
    ),
    schema("options", b"", script="simple_schema", method="OPTIONS", headers=[], body=b""),
    schema("mixed", {"rows": [1, "b"]}, script="mixed_schema", body=[1, "b"]),
]


def raw(name: str, do: str = "", **more: Any) -> Case:
    return Case("raw", name, **{"target": f"/score?do={do}" if do else "/score", **more})


def multipart(*parts: tuple[str, str]) -> bytes:
    lines = "".join(f"--{BOUNDARY}\r\n{head}\r\n\r\n{content}\r\n" for head, content in parts)
    return f"{lines}--{BOUNDARY}--\r\n".encode()


FORM = multipart(
    ('Content-Disposition: form-data; name="a"', "1"),
    ('Content-Disposition: form-data; name="a"', "line\r\nline"),
    ('Content-Disposition: form-data; name="image"; filename="ä b.png"\r\nContent-Type: image/png', "content"),
    ('Content-Disposition: form-data; name="empty"; filename=""', ""),
)

RAW = [
    raw("post", sent=b'{"x": 1}', headers=[JSON, ("X-Custom", "v"), ("Cookie", "a=1; b=two")]),
    raw("post binary", sent=bytes(range(256)), headers=[("Content-Type", "application/octet-stream")]),
    raw("get", method="GET", target="/score?a=1&a=2&b=%C3%BC&c="),
    raw("form type keeps its body", sent=b"a=1&b=2", headers=[("Content-Type", "application/x-www-form-urlencoded")]),
    raw("options", method="OPTIONS", target="/score?do=describe"),
    raw("put", method="PUT", status=405, body=NOT_ALLOWED),
    raw("head", method="HEAD", body=b""),
    raw(
        "urlencoded form",
        "form",
        sent=b"a=1&a=2&c=x+y%21",
        headers=[("Content-Type", "application/x-www-form-urlencoded")],
        body={"fields": {"a": ["1", "2"], "c": ["x y!"]}, "files": {}},
    ),
    raw(
        "multipart form",
        "form",
        sent=FORM,
        headers=[MULTIPART],
        body={"fields": {"a": ["1", "line\r\nline"]}, "files": {"image": ["ä b.png", "content", "image/png"], "empty": ["", "", ""]}},
    ),
    raw("raise", "raise", status=500, body=SCRIPT, expected=FAILED),
    raw("none", "none", body=b"{}"),
    raw("dict", "dict", body=b'{"a": 1}', expected=OK),
    raw(
        "text",
        "text",
        status=201,
        body=b"made",
        expected={"content-type": "text/html; charset=utf-8", "x-ms-run-function-failed": "False", "x-ms-run-fn-exec-ms": "*"},
    ),
    raw("bytes", "bytes", body=b"\x00\xff", expected={"content-type": "image/png"}),
    raw("json", "json", body=b'{"b": 2}', expected=OK),
    raw("nothing", "nothing", status=202, body=b"{}", expected=OK),
    raw("headers", "headers", expected={"x-one": "1", "x-many": "a|b|c"}),
    raw("own status", "teapot", status=418, body=b"short and stout"),
    raw("own 503", "broken", status=503, body={"message": "own words"}, expected={"x-ms-run-function-failed": "True", "x-ms-run-fn-exec-ms": "*"}),
    raw("own flag", "failed", expected={"x-ms-run-function-failed": "True"}),
    raw("own ids are replaced", "ids", headers=[("x-request-id", "A")], expected={"x-request-id": "A", "x-ms-request-id": "A"}),
    raw("changed later", "later", status=203, body=b"body", expected={"x-later": "1|2"}),
    raw("list of pieces", "list", body=b"ab"),
    raw("dict that is not json", "keys", body=b"a"),
    raw("generator", "generator", body=b"012", expected={"x-ms-run-fn-exec-ms": "*"}),
    raw("lower case content type", "lower", body=b"l"),
    raw("header that is not text", "not_text", status=500, body=SCRIPT),
    raw("line break in a header", "injected", status=500, body=SCRIPT, expected={"x-two": None}),
    raw("accent in a header", "accents"),
    raw("json that is none", "bad_json", status=500, body=SCRIPT),
    raw("unicode", "unicode", body="ü€".encode()),
    raw("status as text", "html", status=201, expected={"content-type": "text/html"}),
    raw("no content", "empty", status=204, body=b""),
    Case("raw_contrib", "older path", body=b"POST True AMLRequest"),
    Case("raw_contrib", "older path options", method="OPTIONS", body=b"OPTIONS True AMLRequest"),
]

SWAGGER = [
    Case(script, f"swagger {version or 'default'}", method="GET", target=f"/swagger.json{version and '?version='}{version}", status=status)
    for script in ("text", "schema", "simple_schema", "mixed_schema", "raw")
    for version, status in (
        ("", 404 if script == "mixed_schema" else 200),
        ("2", 404 if script == "mixed_schema" else 200),
        ("2.0", 404 if script == "mixed_schema" else 200),
        ("3", 200),
        ("3.0", 200),
        ("3.1", 200),
        ("4", 404),
    )
]

SWAGGER_MORE = [
    Case("text", "swagger post", target="/swagger.json", status=405, body=NOT_ALLOWED),
    Case("text", "swagger head", method="HEAD", target="/swagger.json", body=b""),
    Case(
        "text",
        "swagger of a named service",
        method="GET",
        target="/swagger.json",
        environ={"SERVICE_NAME": "my model", "SERVICE_VERSION": "7", "SERVICE_PATH_PREFIX": "/a/b/"},
    ),
    Case("user_swagger", "own swagger 2", method="GET", target="/swagger.json", body={"mine": 2}),
    Case("user_swagger", "own swagger 3", method="GET", target="/swagger.json?version=3.0", body={"mine": 3}),
    Case("user_swagger", "made swagger 3.1", method="GET", target="/swagger.json?version=3.1"),
]

CORS = {"AML_CORS_ORIGINS": "https://b.example, https://a.example"}
ONE = {"AML_CORS_ORIGINS": "https://a.example"}
ANY = {"AML_CORS_ORIGINS": "*"}
PATTERN = {"AML_CORS_ORIGINS": r"https://.*\.example"}
PREFLIGHT = [
    ("Origin", "https://a.example"),
    ("Access-Control-Request-Method", "POST"),
    ("Access-Control-Request-Headers", "X-Z, x-a"),
]

CORS_CASES = [
    Case(
        "text",
        f"cors {name} {place.strip('/') or 'health'} {' '.join(value for _, value in headers)}".strip(),
        method=method,
        target=place,
        headers=headers,
        environ=environ,
        status=404 if place == "/nope" else 200,
        compare_body=False,
    )
    for name, environ in (("two", CORS), ("one", ONE), ("any", ANY), ("pattern", PATTERN))
    for method, place, headers in (
        ("GET", "/score", []),
        ("GET", "/score", [("Origin", "https://a.example")]),
        ("GET", "/score", [("Origin", "HTTPS://A.example")]),
        ("GET", "/score", [("Origin", "https://evil.test")]),
        ("GET", "/", [("Origin", "https://a.example")]),
        ("GET", "/nope", [("Origin", "https://a.example")]),
        ("OPTIONS", "/score", PREFLIGHT),
        ("OPTIONS", "/score", [("Origin", "https://a.example"), ("Access-Control-Request-Method", "DELETE")]),
    )
]

CASES = [*TEXT, *HEALTH, *IDS, *NUMBERS, *SCHEMA, *RAW, *SWAGGER, *SWAGGER_MORE, *CORS_CASES]
