"""The routes of a model server: Azure's, MLflow's and the Open Inference Protocol's. The middle is the same for all of them."""

from __future__ import annotations

import os
import sys
import traceback
import zlib
from typing import Any, Callable, Dict, Optional, Tuple

from ..app import App
from ..failures import StartFailure
from ..http.message import JSON_HEADERS, HeaderPairs, Request, Respond, Response
from ..settings import ModelSettings, ServerSettings
from . import infer_protocol
from .batch_queue import Abandoned, BatchQueue, Job, QueueFull
from .decode import convert_csv, parse_csv
from .errors import InputError, clip
from .metrics import Metrics
from .openapi import describe_api
from .outputs import Outputs, encode_json
from .parquet import parse_parquet
from .payload import INVOCATION_ENVELOPES, SCORE_ENVELOPES, Payload, parse_json, read_payload
from .serving_model import ServingModel

_RETRY: HeaderPairs = (*JSON_HEADERS, ("retry-after", "1"))
_BINARY_TYPE = "application/octet-stream"

Encode = Callable[[Outputs], Response]


class Refusal(Exception):
    """A request that is answered with a status of its own."""

    def __init__(self, status: int, code: str, message: str, headers: HeaderPairs = JSON_HEADERS) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers


class ModelApp(App):
    """Serves one model."""

    def __init__(self, kind: str, settings: ModelSettings, server: ServerSettings) -> None:
        self.kind = kind
        self._settings = settings
        self._server = server
        self._model: ServingModel = None  # type: ignore[assignment]
        self._queue: BatchQueue = None  # type: ignore[assignment]
        self._metrics = Metrics()
        self._document = b""
        self._posts: Dict[str, Tuple[str, Callable[[Request, Respond], None]]] = {
            "/score": ("score", self._score),
            "/invocations": ("invocations", self._invoke),
        }
        self._gets: Dict[str, Callable[[], Response]] = {
            "/": lambda: Response(200, b'{"status":"healthy"}', JSON_HEADERS),
            "/ping": lambda: Response(200, b"\n", JSON_HEADERS),
            "/health": lambda: Response(200, b"\n", JSON_HEADERS),
            "/version": lambda: Response(200, (self._model.mlflow_version or "").encode(), JSON_HEADERS),
            "/swagger.json": lambda: Response(200, self._document, JSON_HEADERS),
            "/openapi.json": lambda: Response(200, self._document, JSON_HEADERS),
            "/v2": lambda: Response(200, infer_protocol.SERVER_METADATA, JSON_HEADERS),
            "/v2/health/live": lambda: Response(200, b'{"live":true}', JSON_HEADERS),
            "/v2/health/ready": lambda: Response(200, b'{"ready":true}', JSON_HEADERS),
        }

    # The life of the instance.

    def load(self) -> None:
        # A pool of threads does not survive a fork: sessions of torch, TensorFlow and onnxruntime are made in each worker.
        if self._server.workers == 1 or (self._server.threads == 1 and self._is_forkable()):
            self._load()

    def start_worker(self) -> None:
        if self._model is None:
            self._load()

    def _is_forkable(self) -> bool:
        """Whether workers can share the pages of the model."""
        if self.kind != "mlflow" or not os.path.isdir(self._settings.model_dir):
            return False
        from .mlmodel import find_mlmodel, read_mlmodel

        return read_mlmodel(find_mlmodel(self._settings.model_dir), None).loader == "mlflow.sklearn"

    def _load(self) -> None:
        try:
            self._model = _load_model(self.kind, self._settings, self._server)
        except StartFailure:
            raise
        except MemoryError as error:
            raise StartFailure("model does not load: there is not enough memory", 1) from error
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            raise StartFailure(f"model does not load: {type(error).__name__}: {error}") from error
        self._document = encode_json(describe_api(self._model))

    async def startup(self) -> None:
        settings = self._settings
        self._queue = BatchQueue(
            self._model.predictor,
            settings.max_batch_rows,
            settings.max_queued_requests,
            settings.max_queued_bytes,
            self._metrics.count_run,
        )
        self._queue.start(self._model.run_seconds)

    async def shutdown(self) -> None:
        self._queue.close()

    def metrics(self) -> str:
        return self._metrics.format(self._queue.waiting_jobs, self._queue.running_jobs)

    # Routes.

    def dispatch(self, request: Request, respond: Respond) -> None:
        post = self._posts.get(request.path)
        route = post[0] if post is not None else "infer" if request.path.startswith(("/v2/models/", "/v2/repository/")) else "other"
        try:
            if "content-encoding" in request.headers:
                request.body = _inflate(request, self._server.max_body_bytes)
            if post is not None:
                _require("POST", request)
                post[1](request, respond)
            elif route == "infer":
                self._route_model(request, respond)
            else:
                respond(self._get(request))
        except Exception as error:
            respond(self._failure(route, error))

    def _get(self, request: Request) -> Response:
        answer = self._gets.get(request.path.rstrip("/") or "/")
        if answer is None:
            raise Refusal(404, "not_found", f"There is nothing at {clip(request.path)}.")
        _require("GET", request)
        self._metrics.count_request("other", 200)
        return answer()

    def _score(self, request: Request, respond: Respond) -> None:
        payload = read_payload(parse_json(request.body), SCORE_ENVELOPES)
        self._predict("score", payload, request, respond, _encode_bare)

    def _invoke(self, request: Request, respond: Respond) -> None:
        self._predict("invocations", self._read_invocation(request), request, respond, _encode_predictions)

    def _read_invocation(self, request: Request) -> Payload:
        """A body of MLflow's route in the type that it names."""
        content_type = request.headers.get("content-type") or "application/json"
        if content_type != "application/json":
            kind = _media_type(content_type)
            if kind in ("text/csv", "application/vnd.apache.parquet"):
                return self._read_table(kind, request.body)
        return read_payload(parse_json(request.body), INVOCATION_ENVELOPES)

    def _read_table(self, kind: str, body: bytes) -> Payload:
        table = convert_csv(parse_csv(body), self._model.signature) if kind == "text/csv" else parse_parquet(body)
        return Payload(table, "dataframe_split", {"columns": table.columns, "data": table.rows}, None)

    def _route_model(self, request: Request, respond: Respond) -> None:
        refused = infer_protocol.refusal(request.path)
        if refused is not None:
            raise Refusal(400, "not_supported", refused)
        if request.path == "/v2/repository/index":
            _require("POST", request)
            self._answer_facts(infer_protocol.index(self._model), respond)
            return
        action = infer_protocol.parse_path(request.path, self._model.name, self._model.version)
        if action is None:
            words = f"this instance serves {self._model.name}, version {self._model.version}"
            raise Refusal(404, "not_found", f"There is no model at {clip(request.path)}; {words}.")
        if action != "infer":
            _require("GET", request)
            self._answer_facts(self._facts(action), respond)
            return
        _require("POST", request)
        infer = infer_protocol.read_request(request.body, request.headers.get("inference-header-content-length"), self._model)
        self._predict("infer", infer.payload, request, respond, lambda outputs: _encode_infer(infer, outputs, self._model), infer.inputs)

    def _facts(self, action: str) -> Any:
        if action == "ready":
            return {"name": self._model.name, "ready": True}
        return infer_protocol.config(self._model) if action == "config" else infer_protocol.metadata(self._model)

    def _answer_facts(self, facts: Any, respond: Respond) -> None:
        self._metrics.count_request("metadata", 200)
        respond(Response(200, encode_json(facts), JSON_HEADERS))

    # The middle.

    def _predict(self, route: str, payload: Payload, request: Request, respond: Respond, encode: Encode, inputs: Any = None) -> None:
        predictor = self._model.predictor
        if payload is not None:
            self._check_params(payload)
            inputs = predictor.decode(payload)

        def done(outputs: Optional[Outputs], error: Optional[BaseException]) -> None:
            try:
                if error is not None:
                    raise error
                response = encode(outputs)  # type: ignore[arg-type]
                self._model.has_run = True
                self._metrics.count_request(route, 200)
            except Exception as failure:
                response = self._failure(route, failure)
            respond(response)

        job = Job(inputs, predictor.rows(inputs), predictor.size(inputs), predictor.key(inputs), done, lambda: request.aborted)
        self._queue.submit(job)

    def _check_params(self, payload: Payload) -> None:
        if not payload.params:
            return
        known = {param.name for param in self._model.signature.params}
        unknown = [name for name in payload.params if name not in known]
        if unknown:
            words = f"takes the params {', '.join(sorted(known))}" if known else "takes no params"
            raise InputError(f'The model has no param "{clip(unknown[0])}"; it {words}.')

    # Errors.

    def _failure(self, route: str, error: BaseException) -> Response:
        status, code, message, headers = self._explain(error)
        self._metrics.count_request(route, status)
        if route == "invocations":
            body: Any = {"error_code": _MLFLOW_CODES.get(status, "INTERNAL_ERROR"), "message": message}
        elif route == "infer":
            body = {"error": message}
        else:
            body = {"error": {"code": code, "message": message}}
        return Response(status, encode_json(body), headers)

    def _explain(self, error: BaseException) -> Tuple[int, str, str, HeaderPairs]:
        if isinstance(error, InputError):
            return 400, "invalid_input", str(error), JSON_HEADERS
        if isinstance(error, Refusal):
            return error.status, error.code, str(error), error.headers
        if isinstance(error, QueueFull):
            return 503, "queue_full", f"The instance is busy: {error}.", _RETRY
        if isinstance(error, Abandoned):
            return 499, "client_left", str(error), JSON_HEADERS
        words = clip(f"{error}".split("\n", 1)[0]) or type(error).__name__
        # A model that has predicted is a function of its input: what fails now is the input.
        is_input = self._model.has_run and not isinstance(error, MemoryError)
        if not is_input:
            traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
        return 400 if is_input else 500, "model_error", f"The model failed on this input: {words}", JSON_HEADERS


