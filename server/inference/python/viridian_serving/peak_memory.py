"""How much memory this process has taken at most."""

from __future__ import annotations

import sys
from typing import Optional


def peak_memory_mib() -> Optional[float]:
    """The largest resident size of this process so far; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
