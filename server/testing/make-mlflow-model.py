"""Saves a scikit-learn model with MLflow, as a data scientist would: signature, input example, and the requirements that MLflow infers."""
import sys

import mlflow.sklearn
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

iris = load_iris(as_frame=True)
model = LogisticRegression(max_iter=500).fit(iris.data, iris.target)
signature = infer_signature(iris.data, model.predict(iris.data))
mlflow.sklearn.save_model(model, sys.argv[1], signature=signature, input_example=iris.data.head(2))
