"""A scoring script, for the original server and ours."""

import json
import os
import pickle

import numpy as np


def init():
    global model
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"), "rb") as file:
        model = pickle.load(file)


def run(raw):
    return model.predict(np.array(json.loads(raw)["input_data"])).tolist()
