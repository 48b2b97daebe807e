"""What the routes need from a way to compute predictions."""

from __future__ import annotations

from typing import Any, Hashable, List, Optional

import numpy as np

from ..decode import TableDecoder, TensorDecoder, rows_of
from ..outputs import Outputs
from ..payload import Payload
from ..signature import Signature


class Unsupported(Exception):
    """This way cannot serve this model; the message says why."""


class Predictor:
    """Decodes payloads and runs them. `run`, `merge` and `split` are what the batch queue calls."""

    #: For the log.
    title = "predictor"
    #: Whether requests may share a run; set after the proof.
    merges = False

    def decode(self, payload: Payload) -> Any:
        """The inputs of a run. Raises InputError."""
        raise NotImplementedError

    def run(self, inputs: Any) -> Outputs:
        raise NotImplementedError

    def rows(self, inputs: Any) -> int:
        return 1

    def size(self, inputs: Any) -> int:
        """Bytes that the inputs hold while they wait."""
        return 0

    def key(self, inputs: Any) -> Optional[Hashable]:
        """Requests of one key may share a run; None: with nobody."""
        return None

    def merge(self, inputs: List[Any]) -> Any:
        raise NotImplementedError

    def split(self, output: Outputs, rows: List[int]) -> List[Outputs]:
        return output.split(rows)


class ArrayPredictor(Predictor):
    """Takes numpy arrays: one matrix for a table, one array per tensor."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        if signature.is_numeric_table:
            table = TableDecoder(signature.columns)
            self._decode_content = lambda content: [table.decode(content)]
        elif signature.tensors:
            self._decode_content = TensorDecoder(signature.tensors).decode
        elif signature.columns:
            raise Unsupported("a column of the signature is optional or not a number")
        else:
            raise Unsupported("the model has no signature")

    def decode(self, payload: Payload) -> List[np.ndarray]:
        return self._decode_content(payload.content)

    def rows(self, inputs: List[np.ndarray]) -> int:
        return rows_of(inputs)

    def size(self, inputs: List[np.ndarray]) -> int:
        return sum(array.nbytes for array in inputs)

    def key(self, inputs: List[np.ndarray]) -> Optional[Hashable]:
        if not self.merges:
            return None
        if len(inputs) == 1:
            return inputs[0].shape[1:]
        rows = inputs[0].shape[:1]
        return tuple(array.shape[1:] for array in inputs) if all(array.shape[:1] == rows for array in inputs) else None

    def merge(self, inputs: List[List[np.ndarray]]) -> List[np.ndarray]:
        if len(inputs[0]) == 1:
            return [np.concatenate([arrays[0] for arrays in inputs])]
        return [np.concatenate(column) for column in zip(*inputs)]
