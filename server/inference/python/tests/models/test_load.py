"""What is said of models that cannot be served, or not as they were meant."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from viridian_serving.failures import EXIT_BAD_DATA, EXIT_CONFIG


def start(start_server, folder, **environment):
    return start_server("mlflow", {"AZUREML_MODEL_DIR": str(folder), **environment}, wait=False)


def change(model, target, old, new):
    """A copy of a model with another MLmodel file."""
    shutil.copytree(model, target)
    path = target / "MLmodel"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return target


def last_line(server):
    return [line for line in server.lines if line][-1]


def test_a_folder_without_a_model_says_what_it_holds(start_server, tmp_path):
    (tmp_path / "notes.txt").touch()
    server = start(start_server, tmp_path)
    assert server.wait() == EXIT_BAD_DATA
    assert last_line(server) == f"model does not load: there is no MLmodel file in {tmp_path} or one level below; it holds: notes.txt"


def test_a_missing_folder_and_a_missing_setting_are_named(start_server, tmp_path):
    server = start(start_server, tmp_path / "nothing")
    assert server.wait() == EXIT_BAD_DATA and str(tmp_path / "nothing") in last_line(server)
    server = start_server("mlflow", {"AZUREML_MODEL_DIR": ""}, wait=False)
    assert server.wait() == EXIT_CONFIG and "AZUREML_MODEL_DIR" in last_line(server)


@pytest.mark.parametrize("content", [b"no pickle", None])
def test_a_model_file_that_is_broken_or_missing_ends_the_start(start_server, forest, tmp_path, content):
    broken = change(forest, tmp_path / "broken", "model.pkl", "model.pkl")
    (broken / "model.pkl").unlink() if content is None else (broken / "model.pkl").write_bytes(content)
    server = start(start_server, broken)
    assert server.wait() == EXIT_BAD_DATA
    assert last_line(server).startswith("model does not load: ")


def test_another_version_of_scikit_learn_is_said_with_both_numbers(serve, forest, tmp_path):
    import sklearn

    server = serve(str(change(forest, tmp_path / "old", f"sklearn_version: {sklearn.__version__}", "sklearn_version: 1.0.2")))
    assert f"scikit-learn: the model was saved with 1.0.2, installed is {sklearn.__version__}" in server.log


def test_a_model_one_level_below_is_found_and_its_folder_is_its_name(serve, forest):
    server = serve(os.path.dirname(shutil.copytree(forest, os.path.join(os.path.dirname(forest), "outer", "below"))))
    assert json.loads(server.request("GET", "/v2/models/below")[2])["name"] == "below"


def test_pandas_is_not_loaded_where_rows_never_become_a_table(serve, forest):
    server = serve(forest)
    assert "direct numpy path: on" in server.log
    with open(f"/proc/{server.process.pid}/maps", encoding="utf-8") as file:
        assert "/site-packages/pandas/" not in file.read()


def test_workers_answer_from_the_same_model(start_server, classifier, tmp_path):
    environment = {"WORKER_COUNT": "2", "OMP_NUM_THREADS": "1", "VIRIDIAN_SERVING_CACHE_DIR": str(tmp_path)}
    server = start_server("mlflow", {"AZUREML_MODEL_DIR": classifier, **environment})
    for _ in range(10):
        assert server.request("POST", "/score", b'{"input_data": [[5.1, 3.5, 1.4, 0.2]]}')[2] == b"[0]"
    server.terminate()
    assert server.wait() == 0
    assert server.log.count("listening on") == 2 and server.log.count("loading the model") == 1


def test_the_proof_is_kept_between_starts(start_server, classifier, tmp_path):
    environment = {"AZUREML_MODEL_DIR": classifier, "VIRIDIAN_SERVING_CACHE_DIR": str(tmp_path)}
    first = start_server("mlflow", environment)
    second = start_server("mlflow", environment)
    assert "proving the direct path, from the cache," not in first.log
    assert "proving the direct path, from the cache," in second.log
    assert "direct numpy path: on" in second.log
