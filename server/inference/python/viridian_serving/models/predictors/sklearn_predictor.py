"""scikit-learn models straight from numpy."""

from __future__ import annotations

import os
import pickle
import warnings
from typing import Any, List

import numpy as np

from ..mlmodel import MlflowModel
from ..outputs import Outputs
from .predictor import ArrayPredictor, Unsupported


class SklearnPredictor(ArrayPredictor):
    """Calls the estimator's method, as mlflow.sklearn's wrapper does, without the DataFrame in between."""

    title = "scikit-learn"

    def __init__(self, model: MlflowModel, estimator: Any) -> None:
        super().__init__(model.signature)
        self._check_names(estimator, model)
        self.estimator = estimator
        self.method = str(model.pyfunc.get("predict_fn", "predict"))
        self._predict = getattr(estimator, self.method)
        # The rows have no names here and the estimator may have been fitted on some; the order was checked above.
        warnings.filterwarnings("ignore", message="X does not have valid feature names", category=UserWarning)

    def run(self, inputs: List[np.ndarray]) -> Outputs:
        result = self._predict(inputs[0])
        if not isinstance(result, np.ndarray):
            raise TypeError(f"the estimator answers with {type(result).__name__}, not with an array")
        return Outputs(("predictions",), (result,), "bare")

    @staticmethod
    def _check_names(estimator: Any, model: MlflowModel) -> None:
        fitted = getattr(estimator, "feature_names_in_", None)
        if fitted is not None and model.signature.names and list(fitted) != list(model.signature.names):
            raise Unsupported("the estimator was fitted on other columns than the signature names")
        if len(model.signature.inputs) > 1 and model.signature.tensors:
            raise Unsupported("an estimator takes one input and the signature has several")


def load_estimator(model: MlflowModel) -> Any:
    """Loads the estimator without MLflow. Raises Unsupported, or whatever unpickling raises."""
    flavor = model.flavors["sklearn"]
    path = os.path.join(model.folder, flavor.get("pickled_model") or model.pyfunc["model_path"])
    form = flavor.get("serialization_format", "pickle")
    if form == "skops":
        import skops.io

        estimator = skops.io.load(path, trusted=flavor.get("skops_trusted_types"))
    elif form in ("pickle", "cloudpickle"):
        # What cloudpickle writes is a pickle whose own references import cloudpickle where it is needed.
        with open(path, "rb") as file:
            estimator = pickle.load(file)
    else:
        raise Unsupported(f"the serialization format {form} is not known here")
    _use_one_thread(estimator)
    return estimator


def _use_one_thread(estimator: Any) -> None:
    """Threads of an ensemble would fight the server for its core, and dispatching them costs more than most predictions."""
    try:
        parameters = [name for name in estimator.get_params(deep=True) if name == "n_jobs" or name.endswith("__n_jobs")]
        estimator.set_params(**dict.fromkeys(parameters, 1))
    except (AttributeError, TypeError, ValueError):
        return
