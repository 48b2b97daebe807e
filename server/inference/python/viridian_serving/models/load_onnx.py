"""From an ONNX file to a model that predicts."""

from __future__ import annotations

import os
import random
from typing import Any, Dict, List

from ..failures import StartFailure
from ..settings import ModelSettings
from .predictors.onnx_predictor import OnnxPredictor, open_session, session_signature
from .predictors.predictor import Unsupported
from .proof import Verdict, tensor_body
from .prove_merging import prove_merging
from .serving_model import ServingModel
from .startup_log import phase, say, version_of

_SAMPLE_ROWS = 16


def load_onnx(settings: ModelSettings, threads: int) -> ServingModel:
    """Raises StartFailure for what cannot be served."""
    from .load_mlflow import warm_up

    path = find_onnx(settings.model_dir)
    say(f"onnxruntime {version_of('onnxruntime')}, numpy {version_of('numpy')}")
    with phase("loading the model"):
        try:
            session = open_session(path, threads)
            signature = session_signature(session)
            predictor = OnnxPredictor(session, signature)
        except Unsupported as reason:
            raise StartFailure(f"model does not load: {reason}") from None
        except Exception as error:
            raise StartFailure(f"model does not load: {error}") from error
    bodies: List[Dict[str, Any]] = []
    if all(tensor.dtype != "object" for tensor in signature.tensors):
        bodies = [tensor_body(signature, random.Random(7), _SAMPLE_ROWS)]
    _decide_merging(predictor, settings, bodies)
    name = settings.name or os.path.splitext(os.path.basename(path))[0]
    served = ServingModel(name, settings.version, "onnxruntime_onnx", signature, predictor)
    warm_up(served, bodies)
    return served


def find_onnx(model_dir: str) -> str:
    """The one .onnx file of a folder or one level below, or the path itself. Raises StartFailure."""
    if os.path.isfile(model_dir):
        return model_dir
    found: List[str] = []
    try:
        for entry in sorted(os.scandir(model_dir), key=lambda item: item.name):
            below = [entry] if entry.is_file() else sorted(os.scandir(entry.path), key=lambda item: item.name)
            found += [item.path for item in below if item.name.endswith(".onnx")]
    except OSError as error:
        raise StartFailure(f"model does not load: {model_dir} cannot be read: {error.strerror}") from None
    if len(found) != 1:
        words = f"there are {len(found)} .onnx files" if found else "there is no .onnx file"
        raise StartFailure(f"model does not load: {words} in {model_dir} or one level below")
    return found[0]


def _decide_merging(predictor: OnnxPredictor, settings: ModelSettings, bodies: List[Dict[str, Any]]) -> None:
    if settings.merging == "auto":
        verdict = prove_merging(predictor, bodies)
    else:
        predictor.merges = settings.merging == "on"
        verdict = Verdict(predictor.merges, f"switched {settings.merging} by VIRIDIAN_SERVING_MERGING")
    say(f"merging: {'on' if verdict.on else 'off'} ({verdict.reason})")
