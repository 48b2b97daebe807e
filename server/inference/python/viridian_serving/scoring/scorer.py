"""Scores one request, or several at once, with a loaded script: arguments, call, answer, and what the log says of it."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
import traceback
from typing import Any, Callable, Optional, Sequence

from .answers import (
    INTERNAL_ERROR,
    RUN_FAILED,
    SCRIPT_ERROR,
    Answer,
    NotSerialisable,
    answer_of,
    begin_stream,
    end_empty_stream,
    error_answer,
    has_not_a_number,
)
from .explain import explain_run_error, format_user_traceback
from .failures import SCRIPT_FAILED, Failure
from .inputs import Arguments, BadInput, Call, MethodNotSupported
from .loading_warnings import VersionMismatch
from .settings import ScoringSettings
from .time_limit import ScoringTimeout, TimeLimit
from .user_script import UserScript

logger = logging.getLogger("azmlinfsrv")

_MILLISECONDS = 1e3

_END = object()


class Scorer:
    """Knows the script and its time limit. Every method that scores answers; none raises, whatever the script raises."""

    def __init__(
        self,
        settings: ScoringSettings,
        script: UserScript,
        mismatches: Sequence[VersionMismatch] = (),
        on_failure: Callable[[Failure], None] = lambda failure: None,
    ) -> None:
        """`on_failure` hears of every request that the script failed, in words that must not go to the caller."""
        self.script = script
        self._on_failure = on_failure
        self._timeout_ms = settings.scoring_timeout_ms
        self._mismatches = tuple(mismatches)
        self._told_not_a_number = False

    def score(self, call: Call) -> Answer:
        """Answers a request on the main thread, in one go."""
        arguments = self._read(call)
        if isinstance(arguments, Answer):
            return arguments
        started = time.perf_counter()
        try:
            with TimeLimit(self._timeout_ms):
                result = self.script.call_run(arguments, call)
        except BaseException as error:
            return self._failed(error)
        return self._open_stream(self._finish(result, started, call))

    async def score_async(self, call: Call) -> Answer:
        """Answers a request of a script whose run() is a coroutine; many can be under way at a time."""
        arguments = self._read(call)
        if isinstance(arguments, Answer):
            return arguments
        started = time.perf_counter()
        try:
            result = self.script.call_run(arguments, call)
            if inspect.isawaitable(result):
                result = await self._limit(result)
        except BaseException as error:
            return self._failed(error)
        return await self._open_stream_async(self._finish(result, started, call))

    def score_together(self, calls: Sequence[Call]) -> list[Answer]:
        """Answers several requests with one run_batch(); when that fails, each alone with run()."""
        read = [self._read(call) for call in calls]
        good = [index for index, arguments in enumerate(read) if not isinstance(arguments, Answer)]
        started = time.perf_counter()
        results = self._run_batch([read[index] for index in good]) if len(good) > 1 else None
        if results is None:
            return [self.score(call) if index in good else read[index] for index, call in enumerate(calls)]
        answers = list(read)
        for index, result in zip(good, results):
            answers[index] = self._open_stream(self._finish(result, started, calls[index]))
        return answers

    def next_piece(self, answer: Answer) -> Any:
        """The next bytes of a stream, None at its end, or the exception that broke it; on the main thread."""
        try:
            with TimeLimit(self._timeout_ms):
                item = next(answer.pieces, _END)
            return None if item is _END else answer.encode(item)
        except BaseException as error:
            return self._stream_broke(error)

    async def next_piece_async(self, answer: Answer) -> Any:
        """As next_piece, in the script's own loop, also for asynchronous generators."""
        if not inspect.isasyncgen(answer.pieces):
            return self.next_piece(answer)
        try:
            item = await self._limit(_next_item(answer.pieces))
            return None if item is _END else answer.encode(item)
        except BaseException as error:
            return self._stream_broke(error)

    def close_stream(self, answer: Answer) -> None:
        """Ends a generator whose caller has gone, so that its `finally` runs."""
        close = getattr(answer.pieces, "close", None)
        if close is None:
            return
        try:
            close()
        except Exception as error:
            self._stream_broke(error)

    async def close_stream_async(self, answer: Answer) -> None:
        """As close_stream, also for asynchronous generators."""
        if not inspect.isasyncgen(answer.pieces):
            self.close_stream(answer)
            return
        try:
            await answer.pieces.aclose()
        except Exception as error:
            self._stream_broke(error)

    def _open_stream(self, answer: Answer) -> Answer:
        """Takes the first item before the status goes out, so that a script that fails at once answers 500."""
        if answer.pieces is None:
            return answer
        if inspect.isasyncgen(answer.pieces):
            return self._broken("run() returned an asynchronous generator but is not asynchronous itself: make it `async def run`.")
        try:
            with TimeLimit(self._timeout_ms):
                return _with_first(answer, next(answer.pieces, _END))
        except BaseException as error:
            return self._failed(error)

    async def _open_stream_async(self, answer: Answer) -> Answer:
        if not inspect.isasyncgen(answer.pieces):
            return self._open_stream(answer)
        try:
            return _with_first(answer, await self._limit(_next_item(answer.pieces)))
        except BaseException as error:
            return self._failed(error)

    def _stream_broke(self, error: BaseException) -> BaseException:
        failure = explain_run_error(error, self.script.code_folders)
        logger.error("%s Its stream is cut.\n%s", failure.detail, failure.traceback)
        self._on_failure(failure)
        return error

    def _run_batch(self, arguments: Sequence[Arguments]) -> Optional[Sequence[Any]]:
        run_batch = self.script.run_batch
        whole = self.script.style == "object"
        inputs = [dict(each) if whole else next(iter(each.values())) for each in arguments]
        try:
            with TimeLimit(self._timeout_ms):
                results = run_batch(inputs)  # type: ignore[misc]
        except BaseException as error:
            failure = explain_run_error(error, self.script.code_folders, function="run_batch()")
            logger.error("%s Each of the %d requests runs alone.\n%s", failure.detail, len(inputs), failure.traceback)
            return None
        if not isinstance(results, (list, tuple)) or len(results) != len(inputs):
            told = f"{len(results)} results" if isinstance(results, (list, tuple)) else type(results).__name__
            logger.error("run_batch() returned %s for %d inputs, not a list of as many. Each runs alone.", told, len(inputs))
            return None
        return results

    def _read(self, call: Call) -> Any:
        """The arguments, or the answer that refuses the request."""
        try:
            return self.script.read_input(call)
        except BadInput as error:
            return error_answer(error.status, str(error))
        except MethodNotSupported:
            if call.method == "OPTIONS":
                return _empty_answer()
            return error_answer(405, "Method not allowed")
        except Exception:
            return self._broken(traceback.format_exc())

    def _finish(self, result: Any, started: float, call: Call) -> Answer:
        elapsed = (time.perf_counter() - started) * _MILLISECONDS
        try:
            answer = answer_of(result, elapsed, call.header("accept") or "")
        except NotSerialisable as error:
            return self._broken(str(error))
        except Exception as error:
            return self._broken(format_user_traceback(error))
        if not self._told_not_a_number and has_not_a_number(answer.body):
            self._told_not_a_number = True
            logger.warning(
                "An answer holds NaN or Infinity, which is not JSON and which many clients refuse to read. "
                "Replace such values in run(). This is said once."
            )
        return answer

    def _failed(self, error: BaseException) -> Answer:
        if isinstance(error, ScoringTimeout):
            failure = explain_run_error(error, self.script.code_folders, f"did not end within {self._timeout_ms} ms")
            message = f"Scoring timeout after {self._timeout_ms} ms"
        else:
            failure = explain_run_error(error, self.script.code_folders)
            message = SCRIPT_ERROR
        hints = "".join(f"\nThe model was {mismatch}: that may be the cause." for mismatch in self._mismatches)
        logger.error("%s%s\nEncountered Exception: %s", failure.detail, hints, failure.traceback)
        self._on_failure(failure)
        return error_answer(500, message, run_failed=True)

    def _broken(self, words: str) -> Answer:
        logger.error("Encountered Exception: %s", words)
        self._on_failure(Failure(SCRIPT_FAILED, words))
        return error_answer(500, INTERNAL_ERROR)

    async def _limit(self, result: Any) -> Any:
        task = asyncio.ensure_future(result)
        try:
            done, _ = await asyncio.wait({task}, timeout=self._timeout_ms / _MILLISECONDS or None)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if done:
            return task.result()
        task.cancel()
        raise ScoringTimeout


async def _next_item(pieces: Any) -> Any:
    try:
        return await pieces.__anext__()
    except StopAsyncIteration:
        return _END


def _with_first(answer: Answer, first: Any) -> Answer:
    if first is _END:
        end_empty_stream(answer)
    else:
        begin_stream(answer, first)
    return answer


def _empty_answer() -> Answer:
    """What OPTIONS gets when the script does not answer it itself."""
    return Answer(200, [("Content-Type", "text/html; charset=utf-8"), (RUN_FAILED, "False")])
