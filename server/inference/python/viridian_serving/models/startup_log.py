"""Lines that say what a start did and why; the studio shows them."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from importlib import metadata
from typing import Iterator, Optional


def say(line: str) -> None:
    print(line, flush=True)


def warn(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def phase(title: str) -> Iterator[None]:
    """Times a part of the start: `importing scikit-learn 1.2 s`."""
    started = time.perf_counter()
    yield
    say(f"{title} {time.perf_counter() - started:.2f} s")


def version_of(distribution: str) -> Optional[str]:
    """The installed version, without importing anything of it."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
