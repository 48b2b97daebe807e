"""The Open Inference Protocol, spoken by its own client and by hand."""

from __future__ import annotations

import json

import mlflow
import numpy as np
import pytest

client = pytest.importorskip("tritonclient.http")


def connect(server):
    return client.InferenceServerClient(f"127.0.0.1:{server.port}")


def tensor(name, array, datatype, binary):
    given = client.InferInput(name, list(array.shape), datatype)
    given.set_data_from_numpy(array, binary_data=binary)
    return given


def post(server, model, body):
    status, _, answer = server.request("POST", f"/v2/models/{model}/infer", json.dumps(body).encode())
    return status, json.loads(answer)


@pytest.mark.parametrize("binary", [True, False])
def test_a_client_scores_columns(serve, classifier, iris, binary):
    server = serve(classifier)
    triton = connect(server)
    assert triton.is_server_live() and triton.is_server_ready() and triton.is_model_ready("iris")
    names = [item["name"] for item in triton.get_model_metadata("iris")["inputs"]]
    assert names == list(iris.data.columns)
    inputs = [tensor(name, iris.data[[name]].to_numpy(), "FP64", binary) for name in names]
    wanted = [client.InferRequestedOutput("predictions", binary_data=binary)]
    answer = triton.infer("iris", inputs, outputs=wanted, request_id="7").as_numpy("predictions")
    assert answer.tolist() == mlflow.pyfunc.load_model(classifier).predict(iris.data).tolist()


def test_what_a_client_asks_about_the_server_is_answered_or_refused_in_words(serve, classifier, iris):
    triton = connect(serve(classifier))
    assert triton.get_model_repository_index() == [{"name": "iris", "version": "1", "state": "READY", "reason": ""}]
    config = triton.get_model_config("iris")
    assert config["max_batch_size"] == 0
    assert config["input"][0] == {"name": iris.data.columns[0], "data_type": "TYPE_FP64", "dims": [-1]}
    for ask in (triton.get_inference_statistics, lambda: triton.get_inference_statistics("iris")):
        with pytest.raises(client.InferenceServerException, match="/metrics"):
            ask()
    with pytest.raises(client.InferenceServerException, match="update the deployment"):
        triton.unload_model("iris")


@pytest.mark.parametrize("binary", [True, False])
def test_a_client_scores_one_tensor(serve, forest, iris, binary):
    rows = iris.data.to_numpy()
    answer = connect(serve(forest)).infer("forest", [tensor("input-0", rows, "FP64", binary)])
    assert answer.as_numpy("predictions").tolist() == mlflow.pyfunc.load_model(forest).predict(rows).tolist()


@pytest.mark.parametrize("binary", [True, False])
def test_a_client_scores_a_graph_without_mlflow_around_it(serve, onnx_file, iris, binary):
    import onnxruntime

    server = serve(onnx_file, kind="onnx")
    rows = iris.data.to_numpy().astype(np.float32)
    session = onnxruntime.InferenceSession(f"{onnx_file}/iris.onnx", providers=["CPUExecutionProvider"])
    labels, probabilities = session.run(None, {"X": rows})
    answer = connect(server).infer("iris", [tensor("X", rows, "FP32", binary)])
    assert answer.as_numpy("label").tolist() == labels.tolist()
    np.testing.assert_allclose(answer.as_numpy("probabilities"), probabilities, rtol=1e-5)
    assert "merging: on" in server.log


def test_a_graph_answers_at_score_too(serve, onnx_file):
    server = serve(onnx_file, kind="onnx")
    status, _, answer = server.request("POST", "/score", b'{"input_data": [[5.1, 3.5, 1.4, 0.2]]}')
    assert status == 200 and json.loads(answer)["label"] == [0]
    status, _, answer = server.request("POST", "/score", b'{"input_data": [[5.1, "a", 1.4, 0.2]]}')
    assert status == 400 and b"float32 of shape [?, 4]" in answer


def test_an_mlflow_model_of_a_graph_takes_the_direct_path(serve, mlflow_onnx, iris):
    server = serve(mlflow_onnx)
    rows = iris.data.to_numpy().astype(np.float32)
    expected = mlflow.pyfunc.load_model(mlflow_onnx).predict(rows)
    status, _, answer = server.request("POST", "/invocations", json.dumps({"inputs": rows.tolist()}).encode())
    assert "direct numpy path: on" in server.log
    assert status == 200 and json.loads(answer)["predictions"]["label"] == expected["label"].tolist()


def test_texts_and_truth_values_go_through_mlflow(serve, mixed):
    values = {"town": (["a", "b"], "BYTES"), "rooms": ([1, 2], "INT64"), "garden": ([True, False], "BOOL"), "area": ([30.0, 40.0], "FP64")}
    inputs = [{"name": name, "shape": [2], "datatype": kind, "data": data} for name, (data, kind) in values.items()]
    status, answer = post(serve(mixed), "mixed", {"inputs": inputs, "id": "x"})
    assert status == 200 and answer["id"] == "x"
    assert answer["outputs"][0]["shape"] == [2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"datatype": "FP65"}, "has the datatype"),
        ({"shape": [3]}, "expects"),
        ({"name": "width"}, 'has no input "width"'),
        ({"data": ["a"]}, "expects float64"),
        ({"data": None}, "must be a list"),
    ],
)
def test_a_wrong_tensor_is_named(serve, classifier, iris, change, words):
    good = [{"name": name, "shape": [1], "datatype": "FP64", "data": [1.0]} for name in iris.data.columns]
    server = serve(classifier)
    assert post(server, "iris", {"inputs": good})[0] == 200
    status, answer = post(server, "iris", {"inputs": [{**good[0], **change}, *good[1:]]})
    assert status == 400 and words in answer["error"]


def test_an_output_that_is_not_there_is_named(serve, classifier, iris):
    good = [{"name": name, "shape": [1], "datatype": "FP64", "data": [1.0]} for name in iris.data.columns]
    status, answer = post(serve(classifier), "iris", {"inputs": good, "outputs": [{"name": "nothing"}]})
    assert status == 400 and answer["error"] == 'The model has no output "nothing". Its outputs: predictions.'
