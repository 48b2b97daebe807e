"""`@rawhttp` on the seam to the script: was it asked for, and what object is the request."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Any

from .inputs import Call
from .raw_request import AMLRequest

_AML_REQUEST = "azureml_inference_server_http.api.aml_request"


def raw_http_requested() -> bool:
    """Whether the script used @rawhttp; the real package and the stand-in note it in the same place."""
    return bool(getattr(sys.modules.get(_AML_REQUEST), "_rawHttpRequested", False))


def make_raw_request(call: Call) -> Any:
    """Flask's own request where the script imported the real package, which depends on Flask; else the stand-in's."""
    flask = sys.modules.get("flask")
    real = sys.modules.get(_AML_REQUEST)
    if flask is None or getattr(real, "AMLRequest", AMLRequest) is AMLRequest:
        return AMLRequest(call.method, call.path, call.query, call.headers, call.body, call.remote_addr)
    return flask.Request(wsgi_environ(call))


def wsgi_environ(call: Call) -> dict[str, Any]:
    """The request as WSGI (PEP 3333) describes it."""
    host, _, port = (call.header("host") or "localhost").partition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": call.path.encode("utf-8").decode("latin-1"),
        "RAW_URI": f"{call.path}?{call.query.decode('latin-1')}" if call.query else call.path,
        "QUERY_STRING": call.query.decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": call.remote_addr or "",
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(call.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in call.headers:
        key = name.upper().replace("-", "_")
        if key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            environ[key] = value
            continue
        key = f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ
