"""@input_schema with every kind of parameter."""

import datetime

import numpy as np
import pandas as pd
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

FRAME = pd.DataFrame({"age": [41], "name": ["Ada"], "score": [0.5]})
NESTED = {"inner": NumpyParameterType(np.array([[1.0, 2.0]])), "plain": StandardPythonParameterType("text")}


def init():
    pass


@input_schema("array", NumpyParameterType(np.array([[1, 2], [3, 4]])))
@input_schema("frame", PandasParameterType(FRAME))
@input_schema("flag", StandardPythonParameterType(True))
@input_schema("blob", StandardPythonParameterType(b"bytes"))
@input_schema("moment", StandardPythonParameterType(datetime.datetime(2026, 1, 2, 3, 4, 5)))
@input_schema("ratio", StandardPythonParameterType(0.5))
@input_schema("nested", StandardPythonParameterType(NESTED))
@output_schema(StandardPythonParameterType({"types": ["text"], "sum": 1.5}))
def run(array=((9, 9),), frame=None, flag=None, blob=None, moment=None, ratio=None, nested=None, untouched="as it is"):
    if frame is None:
        return {"array": np.asarray(array).tolist(), "untouched": untouched}
    return {
        "types": [type(value).__name__ for value in (array, frame, flag, blob, moment, ratio, nested["inner"])],
        "dtype": str(array.dtype),
        "sum": float(array.sum()) + float(frame["score"].sum()),
        "columns": [str(column) for column in frame.columns],
        "blob": blob.decode(),
        "moment": moment.isoformat(),
        "untouched": untouched,
    }
