"""Checks the values of a table against a signature, in words that name the column, before MLflow converts what it can and loses what it cannot."""

from __future__ import annotations

from typing import Any, Callable, Dict

import numpy as np

from .decode import _fits_float, _fits_integer, _mismatch, missing_column
from .errors import InputError
from .payload import Content, Named
from .signature import NUMERIC_COLUMNS, SCALAR_COLUMNS, Signature


def check_columns(signature: Signature, content: Content) -> None:
    """Raises InputError for a missing column or a value that its type cannot hold. Says nothing about tensors and nested types."""
    columns = signature.columns
    if not columns or len(signature.names) != len(columns) or any(column.type not in SCALAR_COLUMNS for column in columns):
        return
    given = _by_name(content, signature)
    if given is None:
        return
    for column in columns:
        name = column.name or ""
        if name not in given:
            if column.required:
                raise missing_column(column, given)
            continue
        fits = _CHECKS[column.type]
        for row, value in enumerate(given[name]):
            if not fits(value):
                raise _mismatch(column, name, value, row)


def _by_name(content: Content, signature: Signature) -> Dict[str, Any] | None:
    if isinstance(content, Named):
        # Scalars and lists alike are MLflow's to interpret here; only rows of tables have one meaning.
        return None if not all(isinstance(value, list) for value in content.values.values()) else dict(content.values)
    if content.columns is None:
        return None
    if not content.rows:
        raise InputError(f'"{content.where}" holds no rows.')
    return {str(name): [row[position] for row in content.rows] for position, name in enumerate(content.columns)}


def _integer_check(dtype: str) -> Callable[[Any], bool]:
    limits = np.iinfo(dtype)
    return lambda value: _fits_integer(value, limits)


_CHECKS: Dict[str, Callable[[Any], bool]] = {
    **{name: _integer_check(dtype) for name, dtype in NUMERIC_COLUMNS.items() if dtype.startswith("int")},
    "double": lambda value: _fits_float(value, None),
    "float": lambda value: _fits_float(value, None),
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: value is None or isinstance(value, str),
    "binary": lambda value: isinstance(value, str),
    "datetime": lambda value: value is None or (isinstance(value, (str, int)) and not isinstance(value, bool)),
}
