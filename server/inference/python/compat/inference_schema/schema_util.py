"""What the decorators of schema_decorators recorded about a function."""

import copy
import inspect

#: Functions keep their record in this attribute; functools.wraps hands it on to further decorators.
RECORD = "_inference_schema"

ALL_SUPPORTED_VERSIONS = ["2.0", "3.0", "3.1"]


def record_of(func):
    """The function's record: `input`, `output` (OpenAPI schemas) and `versions` (part → list); None where undecorated."""
    return getattr(func, RECORD, None)


def is_schema_decorated(func):
    """Whether the function is decorated with @input_schema or @output_schema."""
    return record_of(func) is not None


def get_input_schema(func):
    """The OpenAPI schema of the function's parameters."""
    return _part(func, "input")


def get_output_schema(func):
    """The OpenAPI schema of the function's result."""
    return _part(func, "output")


def get_supported_versions(func):
    """The swagger versions that can describe both the parameters and the result, sorted."""
    record = record_of(func) or {"versions": {}}
    supported = set(ALL_SUPPORTED_VERSIONS)
    for versions in record["versions"].values():
        supported &= set(versions)
    return sorted(supported)


def begin_record(func):
    """A copy of the function's record that one decorator more may change."""
    return copy.deepcopy(record_of(func)) or {"versions": {}}


def empty_input(func):
    """The schema of undescribed parameters."""
    names = inspect.getfullargspec(inspect.unwrap(func)).args
    return {"type": "object", "properties": {name: {} for name in names}, "example": {name: "" for name in names}}


def _part(func, name):
    return (record_of(func) or {}).get(name, {"type": "object"})
