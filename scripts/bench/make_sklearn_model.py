"""Makes the model of the bench: logistic regression on iris, saved by MLflow with its signature."""

import sys

import mlflow
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

iris = load_iris(as_frame=True)
model = LogisticRegression(max_iter=500).fit(iris.data, iris.target)
signature = infer_signature(iris.data, model.predict(iris.data))
mlflow.sklearn.save_model(model, sys.argv[1], signature=signature, serialization_format="cloudpickle", pip_requirements=["scikit-learn"])
