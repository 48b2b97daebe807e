"""The model of the bench in Triton's Python backend with dynamic batching. Fitted here: the packages that come with Triton read no pickle of newer ones."""

import os

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

iris = load_iris()
model = LogisticRegression(max_iter=500).fit(iris.data, iris.target)


@batch
def predict(rows):
    return {"label": model.predict(rows).astype(np.int64).reshape(-1, 1)}


if __name__ == "__main__":
    config = TritonConfig(http_address="127.0.0.1", http_port=int(os.environ["PORT"]), allow_grpc=False, allow_metrics=False)
    with Triton(config=config) as triton:
        triton.bind(
            model_name="iris",
            infer_func=predict,
            inputs=[Tensor(name="rows", dtype=np.float64, shape=(4,))],
            outputs=[Tensor(name="label", dtype=np.int64, shape=(1,))],
            config=ModelConfig(max_batch_size=128),
        )
        triton.serve()
