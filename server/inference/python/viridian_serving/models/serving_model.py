"""A model that is ready to predict, and everything about it that answers depend on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from .predictors.predictor import Predictor
from .signature import Signature


@dataclass
class ServingModel:
    name: str
    version: str
    #: As the Open Inference Protocol calls it: `mlflow_sklearn`, `onnxruntime_onnx`.
    platform: str
    signature: Signature
    predictor: Predictor
    #: Bodies that the model takes, to warm up with and to show; in the form of `/invocations`.
    examples: List[Dict[str, Any]] = field(default_factory=list)
    #: Whether something was predicted: from then on a failing run is the doing of its input.
    has_run: bool = False
    #: Seconds of a run of one row, as the warm-up measured it.
    run_seconds: float = 0.0
    mlflow_version: Optional[str] = None
