"""Linear estimators by their formula. For one row scikit-learn's checks cost sixty times the arithmetic."""

from __future__ import annotations

from typing import Any, Callable, List, Optional

import numpy as np

from ..outputs import Outputs
from .sklearn_predictor import SklearnPredictor

_PROOF_ROWS = 500
Formula = Callable[[np.ndarray], np.ndarray]


def find_formula(estimator: Any, method: str) -> Optional[Formula]:
    """The formula of a linear estimator's `predict`, or None. What it gives still has to be compared with the estimator."""
    from sklearn.base import is_classifier, is_regressor

    coefficients = getattr(estimator, "coef_", None)
    intercept = getattr(estimator, "intercept_", None)
    is_linear = type(estimator).__module__.startswith("sklearn.linear_model") or type(estimator).__module__.startswith("sklearn.svm")
    if method != "predict" or not is_linear or not isinstance(coefficients, np.ndarray) or intercept is None:
        return None
    if is_classifier(estimator):
        return _classify(estimator.classes_, coefficients, np.asarray(intercept))
    if is_regressor(estimator):
        return _regress(coefficients, intercept)
    return None


def _regress(coefficients: np.ndarray, intercept: Any) -> Formula:
    weights = coefficients.T
    return lambda rows: rows @ weights + intercept


def _classify(classes: np.ndarray, coefficients: np.ndarray, intercept: np.ndarray) -> Optional[Formula]:
    if coefficients.ndim != 2:
        return None
    weights = coefficients.T

    def label(rows: np.ndarray) -> np.ndarray:
        scores = rows @ weights + intercept
        if not np.isfinite(scores).all():
            # The estimator says itself what is wrong with such rows.
            raise ArithmeticError
        return classes[(scores[:, 0] > 0).astype(np.intp) if scores.shape[1] == 1 else scores.argmax(1)]

    return label


class LinearPredictor(SklearnPredictor):
    """As its base, by formula where the numbers are finite."""

    title = "scikit-learn by its formula"

    def __init__(self, base: SklearnPredictor, formula: Formula) -> None:
        self.__dict__.update(base.__dict__)
        self._formula = formula

    def run(self, inputs: List[np.ndarray]) -> Outputs:
        rows = inputs[0]
        try:
            result = self._formula(rows)
            is_finite = result.dtype.kind != "f" or np.isfinite(result).all()
        except ArithmeticError:
            is_finite = False
        return Outputs(("predictions",), (result,), "bare") if is_finite else super().run(inputs)


def take_shortcut(base: SklearnPredictor, samples: List[List[np.ndarray]]) -> tuple[SklearnPredictor, str]:
    """The formula's predictor where it gives what the estimator gives, else `base`; and the reason. `samples` are inputs the model takes."""
    formula = find_formula(base.estimator, base.method)
    if formula is None:
        return base, "not a linear estimator whose formula is known"
    fast = LinearPredictor(base, formula)
    compared = 0
    for inputs in [*samples, *_random_like(samples)]:
        try:
            slow = base.run(inputs).arrays[0]
        except ValueError:
            continue
        quick = fast.run(inputs).arrays[0]
        if slow.dtype != quick.dtype or slow.shape != quick.shape or not _same(slow, quick):
            return base, "the formula gives other values than the estimator"
        compared += len(slow)
    if compared < _PROOF_ROWS:
        return base, f"only {compared} rows could be compared"
    return fast, f"the formula gave the same values as the estimator for {compared} rows"


def _same(slow: np.ndarray, quick: np.ndarray) -> bool:
    if slow.dtype.kind == "f":
        return bool(np.allclose(slow, quick, rtol=1e-12 if slow.dtype == np.float64 else 1e-6, atol=0))
    return bool((slow == quick).all())


def _random_like(samples: List[List[np.ndarray]]) -> List[List[np.ndarray]]:
    """Rows around the samples and far from them."""
    generator = np.random.default_rng(7)
    known = [inputs[0] for inputs in samples if inputs[0].ndim == 2 and len(inputs[0])]
    if not known:
        return []
    rows = np.concatenate(known)
    rows = rows[np.isfinite(rows).all(1)]
    if not len(rows):
        return []
    picked = rows[generator.integers(0, len(rows), _PROOF_ROWS)]
    if rows.dtype.kind in "iu":
        return [[np.asarray(picked + generator.integers(-3, 4, picked.shape), rows.dtype)]]
    return [[np.asarray(picked * generator.normal(1, 0.5, picked.shape), rows.dtype)]]
