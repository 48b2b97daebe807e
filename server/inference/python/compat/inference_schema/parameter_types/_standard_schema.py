"""OpenAPI schemas of plain Python values."""

import base64
from datetime import date, datetime, time, timezone

from .abstract_parameter_type import AbstractParameterType

DATE_FORMAT = "%Y-%m-%d"
_TIME = "%H:%M:%S.%f %z"


def schema_of(value):
    """The schema of a value, by its exact type; parameter types inside containers describe themselves."""
    if isinstance(value, AbstractParameterType):
        return value.input_to_swagger()
    describe = _DESCRIBE.get(type(value))
    return describe(value) if describe else {"type": "object", "example": value}


def list_schema(values):
    """An array; of mixed values the last one describes the items, as in the original."""
    items = {"type": "object"}
    example = []
    for value in values:
        items = schema_of(value)
        example.append(items.pop("example"))
    return {"type": "array", "items": items, "example": example}


def dict_schema(values):
    """An object whose keys are all required."""
    properties = {key: schema_of(value) for key, value in values.items()}
    example = {key: schema.pop("example") for key, schema in properties.items()}
    return {"type": "object", "required": list(properties), "properties": properties, "example": example}


def _bytes_schema(value):
    return {"type": "string", "format": "byte", "example": base64.b64encode(value).decode("ascii")}


def _moment_schema(written, pattern):
    def describe(value):
        # Without a time zone UTC is meant.
        zoned = value if getattr(value, "tzinfo", True) is not None else value.replace(tzinfo=timezone.utc)
        return {"type": "string", "format": written, "example": zoned.strftime(pattern)}

    return describe


_DESCRIBE = {
    int: lambda value: {"type": "integer", "format": "int64", "example": value},
    float: lambda value: {"type": "number", "format": "double", "example": value},
    bool: lambda value: {"type": "boolean", "example": value},
    str: lambda value: {"type": "string", "example": value},
    bytes: _bytes_schema,
    bytearray: _bytes_schema,
    date: _moment_schema("date", DATE_FORMAT),
    datetime: _moment_schema("date-time", f"{DATE_FORMAT} {_TIME}"),
    time: _moment_schema("time", _TIME),
    list: list_schema,
    tuple: list_schema,
    range: list_schema,
    dict: dict_schema,
}
