"""The Open Inference Protocol, version 2: JSON tensors and the binary tensor extension, so that `tritonclient` works unmodified."""

from __future__ import annotations

import re
import struct
from typing import Any, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import unquote

import numpy as np

from .decode import decode_tensor, fit_shape, tensor_mismatch
from .errors import InputError, clip, show_value
from .outputs import Outputs, encode_json
from .payload import Named, Payload, Table, parse_json
from .predictors.predictor import ArrayPredictor
from .serving_model import ServingModel
from .signature import NUMERIC_COLUMNS, ColumnSpec, Spec, TensorSpec

SERVER_METADATA = encode_json(
    {"name": "viridian-python", "version": "1", "extensions": ["binary_tensor_data", "model_configuration", "model_repository"]}
)

#: What Triton's clients may ask for and this server does not do, with the words of the refusal.
_REFUSED = [
    (
        re.compile(r"/v2/models(?:/[^/]+(?:/versions/[^/]+)?)?/stats"),
        "This server does not keep the statistics of Triton. "
        "Requests, rows and run times are at /metrics, in the text format of Prometheus.",
    ),
    (
        re.compile(r"/v2/repository/models/[^/]+/(?:un)?load"),
        "The model is loaded with the deployment and stays; update the deployment to serve another.",
    ),
]

_MODEL_PATH = re.compile(r"/v2/models/([^/]+)(?:/versions/([^/]+))?(?:/(ready|config|infer))?/?")

#: Datatype of the protocol → numpy.
_DTYPES = {
    "BOOL": "bool", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64", "INT8": "int8", "INT16": "int16",
    "INT32": "int32", "INT64": "int64", "FP16": "float16", "FP32": "float32", "FP64": "float64", "BYTES": "object",
}  # fmt: skip
_DATATYPES = {dtype: datatype for datatype, dtype in _DTYPES.items()}
_COLUMN_DTYPES = {**NUMERIC_COLUMNS, "boolean": "bool"}
_MAX_ELEMENTS = 2**31


class InferRequest(NamedTuple):
    id: Optional[str]
    #: Exactly one of these two: what a predictor of arrays takes, or a payload that still has to be decoded.
    inputs: Optional[List[np.ndarray]]
    payload: Optional[Payload]
    #: Names to answer with and whether as bytes; None: all of them.
    outputs: Optional[List[Tuple[str, bool]]]
    all_binary: bool


def parse_path(path: str, name: str, version: str) -> Optional[str]:
    """`infer`, `ready`, `config` or `metadata` for a path of this model, else None."""
    match = _MODEL_PATH.fullmatch(path)
    if match is None or unquote(match.group(1)) != name or (match.group(2) is not None and unquote(match.group(2)) != version):
        return None
    return match.group(3) or "metadata"


def refusal(path: str) -> Optional[str]:
    """Why a path of Triton's own extensions is not answered; None for every other path."""
    return next((words for pattern, words in _REFUSED if pattern.fullmatch(path)), None)


def index(model: ServingModel) -> List[Dict[str, str]]:
    return [{"name": model.name, "version": model.version, "state": "READY", "reason": ""}]


def config(model: ServingModel) -> Dict[str, Any]:
    """The model in the names of Triton's configuration; `max_batch_size` is 0, as every shape is told whole."""
    described = metadata(model)
    return {
        "name": model.name,
        "platform": model.platform,
        "max_batch_size": 0,
        "input": [_config_of(tensor) for tensor in described["inputs"]],
        "output": [_config_of(tensor) for tensor in described["outputs"]],
    }


def _config_of(tensor: Dict[str, Any]) -> Dict[str, Any]:
    datatype = "STRING" if tensor["datatype"] == "BYTES" else tensor["datatype"]
    return {"name": tensor["name"], "data_type": f"TYPE_{datatype}", "dims": tensor["shape"]}


def metadata(model: ServingModel) -> Dict[str, Any]:
    outputs = [_describe(spec, index) for index, spec in enumerate(model.signature.outputs)]
    return {
        "name": model.name,
        "versions": [model.version],
        "platform": model.platform,
        "inputs": [_describe(spec, index) for index, spec in enumerate(model.signature.inputs)],
        "outputs": [{**output, "name": output["name"] if len(outputs) > 1 or _is_named(model) else "predictions"} for output in outputs],
    }


