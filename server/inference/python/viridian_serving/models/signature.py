"""What a model takes and gives, as its MLmodel file or its graph says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

#: MLflow's column types that numpy holds natively, in the precision that MLflow gives them.
NUMERIC_COLUMNS = {"double": "float64", "float": "float32", "long": "int64", "integer": "int32"}
SCALAR_COLUMNS = frozenset((*NUMERIC_COLUMNS, "boolean", "string", "binary", "datetime"))


@dataclass(frozen=True)
class ColumnSpec:
    """A column of a table. `name` is None in a signature without names."""

    name: Optional[str]
    #: One of SCALAR_COLUMNS, or `array`, `object`, `map`, `any`, whose values only MLflow itself checks.
    type: str
    required: bool = True


@dataclass(frozen=True)
class TensorSpec:
    """An array; -1 in its shape is any length."""

    name: Optional[str]
    dtype: str
    shape: Tuple[int, ...]


@dataclass(frozen=True)
class ParamSpec:
    """A parameter of a prediction beside its data."""

    name: str
    type: str
    default: Any
    shape: Optional[Tuple[int, ...]] = None


Spec = Union[ColumnSpec, TensorSpec]


@dataclass(frozen=True)
class Signature:
    """Inputs are all columns or all tensors; empty where the model says nothing."""

    inputs: Tuple[Spec, ...] = ()
    outputs: Tuple[Spec, ...] = ()
    params: Tuple[ParamSpec, ...] = ()
    names: Tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(spec.name for spec in self.inputs if spec.name is not None))

    @property
    def columns(self) -> List[ColumnSpec]:
        """The inputs where they are columns, else nothing."""
        return [spec for spec in self.inputs if isinstance(spec, ColumnSpec)]

    @property
    def tensors(self) -> List[TensorSpec]:
        """The inputs where they are tensors, else nothing."""
        return [spec for spec in self.inputs if isinstance(spec, TensorSpec)]

    @property
    def is_numeric_table(self) -> bool:
        """Whether every row is a row of required numbers."""
        columns = self.columns
        return bool(columns) and all(column.required and column.type in NUMERIC_COLUMNS for column in columns)


def parse_signature(raw: Optional[Mapping[str, Any]]) -> Signature:
    """Reads the `signature` of an MLmodel file, whose parts are JSON in text."""
    if not raw:
        return Signature()
    return Signature(
        inputs=tuple(_parse_spec(item) for item in _read(raw.get("inputs"))),
        outputs=tuple(_parse_spec(item) for item in _read(raw.get("outputs"))),
        params=tuple(_parse_param(item) for item in _read(raw.get("params"))),
    )


def _read(text: Any) -> List[Dict[str, Any]]:
    return (json.loads(text) if isinstance(text, str) else text) or []


def _parse_spec(item: Mapping[str, Any]) -> Spec:
    if item["type"] == "tensor":
        tensor = item["tensor-spec"]
        return TensorSpec(item.get("name"), tensor["dtype"], tuple(tensor["shape"]))
    # MLflow before 2.6 wrote `optional` where it now writes `required`.
    required = item.get("required", not item.get("optional", False))
    return ColumnSpec(item.get("name"), item["type"], bool(required))


def _parse_param(item: Mapping[str, Any]) -> ParamSpec:
    shape = item.get("shape")
    return ParamSpec(item["name"], item.get("type", item.get("dtype", "any")), item.get("default"), None if shape is None else tuple(shape))
