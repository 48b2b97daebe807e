"""From what a body holds to the arrays a model takes. A value is refused where its type cannot hold it; floats round, that is what they are for."""

from __future__ import annotations

from itertools import chain
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from .errors import InputError, clip, show_value
from .payload import Content, Named, Table, select_columns
from .signature import NUMERIC_COLUMNS, ColumnSpec, Signature, TensorSpec

_PLAIN = frozenset((float, int))
_FLOATS = frozenset((float, int, type(None)))
_INTEGERS = frozenset((int,))


class TableDecoder:
    """Makes one matrix of rows of numbers, as `DataFrame.to_numpy()` would: in the smallest type that holds every column."""

    def __init__(self, columns: Sequence[ColumnSpec]) -> None:
        self._columns = list(columns)
        self._names = tuple(column.name for column in columns if column.name is not None)
        self._types = [np.dtype(NUMERIC_COLUMNS[column.type]) for column in columns]
        self.dtype = np.result_type(*self._types)
        self._carrier = np.dtype("float64") if self.dtype == np.float32 else self.dtype
        self._width = len(columns)
        #: What may be stored without looking at each column: only where all columns have one type.
        self._direct: Optional[frozenset] = None
        if len(set(self._types)) == 1:
            self._direct = _PLAIN if self._types[0].kind == "f" else _INTEGERS

    def decode(self, content: Content) -> np.ndarray:
        """Raises InputError naming the column, its type and what came."""
        rows, columns = select_columns(content, self._names)
        if rows is not None:
            matrix = self._decode_rows(rows, content)
            if matrix is not None:
                return matrix
            columns = self._split(rows, content)
        return self._decode_columns(columns)

    def _decode_rows(self, rows: List[Any], content: Content) -> Optional[np.ndarray]:
        """The common case in two passes; None where each value has to be looked at."""
        if self._direct is None or not rows:
            return None
        try:
            if not self._direct.issuperset(map(type, chain.from_iterable(rows))):
                return None
            # Numbers are stored as doubles first: single precision would overflow with a warning in the log.
            matrix = np.array(rows, self._carrier)
        except (TypeError, ValueError, OverflowError):
            return None
        if matrix.ndim != 2 or matrix.shape[1] != self._width:
            return None
        if self._carrier is self.dtype:
            return matrix
        with np.errstate(over="ignore"):
            narrowed = matrix.astype(self.dtype)
        return narrowed if np.isfinite(narrowed).all() else None

    def _split(self, rows: List[Any], content: Content) -> Dict[str, List[Any]]:
        where = content.where
        if not rows:
            raise InputError(f'"{where}" holds no rows.')
        names = [_label(column, position) for position, column in enumerate(self._columns)]
        for position, row in enumerate(rows):
            if not isinstance(row, list) or len(row) != self._width:
                got = f"{len(row)} values" if isinstance(row, list) else show_value(row)
                raise InputError(f'Row {position} of "{where}" must hold {self._width} values ({clip(", ".join(names))}), got {got}.')
        return dict(zip(names, (list(column) for column in zip(*rows))))

    def _decode_columns(self, columns: Dict[str, List[Any]]) -> np.ndarray:
        arrays = []
        if not self._names and len(columns) != self._width:
            raise InputError(f"The model takes {self._width} columns, got {len(columns)}: {clip(', '.join(columns))}.")
        unnamed = list(columns) if not self._names else []
        for position, (column, dtype) in enumerate(zip(self._columns, self._types)):
            label = unnamed[position] if unnamed else _label(column, position)
            if label not in columns:
                raise missing_column(column, columns)
            arrays.append(_decode_column(column, label, dtype, columns[label]))
        if not len(arrays[0]):
            raise InputError("The request holds no rows.")
        matrix = np.empty((len(arrays[0]), self._width), self.dtype)
        for position, array in enumerate(arrays):
            matrix[:, position] = array
        return matrix


def _label(column: ColumnSpec, position: int) -> str:
    return column.name if column.name is not None else str(position)


def missing_column(column: ColumnSpec, given: Dict[str, Any]) -> InputError:
    got = clip(", ".join(map(str, given))) or "none"
    return InputError(f'Column "{column.name}" ({column.type}) is required and missing; columns of the request: {got}.')


