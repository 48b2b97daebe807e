"""Counters of a model, in the text format of Prometheus."""

from __future__ import annotations

from bisect import bisect_left
from typing import Dict, List, Tuple

_BOUNDS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30)


class Metrics:
    """Written from the loop's thread and, run times, from the executor's; each counter has one writer at a time."""

    def __init__(self) -> None:
        self._requests: Dict[Tuple[str, int], int] = {}
        self._buckets: List[int] = [0] * (len(_BOUNDS) + 1)
        self._seconds = 0.0
        self._runs = 0
        self._rows = 0
        self._run_requests = 0

    def count_request(self, route: str, status: int) -> None:
        key = (route, status)
        self._requests[key] = self._requests.get(key, 0) + 1

    def count_run(self, seconds: float, requests: int, rows: int) -> None:
        self._buckets[bisect_left(_BOUNDS, seconds)] += 1
        self._seconds += seconds
        self._runs += 1
        self._run_requests += requests
        self._rows += rows

    def format(self, waiting: int, running: int) -> str:
        """The page of now, given the requests that wait and those whose run is under way."""
        lines = ["# TYPE viridian_serving_requests_total counter"]
        lines += [f'viridian_serving_requests_total{{route="{route}",status="{status}"}} {n}' for (route, status), n in self._requests.items()]
        lines.append("# TYPE viridian_serving_run_seconds histogram")
        below = 0
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), self._buckets):
            below += count
            lines.append(f'viridian_serving_run_seconds_bucket{{le="{bound}"}} {below}')
        lines += [
            f"viridian_serving_run_seconds_sum {self._seconds}",
            f"viridian_serving_run_seconds_count {self._runs}",
            "# TYPE viridian_serving_run_requests_total counter",
            f"viridian_serving_run_requests_total {self._run_requests}",
            "# TYPE viridian_serving_rows_total counter",
            f"viridian_serving_rows_total {self._rows}",
            "# TYPE viridian_serving_queued_requests gauge",
            f"viridian_serving_queued_requests {waiting}",
            "# TYPE viridian_serving_running_requests gauge",
            f"viridian_serving_running_requests {running}",
        ]
        return "\n".join(lines) + "\n"
