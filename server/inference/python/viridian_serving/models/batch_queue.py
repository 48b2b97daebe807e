"""Requests that wait together share a run, and no request waits for another to come.

The policy has no timer. Requests that were read in one turn of the event loop are run together at its end; while a run is under way in the executor, the
next ones gather. A lone request is therefore run at once.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Deque, List, Optional, Protocol, Tuple

#: Runs that take longer than this (seconds, moving average) would keep probes and other connections waiting; they get a thread.
INLINE_SECONDS = 0.002
#: Weight of the newest run in the moving average.
_NEWEST = 0.2


class QueueFull(Exception):
    """More requests wait than the settings allow."""


class Abandoned(Exception):
    """The client left before its request was run."""


class Job:
    """One request. `done` gets its result, or the exception that running it raised; exactly one call."""

    __slots__ = ("inputs", "rows", "size", "key", "done", "is_abandoned")

    def __init__(
        self,
        inputs: Any,
        rows: int,
        size: int,
        key: Any,
        done: Callable[[Any, Optional[BaseException]], None],
        is_abandoned: Callable[[], bool],
    ) -> None:
        self.inputs = inputs
        self.rows = rows
        #: Bytes that its inputs hold while it waits.
        self.size = size
        #: Jobs of one key may share a run; None: with nobody.
        self.key = key
        self.done = done
        self.is_abandoned = is_abandoned


class Runner(Protocol):
    """What computes. Called from the loop's thread or from the executor's, never from both at once."""

    def run(self, inputs: Any) -> Any:
        """Runs one request."""

    def merge(self, inputs: List[Any]) -> Any:
        """Joins the inputs of several requests into one."""

    def split(self, output: Any, rows: List[int]) -> List[Any]:
        """Cuts the output of a joined run; raises ValueError where it does not have one row per row."""


class BatchQueue:
    """Runs jobs, joined where they may be."""

    def __init__(self, runner: Runner, max_rows: int, max_jobs: int, max_bytes: int, on_run: Callable[[float, int, int], None]) -> None:
        self._runner = runner
        self._max_rows = max_rows
        self._max_jobs = max_jobs
        self._max_bytes = max_bytes
        #: Told of each run: seconds, requests, rows.
        self._on_run = on_run
        self._waiting: Deque[Job] = deque()
        self._waiting_bytes = 0
        self._is_scheduled = False
        self._is_running = False
        self._executor = ThreadPoolExecutor(1, "predict")
        self._loop: asyncio.AbstractEventLoop = None  # type: ignore[assignment]
        #: Moving average of a run, in seconds.
        self.average = 0.0
        self.running_jobs = 0

    def start(self, first_seconds: float) -> None:
        """To be called in the event loop; `first_seconds` is what the warm-up took."""
        self._loop = asyncio.get_running_loop()
        self.average = first_seconds

    @property
    def waiting_jobs(self) -> int:
        return len(self._waiting)

    def submit(self, job: Job) -> None:
        """Raises QueueFull."""
        if len(self._waiting) >= self._max_jobs:
            raise QueueFull(f"{self._max_jobs} requests are waiting")
        if self._waiting_bytes + job.size > self._max_bytes and self._waiting:
            raise QueueFull(f"the waiting requests hold {self._waiting_bytes} bytes")
        self._waiting.append(job)
        self._waiting_bytes += job.size
        if not self._is_scheduled and not self._is_running:
            self._is_scheduled = True
            self._loop.call_soon(self._run_next)

    def close(self) -> None:
        self._executor.shutdown(wait=False)

    def _run_next(self) -> None:
        self._is_scheduled = False
        batch = self._take_batch()
        if not batch:
            return
        self.running_jobs = len(batch)
        if self.average < INLINE_SECONDS:
            self._finish(batch, self._compute(batch))
        else:
            self._is_running = True
            future = self._loop.run_in_executor(self._executor, self._compute, batch)
            future.add_done_callback(lambda done: self._finish(batch, done.result()))

    def _take_batch(self) -> List[Job]:
        batch: List[Job] = []
        rows = 0
        while self._waiting:
            job = self._waiting[0]
            if batch and (job.key is None or job.key != batch[0].key or rows + job.rows > self._max_rows):
                break
            self._waiting.popleft()
            self._waiting_bytes -= job.size
            if job.is_abandoned():
                job.done(None, Abandoned("The client left before its request was run."))
                continue
            batch.append(job)
            rows += job.rows
        return batch

    def _compute(self, batch: List[Job]) -> List[Tuple[Any, Optional[BaseException]]]:
        """One outcome per job. If a joined run fails, each request is run alone, so that nobody pays for a neighbour's row."""
        started = time.perf_counter()
        try:
            outcomes = self._run_joined(batch) if len(batch) > 1 else None
            if outcomes is None:
                outcomes = [self._run_alone(job) for job in batch]
        finally:
            seconds = time.perf_counter() - started
            self.average += _NEWEST * (seconds - self.average)
        self._on_run(seconds, len(batch), sum(job.rows for job in batch))
        return outcomes

    def _run_joined(self, batch: List[Job]) -> Optional[List[Tuple[Any, Optional[BaseException]]]]:
        runner = self._runner
        try:
            output = runner.run(runner.merge([job.inputs for job in batch]))
            return [(part, None) for part in runner.split(output, [job.rows for job in batch])]
        except Exception:
            return None

    def _run_alone(self, job: Job) -> Tuple[Any, Optional[BaseException]]:
        try:
            return self._runner.run(job.inputs), None
        except Exception as error:
            return None, error

    def _finish(self, batch: List[Job], outcomes: List[Tuple[Any, Optional[BaseException]]]) -> None:
        self._is_running = False
        self.running_jobs = 0
        for job, (result, error) in zip(batch, outcomes):
            job.done(result, error)
        if self._waiting and not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._run_next)
