"""A plain Python value as a parameter: numbers, text, bytes, dates, lists and dicts, also with other parameter types inside."""

import base64
import datetime
import json

from ._standard_schema import DATE_FORMAT, schema_of
from .abstract_parameter_type import AbstractParameterType


class StandardPythonParameterType(AbstractParameterType):
    """A value of the sample's type."""

    def __init__(self, sample_input):
        super().__init__(sample_input)
        self.sample_data_type_map = {}
        self.sample_data_type_list = []
        if self.sample_data_type is dict:
            described = {key: item for key, item in sample_input.items() if isinstance(item, AbstractParameterType)}
            self.sample_data_type_map = described
        elif self.sample_data_type in (list, tuple):
            self.sample_data_type_list = [item for item in sample_input if isinstance(item, AbstractParameterType)]

    def deserialize_input(self, input_data):
        """The value; dates and bytes from text. Raises ValueError when it is of another type."""
        convert = _FROM_TEXT.get(self.sample_data_type)
        value = convert(input_data) if convert else input_data
        if self.sample_data_type is float and type(value) is int:
            return value
        if not isinstance(value, self.sample_data_type):
            raise ValueError(f"Invalid input data type to parse. Expected: {self.sample_data_type} but got {type(value)}")
        return value

    def input_to_swagger(self):
        """The OpenAPI schema. Raises ValueError for None and TypeError for what JSON cannot hold."""
        if self.sample_input is None:
            raise ValueError("Sample input cannot be None")
        schema = schema_of(self.sample_input)
        try:
            json.dumps(schema)
        except TypeError as error:
            raise TypeError(
                "Invalid python data sample provided: ensure that the data is fully JSON serializable to be able to "
                f"generate swagger schema from it. Actual error: {error}"
            ) from None
        return schema


def _lenient_parser():
    """dateutil's parser, which reads nearly anything; None where it is not installed, and ISO 8601 has to do."""
    try:
        from dateutil import parser
    except ImportError:
        return None
    return parser.parse


def _iso(text):
    # Before Python 3.11 fromisoformat() does not know the Z.
    return text.strip().replace("Z", "+00:00")


def _parse_moment(text):
    parse = _lenient_parser()
    return parse(text) if parse else datetime.datetime.fromisoformat(_iso(text))


def _parse_time(text):
    parse = _lenient_parser()
    return parse(text).timetz() if parse else datetime.time.fromisoformat(_iso(text))


_FROM_TEXT = {
    datetime.date: lambda text: datetime.datetime.strptime(text, DATE_FORMAT).date(),
    datetime.datetime: _parse_moment,
    datetime.time: _parse_time,
    bytes: lambda text: base64.b64decode(text.encode("utf-8")),
    bytearray: lambda text: bytearray(base64.b64decode(text.encode("utf-8"))),
}
