"""Any model through MLflow itself: its parser, its enforcement of the signature, its wrapper of the flavour."""

from __future__ import annotations

import inspect
import os
from typing import Any, Dict, Hashable, List, Optional, Tuple

from ..check_columns import check_columns
from ..errors import InputError, clip
from ..mlmodel import MlflowModel
from ..outputs import Outputs
from ..payload import Named, Payload, Table
from .predictor import Predictor

#: Loaders whose models answer row by row. A custom pyfunc may do anything with its table, so its requests never share a run unless asked.
_ROW_WISE = frozenset(
    f"mlflow.{name}" for name in ("sklearn", "xgboost", "lightgbm", "catboost", "onnx", "pytorch", "tensorflow", "keras", "statsmodels")
)


class PyfuncPredictor(Predictor):
    """Inputs are pairs of what MLflow made of the payload, and its params."""

    title = "mlflow.pyfunc"

    def __init__(self, model: MlflowModel) -> None:
        import mlflow.pyfunc
        from mlflow.pyfunc import scoring_server

        # Some wrappers (transformers) answer differently when they serve.
        os.environ["_MLFLOW_IS_IN_SERVING_ENVIRONMENT"] = "true"
        self._parse = scoring_server.infer_and_parse_data
        self._model = mlflow.pyfunc.load_model(model.folder)
        self._schema = self._model.metadata.get_input_schema()
        self._signature = model.signature
        self._takes_params = "params" in inspect.signature(self._model.predict).parameters
        self._is_typed_by_hint = bool(model.raw.get("is_signature_from_type_hint"))
        self.is_row_wise = model.loader in _ROW_WISE

    def decode(self, payload: Payload) -> Tuple[Any, Optional[Dict[str, Any]]]:
        check_columns(self._signature, payload.content)
        if self._is_typed_by_hint:
            return payload.raw, payload.params
        try:
            return self._parse(as_mlflow_body(payload), self._schema), payload.params
        except Exception as error:
            raise InputError(_words(error)) from error

    def run(self, inputs: Tuple[Any, Optional[Dict[str, Any]]]) -> Outputs:
        data, params = inputs
        try:
            result = self._model.predict(data, params=params) if self._takes_params else self._model.predict(data)
        except Exception as error:
            if getattr(error, "error_code", None) in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST"):
                raise InputError(_words(error)) from error
            raise
        return Outputs(("predictions",), (result,), "bare")

    def rows(self, inputs: Tuple[Any, Any]) -> int:
        return len(inputs[0]) if hasattr(inputs[0], "columns") else 1

    def size(self, inputs: Tuple[Any, Any]) -> int:
        data = inputs[0]
        return int(data.memory_usage(index=False).sum()) if hasattr(data, "memory_usage") else int(getattr(data, "nbytes", 0))

    def key(self, inputs: Tuple[Any, Optional[Dict[str, Any]]]) -> Optional[Hashable]:
        data, params = inputs
        if not self.merges or params or not hasattr(data, "columns"):
            return None
        return tuple(data.columns), tuple(map(str, data.dtypes))

    def merge(self, inputs: List[Tuple[Any, Any]]) -> Tuple[Any, None]:
        import pandas

        return pandas.concat([data for data, _ in inputs], ignore_index=True), None


def as_mlflow_body(payload: Payload) -> Dict[str, Any]:
    """The payload in an envelope that MLflow knows; `input_data` is only known to the routes of Azure."""
    if payload.envelope != "input_data":
        return {payload.envelope: payload.raw}
    content = payload.content
    if isinstance(content, Named):
        return {"inputs": content.values}
    if isinstance(content, Table) and isinstance(payload.raw, dict):
        return {"dataframe_split": payload.raw}
    if content.columns is not None:
        return {"dataframe_records": payload.raw}
    return {"inputs": payload.raw}


def _words(error: BaseException) -> str:
    """What MLflow says, without the data that it repeats."""
    text = str(getattr(error, "message", None) or error)
    text = text.rsplit("Error: ", 1)[-1].strip()
    return clip(text.split("\n", 1)[0]) or type(error).__name__
