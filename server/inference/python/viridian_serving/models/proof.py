"""The direct path is taken only after it gave what `mlflow.pyfunc` gives: the same values, the same types, and an error where that one has an error."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, NamedTuple, Optional

from .. import __version__
from .errors import InputError
from .mlmodel import MlflowModel, read_examples
from .payload import INVOCATION_ENVELOPES, read_payload
from .predictors.predictor import Predictor
from .signature import NUMERIC_COLUMNS, Signature, TensorSpec
from .startup_log import version_of

_BATCHES = 4
_ROWS_PER_BATCH = 50
_REFERENCE_SECONDS = 600
#: Largest relative difference of two floats that count as equal: what another order of the same additions can do.
_TOLERANCE = 1e-9
_VERSIONS = ("mlflow", "scikit-learn", "numpy", "pandas", "onnxruntime", "xgboost", "lightgbm", "torch", "tensorflow", "skops")


class Verdict(NamedTuple):
    """Whether something is used, and why."""

    on: bool
    reason: str


def make_bodies(model: MlflowModel) -> List[Dict[str, Any]]:
    """The example that came with the model, 200 synthetic rows of its signature, and a row with missing values."""
    examples = read_examples(model)
    chance = random.Random(7)
    if model.signature.columns and not model.signature.is_numeric_table:
        return examples
    if model.signature.columns:
        return examples + _table_bodies(model.signature, examples, chance)
    if any(tensor.dtype in ("object", "str") for tensor in model.signature.tensors):
        return examples
    return examples + [tensor_body(model.signature, chance, rows) for rows in (1, _ROWS_PER_BATCH) if model.signature.tensors]


def _table_bodies(signature: Signature, examples: List[Dict[str, Any]], chance: random.Random) -> List[Dict[str, Any]]:
    names = [column.name for column in signature.columns]
    known = _example_rows(examples, len(names))
    bodies = []
    for batch in range(_BATCHES):
        rows = [
            [_cell(column.type, chance, batch, row[position] if row else None) for position, column in enumerate(signature.columns)]
            for row in (chance.choice(known) if known else None for _ in range(_ROWS_PER_BATCH))
        ]
        bodies.append(_split_body(names, rows))
    if any(column.type in ("double", "float") for column in signature.columns):
        bodies.append(_split_body(names, [[None if column.type in ("double", "float") else 1 for column in signature.columns]]))
    return bodies


def _split_body(names: List[Optional[str]], rows: List[List[Any]]) -> Dict[str, Any]:
    split: Dict[str, Any] = {"data": rows}
    if all(name is not None for name in names):
        split["columns"] = names
    return {"dataframe_split": split}


def _example_rows(examples: List[Dict[str, Any]], width: int) -> List[List[Any]]:
    rows = [row for body in examples for row in (body.get("dataframe_split") or {}).get("data", [])]
    return [row for row in rows if isinstance(row, list) and len(row) == width and all(isinstance(cell, (int, float)) for cell in row)]


def _cell(column_type: str, chance: random.Random, batch: int, near: Any) -> Any:
    """A value of a column: around the example in the first batch, then of other magnitudes."""
    if NUMERIC_COLUMNS[column_type].startswith("int"):
        base = int(near) if near is not None and batch % 2 == 0 else 0
        return base + chance.randint(0, (3, 10, 100, 1)[batch])
    if batch == 0 and near is not None:
        return near * chance.uniform(0.8, 1.2)
    return chance.gauss(0, (1, 1, 10, 100)[batch])


def tensor_body(signature: Signature, chance: random.Random, rows: int) -> Dict[str, Any]:
    values = [(tensor.name, _tensor(tensor, list(tensor.shape), chance, rows)) for tensor in signature.tensors]
    if len(values) == 1 and values[0][0] is None:
        return {"inputs": values[0][1]}
    return {"inputs": {str(name): value for name, value in values}}


def _tensor(tensor: TensorSpec, shape: List[int], chance: random.Random, rows: int) -> Any:
    if not shape:
        if tensor.dtype.startswith(("int", "uint")):
            return chance.randint(0, 3)
        return chance.random() < 0.5 if tensor.dtype == "bool" else chance.gauss(0, 1)
    return [_tensor(tensor, shape[1:], chance, 1) for _ in range(rows if shape[0] < 0 else shape[0])]


class Reference:
    """Answers of `mlflow.pyfunc`, from the cache or from a child that begins to compute them at once."""

    def __init__(self, model: MlflowModel, bodies: List[Dict[str, Any]], cache_dir: Optional[str]) -> None:
        self._path = os.path.join(cache_dir, "proofs", f"{_digest(model, bodies)}.json") if cache_dir else None
        self._cached = _read_cache(self._path)
        self._bodies = bodies
        self.is_cached = self._cached is not None
        self._child = None if self.is_cached else self._start(model.folder)

    def _start(self, folder: str) -> subprocess.Popen[bytes]:
        package_root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        paths = [package_root, os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
        # Files, not pipes: a child that writes much must not wait for a parent that is still loading.
        self._out = tempfile.TemporaryFile()
        self._log = tempfile.TemporaryFile()
        with tempfile.TemporaryFile() as bodies:
            bodies.write(json.dumps(self._bodies).encode())
            bodies.seek(0)
            command = [sys.executable, "-m", "viridian_serving.models.reference", folder]
            return subprocess.Popen(command, stdin=bodies, stdout=self._out, stderr=self._log, env=environment)

    def answers(self) -> Dict[str, Any]:
        """`{"answers": […]}`, or `{"failure": "…"}` where MLflow does not load the model. Waits for the child."""
        if self._cached is not None:
            return self._cached
        result = self._wait()
        if "answers" in result:
            _write_cache(self._path, result)
        return result

    def _wait(self) -> Dict[str, Any]:
        assert self._child is not None
        try:
            status = self._child.wait(_REFERENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            return {"failure": f"mlflow.pyfunc did not answer within {_REFERENCE_SECONDS} s"}
        self._out.seek(0)
        self._log.seek(0)
        written, log = self._out.read(), self._log.read()
        self._out.close()
        self._log.close()
        if status != 0 or not written:
            last = log.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
            return {"failure": f"the process that runs mlflow.pyfunc ended with status {status}: {last}"}
        return json.loads(written)


def _digest(model: MlflowModel, bodies: List[Dict[str, Any]]) -> str:
    """Changes with the model's files, the packages that compute, and the question."""
    parts: List[Any] = [__version__, sys.version, bodies, [(name, version_of(name)) for name in _VERSIONS], model.raw]
    for folder, folders, files in os.walk(model.folder):
        folders.sort()
        for name in sorted(files):
            status = os.stat(os.path.join(folder, name))
            parts.append((os.path.relpath(os.path.join(folder, name), model.folder), status.st_size, status.st_mtime_ns))
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _read_cache(path: Optional[str]) -> Optional[Dict[str, Any]]:
    if path is None:
        return None
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def _write_cache(path: Optional[str], result: Dict[str, Any]) -> None:
    if path is None:
        return
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(path), delete=False, encoding="utf-8") as file:
            json.dump(result, file)
        os.replace(file.name, path)
    except OSError:
        # A cache that cannot be written costs a second proof and nothing else.
        return


