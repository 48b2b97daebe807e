#!/usr/bin/env python3
"""Trains the bundled models and writes them, their sample requests and their YAML into samples/.

Run it in an environment with scripts/samples/requirements.txt:

    python3 -m venv /tmp/samples-venv
    /tmp/samples-venv/bin/pip install -r scripts/samples/requirements.txt
    /tmp/samples-venv/bin/python scripts/samples/make_samples.py

Data come with scikit-learn or are written below; nothing is downloaded. Seeds are fixed, so the same versions make the same models.
Each model is checked on its own sample request with onnxruntime before it is written.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
OPSETS = {"": 17, "ai.onnx.ml": 3}
# Readable by every onnxruntime of the last years.
IR_VERSION = 8
SEED = 7
DEPLOYMENT_SCHEMA = "https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json"


@dataclass
class Version:
    """One version of a sample: a model file and a request that it answers."""

    number: int
    title: str
    model: onnx.ModelProto
    sample_request: dict[str, Any]
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class Sample:
    """A bundled model with its versions."""

    id: str
    title: str
    description: str
    versions: list[Version]


def make_iris() -> Sample:
    """Two classifiers of the same flowers: a calibrated linear one, and a forest that decides in steps."""
    data = load_iris()
    features = data.data.astype(np.float32)
    labels = data.target_names[data.target]
    train_x, test_x, train_y, test_y = train_test_split(
        features, labels, test_size=0.3, random_state=SEED, stratify=labels
    )
    inputs = [("features", FloatTensorType([None, 4]))]

    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500)).fit(train_x, train_y)
    forest = RandomForestClassifier(n_estimators=40, max_depth=4, random_state=SEED).fit(train_x, train_y)
    request = {
        "input_data": {
            "columns": ["sepal_length", "sepal_width", "petal_length", "petal_width"],
            "index": [0, 1, 2],
            "data": [[5.1, 3.5, 1.4, 0.2], [6.0, 2.7, 5.1, 1.6], [6.7, 3.1, 5.6, 2.4]],
        }
    }

    def convert(estimator: Any, zipmap: bool) -> onnx.ModelProto:
        last = estimator[-1] if hasattr(estimator, "steps") else estimator
        return to_onnx(
            estimator, initial_types=inputs, target_opset=OPSETS, options={id(last): {"zipmap": zipmap}}
        )

    return Sample(
        id="iris",
        title="Iris flowers",
        description="Tells three kinds of iris apart from four lengths in centimetres.",
        versions=[
            Version(
                1,
                "Logistic regression, probabilities by name",
                convert(linear, True),
                request,
                {"accuracy": f"{linear.score(test_x, test_y):.3f}", "algorithm": "logistic regression"},
            ),
            Version(
                2,
                "Random forest, probabilities as a table",
                convert(forest, False),
                request,
                {"accuracy": f"{forest.score(test_x, test_y):.3f}", "algorithm": "random forest of 40 trees"},
            ),
        ],
    )


def make_digits() -> Sample:
    """A multilayer perceptron for 8 × 8 grey pictures, written as an ONNX graph that takes the picture as it is."""
    data = load_digits()
    train_x, test_x, train_y, test_y = train_test_split(
        data.data / 16.0, data.target, test_size=0.2, random_state=SEED, stratify=data.target
    )
    network = MLPClassifier(hidden_layer_sizes=(48, 24), max_iter=400, random_state=SEED).fit(train_x, train_y)

    nodes = [
        helper.make_node("Flatten", ["image"], ["pixels"], axis=1),
        helper.make_node("Div", ["pixels", "full_scale"], ["layer_0"]),
    ]
    weights = [numpy_helper.from_array(np.array(16.0, dtype=np.float32), "full_scale")]
    layers = list(zip(network.coefs_, network.intercepts_))
    for number, (matrix, bias) in enumerate(layers):
        weights.append(numpy_helper.from_array(matrix.astype(np.float32), f"weights_{number}"))
        weights.append(numpy_helper.from_array(bias.astype(np.float32), f"bias_{number}"))
        is_last = number == len(layers) - 1
        product = "logits" if is_last else f"product_{number}"
        nodes.append(helper.make_node("Gemm", [f"layer_{number}", f"weights_{number}", f"bias_{number}"], [product]))
        if not is_last:
            nodes.append(helper.make_node("Relu", [product], [f"layer_{number + 1}"]))
    nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1))
    nodes.append(helper.make_node("ArgMax", ["logits"], ["digit"], axis=1, keepdims=0))
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 8, 8])],
        [
            helper.make_tensor_value_info("digit", TensorProto.INT64, ["batch"]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10]),
        ],
        weights,
    )
    model = helper.make_model(graph, producer_name="viridian samples", opset_imports=[helper.make_opsetid("", 17)])
    pictures = [data.images[index].astype(int).tolist() for index in (3, 42)]
    return Sample(
        id="digits",
        title="Handwritten digits",
        description="Reads one handwritten digit from a picture of 8 × 8 grey values between 0 and 16.",
        versions=[
            Version(
                1,
                "Neural network of two hidden layers",
                model,
                {"input_data": {"image": pictures}},
                {"accuracy": f"{network.score(test_x, test_y):.3f}", "algorithm": "multilayer perceptron 64-48-24-10"},
            )
        ],
    )


POSITIVE = {
    "adjective": "great excellent friendly delicious wonderful quick fresh helpful lovely perfect amazing pleasant".split(),
    "verdict": [
        "I loved it", "we will come back", "highly recommended", "worth every cent", "it made my day", "I am very happy",
        "it works like a charm", "better than expected",
    ],
}
NEGATIVE = {
    "adjective": "terrible awful rude cold slow broken disappointing dirty boring stale overpriced horrible".split(),
    "verdict": [
        "I hated it", "never again", "a waste of money", "we left early", "it ruined my day", "I want my money back",
        "it stopped working after a day", "worse than expected",
    ],
}
SUBJECTS = "the food|the service|the room|this phone|the movie|the book|the battery|the staff|delivery|the coffee".split("|")


def make_sentences(words: dict[str, list[str]]) -> list[str]:
    """Short reviews that say one thing; every word of a class occurs in many contexts."""
    sentences = []
    for subject, adjective in itertools.product(SUBJECTS, words["adjective"]):
        sentences.append(f"{subject} was {adjective}")
        sentences.append(f"{subject} is really {adjective}")
    for subject, verdict in itertools.product(SUBJECTS, words["verdict"]):
        sentences.append(f"{subject}: {verdict}")
    for first, second in itertools.combinations(words["adjective"], 2):
        sentences.append(f"{first} and {second}")
    return sentences


def make_sentiment() -> Sample:
    """A text model: word frequencies and a linear classifier, text in, label and probabilities out."""
    texts, labels = [], []
    for label, words in (("negative", NEGATIVE), ("positive", POSITIVE)):
        sentences = make_sentences(words)
        texts += sentences
        labels += [label] * len(sentences)
    classifier = LogisticRegression(C=20, max_iter=1000)
    # The pattern keeps to ASCII letters because ONNX tokenises with RE2, which is narrower than Python's \w.
    vectorizer = TfidfVectorizer(lowercase=True, token_pattern="[a-zA-Z]+", ngram_range=(1, 2), min_df=2)
    pipeline = make_pipeline(vectorizer, classifier).fit(texts, labels)
    model = to_onnx(
        pipeline,
        initial_types=[("text", StringTensorType([None, 1]))],
        target_opset=OPSETS,
        # The C locale is there on every host; others are packages that a small image does without.
        options={id(classifier): {"zipmap": False}, id(vectorizer): {"locale": "C"}},
    )
    return Sample(
        id="sentiment",
        title="Review sentiment",
        description="Tells whether a short English review is positive or negative.",
        versions=[
            Version(
                1,
                "Word frequencies and a linear classifier",
                model,
                {
                    "input_data": {
                        "text": [
                            "The food was delicious and the staff is friendly",
                            "Terrible service, I want my money back",
                            "The battery is great but delivery was slow",
                        ]
                    }
                },
                {"algorithm": "TF-IDF and logistic regression", "training_data": "short invented reviews"},
            )
        ],
    )


def write_sample(sample: Sample) -> dict[str, Any]:
    versions = []
    for version in sample.versions:
        folder = SAMPLES / sample.id / f"v{version.number}"
        model_folder = folder / "model"
        model_folder.mkdir(parents=True, exist_ok=True)
        model = finish(version, sample)
        check(model, version.sample_request)
        (model_folder / f"{sample.id}.onnx").write_bytes(model.SerializeToString(deterministic=True))
        write_json(model_folder / "sample-request.json", version.sample_request)
        (folder / "deployment.yml").write_text(deployment_yaml(sample, version), encoding="utf-8")
        versions.append(
            {
                "id": f"{sample.id}-{version.number}",
                "title": version.title,
                "version": str(version.number),
                "path": f"{sample.id}/v{version.number}/model",
                "sample_request": version.sample_request,
            }
        )
    return {
        "id": sample.id,
        "title": sample.title,
        "description": sample.description,
        "model_name": sample.id,
        "versions": versions,
    }


def finish(version: Version, sample: Sample) -> onnx.ModelProto:
    model = version.model
    model.ir_version = IR_VERSION
    model.doc_string = f"{sample.title}: {version.title}"
    helper.set_model_props(model, version.metadata)
    onnx.checker.check_model(model)
    return model


def check(model: onnx.ModelProto, request: dict[str, Any]) -> None:
    """The sample request must give one prediction per row."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    tensor = session.get_inputs()[0]
    content = request["input_data"]
    rows = content["data"] if "columns" in content else content[tensor.name]
    kind = object if "string" in tensor.type else np.float32
    values = np.array(rows, dtype=kind)
    if values.ndim < len(tensor.shape):
        values = values.reshape(-1, 1)
    outputs = session.run(None, {tensor.name: values})
    if any(len(output) != len(rows) for output in outputs):
        raise ValueError(f"{model.doc_string}: {len(rows)} rows gave another number of predictions")
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    print(f"{model.doc_string}: {list(outputs[0])} {metadata}")


def deployment_yaml(sample: Sample, version: Version) -> str:
    name = "blue" if version.number == 1 else "green"
    return f"""$schema: {DEPLOYMENT_SCHEMA}
name: {name}
endpoint_name: {sample.id}
description: {version.title}
model:
  name: {sample.id}
  version: "{version.number}"
  type: onnx_model
  path: ./model
instance_type: cpu-1
instance_count: 1
"""


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    samples = [make_iris(), make_digits(), make_sentiment()]
    write_json(SAMPLES / "catalog.json", {"items": [write_sample(sample) for sample in samples]})


if __name__ == "__main__":
    main()
