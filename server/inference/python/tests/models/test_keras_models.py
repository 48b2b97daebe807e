"""TensorFlow models of MLflow, where TensorFlow is installed (see frameworks.txt)."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed")

MAKER = Path(__file__).parent.parent / "support" / "make_keras_model.py"


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("keras")
    subprocess.run([sys.executable, str(MAKER), str(folder)], check=True, capture_output=True)
    return folder


def predict(server, path, body):
    status, _, answer = server.request("POST", path, json.dumps(body).encode())
    assert status == 200, answer
    return json.loads(answer)


def test_a_network_answers_tensors_of_both_protocols_as_pyfunc_does(serve, network):
    rows, expected = np.load(network / "rows.npy"), np.load(network / "expected.npy")
    server = serve(str(network / "model"))
    plain = predict(server, "/invocations", {"inputs": rows.tolist()})["predictions"]
    assert np.allclose(np.float32(plain), expected, rtol=0, atol=1e-6)
    tensor = {"name": "input", "shape": [20, 4], "datatype": "FP32", "data": rows.ravel().tolist()}
    output = predict(server, "/v2/models/model/infer", {"inputs": [tensor]})["outputs"][0]
    assert np.allclose(np.float32(output["data"]).reshape(20, 3), expected, rtol=0, atol=1e-6)