def compare(predictor: Predictor, bodies: List[Dict[str, Any]], reference: Dict[str, Any]) -> Verdict:
    """Whether a predictor answers as `mlflow.pyfunc` did."""
    if "failure" in reference:
        return Verdict(False, f"there is nothing to compare with: {reference['failure']}")
    rows = 0
    for body, expected in zip(bodies, reference["answers"]):
        try:
            inputs = predictor.decode(read_payload(body, INVOCATION_ENVELOPES))
            actual = predictor.run(inputs).to_python()
        except Exception as error:
            if "error" not in expected:
                return Verdict(False, f"it fails where mlflow.pyfunc answers: {_brief(error)}")
            continue
        if "error" in expected:
            return Verdict(False, f"it answers where mlflow.pyfunc fails: {expected['error'][:200]}")
        difference = find_difference(expected["value"], actual, "the answer")
        if difference is not None:
            return Verdict(False, difference)
        rows += predictor.rows(inputs)
    if rows == 0:
        return Verdict(False, "mlflow.pyfunc takes neither the input example nor synthetic rows, so there is nothing to compare")
    return Verdict(True, f"{rows} rows gave the same values and types as mlflow.pyfunc")


def _brief(error: Exception) -> str:
    return str(error)[:200] if isinstance(error, InputError) else f"{type(error).__name__}: {error}"[:200]


def find_difference(expected: Any, actual: Any, where: str) -> Optional[str]:
    """Where two answers differ, or None."""
    if isinstance(expected, list) and isinstance(actual, (list, tuple)):
        if len(expected) != len(actual):
            return f"{where} has {len(actual)} items instead of {len(expected)}"
        pairs = enumerate(zip(expected, actual))
        return next(filter(None, (find_difference(a, b, f"{where}[{index}]") for index, (a, b) in pairs)), None)
    if isinstance(expected, dict) and isinstance(actual, dict):
        if list(map(str, actual)) != list(expected):
            return f"{where} has the members {list(actual)} instead of {list(expected)}"
        values = {str(key): value for key, value in actual.items()}
        return next(filter(None, (find_difference(expected[key], values[key], f"{where}.{key}") for key in expected)), None)
    if hasattr(actual, "item"):
        actual = actual.item()
    if type(expected) is not type(actual):
        return f"{where} is of type {type(actual).__name__} instead of {type(expected).__name__}"
    if isinstance(expected, float):
        return None if _close(expected, actual) else f"{where} is {actual!r} instead of {expected!r}"
    return None if expected == actual else f"{where} is {actual!r} instead of {expected!r}"


def _close(expected: float, actual: float) -> bool:
    return (math.isnan(expected) and math.isnan(actual)) or math.isclose(expected, actual, rel_tol=_TOLERANCE, abs_tol=1e-12)
