"""Runs the script on the main thread while an event loop on another thread serves HTTP.

The main thread, because only there a signal can interrupt run() when it takes too long; another thread for HTTP, so that probes are
answered meanwhile.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import inspect
import queue
from typing import Any, Callable, Deque, Optional, Protocol, Tuple

from ..http.lane import FastLane, Pace
from .answers import Answer
from .inputs import Call
from .scorer import Scorer

Done = Callable[[Any], None]

#: Only the log sees it: who has left while waiting is not worth the script's time.
CLIENT_GONE = 499


class Loop(Protocol):
    """The part of an event loop that another thread may use."""

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any) -> Any: ...


class Runner(Protocol):
    """What the HTTP side uses, from its loop; `done` is called on that loop."""

    def attach(self, loop: Loop, lane: Optional[FastLane] = None) -> None:
        """Names the loop to which results go, and the lane that run_forever may serve; before any of the other methods."""

    def submit(self, call: Call, done: Done) -> None:
        """Scores a request; `done` gets the Answer. Pieces of a stream are asked for with next_piece."""

    def next_piece(self, answer: Answer, done: Done) -> None:
        """`done` gets the next bytes of a stream, None at its end, or the exception that broke it."""

    def abandon(self, answer: Answer) -> None:
        """The caller has gone: the stream's generator is closed."""

    def stop(self) -> None:
        """Lets run_forever return after what is queued; from any thread."""

    def run_forever(self) -> None:
        """Works until stop(); on the main thread."""


class _Deliveries:
    """Hands results to the loop's thread, with one wake-up for all that are ready at that time."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._ready: Deque[Tuple[Done, Any]] = collections.deque()
        self._woken = False

    def put(self, done: Done, result: Any) -> None:
        self._ready.append((done, result))
        if not self._woken:
            self._woken = True
            # A loop that has closed is not interested in the end of a stream any more.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        # Cleared first: what is put from here on wakes the loop again.
        self._woken = False
        while self._ready:
            done, result = self._ready.popleft()
            done(result)


class PlainRunner:
    """For scripts with a plain run(): one request after another, in the order in which they came.

    With run_batch, all that wait when the script is free are scored together, `max_batch` at most. Nothing ever waits for others to come.
    """

    def __init__(self, scorer: Scorer, max_batch: int = 1) -> None:
        self._scorer = scorer
        self._max_batch = max_batch if scorer.script.run_batch else 1
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._next: Optional[Any] = None
        self._pace = Pace()
        self._lane: Optional[FastLane] = None

    def attach(self, loop: Loop, lane: Optional[FastLane] = None) -> None:
        self._deliveries = _Deliveries(loop)
        # Requests that are to be scored together have to meet in the queue.
        if lane is not None and self._max_batch == 1:
            self._pace = lane.pace
            self._lane = lane

    def submit(self, call: Call, done: Done) -> None:
        self._put((call, done))

    def next_piece(self, answer: Answer, done: Done) -> None:
        self._put((lambda: self._scorer.next_piece(answer), done))

    def abandon(self, answer: Answer) -> None:
        self._put((lambda: self._scorer.close_stream(answer), _ignore))

    def stop(self) -> None:
        self._put(None)

    def _put(self, item: Any) -> None:
        self._queue.put(item)
        # After the item is there: the main thread looks into the queue once it has opened the lane.
        if self._lane is not None and self._lane.is_open:
            self._lane.wake()

    def run_forever(self) -> None:
        while True:
            if self._serve_lane():
                continue
            item = self._take()
            if item is None:
                return
            self._pace.begin()
            self._work_on(item)
            self._pace.end()

    def _serve_lane(self) -> bool:
        """Serves lent connections while nothing is in the queue; opens the lane first when that begins to pay. False: wait for the queue."""
        lane = self._lane
        if lane is None or self._next is not None or not self._queue.empty():
            return False
        if lane.is_open:
            lane.turn()
        elif lane.pace.is_steady:
            # Not served before the queue has been looked at again: what was put there meanwhile has not woken the lane.
            lane.open()
        else:
            return False
        return True

    def _work_on(self, item: Any) -> None:
        work, done = item
        if not isinstance(work, Call):
            self._deliveries.put(done, work())
        elif work.is_gone():
            self._deliveries.put(done, Answer(CLIENT_GONE))
        elif self._max_batch == 1 or self._queue.empty():
            self._deliveries.put(done, self._scorer.score(work))
        else:
            self._score_waiting(item)

    def _take(self) -> Any:
        held, self._next = self._next, None
        return self._queue.get() if held is None else held

    def _score_waiting(self, first: Any) -> None:
        batch = [first]
        while len(batch) < self._max_batch:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None or not isinstance(item[0], Call):
                self._put_back(item)
                break
            batch.append(item)
        answers = self._scorer.score_together([call for call, _ in batch])
        for (_, done), answer in zip(batch, answers):
            self._deliveries.put(done, answer)

    def _put_back(self, item: Any) -> None:
        if item is None:
            # A stop is the last thing in the queue, so it can be put at its end again.
            self._queue.put(None)
        else:
            self._next = item


class AsyncRunner:
    """For scripts with `async def run`: an event loop of the script's own on the main thread, many requests under way at a time."""

    def __init__(self, scorer: Scorer, loop: asyncio.AbstractEventLoop) -> None:
        self._scorer = scorer
        self._own = loop
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, loop: Loop, lane: Optional[FastLane] = None) -> None:
        self._deliveries = _Deliveries(loop)

    def submit(self, call: Call, done: Done) -> None:
        self._start(self._scorer.score_async, call, done)

    def next_piece(self, answer: Answer, done: Done) -> None:
        self._start(self._scorer.next_piece_async, answer, done)

    def abandon(self, answer: Answer) -> None:
        self._start(self._scorer.close_stream_async, answer, _ignore)

    def stop(self) -> None:
        self._own.call_soon_threadsafe(self._own.stop)

    def run_forever(self) -> None:
        try:
            self._own.run_forever()
        finally:
            self._own.run_until_complete(self._own.shutdown_asyncgens())
            self._own.close()

    def _start(self, work: Callable[[Any], Any], subject: Any, done: Done) -> None:
        self._own.call_soon_threadsafe(self._spawn, work, subject, done)

    def _spawn(self, work: Callable[[Any], Any], subject: Any, done: Done) -> None:
        task = self._own.create_task(self._do(work, subject, done))
        # The loop itself only holds tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(self, work: Callable[[Any], Any], subject: Any, done: Done) -> None:
        self._deliveries.put(done, await work(subject))


def make_runner(scorer: Scorer, loop: Optional[asyncio.AbstractEventLoop], max_batch: int) -> Runner:
    """The runner that fits the script; `loop` is the script's own, in which its `async def init` ran."""
    if scorer.script.is_async:
        return AsyncRunner(scorer, loop or asyncio.new_event_loop())
    return PlainRunner(scorer, max_batch)


def call_init(init: Callable[[], Any]) -> Optional[asyncio.AbstractEventLoop]:
    """Calls init(), also an `async def` one, whose loop is returned: clients that it made are bound to it."""
    result = init()
    if not inspect.isawaitable(result):
        return None
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    async def wait() -> None:
        await result

    loop.run_until_complete(wait())
    return loop


def _ignore(_result: Any) -> None:
    pass
