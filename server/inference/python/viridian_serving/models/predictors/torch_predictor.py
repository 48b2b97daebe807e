"""PyTorch models straight from numpy."""

from __future__ import annotations

import os
from typing import Any, List

import numpy as np
import torch

from ..mlmodel import MlflowModel
from ..outputs import Outputs
from .predictor import ArrayPredictor, Unsupported


class TorchPredictor(ArrayPredictor):
    """Calls the network as mlflow.pytorch's wrapper does: tables become matrices of single precision and answer with records."""

    title = "torch"

    def __init__(self, model: MlflowModel, network: Any) -> None:
        super().__init__(model.signature)
        if len(model.signature.inputs) > 1 and model.signature.tensors:
            raise Unsupported("a network takes one input and the signature has several")
        self._network = network
        self._is_table = bool(model.signature.columns)

    def run(self, inputs: List[np.ndarray]) -> Outputs:
        # The columns of a table lie one after the other, which decides in which order its rows are added up.
        values = np.asfortranarray(inputs[0], dtype=np.float32) if self._is_table else inputs[0]
        # What came as a binary tensor is a view of the request, and torch has no arrays that must not be written to.
        tensor = torch.from_numpy(values if values.flags.writeable else values.copy())
        with torch.inference_mode():
            result = self._network(tensor)
        if not isinstance(result, torch.Tensor):
            raise TypeError(f"the network answers with {type(result).__name__}, not with one tensor")
        array = result.numpy()
        return _as_records(array) if self._is_table else Outputs(("predictions",), (array,), "bare")


def _as_records(array: np.ndarray) -> Outputs:
    """A table has one column per value of a row, named by its position. Raises ValueError for what is no table."""
    if array.ndim > 2 or array.ndim == 0:
        raise ValueError(f"the network answers with {array.ndim} dimensions, which no table has")
    matrix = array.reshape(len(array), -1)
    return Outputs(tuple(map(str, range(matrix.shape[1]))), list(matrix.T), "records")


def load_network(model: MlflowModel) -> Any:
    """Loads the network without MLflow, as it is at prediction. Raises Unsupported, or whatever loading raises."""
    device = _device(model)
    if device != "cpu":
        raise Unsupported(f"the model runs on {device}")
    path = os.path.join(model.folder, model.flavors["pytorch"].get("model_data") or model.pyfunc["data"])
    exported = os.path.join(path, "model.pt2")
    if os.path.isfile(exported):
        return torch.export.load(exported).module()
    # What MLflow's own pickle module writes is a pickle whose references import cloudpickle where it is needed.
    network = torch.load(os.path.join(path, "model.pth") if os.path.isdir(path) else path, map_location="cpu", weights_only=False)
    network.eval()
    return network


def _device(model: MlflowModel) -> str:
    """Where MLflow would put the model."""
    config = model.pyfunc.get("config")
    wanted = config.get("device") if isinstance(config, dict) else None
    return str(wanted or os.environ.get("MLFLOW_DEFAULT_PREDICTION_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu"))