def _decode_column(column: ColumnSpec, label: str, dtype: np.dtype, values: List[Any]) -> np.ndarray:
    is_float = dtype.kind == "f"
    fits = _fits_float if is_float else _fits_integer
    limits = None if is_float else np.iinfo(dtype)
    for row, value in enumerate(values):
        if not fits(value, limits):
            raise _mismatch(column, label, value, row)
    if is_float:
        array = np.array([np.nan if value is None else value for value in values], np.float64)
        with np.errstate(over="ignore"):
            narrowed = array.astype(dtype)
        overflow = np.flatnonzero(np.isinf(narrowed) & np.isfinite(array))
        if overflow.size:
            raise _mismatch(column, label, values[overflow[0]], int(overflow[0]))
        return narrowed
    return np.array([int(value) for value in values], dtype)


def _fits_float(value: Any, limits: Any) -> bool:
    """Null is a missing value, which floats write as NaN. Whole numbers beyond the range of a double fit nowhere."""
    return type(value) in _FLOATS and not (type(value) is int and abs(value) > 1.7e308)


def _fits_integer(value: Any, limits: Any) -> bool:
    if type(value) is float:
        # 1.0 is how some languages write 1; beyond 2**53 a double no longer says which whole number was meant.
        return value.is_integer() and abs(value) <= 2**53 and limits.min <= value <= limits.max
    return type(value) is int and limits.min <= value <= limits.max


def _mismatch(column: ColumnSpec, label: str, value: Any, row: int) -> InputError:
    hint = ", which cannot be missing" if value is None else ""
    return InputError(f'Column "{clip(label)}" expects {column.type}, got {show_value(value)} (row {row}){hint}.')


class TensorDecoder:
    """Makes the arrays of a signature of tensors, in its order."""

    def __init__(self, tensors: Sequence[TensorSpec]) -> None:
        self._tensors = list(tensors)
        self._names = [tensor.name for tensor in tensors]

    def decode(self, content: Content) -> List[np.ndarray]:
        """Raises InputError naming the tensor, what was expected and what came."""
        values = self._assign(content)
        return [decode_tensor(tensor, value) for tensor, value in zip(self._tensors, values)]

    def _assign(self, content: Content) -> List[Any]:
        if isinstance(content, Named):
            return self._pick(content.values)
        if content.columns is not None and all(name in content.columns for name in self._names):
            return self._pick({name: [row[position] for row in content.rows] for position, name in enumerate(content.columns)})
        if len(self._tensors) > 1:
            example = ", ".join(f'"{name}": …' for name in self._names)
            raise InputError(f'The model has {len(self._tensors)} inputs, so "{content.where}" must name them ({{{example}}}).')
        return [content.rows]

    def _pick(self, values: Dict[str, Any]) -> List[Any]:
        if self._names == [None]:
            if len(values) != 1:
                raise InputError(f"The model has one input without a name, got {clip(', '.join(values)) or 'nothing'}.")
            return list(values.values())
        known = ", ".join(f'"{name}"' for name in self._names)
        for name in values:
            if name not in self._names:
                raise InputError(f'The model has no input "{clip(str(name))}". Its inputs: {known}.')
        for tensor in self._tensors:
            if tensor.name not in values:
                raise InputError(f'Input "{tensor.name}" ({describe(tensor)}) is missing, got {clip(", ".join(values)) or "nothing"}.')
        return [values[tensor.name] for tensor in self._tensors]  # type: ignore[index]


def describe(tensor: TensorSpec) -> str:
    shape = ", ".join("?" if axis < 0 else str(axis) for axis in tensor.shape)
    return f"{tensor.dtype} of shape [{shape}]"


def decode_tensor(tensor: TensorSpec, value: Any) -> np.ndarray:
    """An array of nested lists; `[1, 2]` is also taken where the model wants `[?, 1]`, which is what a column of a table is."""
    dtype = np.dtype(tensor.dtype)
    if dtype.kind in "OUS":
        array = _as_texts(tensor, value)
    else:
        array = _as_numbers(tensor, dtype, value)
    return fit_shape(tensor, array)


def fit_shape(tensor: TensorSpec, array: np.ndarray) -> np.ndarray:
    """The array in the shape of the signature. Raises InputError."""
    if array.ndim + 1 == len(tensor.shape) and tensor.shape[-1] == 1 and array.ndim > 0:
        array = array[..., np.newaxis]
    fits = array.ndim == len(tensor.shape) and all(axis in (-1, length) for axis, length in zip(tensor.shape, array.shape))
    if not fits or array.size == 0:
        raise tensor_mismatch(tensor, f"shape [{', '.join(map(str, array.shape))}]{', which is empty' if array.size == 0 else ''}")
    return array