def _is_named(model: ServingModel) -> bool:
    return bool(model.signature.outputs) and model.signature.outputs[0].name is not None


def _describe(spec: Spec, index: int) -> Dict[str, Any]:
    return {"name": spec_name(spec, index), "datatype": _DATATYPES.get(_dtype(spec), "BYTES"), "shape": _shape(spec)}


def spec_name(spec: Spec, index: int) -> str:
    """The name under which the protocol knows an input; signatures may have none."""
    return spec.name if spec.name is not None else f"input-{index}"


def _dtype(spec: Spec) -> str:
    return spec.dtype if isinstance(spec, TensorSpec) else _COLUMN_DTYPES.get(spec.type, "object")


def _shape(spec: Spec) -> List[int]:
    return list(spec.shape) if isinstance(spec, TensorSpec) else [-1]


def read_request(body: bytes, json_length: Optional[str], model: ServingModel) -> InferRequest:
    """Reads JSON alone or JSON followed by binary tensors. Raises InputError naming the tensor, what was expected and what came."""
    end = _json_end(json_length, len(body))
    value = parse_json(body if end == len(body) else body[:end])
    if not isinstance(value, dict) or not isinstance(value.get("inputs"), list):
        raise InputError('The body must be a JSON object with a list of tensors as "inputs".')
    request_id = value.get("id")
    if request_id is not None and not isinstance(request_id, str):
        raise InputError(f'"id" must be text, got {show_value(request_id)}.')
    given = _read_tensors(value["inputs"], memoryview(body)[end:])
    outputs, all_binary = _read_outputs(value)
    predictor = model.predictor
    if isinstance(predictor, ArrayPredictor):
        return InferRequest(request_id, _to_arrays(given, model), None, outputs, all_binary)
    return InferRequest(request_id, None, _to_payload(given, model), outputs, all_binary)


def _json_end(text: Optional[str], length: int) -> int:
    if text is None:
        return length
    if not re.fullmatch(r"\d{1,10}", text):
        raise InputError("Inference-Header-Content-Length is not a number.")
    if int(text) > length:
        raise InputError(f"Inference-Header-Content-Length is {text}, but the body has {length} bytes.")
    return int(text)


def _read_tensors(entries: List[Any], binary: memoryview) -> Dict[str, np.ndarray]:
    given: Dict[str, np.ndarray] = {}
    position = 0
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise InputError(f'Every input must be an object with a "name", got {show_value(entry)}.')
        tensor = _declared(entry)
        if tensor.name in given:
            raise InputError(f'Input "{clip(str(tensor.name))}" is given twice.')
        size = (entry.get("parameters") or {}).get("binary_data_size")
        if size is None:
            given[str(tensor.name)] = _from_json(tensor, entry.get("data"))
            continue
        if not isinstance(size, int) or isinstance(size, bool) or size < 0 or position + size > len(binary):
            raise InputError(f'Input "{tensor.name}" expects {show_value(size)} bytes of binary data, got {len(binary) - position}.')
        given[str(tensor.name)] = _from_binary(tensor, binary[position : position + size])
        position += size
    if position != len(binary):
        raise InputError(f"The body has {len(binary) - position} bytes behind the last tensor.")
    return given


def _declared(entry: Dict[str, Any]) -> TensorSpec:
    name, datatype, shape = entry["name"], entry.get("datatype"), entry.get("shape")
    if datatype not in _DTYPES:
        raise InputError(f'Input "{clip(name)}" has the datatype {show_value(datatype)}; known are {", ".join(_DTYPES)}.')
    if not isinstance(shape, list) or not all(type(axis) is int and axis >= 0 for axis in shape):
        raise InputError(f'The shape of input "{clip(name)}" must be a list of lengths, got {show_value(shape)}.')
    if _elements(shape) > _MAX_ELEMENTS or len(shape) > 32:
        raise InputError(f'The shape of input "{clip(name)}" is too large.')
    return TensorSpec(name, _DTYPES[datatype], tuple(shape))


def _elements(shape: Any) -> int:
    count = 1
    for axis in shape:
        count *= axis
    return count


