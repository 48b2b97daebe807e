"""Prints, as JSON, what inference_schema makes of many samples and inputs; run with the real package and with the stand-in."""

import datetime
import json
import sys

import numpy as np
import pandas as pd


def describe(make, inputs):
    """The schema, the swagger versions, and what becomes of each input."""
    try:
        made = make()
        told = {"schema": made.input_to_swagger(), "versions": made.supported_versions()}
    except Exception as error:
        return {"raises": type(error).__name__}
    told["inputs"] = [convert(made, value) for value in inputs]
    return told


def convert(made, value):
    """The value in the type, as text, or what it raises."""
    from inference_schema import schema_decorators

    name = "convert_value" if hasattr(schema_decorators, "convert_value") else "_deserialize_input_argument"
    arguments = (value, made) if name == "convert_value" else (value, made, "name")
    try:
        return show(getattr(schema_decorators, name)(*arguments))
    except Exception as error:
        return f"raises {type(error).__name__}"


def show(value):
    """Type and content."""
    if isinstance(value, pd.DataFrame):
        return [str(value.dtypes.to_dict()), value.to_dict(orient="split").__repr__()]
    if isinstance(value, np.ndarray):
        return [str(value.dtype), value.shape, repr(value.tolist())]
    return [type(value).__name__, repr(value)]


def samples():
    """Name → (maker, inputs)."""
    from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType as Numpy
    from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType as Pandas
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as Standard

    numbers = [[[1, 2]], [[1.5, 2]], [["1", "2"]], [[1]], [1, 2], [[1, 2], [3, 4]], "text", {"a": 1}, None, []]
    for dtype in ("int8", "int64", "uint16", "float16", "float32", "float64", "bool", "object", "<U5", "S5"):
        yield f"numpy {dtype}", (lambda dtype=dtype: Numpy(np.array([[1, 0]]).astype(dtype))), numbers
    yield "numpy complex", lambda: Numpy(np.array([1j])), []
    yield "numpy 1-d", lambda: Numpy(np.array([1.0, 2.0])), [[1], [[1]], 1]
    yield "numpy 3-d", lambda: Numpy(np.zeros((1, 2, 3))), [np.ones((2, 2, 3)).tolist(), np.ones((2, 3, 2)).tolist()]
    yield "numpy loose", lambda: Numpy(np.array([[1, 2]]), enforce_column_type=False, enforce_shape=False), numbers
    dates = np.array(["2020-01-01T10:00", "2021-02-02T11:30"], dtype="datetime64[s]")
    yield "numpy dates", lambda: Numpy(dates), [["2022-03-03"], ["nonsense"], [1]]
    yield "numpy spans", lambda: Numpy(np.array([1, 2], dtype="timedelta64[D]")), [["3 days"], ["3 parsecs"], ["3"], [3]]
    structured = np.array([(1, 2.5, "a")], dtype=[("i", "i4"), ("f", "f8"), ("s", "U3")])
    yield "numpy structured", lambda: Numpy(structured), [[{"i": 1, "f": 2, "s": "x"}], [[1, 2, "x"]], [{"i": 1}]]
    yield "numpy not an array", lambda: Numpy([1, 2]), []
    frame = pd.DataFrame({"n": [1, 2], "f": [0.5, 1.5], "s": ["a", "b"], "b": [True, False]})
    timed = pd.DataFrame({"t": pd.to_datetime(["2020-01-01", "2020-01-02"]), "d": pd.to_timedelta(["1 days", "2 days"])})
    for orient in ("split", "records", "index", "columns", "values", "table"):
        good = json.loads(frame.to_json(orient=orient))
        yield (
            f"pandas {orient}",
            (lambda orient=orient: Pandas(frame, orient=orient)),
            [good, [], {}, "text", [{"n": 1}], [{"n": "x", "f": 1, "s": 1, "b": 1}]],
        )
        yield (
            f"pandas {orient} of times",
            (lambda orient=orient: Pandas(timed, orient=orient)),
            [json.loads(timed.to_json(orient=orient, date_format="iso"))],
        )
    yield "pandas loose", lambda: Pandas(frame, enforce_column_type=False, enforce_shape=False), [[{"n": 1}], [{"other": "x"}]]
    yield "pandas renamed", lambda: Pandas(frame, apply_column_names=True), [[{"1": 1, "2": 2, "3": "x", "4": True}]]
    yield "pandas bad orient", lambda: Pandas(frame, orient="sideways"), []
    yield "pandas not a frame", lambda: Pandas([1]), []
    anything = [1, 1.5, "text", True, None, [1], {"a": 1}, "aGk="]
    zoned = datetime.datetime(2020, 1, 2, 3, 4, 5, 6, datetime.timezone(datetime.timedelta(hours=2)))
    plain = [5, 1.5, "text", True, b"bytes", bytearray(b"bytes"), [1, 2], [1, "two"], [[1], [2]], [], (1, 2), range(3), {}]
    nested = [{"a": 1, "b": {"c": [1.5]}}, {"n": None}, None, object(), {"o": object()}]
    moments = [datetime.datetime(2020, 1, 2, 3, 4, 5), zoned, datetime.time(1, 2, 3)]
    for value in (*plain, *nested, *moments):
        more = ["2021-01-01 10:00:00", "2021-01-01T10:00:00Z", "10:11:12"] if value in moments else []
        name = f"standard {type(value).__name__} {value if not isinstance(value, object.__class__) and 'object' not in repr(value) else ''}"
        yield name, (lambda value=value: Standard(value)), [*anything, *more]
    yield "standard date", lambda: Standard(datetime.date(2020, 1, 2)), ["2021-03-04"]
    wrapped = {"array": Numpy(np.array([1, 2])), "text": Standard("x"), "plain": 5}
    yield "wrapped dict", lambda: Standard(wrapped), [{"array": [1], "text": "y", "plain": "any"}, {"array": "no"}, {"text": 5}, {}, []]
    yield "wrapped list", lambda: Standard([Numpy(np.array([1, 2]))]), [[[1], [2, 3]], [["x"]], {"a": 1}, []]
    yield "wrapped deep", lambda: Standard({"a": Standard({"b": Standard([1])})}), [{"a": {"b": [2]}}, {"a": {"b": 2}}, {"a": 1}]


if __name__ == "__main__":
    sys.path[:0] = sys.argv[1:]
    json.dump({name: describe(make, inputs) for name, make, inputs in samples()}, sys.stdout, default=str)
