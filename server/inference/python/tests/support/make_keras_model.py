"""Saves a network of Keras by MLflow into the folder `model` of the given one, beside rows and what mlflow.pyfunc predicts of them.

A process of its own: TensorFlow and PyTorch do not bear each other in one.
"""

import sys
from pathlib import Path

import keras
import mlflow
import numpy as np

folder = Path(sys.argv[1])
rows = np.random.default_rng(0).normal(0, 1, (20, 4)).astype(np.float32)
keras.utils.set_random_seed(1)
network = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3)])
signature = mlflow.models.infer_signature(rows, np.zeros((20, 3), np.float32))
mlflow.tensorflow.save_model(network, folder / "model", signature=signature, input_example=rows[:2], pip_requirements=[])
np.save(folder / "rows.npy", rows)
np.save(folder / "expected.npy", mlflow.pyfunc.load_model(str(folder / "model")).predict(rows))
