"""The direct path gives what `mlflow.pyfunc` gives, whatever the signature and the values."""

from __future__ import annotations

import json
import warnings
from io import StringIO

import mlflow
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow.models import ModelSignature
from mlflow.pyfunc import scoring_server
from mlflow.types import ColSpec, Schema
from sklearn.tree import DecisionTreeRegressor

from viridian_serving.models.errors import InputError
from viridian_serving.models.mlmodel import read_mlmodel
from viridian_serving.models.outputs import encode_json
from viridian_serving.models.payload import INVOCATION_ENVELOPES, parse_json, read_payload
from viridian_serving.models.predictors.sklearn_predictor import SklearnPredictor, load_estimator

INTEGERS = {"long": 2**53, "integer": 2**31 - 1}
TYPES = ("double", "float", "long", "integer")


def values_of(kind):
    """Values that JSON carries and the type holds; doubles that single precision holds, where that is the type."""
    if kind in INTEGERS:
        return st.integers(-INTEGERS[kind], INTEGERS[kind])
    width = 32 if kind == "float" else 64
    return st.one_of(st.floats(allow_nan=False, allow_infinity=False, width=width, min_value=-(2.0**99), max_value=2.0**99), st.integers(-1000, 1000))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A tree, which tells values apart and adds nothing up, for each signature that the test below draws."""
    made = {}

    def make(kinds):
        if kinds not in made:
            path = str(tmp_path_factory.mktemp("tree") / "model")
            rows = np.random.default_rng(1).normal(0, 100, (200, len(kinds)))
            columns = [f"c{index}" for index in range(len(kinds))]
            signature = ModelSignature(Schema([ColSpec(kind, name) for kind, name in zip(kinds, columns)]))
            tree = DecisionTreeRegressor().fit(pd.DataFrame(rows, columns=columns), rows.sum(1))
            mlflow.sklearn.save_model(tree, path, signature=signature, serialization_format="cloudpickle", pip_requirements=[])
            described = read_mlmodel(path, None)
            made[kinds] = (mlflow.pyfunc.load_model(path), SklearnPredictor(described, load_estimator(described)))
        return made[kinds]

    return make


@st.composite
def bodies(draw):
    kinds = draw(st.sampled_from([("double",), ("long", "double"), ("float", "float"), ("integer", "long"), ("double", "float", "integer")]))
    names = [f"c{index}" for index in range(len(kinds))]
    rows = draw(st.lists(st.tuples(*map(values_of, kinds)).map(list), min_size=1, max_size=4))
    order = draw(st.permutations(range(len(kinds))))
    split = {"columns": [names[index] for index in order], "data": [[row[index] for index in order] for row in rows]}
    if draw(st.booleans()):
        return kinds, {"dataframe_split": split}
    return kinds, {"dataframe_records": [dict(zip(split["columns"], row)) for row in split["data"]]}


def of_mlflow(model, body):
    written = StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = scoring_server.infer_and_parse_data(body, model.metadata.get_input_schema())
        scoring_server.predictions_to_json(model.predict(data), written)
    return json.loads(written.getvalue())["predictions"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies())
def test_values_that_fit_the_signature_give_the_same_bits(models, drawn):
    kinds, body = drawn
    slow, fast = models(kinds)
    outputs = fast.run(fast.decode(read_payload(parse_json(json.dumps(body).encode()), INVOCATION_ENVELOPES)))
    assert json.loads(encode_json(outputs.to_python())) == of_mlflow(slow, body)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(TYPES),
    st.one_of(st.text(max_size=3), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False), st.lists(st.integers(), max_size=2)),
)
def test_what_is_answered_is_answered_as_by_mlflow_and_the_rest_is_refused_by_name(models, kind, value):
    """Refusing more than MLflow is meant: MLflow cuts 1.5 to 1 and takes texts for numbers."""
    slow, fast = models((kind,))
    body = {"dataframe_split": {"columns": ["c0"], "data": [[value]]}}
    try:
        inputs = fast.decode(read_payload(body, INVOCATION_ENVELOPES))
    except InputError as error:
        assert 'Column "c0" expects' in str(error)
        return
    try:
        expected = of_mlflow(slow, body)
    except Exception:
        with pytest.raises(ValueError):
            fast.run(inputs)
        return
    assert fast.run(inputs).to_python() == expected
