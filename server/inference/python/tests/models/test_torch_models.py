"""PyTorch models of MLflow, where torch is installed (see frameworks.txt)."""

from __future__ import annotations

import json
import time

import mlflow
import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")

COLUMNS = ["a", "b", "c", "d"]
ROWS = np.random.default_rng(0).normal(0, 1, (40, 4)).astype(np.float32)


def network():
    torch.manual_seed(1)
    # Dropout answers at random unless the network has been told that it predicts.
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(8, 3))


def save(path, inputs, outputs, serialization_format):
    signature = mlflow.models.infer_signature(inputs, outputs)
    options = {"serialization_format": serialization_format, "pip_requirements": []}
    mlflow.pytorch.save_model(network().eval(), path, signature=signature, input_example=inputs[:2], **options)
    return path


@pytest.fixture(scope="module")
def table(folder):
    frame = pd.DataFrame(ROWS.astype(np.float64), columns=COLUMNS)
    return save(str(folder / "torch_table"), frame, pd.DataFrame(np.zeros((40, 3), np.float32)), "pickle")


@pytest.fixture(scope="module")
def exported(folder):
    return save(str(folder / "torch_exported"), ROWS, np.zeros((40, 3), np.float32), "pt2")


def of_pyfunc(path, inputs):
    return mlflow.pyfunc.load_model(path).predict(inputs)


def post(server, path, body):
    status, _, answer = server.request("POST", path, json.dumps(body).encode())
    assert status == 200, answer
    return json.loads(answer)


def test_a_table_is_answered_by_torch_alone_with_the_bits_of_pyfunc(serve, table):
    server = serve(table)
    assert "direct numpy path: on" in server.log and "importing mlflow" not in server.log
    frame = pd.DataFrame(ROWS.astype(np.float64), columns=COLUMNS)
    expected = json.loads(of_pyfunc(table, frame).to_json(orient="records", double_precision=15))
    answer = post(server, "/score", {"input_data": {"columns": COLUMNS, "data": frame.to_numpy().tolist()}})
    assert [np.float32(list(row.values())).tolist() for row in answer] == [np.float32(list(row.values())).tolist() for row in expected]
    assert list(answer[0]) == ["0", "1", "2"]


def test_an_exported_program_answers_tensors_of_both_protocols(serve, exported):
    server = serve(exported)
    assert "direct numpy path: on" in server.log
    expected = of_pyfunc(exported, ROWS)
    assert np.array_equal(np.float32(post(server, "/invocations", {"inputs": ROWS.tolist()})["predictions"]), expected)
    tensor = {"name": "input", "shape": [40, 4], "datatype": "FP32", "data": ROWS.ravel().tolist()}
    output = post(server, "/v2/models/torch_exported/infer", {"inputs": [tensor]})["outputs"][0]
    assert np.array_equal(np.float32(output["data"]).reshape(40, 3), expected)


def test_a_column_of_the_wrong_type_is_refused_by_name(serve, table):
    body = {"input_data": {"columns": COLUMNS, "data": [[0.1, "x", 0.3, 0.4]]}}
    status, _, answer = serve(table).request("POST", "/score", json.dumps(body).encode())
    assert status == 400 and b'\\"b\\"' in answer


def test_each_worker_makes_its_own_session(start_server, table, tmp_path):
    environment = {"WORKER_COUNT": "2", "OMP_NUM_THREADS": "1", "VIRIDIAN_SERVING_CACHE_DIR": str(tmp_path)}
    server = start_server("mlflow", {"AZUREML_MODEL_DIR": table, **environment})
    while server.log.count("listening on") < 2:
        assert server.process.poll() is None
        time.sleep(0.05)
    answers = {json.dumps(post(server, "/score", {"input_data": {"columns": COLUMNS, "data": [[0.1, 0.2, 0.3, 0.4]]}})) for _ in range(10)}
    assert len(answers) == 1
    server.terminate()
    assert server.wait() == 0
    assert server.log.count("loading the model") == 2
