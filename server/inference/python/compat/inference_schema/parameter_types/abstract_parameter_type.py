"""The base of parameter types; scripts may add their own."""

import base64
import datetime
from abc import ABC, abstractmethod

_TIMESTAMP = "%Y-%m-%d %H:%M:%S,%f"


class AbstractParameterType(ABC):
    """A type that is known by a sample value: it converts parsed JSON and describes itself as an OpenAPI schema."""

    def __init__(self, sample_input):
        self.sample_input = sample_input
        self.sample_data_type = type(sample_input)

    @abstractmethod
    def deserialize_input(self, input_data):
        """Converts parsed JSON into the type. Raises an exception when that cannot be done."""

    @abstractmethod
    def input_to_swagger(self):
        """The OpenAPI schema, with the sample under `example`."""

    def supported_versions(self):
        """The swagger versions that can hold the schema: version 2 knows no arrays of mixed types."""
        mixed = not _is_uniform(self.input_to_swagger()["example"])
        return ["3.0", "3.1"] if mixed else ["2.0", "3.0", "3.1"]


def _is_uniform(value):
    if type(value) is list and value:
        first = type(value[0])
        return all(type(item) is first and (first is not list or _is_uniform(item)) for item in value)
    if type(value) is dict:
        return all(_is_uniform(item) for item in value.values())
    return True


def sample_of(schema, item):
    """The item as it appears in JSON under the schema."""
    kind = schema["type"]
    if kind == "object":
        return _object_sample(schema, item)
    if kind == "array":
        return [sample_of(schema["items"], part) for part in item]
    if kind == "number":
        return float(item)
    if kind == "integer":
        return int(item)
    return _FORMATS.get(schema.get("format"), str)(item)


def _object_sample(schema, item):
    if "properties" in schema:
        return {field: sample_of(inner, item[field]) for field, inner in schema["properties"].items()}
    if "additionalProperties" in schema:
        return {field: sample_of(schema["additionalProperties"], item[field]) for field in item}
    return str(item)


def _timestamp(item):
    # numpy's scalars become datetimes by astype; pandas' Timestamp is a datetime already.
    moment = item if isinstance(item, datetime.datetime) else item.astype(datetime.datetime)
    return moment.strftime(_TIMESTAMP)


_FORMATS = {
    "date": lambda item: item.astype(datetime.datetime).strftime("%Y-%m-%d"),
    "date-time": _timestamp,
    "binary": lambda item: base64.b64encode(item).decode("ascii"),
}
