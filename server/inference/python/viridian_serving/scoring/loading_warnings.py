"""Listens for warnings that say that a model was saved by another version of its library."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from typing import Any, Iterator


@dataclass(frozen=True)
class VersionMismatch:
    """A model was saved by one version of `package` and loaded by another."""

    package: str
    saved_with: str
    loaded_with: str

    def __str__(self) -> str:
        return f"saved with {self.package} {self.saved_with}, loaded with {self.package} {self.loaded_with}"


@contextlib.contextmanager
def collect_version_mismatches() -> Iterator[list[VersionMismatch]]:
    """Collects mismatches that libraries only warn of; every warning is shown as usual, too.

    scikit-learn tells by an InconsistentVersionWarning with both versions (since 1.3), one for each estimator in the pickle.
    """
    found: list[VersionMismatch] = []
    with warnings.catch_warnings():
        show = warnings.showwarning

        def listen(message: Any, category: type, *rest: Any, **more: Any) -> None:
            mismatch = _read_warning(message)
            if mismatch is None:
                show(message, category, *rest, **more)
            elif mismatch not in found:
                found.append(mismatch)

        warnings.showwarning = listen
        yield found


def _read_warning(message: Any) -> VersionMismatch | None:
    if type(message).__name__ != "InconsistentVersionWarning":
        return None
    saved = getattr(message, "original_sklearn_version", None)
    loaded = getattr(message, "current_sklearn_version", None)
    if saved is None or loaded is None:
        return None
    return VersionMismatch("scikit-learn", str(saved), str(loaded))
