"""Worker processes that accept connections from one socket.

One socket for all, not one each (SO_REUSEPORT): the system would spread connections over all of them by a hash, also to a worker that still loads, and a worker
that dies would take along what waits at its own. From one socket only workers that are ready accept, and connections that nobody has accepted yet survive them all.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import time
import traceback
from typing import Callable, Dict, List

from .failures import StartFailure
from .http.acceptor import Shares
from .loading_probe import LoadingProbe

_READY = b"r"
_GO = b"g"
#: More deaths than this in so many seconds are no accident any more: the instance ends, and whoever supervises it decides.
_MOST_DEATHS = 5
_DEATHS_SECONDS = 60.0


class WorkerLink:
    """A worker's end of its link to the parent; it ends when the parent does."""

    def __init__(self, end: socket.socket, shares: Shares, index: int) -> None:
        self._end = end
        self.shares = shares
        self.index = index

    def fileno(self) -> int:
        """For an event loop: readable once the parent has ended."""
        return self._end.fileno()

    def wait_for_start(self) -> None:
        """Says that the worker is ready, and returns when it may accept connections. Raises StartFailure when the parent has ended."""
        with contextlib.suppress(OSError):
            self._end.sendall(_READY)
            if self._end.recv(1) == _GO:
                return
        raise StartFailure("the process that started this worker has ended", 1)


class _Worker:
    """What the parent knows of a worker."""

    def __init__(self, index: int, link: socket.socket) -> None:
        self.index = index
        self.link = link
        self.is_heard = True
        self.is_ready = False

    def fileno(self) -> int:
        return self.link.fileno()

    def let_accept(self) -> None:
        with contextlib.suppress(OSError):
            self.link.sendall(_GO)


class WorkerPool:
    """Forks workers, replaces those that die, and ends with the last one.

    Connections are accepted once every worker has loaded, so that memory which suffices for one but not for all shows before requests come.
    """

    def __init__(self, count: int, listener: socket.socket, work: Callable[[WorkerLink], int]) -> None:
        """`work` is the whole life of a worker; what it returns is the exit status."""
        self._count = count
        self._listener = listener
        self._shares = Shares(count)
        self._work = work
        self._pid = os.getpid()
        self._workers: Dict[int, _Worker] = {}
        self._deaths: List[float] = []
        self._has_started = False
        self._is_stopping = False
        self._result = 0
        self._signals, self._signalled = socket.socketpair()

    def run(self) -> int:
        """Returns the exit status of the instance, when all workers have ended."""
        self._take_signals()
        for index in range(self._count):
            self._fork(index)
        self._probe = LoadingProbe(self._listener)
        self._probe.start()
        while self._workers:
            loading = [worker for worker in self._workers.values() if worker.is_heard and not worker.is_ready]
            found = select.select([*loading, self._signals], [], [])[0]
            for worker in found:
                # The signals are the last, because to reap a worker closes its link.
                if worker is self._signals:
                    self._read_signals()
                else:
                    self._hear(worker)
        return self._result

    def _take_signals(self) -> None:
        for end in (self._signals, self._signalled):
            end.setblocking(False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, self._ignore)
        signal.set_wakeup_fd(self._signalled.fileno(), warn_on_full_buffer=False)

    def _ignore(self, number: int, frame: object) -> None:
        """Every number also goes to the socket, where the parent finds it. A worker may get a signal before it has its own handlers."""
        if os.getpid() != self._pid and number != signal.SIGCHLD:
            os._exit(128 + number)

    def _read_signals(self) -> None:
        numbers = self._signals.recv(4096)
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            self._stop()
        if signal.SIGCHLD in numbers:
            self._reap()

    # The life of a worker.

    def _fork(self, index: int) -> None:
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._end_worker(index, ours, theirs)
        theirs.close()
        self._workers[pid] = _Worker(index, ours)

    def _end_worker(self, index: int, ours: socket.socket, theirs: socket.socket) -> None:
        """The whole life of a forked worker; never returns into the parent's code."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # Or else the worker would keep the links of others open after the parent's end.
            for end in (ours, self._signals, self._signalled, *(worker.link for worker in self._workers.values())):
                end.close()
            status = self._work(WorkerLink(theirs, self._shares, index))
        except StartFailure as failure:
            print(failure, file=sys.stderr, flush=True)
            status = failure.exit_status
        except BaseException:
            traceback.print_exc(file=sys.stderr)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _hear(self, worker: _Worker) -> None:
        if worker.link.recv(1) != _READY:
            # The link of a worker that ends; SIGCHLD says how.
            worker.is_heard = False
            return
        worker.is_ready = True
        if self._has_started:
            worker.let_accept()
        elif all(each.is_ready for each in self._workers.values()):
            self._end_start()
            for each in self._workers.values():
                each.let_accept()

    def _end_start(self) -> None:
        """From here on workers answer; nobody else may, or a request would be told that the model still loads."""
        if not self._has_started:
            self._has_started = True
            self._probe.stop()

    def _reap(self) -> None:
        while self._workers:
            pid, raw = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            # A script that is loaded before the fork may have children of its own.
            worker = self._workers.pop(pid, None)
            if worker is not None:
                worker.link.close()
                self._shares.leave(worker.index)
                self._bury(worker, os.waitstatus_to_exitcode(raw))

    def _bury(self, worker: _Worker, status: int) -> None:
        if self._is_stopping:
            if status != 0:
                self._result = self._result or _exit_status(status)
            return
        self._deaths = [each for each in self._deaths if each > time.monotonic() - _DEATHS_SECONDS] + [time.monotonic()]
        told = f"worker {worker.index} {f'was ended by signal {-status}' if status < 0 else f'ended with status {status}'}"
        if worker.is_ready and self._has_started and len(self._deaths) <= _MOST_DEATHS:
            print(f"{told}; another takes its place", file=sys.stderr, flush=True)
            self._fork(worker.index)
        else:
            print(f"{told}; the others end too", file=sys.stderr, flush=True)
            self._result = _exit_status(status)
            self._stop()

    def _stop(self) -> None:
        self._is_stopping = True
        self._end_start()
        # Workers close theirs: callers are refused at once, instead of waiting for an answer that nobody gives.
        self._listener.close()
        for pid in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _exit_status(status: int) -> int:
    return status if status > 0 else 1
