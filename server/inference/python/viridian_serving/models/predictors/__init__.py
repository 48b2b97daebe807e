"""Ways to compute a prediction: straight from numpy, or through MLflow."""
