"""Guarantees of the batch queue."""

from __future__ import annotations

import asyncio
import threading

import pytest

from viridian_serving.models.batch_queue import Abandoned, BatchQueue, Job, QueueFull


class Doubler:
    """Doubles numbers and remembers the runs; `poison` fails every run that it is part of."""

    def __init__(self) -> None:
        self.runs = []
        self.gate = threading.Event()
        self.gate.set()
        self.thread = None

    def run(self, inputs):
        self.gate.wait(30)
        self.thread = threading.current_thread().name
        self.runs.append(list(inputs))
        if "poison" in inputs:
            raise ValueError("poisoned")
        return [item * 2 for item in inputs]

    def merge(self, inputs):
        return [item for part in inputs for item in part]

    def split(self, output, rows):
        start, parts = 0, []
        for count in rows:
            parts.append(output[start : start + count])
            start += count
        return parts


def in_loop(test):
    """Runs a coroutine with a queue of its own."""

    def run():
        async def main():
            runner = Doubler()
            queue = BatchQueue(runner, max_rows=4, max_jobs=8, max_bytes=1000, on_run=lambda *figures: None)
            queue.start(0.0)
            try:
                await test(queue, runner)
            finally:
                runner.gate.set()
                queue.close()

        asyncio.run(main())

    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run


def submit(queue, inputs, key="same", size=1, abandoned=lambda: False):
    future = asyncio.get_running_loop().create_future()

    def done(result, error):
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    queue.submit(Job(inputs, len(inputs), size, key, done, abandoned))
    return future


@in_loop
async def test_requests_of_one_turn_share_a_run_and_get_their_own_rows(queue, runner):
    answers = await asyncio.gather(submit(queue, [1]), submit(queue, [2, 3]), submit(queue, [4]))
    assert answers == [[2], [4, 6], [8]]
    assert runner.runs == [[1, 2, 3, 4]]


@in_loop
async def test_a_lone_request_runs_in_the_same_turn(queue, runner):
    future = submit(queue, [1])
    await asyncio.sleep(0)
    assert future.done() and runner.runs == [[1]]


@in_loop
async def test_a_run_never_has_more_rows_than_allowed_unless_one_request_brings_them(queue, runner):
    await asyncio.gather(submit(queue, [1, 2, 3]), submit(queue, [4, 5]), submit(queue, [6] * 9))
    assert [len(run) for run in runner.runs] == [3, 2, 9]


@in_loop
async def test_requests_of_other_keys_and_of_none_run_alone_and_in_order(queue, runner):
    await asyncio.gather(*(submit(queue, [index], key) for index, key in enumerate(["a", "a", "b", None, None])))
    assert runner.runs == [[0, 1], [2], [3], [4]]


@in_loop
async def test_nobody_pays_for_a_neighbours_row(queue, runner):
    good, bad, other = submit(queue, [1]), submit(queue, ["poison"]), submit(queue, [3])
    assert (await good, await other) == ([2], [6])
    with pytest.raises(ValueError, match="poisoned"):
        await bad


@in_loop
async def test_slow_runs_go_to_a_thread_and_the_next_requests_gather_meanwhile(queue, runner):
    queue.average = 1.0
    runner.gate.clear()
    first = submit(queue, [1])
    await asyncio.sleep(0)
    rest = [submit(queue, [index]) for index in (2, 3, 4)]
    await asyncio.sleep(0)
    assert not first.done() and queue.waiting_jobs == 3 and queue.running_jobs == 1
    runner.gate.set()
    assert await asyncio.gather(first, *rest) == [[2], [4], [6], [8]]
    assert runner.runs == [[1], [2, 3, 4]]
    assert runner.thread.startswith("predict")


@in_loop
async def test_more_requests_or_bytes_than_allowed_are_refused_at_once(queue, runner):
    queue.average = 1.0
    runner.gate.clear()
    futures = [submit(queue, [0])]
    await asyncio.sleep(0)
    futures += [submit(queue, [index]) for index in range(8)]
    with pytest.raises(QueueFull):
        submit(queue, [9])
    runner.gate.set()
    await asyncio.gather(*futures)
    futures = [submit(queue, [1], size=900)]
    with pytest.raises(QueueFull):
        submit(queue, [1], size=200)
    await asyncio.gather(*futures)


@in_loop
async def test_a_request_whose_client_left_is_not_run(queue, runner):
    gone, there = submit(queue, [1], abandoned=lambda: True), submit(queue, [2])
    assert await there == [4]
    with pytest.raises(Abandoned):
        await gone
    assert runner.runs == [[2]]
