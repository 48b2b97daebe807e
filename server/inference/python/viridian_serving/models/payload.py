"""From a JSON body to what it holds: rows with or without names, or named tensors. Knows the envelopes of every route and nothing about types."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from .errors import InputError, clip, show_value

try:
    import orjson

    _loads = orjson.loads
except ImportError:
    _loads = json.loads

_IGNORED_MEMBERS = frozenset(("signature_name",))
SCORE_ENVELOPES = ("input_data", "inputs", "instances", "dataframe_split", "dataframe_records")
INVOCATION_ENVELOPES = ("dataframe_split", "dataframe_records", "inputs", "instances")


class Table:
    """Rows. `columns` is None where the sender named none."""

    __slots__ = ("columns", "rows", "where")

    def __init__(self, columns: Optional[List[str]], rows: List[Any], where: str) -> None:
        self.columns = columns
        self.rows = rows
        self.where = where


class Named:
    """Values by name: columns of a table, or tensors."""

    __slots__ = ("values", "where")

    def __init__(self, values: Dict[str, Any], where: str) -> None:
        self.values = values
        self.where = where


Content = Union[Table, Named]


class Payload:
    """What a body asks for."""

    __slots__ = ("content", "envelope", "params", "raw")

    def __init__(self, content: Content, envelope: str, raw: Any, params: Optional[Dict[str, Any]]) -> None:
        self.content = content
        self.envelope = envelope
        #: The value of the envelope as it was sent.
        self.raw = raw
        self.params = params


def parse_json(body: bytes) -> Any:
    """Reads JSON; NaN and Infinity too, which Python clients send although JSON has no such numbers. Raises InputError."""
    try:
        return _loads(body)
    except ValueError as strict:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise InputError(f"The body is not valid JSON: {clip(str(strict))}.") from None


def read_payload(value: Any, envelopes: Sequence[str]) -> Payload:
    """Finds the data of a body. Raises InputError."""
    if not isinstance(value, dict):
        raise InputError(f'The body must be a JSON object such as {{"{envelopes[0]}": …}}, got {show_value(value)}.')
    envelope = next((name for name in envelopes if name in value), None)
    if envelope is None:
        listed = ", ".join(f'"{name}"' for name in envelopes)
        raise InputError(f"The body must hold one of {listed}, got {_list_names(value)}.")
    if len(value) > 1:
        _refuse_others(value, envelope)
    raw = value[envelope]
    return Payload(_read_content(raw, envelope), envelope, raw, _read_params(value))


def _list_names(names: Any) -> str:
    return clip(", ".join(f'"{name}"' for name in names)) if names else "an empty object"


def _refuse_others(value: Dict[str, Any], envelope: str) -> None:
    for member in value:
        if member != envelope and member != "params" and member not in _IGNORED_MEMBERS:
            raise InputError(f'The body holds "{envelope}" and the unknown member "{clip(member)}".')


def _read_params(value: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    params = value.get("params")
    if params is None:
        return None
    if not isinstance(params, dict):
        raise InputError(f'"params" must be an object, got {show_value(params)}.')
    return params


def _read_content(raw: Any, envelope: str) -> Content:
    if envelope == "dataframe_split":
        return _read_split(raw, envelope)
    if envelope == "dataframe_records":
        return _read_records(raw, envelope)
    if isinstance(raw, dict):
        return _read_split(raw, envelope) if _is_split(raw, envelope) else Named(raw, envelope)
    if isinstance(raw, list):
        return _read_records(raw, envelope) if raw and isinstance(raw[0], dict) else Table(None, raw, envelope)
    raise InputError(f'"{envelope}" must be a list or an object, got {show_value(raw)}.')


def _is_split(raw: Dict[str, Any], envelope: str) -> bool:
    return envelope == "input_data" and isinstance(raw.get("data"), list) and raw.keys() <= {"columns", "index", "data"}


def _read_split(raw: Any, where: str) -> Table:
    if not isinstance(raw, dict) or not isinstance(raw.get("data"), list):
        raise InputError(f'"{where}" must be {{"columns": ["…"], "data": [[…]]}}, got {show_value(raw)}.')
    columns = raw.get("columns")
    rows = raw["data"]
    for key in raw:
        if key not in ("columns", "index", "data"):
            raise InputError(f'"{where}" holds the unknown member "{clip(str(key))}".')
    _check_index(raw.get("index"), rows, where)
    if columns is None:
        return Table(None, rows, where)
    if not isinstance(columns, list) or len(set(map(str, columns))) != len(columns):
        raise InputError(f'"columns" of "{where}" must be a list of different names, got {show_value(columns)}.')
    _check_widths(rows, len(columns), where)
    return Table(columns, rows, where)


def _check_index(index: Any, rows: List[Any], where: str) -> None:
    if index is not None and (not isinstance(index, list) or len(index) != len(rows)):
        raise InputError(f'"index" of "{where}" must be a list with one entry per row.')


def _check_widths(rows: List[Any], width: int, where: str) -> None:
    for position, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != width:
            got = f"{len(row)} values" if isinstance(row, list) else show_value(row)
            raise InputError(f'Row {position} of "{where}" must hold one value per column ({width}), got {got}.')


def _read_records(raw: Any, where: str) -> Table:
    if not isinstance(raw, list) or not raw or not isinstance(raw[0], dict):
        raise InputError(f'"{where}" must be a list of records, got {show_value(raw)}.')
    columns = list(raw[0])
    rows = []
    for position, record in enumerate(raw):
        if not isinstance(record, dict):
            raise InputError(f'Record {position} of "{where}" is {show_value(record)}, not an object.')
        if record.keys() != raw[0].keys():
            columns += [name for name in record if name not in columns]
    for record in raw:
        rows.append([record.get(name) for name in columns])
    return Table(columns, rows, where)


def select_columns(content: Content, names: Tuple[str, ...]) -> Tuple[Optional[List[Any]], Dict[str, List[Any]]]:
    """The rows if they hold exactly these columns in this order, else None and the columns by name."""
    if isinstance(content, Named):
        return None, _as_columns(content)
    if content.columns is None or tuple(content.columns) == names:
        return content.rows, {}
    return None, {str(name): [row[position] for row in content.rows] for position, name in enumerate(content.columns)}


def _as_columns(named: Named) -> Dict[str, List[Any]]:
    """Columns of equal length; scalars make one row, and `[[1], [2]]` is a column as a tensor client writes it."""
    values = named.values
    if values and not any(isinstance(value, list) for value in values.values()):
        return {name: [value] for name, value in values.items()}
    columns: Dict[str, List[Any]] = {}
    rows = -1
    for name, value in values.items():
        if not isinstance(value, list):
            raise InputError(f'Column "{clip(name)}" of "{named.where}" must be a list, got {show_value(value)}.')
        if rows not in (-1, len(value)):
            raise InputError(f'Column "{clip(name)}" of "{named.where}" has {len(value)} values, the ones before it {rows}.')
        rows = len(value)
        is_nested = bool(value) and all(isinstance(item, list) and len(item) == 1 for item in value)
        columns[name] = [item[0] for item in value] if is_nested else value
    return columns
