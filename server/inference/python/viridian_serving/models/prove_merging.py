"""Requests share a run only where row i of a batch is what row i gives alone."""

from __future__ import annotations

import time
from typing import Any, List

import numpy as np

from .outputs import Outputs
from .payload import INVOCATION_ENVELOPES, read_payload
from .predictors.predictor import Predictor
from .proof import Verdict

_ALONE = 16
_SECONDS = 2.0
#: Relative; another order of the same additions may do this much in single precision.
_TOLERANCE = 1e-5


def prove_merging(predictor: Predictor, bodies: List[dict]) -> Verdict:
    """Runs rows alone and joined. Leaves `predictor.merges` as the verdict says."""
    predictor.merges = True
    verdict = _prove(predictor, bodies)
    predictor.merges = verdict.on
    return verdict


def _prove(predictor: Predictor, bodies: List[dict]) -> Verdict:
    alone = _run_alone(predictor, bodies)
    if len(alone) < 2:
        return Verdict(False, "the model did not take enough single rows to compare")
    inputs = [item[0] for item in alone]
    if len({predictor.key(item) for item in inputs}) != 1 or predictor.key(inputs[0]) is None:
        return Verdict(False, "its inputs do not have the rows on their first axis")
    try:
        joined = predictor.split(predictor.run(predictor.merge(inputs)), [predictor.rows(item) for item in inputs])
    except Exception as error:
        return Verdict(False, f"a joined run fails: {type(error).__name__}: {error}"[:200])
    for position, ((_, single), part) in enumerate(zip(alone, joined)):
        if not _equal(single, part):
            return Verdict(False, f"row {position} of a joined run differs from the same row alone")
    return Verdict(True, f"{len(alone)} rows gave the same joined as alone")


def _run_alone(predictor: Predictor, bodies: List[dict]) -> list[tuple[Any, Outputs]]:
    found: list[tuple[Any, Outputs]] = []
    deadline = time.monotonic() + _SECONDS
    for body in bodies:
        for single in _single_rows(body):
            if len(found) >= _ALONE or (len(found) >= 2 and time.monotonic() > deadline):
                return found
            try:
                inputs = predictor.decode(read_payload(single, INVOCATION_ENVELOPES))
                found.append((inputs, predictor.run(inputs)))
            except Exception:
                # Rows that the model refuses alone say nothing about joining.
                break
    return found


def _single_rows(body: dict) -> List[dict]:
    split = body.get("dataframe_split")
    if split is not None:
        names = {"columns": split["columns"]} if split.get("columns") is not None else {}
        return [{"dataframe_split": {**names, "data": [row]}} for row in split["data"][:_ALONE]]
    inputs = body.get("inputs")
    if isinstance(inputs, list):
        return [{"inputs": [row]} for row in inputs[:_ALONE]]
    if isinstance(inputs, dict) and all(isinstance(value, list) for value in inputs.values()):
        count = min((len(value) for value in inputs.values()), default=0)
        return [{"inputs": {name: [value[row]] for name, value in inputs.items()}} for row in range(min(count, _ALONE))]
    return []


def _equal(single: Outputs, part: Outputs) -> bool:
    return all(_equal_arrays(np.asarray(a), np.asarray(b)) for a, b in zip(single.arrays, part.arrays))


def _equal_arrays(single: np.ndarray, part: np.ndarray) -> bool:
    if single.shape != part.shape or single.dtype != part.dtype:
        return False
    if single.dtype.kind == "f":
        return bool(np.allclose(single, part, rtol=_TOLERANCE, atol=1e-9, equal_nan=True))
    return bool((single == part).all())
