"""Logs and registers models at a tracking server (MLFLOW_TRACKING_URI), as a data scientist would; prints where they are as JSON."""
import json
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema


class Doubled(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * 2


signature = ModelSignature(Schema([ColSpec("double", "x")]), Schema([ColSpec("double")]))
with mlflow.start_run() as run:
    mlflow.log_metric("accuracy", 0.93)
    logged = mlflow.pyfunc.log_model(
        name="best",
        python_model=Doubled(),
        signature=signature,
        registered_model_name="doubled",
        pip_requirements=["mlflow-skinny"],
    )
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder, "sub folder")
        inner.mkdir()
        Path(folder, "notes.txt").write_text("kept as it is")
        Path(inner, "ä+b.bin").write_bytes(bytes(range(256)))
        mlflow.log_artifacts(folder, "plain/files")

client = MlflowClient()
client.set_registered_model_alias("doubled", "champion", "1")
print(json.dumps({"run_id": run.info.run_id, "model_id": logged.model_id}))
