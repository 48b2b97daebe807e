"""Models made here, as their authors would make them."""

from __future__ import annotations

import os
from typing import Callable, Dict

import pytest
from support.server_process import ServerProcess

mlflow = pytest.importorskip("mlflow")
np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def iris():
    from sklearn.datasets import load_iris

    return load_iris(as_frame=True)


def save(folder, name: str, model, inputs, predictions, **options) -> str:
    """Saves a scikit-learn model with its signature and returns its folder."""
    path = str(folder / name)
    signature = mlflow.models.infer_signature(inputs, predictions)
    mlflow.sklearn.save_model(model, path, signature=signature, serialization_format="cloudpickle", pip_requirements=[], **options)
    return path


@pytest.fixture(scope="session")
def classifier(folder, iris) -> str:
    """Logistic regression fitted on a DataFrame."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=500).fit(iris.data, iris.target)
    path = str(folder / "iris")
    signature = mlflow.models.infer_signature(iris.data, model.predict(iris.data))
    mlflow.sklearn.save_model(model, path, signature=signature, input_example=iris.data.head(3), pip_requirements=["scikit-learn"])
    return path


@pytest.fixture(scope="session")
def forest(folder, iris) -> str:
    """Probabilities of a forest fitted on arrays: a signature of one tensor."""
    from sklearn.ensemble import RandomForestClassifier

    values = iris.data.to_numpy()
    model = RandomForestClassifier(5, random_state=0, n_jobs=2).fit(values, iris.target)
    return save(folder, "forest", model, values, model.predict_proba(values), pyfunc_predict_fn="predict_proba")


@pytest.fixture(scope="session")
def mixed(folder) -> str:
    """A pipeline of texts, truth values and numbers: only MLflow itself converts them."""
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    frame = pd.DataFrame({"town": ["a", "b", "a", "c"] * 5, "rooms": range(20), "garden": [True, False] * 10, "area": np.linspace(20, 90, 20)})
    encode = ColumnTransformer([("town", OneHotEncoder(handle_unknown="ignore"), ["town"])], remainder="passthrough")
    model = make_pipeline(encode, LinearRegression()).fit(frame, frame["area"] * 3 + frame["rooms"])
    path = str(folder / "mixed")
    signature = mlflow.models.infer_signature(frame, model.predict(frame))
    mlflow.sklearn.save_model(
        model, path, signature=signature, serialization_format="cloudpickle", pip_requirements=["scikit-learn"], input_example=frame.head(2)
    )
    return path


@pytest.fixture(scope="session")
def custom(folder) -> str:
    """A pyfunc of its own that takes params and looks at its whole table."""

    class Share(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            total = model_input["x"].sum()
            if total == 0:
                raise ValueError("the sum is zero")
            return (model_input["x"] / total * (params or {}).get("scale", 1.0)).tolist()

    path = str(folder / "custom")
    frame = pd.DataFrame({"x": [1.0, 3.0]})
    signature = mlflow.models.infer_signature(frame, [0.25, 0.75], {"scale": 1.0})
    mlflow.pyfunc.save_model(path, python_model=Share(), signature=signature, input_example=frame, pip_requirements=[])
    return path


@pytest.fixture(scope="session")
def onnx_file(folder, iris) -> str:
    """The classifier as a graph, without MLflow around it."""
    skl2onnx = pytest.importorskip("skl2onnx")
    pytest.importorskip("onnxruntime")
    from sklearn.linear_model import LogisticRegression

    values = iris.data.to_numpy().astype(np.float32)
    model = LogisticRegression(max_iter=500).fit(values, iris.target)
    graph = skl2onnx.to_onnx(model, values[:1], options={"zipmap": False})
    path = folder / "onnx"
    path.mkdir()
    (path / "iris.onnx").write_bytes(graph.SerializeToString())
    return str(path)


@pytest.fixture(scope="session")
def mlflow_onnx(folder, onnx_file) -> str:
    """The same graph as an MLflow model of one tensor."""
    import onnx
    from mlflow.types import Schema, TensorSpec

    path = str(folder / "mlflow_onnx")
    inputs = Schema([TensorSpec(np.dtype("float32"), (-1, 4))])
    signature = mlflow.models.ModelSignature(inputs=inputs)
    mlflow.onnx.save_model(onnx.load(os.path.join(onnx_file, "iris.onnx")), path, signature=signature, pip_requirements=[])
    return path


@pytest.fixture(scope="session")
def serve(tmp_path_factory) -> Callable[..., ServerProcess]:
    """A server of a model; started once for each model and set of settings, and kept for the session."""
    cache = str(tmp_path_factory.mktemp("cache"))
    servers: Dict[tuple, ServerProcess] = {}

    def start(model: str, kind: str = "mlflow", **environment: str) -> ServerProcess:
        key = (model, kind, *sorted(environment.items()))
        if key not in servers:
            base = {"AZUREML_MODEL_DIR": model, "VIRIDIAN_SERVING_CACHE_DIR": cache}
            servers[key] = ServerProcess(["-m", "viridian_serving", "--kind", kind], {**base, **environment})
        return servers[key].wait_ready()

    yield start
    for server in servers.values():
        server.stop()