def _from_json(tensor: TensorSpec, data: Any) -> np.ndarray:
    """Flat in row-major order, or nested as the shape says."""
    if not isinstance(data, list):
        raise InputError(f'"data" of input "{tensor.name}" must be a list, got {show_value(data)}.')
    if data and isinstance(data[0], list):
        return decode_tensor(tensor, data)
    count = _elements(tensor.shape)
    flat = decode_tensor(TensorSpec(tensor.name, tensor.dtype, (-1,)), data)
    if len(flat) != count:
        raise tensor_mismatch(tensor, f"{len(flat)} values")
    return flat.reshape(tensor.shape)


def _from_binary(tensor: TensorSpec, data: memoryview) -> np.ndarray:
    if tensor.dtype == "object":
        return _read_texts(tensor, bytes(data))
    dtype = np.dtype(tensor.dtype).newbyteorder("<")
    count = _elements(tensor.shape)
    if len(data) != count * dtype.itemsize:
        raise tensor_mismatch(tensor, f"{len(data)} bytes")
    return np.frombuffer(data, dtype).astype(tensor.dtype, copy=False).reshape(tensor.shape)


def _read_texts(tensor: TensorSpec, data: bytes) -> np.ndarray:
    texts: List[str] = []
    position = 0
    while position < len(data):
        length = struct.unpack_from("<I", data, position)[0] if position + 4 <= len(data) else len(data)
        if position + 4 + length > len(data):
            raise tensor_mismatch(tensor, "bytes that end within a text")
        try:
            texts.append(data[position + 4 : position + 4 + length].decode("utf-8"))
        except UnicodeDecodeError:
            raise tensor_mismatch(tensor, "bytes that are not UTF-8") from None
        position += 4 + length
    if len(texts) != _elements(tensor.shape):
        raise tensor_mismatch(tensor, f"{len(texts)} texts")
    return np.array(texts, dtype=object).reshape(tensor.shape)


def _read_outputs(value: Dict[str, Any]) -> Tuple[Optional[List[Tuple[str, bool]]], bool]:
    all_binary = bool((value.get("parameters") or {}).get("binary_data_output", False))
    wanted = value.get("outputs")
    if wanted is None:
        return None, all_binary
    if not isinstance(wanted, list) or not all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in wanted):
        raise InputError('"outputs" must be a list of objects with a "name".')
    return [(item["name"], bool((item.get("parameters") or {}).get("binary_data", all_binary))) for item in wanted] or None, all_binary


def _by_spec(given: Dict[str, np.ndarray], model: ServingModel) -> List[np.ndarray]:
    """The tensors in the order of the signature. Raises InputError for one that is missing or unknown."""
    specs = model.signature.inputs
    names = [spec_name(spec, index) for index, spec in enumerate(specs)]
    if len(specs) == 1 and len(given) == 1 and specs[0].name is None:
        return list(given.values())
    known = ", ".join(f'"{name}"' for name in names)
    for name in given:
        if name not in names:
            raise InputError(f'The model has no input "{clip(name)}". Its inputs: {known}.')
    for name, spec in zip(names, specs):
        if name not in given and not (isinstance(spec, ColumnSpec) and not spec.required):
            raise InputError(f'Input "{name}" is missing, got {clip(", ".join(given)) or "nothing"}.')
    return [given[name] for name in names if name in given]


def _to_arrays(given: Dict[str, np.ndarray], model: ServingModel) -> List[np.ndarray]:
    signature = model.signature
    if signature.tensors:
        arrays = zip(signature.tensors, _by_spec(given, model))
        return [_convert(tensor, array) for tensor, array in arrays]
    return [_to_matrix(given, model)]


def _convert(tensor: TensorSpec, array: np.ndarray) -> np.ndarray:
    """An array of the declared type in the type of the signature, where that loses nothing."""
    if array.dtype == np.dtype(tensor.dtype):
        return fit_shape(tensor, array)
    return decode_tensor(tensor, array)


