"""@input_schema and @output_schema: describe run() by sample values and convert what it is given to the samples' types."""

import copy
import functools
import inspect

from .parameter_types.abstract_parameter_type import AbstractParameterType
from .schema_util import RECORD, begin_record, empty_input


def input_schema(param_name, param_type, convert_to_provided_type=True, optional=False):
    """Describes one parameter of run(), which then gets a value of the sample's type instead of parsed JSON.

    An `optional` parameter that is absent, or empty in any sense, is left as it is. Decorators can be stacked.
    """
    _check_type(param_type)
    schema = param_type.input_to_swagger()

    def decorate(run):
        names = inspect.getfullargspec(inspect.unwrap(run)).args

        @functools.wraps(run)
        def converting(*args, **kwargs):
            if convert_to_provided_type:
                args, kwargs = _convert(names, args, kwargs)
            return run(*args, **kwargs)

        def _convert(names, args, kwargs):
            if optional and not kwargs.get(param_name):
                return args, kwargs
            if param_name in kwargs:
                return args, {**kwargs, param_name: convert_value(kwargs[param_name], param_type)}
            if param_name not in names:
                raise Exception(f'Error, provided param_name "{param_name}" is not in the decorated function.')
            position = names.index(param_name)
            return (*args[:position], convert_value(args[position], param_type), *args[position + 1 :]), kwargs

        record = begin_record(run)
        described = copy.deepcopy(schema)
        inputs = record.setdefault("input", empty_input(run))
        inputs["example"][param_name] = described.pop("example")
        inputs["properties"][param_name] = described
        record["versions"]["input"] = param_type.supported_versions()
        setattr(converting, RECORD, record)
        return converting

    return decorate


def output_schema(output_type):
    """Describes the result of run() in the swagger documents; the result itself is not touched."""
    _check_type(output_type)
    schema = output_type.input_to_swagger()

    def decorate(run):
        record = begin_record(run)
        if "output" in record:
            raise Exception(f"Error, output schema already defined for function: {run.__name__}.")
        record["output"] = schema
        record["versions"]["output"] = output_type.supported_versions()

        @functools.wraps(run)
        def described(*args, **kwargs):
            return run(*args, **kwargs)

        setattr(described, RECORD, record)
        return described

    return decorate


def convert_value(value, param_type):
    """The value in the sample's type; containers are converted item by item where their samples hold parameter types.

    Raises ValueError when the value cannot be taken for the type.
    """
    wanted = param_type.sample_data_type
    if wanted is dict:
        _require(isinstance(value, dict), wanted, value)
        for key, item_type in getattr(param_type, "sample_data_type_map", {}).items():
            if key in value:
                value[key] = convert_value(value[key], item_type)
        return value
    if wanted in (list, tuple):
        _require(isinstance(value, (list, tuple)), wanted, value)
        item_types = getattr(param_type, "sample_data_type_list", [])
        return [convert_value(item, item_types[0]) for item in value] if item_types else value
    return value if isinstance(value, wanted) else param_type.deserialize_input(value)


def _require(holds, wanted, value):
    if not holds:
        raise ValueError(f"Invalid input data type to parse. Expected: {wanted} but got {type(value)}")


def _check_type(param_type):
    if not isinstance(param_type, AbstractParameterType):
        raise Exception("Error, provided param_type must be a subclass of the AbstractParameterType.")
