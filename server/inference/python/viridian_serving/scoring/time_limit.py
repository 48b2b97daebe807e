"""Interrupts code on the main thread after a time, by SIGALRM as the original does."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Optional


class ScoringTimeout(Exception):
    """run() took longer than SCORING_TIMEOUT_MS."""


class TimeLimit:
    """A context that raises ScoringTimeout in the code inside it after `milliseconds`; 0 means never.

    Off the main thread and where there is no SIGALRM it has no effect. Code that does not come back to Python,
    such as one long call into C, is interrupted only when it does.
    """

    def __init__(self, milliseconds: int) -> None:
        self._seconds = milliseconds / 1000
        self._inside = False
        self._before: object = None

    def __enter__(self) -> None:
        self._works = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        if self._works:
            self._before = signal.signal(signal.SIGALRM, self._ring)
            self._inside = True
            signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        if self._works:
            self._inside = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)  # type: ignore[arg-type]

    def _ring(self, number: int, frame: Optional[FrameType]) -> None:
        # The signal may arrive while the context is being left.
        if self._inside:
            raise ScoringTimeout