def _to_matrix(given: Dict[str, np.ndarray], model: ServingModel) -> np.ndarray:
    """The rows of a table: a tensor per column, or one tensor that holds all columns."""
    columns = model.signature.columns
    types = [NUMERIC_COLUMNS[column.type] for column in columns]
    only = next(iter(given.values())) if len(given) == 1 else None
    if only is not None and only.ndim == 2 and only.shape[1] == len(columns) and next(iter(given)) not in model.signature.names:
        parts = [only[:, position] for position in range(len(columns))]
    else:
        parts = [array.reshape(-1) if array.ndim == 2 and array.shape[1] == 1 else array for array in _by_spec(given, model)]
    arrays = []
    for column, dtype, part in zip(columns, types, parts):
        if part.ndim != 1 or len(part) != len(parts[0]):
            raise InputError(f'Input "{column.name}" expects shape [{len(parts[0])}], got {list(part.shape)}.')
        arrays.append(decode_tensor(TensorSpec(column.name, dtype, (-1,)), part))
    matrix = np.empty((len(arrays[0]), len(arrays)), np.result_type(*types))
    for position, array in enumerate(arrays):
        matrix[:, position] = array
    return matrix


def _to_payload(given: Dict[str, np.ndarray], model: ServingModel) -> Payload:
    """What MLflow's own parser takes."""
    signature = model.signature
    if not signature.columns:
        values: Any = {name: array.tolist() for name, array in given.items()}
        if len(values) == 1 and (not signature.names):
            rows = next(iter(values.values()))
            return Payload(Table(None, rows, "inputs"), "inputs", rows, None)
        return Payload(Named(values, "inputs"), "inputs", values, None)
    names = [spec_name(spec, index) for index, spec in enumerate(signature.inputs)]
    present = [name for name in names if name in given]
    columns = [array.reshape(-1).tolist() for array in _by_spec(given, model)]
    if len({len(column) for column in columns}) > 1:
        raise InputError("The inputs are columns of a table and have to have the same length.")
    rows = [list(row) for row in zip(*columns)]
    raw = {"columns": present, "data": rows}
    return Payload(Table(present, rows, "inputs"), "dataframe_split", raw, None)


def write_response(request: InferRequest, outputs: Outputs, model: ServingModel) -> Tuple[Optional[int], bytes]:
    """The body, and the length of its JSON where binary tensors follow it. Raises InputError for an output that is not there."""
    arrays = _named_arrays(outputs, model)
    wanted = request.outputs or [(name, request.all_binary) for name in arrays]
    written = []
    binary: List[bytes] = []
    for name, as_bytes in wanted:
        if name not in arrays:
            raise InputError(f'The model has no output "{clip(name)}". Its outputs: {", ".join(arrays)}.')
        array = arrays[name]
        entry: Dict[str, Any] = {"name": name, "datatype": _datatype(array), "shape": list(array.shape)}
        if as_bytes:
            data = _to_bytes(array)
            binary.append(data)
            entry["parameters"] = {"binary_data_size": len(data)}
        else:
            entry["data"] = [_to_text(item) for item in array.ravel()] if _datatype(array) == "BYTES" else array.ravel().tolist()
        written.append(entry)
    answer: Dict[str, Any] = {"model_name": model.name, "model_version": model.version, "outputs": written}
    if request.id is not None:
        answer["id"] = request.id
    head = encode_json(answer)
    return (len(head), head + b"".join(binary)) if binary else (None, head)


def _named_arrays(outputs: Outputs, model: ServingModel) -> Dict[str, np.ndarray]:
    first = outputs.arrays[0]
    if hasattr(first, "columns"):
        return {str(name): np.asarray(first[name]) for name in first.columns}
    if isinstance(first, dict):
        return {str(name): np.asarray(value) for name, value in first.items()}
    names = list(outputs.names)
    if outputs.form == "bare" and _is_named(model) and len(model.signature.outputs) == 1:
        names = [str(model.signature.outputs[0].name)]
    return {name: np.asarray(array) for name, array in zip(names, outputs.arrays)}


def _datatype(array: np.ndarray) -> str:
    return _DATATYPES.get(array.dtype.name, "BYTES")


def _to_bytes(array: np.ndarray) -> bytes:
    if _datatype(array) != "BYTES":
        return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    texts = [_to_text(item).encode() for item in array.ravel()]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def _to_text(item: Any) -> str:
    if isinstance(item, str):
        return item
    return item.decode("utf-8", "replace") if isinstance(item, bytes) else encode_json(item).decode()
