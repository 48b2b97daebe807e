"""The model of the bench in the SDK of KServe."""

import os
import pickle
from pathlib import Path

import numpy as np
from kserve import Model, ModelServer


class Iris(Model):
    def __init__(self):
        super().__init__("iris")
        self.estimator = pickle.loads((Path(os.environ["BENCH_MODEL"]) / "model.pkl").read_bytes())
        self.ready = True

    def predict(self, payload, headers=None):
        return {"predictions": self.estimator.predict(np.array(payload["instances"])).tolist()}


if __name__ == "__main__":
    ModelServer(http_port=int(os.environ["PORT"]), enable_grpc=False, workers=1, access_log_format=None).start([Iris()])
