"""A pandas DataFrame as a parameter."""

import json
from io import StringIO

import pandas as pd

from ._standard_schema import dict_schema, list_schema
from .abstract_parameter_type import AbstractParameterType

_ORIENTS = ("split", "records", "index", "columns", "values", "table")


class PandasParameterType(AbstractParameterType):
    """A frame with the sample's column types and number of columns; either check can be switched off.

    `orient` is the JSON layout, as in pandas' read_json. `apply_column_names` puts the sample's column names on the input.
    """

    def __init__(self, sample_input, enforce_column_type=True, enforce_shape=True, apply_column_names=False, orient="records"):
        if not isinstance(sample_input, pd.DataFrame):
            raise Exception("Invalid sample input provided, must provide a sample Pandas Dataframe.")
        if orient not in _ORIENTS:
            raise Exception(f"Invalid orient provided, must be one of {_ORIENTS}")
        super().__init__(sample_input)
        self.enforce_column_type = enforce_column_type
        self.enforce_shape = enforce_shape
        self.apply_column_names = apply_column_names
        self.orient = orient

    def deserialize_input(self, input_data):
        """A list or dict as a frame. Raises ValueError when it does not fit the sample."""
        if isinstance(input_data, pd.DataFrame):
            return input_data
        if not isinstance(input_data, (list, dict)):
            raise Exception(f"Error, unable to convert input of type {type(input_data)} into Pandas Dataframe")
        frame = pd.read_json(StringIO(json.dumps(input_data)), orient=self.orient, dtype=False)
        if self.apply_column_names:
            frame.columns = self.sample_input.columns.copy()
        if self.enforce_column_type:
            frame = self._convert_columns(frame)
        if self.enforce_shape and frame.shape[1] != self.sample_input.shape[1]:
            raise ValueError(
                f"Invalid input data frame: data frame has size {frame.shape[1]} on dimension #1, "
                f"while expected value is {self.sample_input.shape[1]}"
            )
        return frame

    def input_to_swagger(self):
        """The OpenAPI schema; its `format` is pandas.DataFrame:<orient>."""
        sample = json.loads(self.sample_input.to_json(orient=self.orient, date_format="iso"))
        schema = list_schema(sample) if self.orient in ("records", "values") else dict_schema(sample)
        for column in self.sample_input.columns:
            written = _time_format(self.sample_input.dtypes[column])
            if written:
                for described in self._cells(schema, str(column)):
                    described["format"] = written
        schema["format"] = f"pandas.DataFrame:{self.orient}"
        return schema

    def _convert_columns(self, frame):
        types = self.sample_input.dtypes.to_dict()
        wanted = {column: types.get(column, object) for column in frame.columns}
        for column, dtype in wanted.items():
            if str(dtype).startswith("timedelta"):
                frame[column] = pd.to_timedelta(frame[column])
        return frame.astype(dtype=wanted)

    def _cells(self, schema, column):
        """The schemas of a column's values, wherever the layout has them."""
        if self.orient == "records":
            return [schema["items"]["properties"][column]]
        if self.orient == "index":
            return [row["properties"][column] for row in schema["properties"].values()]
        if self.orient == "columns":
            return list(schema["properties"][column]["properties"].values())
        if self.orient == "table":
            return [schema["properties"]["data"]["items"]["properties"][column]]
        return []


def _time_format(dtype):
    name = str(dtype)
    if name.startswith("datetime"):
        return "date-time"
    return "timedelta" if name.startswith("timedelta") else None
