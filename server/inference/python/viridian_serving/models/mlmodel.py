"""The MLmodel file of an MLflow model."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

from ..failures import StartFailure
from .signature import Signature, parse_signature


@dataclass(frozen=True)
class MlflowModel:
    """A model as its MLmodel file describes it."""

    folder: str
    name: str
    signature: Signature
    #: Flavour → its settings.
    flavors: Dict[str, Dict[str, Any]]
    mlflow_version: Optional[str]
    raw: Dict[str, Any]

    @property
    def pyfunc(self) -> Dict[str, Any]:
        return self.flavors.get("python_function") or {}

    @property
    def loader(self) -> str:
        """The module that loads the model, such as `mlflow.sklearn`; empty where the model has no `python_function`."""
        return str(self.pyfunc.get("loader_module", ""))

    @property
    def code_folder(self) -> Optional[str]:
        """Folder of the modules that came with the model."""
        code = self.pyfunc.get("code")
        return os.path.join(self.folder, code) if code else None


def find_mlmodel(model_dir: str) -> str:
    """The folder of the MLmodel file: `model_dir` or, as registered models are mounted, one folder in it. Raises StartFailure."""
    if os.path.isfile(os.path.join(model_dir, "MLmodel")):
        return model_dir
    try:
        entries = sorted(os.listdir(model_dir))
    except OSError as error:
        raise StartFailure(f"model does not load: the model folder {model_dir} cannot be read: {error.strerror}") from None
    found = [entry for entry in entries if os.path.isfile(os.path.join(model_dir, entry, "MLmodel"))]
    if len(found) == 1:
        return os.path.join(model_dir, found[0])
    words = f"several folders have an MLmodel file ({', '.join(found)})" if found else "there is no MLmodel file"
    raise StartFailure(f"model does not load: {words} in {model_dir} or one level below; it holds: {', '.join(entries) or 'nothing'}")


def read_mlmodel(folder: str, name: Optional[str]) -> MlflowModel:
    """Raises StartFailure for a file that cannot be understood."""
    try:
        import yaml
    except ImportError:
        words = "ModuleNotFoundError: No module named 'yaml', which reads MLmodel files and comes with mlflow"
        raise StartFailure(f"model does not load: {words}") from None
    path = os.path.join(folder, "MLmodel")
    try:
        with open(path, encoding="utf-8") as file:
            raw = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        signature = parse_signature(raw.get("signature"))
        flavors = dict(raw["flavors"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise StartFailure(f"model does not load: {path} cannot be read: {error}") from None
    return MlflowModel(folder, name or _name_of(folder), signature, flavors, raw.get("mlflow_version"), raw)


def _name_of(folder: str) -> str:
    return os.path.basename(os.path.normpath(folder)) or "model"


def read_examples(model: MlflowModel) -> List[Dict[str, Any]]:
    """Bodies of `/invocations` that came with the model; at most one."""
    info = model.raw.get("saved_input_example_info") or {}
    for name in (info.get("serving_input_path"), "serving_input_example.json"):
        path = os.path.join(model.folder, name or "")
        if name and os.path.isfile(path):
            return _read_body(path)
    example = os.path.join(model.folder, info.get("artifact_path") or "input_example.json")
    if info.get("type") == "dataframe" and info.get("pandas_orient") == "split" and os.path.isfile(example):
        return [{"dataframe_split": body} for body in _read_body(example)]
    return []


def _read_body(path: str) -> List[Dict[str, Any]]:
    try:
        with open(path, encoding="utf-8") as file:
            body = json.load(file)
    except (OSError, ValueError):
        # An example is a hint; a model without a readable one is served all the same.
        return []
    return [body] if isinstance(body, dict) else []
