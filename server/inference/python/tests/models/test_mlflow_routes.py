"""What the routes of an MLflow model promise."""

from __future__ import annotations

import gzip
import json
import threading

import mlflow
import pandas as pd
import pytest

JSON = {"content-type": "application/json"}
COLUMNS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
ROW = [5.1, 3.5, 1.4, 0.2]


def post(server, path, body, headers=JSON):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, _, answer = server.request("POST", path, raw, headers)
    return status, json.loads(answer)


@pytest.fixture(scope="module")
def iris_server(serve, classifier):
    return serve(classifier)


@pytest.mark.parametrize(
    "content",
    [
        {"columns": COLUMNS, "index": [0], "data": [ROW]},
        {"columns": COLUMNS[::-1], "data": [ROW[::-1]]},
        {"columns": [*COLUMNS, "more"], "data": [[*ROW, "ignored"]]},
        {"data": [ROW]},
        [ROW],
        [dict(zip(COLUMNS, ROW))],
        {name: [value] for name, value in zip(COLUMNS, ROW)},
        {name: [[value]] for name, value in zip(COLUMNS, ROW)},
    ],
)
def test_score_takes_input_data_in_every_form_and_answers_bare(iris_server, content):
    assert post(iris_server, "/score", {"input_data": content}) == (200, [0])


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}},
        {"dataframe_records": [dict(zip(COLUMNS, ROW))]},
        {"instances": [dict(zip(COLUMNS, ROW))]},
        {"inputs": {name: [value] for name, value in zip(COLUMNS, ROW)}},
    ],
)
def test_invocations_takes_the_forms_of_mlflow(iris_server, body):
    assert post(iris_server, "/invocations", body) == (200, {"predictions": [0]})


def test_invocations_takes_csv_and_parquet(iris_server, iris, tmp_path):
    rows = iris.data.iloc[[0, 60, 120]]
    csv = rows.to_csv(index=False).encode()
    assert post(iris_server, "/invocations", csv, {"content-type": "text/csv; charset=utf-8"}) == (200, {"predictions": [0, 1, 2]})
    rows.to_parquet(tmp_path / "rows")
    parquet = (tmp_path / "rows").read_bytes()
    headers = {"content-type": "application/vnd.apache.parquet"}
    assert post(iris_server, "/invocations", parquet, headers) == (200, {"predictions": [0, 1, 2]})


def test_a_compressed_body_is_inflated_within_the_limit(serve, classifier):
    server = serve(classifier, VIRIDIAN_SERVING_MAX_BODY_BYTES="100000")
    headers = {**JSON, "content-encoding": "gzip"}
    assert post(server, "/score", gzip.compress(json.dumps({"input_data": [ROW]}).encode()), headers) == (200, [0])
    assert post(server, "/score", gzip.compress(b" " * 200_000), headers)[0] == 413
    assert post(server, "/score", b"no gzip", headers)[0] == 400


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([[5.1, "wide", 1.4, 0.2]], 'Column "sepal width (cm)" expects double, got text "wide" (row 0).'),
        ([[5.1, 3.5, True, 0.2]], 'Column "petal length (cm)" expects double, got true (row 0).'),
        ({"columns": COLUMNS[:3], "data": [ROW[:3]]}, 'Column "petal width (cm)" (double) is required and missing'),
        ([ROW, ROW[:3]], 'Row 1 of "input_data" must hold 4 values'),
        ({"columns": COLUMNS, "data": [[1, 2, 3]]}, 'Row 0 of "input_data" must hold one value per column (4), got 3 values.'),
        ([], "holds no rows"),
        ("text", '"input_data" must be a list or an object, got text "text".'),
    ],
)
def test_a_wrong_value_is_named(iris_server, content, words):
    status, answer = post(iris_server, "/score", {"input_data": content})
    assert status == 400 and words in answer["error"]["message"]


def test_errors_have_the_form_of_their_route_and_no_stack_trace(iris_server):
    status, answer = post(iris_server, "/invocations", b"{")
    assert status == 400 and set(answer) == {"error_code", "message"}
    status, answer = post(iris_server, "/score", b"{")
    assert status == 400 and set(answer["error"]) == {"code", "message"}
    status, answer = post(iris_server, "/v2/models/iris/infer", b"{")
    assert status == 400 and isinstance(answer["error"], str)
    assert post(iris_server, "/score", {"input_data": [[None, 1, 1, 1]]})[0] == 400


def test_params_are_refused_by_a_model_that_has_none(iris_server):
    status, answer = post(iris_server, "/score", {"input_data": [ROW], "params": {"a": 1}})
    assert status == 400 and "takes no params" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/ping", 200), ("GET", "/health", 200), ("GET", "/version", 200), ("GET", "/", 200), ("GET", "/score", 405),
     ("POST", "/ping", 405), ("GET", "/nothing", 404), ("GET", "/v2/models/other", 404), ("POST", "/invocations", 415)],
)  # fmt: skip
def test_routes_and_methods(iris_server, method, path, status):
    assert iris_server.request(method, path, b"" if method == "GET" else b"x", {"content-type": "text/plain"})[0] == status


def test_version_is_that_of_mlflow(iris_server):
    assert iris_server.request("GET", "/version")[2].decode() == mlflow.__version__


