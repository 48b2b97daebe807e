"""A prediction that takes long keeps nobody else waiting for a sign of life."""

from __future__ import annotations

import os
import threading
import time

import mlflow
import pandas as pd
import pytest


class Waiting(mlflow.pyfunc.PythonModel):
    """Slow enough for a thread of its own; waits for a file where the value is 7."""

    def predict(self, context, model_input, params=None):
        time.sleep(0.005)
        while 7 in model_input["x"].to_list() and not os.path.exists(os.environ["GATE"]):
            time.sleep(0.01)
        return model_input["x"].to_list()


@pytest.fixture
def waiting(tmp_path):
    path = str(tmp_path / "waiting")
    frame = pd.DataFrame({"x": [1]})
    signature = mlflow.models.infer_signature(frame, [1])
    mlflow.pyfunc.save_model(path, python_model=Waiting(), signature=signature, input_example=frame, pip_requirements=[])
    return path


def test_probes_and_metrics_answer_during_a_prediction_and_a_drain_waits_for_it(start_server, waiting, tmp_path):
    gate = tmp_path / "gate"
    server = start_server("mlflow", {"AZUREML_MODEL_DIR": waiting, "GATE": str(gate)})
    assert server.request("POST", "/score", b'{"input_data": [{"x": 1}]}')[2] == b"[1]"
    answers = []
    thread = threading.Thread(target=lambda: answers.append(server.request("POST", "/score", b'{"input_data": [{"x": 7}]}')))
    thread.start()
    while b"viridian_serving_running_requests 1" not in server.request("GET", "/metrics")[2]:
        pass
    assert server.request("GET", "/health/ready")[0] == 200
    assert server.request("POST", "/score", b'{"input_data": [{"x": "a"}]}')[0] == 400
    server.terminate()
    assert answers == []
    gate.touch()
    thread.join()
    assert (answers[0][0], answers[0][2]) == (200, b"[7]")
    assert server.wait() == 0
