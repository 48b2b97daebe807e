"""ONNX models straight from numpy."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional

import numpy as np

from ..mlmodel import MlflowModel
from ..outputs import Outputs
from ..signature import Signature, TensorSpec
from .predictor import ArrayPredictor, Unsupported

#: Element types of onnxruntime → numpy.
ONNX_DTYPES = {
    "tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16", "tensor(bool)": "bool", "tensor(string)": "object",
    "tensor(int8)": "int8", "tensor(int16)": "int16", "tensor(int32)": "int32", "tensor(int64)": "int64",
    "tensor(uint8)": "uint8", "tensor(uint16)": "uint16", "tensor(uint32)": "uint32", "tensor(uint64)": "uint64",
}  # fmt: skip


def open_session(path: str, threads: int, providers: Optional[List[Any]] = None) -> Any:
    """An onnxruntime session. One operator at a time; `threads` within it, which do not spin while nothing is to be done."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    available = onnxruntime.get_available_providers()
    usable = [provider for provider in providers or available if _provider_name(provider) in available]
    return onnxruntime.InferenceSession(path, options, providers=usable or ["CPUExecutionProvider"])


def _provider_name(provider: Any) -> str:
    return provider if isinstance(provider, str) else provider[0]


def session_signature(session: Any) -> Signature:
    """Inputs and outputs of the graph. Raises Unsupported for an input that is no tensor."""
    for node in session.get_inputs():
        if node.type not in ONNX_DTYPES:
            raise Unsupported(f'input "{node.name}" is a {node.type}, and only tensors can be sent')
    outputs = [node for node in session.get_outputs() if node.type in ONNX_DTYPES]
    return Signature(tuple(map(_spec, session.get_inputs())), tuple(map(_spec, outputs)))


def _spec(node: Any) -> TensorSpec:
    return TensorSpec(node.name, ONNX_DTYPES[node.type], tuple(axis if isinstance(axis, int) and axis >= 0 else -1 for axis in node.shape))


class OnnxPredictor(ArrayPredictor):
    """Runs a graph on the tensors it names."""

    title = "onnxruntime"

    def __init__(self, session: Any, signature: Signature) -> None:
        super().__init__(signature)
        self._session = session
        self._inputs = [node.name for node in session.get_inputs()]
        self._outputs = [node.name for node in session.get_outputs()]
        self._form = "bare" if len(self._outputs) == 1 else "mapping"

    def run(self, inputs: List[np.ndarray]) -> Outputs:
        return Outputs(tuple(self._outputs), self._session.run(self._outputs, self._feed(inputs)), self._form)

    def _feed(self, inputs: List[np.ndarray]) -> Dict[str, np.ndarray]:
        return dict(zip(self._inputs, inputs))


class MlflowOnnxPredictor(OnnxPredictor):
    """As mlflow.onnx's wrapper: columns become the one input's matrix, doubles become what the graph wants, tables answer with records."""

    def __init__(self, model: MlflowModel) -> None:
        flavor = model.flavors["onnx"]
        path = os.path.join(model.folder, flavor.get("data") or model.pyfunc["data"])
        session = open_session(path, int(os.environ.get("OMP_NUM_THREADS", "1")), flavor.get("providers"))
        super().__init__(session, model.signature)
        self._narrow = [node.type == "tensor(float)" for node in session.get_inputs()]
        self._form = "records" if model.signature.columns else "mapping"
        if model.signature.columns and len(self._inputs) > 1:
            raise Unsupported("the graph takes its columns one by one")
        self._inputs = self._order_inputs(model.signature)

    def _order_inputs(self, signature: Signature) -> List[str]:
        names = [tensor.name for tensor in signature.tensors]
        if signature.columns or names == [None]:
            return self._inputs[:1]
        if sorted(map(str, names)) != sorted(self._inputs):
            raise Unsupported("the signature names other inputs than the graph")
        self._narrow = [self._narrow[self._inputs.index(str(name))] for name in names]
        return [str(name) for name in names]

    def _feed(self, inputs: List[np.ndarray]) -> Dict[str, np.ndarray]:
        narrowed = (array.astype(np.float32) if narrow and array.dtype == np.float64 else array for narrow, array in zip(self._narrow, inputs))
        return dict(zip(self._inputs, narrowed))
