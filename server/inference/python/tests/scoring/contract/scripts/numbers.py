"""Results of numpy and pandas."""

import json

import numpy
import pandas


def init():
    pass


def run(data):
    return RESULTS[json.loads(data)]


RESULTS = {
    "float64": numpy.float64(0.5),
    "float32": numpy.float32(0.5),
    "int64": numpy.int64(3),
    "bool_": numpy.bool_(True),
    "array": numpy.array([1.0, 2.0]),
    "listed": numpy.array([1.0, 2.0]).tolist(),
    "list_of_int64": [numpy.int64(1)],
    "list_of_float64": [numpy.float64(1)],
    "frame": pandas.DataFrame({"a": [1]}),
    "records": pandas.DataFrame({"a": [1], "b": ["x"]}).to_dict(orient="records"),
    "series": pandas.Series([1]),
    "timestamp": pandas.Timestamp(0),
    "nat": pandas.NaT,
    "na": pandas.NA,
}
