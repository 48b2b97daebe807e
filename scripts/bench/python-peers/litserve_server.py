"""The model of the bench in LitServe."""

import os
import pickle
from pathlib import Path

import litserve
import numpy as np


class Iris(litserve.LitAPI):
    def setup(self, device):
        self.estimator = pickle.loads((Path(os.environ["BENCH_MODEL"]) / "model.pkl").read_bytes())

    def decode_request(self, request):
        return np.array(request["input_data"])

    def predict(self, rows):
        return self.estimator.predict(rows)

    def encode_response(self, output):
        return output.tolist()


if __name__ == "__main__":
    server = litserve.LitServer(Iris(), accelerator="cpu")
    server.run(port=int(os.environ["PORT"]), host="127.0.0.1", generate_client_file=False, log_level="error")