def test_the_document_describes_the_columns_and_shows_a_request_that_works(iris_server):
    document = json.loads(iris_server.request("GET", "/swagger.json")[2])
    assert document["openapi"] == "3.1.0"
    body = document["paths"]["/score"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["properties"]["input_data"]["anyOf"][0]["properties"]["columns"]["default"] == COLUMNS
    assert post(iris_server, "/score", body["example"])[0] == 200


def test_the_log_says_versions_phases_and_reasons(iris_server):
    for words in ("scikit-learn ", "importing scikit-learn ", "direct numpy path: on (", "merging: on (", "linear shortcut: on ("):
        assert words in iris_server.log


def test_the_direct_path_never_imports_mlflow_or_pandas(serve, classifier):
    server = serve(classifier, VIRIDIAN_SERVING_MODEL_NAME="lean")
    assert post(server, "/score", {"input_data": [ROW]}) == (200, [0])
    loaded = open(f"/proc/{server.process.pid}/maps").read()
    assert "sklearn" in loaded and "pandas" not in loaded and "pyarrow" not in loaded


def test_one_tensor_and_another_method_take_the_direct_path(serve, forest, iris):
    server = serve(forest)
    expected = mlflow.pyfunc.load_model(forest).predict(iris.data.to_numpy())
    assert "direct numpy path: on" in server.log
    assert post(server, "/invocations", {"inputs": iris.data.to_numpy().tolist()}) == (200, {"predictions": expected.tolist()})
    status, answer = post(server, "/score", {"input_data": [[1.0, 2.0]]})
    assert status == 400 and "float64 of shape [?, 4], got shape [1, 2]" in answer["error"]["message"]


def test_columns_of_other_types_go_through_mlflow_and_errors_name_them(serve, mixed):
    server = serve(mixed)
    frame = pd.DataFrame({"town": ["a", "z"], "rooms": [3, 4], "garden": [True, False], "area": [50.0, 60.5]})
    expected = mlflow.pyfunc.load_model(mixed).predict(frame).tolist()
    body = {"columns": list(frame.columns), "data": frame.to_numpy().tolist()}
    assert "direct numpy path: off" in server.log
    assert post(server, "/score", {"input_data": body}) == (200, expected)
    for column, value, words in (
        ("rooms", 1.5, 'Column "rooms" expects long, got 1.5 (row 1).'),
        ("rooms", None, 'Column "rooms" expects long, got null (row 1), which cannot be missing.'),
        ("town", 5, 'Column "town" expects string, got 5 (row 1).'),
        ("garden", "yes", 'Column "garden" expects boolean, got text "yes" (row 1).'),
    ):
        records = frame.to_dict("records")
        records[1][column] = value
        status, answer = post(server, "/score", {"input_data": records})
        assert (status, answer["error"]["message"]) == (400, words)


def test_a_custom_pyfunc_gets_its_params_and_its_own_table(serve, custom):
    server = serve(custom)
    body = {"dataframe_split": {"columns": ["x"], "data": [[1.0], [3.0]]}}
    assert "merging: off (a custom pyfunc may look at the whole table)" in server.log
    assert post(server, "/invocations", body) == (200, {"predictions": [0.25, 0.75]})
    assert post(server, "/invocations", {**body, "params": {"scale": 4.0}}) == (200, {"predictions": [1.0, 3.0]})
    assert post(server, "/invocations", {**body, "params": {"scala": 4.0}})[0] == 400
    status, answer = post(server, "/invocations", {"dataframe_split": {"columns": ["x"], "data": [[0.0]]}})
    assert status == 400 and "the sum is zero" in answer["message"]


def test_a_bad_request_never_changes_a_neighbours_answer(serve, classifier, iris):
    """NaN passes the decoder and fails in the estimator, so it fails every run that it is joined to."""
    server = serve(classifier, VIRIDIAN_SERVING_SHORTCUT="off")
    expected = mlflow.pyfunc.load_model(classifier).predict(iris.data).tolist()
    wrong = []

    def ask(start):
        for row in range(start, 150, 8):
            bad = row % 5 == 0
            values = [None, *iris.data.iloc[row, 1:]] if bad else iris.data.iloc[row].tolist()
            got = post(server, "/score", {"input_data": [values]})
            if (got[0] != 400) if bad else (got != (200, [expected[row]])):
                wrong.append((row, got))

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_linear_shortcut_answers_as_the_estimator_also_for_what_it_refuses(serve, classifier, iris):
    fast, slow = serve(classifier), serve(classifier, VIRIDIAN_SERVING_SHORTCUT="off")
    body = {"dataframe_split": {"columns": COLUMNS, "data": iris.data.to_numpy().tolist()}}
    assert post(fast, "/invocations", body) == post(slow, "/invocations", body)
    missing = {"dataframe_split": {"columns": COLUMNS, "data": [[None, 1, 1, 1]]}}
    assert post(fast, "/invocations", missing) == post(slow, "/invocations", missing)


def test_both_paths_can_be_forced(serve, classifier):
    server = serve(classifier, VIRIDIAN_SERVING_DIRECT_PATH="off", VIRIDIAN_SERVING_MERGING="off")
    assert "direct numpy path: off (switched off by VIRIDIAN_SERVING_DIRECT_PATH)" in server.log
    assert "merging: off (switched off by VIRIDIAN_SERVING_MERGING)" in server.log
    assert post(server, "/score", {"input_data": {"columns": COLUMNS, "data": [ROW]}}) == (200, [0])


def test_metrics_count_requests_and_rows(serve, classifier):
    server = serve(classifier, VIRIDIAN_SERVING_MODEL_NAME="counted")
    post(server, "/score", {"input_data": [ROW, ROW]})
    post(server, "/score", {"input_data": []})
    page = server.request("GET", "/metrics")[2].decode()
    assert 'requests_total{route="score",status="200"} 1\n' in page
    assert 'requests_total{route="score",status="400"} 1\n' in page
    assert "viridian_serving_rows_total 2\n" in page
