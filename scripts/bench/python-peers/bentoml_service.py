"""The model of the bench in BentoML."""

import os
import pickle
from pathlib import Path

import bentoml
import numpy as np


@bentoml.service(workers=1)
class Iris:
    def __init__(self) -> None:
        self.estimator = pickle.loads((Path(os.environ["BENCH_MODEL"]) / "model.pkl").read_bytes())

    @bentoml.api
    def score(self, input_data: list) -> list:
        return self.estimator.predict(np.array(input_data)).tolist()