def tensor_mismatch(tensor: TensorSpec, got: str) -> InputError:
    name = f'Input "{tensor.name}"' if tensor.name is not None else "The input"
    return InputError(f"{name} expects {describe(tensor)}, got {got}.")


def _as_numbers(tensor: TensorSpec, dtype: np.dtype, value: Any) -> np.ndarray:
    try:
        given = np.array(value)
    except ValueError:
        raise tensor_mismatch(tensor, "lists of different lengths") from None
    if given.dtype.kind == "O" and dtype.kind == "f":
        try:
            given = np.array(value, np.float64)
        except (TypeError, ValueError, OverflowError):
            raise tensor_mismatch(tensor, "values that are no numbers") from None
    if not _holds(dtype, given):
        raise tensor_mismatch(tensor, f"{_KINDS.get(given.dtype.kind, 'values')} that {dtype} cannot hold")
    with np.errstate(over="ignore"):
        array = given.astype(dtype)
    if dtype.kind == "f" and np.isinf(array).any() and np.isfinite(given).all():
        raise tensor_mismatch(tensor, "numbers that are too large")
    return array


_KINDS = {"f": "numbers", "i": "whole numbers", "u": "whole numbers", "b": "truth values", "U": "texts", "O": "mixed values"}


def _holds(dtype: np.dtype, given: np.ndarray) -> bool:
    kind = given.dtype.kind
    if dtype.kind == "b" or kind == "b":
        return dtype.kind == kind
    if kind not in "iuf":
        return False
    if dtype.kind == "f":
        return True
    limits = np.iinfo(dtype)
    if kind == "f" and not (np.isfinite(given).all() and (given == np.floor(given)).all() and (np.abs(given) <= 2**53).all()):
        return False
    return given.size == 0 or bool(limits.min <= given.min() and given.max() <= limits.max)


def _as_texts(tensor: TensorSpec, value: Any) -> np.ndarray:
    array = np.array(value, dtype=object)
    for item in array.ravel():
        if not isinstance(item, str):
            raise tensor_mismatch(tensor, show_value(item))
    return array


def rows_of(arrays: Sequence[np.ndarray]) -> int:
    """Rows of a request: the common length of the first axes, 1 where they differ or there are none."""
    lengths = {array.shape[0] if array.ndim else 1 for array in arrays}
    return lengths.pop() if len(lengths) == 1 else 1


def parse_csv(body: bytes) -> Table:
    """Rows of a CSV text with a header line. Cells stay texts until their column says what they are. Raises InputError."""
    import csv
    import io

    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("The body is not UTF-8.") from None
    try:
        lines = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise InputError(f"The body is not valid CSV: {error}.") from None
    if not lines:
        raise InputError("The body is empty; CSV needs a header line with the names of the columns.")
    header, rows = lines[0], lines[1:]
    for position, row in enumerate(rows):
        if len(row) != len(header):
            raise InputError(f"Row {position} of the CSV must hold {len(header)} values, got {len(row)}.")
    return Table(header, rows, "the CSV")


def convert_csv(table: Table, signature: Signature) -> Table:
    """The same table with numbers where the signature has numeric columns; other cells stay texts."""
    types: Dict[str, str] = {column.name: column.type for column in signature.columns if column.name is not None}
    convert = [_CSV_CELLS.get(types.get(name, ""), _keep) for name in table.columns or ()]
    rows = [[to(cell) for to, cell in zip(convert, row)] for row in table.rows]
    return Table(table.columns, rows, table.where)


def _keep(cell: str) -> Any:
    return cell


def _csv_float(cell: str) -> Any:
    """An empty cell is a missing value, as pandas reads it."""
    try:
        return float(cell) if cell.strip() else None
    except ValueError:
        return cell


def _csv_integer(cell: str) -> Any:
    try:
        return int(cell) if cell.strip() else None
    except ValueError:
        return _csv_float(cell)


_CSV_CELLS = {"double": _csv_float, "float": _csv_float, "long": _csv_integer, "integer": _csv_integer}
