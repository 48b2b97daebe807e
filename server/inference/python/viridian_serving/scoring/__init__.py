"""Scoring scripts: init() and run() as on Azure Machine Learning's inference server, which this one stands in for."""
