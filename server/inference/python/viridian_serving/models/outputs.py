"""What a model answered, and how it is written."""

from __future__ import annotations

import json
import math
from typing import Any, List, Sequence, Tuple

import numpy as np

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]


class Outputs:
    """Arrays of one row per row of the input. `form` says how MLflow writes them.

    `bare`: the only array. `mapping`: an object with a member per array. `records`: a list of objects, one per row, of flattened arrays.
    """

    __slots__ = ("names", "arrays", "form")

    def __init__(self, names: Tuple[str, ...], arrays: Sequence[Any], form: str) -> None:
        self.names = names
        self.arrays = arrays
        self.form = form

    def split(self, rows: List[int]) -> List[Outputs]:
        """One part per request. Raises ValueError where an array does not have one row per row."""
        total = sum(rows)
        for array in self.arrays:
            if len(array) != total:
                raise ValueError(f"the model answered {len(array)} rows for {total}")
        parts = []
        start = 0
        for count in rows:
            stop = start + count
            parts.append(Outputs(self.names, [array[start:stop] for array in self.arrays], self.form))
            start = stop
        return parts

    def to_python(self) -> Any:
        """Lists and objects with the values MLflow would write."""
        if self.form == "bare":
            return to_list(self.arrays[0])
        if self.form == "mapping":
            return {name: to_list(array) for name, array in zip(self.names, self.arrays)}
        columns = [to_list(np.asarray(array).reshape(-1)) for array in self.arrays]
        if len({len(column) for column in columns}) > 1:
            raise ValueError("All arrays must be of the same length")
        return [dict(zip(self.names, row)) for row in zip(*columns)]


def to_list(array: Any) -> Any:
    """The values in the types of JSON as MLflow writes them: tables of pandas as records, a series as a table of one column."""
    if isinstance(array, np.ndarray):
        return array.tolist()
    if hasattr(array, "to_frame") and hasattr(array, "dtype"):
        array = array.to_frame(0 if array.name is None else array.name)
    return array.to_dict(orient="records") if hasattr(array, "columns") and hasattr(array, "to_dict") else array


def encode_json(value: Any) -> bytes:
    """Writes JSON. NaN and Infinity, for which JSON has no number, become null. Raises TypeError for what JSON cannot hold."""
    if orjson is not None:
        return orjson.dumps(value, _default, orjson.OPT_NON_STR_KEYS)
    return json.dumps(_without_nan(value), default=_default, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()


def _default(value: Any) -> Any:
    """Values of numpy and pandas in the JSON types that MLflow gives them."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (bytes, bytearray)):
        import base64

        return base64.encodebytes(value).decode("ascii")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    raise TypeError(f"a value of type {type(value).__name__} cannot be written as JSON")


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return value
