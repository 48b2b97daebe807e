"""Keeps optional packages out of an import that would take them along."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import Any, Iterator


class _Hiding:
    """A finder that says of some packages that they are not installed."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name in self._names:
            raise ModuleNotFoundError(f"{name} is not needed here", name=name)


@contextmanager
def hide_modules(*names: str) -> Iterator[None]:
    """Within it, packages that are not loaded yet cannot be imported. scikit-learn imports pandas (50 MB with pyarrow, and a third of the import's
    time) only to have it at hand for DataFrames, which never come where rows are arrays of numbers."""
    finder = _Hiding(frozenset(names))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