_MLFLOW_CODES = {
    400: "BAD_REQUEST",
    404: "ENDPOINT_NOT_FOUND",
    413: "REQUEST_LIMIT_EXCEEDED",
    415: "BAD_REQUEST",
    503: "TEMPORARILY_UNAVAILABLE",
}


def _load_model(kind: str, settings: ModelSettings, server: ServerSettings) -> ServingModel:
    if not os.path.isdir(settings.model_dir) and kind == "mlflow":
        raise StartFailure(f"model does not load: there is no folder {settings.model_dir}")
    if kind == "mlflow":
        from .load_mlflow import load_mlflow

        return load_mlflow(settings)
    from .load_onnx import load_onnx

    return load_onnx(settings, server.threads)


def _require(method: str, request: Request) -> None:
    if request.method != method and not (method == "GET" and request.method == "HEAD"):
        raise Refusal(405, "method_not_allowed", f"Use {method}.", (*JSON_HEADERS, ("allow", method)))


def _media_type(content_type: str) -> str:
    """The type without parameters. Raises Refusal for what MLflow refuses too."""
    kind, *parameters = (part.strip() for part in content_type.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() != "charset":
            raise Refusal(415, "unsupported_type", f"The content type has the unknown parameter {clip(name)}.")
        if value.strip().strip('"').lower() != "utf-8":
            raise Refusal(415, "unsupported_type", "Only UTF-8 is understood here.")
    kind = kind.lower()
    if kind not in ("application/json", "text/csv", "application/vnd.apache.parquet"):
        raise Refusal(
            415, "unsupported_type", f"The content types are application/json, text/csv and application/vnd.apache.parquet, got {clip(kind)}."
        )
    return kind


def _inflate(request: Request, limit: int) -> bytes:
    """The body without its content coding. Raises Refusal; a small body that grows beyond the limit is an attack."""
    coding = (request.headers.get("content-encoding") or "").strip().lower()
    if coding in ("", "identity"):
        return request.body
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise Refusal(415, "invalid_encoding", f"Content-Encoding {clip(coding)} is not supported; gzip and deflate are.")
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        body = inflater.decompress(request.body, limit + 1)
    except zlib.error:
        raise Refusal(400, "invalid_encoding", f"The body is not valid {coding}.") from None
    if len(body) > limit:
        raise Refusal(413, "invalid_encoding", f"The body is larger than {limit} bytes when inflated.")
    if not inflater.eof:
        raise Refusal(400, "invalid_encoding", f"The body is {coding} that ends too early.")
    return body


def _encode_bare(outputs: Outputs) -> Response:
    return Response(200, encode_json(outputs.to_python()), JSON_HEADERS)


def _encode_predictions(outputs: Outputs) -> Response:
    return Response(200, encode_json({"predictions": outputs.to_python()}), JSON_HEADERS)


def _encode_infer(infer: infer_protocol.InferRequest, outputs: Outputs, model: ServingModel) -> Response:
    json_length, body = infer_protocol.write_response(infer, outputs, model)
    if json_length is None:
        return Response(200, body, JSON_HEADERS)
    return Response(200, body, [("content-type", _BINARY_TYPE), ("Inference-Header-Content-Length", str(json_length))])
