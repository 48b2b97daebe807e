"""What custom models may return is written as MLflow writes it."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
from mlflow.pyfunc.scoring_server import predictions_to_json

from viridian_serving.models.outputs import Outputs, encode_json


@pytest.mark.parametrize(
    "answer",
    [
        pd.Series([1, 2], name="label"),
        pd.Series([0.5, 1.5]),
        pd.DataFrame({"label": ["a", "b"], "score": [0.25, 0.75]}),
        np.array([[1, 2], [3, 4]]),
        [1, "two", None],
        {"labels": [1, 2]},
    ],
    ids=["named series", "series", "table", "array", "list", "mapping"],
)
def test_an_answer_reads_as_from_mlflow(answer):
    expected = io.StringIO()
    predictions_to_json(answer, expected)
    ours = Outputs(("predictions",), (answer,), "bare").to_python()
    assert {"predictions": json.loads(encode_json(ours))} == json.loads(expected.getvalue())
