"""Starts MLServer on PORT with the model of the bench: through MLflow, or, with `sklearn` as the argument, straight from its pickle."""

import json
import os
import sys
import tempfile
from pathlib import Path

MODEL = Path(os.environ["BENCH_MODEL"])
IMPLEMENTATIONS = {
    "mlflow": ("mlserver_mlflow.MLflowRuntime", MODEL),
    "sklearn": ("mlserver_sklearn.SKLearnModel", MODEL / "model.pkl"),
}

if __name__ == "__main__":
    implementation, uri = IMPLEMENTATIONS[sys.argv[1]]
    # The two others take ports that are free: only the first is measured.
    ports = {"http_port": int(os.environ["PORT"]), "grpc_port": 0, "metrics_endpoint": None}
    with tempfile.TemporaryDirectory() as folder:
        settings = {"host": "127.0.0.1", "parallel_workers": 0, "debug": False, **ports}
        model = {"name": "iris", "implementation": implementation, "parameters": {"uri": str(uri)}}
        (Path(folder) / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        (Path(folder) / "model-settings.json").write_text(json.dumps(model), encoding="utf-8")
        from mlserver.cli import main

        sys.argv = ["mlserver", "start", folder]
        main()
