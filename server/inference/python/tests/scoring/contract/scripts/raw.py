"""@rawhttp: the request as it came."""

import hashlib

from azureml_inference_server_http.api.aml_request import AMLRequest, rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse


def init():
    pass


@rawhttp
def run(request: AMLRequest):
    return ORDERS[request.args.get("do", "describe")](request)


def describe(request):
    return {
        "method": request.method,
        "path": request.path,
        "full_path": request.full_path,
        "query": request.query_string.decode(),
        "args": request.args.to_dict(flat=False),
        "body": hashlib.sha256(request.get_data()).hexdigest(),
        "data": len(request.data),
        "json": request.get_json(silent=True),
        "type": request.content_type,
        "mimetype": request.mimetype,
        "is_json": request.is_json,
        "header": request.headers.get("x-custom"),
        "missing": request.headers.get("x-missing", "none"),
        "cookies": dict(request.cookies),
    }


def form(request):
    files = {name: [item.filename, item.read().decode(), item.mimetype] for name, item in request.files.items()}
    return {"fields": request.form.to_dict(flat=False), "files": files}


def later(request):
    response = AMLResponse("body", 200)
    response.headers["X-Later"] = "1"
    response.headers.add("X-Later", "2")
    response.status_code = 203
    return response


def fail(request):
    raise RuntimeError("the secret of the script")


ORDERS = {
    "describe": describe,
    "form": form,
    "raise": fail,
    "none": lambda request: None,
    "dict": lambda request: {"a": 1},
    "text": lambda request: AMLResponse("made", 201),
    "bytes": lambda request: AMLResponse(b"\x00\xff", 200, {"Content-Type": "image/png"}),
    "json": lambda request: AMLResponse({"b": 2}, 200, json_str=True),
    "nothing": lambda request: AMLResponse(None, 202),
    "headers": lambda request: AMLResponse("h", 200, {"X-One": "1", "X-Many": "a, b,c"}),
    "teapot": lambda request: AMLResponse("short and stout", 418),
    "broken": lambda request: AMLResponse({"message": "own words"}, 503, json_str=True),
    "failed": lambda request: AMLResponse("failed", 200, run_function_failed=True),
    "ids": lambda request: AMLResponse("ids", 200, {"x-request-id": "mine", "x-ms-request-id": "mine"}),
    "later": later,
    "list": lambda request: AMLResponse(["a", b"b"], 200),
    "keys": lambda request: AMLResponse({"a": 1}, 200),
    "generator": lambda request: AMLResponse((str(n) for n in range(3)), 200),
    "lower": lambda request: AMLResponse("l", 200, {"content-type": "text/csv"}),
    "not_text": lambda request: AMLResponse("n", 200, {"X-Number": 1}),
    "injected": lambda request: AMLResponse("i", 200, {"X-One": "a\r\nX-Two: b"}),
    "accents": lambda request: AMLResponse("a", 200, {"X-Accent": "caf\u00e9"}),
    "bad_json": lambda request: AMLResponse({1, 2}, 200, json_str=True),
    "unicode": lambda request: AMLResponse("ü€", 200),
    "html": lambda request: AMLResponse("<p>", "201 Made", {"Content-Type": "text/html"}),
    "empty": lambda request: AMLResponse("", 204),
}
