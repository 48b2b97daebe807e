"""A numpy array as a parameter."""

import numpy as np

from .abstract_parameter_type import AbstractParameterType, sample_of

_SCALARS = {
    **{f"{sign}int{bits}": ("integer", f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float16": ("number", "float"),
    "float32": ("number", "float"),
    "float64": ("number", "double"),
}

#: Name of a dtype begins with → format of the string that stands for it in JSON.
_TEXTS = (("datetime", "date-time"), ("str", None), ("bytes", "binary"), ("void", "binary"), ("timedelta", "timedelta"))

_TIME_UNITS = {
    "years": "Y",
    "months": "M",
    "weeks": "W",
    "days": "D",
    "hours": "h",
    "minutes": "m",
    "seconds": "s",
    "milliseconds": "ms",
    "microseconds": "us",
    "nanoseconds": "ns",
    "picoseconds": "ps",
    "femtoseconds": "fs",
    "attoseconds": "as",
}


class NumpyParameterType(AbstractParameterType):
    """An array of the sample's dtype, and of its shape but for the first dimension; either check can be switched off."""

    def __init__(self, sample_input, enforce_column_type=True, enforce_shape=True):
        if not isinstance(sample_input, np.ndarray):
            raise Exception("Invalid sample input provided, must provide a sample Numpy array.")
        super().__init__(sample_input)
        self.enforce_column_type = enforce_column_type
        self.enforce_shape = enforce_shape

    def deserialize_input(self, input_data):
        """A list as an array. Raises ValueError when it does not fit the sample."""
        if isinstance(input_data, np.ndarray):
            return input_data
        if not isinstance(input_data, list):
            raise ValueError("Invalid input format: expected an array of items.")
        array = self._to_array(input_data)
        if self.enforce_shape:
            _check_shape(array.shape, self.sample_input.shape)
        return array

    def input_to_swagger(self):
        """The OpenAPI schema; its `format` is numpy.ndarray."""
        schema = _array_schema(dtype_schema(self.sample_input.dtype), len(self.sample_input.shape))
        schema["example"] = [sample_of(schema["items"], item) for item in self.sample_input]
        schema["format"] = "numpy.ndarray"
        return schema

    def _to_array(self, items):
        if not self.enforce_column_type:
            return np.array(items)
        dtype = self.sample_input.dtype
        return np.array([_to_item(item, dtype) for item in items], dtype=dtype)


def _check_shape(given, wanted):
    if len(given) != len(wanted):
        raise ValueError(f"Invalid input array: an array with {len(wanted)} dimensions is expected; input has {len(given)} [shape {given}]")
    for dimension in range(1, len(wanted)):
        if given[dimension] != wanted[dimension]:
            raise ValueError(
                f"Invalid input array: array has size {given[dimension]} on dimension #{dimension}, while expected value is {wanted[dimension]}"
            )


def _to_item(item, dtype):
    if dtype.names:
        by_name = isinstance(item, dict)
        return tuple(_to_item(item[name if by_name else at], dtype[at]) for at, name in enumerate(dtype.names))
    if dtype.name.startswith("datetime"):
        return np.datetime64(item)
    return _to_timedelta(item) if dtype.name.startswith("timedelta") else item


def _to_timedelta(text):
    value, _, unit = text.strip().partition(" ")
    unit = unit.strip().lower()
    if unit not in _TIME_UNITS:
        raise ValueError(f"Invalid numpy.timedelta64 value specified: {text}. Format should be <value> <time_unit_code>")
    return np.timedelta64(int(value), _TIME_UNITS[unit])


def dtype_schema(dtype):
    """The OpenAPI schema of one item. Raises TypeError for dtypes that JSON cannot carry."""
    if dtype.names:
        return {"type": "object", "properties": {name: dtype_schema(dtype[name]) for name in dtype.names}}
    if dtype.subdtype is not None:
        item, shape = dtype.subdtype
        return _array_schema(dtype_schema(item), len(shape))
    name = dtype.name.lower()
    if name in _SCALARS:
        kind, written = _SCALARS[name]
        return {"type": kind, "format": written}
    if name in ("bool", "object"):
        return {"type": "boolean" if name == "bool" else "object"}
    for start, written in _TEXTS:
        if name.startswith(start):
            return {"type": "string", "format": written} if written else {"type": "string"}
    raise TypeError(f"We currently do not support extracting schema from data of type {name}")


def _array_schema(item, dimensions):
    schema = {"type": "array", "items": item}
    for _ in range(dimensions - 1):
        schema = {"type": "array", "items": schema}
    return schema
